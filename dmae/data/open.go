package data

import (
	"fmt"
	"runtime"
	"sync"
)

// builtin starts the names of data sets that are compiled in.
const builtin = "builtin:"

// Options are the options of Open and Find.
type Options struct {
	// Split is the part that Open opens; "" is Train.
	Split Split

	// ValFraction of the training images is held out: Train omits them, Val
	// consists of them. 0: Train has all, and Val needs its own folder.
	ValFraction float64

	// Seed chooses the images that are held out.
	Seed uint64

	// Channels of the images of a folder: 3 (also 0) or 1. Images of another
	// number of channels are converted.
	Channels int

	// Log receives messages about the data set; it may be nil.
	Log func(message string)

	// MaxPixels is the largest number of pixels of one image file; an image
	// with more is corrupt. 0: DefaultMaxPixels.
	MaxPixels int

	// Workers is the number of goroutines that read headers; 0: one for each CPU.
	Workers int

	// CacheBytes is the limit of decoded pixels that a folder keeps in memory.
	// The images of a folder that needs more are decoded every time they are
	// read. 0: 1 GiB; negative: always decode. No result depends on it.
	CacheBytes int64

	// MaxBytes limits the memory for an archive, IDX files or CIFAR after
	// decompression. 0: DefaultMaxBytes.
	MaxBytes int64
}

// DefaultMaxCorrupt is the default limit of corrupt images of a data set that
// are left out. DefaultMaxBytes is the default limit of the expanded size of a
// file.
const (
	DefaultMaxCorrupt = 10
	DefaultMaxBytes   = 2 << 30
)

func (o Options) withDefaults() Options {
	if o.Channels == 0 {
		o.Channels = 3
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	if o.MaxPixels <= 0 {
		o.MaxPixels = DefaultMaxPixels
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 1 << 30
	}
	return o
}

// Source is a data set whose parts are opened separately. Files are read
// once: the training images and those held out from them share memory. It is
// not safe for concurrent use.
type Source struct {
	spec  string
	o     Options
	parts parts
}

// parts opens the parts of one data set; a part that does not exist is nil.
type parts struct {
	train, val, test func() (Dataset, error)
}

func (p parts) empty() bool { return p.train == nil && p.val == nil && p.test == nil }

// Open reads the part Options.Split of a data set; see Find.
func Open(spec string, o Options) (Dataset, error) {
	s, err := Find(spec, o)
	if err != nil {
		return nil, err
	}
	return s.Open(o.Split)
}

// Find recognises a data set. The spec is FashionMNIST
// ("builtin:fashion-mnist"), or a folder or a .tar, .tar.gz or .zip archive of
// IDX files, of CIFAR-10 or CIFAR-100 (binary or Python version) or of images
// (train/CLASS/**, and test/CLASS/** or val/CLASS/**; or CLASS/** alone, which
// are all training images). Errors name the spec and what is missing.
// Options.Split is not used.
func Find(spec string, o Options) (*Source, error) {
	o = o.withDefaults()
	if o.Channels != 1 && o.Channels != 3 {
		return nil, fmt.Errorf("images of %d channels are not supported: 1 or 3", o.Channels)
	}
	if !(o.ValFraction >= 0 && o.ValFraction < 1) {
		return nil, fmt.Errorf("the validation fraction %v is not from 0 to below 1", o.ValFraction)
	}
	p, err := find(spec, o)
	if err != nil {
		return nil, err
	}
	for _, part := range []*func() (Dataset, error){&p.train, &p.val, &p.test} {
		if *part != nil {
			*part = sync.OnceValues(*part)
		}
	}
	return &Source{spec: spec, o: o, parts: p}, nil
}

// Open reads a part; "" is Train.
func (s *Source) Open(split Split) (Dataset, error) {
	open := s.parts.train
	switch split {
	case Train, "":
	case Test:
		// The labelled test images of ImageNet are called val.
		if open = s.parts.test; open == nil {
			open = s.parts.val
		}
	case Val:
		if s.o.ValFraction == 0 {
			open = s.parts.val
		}
	default:
		return nil, fmt.Errorf("there is no split %q: train, val or test", split)
	}
	if open == nil {
		return nil, missingSplit(s.spec, split)
	}
	ds, err := open()
	if err != nil {
		return nil, fmt.Errorf("cannot open the data set %s: %w", s.spec, err)
	}
	if s.o.ValFraction == 0 || split == Test {
		return ds, nil
	}
	kept, held, err := HoldOut(ds, s.o.ValFraction, s.o.Seed)
	if err != nil {
		return nil, err
	}
	if split == Val {
		return held, nil
	}
	return kept, nil
}

func missingSplit(spec string, s Split) error {
	switch s {
	case Val:
		return fmt.Errorf("the data set %s has no validation images: hold some of the training images out with a validation fraction above 0 (--val-fraction)", spec)
	case Test:
		return fmt.Errorf("the data set %s has no test images: give a folder with test/CLASS/* or val/CLASS/*, or use another split", spec)
	}
	return fmt.Errorf("the data set %s has no training images: give a folder with train/CLASS/*, or use another split", spec)
}
