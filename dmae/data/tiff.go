package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Tags of a TIFF directory.
const (
	tiffWidth, tiffHeight   = 256, 257
	tiffBits                = 258
	tiffCompression         = 259
	tiffPhotometric         = 262
	tiffFillOrder           = 266
	tiffStrips              = 273
	tiffOrientation         = 274
	tiffSamples             = 277
	tiffRowsPerStrip        = 278
	tiffStripBytes          = 279
	tiffPlanar              = 284
	tiffT4Options           = 292
	tiffPredictor           = 317
	tiffColours             = 320
	tiffTileW, tiffTileH    = 322, 323
	tiffTiles, tiffTileSize = 324, 325
	tiffExtra               = 338
	tiffSampleFormat        = 339
	tiffJPEGTables          = 347
)

// tiffRead are the tags that are used; the others are ignored.
var tiffRead = []uint16{
	tiffWidth, tiffHeight, tiffBits, tiffCompression, tiffPhotometric, tiffFillOrder, tiffStrips, tiffOrientation,
	tiffSamples, tiffRowsPerStrip, tiffStripBytes, tiffPlanar, tiffT4Options, tiffPredictor, tiffColours, tiffTileW,
	tiffTileH, tiffTiles, tiffTileSize, tiffExtra, tiffSampleFormat, tiffJPEGTables,
}

// tiffTypeSize is the number of bytes of the integer and byte types.
var tiffTypeSize = map[uint16]int{1: 1, 3: 2, 4: 4, 7: 1}

// tiffOrder returns the byte order and the position of the first directory.
func tiffOrder(b []byte) (order binary.ByteOrder, at int, err error) {
	order = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	if at = int(order.Uint32(b[4:])); at < 8 {
		return nil, 0, errors.New("it has no directory")
	}
	return order, at, nil
}

// tiffSize reads the first directory. Width and height are swapped if the
// orientation transposes the image: PIL applies the orientation of TIFF files,
// unlike that of others.
func tiffSize(h *header) (width, height int, err error) {
	b, err := h.next(8)
	if err != nil {
		return 0, 0, err
	}
	order, at, err := tiffOrder(b)
	if err != nil {
		return 0, 0, err
	}
	if _, err := h.Discard(at - 8); err != nil {
		return 0, 0, err
	}
	if b, err = h.next(2); err != nil {
		return 0, 0, err
	}
	orientation := 1
	for range order.Uint16(b) {
		if b, err = h.next(12); err != nil {
			return 0, 0, err
		}
		var v int
		switch order.Uint16(b[2:]) {
		case 3:
			v = int(order.Uint16(b[8:]))
		case 4:
			v = int(order.Uint32(b[8:]))
		default:
			continue
		}
		switch order.Uint16(b) {
		case tiffWidth:
			width = v
		case tiffHeight:
			height = v
		case tiffOrientation:
			orientation = v
		}
	}
	if orientation >= 5 && orientation <= 8 {
		width, height = height, width
	}
	return width, height, nil
}

// tiff is the content of a file's first directory.
type tiff struct {
	file  []byte
	order binary.ByteOrder
	tags  map[uint16][]int

	w, h        int // as stored
	bits        int // per sample
	samples     int // per pixel
	planar      bool
	compression int
	photometric int
	tw, th      int // of a tile, or of a strip
	segments    [][]byte
}

// one returns the first value of a tag.
func (t *tiff) one(tag uint16, otherwise int) int {
	if v := t.tags[tag]; len(v) > 0 {
		return v[0]
	}
	return otherwise
}

// directory reads the tags of tiffRead. Their values together must have no more
// bytes than the file: in a hostile file many tags could share the same bytes.
func (t *tiff) directory() error {
	if len(t.file) < 8 {
		return errShort
	}
	order, at, err := tiffOrder(t.file)
	if err != nil {
		return err
	}
	t.order, t.tags = order, map[uint16][]int{}
	if at+2 > len(t.file) {
		return errShort
	}
	n := int(order.Uint16(t.file[at:]))
	if at += 2; at+12*n > len(t.file) {
		return errShort
	}
	for left := len(t.file); n > 0; n, at = n-1, at+12 {
		entry := t.file[at : at+12]
		size := tiffTypeSize[order.Uint16(entry[2:])]
		count := int(order.Uint32(entry[4:]))
		if size == 0 || count == 0 || !slices.Contains(tiffRead, order.Uint16(entry)) {
			continue
		}
		if left -= size * count; left < 0 {
			return errors.New("its tags have more values than its bytes can hold")
		}
		body := entry[8:]
		if size*count > 4 {
			from := int(order.Uint32(body))
			if from+size*count > len(t.file) {
				return errShort
			}
			body = t.file[from:]
		}
		values := make([]int, count)
		for i := range values {
			switch size {
			case 1:
				values[i] = int(body[i])
			case 2:
				values[i] = int(order.Uint16(body[2*i:]))
			case 4:
				values[i] = int(order.Uint32(body[4*i:]))
			}
		}
		t.tags[order.Uint16(entry)] = values
	}
	return nil
}

