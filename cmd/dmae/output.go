package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
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

// asciiJSON writes the characters of JSON strings that are not printed as escapes.
// Outside of strings there are none but the ends of lines.
func asciiJSON(s string) string {
	other := func(r rune) bool { return r != '\n' && unprintable(r) }
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

// printable returns a text as a terminal may be given it: characters that are
// not printed, as those that begin its commands or turn the direction of
// writing, and bytes that are not UTF-8, are written as Go escapes them. Names of
// files, classes and models come from strangers.
func printable(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if unprintable(r) {
			quoted := strconv.QuoteToASCII(s[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

func unprintable(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }
