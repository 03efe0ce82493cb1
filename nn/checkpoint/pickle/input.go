package pickle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds on single values.
const (
	maxLine = 1 << 16 // a line of text, of protocol 0
	maxLong = 1 << 10 // bytes, or digits, of a whole number
)

// input reads the arguments of opcodes. err keeps the first error.
type input struct {
	data []byte
	pos  int
	err  error
}

func (in *input) fail(format string, args ...any) {
	if in.err == nil {
		in.err = fmt.Errorf(format, args...)
	}
}

// take returns the next n bytes as a slice of the input.
func (in *input) take(n uint64) []byte {
	if in.err != nil {
		return nil
	}
	if rest := uint64(len(in.data) - in.pos); n > rest {
		in.fail("a value of %d bytes is announced where %d are left", n, rest)
		return nil
	}
	b := in.data[in.pos : in.pos+int(n)]
	in.pos += int(n)
	return b
}

// uint reads a little-endian number of n bytes.
func (in *input) uint(n int) uint64 {
	var v uint64
	for i, b := range in.take(uint64(n)) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

func (in *input) float() float64 {
	b := in.take(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b))
}

// text reads n bytes of UTF-8. Lone surrogates, which Python writes in the same
// way, are not UTF-8 and are kept unchanged.
func (in *input) text(n uint64) string { return string(in.take(n)) }

// latin reads n bytes of a Python 2 string: as UTF-8 if they are valid, else as
// Latin-1.
func (in *input) latin(n uint64) string { return fromLatin(in.take(n)) }

func fromLatin(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// line reads up to a newline, and leaves it out.
func (in *input) line() string {
	if in.err != nil {
		return ""
	}
	rest := in.data[in.pos:]
	n := bytes.IndexByte(rest[:min(len(rest), maxLine)], '\n')
	if n < 0 {
		in.fail("a line of text has no end within %d bytes", min(len(rest), maxLine))
		return ""
	}
	in.pos += n + 1
	return strings.TrimSuffix(string(rest[:n]), "\r")
}

// long reads a whole number of n bytes in two's complement.
func (in *input) long(n uint64) any {
	if n > maxLong {
		in.fail("a whole number of %d bytes is announced, at most %d are supported", n, maxLong)
		return nil
	}
	b := in.take(n)
	if len(b) <= 8 {
		v := int64(0)
		for i, c := range b {
			v |= int64(c) << (8 * i)
		}
		if n := len(b); n > 0 && n < 8 && b[n-1] >= 0x80 {
			v |= -1 << (8 * n)
		}
		return v
	}
	b = slices.Clone(b)
	slices.Reverse(b)
	v := new(big.Int).SetBytes(b)
	if b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return whole(v)
}

// whole returns an int64 where the number fits one.
func whole(v *big.Int) any {
	if v.IsInt64() {
		return v.Int64()
	}
	return v
}

// decimal parses a whole number of protocol 0, with the L of Python 2.
func (in *input) decimal() any {
	s := strings.TrimSuffix(in.line(), "L")
	if in.err != nil {
		return nil
	}
	if len(s) > maxLong {
		in.fail("a whole number of %d digits is given, at most %d are supported", len(s), maxLong)
		return nil
	}
	v, ok := new(big.Int).SetString(s, 10)
	if !ok {
		in.fail("%q is no whole number", s)
		return nil
	}
	return whole(v)
}

// integer parses the argument of INT, which also spells bools.
func (in *input) integer() any {
	rest := in.data[in.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("00\n")):
		in.pos += 3
		return false
	case bytes.HasPrefix(rest, []byte("01\n")):
		in.pos += 3
		return true
	}
	return in.decimal()
}

func (in *input) decimalFloat() float64 {
	s := in.line()
	v, err := strconv.ParseFloat(s, 64)
	// A number out of range is an infinity, as in Python.
	if err != nil && !math.IsInf(v, 0) {
		in.fail("%q is no number", s)
	}
	return v
}

// index parses the memo index of GET and PUT.
func (in *input) index() uint64 {
	s := in.line()
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		in.fail("%q is no place in the memo", s)
	}
	return v
}

// quoted parses the string literal of STRING.
func (in *input) quoted() string {
	s := in.line()
	if in.err != nil {
		return ""
	}
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '\'' && s[0] != '"' {
		in.fail("a string is not in quotes")
		return ""
	}
	s, ok := unescape(s[1 : len(s)-1])
	if !ok {
		in.fail("a string has an escape that is not one")
	}
	return fromLatin([]byte(s))
}

// unescape undoes the escapes of Python's repr of a byte string.
func unescape(s string) (string, bool) {
	var b strings.Builder
	for len(s) > 0 {
		if s[0] != '\\' {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		if len(s) < 2 {
			return "", false
		}
		n := 2
		switch s[1] {
		case '\\', '\'', '"':
			b.WriteByte(s[1])
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'x':
			if n = 4; len(s) < n {
				return "", false
			}
			v, err := strconv.ParseUint(s[2:4], 16, 8)
			if err != nil {
				return "", false
			}
			b.WriteByte(byte(v))
		default:
			return "", false
		}
		s = s[n:]
	}
	return b.String(), true
}

// rawUnicode parses the argument of UNICODE: Latin-1 with \uXXXX and
// \UXXXXXXXX.
func (in *input) rawUnicode() string {
	s := in.line()
	var b strings.Builder
	for len(s) > 0 {
		n := 0
		if len(s) >= 2 && s[0] == '\\' {
			n = map[byte]int{'u': 6, 'U': 10}[s[1]]
		}
		if n == 0 {
			b.WriteRune(rune(s[0]))
			s = s[1:]
			continue
		}
		if len(s) < n {
			in.fail("a string has an escape that is not one")
			return ""
		}
		v, err := strconv.ParseUint(s[2:n], 16, 32)
		if err != nil || v > utf8.MaxRune {
			in.fail("a string has an escape that is not one")
			return ""
		}
		b.WriteRune(rune(v))
		s = s[n:]
	}
	return b.String()
}
