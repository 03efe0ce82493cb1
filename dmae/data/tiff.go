package data

import (
	"bytes"
	"encoding/binary"
	"errors"

	"golang.org/x/image/tiff"
)

// tiffSize reads the first directory.
func tiffSize(h *header) (width, height int, err error) {
	b, err := h.next(8)
	if err != nil {
		return 0, 0, err
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 {
		return 0, 0, errors.New("it has no directory")
	}
	if _, err := h.Discard(at - 8); err != nil {
		return 0, 0, err
	}
	if b, err = h.next(2); err != nil {
		return 0, 0, err
	}
	for range order.Uint16(b) {
		if b, err = h.next(12); err != nil {
			return 0, 0, err
		}
		v := int(order.Uint32(b[8:]))
		if order.Uint16(b[2:]) == tiffShort {
			v = int(order.Uint16(b[8:]))
		}
		switch order.Uint16(b) {
		case tiffWidth:
			width = v
		case tiffHeight:
			height = v
		}
		if width > 0 && height > 0 {
			return width, height, nil
		}
	}
	return 0, 0, errors.New("its directory has no size")
}

const (
	tiffShort             = 3
	tiffWidth, tiffHeight = 256, 257
)

func decodeTIFF(file []byte, limit int) (Image, error) {
	m, err := tiff.Decode(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	return toPlanar(m), nil
}
