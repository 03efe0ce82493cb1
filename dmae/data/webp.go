package data

import (
	"bytes"
	"encoding/binary"
	"errors"

	"golang.org/x/image/webp"
)

func isWebP(head []byte) bool {
	return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// webpSize reads the first chunk: the canvas of an extended file, or the frame.
func webpSize(h *header) (width, height int, err error) {
	b, err := h.next(30)
	if err != nil {
		return 0, 0, err
	}
	switch body := b[20:]; string(b[12:16]) {
	case "VP8X":
		return 1 + (int(binary.LittleEndian.Uint32(body[3:])) >> 8), 1 + (int(binary.LittleEndian.Uint32(body[6:])) >> 8), nil
	case "VP8L":
		v := binary.LittleEndian.Uint32(body[1:])
		return 1 + int(v&0x3fff), 1 + int(v>>14&0x3fff), nil
	case "VP8 ":
		return int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff), nil
	}
	return 0, 0, errors.New("it starts with no picture")
}

func decodeWebP(file []byte, limit int) (Image, error) {
	m, err := webp.Decode(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	return toPlanar(m), nil
}
