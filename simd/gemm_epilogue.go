package simd

// applyEpilogue finishes rows i0..i1 and columns from..to of C, row by row.
func (t *gemmTask) applyEpilogue(i0, i1, from, to int) {
	e := t.Epilogue
	if e == nil {
		return
	}
	for i := i0; i < i1; i++ {
		row := t.C[i*t.LDC+from : i*t.LDC+to]
		var bias, residual []float32
		if e.Bias != nil {
			bias = e.Bias[from:to]
		}
		if e.Residual != nil {
			residual = e.Residual[i*e.LDR+from : i*e.LDR+to]
		}
		scale := float32(1)
		if e.RowScale != nil {
			scale = e.RowScale[i/e.RowsPerScale]
		}
		if bias != nil && residual != nil && e.Pre == nil && !e.Gelu {
			// The end of a residual branch, in one pass.
			BiasResidualRows(row, bias, scale, residual, 1, len(row))
			continue
		}
		if bias != nil {
			Add(row, row, bias)
		}
		if e.Pre != nil {
			copy(e.Pre[i*e.LDPre+from:i*e.LDPre+to], row)
		}
		if e.Gelu {
			Gelu(row, row)
		}
		if e.RowScale != nil {
			Scale(row, row, scale)
		}
		if residual != nil {
			Add(row, row, residual)
		}
	}
}
