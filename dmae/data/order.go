package data

import (
	"strings"
	"unicode/utf8"
)

// comparePython orders names as Python orders its strings: by code points. That
// is the order of the bytes, but for names that are not UTF-8, whose bytes that
// fit no character stand for U+DC80 to U+DCFF (PEP 383).
func comparePython(a, b string) int {
	if utf8.ValidString(a) && utf8.ValidString(b) {
		return strings.Compare(a, b)
	}
	for len(a) > 0 && len(b) > 0 {
		x, n := pythonRune(a)
		y, m := pythonRune(b)
		if x != y {
			return int(x) - int(y)
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

// pythonRune returns the first character of a name and its length in bytes.
func pythonRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return 0xdc00 + rune(s[0]), 1
	}
	return r, n
}
