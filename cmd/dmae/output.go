package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/godmae/godmae/internal/printable"
)

// printJSON writes v as one indented JSON document, for programs to read.
func printJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, asciiJSON(string(text))+"\n")
	return err
}

// asciiJSON replaces the unprintable characters of JSON strings by escapes.
// Outside of strings, the only ones are line ends.
func asciiJSON(s string) string {
	other := func(r rune) bool { return r != '\n' && printable.Odd(r) }
	if !strings.ContainsFunc(s, other) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if !other(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
