package conformance_test

import (
	"math"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/conformance"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

// broken is the reference backend with a defect.
type broken struct {
	*ref.Backend
	defect string
	runs   int
}

func (b *broken) Run(op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	b.runs++
	local := *at
	if b.defect == "accumulate" {
		local.Accumulate = false
	}
	b.Backend.Run(op, out, in, &local)
	if len(in) == 0 || out[0].Shape().Elems() == 0 {
		return
	}
	y := tensor.Data[float64](out[0])
	switch b.defect {
	case "value":
		y[len(y)-1] *= 1.001
	case "nan":
		y[0] = math.NaN()
	case "overrun":
		host := out[0].Buffer().(*tensor.Host[float64]).Elem
		host[out[0].Offset()+len(y)] = 1
	case "input":
		if in[0].DType() == tensor.F64 {
			tensor.Data[float64](in[0])[0]++
		}
	case "unsteady":
		y[0] *= 1 + 1e-12*float64(b.runs)
	}
}

func (b *broken) Release(s ops.Scope) {
	if b.defect == "scope" {
		s = 0
	}
	b.Backend.Release(s)
}

// TestBrokenBackend fails, on purpose, in the processes that
// TestDefectsAreCaught starts; DEFECT says with which defect.
func TestBrokenBackend(t *testing.T) {
	defect := os.Getenv("DEFECT")
	if defect == "" {
		t.Skip("only run by TestDefectsAreCaught")
	}
	conformance.Run(t, func() ops.Backend { return &broken{Backend: ref.New(), defect: defect} })
}

func TestDefectsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	for defect, sign := range map[string]string{
		"none":       "PASS",
		"value":      "is not less than or equal to",
		"nan":        "is not less than or equal to",
		"overrun":    "written behind output 0",
		"input":      "input 0 was written to",
		"unsteady":   "differs between two runs",
		"accumulate": "linear.grad_x/accumulate",
		"scope":      "inner scope",
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestBrokenBackend$", "-test.failfast")
		cmd.Env = append(os.Environ(), "DEFECT="+defect)
		out, err := cmd.CombinedOutput()
		require.Contains(t, string(out), sign, defect)
		if defect == "none" {
			require.NoError(t, err)
		} else {
			require.Error(t, err, defect)
		}
	}
}

func TestNMSE(t *testing.T) {
	for _, c := range []struct {
		got, want []float64
		nmse      float64
	}{
		{nil, nil, 0},
		{[]float64{0, 0}, []float64{0, 0}, 0},
		{[]float64{1, 2}, []float64{1, 2}, 0},
		{[]float64{1.5, 2}, []float64{1, 2}, 0.05},
		{[]float64{1e-30}, []float64{0}, math.Inf(1)},
		{[]float64{math.NaN()}, []float64{1}, math.Inf(1)},
	} {
		require.Equal(t, c.nmse, conformance.NMSE(c.got, c.want))
	}
}
