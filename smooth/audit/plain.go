package audit

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// plain returns a text of a certificate as it may be printed: quoted as Go does if it has
// characters that are not printable, or that would make it look like two words
// of the report.
func plain(text string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == '\\' }
	if text == "" || strings.ContainsFunc(text, odd) || strings.ContainsAny(text, " ,;") {
		return quoted(text)
	}
	return shortened(text)
}

// quoted returns a text as Go quotes it, a long one without its end.
func quoted(text string) string { return strconv.Quote(shortened(text)) }

// shortened returns a text without what is behind its first 200 bytes.
func shortened(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s... (%d bytes)", strings.ToValidUTF8(text[:most], ""), len(text))
}
