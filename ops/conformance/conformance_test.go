package conformance_test

import (
	"math"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/conformance"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

// broken is the reference backend with one defect.
type broken struct {
	*ref.Backend
	defect string
	runs   int

	fetched any
	from    *tensor.Tensor
}

func (b *broken) Identity() ops.Identity {
	id := b.Backend.Identity()
	if b.defect == "contract" {
		id.Contract = ops.Contract
	}
	return id
}

func (b *broken) Has(op *ops.Op) bool { return b.defect != "lacks" || op != ops.GeluGrad }

func (b *broken) Await(t ops.Ticket) error {
	if b.defect == "fetch" && b.fetched != nil {
		return b.Backend.Download(b.fetched, b.from) // the current contents
	}
	return b.Backend.Await(t)
}

func (b *broken) Fetch(dst any, src *tensor.Tensor) ops.Ticket {
	b.fetched, b.from = dst, src
	return b.Backend.Fetch(dst, src)
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
	if out[0].DType() == tensor.I32 {
		if b.defect == "integer" {
			tensor.Data[int32](out[0])[0]++
		}
		return
	}
	y := tensor.Data[float64](out[0])
	switch b.defect {
	case "value":
		y[len(y)-1] *= 1.001
	case "element":
		if op == ops.Attention {
			y[len(y)/2] += 1e-5 * max(slices.Max(y), -slices.Min(y))
		}
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

// TestBrokenBackend fails on purpose in the processes that TestDefectsAreCaught
// starts. DEFECT names the defect.
func TestBrokenBackend(t *testing.T) {
	defect := os.Getenv("DEFECT")
	if defect == "" {
		t.Skip("run by TestDefectsAreCaught only")
	}
	conformance.Run(t, func() ops.Backend { return &broken{Backend: ref.New(), defect: defect} })
}

func TestDefectsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	for defect, sign := range map[string]string{
		"none":       "PASS",
		"value":      "of the largest value, the bound is",
		"nan":        "element 0 is NaN",
		"overrun":    "written after output 0",
		"input":      "input 0 was written to",
		"unsteady":   "differs between two runs",
		"accumulate": "linear.grad_x/accumulate",
		"scope":      "inner scope",
		"integer":    "element 0 is",
		"element":    "of the largest value, the bound is",
		"contract":   "the bits of linear are not those of the contract",
		"lacks":      "lacks the operations [gelu.grad]",
		"fetch":      "transfers",
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestBrokenBackend$", "-test.failfast", "-test.v")
		cmd.Env = append(os.Environ(), "DEFECT="+defect)
		out, err := cmd.CombinedOutput()
		require.Contains(t, string(out), sign, defect)
		if defect == "none" || defect == "lacks" {
			require.NoError(t, err)
		} else {
			require.Error(t, err, defect)
		}
	}
}
