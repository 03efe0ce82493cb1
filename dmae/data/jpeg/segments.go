package jpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Markers, T.81 table B.1.
const (
	markerSOF0, markerSOF1, markerSOF2 = 0xc0, 0xc1, 0xc2
	markerDHT                          = 0xc4
	markerSOF9, markerSOF10            = 0xc9, 0xca
	markerDAC                          = 0xcc
	markerRST0                         = 0xd0
	markerSOI                          = 0xd8
	markerEOI                          = 0xd9
	markerSOS                          = 0xda
	markerDQT                          = 0xdb
	markerDRI                          = 0xdd
	markerAPP0                         = 0xe0
	markerAPP14                        = 0xee
)

// unsupported names the kinds of frame that are not supported.
var unsupported = map[byte]string{
	0xc3: "lossless coding", 0xc5: "hierarchical coding", 0xc6: "hierarchical coding", 0xc7: "hierarchical coding",
	0xcb: "lossless coding", 0xcd: "hierarchical coding", 0xce: "hierarchical coding", 0xcf: "hierarchical coding",
	0xde: "hierarchical coding", 0xdf: "hierarchical coding",
}

// next returns the next marker, skipping other bytes.
func (d *decoder) next() (byte, error) {
	for ; d.at+1 < len(d.file); d.at++ {
		if m := d.file[d.at+1]; d.file[d.at] == 0xff && m != 0 && m != 0xff {
			d.at += 2
			return m, nil
		}
	}
	return 0, errShort
}

// segments reads the file.
func (d *decoder) segments() error {
	if !bytes.HasPrefix(d.file, []byte{0xff, markerSOI}) {
		return errors.New("it does not start as a JPEG file")
	}
	d.at = 2
	for {
		m, err := d.next()
		if err != nil {
			return err
		}
		if m == markerEOI {
			if d.scans == 0 {
				return errNoPicture
			}
			return nil
		}
		if m == markerSOI {
			return errors.New("it starts a second time before its end")
		}
		if m == 1 || m >= markerRST0 && m < markerSOI { // without a body
			continue
		}
		if kind, ok := unsupported[m]; ok {
			return fmt.Errorf("it uses %s, which is not supported", kind)
		}
		body, err := d.body()
		if err != nil {
			return err
		}
		switch m {
		case markerSOF0, markerSOF1, markerSOF2, markerSOF9, markerSOF10:
			d.progressive = m == markerSOF2 || m == markerSOF10
			if m >= markerSOF9 {
				d.arithmetic.start()
			}
			err = d.frame(body)
		case markerDQT:
			err = d.quantisation(body)
		case markerDHT:
			err = d.huffman(body)
		case markerDAC:
			err = d.arithmetic.condition(body)
		case markerDRI:
			if len(body) != 2 {
				return errors.New("its restart interval is malformed")
			}
			d.restart = int(binary.BigEndian.Uint16(body))
		case markerAPP0:
			d.jfif = d.jfif || len(body) >= 14 && bytes.HasPrefix(body, []byte("JFIF\x00"))
		case markerAPP14:
			if len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")) {
				d.adobe = int(body[11]) + 1
			}
		case markerSOS:
			whole := len(body) > 0 && int(body[0]) == len(d.components)
			if err = d.scan(body); err == nil && !d.progressive && whole && d.scans == 1 {
				return nil // the rest is not read; an end marker may be missing
			}
		}
		if err != nil {
			return err
		}
	}
}

// body returns the content of the current segment and skips it.
func (d *decoder) body() ([]byte, error) {
	if d.at+2 > len(d.file) {
		return nil, errShort
	}
	// Some writers give a length of 0 or 1, without the two bytes of the length
	// itself. libjpeg reads such a segment as empty.
	n := max(int(binary.BigEndian.Uint16(d.file[d.at:])), 2)
	if d.at+n > len(d.file) {
		return nil, errShort
	}
	b := d.file[d.at+2 : d.at+n]
	d.at += n
	return b, nil
}

// frame reads the size of the picture and of its components.
func (d *decoder) frame(b []byte) error {
	switch {
	case d.components != nil:
		return errors.New("it holds two pictures")
	case len(b) < 6 || len(b) != 6+3*int(b[5]):
		return errors.New("its frame header is malformed")
	case b[0] != 8:
		return fmt.Errorf("it has %d bits a sample, only 8 are supported", b[0])
	}
	d.h, d.w = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	if d.w == 0 || d.h == 0 {
		return fmt.Errorf("its size of %dx%d pixels is empty", d.w, d.h)
	}
	n := int(b[5])
	if n != 1 && n != 3 && n != 4 {
		return fmt.Errorf("it has %d colour components, only 1, 3 and 4 are supported", n)
	}
	d.components = make([]component, n)
	for i := range d.components {
		c := &d.components[i]
		b := b[6+3*i:]
		c.id, c.h, c.v, c.tq = b[0], int(b[1]>>4), int(b[1]&15), b[2]
		for k := range c.missing {
			c.missing[k] = -1
		}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.tq > 3 {
			return errors.New("the sampling of a component is malformed")
		}
		d.hmax, d.vmax = max(d.hmax, c.h), max(d.vmax, c.v)
	}
	blocks := 0
	for i := range d.components {
		c := &d.components[i]
		if d.hmax%c.h != 0 || d.vmax%c.v != 0 {
			return fmt.Errorf("its sampling of %d:%d and %d:%d is no whole ratio, which is not supported", d.hmax, c.h, d.vmax, c.v)
		}
		c.w, c.rows = ceil(d.w*c.h, d.hmax), ceil(d.h*c.v, d.vmax)
		c.bw, c.bh = ceil(d.w, 8*d.hmax)*c.h, ceil(d.h, 8*d.vmax)*c.v
		blocks += c.bw * c.bh
	}
	// With Huffman codes every block has at least one bit, so a short file
	// cannot have a huge size.
	if !d.arithmetic.on && blocks/8 > len(d.file) {
		return fmt.Errorf("%w: %d bytes cannot hold %dx%d pixels", errShort, len(d.file), d.w, d.h)
	}
	return nil
}

func ceil(a, b int) int { return (a + b - 1) / b }

// quantisation reads quantisation tables.
func (d *decoder) quantisation(b []byte) error {
	for len(b) > 0 {
		id, size := b[0]&15, 1+int(b[0]>>4)
		if size > 2 {
			size = 2
		}
		if id > 3 || len(b) < 1+64*size {
			return errors.New("a quantisation table is malformed")
		}
		t := new([64]int32)
		for k := range 64 {
			if size == 1 {
				t[natural[k]] = int32(b[1+k])
			} else {
				t[natural[k]] = int32(binary.BigEndian.Uint16(b[1+2*k:]))
			}
		}
		d.quant[id] = t
		b = b[1+64*size:]
	}
	return nil
}

// natural is the position in a block, row by row, of the k-th coefficient in
// zigzag order.
var natural = func() (t [64]byte) {
	y, x := 0, 0
	for k := range t {
		t[k] = byte(8*y + x)
		switch up := (y+x)%2 == 0; {
		case up && x == 7, !up && y < 7 && x == 0:
			y++
		case up && y == 0, !up && y == 7:
			x++
		case up:
			y, x = y-1, x+1
		default:
			y, x = y+1, x-1
		}
	}
	return t
}()
