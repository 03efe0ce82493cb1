package data

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// CorruptError says that one image of a data set cannot be used: its file is
// damaged, cannot be read, or states more pixels than allowed. What walks over a
// data set leaves the image out, by LeftOut.
type CorruptError struct {
	Path string
	Err  error

	// SHA256 is that of the file's bytes, by which a certificate names an image
	// that it left out; nil where they cannot be read, or are very many.
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
// be used: each is named once, and more than a limit of them are an error. It
// may be used from several goroutines at once.
type LeftOut struct {
	name string
	most int
	log  func(string)

	mu   sync.Mutex
	seen map[int]bool
}

// NewLeftOut returns a count for ds with the limit most (0: DefaultMaxCorrupt;
// negative: none may be left out). log, which may be nil, is told of each image.
func NewLeftOut(ds Dataset, most int, log func(message string)) *LeftOut {
	if most == 0 {
		most = DefaultMaxCorrupt
	}
	if log == nil {
		log = func(string) {}
	}
	return &LeftOut{name: ds.Name(), most: max(most, 0), log: log, seen: map[int]bool{}}
}

// Add is told of an error that image i of the data set gave. It returns nil when
// that was a CorruptError within the limit, so that the image is to be left out,
// and an error to end with otherwise.
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
