package jpeg

import (
	"errors"
	"fmt"
	"slices"
)

// mostBlocks bounds the work for a short file: a scan without new data has a
// few bytes and visits the whole picture. The largest picture can be visited
// sixty times.
const mostBlocks = 1 << 28

// part is a component's share of a scan.
type part struct {
	*component
	tables byte // numbers of the two tables
	dc, ac *huffman
}

// spectrum is the part of each block that a scan holds: the coefficients first
// to last in zigzag order, and their bits from low on, below high if that is
// not 0.
type spectrum struct{ first, last, high, low int }

// scan reads a scan: its header and the data after it.
func (d *decoder) scan(b []byte) error {
	if d.components == nil {
		return errors.New("a scan comes before the frame header")
	}
	if d.scans++; d.scans == 1 && !d.progressive && !d.arithmetic.on {
		if err := d.standardTables(); err != nil {
			return err
		}
	}
	parts, s, err := d.scanHeader(b)
	if err != nil {
		return err
	}
	columns, rows := ceil(d.w, 8*d.hmax), ceil(d.h, 8*d.vmax) // units
	alone := len(parts) == 1
	if alone { // then the units are the blocks that contain pixels
		columns, rows = ceil(parts[0].w, 8), ceil(parts[0].rows, 8)
	}
	for _, p := range parts {
		if alone {
			d.visited += columns * rows
		} else {
			d.visited += columns * rows * p.h * p.v
		}
	}
	if d.visited > mostBlocks {
		return fmt.Errorf("its %d scans go over more than %d blocks of its picture of %dx%d pixels", d.scans, mostBlocks, d.w, d.h)
	}
	d.reset(parts)
	left, restarts := d.restart, 0
	for unit := range columns * rows {
		if d.restart > 0 && left == 0 {
			if err := d.restartMarker(restarts); err != nil {
				return err
			}
			restarts++
			left = d.restart
			d.reset(parts)
		}
		left--
		ux, uy := unit%columns, unit/columns
		for _, p := range parts {
			h, v := p.h, p.v
			if alone {
				h, v = 1, 1
			}
			for y := range v {
				for x := range h {
					if err := d.block(p, s, ux*h+x, uy*v+y); err != nil {
						return err
					}
				}
			}
		}
		if d.bits.overrun() || d.arithmetic.short {
			return errShort
		}
	}
	d.bits = bitReader{}
	return nil
}

// scanHeader reads which components and which part of their coefficients a scan
// holds.
func (d *decoder) scanHeader(b []byte) ([]part, spectrum, error) {
	malformed := errors.New("a scan header is malformed")
	if len(b) < 1 || b[0] < 1 || b[0] > 4 || len(b) != 4+2*int(b[0]) {
		return nil, spectrum{}, malformed
	}
	n := int(b[0])
	tail := b[1+2*n:]
	s := spectrum{int(tail[0]), int(tail[1]), int(tail[2] >> 4), int(tail[2] & 15)}
	switch {
	case !d.progressive:
		s = spectrum{0, 63, 0, 0}
	case s.first > s.last || s.last > 63 || s.first == 0 && s.last > 0 || s.first > 0 && n > 1 || s.low > 13 || s.high > 0 && s.high != s.low+1:
		return nil, spectrum{}, malformed
	}
	parts := make([]part, n)
	blocks := 0
	for i := range parts {
		p := &parts[i]
		id, tables := b[1+2*i], b[2+2*i]
		for j := range d.components {
			c := &d.components[j]
			taken := slices.ContainsFunc(parts[:i], func(p part) bool { return p.component == c })
			if c.id == id && !taken { // if a number is given twice, the second is the next component
				p.component = c
				break
			}
		}
		p.tables = tables
		if p.component == nil || !d.arithmetic.on && (tables>>4 > 3 || tables&15 > 3) {
			return nil, spectrum{}, malformed
		}
		blocks += p.h * p.v
		if !d.arithmetic.on {
			p.dc, p.ac = d.dc[tables>>4], d.ac[tables&15]
		}
		if !d.arithmetic.on && (s.first == 0 && s.high == 0 && p.dc == nil || s.last > 0 && p.ac == nil) {
			return nil, spectrum{}, errors.New("a scan uses a Huffman table that the file does not define")
		}
		if err := d.prepare(p.component); err != nil {
			return nil, spectrum{}, err
		}
		for k := s.first; k <= min(s.last, lowest-1); k++ {
			p.missing[k] = s.low
		}
	}
	if n > 1 && blocks > 10 {
		return nil, spectrum{}, malformed
	}
	return parts, s, nil
}

// prepare allocates a component and sets its quantisation table when its first
// scan starts.
func (d *decoder) prepare(c *component) error {
	if c.seen {
		return nil
	}
	if c.quant = d.quant[c.tq]; c.quant == nil {
		return errors.New("a component uses a quantisation table that the file does not define")
	}
	c.stride = 8 * c.bw
	if d.progressive {
		c.coeffs = make([]int16, 64*c.bw*c.bh)
	} else {
		c.samples = make([]byte, c.stride*8*c.bh)
	}
	c.seen = true
	return nil
}

// reset starts an interval.
func (d *decoder) reset(parts []part) {
	d.bits, d.skip = bitReader{}, 0
	if d.arithmetic.on {
		d.resetArithmetic(parts)
	}
	for _, p := range parts {
		p.prediction = 0
	}
}

// restartMarker skips the i-th restart marker.
func (d *decoder) restartMarker(i int) error {
	m, err := d.next()
	if err != nil {
		return err
	}
	if m != markerRST0+byte(i&7) {
		return errors.New("the data of a scan are damaged: a restart marker is missing")
	}
	return nil
}

// block reads one block of a component.
func (d *decoder) block(p part, s spectrum, bx, by int) error {
	if d.arithmetic.on {
		return d.arithmeticBlock(p, s, bx, by)
	}
	if !d.progressive {
		var b [64]int32
		if err := d.sequential(p, &b); err != nil {
			return err
		}
		idct(&b, p.samples[8*(by*p.stride+bx):], p.stride)
		return nil
	}
	at := 64 * (by*p.bw + bx)
	b := (*[64]int16)(p.coeffs[at : at+64])
	switch {
	case s.first == 0 && s.high == 0:
		return d.mean(p, b, s.low)
	case s.first == 0:
		b[0] |= int16(d.take(1) << s.low)
		return nil
	case s.high == 0:
		return d.detail(p, b, s)
	}
	return d.refine(p, b, s)
}

// difference reads the difference between a block's mean and the previous one,
// and returns the mean, T.81 section F.2.2.1.
func (d *decoder) difference(p part) (int16, error) {
	n, err := d.symbol(p.dc)
	if err != nil {
		return 0, err
	}
	p.prediction += int(d.signed(int(n)))
	return int16(p.prediction), nil
}

// sequential reads and dequantises a block of a sequential scan, T.81 section
// F.2.2.
func (d *decoder) sequential(p part, b *[64]int32) error {
	mean, err := d.difference(p)
	if err != nil {
		return err
	}
	b[0] = int32(mean) * p.quant[0]
	for k := 1; k < 64; k++ {
		rs, err := d.symbol(p.ac)
		if err != nil {
			return err
		}
		run, size := int(rs>>4), int(rs&15)
		if size == 0 {
			if run < 15 {
				return nil
			}
			k += 15
			continue
		}
		if k += run; k > 63 {
			return errRun
		}
		at := natural[k]
		b[at] = int32(int16(d.signed(size))) * p.quant[at]
	}
	return nil
}

var errRun = errors.New("the data of a scan are damaged: a block has too many coefficients")
