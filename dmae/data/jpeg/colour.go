package jpeg

// picture makes a picture of the components.
func (d *decoder) picture() Picture {
	if d.progressive {
		d.reconstruct()
	}
	p := Picture{C: 3, H: d.h, W: d.w}
	n := d.w * d.h
	planes := make([][]byte, len(d.components))
	for i := range d.components {
		planes[i] = d.plane(&d.components[i])
	}
	if len(planes) == 1 {
		p.C, p.Pix = 1, planes[0]
		return p
	}
	if d.ycc() {
		p.Pix = rgb(planes[0], planes[1], planes[2])
	} else {
		p.Pix = make([]byte, 0, 3*n)
		for _, plane := range planes[:3] {
			p.Pix = append(p.Pix, plane...)
		}
		// Of CMYK the inks are stored inverted; those of YCCK come out as inks.
		for i, v := range p.Pix {
			if len(planes) == 4 {
				p.Pix[i] = 255 - v
			}
		}
	}
	if len(planes) == 4 {
		darken(p.Pix, planes[3])
	}
	return p
}

// reconstruct makes samples of the coefficients of a progressive file.
func (d *decoder) reconstruct() {
	for i := range d.components {
		c := &d.components[i]
		var b [64]int32
		for block := range c.bw * c.bh {
			for k, v := range c.coeffs[64*block : 64*block+64] {
				b[k] = int32(v) * c.quant[k]
			}
			idct(&b, c.samples[8*(block/c.bw*c.stride+block%c.bw):], c.stride)
		}
		c.coeffs = nil
	}
}

// ycc reports whether the first three components are luma and colour, by the
// rules of libjpeg.
func (d *decoder) ycc() bool {
	if len(d.components) == 4 {
		return d.adobe > 1
	}
	switch {
	case d.jfif:
		return true
	case d.adobe > 0:
		return d.adobe > 1
	}
	return !(d.components[0].id == 'R' && d.components[1].id == 'G' && d.components[2].id == 'B')
}

// rgb converts luma and colour: ITU-R BT.601 at full range, in 16 bits of
// fraction. The planes come one after the other.
func rgb(luma, cb, cr []byte) []byte {
	n := len(luma)
	out := make([]byte, 3*n)
	red, green, blue := out[:n], out[n:2*n], out[2*n:]
	cb, cr = cb[:n], cr[:n]
	for i, y := range luma {
		u, v, y := int32(cb[i])-128, int32(cr[i])-128, int32(y)
		red[i] = clamp(y + (91881*v+1<<15)>>16)
		green[i] = clamp(y + (-22554*u-46802*v+1<<15)>>16)
		blue[i] = clamp(y + (116130*u+1<<15)>>16)
	}
	return out
}

// darken turns inks, three planes, into red, green and blue, under the light
// that black ink leaves, as PIL does.
func darken(ink, light []byte) {
	for i, v := range ink {
		k := int32(light[i%len(light)])
		t := int32(v)*k + 128
		ink[i] = clamp(k - (t>>8+t)>>8)
	}
}
