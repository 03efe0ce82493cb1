package vulkan

import (
	"testing"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/conformance"
)

func TestConformance(t *testing.T) {
	open(t, Options{})
	conformance.Run(t, func() ops.Backend { return open(t, Options{}) })
}

// exactBackend names the contract of the CPU, which the conformance suite then holds it
// to.
type exactBackend struct{ *Backend }

func (b exactBackend) Identity() ops.Identity {
	id := b.Backend.Identity()
	id.Contract = ops.Contract
	return id
}

// With exact fused multiply-adds the results are the CPU's, bit for bit.
func TestExactKernelsGiveTheContractsBits(t *testing.T) {
	b := open(t, Options{})
	if !b.Info().Float64 {
		t.Skipf("%s lacks float64", b.Info().Name)
	}
	conformance.Run(t, func() ops.Backend { return exactBackend{open(t, Options{ExactFMA: true})} })
}
