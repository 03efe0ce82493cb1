package smooth

import (
	"errors"
	"fmt"
	"strings"

	"github.com/godmae/godmae/smooth/certificate"
)

// TooManyLeftOutError ends a run that would leave out more images than
// Task.MaxLeftOut.
type TooManyLeftOutError struct {
	Image  int // that is one too many
	Limit  int
	Reason string // that it cannot be used
}

func (e *TooManyLeftOutError) Error() string {
	return fmt.Sprintf("more than %d images cannot be used, the last one seen is image %d: %s", e.Limit, e.Image, e.Reason)
}

// Leaving counts the images of a run that are left out.
type Leaving struct {
	Limit int               // as Task.MaxLeftOut
	Count int               // so far
	Note  func(text string) // is told of each
}

// Add is told of an error that describing an image gave. It returns a
// *TooManyLeftOutError for an image that cannot be decoded beyond the limit, and
// nil for one within it and for other errors, which are not its business.
func (l *Leaving) Add(image int, err error) error {
	if !errors.As(err, new(*certificate.UndecodableError)) {
		return nil
	}
	if l.Count++; l.Count > l.Limit {
		return &TooManyLeftOutError{Image: image, Limit: l.Limit, Reason: oneLine(err)}
	}
	l.Note(fmt.Sprintf("left out (image %d, %d of at most %d): %s", image, l.Count, l.Limit, oneLine(err)))
	return nil
}

// oneLine returns the text of an error without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
