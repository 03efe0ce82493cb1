package certificate

import (
	"bytes"
	"encoding/json"
	"errors"
)

// The values of the field "kind", which tells the lines of a file apart.
const (
	kindHeader  = "header"
	kindImage   = "image"
	kindLeftOut = "left-out"
	kindTrailer = "trailer"
)

// trailer is the last line: the number of lines between it and the header, how
// many of them are of images left out, and the SHA-256 of all bytes before it.
type trailer struct {
	Kind    string `json:"kind"`
	Lines   int    `json:"lines"`
	LeftOut int    `json:"left_out,omitempty"`
	SHA256  Digest `json:"sha256"`
}

// encodeLine returns the canonical line of a header, record, trailer or
// timing: compact JSON in the order of the fields, ended by a newline.
func encodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decodeLine reads a line strictly: what it decodes to must encode to the very
// same bytes, which rules out unknown, repeated and reordered fields, spaces,
// and other ways to write a number.
func decodeLine(line []byte, v any) error {
	switch {
	case bytes.HasSuffix(line, []byte("\r\n")):
		return errors.New("it has the line end of Windows: a certificate is not to be converted")
	case bytes.HasPrefix(line, []byte("\ufeff")):
		return errors.New("a byte order mark stands before it: a certificate is not to be converted")
	}
	if err := checkDensity(line); err != nil {
		return err
	}
	if err := json.Unmarshal(line, v); err != nil {
		return errors.New("it is not valid: " + oneLine(err))
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

// isKind tells the kind of a canonical line.
func isKind(line []byte, kind string) bool {
	return bytes.HasPrefix(line, []byte(`{"kind":"`+kind+`"`))
}
