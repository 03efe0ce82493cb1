package simd

// applyEpilogue applies the epilogue to rows i0..i1 and columns from..to of C, a
// tile that was just stored and is in the L1 cache. The usual combinations have a
// fused kernel.
func (t *gemmTask) applyEpilogue(i0, i1, from, to int) {
	e, rows := t.Epilogue, i1-i0
	c := t.C[i0*t.LDC+from:]
	if e.Bias == nil {
		t.applySteps(i0, i1, from, to)
		return
	}
	bias := e.Bias[from:to]
	switch {
	case e.Gelu && e.RowScale == nil && e.Residual == nil && len(bias)%lanes == 0:
		if e.Pre == nil {
			use().biasGelu(c, bias, rows, t.LDC)
		} else {
			use().biasPreGelu(c, bias, e.Pre[i0*e.LDPre+from:], rows, t.LDC, e.LDPre)
		}
	case e.Gelu || e.Pre != nil:
		t.applySteps(i0, i1, from, to)
	case e.Residual != nil:
		for i, end := i0, i1; i < i1; i = end {
			scale := float32(1)
			if e.RowScale != nil {
				scale = e.RowScale[i/e.RowsPerScale]
				end = min(i1, (i/e.RowsPerScale+1)*e.RowsPerScale)
			}
			biasResidualRows(t.C[i*t.LDC+from:], bias, scale, e.Residual[i*e.LDR+from:], end-i, t.LDC, e.LDR)
		}
	case e.RowScale != nil:
		t.applySteps(i0, i1, from, to)
	default:
		biasRows(c, bias, rows, t.LDC)
	}
}

// applySteps is applyEpilogue for any combination, one step and one row at a
// time.
func (t *gemmTask) applySteps(i0, i1, from, to int) {
	e := t.Epilogue
	for i := i0; i < i1; i++ {
		row := t.C[i*t.LDC+from : i*t.LDC+to]
		if e.Bias != nil {
			Add(row, row, e.Bias[from:to])
		}
		if e.Pre != nil {
			copy(e.Pre[i*e.LDPre+from:i*e.LDPre+to], row)
		}
		if e.Gelu {
			Gelu(row, row)
		}
		if e.RowScale != nil {
			Scale(row, row, e.RowScale[i/e.RowsPerScale])
		}
		if e.Residual != nil {
			Add(row, row, e.Residual[i*e.LDR+from:i*e.LDR+to])
		}
	}
}
