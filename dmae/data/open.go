package data

import (
	"fmt"
	"runtime"
	"sync"
)

// builtin starts the names of data sets that are compiled in.
const builtin = "builtin:"

// Options says which part of a data set to open and how.
type Options struct {
	// Split is the part that Open opens; "" is Train.
	Split Split

	// ValFraction of the training images is held out: Train leaves them away,
	// Val consists of them. 0: Train has all, and Val needs a folder of its own.
	ValFraction float64

	// Seed chooses the images that are held out.
	Seed uint64

	// Channels of the images of a folder: 3 (also 0) or 1. Images of another
	// number of channels are converted.
	Channels int

	// Log is told what is worth knowing about the data set; nil for no report.
	Log func(message string)

	// MaxPixels is how many pixels one image file may have; an image of more is
	// corrupt. 0: DefaultMaxPixels.
	MaxPixels int

	// Workers is the number of goroutines that read headers; 0: one for each CPU.
	Workers int

	// CacheBytes is how many bytes of decoded pixels a folder may keep in
	// memory. A folder that needs more is decoded whenever an image is asked
	// for. 0: 1 GiB; negative: always decode on demand. No result depends on it.
	CacheBytes int64

	// MaxBytes is how much memory an archive, IDX files or CIFAR may take, as
	// they are once they are expanded. 0: DefaultMaxBytes.
	MaxBytes int64
}

// DefaultMaxCorrupt is how many corrupt images of a data set are left out, and
// DefaultMaxBytes how much memory a file may expand to, unless options say
// otherwise.
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

// Source is a data set whose parts can be opened one by one. What it reads is
// read once: the training images and those held out of them share memory. It
// is not safe for concurrent use.
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
// is all training). Errors name the spec and what is missing. Options.Split is
// not used.
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
		// ImageNet's labelled held-out images are called val.
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
