package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README may claim what the program can do, and nothing else.
func TestREADMEShowsTheProgramsOwnCapabilities(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	const begin, end = "<!-- capabilities -->\n", "<!-- /capabilities -->"
	from := strings.Index(string(text), begin)
	to := strings.Index(string(text), end)
	require.True(t, from >= 0 && to > from, "the README has no marks around its table")
	require.Equal(t, capabilitiesTable(), string(text)[from+len(begin):to],
		"replace the table in README.md by the output of: go run ./cmd/dmae version --capabilities")
}
