package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
)

// isPNM recognises P1 to P6, bitmaps, greymaps and pixmaps.
func isPNM(head []byte) bool {
	return len(head) >= 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6' && (isSpace(head[2]) || head[2] == '#')
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// pnmHeader is the header before the samples.
type pnmHeader struct {
	kind          byte // '1' to '6'
	width, height int
	most          int // the value of white; 1 for a bitmap
}

// pnmNumber reads a decimal number and the one byte of white space after it. It
// skips white space and comments before it.
func pnmNumber(r io.ByteReader, what string) (int, error) {
	n, digits := 0, 0
	for {
		b, err := r.ReadByte()
		if err == io.EOF && digits > 0 {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		switch {
		case b == '#':
			for b != '\n' && b != '\r' {
				if b, err = r.ReadByte(); err != nil {
					return 0, err
				}
			}
		case isSpace(b):
		case b < '0' || b > '9' || digits > 9:
			return 0, fmt.Errorf("its %s is not a number", what)
		default:
			n, digits = 10*n+int(b-'0'), digits+1
			continue
		}
		if digits > 0 {
			return n, nil
		}
	}
}

func readPNMHeader(r io.ByteReader) (p pnmHeader, err error) {
	if _, err = r.ReadByte(); err != nil {
		return p, err
	}
	if p.kind, err = r.ReadByte(); err != nil {
		return p, err
	}
	if p.width, err = pnmNumber(r, "width"); err != nil {
		return p, err
	}
	if p.height, err = pnmNumber(r, "height"); err != nil {
		return p, err
	}
	p.most = 1
	if p.kind != '1' && p.kind != '4' {
		if p.most, err = pnmNumber(r, "largest sample"); err != nil {
			return p, err
		}
		if p.most < 1 || p.most > 65535 {
			return p, fmt.Errorf("its largest sample of %d is not from 1 to 65535", p.most)
		}
	}
	return p, nil
}

func pnmSize(h *header) (width, height int, err error) {
	p, err := readPNMHeader(h)
	return p.width, p.height, err
}

// decodePNM decodes P1 to P6. Samples of up to 255 levels are scaled to 8 bits
// with PIL's rounding. Of grey with more levels the upper 8 of 16 bits are
// kept.
func decodePNM(file []byte, limit int) (Image, error) {
	r := bytes.NewReader(file)
	p, err := readPNMHeader(r)
	if err != nil {
		return Image{}, noEOF(err)
	}
	if err := checkSize(p.width, p.height, limit); err != nil {
		return Image{}, err
	}
	im := Image{C: 1, H: p.height, W: p.width}
	if p.kind == '3' || p.kind == '6' {
		im.C = 3
	}
	samples := im.C * im.H * im.W
	body := file[len(file)-r.Len():]
	need := samples // fewest bytes
	switch {
	case p.kind == '4':
		need = im.H * ((im.W + 7) / 8)
	case p.kind > '4' && p.most > 255:
		need = 2 * samples
	case p.kind == '2' || p.kind == '3':
		need = 2*samples - 1 // a digit and a separator
	}
	if len(body) < need {
		return Image{}, errShort
	}
	im.Pix = make([]byte, samples)
	if p.kind < '4' {
		return im, p.plain(body, im)
	}
	p.raw(body, im)
	return im, nil
}

// raw reads samples stored as bits, bytes or pairs of bytes.
func (p pnmHeader) raw(body []byte, im Image) {
	if p.kind == '4' {
		stride := (im.W + 7) / 8
		for i := range im.Pix {
			y, x := i/im.W, i%im.W
			if body[y*stride+x/8]<<(x%8)&0x80 == 0 { // 1 is black
				im.Pix[i] = 255
			}
		}
		return
	}
	n := im.H * im.W
	for i := range im.Pix {
		var v int
		if p.most > 255 {
			v = int(body[2*i])<<8 | int(body[2*i+1])
		} else {
			v = int(body[i])
		}
		im.Pix[i%im.C*n+i/im.C] = p.eightBits(min(v, p.most))
	}
}

// plain reads samples written as text.
func (p pnmHeader) plain(body []byte, im Image) error {
	r := bytes.NewReader(body)
	n := im.H * im.W
	for i := range im.Pix {
		if p.kind == '1' {
			b, err := plainBit(r)
			if err != nil {
				return err
			}
			im.Pix[i] = 255 * (1 - b)
			continue
		}
		v, err := pnmNumber(r, "sample")
		if err != nil {
			return noEOF(err)
		}
		if v > p.most {
			return fmt.Errorf("its sample %d is above the largest it states, %d", v, p.most)
		}
		im.Pix[i%im.C*n+i/im.C] = p.eightBits(v)
	}
	return nil
}

// plainBit reads a 0 or 1; bits need no separator.
func plainBit(r io.ByteReader) (byte, error) {
	for {
		b, err := r.ReadByte()
		for b == '#' && err == nil {
			for b != '\n' && b != '\r' && err == nil {
				b, err = r.ReadByte()
			}
		}
		switch {
		case err != nil:
			return 0, noEOF(err)
		case b == '0' || b == '1':
			return b - '0', nil
		case !isSpace(b):
			return 0, errors.New("one of its bits is neither 0 nor 1")
		}
	}
}

// eightBits scales a sample to 8 bits, with halves rounded to even.
func (p pnmHeader) eightBits(v int) byte {
	switch {
	case p.most == 255:
		return byte(v)
	case p.most > 255 && (p.kind == '2' || p.kind == '5'):
		return byte(roundRatio(v, p.most, 65535) >> 8)
	}
	return byte(roundRatio(v, p.most, 255))
}

// roundRatio returns v / from * to in PIL's arithmetic.
func roundRatio(v, from, to int) int {
	return int(math.RoundToEven(float64(float64(v)/float64(from)) * float64(to)))
}
