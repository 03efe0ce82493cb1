package data

import (
	"errors"
	"fmt"
)

// Photometric interpretations of TIFF.
const (
	tiffWhiteIsZero, tiffBlackIsZero, tiffRGB, tiffPalette, tiffCMYK, tiffYCbCr = 0, 1, 2, 3, 5, 6
)

// channels returns the number of samples of a pixel that the photometric
// interpretation uses.
func (t *tiff) channels() (int, error) {
	n := map[int]int{tiffWhiteIsZero: 1, tiffBlackIsZero: 1, tiffRGB: 3, tiffPalette: 1, tiffCMYK: 4, tiffYCbCr: 3}[t.photometric]
	switch {
	case n == 0:
		name := map[int]string{4: "a mask", 8: "CIE L*a*b*", 9: "ICC L*a*b*", 10: "ITU L*a*b*", 32803: "a sensor's mosaic", 34892: "linear raw"}[t.photometric]
		return 0, fmt.Errorf("its colours are of the kind %d (%s), which is not supported", t.photometric, name)
	case t.photometric == tiffYCbCr && t.compression != tiffJPEG:
		return 0, errors.New("its colours are YCbCr without JPEG, which is not supported")
	case t.photometric == tiffCMYK && t.compression == tiffJPEG:
		return 0, errors.New("its inks are compressed as JPEG, which is not supported")
	case t.samples < n:
		return 0, fmt.Errorf("it has %d samples a pixel where its colours need %d", t.samples, n)
	case t.photometric == tiffPalette && (t.bits > 8 || len(t.tags[tiffColours]) < 3<<t.bits):
		return 0, errors.New("its palette is incomplete")
	}
	return n, nil
}

// pixels decompresses all parts into planes of 8-bit samples and converts them
// to colours.
func (t *tiff) pixels(limit int) (Image, error) {
	n, err := t.channels()
	if err != nil {
		return Image{}, err
	}
	if err := t.plausible(); err != nil {
		return Image{}, err
	}
	// Colours that are premultiplied with alpha are divided by it.
	divided := n == 3 && t.samples == 4 && t.one(tiffExtra, 0) == 1 && t.bits >= 8
	if divided {
		n = 4
	}
	im := Image{C: n, H: t.h, W: t.w, Pix: make([]byte, n*t.h*t.w)}
	perPlane := t.across() * t.down()
	for i, segment := range t.segments {
		plane, k := i/perPlane, i%perPlane
		if plane >= n {
			break
		}
		y, x := k/t.across()*t.th, k%t.across()*t.tw
		if err := t.place(im, segment, plane, y, x, limit); err != nil {
			return Image{}, fmt.Errorf("part %d of %d: %w", i+1, len(t.segments), err)
		}
	}
	switch {
	case divided:
		return undivided(im), nil
	case t.photometric == tiffCMYK:
		return fromInks(im), nil
	case t.photometric == tiffPalette:
		return t.coloured(im), nil
	}
	return im, nil
}

// place decompresses a part, whose first row and column are y and x, into im.
func (t *tiff) place(im Image, segment []byte, plane, y, x, limit int) error {
	rows, columns := min(t.th, im.H-y), min(t.tw, im.W-x)
	if t.compression == tiffJPEG {
		part, err := t.jpegPart(segment, limit)
		if err != nil {
			return err
		}
		if part.H < rows || part.W < columns || part.C < im.C && !t.planar {
			return errors.New("its picture is smaller than the part that it fills")
		}
		for c := range part.C {
			if to := plane + c; to < im.C {
				for r := range rows {
					copy(im.Pix[(to*im.H+y+r)*im.W+x:][:columns], part.Pix[(c*part.H+r)*part.W:])
				}
			}
		}
		return nil
	}
	samples := t.samples
	if t.planar {
		samples = 1
	}
	stored := t.th // a tile has all rows, the last strip may have fewer
	if t.tags[tiffTiles] == nil {
		stored = rows
	}
	stride := (t.tw*t.bits*samples + 7) / 8
	raw, err := t.part(segment, stored, stride, samples)
	if err != nil {
		return err
	}
	used := min(samples, im.C-plane)
	for r := range rows {
		row := raw[r*stride:]
		for c := range used {
			to := im.Pix[((plane+c)*im.H+y+r)*im.W+x:][:columns]
			for i := range to {
				to[i] = t.sample(row, i*samples+c)
			}
		}
	}
	return nil
}

// sample returns the i-th sample of a row in 8 bits: the upper bits of 16, or
// fewer bits scaled up, except palette indices.
func (t *tiff) sample(row []byte, i int) byte {
	var v byte
	switch t.bits {
	case 8:
		v = row[i]
	case 16:
		v = byte(t.order.Uint16(row[2*i:]) >> 8)
	default:
		most := byte(1<<t.bits - 1)
		v = row[i*t.bits/8] >> (8 - t.bits - i*t.bits%8) & most
		if t.photometric != tiffPalette {
			v *= 255 / most
		}
	}
	if t.photometric == tiffWhiteIsZero {
		return 255 - v
	}
	return v
}

// coloured maps indices to the colours of the palette, of which the upper 8 of
// 16 bits are used.
func (t *tiff) coloured(im Image) Image {
	n := im.H * im.W
	out := Image{C: 3, H: im.H, W: im.W, Pix: make([]byte, 3*n)}
	table := t.tags[tiffColours]
	for c := range 3 {
		for i, v := range im.Pix[:n] {
			out.Pix[c*n+i] = byte(table[c<<t.bits+int(v)] >> 8)
		}
	}
	return out
}

// fromInks converts cyan, magenta, yellow and black to red, green and blue as
// in PIL, in place.
func fromInks(im Image) Image {
	n := im.H * im.W
	black := im.Pix[3*n:]
	for i, ink := range im.Pix[:3*n] {
		light := 255 - int(black[i%n])
		v := int(ink)*light + 128
		im.Pix[i] = byte(max(light-(v>>8+v)>>8, 0))
	}
	return Image{C: 3, H: im.H, W: im.W, Pix: im.Pix[:3*n]}
}

// undivided divides colours by their alpha, the fourth plane, as in PIL, in
// place.
func undivided(im Image) Image {
	n := im.H * im.W
	for i, v := range im.Pix[:3*n] {
		switch a := int(im.Pix[3*n+i%n]); a {
		case 255:
		case 0:
			im.Pix[i] = 0
		default:
			im.Pix[i] = byte(min(int(v)*255/a, 255))
		}
	}
	return Image{C: 3, H: im.H, W: im.W, Pix: im.Pix[:3*n]}
}
