package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

// helpText is the help of a flag with its default. The parser prints a default
// in the place of the placeholder only, and most flags have one of their own.
func helpText(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.Flag == nil || v.Flag.PlaceHolder == "" && !v.IsBool() || v.Default == "" || strings.Contains(text, "(default") {
		return text
	}
	shown := v.Default
	switch {
	case v.IsBool() && shown == "true":
		shown = "on"
	case v.IsBool():
		return text
	}
	rest, stop := strings.CutSuffix(text, ".")
	text = rest + " (default: " + shown + ")"
	if stop {
		text += "."
	}
	return text
}
