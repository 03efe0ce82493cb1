package jpeg

import (
	"errors"
	"io"
)

// Picture is a decoded image: grey, or red, green and blue.
type Picture struct {
	C, H, W int
	Pix     []byte // [C, H, W]
}

// Reader is the input of Size, such as a bufio.Reader.
type Reader interface {
	io.ByteReader
	Discard(n int) (int, error)
}

// Size returns the size of the picture in a file, in pixels, from its frame
// header.
func Size(r Reader) (w, h int, err error) {
	var m byte
	next := func() (b byte) {
		if err == nil {
			b, err = r.ReadByte()
		}
		return b
	}
	two := func() int { return int(next())<<8 | int(next()) }
	for err == nil {
		if m != 0xff { // skip bytes that are not a marker, as the decoder does
			m = next()
			continue
		}
		if m = next(); m <= 1 || m >= markerRST0 && m <= markerSOI || m == 0xff {
			continue
		}
		n := two()
		switch {
		case err != nil:
		case m == markerEOI || m == markerSOS:
			return 0, 0, errors.New("it has no frame header before its first scan")
		case m >= markerSOF0 && m <= 0xcf && m != markerDHT && m != 0xc8 && m != 0xcc:
			next()
			h, w = two(), two()
			return w, h, err
		default:
			_, err = r.Discard(max(n-2, 0))
		}
		m = 0
	}
	if err == io.EOF {
		err = errShort
	}
	return 0, 0, err
}

// Decode decodes a file. Its memory is proportional to the size that Size
// returns. A file that is too short for that size is refused before memory is
// allocated.
func Decode(file []byte) (Picture, error) {
	d := decoder{file: file}
	if err := d.segments(); err != nil {
		return Picture{}, err
	}
	return d.picture(), nil
}

// DecodePart decodes a part of a TIFF file. It uses the tables of another file,
// which may be nil. Its colours are luma and chroma if ycc is set, or else red,
// green and blue.
func DecodePart(tables, file []byte, ycc bool) (Picture, error) {
	d := decoder{file: tables, colours: asStored}
	if ycc {
		d.colours = asYCC
	}
	if len(tables) > 0 {
		if err := d.segments(); err != nil && err != errNoPicture {
			return Picture{}, err
		}
	}
	d.file = file
	if err := d.segments(); err != nil {
		return Picture{}, err
	}
	return d.picture(), nil
}

// errShort is the error of a file that ends too early.
var errShort = errors.New("the file is cut short")

// errNoPicture is the error of a file without a picture.
var errNoPicture = errors.New("it holds no picture")

// Colour models that the caller may give.
const (
	asMarked = iota // decided by the file
	asStored
	asYCC
)

// decoder is the state of decoding one file.
type decoder struct {
	file []byte
	at   int // next byte

	w, h        int
	components  []component
	hmax, vmax  int
	progressive bool
	jfif        bool
	colours     int
	adobe       int // colour transform of Adobe's segment plus one; 0 for none

	quant   [4]*[64]int32 // in natural order
	dc, ac  [4]*huffman
	restart int // blocks between restarts, in units of a scan; 0 for none
	scans   int
	visited int // blocks, by all scans

	arithmetic arithmetic

	bits bitReader
	skip int // blocks that still end early: EOBRUN of a progressive scan
}

// component is one of the stored planes of a picture.
type component struct {
	id, tq     byte
	h, v       int // sampling factors
	w, rows    int // samples
	bw, bh     int // blocks, of whole units
	quant      *[64]int32
	stride     int
	samples    []byte
	coeffs     []int16 // of a progressive file, 64 a block
	prediction int
	condition  int // of arithmetic coding: the class of the last difference
	seen       bool
	missing    [lowest]int // of a progressive file: missing bits of the first coefficients; -1 for all
}
