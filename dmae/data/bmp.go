package data

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"golang.org/x/image/bmp"
)

// bmpSize reads the two headers, the second of which is OS/2's or one of
// Windows'.
func bmpSize(h *header) (width, height int, err error) {
	b, err := h.next(26)
	if err != nil {
		return 0, 0, err
	}
	info := binary.LittleEndian.Uint32(b[14:])
	switch {
	case info == 12:
		return int(binary.LittleEndian.Uint16(b[18:])), int(binary.LittleEndian.Uint16(b[20:])), nil
	case info < 16 || info > 124:
		return 0, 0, fmt.Errorf("its header of %d bytes is of no known kind", info)
	}
	height = int(int32(binary.LittleEndian.Uint32(b[22:])))
	return int(int32(binary.LittleEndian.Uint32(b[18:]))), max(height, -height), nil
}

func decodeBMP(file []byte, limit int) (Image, error) {
	m, err := bmp.Decode(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	return toPlanar(m), nil
}