// layout checks the tags and finds the strips or tiles.
func (t *tiff) layout() error {
	t.w, t.h = t.one(tiffWidth, 0), t.one(tiffHeight, 0)
	t.samples, t.bits = t.one(tiffSamples, 1), t.one(tiffBits, 1)
	t.compression, t.photometric = t.one(tiffCompression, 1), t.one(tiffPhotometric, 0)
	t.planar = t.one(tiffPlanar, 1) == 2 && t.samples > 1
	if t.samples < 1 || t.samples > 16 {
		return fmt.Errorf("its %d samples a pixel are not from 1 to 16", t.samples)
	}
	if slices.ContainsFunc(t.tags[tiffBits], func(b int) bool { return b != t.bits }) {
		return errors.New("its samples differ in their bits, which is not supported")
	}
	switch t.one(tiffSampleFormat, 1) {
	case 1, 4:
	case 2:
		return errors.New("its samples are signed numbers, which is not supported")
	case 3:
		return errors.New("its samples are floating-point numbers, which is not supported")
	default:
		return errors.New("its samples are of an unknown kind")
	}
	switch t.bits {
	case 1, 2, 4, 8, 16:
	default:
		return fmt.Errorf("its samples have %d bits, only 1, 2, 4, 8 and 16 are supported", t.bits)
	}
	at, sizes := t.tags[tiffTiles], t.tags[tiffTileSize]
	t.tw, t.th = t.one(tiffTileW, 0), t.one(tiffTileH, 0)
	if at == nil {
		at, sizes = t.tags[tiffStrips], t.tags[tiffStripBytes]
		t.tw, t.th = t.w, min(t.one(tiffRowsPerStrip, t.h), t.h)
	}
	if t.tw < 1 || t.th < 1 || t.tw > 1<<20+t.w || t.th > 1<<20+t.h {
		return fmt.Errorf("its parts of %dx%d pixels cannot be", t.tw, t.th)
	}
	// The last tiles may extend beyond the edge, but not by much more than the
	// image.
	if t.across()*t.tw*t.down()*t.th > 1<<22+4*t.w*t.h {
		return fmt.Errorf("its parts of %dx%d pixels are much larger than its picture of %dx%d", t.tw, t.th, t.w, t.h)
	}
	need := t.across() * t.down()
	if t.planar {
		need *= t.samples
	}
	if len(at) < need {
		return fmt.Errorf("it holds %d parts of the %d that its picture consists of", len(at), need)
	}
	for i, from := range at[:need] {
		size := len(t.file) - from // one strip without a size has the rest of the file
		if i < len(sizes) {
			size = sizes[i]
		} else if need > 1 {
			return errors.New("its parts have no sizes")
		}
		if from < 0 || size < 0 || from+size > len(t.file) {
			return errShort
		}
		t.segments = append(t.segments, t.file[from:from+size])
	}
	return nil
}

// across and down count the tiles or strips of a plane.
func (t *tiff) across() int { return (t.w + t.tw - 1) / t.tw }
func (t *tiff) down() int   { return (t.h + t.th - 1) / t.th }

// decodeTIFF decodes the first image of a file.
func decodeTIFF(file []byte, limit int) (Image, error) {
	w, h, err := tiffSize(newHeaderOf(file))
	if err != nil {
		return Image{}, noEOF(err)
	}
	if err := checkSize(w, h, limit); err != nil {
		return Image{}, err
	}
	t := tiff{file: file}
	if err := t.directory(); err != nil {
		return Image{}, err
	}
	t.w, t.h = t.one(tiffWidth, 0), t.one(tiffHeight, 0)
	orientation := t.one(tiffOrientation, 1)
	if turned := orientation >= 5 && orientation <= 8; turned && (t.h != w || t.w != h) || !turned && (t.w != w || t.h != h) {
		return Image{}, errors.New("its directory gives its size or orientation in an unusual form")
	}
	if err := t.layout(); err != nil {
		return Image{}, err
	}
	im, err := t.pixels(limit)
	if err != nil {
		return Image{}, err
	}
	return upright(im, orientation), nil
}

// upright applies the orientation, one of 8, to an image.
func upright(im Image, orientation int) Image {
	if orientation < 2 || orientation > 8 {
		return im
	}
	out := Image{C: im.C, H: im.H, W: im.W, Pix: make([]byte, len(im.Pix))}
	if orientation >= 5 {
		out.H, out.W = im.W, im.H
	}
	mirrorX := slices.Contains([]int{2, 3, 7, 8}, orientation)
	mirrorY := slices.Contains([]int{3, 4, 6, 7}, orientation)
	n := im.H * im.W
	for i := range out.Pix {
		c, p := i/n, i%n
		y, x := p/out.W, p%out.W
		if orientation >= 5 {
			y, x = x, y
		}
		if mirrorX {
			x = im.W - 1 - x
		}
		if mirrorY {
			y = im.H - 1 - y
		}
		out.Pix[i] = im.Pix[c*n+y*im.W+x]
	}
	return out
}
