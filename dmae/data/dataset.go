package data

import "fmt"

// Image is an image of 8-bit pixels.
type Image struct {
	C, H, W int    // channels (1 or 3), rows, columns
	Pix     []byte // [C, H, W] planar
}

// Dataset is a fixed sequence of labelled images. All methods may be called
// from several goroutines at once.
type Dataset interface {
	// Name is for logs and checkpoints, such as "fashion-mnist/train".
	Name() string
	// Len returns the number of images.
	Len() int
	// Classes returns the names of the classes, in label order.
	Classes() []string
	// Shape returns channels, rows and columns. Rows and columns are 0 if
	// images may differ in size.
	Shape() (c, h, w int)
	// Label returns the class of image i, below len(Classes()).
	Label(i int) int
	// Image returns image i; its pixels must not be modified. The error is a
	// *CorruptError if the image cannot be used and is to be left out. Other
	// images keep their positions: Len counts it, and it has a Label.
	Image(i int) (Image, error)
}

// memory is a data set of decoded images in memory.
type memory struct {
	name    string
	classes []string
	images  []Image
	labels  []int32
	c, h, w int
}

// NewMemory returns a data set over images in memory. It is an error if there
// are no images, or if the counts of images and labels differ. So it is if a
// label is not a class, an image's pixels do not match its size, or images
// differ in channels. It keeps all slices.
func NewMemory(name string, classes []string, images []Image, labels []int32) (Dataset, error) {
	if len(images) == 0 {
		return nil, fmt.Errorf("the data set %s has no images", name)
	}
	if len(images) != len(labels) {
		return nil, fmt.Errorf("the data set %s has %d images but %d labels", name, len(images), len(labels))
	}
	m := &memory{name: name, classes: classes, images: images, labels: labels,
		c: images[0].C, h: images[0].H, w: images[0].W}
	for i, im := range images {
		if im.C != 1 && im.C != 3 || im.H <= 0 || im.W <= 0 || len(im.Pix) != im.C*im.H*im.W {
			return nil, fmt.Errorf("image %d of the data set %s has %d bytes for %d channels of %dx%d pixels", i, name, len(im.Pix), im.C, im.H, im.W)
		}
		if im.C != m.c {
			return nil, fmt.Errorf("image %d of the data set %s has %d channels, the first one has %d", i, name, im.C, m.c)
		}
		if im.H != m.h || im.W != m.w {
			m.h, m.w = 0, 0
		}
		if int(labels[i]) < 0 || int(labels[i]) >= len(classes) {
			return nil, fmt.Errorf("image %d of the data set %s has the label %d, but there are %d classes", i, name, labels[i], len(classes))
		}
	}
	return m, nil
}

func (m *memory) Name() string               { return m.name }
func (m *memory) Len() int                   { return len(m.images) }
func (m *memory) Classes() []string          { return m.classes }
func (m *memory) Shape() (c, h, w int)       { return m.c, m.h, m.w }
func (m *memory) Label(i int) int            { return int(m.labels[i]) }
func (m *memory) Image(i int) (Image, error) { return m.images[i], nil }

// planes splits a flat array of images of one size into n Images.
func planes(pix []byte, n, c, h, w int) []Image {
	images := make([]Image, n)
	size := c * h * w
	for i := range images {
		images[i] = Image{C: c, H: h, W: w, Pix: pix[i*size : (i+1)*size : (i+1)*size]}
	}
	return images
}
