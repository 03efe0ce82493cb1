package data

import (
	"math"
	"strconv"

	"github.com/godmae/godmae/internal/exact"
)

// Rotation, shear and translation of 8-bit pixels as in PIL (Pillow's
// Geometry.c and Image.rotate). Each pixel of the result is mapped to a
// position in the source and interpolated there: bicubic with a = -1 over 4x4
// pixels, rows first, edges repeated, fractions cut off. Pixels from outside
// the image have the fill colour.

// affine maps the centre of a pixel of the result to a position in the source:
// x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5].
type affine [6]float64

// rotation returns the map that rotates an image of h x w pixels around its
// centre, counter-clockwise by an angle in degrees. PIL rounds the matrix to
// 15 decimals.
func rotation(degrees float64, h, w int) affine {
	if degrees = math.Mod(degrees, 360); degrees < 0 {
		degrees += 360
	}
	angle := -float64(degrees * (math.Pi / 180))
	cos, sin := round15(exact.Cos(angle)), round15(exact.Sin(angle))
	cx, cy := float64(w)/2, float64(h)/2
	m := affine{cos, sin, 0, -sin, cos, 0}
	m[2] = float64(cos*-cx) + float64(sin*-cy) + cx
	m[5] = float64(-sin*-cx) + float64(cos*-cy) + cy
	return m
}

// round15 rounds to 15 decimals, exactly.
func round15(x float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 15, 64), 64)
	if err != nil {
		panic(err) // a finite number that was just printed
	}
	return v
}

// warp returns im transformed by a map; fill has a byte for each channel.
func (s *scratch) warp(im Image, m affine, fill []byte) Image {
	out := s.image(im.C, im.H, im.W)
	n := im.H * im.W
	for y := range im.H {
		yin := float64(y) + 0.5
		for x := range im.W {
			xin := float64(x) + 0.5
			sx := float64(m[0]*xin) + float64(m[1]*yin) + m[2]
			sy := float64(m[3]*xin) + float64(m[4]*yin) + m[5]
			to := y*im.W + x
			if !(sx >= 0 && sx < float64(im.W) && sy >= 0 && sy < float64(im.H)) {
				for c := range im.C {
					out.Pix[c*n+to] = fill[c]
				}
				continue
			}
			t := newTap(im, sx-0.5, sy-0.5)
			for c := range im.C {
				out.Pix[c*n+to] = t.at(im.Pix[c*n : (c+1)*n])
			}
		}
	}
	return out
}

// tap is the 4x4 pixels around a position.
type tap struct {
	x      [4]int // columns
	row    [4]int // offsets of the rows
	dx, dy float64
}

func newTap(im Image, x, y float64) tap {
	fx, fy := math.Floor(x), math.Floor(y)
	t := tap{dx: x - fx, dy: y - fy}
	for i := range 4 {
		t.x[i] = min(max(int(fx)-1+i, 0), im.W-1)
		t.row[i] = min(max(int(fy)-1+i, 0), im.H-1) * im.W
	}
	return t
}

func (t *tap) at(plane []byte) byte {
	var v [4]float64
	for i, row := range t.row {
		if i > 0 && row == t.row[i-1] { // beyond an edge
			v[i] = v[i-1]
			continue
		}
		v[i] = cubic(float64(plane[row+t.x[0]]), float64(plane[row+t.x[1]]), float64(plane[row+t.x[2]]), float64(plane[row+t.x[3]]), t.dx)
	}
	switch r := cubic(v[0], v[1], v[2], v[3], t.dy); {
	case r <= 0:
		return 0
	case r >= 255:
		return 255
	default:
		return byte(r)
	}
}

// cubic interpolates at d in [0,1) between b and c; every product is rounded.
func cubic(a, b, c, d, at float64) float64 {
	p2 := -a + c
	p3 := float64(2*(a-b)) + c - d
	p4 := -a + b - c + d
	return b + float64(at*(p2+float64(at*(p3+float64(at*p4)))))
}
