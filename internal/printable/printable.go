// Package printable makes texts of strangers fit for messages: names of files,
// classes and models, and the fields of certificates, may hold characters that a
// terminal obeys, that turn the direction of writing, or bytes that are no text.
// Everything of the kind is written as Go escapes it.
package printable

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Odd reports whether a character is not printed as it is: it does not show, or
// stands for bytes that are not UTF-8.
func Odd(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// Text returns a text with its odd characters escaped.
func Text(s string) string { return Lines(s, "") }

// Lines is Text but for the characters in keep, such as ends of lines.
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

// Quote returns a text in quotes, escaped as Go does, without the middle of one of
// more than so many bytes. A text whose accents are characters of their own, as
// macOS writes names of files, looks like another one that has letters with
// accents, so that it is shown in escapes.
func Quote(s string, most int) string {
	s = Short(s, most)
	if strings.ContainsFunc(s, composes) {
		return strconv.QuoteToASCII(s)
	}
	return strconv.Quote(s)
}

// Short returns a text without the middle of one of more than so many bytes.
func Short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	head, tail := most/2, len(s)-most/2
	for range utf8.UTFMax - 1 { // no character is cut
		if head > 0 && !utf8.RuneStart(s[head]) {
			head--
		}
		if tail < len(s) && !utf8.RuneStart(s[tail]) {
			tail++
		}
	}
	return s[:head] + "..." + s[tail:]
}

// composes reports whether a character is one of those that Unicode's normal
// forms join with the one before it to one that looks the same: combining
// diacritical marks, the Japanese sound marks, vowels and finals of Hangul.
func composes(r rune) bool {
	return r >= 0x300 && r <= 0x36f || r == 0x3099 || r == 0x309a || r >= 0x1161 && r <= 0x11ff
}
