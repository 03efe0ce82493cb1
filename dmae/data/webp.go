package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

func isWebP(head []byte) bool {
	return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// webpSize reads the first chunk: the canvas of an extended file, or the frame.
func webpSize(h *header) (width, height int, err error) {
	b, err := h.next(20)
	if err != nil {
		return 0, 0, err
	}
	body, err := h.next(10)
	if err != nil {
		return 0, 0, err
	}
	if string(b[12:16]) == "VP8X" {
		return 1 + uint24(body[4:]), 1 + uint24(body[7:]), nil
	}
	return webpFrameSize(b[12:16], body)
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// webpFrameSize reads the size of a frame from the first 10 bytes of its chunk,
// lossy or lossless.
func webpFrameSize(kind, b []byte) (width, height int, err error) {
	switch {
	case string(kind) == "VP8L" && b[0] == 0x2f:
		v := binary.LittleEndian.Uint32(b[1:])
		return 1 + int(v&0x3fff), 1 + int(v>>14&0x3fff), nil
	case string(kind) == "VP8 " && b[3] == 0x9d && b[4] == 0x01 && b[5] == 0x2a:
		return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff), nil
	}
	return 0, 0, errors.New("it starts with no picture")
}

// decodeWebP decodes lossy and lossless files, and the first frame of an
// animation, as in PIL. Alpha is not read.
func decodeWebP(file []byte, limit int) (Image, error) {
	w, h, err := webpSize(newHeaderOf(file))
	if err != nil {
		return Image{}, noEOF(err)
	}
	if err := checkSize(w, h, limit); err != nil {
		return Image{}, err
	}
	kind, frame, x, y, err := webpFrame(file[12:])
	if err != nil {
		return Image{}, err
	}
	if len(frame) < 10 {
		return Image{}, errShort
	}
	fw, fh, err := webpFrameSize(kind, frame)
	if err != nil {
		return Image{}, err
	}
	if fw == 0 || fh == 0 || x+fw > w || y+fh > h {
		return Image{}, errors.New("its frame does not fit its canvas")
	}
	var im Image
	if string(kind) == "VP8L" {
		m, err := vp8l.Decode(bytes.NewReader(frame))
		if err != nil {
			return Image{}, noEOF(err)
		}
		im = toPlanar(m)
	} else {
		d := vp8.NewDecoder()
		d.Init(bytes.NewReader(frame), len(frame))
		if _, err := d.DecodeFrameHeader(); err != nil {
			return Image{}, noEOF(err)
		}
		m, err := d.DecodeFrame()
		if err != nil {
			return Image{}, noEOF(err)
		}
		im = webpColours(m)
	}
	if fw == w && fh == h {
		return im, nil
	}
	canvas := Image{C: 3, H: h, W: w, Pix: make([]byte, 3*h*w)}
	for i := range 3 * fh {
		at := i/fh*h*w + (y+i%fh)*w + x
		copy(canvas.Pix[at:at+fw], im.Pix[i*fw:(i+1)*fw])
	}
	return canvas, nil
}

// webpFrame finds the first frame among the chunks of a file, and its position
// on the canvas.
func webpFrame(chunks []byte) (kind, frame []byte, x, y int, err error) {
	for len(chunks) >= 8 {
		kind, n := chunks[:4], int(binary.LittleEndian.Uint32(chunks[4:]))
		if chunks = chunks[8:]; n > len(chunks) {
			break
		}
		switch body := chunks[:n]; string(kind) {
		case "VP8 ", "VP8L":
			return kind, body, x, y, nil
		case "ANMF": // 16 bytes, then the chunks of the frame
			if n < 16 {
				return nil, nil, 0, 0, errShort
			}
			x, y = 2*uint24(body), 2*uint24(body[3:])
			chunks = body[16:]
			continue
		}
		chunks = chunks[min(n+n&1, len(chunks)):]
	}
	return nil, nil, 0, 0, errShort
}

// webpColours converts a lossy frame to red, green and blue in libwebp's
// arithmetic. Chroma is stored at half the resolution. The chroma of a pixel
// is the mean of the four samples around it, weighted 9:3:3:1 with two
// roundings.
func webpColours(m *image.YCbCr) Image {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	n := w * h
	im := Image{C: 3, H: h, W: w, Pix: make([]byte, 3*n)}
	u, v := make([]byte, w), make([]byte, w)
	for y := range h {
		near := y / 2
		other := max(near-1, 0)
		if y&1 == 1 {
			other = min(near+1, (h-1)/2)
		}
		enlargeWebP(u, m.Cb[near*m.CStride:], m.Cb[other*m.CStride:])
		enlargeWebP(v, m.Cr[near*m.CStride:], m.Cr[other*m.CStride:])
		row := m.Y[y*m.YStride:]
		for x := range w {
			luma, u, v := int(row[x])*19077>>8, int(u[x]), int(v[x])
			at := y*w + x
			im.Pix[at] = webpClip(luma + v*26149>>8 - 14234)
			im.Pix[n+at] = webpClip(luma - u*6419>>8 - v*13320>>8 + 8708)
			im.Pix[2*n+at] = webpClip(luma + u*33050>>8 - 17685)
		}
	}
	return im
}

// webpClip drops 6 bits of fraction.
func webpClip(v int) byte { return byte(min(max(v>>6, 0), 255)) }

// enlargeWebP fills a row of pixels from the row of samples that contains it
// and the nearer neighbouring row.
func enlargeWebP(to, near, other []byte) {
	samples := (len(to) + 1) / 2
	for x := range to {
		c := x / 2
		side := c - 1
		if x&1 == 1 {
			side = c + 1
		}
		a, b := int(near[c]), int(other[c])
		if side < 0 || side == samples {
			to[x] = byte((3*a + b + 2) >> 2)
			continue
		}
		s, t := int(near[side]), int(other[side])
		diagonal := (a + b + s + t + 8 + 2*(b+s)) >> 3
		to[x] = byte((diagonal + a) >> 1)
	}
}
