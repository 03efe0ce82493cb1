package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/png"
)

// pngSize reads the first chunk, which has to be IHDR.
func pngSize(h *header) (width, height int, err error) {
	b, err := h.next(24)
	if err != nil {
		return 0, 0, err
	}
	if string(b[12:16]) != "IHDR" {
		return 0, 0, errors.New("its first chunk is not IHDR")
	}
	return int(binary.BigEndian.Uint32(b[16:])), int(binary.BigEndian.Uint32(b[20:])), nil
}

func decodePNG(file []byte, limit int) (Image, error) {
	size, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	if err := checkSize(size.Width, size.Height, limit); err != nil {
		return Image{}, err
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	return toPlanar(m), nil
}
