package data

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ClassName returns the name of the class whose folder, or line in a list of names,
// is raw. Checkpoints and certificates are JSON, which cannot hold bytes that are
// not UTF-8, such as those of Latin-1 names in old archives. Each such byte is
// written as in Go: backslash, x and two hexadecimal digits. A backslash that could
// be mistaken for one of these is escaped, too, so that two folders never have the
// same name. All other names, including those with control characters, are
// unchanged.
func ClassName(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRuneInString(raw[i:])
		if _, ok := escapedByte(raw[i:]); ok || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, raw[i])
		} else {
			b.WriteString(raw[i : i+size])
		}
		i += size
	}
	return b.String()
}

// folderName returns the raw name; it is the inverse of ClassName.
func folderName(class string) string {
	var b strings.Builder
	for i := 0; i < len(class); {
		if c, ok := escapedByte(class[i:]); ok {
			b.WriteByte(c)
			i += len(`\x00`)
			continue
		}
		b.WriteByte(class[i])
		i++
	}
	return b.String()
}

// escapedByte returns the escaped byte at the beginning of s.
func escapedByte(s string) (byte, bool) {
	hex, ok := strings.CutPrefix(s, `\x`)
	if !ok || len(hex) < 2 {
		return 0, false
	}
	v, err := strconv.ParseUint(hex[:2], 16, 8)
	return byte(v), err == nil
}

// ParseClassNames reads a JSON list, or one name a line. Blank lines at the end
// and a byte order mark are no names.
func ParseClassNames(text string, isJSON bool) (names []string, err error) {
	text = strings.TrimPrefix(text, "\ufeff")
	if isJSON || strings.HasPrefix(strings.TrimSpace(text), `["`) {
		if err := json.Unmarshal([]byte(text), &names); err != nil {
			return nil, fmt.Errorf("a JSON list of strings, such as [\"cat\", \"dog\"], is needed (%w)", err)
		}
	} else {
		names = strings.Split(strings.TrimRight(text, "\r\n \t"), "\n")
		for i := range names {
			names[i] = strings.TrimSuffix(names[i], "\r")
			if !utf8.ValidString(names[i]) {
				names[i] = ClassName(names[i]) // as the folder's is known
			}
		}
	}
	for i, name := range names {
		if name == "" {
			return nil, fmt.Errorf("its name %d is empty", i+1)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("it has no names")
	}
	return names, nil
}
