package jpeg

// plane returns a component at the size of the picture: halved directions are
// enlarged linearly ("fancy upsampling"), each sample being in the middle of
// the pixels it stands for; except that one or two columns, and other ratios,
// are repeated, as libjpeg does.
func (d *decoder) plane(c *component) []byte {
	src := packed(c.samples, c.stride, c.w, c.rows)
	switch x, y := d.hmax/c.h, d.vmax/c.v; {
	case x == 1 && y == 1:
		return src
	case x == 1 && y == 2:
		return enlargeRows(src, d.w, c.rows, d.h)
	case x == 2 && y == 1 && c.w > 2:
		return enlargeColumns(src, c.w, d.w, d.h)
	case x == 2 && y == 2 && c.w > 2:
		return enlargeBoth(src, c.w, c.rows, d.w, d.h)
	default:
		out := make([]byte, d.w*d.h)
		for i := range out {
			out[i] = src[i/d.w/y*c.w+i%d.w/x]
		}
		return out
	}
}

// packed returns the first w columns and h rows of a plane, without what pads
// it to whole blocks.
func packed(pix []byte, stride, w, h int) []byte {
	if stride == w {
		return pix[:w*h]
	}
	out := make([]byte, w*h)
	for y := range h {
		copy(out[y*w:(y+1)*w], pix[y*stride:])
	}
	return out
}

// enlargeColumns doubles the columns: a pixel is 3/4 of the sample it lies in
// and 1/4 of the next one on its side. Halves are rounded down to the left and
// up to the right, which keeps the mean.
func enlargeColumns(src []byte, cw, w, h int) []byte {
	out := make([]byte, w*h)
	for y := range h {
		row, to := src[y*cw:(y+1)*cw], out[y*w:(y+1)*w]
		for x := range to {
			c := x / 2
			near := 3 * int(row[c])
			if x&1 == 0 {
				to[x] = byte((near + int(row[max(c-1, 0)]) + 1) >> 2)
			} else {
				to[x] = byte((near + int(row[min(c+1, cw-1)]) + 2) >> 2)
			}
		}
	}
	return out
}

// enlargeRows doubles the rows in the same way.
func enlargeRows(src []byte, w, ch, h int) []byte {
	out := make([]byte, w*h)
	for y := range h {
		near, next, bias := neighbours(src, y, w, ch)
		to := out[y*w : (y+1)*w]
		for x := range to {
			to[x] = byte((3*int(near[x]) + int(next[x]) + bias) >> 2)
		}
	}
	return out
}

// neighbours returns the row of samples that pixel row y lies in, the next one
// on its side, and what rounds their weighted sum.
func neighbours(src []byte, y, w, ch int) (near, next []byte, bias int) {
	c := y / 2
	other, bias := max(c-1, 0), 1
	if y&1 == 1 {
		other, bias = min(c+1, ch-1), 2
	}
	return src[c*w : (c+1)*w], src[other*w : (other+1)*w], bias
}

// enlargeBoth doubles rows and columns with one rounding.
func enlargeBoth(src []byte, cw, ch, w, h int) []byte {
	out := make([]byte, w*h)
	sums := make([]int, cw)
	for y := range h {
		near, next, _ := neighbours(src, y, cw, ch)
		for c := range sums {
			sums[c] = 3*int(near[c]) + int(next[c])
		}
		to := out[y*w : (y+1)*w]
		for x := range to {
			c := x / 2
			if x&1 == 0 {
				to[x] = byte((3*sums[c] + sums[max(c-1, 0)] + 8) >> 4)
			} else {
				to[x] = byte((3*sums[c] + sums[min(c+1, cw-1)] + 7) >> 4)
			}
		}
	}
	return out
}
