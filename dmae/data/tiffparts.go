package data

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"

	"github.com/godmae/godmae/dmae/data/jpeg"
)

// Compressions of TIFF.
const (
	tiffPlain, tiffFax3, tiffFax4, tiffLZW         = 1, 3, 4, 5
	tiffJPEG, tiffDeflate, tiffPackBits, tiffFlate = 7, 8, 32773, 32946
)

// tiffRefused names the compressions that are not supported.
var tiffRefused = map[int]string{
	2: "CCITT's modified Huffman code", 6: "JPEG in its old form", 34676: "LogLuv", 34677: "LogLuv", 34712: "JPEG 2000",
	34887: "LERC", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL",
}

// mostExpansion is the largest ratio of expanded to compressed bytes: it is
// 1,032 for Deflate and 2,560 for LZW.
const mostExpansion = 2560

// plausible is an error if the compressed bytes are too few for the size,
// before memory is allocated for it.
func (t *tiff) plausible() error {
	stored := 0
	for _, s := range t.segments {
		stored += len(s)
	}
	raw := t.h * ((t.w*t.bits*t.samples + 7) / 8)
	switch t.compression {
	case tiffPlain:
	case tiffFax3, tiffFax4: // a row has at least one bit
		raw = t.h / 8
	case tiffLZW, tiffDeflate, tiffFlate:
		raw /= mostExpansion
	case tiffPackBits:
		raw /= 64
	case tiffJPEG:
		raw = t.h * t.w / 64 / 8
	default:
		if name := tiffRefused[t.compression]; name != "" {
			return fmt.Errorf("it is compressed with %s, which is not supported", name)
		}
		return fmt.Errorf("its compression %d is not supported", t.compression)
	}
	if stored < raw {
		return fmt.Errorf("%w: %d bytes cannot hold %dx%d pixels", errShort, stored, t.w, t.h)
	}
	return nil
}

// part decompresses a strip or tile of rows of stride bytes.
func (t *tiff) part(segment []byte, rows, stride, samples int) ([]byte, error) {
	if t.one(tiffFillOrder, 1) == 2 && t.compression != tiffFax3 && t.compression != tiffFax4 {
		reversed := make([]byte, len(segment))
		for i, b := range segment {
			reversed[i] = bits.Reverse8(b)
		}
		segment = reversed
	}
	var r io.Reader
	switch in := bytes.NewReader(segment); t.compression {
	case tiffPlain:
		if len(segment) < rows*stride {
			return nil, errShort
		}
		return segment[:rows*stride], nil // there is no predictor
	case tiffPackBits:
		r = &packBits{in: segment}
	case tiffLZW:
		r = lzw.NewReader(in, lzw.MSB, 8)
	case tiffDeflate, tiffFlate:
		z, err := zlib.NewReader(in)
		if err != nil {
			return nil, noEOF(err)
		}
		r = z
	case tiffFax3, tiffFax4:
		if t.bits*samples != 1 {
			return nil, errors.New("it is a fax of other than black and white pixels")
		}
		order, kind := ccitt.MSB, ccitt.Group4
		if t.one(tiffFillOrder, 1) == 2 {
			order = ccitt.LSB
		}
		if t.compression == tiffFax3 {
			kind = ccitt.Group3
			if t.one(tiffT4Options, 0)&1 != 0 {
				return nil, errors.New("it is compressed with CCITT's two-dimensional Group 3, which is not supported")
			}
		}
		r = ccitt.NewReader(in, order, kind, t.tw, rows, &ccitt.Options{Invert: true})
	}
	out, err := readUpTo(r, rows*stride)
	if err != nil {
		return nil, noEOF(err)
	}
	return out, t.unpredict(out, stride, samples)
}

// readUpTo reads exactly n bytes. Memory is allocated as they arrive.
func readUpTo(r io.Reader, n int) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(min(n, 1<<16))
	_, err := io.CopyN(&b, r, int64(n))
	return b.Bytes(), err
}

// unpredict adds to each sample the one before it.
func (t *tiff) unpredict(b []byte, stride, samples int) error {
	switch p := t.one(tiffPredictor, 1); {
	case p == 1 || t.compression != tiffLZW && t.compression != tiffDeflate && t.compression != tiffFlate:
		return nil
	case p != 2 || t.bits < 8:
		return fmt.Errorf("its predictor %d for samples of %d bits is not supported", p, t.bits)
	}
	for ; len(b) >= stride; b = b[stride:] {
		row := b[:stride]
		if t.bits == 8 {
			for i := samples; i < len(row); i++ {
				row[i] += row[i-samples]
			}
			continue
		}
		for i := 2 * samples; i+1 < len(row); i += 2 {
			t.order.PutUint16(row[i:], t.order.Uint16(row[i:])+t.order.Uint16(row[i-2*samples:]))
		}
	}
	return nil
}

// maxTables bounds the tables that the JPEG parts of a TIFF file share. They
// are read for each part and usually have about 3,000 bytes.
const maxTables = 1 << 14

// jpegPart decodes a strip or tile that is a JPEG file without the tables that
// all parts share.
func (t *tiff) jpegPart(segment []byte, limit int) (Image, error) {
	w, h, err := jpeg.Size(newHeaderOf(segment))
	if err != nil {
		return Image{}, err
	}
	if err := checkSize(w, h, min(limit, t.tw*t.th+1<<10)); err != nil {
		return Image{}, err
	}
	if n := len(t.tags[tiffJPEGTables]); n > maxTables {
		return Image{}, fmt.Errorf("its JPEG tables have %d bytes, at most %d are read", n, maxTables)
	}
	tables := make([]byte, len(t.tags[tiffJPEGTables]))
	for i, b := range t.tags[tiffJPEGTables] {
		tables[i] = byte(b)
	}
	p, err := jpeg.DecodePart(tables, segment, t.photometric == 6)
	return Image(p), err
}

// packBits decodes runs and literal bytes.
type packBits struct {
	in     []byte
	left   int // bytes left of the current run or literal bytes
	repeat bool
}

func (p *packBits) Read(out []byte) (n int, err error) {
	for n < len(out) {
		if p.left == 0 {
			if len(p.in) == 0 {
				return n, io.EOF
			}
			code := int8(p.in[0])
			p.in = p.in[1:]
			switch {
			case code >= 0:
				p.left, p.repeat = int(code)+1, false
			case code > -128:
				p.left, p.repeat = 1-int(code), true
			}
			continue
		}
		if len(p.in) == 0 {
			return n, io.EOF
		}
		out[n] = p.in[0]
		n, p.left = n+1, p.left-1
		if !p.repeat || p.left == 0 {
			p.in = p.in[1:]
		}
	}
	return n, nil
}
