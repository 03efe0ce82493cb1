package audit

import (
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
		return strconv.Quote(text)
	}
	return text
}
