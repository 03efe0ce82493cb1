package jpeg

import "errors"

// arithmetic decodes arithmetic coding, T.81 annex D and sections F.2.4 and
// G.2.3: binary decisions with adaptive probabilities. The lower 7 bits of a bin
// are its state, the highest bit is the more probable value.
type arithmetic struct {
	on          bool
	code, width uint32
	count       int  // bits of code below those that are compared with width; negative at the start
	short       bool // bytes beyond the end of the file were needed

	dc        [16][64]byte
	ac        [16][256]byte
	even      byte
	low, high [16]byte // of a difference of means: the conditioning
	few       [16]byte // the largest index of low-frequency coefficients
}

// Positions in the bins of a table: T.81 tables F.4 and F.5.
const (
	meanSizes           = 20
	lowSizes, highSizes = 189, 217
)

// start sets arithmetic coding with the default conditioning.
func (a *arithmetic) start() {
	a.on = true
	for i := range a.low {
		a.high[i], a.few[i] = 1, 5
	}
}

// condition reads the segment that changes the conditioning.
func (a *arithmetic) condition(b []byte) error {
	for ; len(b) >= 2; b = b[2:] {
		id, v := b[0], b[1]
		switch {
		case id < 16 && v&15 <= v>>4:
			a.low[id], a.high[id] = v&15, v>>4
		case id >= 16 && id < 32:
			a.few[id-16] = v
		default:
			return errors.New("its conditioning of arithmetic coding is malformed")
		}
	}
	if len(b) != 0 {
		return errors.New("its conditioning of arithmetic coding is malformed")
	}
	return nil
}

// resetArithmetic starts an interval of a scan of the given parts.
func (d *decoder) resetArithmetic(parts []part) {
	a := &d.arithmetic
	a.code, a.width, a.count, a.even = 0, 0, -16, even
	for _, p := range parts {
		p.condition = 0
		a.dc[p.tables>>4], a.ac[p.tables&15] = [64]byte{}, [256]byte{}
	}
}

// dataByte returns the next byte of a scan. At a marker it returns zeros, which
// an encoder omits at the end.
func (d *decoder) dataByte() uint32 {
	at := d.at
	if at < len(d.file) && d.file[at] != 0xff {
		d.at++
		return uint32(d.file[at])
	}
	for at++; at < len(d.file) && d.file[at] == 0xff; {
		at++
	}
	switch {
	case at >= len(d.file):
		d.arithmetic.short = true
		return 0
	case d.file[at] == 0:
		d.at = at + 1
		return 0xff
	}
	d.at = at - 1 // the marker remains to be read
	return 0
}

// decide reads a decision.
func (d *decoder) decide(bin *byte) bool {
	a := &d.arithmetic
	for a.width < 0x8000 {
		if a.count--; a.count < 0 {
			a.code = a.code<<8 | d.dataByte()
			if a.count += 8; a.count < 0 {
				if a.count++; a.count == 0 {
					a.width = 0x8000
				}
			}
		}
		a.width <<= 1
	}
	likely, p := *bin&exchange, &probabilities[*bin&^exchange]
	a.width -= p.less
	value, usual := likely, true
	if cut := a.width << a.count; a.code >= cut {
		a.code -= cut
		usual = a.width < p.less
		a.width = p.less
		if !usual {
			value ^= exchange
		}
	} else {
		if a.width >= 0x8000 {
			return value != 0
		}
		if a.width < p.less {
			usual, value = false, value^exchange
		}
	}
	if usual {
		*bin = likely ^ p.usual
	} else {
		*bin = likely ^ p.after
	}
	return value != 0
}

// bit reads a decision of probability 1/2.
func (d *decoder) bit() bool { return d.decide(&d.arithmetic.even) }

// magnitude reads the bits below the highest bit of m, of a number that is
// larger by one, in the bin that is 14 after that of its size.
func (d *decoder) magnitude(bins []byte, at, m int, negative bool) int {
	v := m
	for m >>= 1; m > 0; m >>= 1 {
		if d.decide(&bins[at+14]) {
			v |= m
		}
	}
	if v++; negative {
		return -v
	}
	return v
}

