package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// bmp is the content of the headers of a BMP file.
type bmp struct {
	width, height int
	topDown       bool
	bits          int // a pixel
	compression   uint32
	masks         [3]uint32 // red, green, blue, of 16 and 32 bits
	palette       [256][3]byte
	body          []byte // pixels
}

// Compressions of BMP.
const (
	bmpPlain, bmpRLE8, bmpRLE4, bmpMasks, bmpJPEG, bmpPNG, bmpMasksAlpha = 0, 1, 2, 3, 4, 5, 6
)

// bmpSize reads the two headers. The second is that of OS/2 or one of Windows.
func bmpSize(h *header) (width, height int, err error) {
	b, err := h.next(26)
	if err != nil {
		return 0, 0, err
	}
	info := binary.LittleEndian.Uint32(b[14:])
	switch {
	case info == 12:
		return int(binary.LittleEndian.Uint16(b[18:])), int(binary.LittleEndian.Uint16(b[20:])), nil
	case info < 40 || info > 124:
		return 0, 0, fmt.Errorf("its header of %d bytes is of no known kind", info)
	}
	height = int(int32(binary.LittleEndian.Uint32(b[22:])))
	return int(int32(binary.LittleEndian.Uint32(b[18:]))), max(height, -height), nil
}

// decodeBMP decodes bitmaps of 1, 4, 8, 16, 24 and 32 bits, uncompressed or
// run-length encoded.
func decodeBMP(file []byte, limit int) (Image, error) {
	w, h, err := bmpSize(newHeaderOf(file))
	if err != nil {
		return Image{}, noEOF(err)
	}
	if err := checkSize(w, h, limit); err != nil {
		return Image{}, err
	}
	p := bmp{width: w, height: h}
	if err := p.header(file); err != nil {
		return Image{}, err
	}
	if p.compression == bmpRLE8 || p.compression == bmpRLE4 {
		return p.runs()
	}
	stride := (w*p.bits + 31) / 32 * 4
	// Some writers omit the padding of the last row.
	if len(p.body) < (h-1)*stride+(w*p.bits+7)/8 {
		return Image{}, errShort
	}
	return p.plain(stride), nil
}

// header reads the second header, the masks, the palette and the position of
// the pixels.
func (p *bmp) header(file []byte) error {
	le := binary.LittleEndian
	start, info := int(le.Uint32(file[10:])), int(le.Uint32(file[14:]))
	entry, colours := 4, 0
	end := 14 + info
	if len(file) < end {
		return errShort
	}
	if info == 12 {
		p.bits, entry = int(le.Uint16(file[24:])), 3
	} else {
		field := make([]byte, 124) // a short header omits the rest
		copy(field, file[14:end])
		p.topDown = int32(le.Uint32(field[8:])) < 0
		p.bits, p.compression, colours = int(le.Uint16(field[14:])), le.Uint32(field[16:]), int(le.Uint32(field[32:]))
		if p.compression == bmpMasks || p.compression == bmpMasksAlpha {
			if info < 52 { // the masks come after the header
				masks := 12
				if p.compression == bmpMasksAlpha {
					masks = 16
				}
				if len(file) < end+masks {
					return errShort
				}
				copy(field[40:], file[end:end+masks])
				end += masks
			}
			for i := range p.masks {
				p.masks[i] = le.Uint32(field[40+4*i:])
			}
		}
	}
	if err := p.kind(); err != nil {
		return err
	}
	if p.bits <= 8 {
		if colours == 0 || colours > 1<<p.bits {
			colours = 1 << p.bits
		}
		if len(file) < end+entry*colours {
			return errShort
		}
		for i := range colours {
			c := file[end+entry*i:]
			p.palette[i] = [3]byte{c[2], c[1], c[0]}
		}
	}
	if start < end || start > len(file) {
		return errors.New("its pixels do not start inside the file")
	}
	p.body = file[start:]
	return nil
}

