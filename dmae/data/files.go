package data

import (
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

// folder is a data set of image files. An image is decoded when it is
// needed, and kept if all decoded images fit into the memory limit. Whether
// they are kept changes only the time.
type folder struct {
	name     string
	tree     tree
	classes  []string
	files    []string
	labels   []int32
	channels int
	limit    int // pixels of one image
	h, w     int // of all images; 0 when they differ

	kept []atomic.Pointer[Image] // nil: none are kept
	room atomic.Int64            // bytes of pixels that may still be kept

	mu     sync.Mutex
	broken map[int]error // never removed: an image left out once stays left out
}

func (f *folder) Name() string         { return f.name }
func (f *folder) Len() int             { return len(f.files) }
func (f *folder) Classes() []string    { return f.classes }
func (f *folder) Shape() (c, h, w int) { return f.channels, f.h, f.w }
func (f *folder) Label(i int) int      { return int(f.labels[i]) }

func (f *folder) Image(i int) (Image, error) {
	if f.kept != nil {
		if im := f.kept[i].Load(); im != nil {
			return *im, nil
		}
	}
	f.mu.Lock()
	err := f.broken[i]
	f.mu.Unlock()
	if err != nil {
		return Image{}, err
	}
	im, err := f.decode(i)
	switch {
	case exhausted(err):
		return Image{}, err
	case err != nil:
		err = &CorruptError{Path: f.files[i], Err: err, SHA256: f.fileDigest(i)}
		f.mu.Lock()
		f.broken[i] = err
		f.mu.Unlock()
		return Image{}, err
	}
	// A file may have grown since its header was read.
	if f.kept != nil && f.room.Add(-int64(len(im.Pix))) >= 0 {
		f.kept[i].Store(&im)
	}
	return im, nil
}

// fileDigest returns the SHA-256 of a file's bytes. It is nil if the file
// cannot be read or is longer than an image can be.
func (f *folder) fileDigest(i int) *[sha256.Size]byte {
	const most = 256 << 20
	r, err := f.tree.open(f.files[i])
	if err != nil {
		return nil
	}
	defer r.Close()
	h := sha256.New()
	if n, err := io.Copy(h, io.LimitReader(r, most+1)); err != nil || n > most {
		return nil
	}
	return (*[sha256.Size]byte)(h.Sum(nil))
}

// exhausted reports whether an error has no cause in the file, such as too many
// open files.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// size reads an image's height and width from its header. It is an error if
// they exceed the limit.
func (f *folder) size(r io.Reader) (h, w int, err error) {
	h, w, err = imageSize(r)
	if err == nil {
		err = checkSize(w, h, f.limit)
	}
	return h, w, err
}

// metadataBytes is the number of bytes that are read of a file in addition to
// its pixels. Decoders do not need what follows the image.
const metadataBytes = 64 << 20

// large is the number of pixels from which images are decoded and resized one
// at a time. Each needs up to about 20 bytes per pixel.
const large = 1 << 23

// largeOnes is held while a large image is decoded or resized.
var largeOnes sync.Mutex

// decode reads and decodes image i.
func (f *folder) decode(i int) (Image, error) {
	r, err := f.tree.open(f.files[i])
	if err != nil {
		return Image{}, err
	}
	defer r.Close()
	h, w, err := f.size(r)
	if err != nil {
		return Image{}, err
	}
	if h*w >= large {
		largeOnes.Lock()
		defer largeOnes.Unlock()
		runtime.GC() // frees the memory of the image before
	}
	length, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return Image{}, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return Image{}, err
	}
	// No format has more than four channels of 16 bits per pixel.
	b := make([]byte, min(length, 8*int64(h)*int64(w)+metadataBytes))
	if _, err := io.ReadFull(r, b); err != nil {
		return Image{}, err
	}
	return DecodeImage(b, f.channels, f.limit)
}

// measure reads the sizes of the images from their headers, until it is known
// whether all are equal and whether they fit into memory. Files whose header
// cannot be read, or has more pixels than allowed, do not count, because they
// will be left out. The result does not depend on the order in which goroutines
// read them.
func (f *folder) measure(o Options) error {
	var mu sync.Mutex
	var first [2]int
	var pixels int64
	var fatal error
	differ, done := false, false
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(o.Workers, len(f.files)) {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(f.files) {
					return
				}
				h, w, err := f.header(i)
				mu.Lock()
				switch {
				case exhausted(err):
					fatal, done = err, true
				case err != nil:
				default:
					if first == [2]int{} {
						first = [2]int{h, w}
					}
					differ = differ || first != [2]int{h, w}
					pixels += int64(h) * int64(w)
					done = done || differ && pixels*int64(f.channels) > o.CacheBytes
				}
				stop := done
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	wg.Wait()
	if fatal != nil {
		return fatal
	}
	if !differ {
		f.h, f.w = first[0], first[1]
	}
	if pixels*int64(f.channels) <= o.CacheBytes {
		f.kept = make([]atomic.Pointer[Image], len(f.files))
		f.room.Store(o.CacheBytes)
	}
	return nil
}

// header returns the height and width in the header of image i.
func (f *folder) header(i int) (h, w int, err error) {
	r, err := f.tree.open(f.files[i])
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	return f.size(r)
}

// OpenImage opens a single image file as a data set of one image of one class.
func OpenImage(path string, o Options) (Dataset, error) {
	o = o.withDefaults()
	f := &folder{
		name: path, tree: diskTree(""), classes: []string{"unknown"}, files: []string{path}, labels: []int32{0},
		channels: o.Channels, limit: o.MaxPixels,
	}
	if _, _, err := f.header(0); err != nil {
		return nil, &CorruptError{Path: path, Err: err}
	}
	return f.load(o)
}

// load prepares f without decoding any image.
func (f *folder) load(o Options) (Dataset, error) {
	f.broken = map[int]error{}
	if err := f.measure(o); err != nil {
		return nil, err
	}
	return f, nil
}
