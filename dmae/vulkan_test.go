package dmae_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/vulkan"
)

// exactVulkan names the contract of the CPU, whose hashes it is held to.
type exactVulkan struct{ *vulkan.Backend }

func (b exactVulkan) Identity() ops.Identity {
	id := b.Backend.Identity()
	id.Contract = ops.Contract
	return id
}

// With exact fused multiply-adds the models, optimiser steps and certificates of the
// Vulkan backend are the CPU's, bit for bit.
func TestGoldenOnVulkan(t *testing.T) {
	device := os.Getenv(vulkan.DeviceVariable)
	if device == "" {
		device = "llvmpipe"
	}
	b, err := vulkan.Open(vulkan.Options{Device: device, ExactFMA: true})
	if err != nil {
		t.Skipf("a Vulkan driver with float64 is not installed (scripts/install-vulkan-drivers.sh): %v", err)
	}
	defer b.Close()
	require.Equal(t, golden, goldenRun(t, exactVulkan{b}, 16))
}
