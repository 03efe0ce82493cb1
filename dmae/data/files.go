package data

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// folder is a data set of image files that are decoded when they are needed.
type folder struct {
	name     string
	tree     tree
	classes  []string
	files    []string
	labels   []int32
	channels int
	limit    int // pixels of one image
}

func (f *folder) Name() string         { return f.name }
func (f *folder) Len() int             { return len(f.files) }
func (f *folder) Classes() []string    { return f.classes }
func (f *folder) Shape() (c, h, w int) { return f.channels, 0, 0 }
func (f *folder) Label(i int) int      { return int(f.labels[i]) }

func (f *folder) Image(i int) (Image, error) {
	b, err := f.tree.read(f.files[i])
	if err != nil {
		return Image{}, &CorruptError{Path: f.files[i], Err: err}
	}
	im, err := DecodeImage(b, f.channels, f.limit)
	if err != nil {
		return Image{}, &CorruptError{Path: f.files[i], Err: err}
	}
	return im, nil
}

func (f *folder) fingerprint(w io.Writer, i int) {
	fmt.Fprintf(w, "%q %d %s ", f.files[i], f.tree.size(f.files[i]), Decoding)
}

// load decodes all images, or returns f itself when they need more memory than
// the options allow. Corrupt images are left out up to the limit.
func (f *folder) load(o Options) (Dataset, error) {
	images := make([]Image, len(f.files))
	errs := make([]error, len(f.files))
	var next, bytes atomic.Int64
	var wg sync.WaitGroup
	for range min(o.Workers, len(f.files)) {
		wg.Go(func() {
			for bytes.Load() <= o.CacheBytes {
				i := int(next.Add(1)) - 1
				if i >= len(f.files) {
					return
				}
				images[i], errs[i] = f.Image(i)
				bytes.Add(int64(len(images[i].Pix)))
			}
		})
	}
	wg.Wait()
	if bytes.Load() > o.CacheBytes {
		return f, nil
	}
	count := newCorruptCount(f.name, o.MaxCorrupt, o.Log)
	kept := 0
	for i, err := range errs {
		if err != nil {
			if err := count.add(i, err); err != nil {
				return nil, err
			}
			continue
		}
		images[kept], f.labels[kept] = images[i], f.labels[i]
		kept++
	}
	ds, err := NewMemory(f.name, f.classes, images[:kept:kept], f.labels[:kept])
	if err != nil {
		return nil, err
	}
	ds.(*memory).files = true
	return ds, nil
}

// corruptCount names corrupt images and says when there are too many.
type corruptCount struct {
	name string
	most int
	log  func(string)
	seen map[int]bool
}

func newCorruptCount(name string, most int, log func(string)) *corruptCount {
	return &corruptCount{name: name, most: most, log: log, seen: map[int]bool{}}
}

// add notes that image i is corrupt, once.
func (c *corruptCount) add(i int, err error) error {
	if c.seen[i] {
		return nil
	}
	if c.seen[i] = true; len(c.seen) > c.most {
		return fmt.Errorf("the data set %s has more than %d corrupt images, the last one seen: %w", c.name, c.most, err)
	}
	c.log(fmt.Sprintf("left out: %v", err))
	return nil
}
