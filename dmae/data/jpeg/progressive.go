package jpeg

// mean reads the first bits of a block's mean in a progressive scan.
func (d *decoder) mean(p part, b *[64]int16, low int) error {
	v, err := d.difference(p)
	b[0] = v << low
	return err
}

// endOfBand reads the number of blocks, including this one, without further
// coefficients.
func (d *decoder) endOfBand(run int) {
	d.skip = 1<<run + int(d.take(run))
}

// detail reads the first bits of coefficients, T.81 section G.1.2.2.
func (d *decoder) detail(p part, b *[64]int16, s spectrum) error {
	if d.skip > 0 {
		d.skip--
		return nil
	}
	for k := s.first; k <= s.last; k++ {
		rs, err := d.symbol(p.ac)
		if err != nil {
			return err
		}
		run, size := int(rs>>4), int(rs&15)
		if size == 0 {
			if run < 15 {
				d.endOfBand(run)
				d.skip--
				return nil
			}
			k += 15
			continue
		}
		if k += run; k > s.last {
			return errRun
		}
		b[natural[k]] = int16(d.signed(size) << s.low)
	}
	return nil
}

// refine reads one more bit of coefficients, and those that become nonzero with
// it, T.81 section G.1.2.3.
func (d *decoder) refine(p part, b *[64]int16, s spectrum) error {
	bit := int16(1) << s.low
	k := s.first
	for d.skip == 0 && k <= s.last {
		rs, err := d.symbol(p.ac)
		if err != nil {
			return err
		}
		run, size := int(rs>>4), int(rs&15)
		fresh := int16(0)
		switch {
		case size > 1:
			return errRun
		case size == 1:
			fresh = -bit
			if d.take(1) == 1 {
				fresh = bit
			}
		case run < 15:
			d.endOfBand(run)
		}
		if d.skip > 0 {
			break
		}
		k = d.correct(b, k, s.last, run, bit)
		if fresh != 0 {
			if k > s.last {
				return errRun
			}
			b[natural[k]] = fresh
		}
		k++
	}
	if d.skip > 0 {
		d.correct(b, k, s.last, 64, bit)
		d.skip--
	}
	return nil
}

// correct reads a bit for each nonzero coefficient from k on, skips run zeros,
// and returns the position of the next zero.
func (d *decoder) correct(b *[64]int16, k, last, run int, bit int16) int {
	for ; k <= last; k++ {
		c := &b[natural[k]]
		switch {
		case *c == 0:
			if run == 0 {
				return k
			}
			run--
		case d.take(1) == 1 && *c&bit == 0:
			if *c > 0 {
				*c += bit
			} else {
				*c -= bit
			}
		}
	}
	return k
}
