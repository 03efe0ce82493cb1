package ref_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/conformance"
	"github.com/godmae/godmae/ops/ref"
	"github.com/godmae/godmae/tensor"
)

// The reference backend passes the suite of all backends. This tests the suite
// and the backend's memory management.
func TestConformance(t *testing.T) {
	conformance.Run(t, func() ops.Backend { return ref.New() })
}

func TestUndefinedMemoryReadsAsNaN(t *testing.T) {
	b := ref.New()
	scope := b.Mark()
	x := b.New(tensor.F64, tensor.Of(2))
	require.True(t, math.IsNaN(tensor.Data[float64](x)[1]))
	b.Upload(x, []float64{1, 2})
	b.Release(scope)
	require.True(t, math.IsNaN(tensor.Data[float64](x)[0]), "after its scope was released")
	require.Panics(t, func() { b.Release(scope) })
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	b := ref.New()
	require.Zero(t, testing.AllocsPerRun(10, func() {
		scope := b.Mark()
		for range 5 {
			b.New(tensor.F64, tensor.Of(3, 4))
			b.New(tensor.I32, tensor.Of(7))
		}
		b.Release(scope)
	}))
}
