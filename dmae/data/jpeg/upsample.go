package jpeg

// plane fills out with a component at the size of the picture. Directions at
// half resolution are interpolated linearly ("fancy upsampling"), with each
// sample in the centre of its pixels. As in libjpeg, one or two columns, and
// other ratios, are repeated. A missing component is grey.
func (d *decoder) plane(out []byte, c *component) {
	if !c.seen {
		for i := range out {
			out[i] = 128
		}
		return
	}
	x, y := d.hmax/c.h, d.vmax/c.v
	if x == 1 && y == 1 {
		for r := range d.h {
			copy(out[r*d.w:(r+1)*d.w], c.samples[r*c.stride:])
		}
		c.samples = nil
		return
	}
	src := packed(c.samples, c.stride, c.w, c.rows)
	c.samples = nil
	switch {
	case x == 1 && y == 2:
		enlargeRows(out, src, d.w, c.rows, d.h)
	case x == 2 && y == 1 && c.w > 2:
		enlargeColumns(out, src, c.w, d.w, d.h)
	case x == 2 && y == 2 && c.w > 2:
		enlargeBoth(out, src, c.w, c.rows, d.w, d.h)
	default:
		for r := range d.h {
			row := src[r/y*c.w:]
			for i := range d.w {
				out[r*d.w+i] = row[i/x]
			}
		}
	}
}

// packed returns the first w columns and h rows of a plane, without the padding
// to whole blocks.
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

// enlargeColumns doubles the columns: a pixel is 3/4 of the sample that
// contains it plus 1/4 of the nearer neighbour. Halves are rounded down for
// the left pixel and up for the right one, which keeps the mean.
func enlargeColumns(out, src []byte, cw, w, h int) {
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
}

// enlargeRows doubles the rows in the same way.
func enlargeRows(out, src []byte, w, ch, h int) {
	for y := range h {
		near, next, bias := neighbours(src, y, w, ch)
		to := out[y*w : (y+1)*w]
		for x := range to {
			to[x] = byte((3*int(near[x]) + int(next[x]) + bias) >> 2)
		}
	}
}

// neighbours returns the row of samples that contains pixel row y, the nearer
// neighbouring row, and the rounding term of their weighted sum.
func neighbours(src []byte, y, w, ch int) (near, next []byte, bias int) {
	c := y / 2
	other, bias := max(c-1, 0), 1
	if y&1 == 1 {
		other, bias = min(c+1, ch-1), 2
	}
	return src[c*w : (c+1)*w], src[other*w : (other+1)*w], bias
}

// enlargeBoth doubles rows and columns with one rounding.
func enlargeBoth(out, src []byte, cw, ch, w, h int) {
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
}
