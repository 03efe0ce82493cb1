package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// The help of every command shows the default of each of its flags that has one.
func TestHelpShowsDefaults(t *testing.T) {
	k, err := kong.New(&cli{}, flagDefaults)
	require.NoError(t, err)
	flags := 0
	for _, command := range k.Model.Leaves(true) {
		for _, f := range command.Flags {
			if f.Default == "" || f.IsBool() && f.Default != "true" {
				continue
			}
			flags++
			if text := helpText(f.Value); !strings.Contains(text, "(default") {
				require.Contains(t, f.FormatPlaceHolder(), f.Default, "%s --%s: %s", command.Path(), f.Name, text)
			}
		}
	}
	require.Greater(t, flags, 200)
	help := strings.Join(strings.Fields(succeed(t, "pretrain", "--help")), " ")
	require.Contains(t, help, "Total number of epochs (default: 50). --warmup-epochs=EPOCHS Epochs of linear warm-up from 0 (default: 10).")
	require.Contains(t, help, "Flip half of the images horizontally (default: on).")
}
