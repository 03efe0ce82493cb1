package data

import (
	"fmt"
	"image"
	"image/color"

	"github.com/godmae/godmae/dmae/data/jpeg"
)

// DefaultMaxPixels is the default limit of the pixels of one image. A small
// file can claim a huge size. PIL warns of a decompression bomb above this
// number and refuses twice the number, for which some decoders need 3.4 GB.
const DefaultMaxPixels = 89_478_485

// DecodeImage decodes the file of an image of up to maxPixels pixels, in one of
// the formats that FormatNames lists, into 1 or 3 channels of 8 bits. Grey
// becomes colour by repetition; colour becomes grey by ITU-R 601-2 luma with
// PIL's rounding. The upper 8 of 16 bits are kept. Transparency is dropped and
// the colour under it kept. EXIF orientation is not applied, as in PIL and
// torchvision. JPEG files give libjpeg's pixels (see package jpeg), lossy WebP
// files those of libwebp.
func DecodeImage(file []byte, channels, maxPixels int) (Image, error) {
	f, err := formatOf(file[:min(len(file), headBytes)])
	if err != nil {
		return Image{}, err
	}
	im, err := f.decode(file, maxPixels)
	if err != nil {
		return Image{}, err
	}
	return im.withChannels(channels), nil
}

// checkSize returns an error for images that are empty or larger than limit
// pixels.
func checkSize(w, h, limit int) error {
	switch {
	case w <= 0 || h <= 0:
		return fmt.Errorf("its size of %dx%d pixels is empty", w, h)
	case w > limit/h:
		return fmt.Errorf("its size of %dx%d pixels is above the limit of %d pixels for one image (--max-pixels)", w, h, limit)
	}
	return nil
}

func jpegSize(h *header) (width, height int, err error) { return jpeg.Size(h) }

func decodeJPEG(file []byte, limit int) (Image, error) {
	w, h, err := jpegSize(newHeaderOf(file))
	if err != nil {
		return Image{}, err
	}
	if err := checkSize(w, h, limit); err != nil {
		return Image{}, err
	}
	p, err := jpeg.Decode(file)
	return Image(p), err
}

// withChannels converts between grey and colour to get the number of channels.
func (im Image) withChannels(channels int) Image {
	n := im.H * im.W
	switch {
	case im.C == channels:
		return im
	case channels == 3:
		return Image{C: 3, H: im.H, W: im.W, Pix: append(append(append(make([]byte, 0, 3*n), im.Pix...), im.Pix...), im.Pix...)}
	}
	grey := Image{C: 1, H: im.H, W: im.W, Pix: make([]byte, n)}
	for p := range grey.Pix {
		grey.Pix[p] = im.grey(p)
	}
	return grey
}

// ReadImage decodes the image file at path; see DecodeImage. It reads only
// regular files, and no more bytes than an image of their size can have.
func ReadImage(path string, channels, maxPixels int) (Image, error) {
	ds, err := OpenImage(path, Options{Channels: channels, MaxPixels: maxPixels})
	if err != nil {
		return Image{}, err
	}
	return ds.Image(0)
}

// toPlanar copies a decoded image into one or three planes.
func toPlanar(m image.Image) Image {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	n := h * w
	if g, ok := m.(*image.Gray); ok {
		im := Image{C: 1, H: h, W: w, Pix: make([]byte, n)}
		for y := range h {
			at := g.PixOffset(b.Min.X, b.Min.Y+y)
			copy(im.Pix[y*w:(y+1)*w], g.Pix[at:at+w])
		}
		return im
	}
	im := Image{C: 3, H: h, W: w, Pix: make([]byte, 3*n)}
	rgb := pixelReader(m)
	for p := range n {
		im.Pix[p], im.Pix[n+p], im.Pix[2*n+p] = rgb(b.Min.X+p%w, b.Min.Y+p/w)
	}
	return im
}

// pixelReader returns a function that reads the stored colour of one pixel,
// whatever its opacity.
func pixelReader(m image.Image) func(x, y int) (r, g, b byte) {
	switch m := m.(type) {
	case *image.NRGBA:
		return func(x, y int) (r, g, b byte) {
			p := m.Pix[m.PixOffset(x, y):]
			return p[0], p[1], p[2]
		}
	case *image.RGBA: // what the decoders return for colour without alpha
		return func(x, y int) (r, g, b byte) {
			p := m.Pix[m.PixOffset(x, y):]
			return p[0], p[1], p[2]
		}
	case *image.NRGBA64:
		return func(x, y int) (r, g, b byte) {
			p := m.Pix[m.PixOffset(x, y):] // the upper byte comes first
			return p[0], p[2], p[4]
		}
	case *image.Paletted:
		return func(x, y int) (r, g, b byte) {
			switch c := m.Palette[m.ColorIndexAt(x, y)].(type) {
			case color.NRGBA:
				return c.R, c.G, c.B
			case color.RGBA: // of a palette without transparency
				return c.R, c.G, c.B
			}
			panic("data: a PNG palette of an unknown colour type")
		}
	}
	// The rest is opaque: grey and colour of 16 bits.
	return func(x, y int) (r, g, b byte) {
		c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
		return c.R, c.G, c.B
	}
}
