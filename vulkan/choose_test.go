package vulkan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	cpu := DeviceInfo{Name: "llvmpipe (LLVM 15)", Driver: "llvmpipe Mesa 22", Type: "processor", software: true}
	old := DeviceInfo{Name: "Old card", Type: "discrete GPU", Lacks: "it lacks the feature timelineSemaphore"}
	gpu := DeviceInfo{Name: "New card", Type: "discrete GPU", Driver: "vendor 1"}
	for _, c := range []struct {
		what       string
		list       []DeviceInfo
		name       string
		want, fail string
	}{
		{"none", nil, "", "", "the Vulkan loader finds no device; install the driver of the graphics card"},
		{"a processor is not chosen", []DeviceInfo{cpu}, "", "", `the Vulkan loader finds no graphics card, only "llvmpipe (LLVM 15)" (processor); name it to compute on it (--device, or DMAE_VULKAN_DEVICE)`},
		{"but when it is named", []DeviceInfo{gpu, cpu}, "LLVMpipe", cpu.Name, ""},
		{"the first that can be used", []DeviceInfo{cpu, old, gpu}, "", gpu.Name, ""},
		{"by driver", []DeviceInfo{cpu, gpu}, "vendor", gpu.Name, ""},
		{"one that cannot be used", []DeviceInfo{old}, "", "", "the Vulkan device Old card cannot be used: it lacks the feature timelineSemaphore"},
		{"unknown", []DeviceInfo{cpu}, "xy", "", `there is no Vulkan device "xy"; choose one of "llvmpipe (LLVM 15)" (processor)`},
	} {
		d, err := choose(c.list, c.name)
		if c.fail != "" {
			require.EqualError(t, err, c.fail, c.what)
			continue
		}
		require.NoError(t, err, c.what)
		require.Equal(t, c.want, d.Name, c.what)
	}
}
