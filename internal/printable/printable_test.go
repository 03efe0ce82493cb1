package printable

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	require.Equal(t, `a\x1b[31m é\u202e\xff 猫`, Text("a\x1b[31m é\u202e\xff 猫"))
	require.Equal(t, "a\tb\nc\\r", Lines("a\tb\nc\r", "\n\t"))
	require.Equal(t, "one two\\t", Line("one\r\ntwo\t\n"))
	for s, want := range map[string]string{
		"":          `""`,
		"a \"b\"\n": `"a \"b\"\n"`,
		"é\xff":     `"é\xff"`,
		"e\u0301":   `"e\u0301"`, // looks like é
	} {
		require.Equal(t, want, Quote(s, 60))
	}
}

func TestShort(t *testing.T) {
	require.Equal(t, "0123456789", Short("0123456789", 10))
	require.Equal(t, "01...89", Short("0123456789", 4))
	for _, s := range []string{strings.Repeat("猫", 100), strings.Repeat("é", 100), "x" + strings.Repeat("😀", 50), strings.Repeat("\x80", 300)} {
		for most := 4; most < 60; most++ {
			short := Short(s, most)
			require.LessOrEqual(t, len(short), most+len("..."))
			require.True(t, utf8.ValidString(short) || !utf8.ValidString(s), "%d of %q", most, s)
		}
	}
}