// size doubles m with each decision of the bins from at on, up to 15 bits.
func (d *decoder) size(bins []byte, at, m int) (int, int, error) {
	for ; d.decide(&bins[at]); at++ {
		if m <<= 1; m == 0x8000 {
			return 0, 0, errCode
		}
	}
	return at, m, nil
}

// arithmeticMean reads the difference between a block's mean and the previous
// one, and returns the mean.
func (d *decoder) arithmeticMean(p part) (int16, error) {
	a := &d.arithmetic
	table := p.tables >> 4
	bins := a.dc[table][:]
	at := p.condition
	p.condition = 0
	if d.decide(&bins[at]) {
		negative := d.decide(&bins[at+1])
		if at += 2; negative {
			at++
		}
		m := 0
		if d.decide(&bins[at]) {
			var err error
			if at, m, err = d.size(bins, meanSizes, 1); err != nil {
				return 0, err
			}
		}
		switch {
		case m < 1<<a.low[table]>>1:
		case m > 1<<a.high[table]>>1:
			p.condition = 12
		default:
			p.condition = 4
		}
		if p.condition > 0 && negative {
			p.condition += 4
		}
		p.prediction += d.magnitude(bins, at, m, negative)
	}
	return int16(p.prediction), nil
}

// arithmeticDetail reads coefficients from first to last in zigzag order, and
// calls set for each that is not zero.
func (d *decoder) arithmeticDetail(p part, first, last int, set func(k, v int)) error {
	table := p.tables & 15
	bins := d.arithmetic.ac[table][:]
	for k := first; k <= last; k++ {
		if d.decide(&bins[3*(k-1)]) {
			return nil // the end of the block
		}
		for !d.decide(&bins[3*(k-1)+1]) {
			if k++; k > last {
				return errRun
			}
		}
		negative := d.bit()
		at, m := 3*(k-1)+2, 0
		if d.decide(&bins[at]) {
			if m = 1; d.decide(&bins[at]) {
				from := highSizes
				if k <= int(d.arithmetic.few[table]) {
					from = lowSizes
				}
				var err error
				if at, m, err = d.size(bins, from, 2); err != nil {
					return err
				}
			}
		}
		set(k, d.magnitude(bins, at, m, negative))
	}
	return nil
}

// arithmeticRefine reads one more bit of coefficients, and those that become
// nonzero with it.
func (d *decoder) arithmeticRefine(p part, b *[64]int16, s spectrum) error {
	bins := d.arithmetic.ac[p.tables&15][:]
	bit := int16(1) << s.low
	end := s.last // of the block as decoded so far
	for end > 0 && b[natural[end]] == 0 {
		end--
	}
	for k := s.first; k <= s.last; k++ {
		if k > end && d.decide(&bins[3*(k-1)]) {
			return nil
		}
		for {
			c := &b[natural[k]]
			if *c != 0 {
				if d.decide(&bins[3*(k-1)+2]) {
					if *c < 0 {
						*c -= bit
					} else {
						*c += bit
					}
				}
				break
			}
			if d.decide(&bins[3*(k-1)+1]) {
				if *c = bit; d.bit() {
					*c = -bit
				}
				break
			}
			if k++; k > s.last {
				return errRun
			}
		}
	}
	return nil
}

// arithmeticBlock reads one block of a component.
func (d *decoder) arithmeticBlock(p part, s spectrum, bx, by int) error {
	if !d.progressive {
		var b [64]int32
		mean, err := d.arithmeticMean(p)
		if err != nil {
			return err
		}
		b[0] = int32(mean) * p.quant[0]
		err = d.arithmeticDetail(p, 1, 63, func(k, v int) {
			at := natural[k]
			b[at] = int32(int16(v)) * p.quant[at]
		})
		idct(&b, p.samples[8*(by*p.stride+bx):], p.stride)
		return err
	}
	at := 64 * (by*p.bw + bx)
	b := (*[64]int16)(p.coeffs[at : at+64])
	switch {
	case s.first == 0 && s.high == 0:
		mean, err := d.arithmeticMean(p)
		b[0] = mean << s.low
		return err
	case s.first == 0:
		if d.bit() {
			b[0] |= 1 << s.low
		}
		return nil
	case s.high == 0:
		return d.arithmeticDetail(p, s.first, s.last, func(k, v int) { b[natural[k]] = int16(v << s.low) })
	}
	return d.arithmeticRefine(p, b, s)
}
