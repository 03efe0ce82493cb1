package data

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// CorruptError is the error of one image of a data set that cannot be used: its
// file is damaged, cannot be read, or has more pixels than allowed. Code that
// iterates over a data set leaves the image out with LeftOut.
type CorruptError struct {
	Path string
	Err  error

	// SHA256 is that of the file's bytes, by which a certificate names an image
	// that was left out. It is nil if the file cannot be read or is too long.
	SHA256 *[sha256.Size]byte
}

func (e *CorruptError) Error() string {
	var file *fs.PathError
	if errors.As(e.Err, &file) {
		return fmt.Sprintf("the image %s cannot be read: %v", e.Path, file.Err)
	}
	return fmt.Sprintf("the image %s cannot be decoded: %v", e.Path, e.Err)
}

func (e *CorruptError) Unwrap() error { return e.Err }

// LeftOut counts the images of a data set that are left out because they cannot
// be used. Each is logged once, and more than a limit are an error. It is safe
// for concurrent use.
type LeftOut struct {
	name string
	most int
	log  func(string)

	mu   sync.Mutex
	seen map[int]bool
}

// NewLeftOut returns a count for ds with the limit most (0: DefaultMaxCorrupt;
// negative: none may be left out). log, which may be nil, is called for each
// image.
func NewLeftOut(ds Dataset, most int, log func(message string)) *LeftOut {
	if most == 0 {
		most = DefaultMaxCorrupt
	}
	if log == nil {
		log = func(string) {}
	}
	return &LeftOut{name: ds.Name(), most: max(most, 0), log: log, seen: map[int]bool{}}
}

// Add counts the error of image i of the data set. It returns nil if that is a
// CorruptError within the limit: the image is to be left out. Otherwise it
// returns an error at which the caller stops.
func (l *LeftOut) Add(i int, err error) error {
	var corrupt *CorruptError
	if !errors.As(err, &corrupt) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[i] {
		return nil
	}
	if l.seen[i] = true; len(l.seen) > l.most {
		return fmt.Errorf("the data set %s has more than %d corrupt images, the last one seen: %v; --max-corrupt leaves out more of them", l.name, l.most, err)
	}
	l.log(fmt.Sprintf("left out: %v", err))
	return nil
}

// Count returns the number of images left out so far.
func (l *LeftOut) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return min(len(l.seen), l.most)
}
