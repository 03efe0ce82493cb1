package data

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ClassName returns the name of the class whose folder, or line in a list of
// names, is raw. Checkpoints and certificates are JSON, which keeps no bytes that
// are not UTF-8, as in names that an old archive has in Latin-1; so each of these
// is written as \xE9 is in Go: backslash, x and two hexadecimal digits. A backslash
// that such a name could be confused with is written so as well: two folders never
// have one name. All other names, control characters included, stay as they are.
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

// folderName returns the raw name that ClassName was given.
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

// escapedByte returns the byte that s begins with in the form of ClassName.
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
