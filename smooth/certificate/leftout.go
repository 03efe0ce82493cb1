package certificate

import (
	"errors"
	"fmt"

	"github.com/godmae/godmae/internal/printable"
)

// Undecodable is the reason of an image that was left out.
const Undecodable = "undecodable"

// LeftOut is the line of an image that cannot be decoded. Nothing is certified
// about it, but it is recorded.
type LeftOut struct {
	Kind   string  `json:"kind"`
	Image  int     `json:"image"`
	Reason string  `json:"reason"`         // Undecodable
	File   *Digest `json:"file,omitempty"` // SHA-256 of the file's bytes, if it can be read
}

// check verifies a line from a file.
func (l LeftOut) check(h Header) error {
	switch {
	case h.Schema == Schema1:
		return fmt.Errorf("image %d is left out, which the format %s does not provide for", l.Image, Schema1)
	case l.Kind != kindLeftOut || l.Reason != Undecodable:
		return fmt.Errorf("image %d is left out for %q; the only reason is %q", l.Image, l.Reason, Undecodable)
	}
	return nil
}

// UndecodableError is the error of describing an image that cannot be
// decoded.
type UndecodableError struct {
	File *Digest // SHA-256 of the file's bytes; nil when unknown
	Err  error
}

func (e *UndecodableError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the decoder.
func (e *UndecodableError) Unwrap() error { return e.Err }

// LeftOut returns the line of the image.
func (e *UndecodableError) LeftOut(index int) *LeftOut {
	return &LeftOut{Kind: kindLeftOut, Image: index, Reason: Undecodable, File: e.File}
}

// Line is the line of an image: its Record, unless it was left out.
type Line struct {
	Record  Record
	LeftOut *LeftOut
}

// Image returns the index of the image.
func (l Line) Image() int {
	if l.LeftOut != nil {
		return l.LeftOut.Image
	}
	return l.Record.Image
}

// value returns the value to write.
func (l Line) value() any {
	if l.LeftOut != nil {
		return l.LeftOut
	}
	return l.Record
}

// target returns the value to read into.
func (l *Line) target() any {
	if l.LeftOut != nil {
		return l.LeftOut
	}
	return &l.Record
}

// Compare compares a line with the result of describing its image here. It
// returns the difference as text, "" if there is none, and other errors of
// describing.
func (l Line) Compare(img Image, err error) (string, error) {
	var lost *UndecodableError
	undecodable := errors.As(err, &lost)
	switch {
	case err != nil && !undecodable:
		return "", err
	case l.LeftOut != nil && !undecodable:
		return "it was left out because it cannot be decoded, but here it can", nil
	case l.LeftOut != nil:
		switch a, b := l.LeftOut.File, lost.File; {
		case b == nil: // it cannot be read here
		case a == nil:
			return fmt.Sprintf("it was left out without the digest of its file, which is %s here", *b), nil
		case *a != *b:
			return fmt.Sprintf("the file that cannot be decoded has the digest %s here, not %s", *b, *a), nil
		}
		return "", nil
	case undecodable:
		return "it cannot be decoded here: " + printable.Line(err.Error()), nil
	case img.Pixels != l.Record.Pixels:
		return fmt.Sprintf("the pixels have the digest %s here, not %s", img.Pixels, l.Record.Pixels), nil
	case img.Label != l.Record.Label:
		return fmt.Sprintf("the label is %d here, not %d", img.Label, l.Record.Label), nil
	}
	return "", nil
}
