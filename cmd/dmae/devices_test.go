package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/vulkan"
)

// The list says of every device how to use it, or why it cannot be used.
func TestVulkanDevicesAreDescribed(t *testing.T) {
	v := vulkanDevices{Devices: []vulkan.DeviceInfo{
		{Name: "Card", Type: "discrete GPU", Driver: "vendor 1", Version: "1.3.0", Memory: 8 << 30, MaxAllocation: 4 << 30, PushConstants: 256, Shared: 48 << 10, Invocations: 1024, Float64: true},
		{Name: "Old", Lacks: "it lacks the feature timelineSemaphore"},
	}}
	require.Contains(t, v.text(), "vulkan: Card\n  type      discrete GPU\n  driver    vendor 1, Vulkan 1.3.0\n  memory    8.0 GiB, 4.0 GiB in one piece\n")
	require.Contains(t, v.text(), "float64 yes\n  use       --backend vulkan --device \"Card\"\n")
	require.Contains(t, v.text(), "use       not possible: it lacks the feature timelineSemaphore\n")
	require.Equal(t, "vulkan: none\n  no loader\n", vulkanDevices{Error: "no loader"}.text())
}

func TestDevicesAsJSON(t *testing.T) {
	var got struct {
		Devices []device
		Vulkan  vulkanDevices
	}
	require.NoError(t, json.Unmarshal([]byte(succeed(t, "devices", "--json")), &got))
	require.Len(t, got.Devices, 1)
	require.NotNil(t, got.Vulkan.Devices, "a list, also where there is no loader")
}
