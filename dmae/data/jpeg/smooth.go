package jpeg

// If a progressive file ends before all bits of the low frequencies, libjpeg
// estimates these from the means of the surrounding 5x5 blocks, similarly to
// T.81 section K.8, so that blocks are less visible. An estimate replaces a
// coefficient that is zero and not known to be exact.

// lowest is the number of coefficients, in zigzag order, that can be estimated.
const lowest = 10

// kernel is the weights of the means of the 5x5 blocks around a block.
type kernel [5][5]int

// fromDetails are the kernels, in zigzag order, for blocks with other
// coefficients. Coefficients whose kernel is zero are not estimated.
var fromDetails = [lowest]kernel{
	1: {2: {-7, 50, 0, -50, 7}},
	2: {{0, 0, -7}, {0, 0, 50}, {}, {0, 0, -50}, {0, 0, 7}},
	3: {{0, 0, -1}, {0, 0, 13}, {0, 0, -24}, {0, 0, 13}, {0, 0, -1}},
	4: {{0, -1, 0, 1, 0}, {-1, 10, 0, -10, 1}, {}, {1, -10, 0, 10, -1}, {0, 1, 0, -1, 0}},
	5: {2: {-1, 13, -24, 13, -1}},
}

// fromMeans are the kernels for blocks with means only. The first one smooths
// the means.
var fromMeans = [lowest]kernel{
	{{-2, -6, -8, -6, -2}, {-6, 6, 42, 6, -6}, {-8, 42, 152, 42, -8}, {-6, 6, 42, 6, -6}, {-2, -6, -8, -6, -2}},
	{{-1, -1, 0, 1, 1}, {-3, 13, 0, -13, 3}, {-3, 38, 0, -38, 3}, {-3, 13, 0, -13, 3}, {-1, -1, 0, 1, 1}},
	{{-1, -3, -3, -3, -1}, {-1, 13, 38, 13, -1}, {}, {1, -13, -38, -13, 1}, {1, 3, 3, 3, 1}},
	{{0, 0, 1}, {0, 2, 7, 2}, {0, -5, -14, -5}, {0, 2, 7, 2}, {0, 0, 1}},
	{{-1, 0, 0, 0, 1}, {0, 9, 0, -9}, {}, {0, -9, 0, 9}, {1, 0, 0, 0, -1}},
	{{}, {0, 2, -5, 2}, {1, 7, -14, 7, 1}, {0, 2, -5, 2}, {}},
	{{}, {0, 1, 0, -1}, {0, 2, 0, -2}, {0, 1, 0, -1}, {}},
	{{}, {0, 1, -3, 1}, {}, {0, -1, 3, -1}, {}},
	{{}, {0, 1, 0, -1}, {0, -3, 0, 3}, {0, 1, 0, -1}, {}},
	{{}, {0, 1, 2, 1}, {}, {0, -1, -2, -1}, {}},
}

// smoothed reports whether estimates are made: all components have means, some
// have low frequencies that are not exact, and no divisor is zero.
func (d *decoder) smoothed() bool {
	inexact := false
	for i := range d.components {
		c := &d.components[i]
		if !c.seen || c.missing[0] < 0 {
			return false
		}
		for k := range lowest {
			if c.quant[natural[k]] == 0 {
				return false
			}
			inexact = inexact || k > 0 && c.missing[k] != 0
		}
	}
	return inexact
}

// smooth estimates coefficients of the block at column bx, row by, of which b
// is a copy.
func (d *decoder) smooth(c *component, b *[64]int32, bx, by int) {
	kernels, meansOnly := &fromDetails, true
	for _, bits := range c.missing[1:] {
		meansOnly = meansOnly && bits < 0
	}
	if meansOnly {
		kernels = &fromMeans
	}
	var means [5][5]int
	last := ceil(c.w, 8) - 1
	for i, y := range c.around(by) {
		for j := range means[i] {
			x := min(max(bx+j-2, 0), last)
			means[i][j] = int(c.coeffs[64*(y*c.bw+x)])
		}
	}
	for k := range kernels {
		at, missing := natural[k], c.missing[k]
		switch {
		case kernels[k] == kernel{}, k > 0 && (missing == 0 || b[at] != 0):
			continue
		case k == 0:
			missing = 0 // the mean takes any value
		}
		b[at] = kernels[k].estimate(&means, int(c.quant[0]), int(c.quant[at]), missing)
	}
}

// estimate rounds a weighted sum to quantisation steps of a coefficient. It is
// limited to the range of the missing bits.
func (w *kernel) estimate(means *[5][5]int, mean, step, missing int) int32 {
	sum := 0
	for i, row := range w {
		for j, v := range row {
			sum += v * means[i][j]
		}
	}
	sum *= mean
	v := (step<<7 + max(sum, -sum)) / (step << 8)
	if missing > 0 {
		v = min(v, 1<<missing-1)
	}
	if sum < 0 {
		v = -v
	}
	return int32(int16(v))
}

// around returns the rows of the blocks two above to two below row by, with the
// outermost row in place of those outside. As in libjpeg, the last row of units
// is counted with its own number of block rows, so that an existing row of a
// picture with few rows may not be used.
func (c *component) around(by int) [5]int {
	units := c.bh / c.v
	rows := c.v
	if by/c.v == units-1 {
		if rows = ceil(c.rows, 8) % c.v; rows == 0 {
			rows = c.v
		}
	}
	at, most := by/c.v*rows+by%c.v, rows*units
	up, down := by, by
	if at > 0 {
		up--
	}
	upper := up
	if at > 1 {
		upper = by - 2
	}
	if at < most-1 {
		down++
	}
	lower := down
	if at < most-2 {
		lower = by + 2
	}
	return [5]int{upper, up, by, down, lower}
}
