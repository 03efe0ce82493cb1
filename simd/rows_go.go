package simd

func columnSumGo(acc, x []float32, rows, ld int) {
	for i := range acc {
		s := float32(0)
		for r := range rows {
			s += x[r*ld+i]
		}
		acc[i] += s
	}
}
