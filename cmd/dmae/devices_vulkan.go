package main

import (
	"fmt"
	"strings"

	"github.com/godmae/godmae/vulkan"
)

// vulkanDevices are the devices of --backend vulkan, or why there are none.
type vulkanDevices struct {
	Devices []vulkan.DeviceInfo `json:"devices"`
	Error   string              `json:"error,omitempty"`
}

func listVulkan() vulkanDevices {
	list, err := vulkan.Devices()
	if err != nil {
		return vulkanDevices{Devices: []vulkan.DeviceInfo{}, Error: err.Error()}
	}
	return vulkanDevices{Devices: append([]vulkan.DeviceInfo{}, list...)}
}

func (v vulkanDevices) text() string {
	if v.Error != "" {
		return fmt.Sprintf("vulkan: none\n  %s\n", v.Error)
	}
	var s strings.Builder
	for _, d := range v.Devices {
		fmt.Fprintf(&s, "vulkan: %s\n  type      %s\n  driver    %s, Vulkan %s\n  memory    %s, %s in one piece\n  limits    %d bytes of push constants, %s shared, %d invocations in a workgroup\n",
			d.Name, d.Type, d.Driver, d.Version, gib(d.Memory), gib(d.MaxAllocation), d.PushConstants, kib(d.Shared), d.Invocations)
		fmt.Fprintf(&s, "  float32   subnormals %s, rounding to nearest %s; float64 %s\n",
			promised(d.Subnormals), promised(d.RoundNearest), yes(d.Float64))
		switch {
		case d.Lacks != "":
			fmt.Fprintf(&s, "  use       not possible: %s\n", d.Lacks)
		case d.Software():
			fmt.Fprintf(&s, "  use       only when named, since it is no graphics card: --backend vulkan --device %q\n", d.Name)
		default:
			fmt.Fprintf(&s, "  use       --backend vulkan --device %q\n", d.Name)
		}
	}
	return s.String()
}

func gib(bytes int64) string { return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30)) }

func promised(is bool) string {
	if is {
		return "promised"
	}
	return "not promised"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
