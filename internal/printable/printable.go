// Package printable escapes texts from files for messages. Names of files,
// classes and models, and fields of certificates, may contain control
// characters, characters that change the direction of writing, or invalid UTF-8.
// All of these are escaped as in Go.
package printable

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Odd reports whether a character is escaped: it is not printable, or the
// result of decoding invalid UTF-8.
func Odd(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// Text returns a text with its odd characters escaped.
func Text(s string) string { return Lines(s, "") }

// Lines is Text, except that the characters in keep, such as newlines, are not
// escaped.
func Lines(s, keep string) string {
	odd := func(r rune) bool { return Odd(r) && !strings.ContainsRune(keep, r) }
	if !strings.ContainsFunc(s, odd) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if odd(r) {
			quoted := strconv.QuoteToASCII(s[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// Line returns a text in one line, with its other odd characters escaped.
func Line(s string) string {
	return Text(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " "))
}

// Quote returns a text in quotes, escaped as in Go. The middle of a text of more
// than most bytes is left out. A text with combining accents, as in file names of
// macOS, looks like one with precomposed letters, so the accents are escaped.
func Quote(s string, most int) string {
	s = Short(s, most)
	if strings.ContainsFunc(s, composes) {
		return strconv.QuoteToASCII(s)
	}
	return strconv.Quote(s)
}

// Short returns a text, without its middle if it has more than most bytes.
func Short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	head, tail := most/2, len(s)-most/2
	for range utf8.UTFMax - 1 { // do not cut a character
		if head > 0 && !utf8.RuneStart(s[head]) {
			head--
		}
		if tail < len(s) && !utf8.RuneStart(s[tail]) {
			tail++
		}
	}
	return s[:head] + "..." + s[tail:]
}

// composes reports whether Unicode normalisation may join a character with
// the one before it: combining diacritical marks, the Japanese sound marks,
// vowels and finals of Hangul.
func composes(r rune) bool {
	return r >= 0x300 && r <= 0x36f || r == 0x3099 || r == 0x309a || r >= 0x1161 && r <= 0x11ff
}
