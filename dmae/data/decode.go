package data

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
)

// maxPixels bounds the size of an image file's picture: a small file can claim
// to be huge.
const maxPixels = 100_000_000

// DecodeImage decodes a JPEG or PNG file into 1 or 3 channels of 8 bits. Grey
// becomes colour by repetition, colour becomes grey by ITU-R 601-2 luma with
// PIL's rounding; of 16 bits the upper 8 are kept; transparency is dropped, and
// what colour lies under it is seen; EXIF orientation is not applied, as in
// PIL and torchvision.
func DecodeImage(file []byte, channels int) (Image, error) {
	return decodeImage(file, channels, maxPixels)
}

func decodeImage(file []byte, channels, limit int) (Image, error) {
	decode, config := png.Decode, png.DecodeConfig
	switch {
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
	case bytes.HasPrefix(file, []byte{0xff, 0xd8}):
		decode, config = jpeg.Decode, jpeg.DecodeConfig
	case len(file) == 0:
		return Image{}, errors.New("the file is empty")
	default:
		return Image{}, errors.New("the file is neither JPEG nor PNG")
	}
	size, err := config(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	if size.Width <= 0 || size.Height <= 0 || size.Width > limit/size.Height {
		return Image{}, fmt.Errorf("its size of %dx%d pixels is not from 1 to %d pixels", size.Width, size.Height, limit)
	}
	m, err := decode(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	return toPlanar(m, channels), nil
}

// ReadImage decodes the image file at path; see DecodeImage.
func ReadImage(path string, channels int) (Image, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return Image{}, err
	}
	im, err := DecodeImage(file, channels)
	if err != nil {
		return Image{}, &CorruptError{Path: path, Err: err}
	}
	return im, nil
}

// toPlanar copies a decoded picture into planes.
func toPlanar(m image.Image, channels int) Image {
	b := m.Bounds()
	im := Image{C: channels, H: b.Dy(), W: b.Dx()}
	n := im.H * im.W
	im.Pix = make([]byte, channels*n)
	if g, ok := m.(*image.Gray); ok {
		for y := range im.H {
			at := g.PixOffset(b.Min.X, b.Min.Y+y)
			copy(im.Pix[y*im.W:(y+1)*im.W], g.Pix[at:at+im.W])
		}
		for c := 1; c < channels; c++ {
			copy(im.Pix[c*n:], im.Pix[:n])
		}
		return im
	}
	rgb := pixelReader(m)
	for p := range n {
		r, g, bl := rgb(b.Min.X+p%im.W, b.Min.Y+p/im.W)
		if channels == 1 {
			im.Pix[p] = luma(r, g, bl)
		} else {
			im.Pix[p], im.Pix[n+p], im.Pix[2*n+p] = r, g, bl
		}
	}
	return im
}

// pixelReader returns a function that reads the colour of one pixel as it is
// stored, whatever its opacity.
func pixelReader(m image.Image) func(x, y int) (r, g, b byte) {
	switch m := m.(type) {
	case *image.YCbCr:
		return func(x, y int) (r, g, b byte) {
			c := m.COffset(x, y)
			return color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[c], m.Cr[c])
		}
	case *image.NRGBA:
		return func(x, y int) (r, g, b byte) {
			p := m.Pix[m.PixOffset(x, y):]
			return p[0], p[1], p[2]
		}
	case *image.RGBA: // what the PNG decoder returns for colour without alpha
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
			panic("data: a PNG palette of another kind of colour")
		}
	}
	// The rest is opaque: grey and colour of 16 bits, CMYK.
	return func(x, y int) (r, g, b byte) {
		c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
		return c.R, c.G, c.B
	}
}
