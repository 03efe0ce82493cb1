package jpeg

// picture makes a picture from the components, and releases their memory on the
// way.
func (d *decoder) picture() Picture {
	p := Picture{C: 3, H: d.h, W: d.w}
	if len(d.components) == 1 {
		p.C = 1
	}
	n := d.w * d.h
	p.Pix = make([]byte, p.C*n)
	smooth := d.progressive && d.smoothed()
	fill := func(to []byte, c *component) {
		if d.progressive {
			d.reconstruct(c, smooth)
		}
		d.plane(to, c)
	}
	for i := range p.C {
		fill(p.Pix[i*n:(i+1)*n], &d.components[i])
	}
	switch {
	case p.C == 1, d.colours == asStored:
	case d.ycc():
		rgb(p.Pix)
	case len(d.components) == 4:
		// The inks of CMYK are stored inverted; the conversion of YCCK yields
		// inks.
		for i, v := range p.Pix {
			p.Pix[i] = 255 - v
		}
	}
	if len(d.components) == 4 && d.colours == asMarked {
		light := make([]byte, n)
		fill(light, &d.components[3])
		darken(p.Pix, light)
	}
	return p
}

// reconstruct makes samples from the coefficients of a component of a
// progressive file; see smooth.
func (d *decoder) reconstruct(c *component, smooth bool) {
	if !c.seen {
		return
	}
	c.samples = make([]byte, c.stride*8*c.bh)
	var b [64]int32
	for block := range c.bw * c.bh {
		for k, v := range c.coeffs[64*block : 64*block+64] {
			b[k] = int32(v)
		}
		if smooth {
			d.smooth(c, &b, block%c.bw, block/c.bw)
		}
		for k, q := range c.quant {
			b[k] *= q
		}
		idct(&b, c.samples[8*(block/c.bw*c.stride+block%c.bw):], c.stride)
	}
	c.coeffs = nil
}

// ycc reports whether the first three components are luma and chroma, by the
// rules of libjpeg.
func (d *decoder) ycc() bool {
	if len(d.components) == 4 {
		return d.adobe > 1
	}
	switch {
	case d.colours != asMarked:
		return d.colours == asYCC
	case d.jfif:
		return true
	case d.adobe > 0:
		return d.adobe > 1
	}
	return !(d.components[0].id == 'R' && d.components[1].id == 'G' && d.components[2].id == 'B')
}

// rgb converts luma and chroma, three planes, in place: ITU-R BT.601 at full
// range, with 16 bits of fraction.
func rgb(pix []byte) {
	n := len(pix) / 3
	red, green, blue := pix[:n], pix[n:2*n], pix[2*n:3*n]
	for i := range red {
		y, u, v := int32(red[i]), int32(green[i])-128, int32(blue[i])-128
		red[i] = clamp(y + (91881*v+1<<15)>>16)
		green[i] = clamp(y + (-22554*u-46802*v+1<<15)>>16)
		blue[i] = clamp(y + (116130*u+1<<15)>>16)
	}
}

// darken converts inks, three planes, to red, green and blue, scaled by the
// light that black ink leaves, as in PIL.
func darken(ink, light []byte) {
	for i, v := range ink {
		k := int32(light[i%len(light)])
		t := int32(v)*k + 128
		ink[i] = clamp(k - (t>>8+t)>>8)
	}
}
