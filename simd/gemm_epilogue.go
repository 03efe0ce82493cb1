package simd

import "github.com/godmae/godmae/internal/exact"

// applyEpilogue finishes rows i0..i1 and columns from..to of C, row by row.
func (t *gemmTask) applyEpilogue(i0, i1, from, to int) {
	e := t.Epilogue
	if e == nil {
		return
	}
	for i := i0; i < i1; i++ {
		row := t.C[i*t.LDC+from : i*t.LDC+to]
		if e.Bias != nil {
			bias := e.Bias[from:to]
			for j := range row {
				row[j] += bias[j]
			}
		}
		if e.Pre != nil {
			copy(e.Pre[i*e.LDPre+from:i*e.LDPre+to], row)
		}
		if e.Gelu {
			for j, x := range row {
				row[j] = exact.Gelu32(x)
			}
		}
		if e.RowScale != nil {
			scale := e.RowScale[i/e.RowsPerScale]
			for j := range row {
				row[j] *= scale
			}
		}
		if e.Residual != nil {
			residual := e.Residual[i*e.LDR+from : i*e.LDR+to]
			for j := range row {
				row[j] = float32(row[j]) + residual[j]
			}
		}
	}
}
