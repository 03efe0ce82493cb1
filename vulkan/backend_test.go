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
