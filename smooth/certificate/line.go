package certificate

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/godmae/godmae/internal/printable"
)

// The values of the field "kind" of a line.
const (
	kindHeader  = "header"
	kindImage   = "image"
	kindLeftOut = "left-out"
	kindTrailer = "trailer"
)

// trailer is the last line: the number of image lines, the number of images
// left out among them, and the SHA-256 of all bytes before it.
type trailer struct {
	Kind    string `json:"kind"`
	Lines   int    `json:"lines"`
	LeftOut int    `json:"left_out,omitempty"`
	SHA256  Digest `json:"sha256"`
}

// encodeLine returns the canonical line of a header, record, trailer or timing:
// compact JSON in the order of the fields, with a final newline.
func encodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decodeLine reads a line strictly: its value must encode to the same bytes.
// This excludes unknown, repeated and reordered fields, spaces, and other
// forms of a number.
func decodeLine(line []byte, v any) error {
	switch {
	case bytes.HasSuffix(line, []byte("\r\n")):
		return errors.New("it has Windows line ends: a certificate must not be converted")
	case bytes.HasPrefix(line, []byte("\ufeff")):
		return errors.New("it starts with a byte order mark: a certificate must not be converted")
	}
	if err := checkDensity(line); err != nil {
		return err
	}
	if err := json.Unmarshal(line, v); err != nil {
		return errors.New("it is not valid: " + printable.Line(err.Error()))
	}
	again, err := encodeLine(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, line) {
		return errors.New("it is not in canonical form: a field is unknown, missing, repeated, out of order or written differently")
	}
	return nil
}

// isKind reports whether a canonical line has the kind.
func isKind(line []byte, kind string) bool {
	return bytes.HasPrefix(line, []byte(`{"kind":"`+kind+`"`))
}