// kind returns an error for formats that are not supported, and sets the
// default masks if none are stored.
func (p *bmp) kind() error {
	switch p.bits {
	case 1, 4, 8, 16, 24, 32:
	default:
		return fmt.Errorf("its pixels have %d bits, which BMP does not have", p.bits)
	}
	switch p.compression {
	case bmpJPEG, bmpPNG:
		return errors.New("it holds a JPEG or PNG file, which is not supported inside a BMP file")
	case bmpPlain:
	case bmpRLE8, bmpRLE4:
		if p.bits != map[uint32]int{bmpRLE8: 8, bmpRLE4: 4}[p.compression] || p.topDown {
			return errors.New("its run lengths do not fit its pixels")
		}
	case bmpMasks, bmpMasksAlpha:
		if p.bits != 16 && p.bits != 32 {
			return fmt.Errorf("it has masks for pixels of %d bits", p.bits)
		}
	default:
		return fmt.Errorf("its compression %d is not supported", p.compression)
	}
	if p.masks == [3]uint32{} {
		switch p.bits {
		case 16:
			p.masks = [3]uint32{31 << 10, 31 << 5, 31}
		case 32:
			p.masks = [3]uint32{255 << 16, 255 << 8, 255}
		}
	}
	return nil
}

// plain reads rows of stride bytes.
func (p *bmp) plain(stride int) Image {
	im := Image{C: 3, H: p.height, W: p.width, Pix: make([]byte, 3*p.height*p.width)}
	n := p.height * p.width
	for y := range p.height {
		row := p.body[p.row(y)*stride:]
		for x := range p.width {
			c := p.pixel(row, x)
			at := y*p.width + x
			im.Pix[at], im.Pix[n+at], im.Pix[2*n+at] = c[0], c[1], c[2]
		}
	}
	return im
}

// row returns the position of the row y of the image in the file.
func (p *bmp) row(y int) int {
	if p.topDown {
		return y
	}
	return p.height - 1 - y
}

// pixel returns the colour at x.
func (p *bmp) pixel(row []byte, x int) [3]byte {
	switch p.bits {
	case 16:
		return p.masked(uint32(binary.LittleEndian.Uint16(row[2*x:])))
	case 24:
		return [3]byte{row[3*x+2], row[3*x+1], row[3*x]}
	case 32:
		return p.masked(binary.LittleEndian.Uint32(row[4*x:]))
	}
	perByte := 8 / p.bits
	v := row[x/perByte] >> (8 - p.bits*(1+x%perByte))
	return p.palette[int(v)&(1<<p.bits-1)]
}

// masked splits a pixel into colours, each scaled to 8 bits and rounded down as
// in PIL.
func (p *bmp) masked(v uint32) (c [3]byte) {
	for i, m := range p.masks {
		if m != 0 {
			most := m >> bits.TrailingZeros32(m)
			c[i] = byte(uint64(v&m>>bits.TrailingZeros32(m)) * 255 / uint64(most))
		}
	}
	return c
}

// runs decodes run lengths. Skipped pixels have the colour 0. As in PIL, the
// runs must cover all rows. Memory is allocated for the decoded pixels, not
// for the claimed size.
func (p *bmp) runs() (Image, error) {
	n := p.height * p.width
	index := []byte{}
	x := 0 // in the current row
	skip := func(k int) { index = append(index, make([]byte, min(k, n-len(index)))...) }
	for b := p.body; len(index) < n; {
		if len(b) < 2 {
			return Image{}, errShort
		}
		count, v := int(b[0]), b[1]
		b = b[2:]
		switch {
		case count > 0: // of one colour, or of two with 4 bits
			count = min(count, p.width-x)
			for i := range count {
				index = append(index, p.half(v, i))
			}
			x += count
		case v == 0: // end of the row
			skip((p.width - x) % p.width)
			x = 0
		case v == 1: // end of the picture
			return Image{}, errShort
		case v == 2: // to the right and up
			if len(b) < 2 {
				return Image{}, errShort
			}
			skip(int(b[0]) + int(b[1])*p.width)
			x = len(index) % p.width
			b = b[2:]
		default: // as many colours
			size := (int(v)*p.bits + 7) / 8
			if len(b) < size {
				return Image{}, errShort
			}
			count := min(int(v), p.width-x)
			for i := range count {
				index = append(index, p.half(b[i*p.bits/8], i))
			}
			x += count
			b = b[min(size+size&1, len(b)):]
		}
	}
	im := Image{C: 3, H: p.height, W: p.width, Pix: make([]byte, 3*n)}
	for i := range n {
		c := p.palette[index[p.row(i/p.width)*p.width+i%p.width]]
		im.Pix[i], im.Pix[n+i], im.Pix[2*n+i] = c[0], c[1], c[2]
	}
	return im, nil
}

// half returns the i-th of the colours in a byte, which has two with 4 bits.
func (p *bmp) half(v byte, i int) byte {
	switch {
	case p.bits == 8:
		return v
	case i&1 == 0:
		return v >> 4
	}
	return v & 15
}
