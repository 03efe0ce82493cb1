package jpeg

import (
	"errors"
	"io"
)

// Picture is a decoded picture: grey or red, green, blue.
type Picture struct {
	C, H, W int
	Pix     []byte // [C, H, W]
}

// Reader is what Size reads a file's beginning from, such as a bufio.Reader.
type Reader interface {
	io.ByteReader
	Discard(n int) (int, error)
}

// Size returns the size of the picture in a file, in pixels, as its frame
// header states it.
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
		if m != 0xff { // passing over what is no marker, as the decoder does
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

// Decode decodes a file. The memory it takes is proportional to the size that
// Size returns, and a file that is too short for that size is refused before
// any is taken.
func Decode(file []byte) (Picture, error) {
	d := decoder{file: file}
	if err := d.segments(); err != nil {
		return Picture{}, err
	}
	return d.picture(), nil
}

// DecodePart decodes a part of a TIFF file: one that uses the tables of another
// file, which may be nil, and whose colours are of a known kind: luma and
// colour, or red, green and blue.
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

// errNoPicture is the error of a file that ends without one.
var errNoPicture = errors.New("it holds no picture")

// Kinds of colour that are known from elsewhere than the file.
const (
	asMarked = iota // the file itself says
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

// component is one of the planes a picture is stored in.
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
	condition  int // of arithmetic coding: what the last difference was like
	seen       bool
	missing    [lowest]int // of a progressive file: bits of the first coefficients that have not come; -1 for all
}
