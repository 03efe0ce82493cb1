package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
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
		return Image{}, noEOF(err)
	}
	if err := checkSize(size.Width, size.Height, limit); err != nil {
		return Image{}, err
	}
	if err := pngPlausible(file); err != nil {
		return Image{}, err
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return Image{}, noEOF(err)
	}
	return toPlanar(m), nil
}

// pngPlausible is an error if the compressed bytes are too few for the size,
// before memory is allocated for it.
func pngPlausible(file []byte) error {
	w, h := int(binary.BigEndian.Uint32(file[16:])), int(binary.BigEndian.Uint32(file[20:]))
	bits := int(file[24])
	switch file[25] { // the colour type
	case 2:
		bits *= 3
	case 4:
		bits *= 2
	case 6:
		bits *= 4
	}
	stored := 0
	for chunks := file[8:]; len(chunks) >= 12; {
		n := int(binary.BigEndian.Uint32(chunks))
		if string(chunks[4:8]) == "IDAT" {
			stored += min(n, len(chunks)-8)
		}
		if n > len(chunks)-12 {
			break
		}
		chunks = chunks[12+n:]
	}
	if h*((w*bits+7)/8)/mostExpansion > stored {
		return fmt.Errorf("%w: %d bytes cannot hold %dx%d pixels", errShort, stored, w, h)
	}
	return nil
}
