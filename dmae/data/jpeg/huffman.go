package jpeg

import (
	"errors"
	"fmt"
)

// fastBits is the length up to which codes are decoded by one table lookup.
const fastBits = 9

// huffman is a table of codes, T.81 annex C.
type huffman struct {
	fast   [1 << fastBits]uint16 // length << 8 | value; 0 for longer codes
	limit  [18]int32             // of the codes of a length, left-aligned to 16 bits: the first that is longer
	offset [17]int32             // from a code of a length to its position in values
	values []byte
}

// huffman reads tables of codes.
func (d *decoder) huffman(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 {
			return errors.New("a Huffman table is malformed")
		}
		class, id := b[0]>>4, b[0]&15
		n := 0
		for _, count := range b[1:17] {
			n += int(count)
		}
		if class > 1 || id > 3 || n > 256 || len(b) < 17+n {
			return errors.New("a Huffman table is malformed")
		}
		t, err := newHuffman(b[1:17], b[17:17+n])
		if err != nil {
			return err
		}
		if class == 0 {
			for _, v := range t.values {
				if v > 15 {
					return fmt.Errorf("a Huffman table has the size %d for a mean", v)
				}
			}
			d.dc[id] = t
		} else {
			d.ac[id] = t
		}
		b = b[17+n:]
	}
	return nil
}

// newHuffman makes a table from the numbers of codes of each length and their
// values.
func newHuffman(counts, values []byte) (*huffman, error) {
	t := &huffman{values: values}
	code, at := int32(0), int32(0)
	for i, count := range counts {
		length := i + 1
		t.offset[length] = at - code
		for range count {
			if length <= fastBits && code < 1<<length {
				first := code << (fastBits - length)
				for j := range int32(1) << (fastBits - length) {
					t.fast[first+j] = uint16(length)<<8 | uint16(values[at])
				}
			}
			code++
			at++
		}
		if code > 1<<length {
			return nil, errors.New("a Huffman table has too many codes")
		}
		t.limit[length] = code << (16 - length)
		code <<= 1
	}
	t.limit[17] = 1 << 16
	return t, nil
}

// bitReader reads the bits between two markers. Beyond the end it returns zeros
// and counts them.
type bitReader struct {
	acc    uint64 // the lower n bits are unread
	n      int
	padded int
}

// fill makes at least 32 bits available.
func (d *decoder) fill() {
	for d.bits.n <= 48 {
		v := byte(0)
		switch {
		case d.at >= len(d.file), d.file[d.at] == 0xff && (d.at+1 >= len(d.file) || d.file[d.at+1] != 0):
			d.bits.padded += 8
		default:
			v = d.file[d.at]
			d.at++
			if v == 0xff {
				d.at++ // the stuffed zero
			}
		}
		d.bits.acc = d.bits.acc<<8 | uint64(v)
		d.bits.n += 8
	}
}

// overrun reports whether bits beyond the end have been read.
func (b *bitReader) overrun() bool { return b.n < b.padded }

// take returns the next n <= 16 bits.
func (d *decoder) take(n int) int32 {
	if d.bits.n < n {
		d.fill()
	}
	d.bits.n -= n
	return int32(d.bits.acc>>d.bits.n) & (1<<n - 1)
}

// signed returns the next number of n bits, T.81 figure F.12.
func (d *decoder) signed(n int) int32 {
	if n == 0 {
		return 0
	}
	v := d.take(n)
	if v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v
}

// errCode is the error of bits that are not a code.
var errCode = errors.New("the data of a scan are damaged: a code is not in its Huffman table")

// symbol reads the next code.
func (d *decoder) symbol(t *huffman) (byte, error) {
	if d.bits.n < 16 {
		d.fill()
	}
	next := int32(d.bits.acc>>(d.bits.n-16)) & 0xffff
	if f := t.fast[next>>(16-fastBits)]; f != 0 {
		d.bits.n -= int(f >> 8)
		return byte(f), nil
	}
	length := 1
	for next >= t.limit[length] {
		length++
	}
	if length > 16 {
		return 0, errCode
	}
	d.bits.n -= length
	return t.values[next>>(16-length)+t.offset[length]], nil
}
