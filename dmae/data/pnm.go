package data

import (
	"errors"
	"fmt"
	"io"
)

// isPNM recognises P1 to P6, bitmaps, greymaps and pixmaps.
func isPNM(head []byte) bool {
	return len(head) >= 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6' && (isSpace(head[2]) || head[2] == '#')
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// pnmHeader is what stands before the samples.
type pnmHeader struct {
	kind          byte // '1' to '6'
	width, height int
	most          int // the sample of white; 1 of a bitmap
}

// pnmNumber reads a decimal number and the one byte of white space after it,
// passing over white space and comments before it.
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

func decodePNM(file []byte, limit int) (Image, error) { return Image{}, errors.New("not yet") }
