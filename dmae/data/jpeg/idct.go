package jpeg

// Constants of the transform, with 13 bits of fraction.
const (
	fix0298 = 2446  // 0.298631336
	fix0390 = 3196  // 0.390180644
	fix0541 = 4433  // 0.541196100
	fix0765 = 6270  // 0.765366865
	fix0899 = 7373  // 0.899976223
	fix1175 = 9633  // 1.175875602
	fix1501 = 12299 // 1.501321110
	fix1847 = 15137 // 1.847759065
	fix1961 = 16069 // 1.961570560
	fix2053 = 16819 // 2.053119869
	fix2562 = 20995 // 2.562915447
	fix3072 = 25172 // 3.072711026
)

// idct writes the samples of a block of 8x8 coefficients: the inverse cosine
// transform of the columns, with 2 bits of fraction, and then of the rows,
// rounded, plus 128.
func idct(b *[64]int32, dst []byte, stride int) {
	if flat(b) {
		v := clamp((b[0]+4)>>3 + 128)
		for y := range 8 {
			row := dst[y*stride : y*stride+8]
			for x := range row {
				row[x] = v
			}
		}
		return
	}
	for x := range 8 {
		c := transform(b[x], b[8+x], b[16+x], b[24+x], b[32+x], b[40+x], b[48+x], b[56+x])
		for y, v := range c {
			b[8*y+x] = (v + 1<<10) >> 11
		}
	}
	for y := range 8 {
		r := b[8*y : 8*y+8 : 8*y+8]
		c := transform(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
		row := dst[y*stride : y*stride+8]
		for x, v := range c {
			row[x] = clamp((v+1<<17)>>18 + 128)
		}
	}
}

// flat reports whether a block has a mean only. The samples are those of the
// transform.
func flat(b *[64]int32) bool {
	for _, v := range b[1:] {
		if v != 0 {
			return false
		}
	}
	return true
}

// transform is the inverse transform of eight numbers, with 13 bits of fraction
// more than they have: the flow graph of Loeffler, Ligtenberg and Moschytz.
func transform(in0, in1, in2, in3, in4, in5, in6, in7 int32) [8]int32 {
	z := (in2 + in6) * fix0541
	even2, even3 := z-in6*fix1847, z+in2*fix0765
	even0, even1 := (in0+in4)<<13, (in0-in4)<<13
	e0, e1, e2, e3 := even0+even3, even1+even2, even1-even2, even0-even3

	z1, z2, z3, z4 := in7+in1, in5+in3, in7+in3, in5+in1
	z5 := (z3 + z4) * fix1175
	z1, z2 = -z1*fix0899, -z2*fix2562
	z3, z4 = z5-z3*fix1961, z5-z4*fix0390
	o0, o1 := in7*fix0298+z1+z3, in5*fix2053+z2+z4
	o2, o3 := in3*fix3072+z2+z3, in1*fix1501+z1+z4
	return [8]int32{e0 + o3, e1 + o2, e2 + o1, e3 + o0, e3 - o0, e2 - o1, e1 - o2, e0 - o3}
}

func clamp(v int32) byte { return byte(min(max(v, 0), 255)) }
