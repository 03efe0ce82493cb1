package data

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pickle that makes bytes of one text again and again takes no more memory
// than it has bytes.
func TestCIFARBytesOfOneText(t *testing.T) {
	text := strings.Repeat("x", 1<<15)
	of := func(times int) []byte {
		var b bytes.Buffer
		b.WriteString("(lp0\nV" + text + "\np1\n0") // a list and, put aside, a text
		for range times {
			b.WriteString("c_codecs\nencode\n(g1\nVlatin1\ntRa")
		}
		b.WriteString(".")
		return b.Bytes()
	}
	_, err := unpickle(of(1))
	require.ErrorContains(t, err, "not a dictionary", "once is honest")
	_, err = unpickle(of(3))
	require.ErrorContains(t, err, "it makes more bytes than it holds")
}
