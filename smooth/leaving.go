package smooth

import (
	"errors"
	"fmt"

	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/smooth/certificate"
)

// TooManyLeftOutError is the error of a run that leaves out more images than
// Task.MaxLeftOut.
type TooManyLeftOutError struct {
	Image  int // the first one above the limit
	Limit  int
	Reason string // why it cannot be used
}

func (e *TooManyLeftOutError) Error() string {
	return fmt.Sprintf("more than %d images cannot be used, the last one seen is image %d: %s", e.Limit, e.Image, e.Reason)
}

// Leaving counts the images of a run that are left out.
type Leaving struct {
	Limit int               // as Task.MaxLeftOut
	Count int               // so far
	Note  func(text string) // called for each
}

// Add takes the error of describing an image. It returns a *TooManyLeftOutError
// if an image cannot be decoded and the limit is exceeded, and nil otherwise,
// also for other errors.
func (l *Leaving) Add(image int, err error) error {
	if !errors.As(err, new(*certificate.UndecodableError)) {
		return nil
	}
	if l.Count++; l.Count > l.Limit {
		return &TooManyLeftOutError{Image: image, Limit: l.Limit, Reason: printable.Line(err.Error())}
	}
	l.Note(fmt.Sprintf("left out (image %d, %d of at most %d): %s", image, l.Count, l.Limit, printable.Line(err.Error())))
	return nil
}
