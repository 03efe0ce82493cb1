package vulkan

import (
	"errors"
	"fmt"
	"strings"
)

// choose returns the device of a list that a user means. With an empty name that is
// the first graphics card; a name is part of a device's or driver's name, in any case.
// Software devices are chosen only by name.
func choose(list []DeviceInfo, name string) (*DeviceInfo, error) {
	if len(list) == 0 {
		return nil, errors.New("the Vulkan loader finds no device; install the driver of the graphics card")
	}
	var fitting []*DeviceInfo
	for i := range list {
		d := &list[i]
		if name == "" && !d.software || name != "" && named(d, name) {
			fitting = append(fitting, d)
		}
	}
	if len(fitting) == 0 && name == "" {
		return nil, fmt.Errorf("the Vulkan loader finds no graphics card, only %s; name it to compute on it (--device, or %s)", names(list), DeviceVariable)
	}
	if len(fitting) == 0 {
		return nil, fmt.Errorf("there is no Vulkan device %q; choose one of %s", name, names(list))
	}
	for _, d := range fitting {
		if d.Lacks == "" {
			return d, nil
		}
	}
	return nil, fmt.Errorf("the Vulkan device %s cannot be used: %s", fitting[0].Name, fitting[0].Lacks)
}

func named(d *DeviceInfo, name string) bool {
	return strings.Contains(strings.ToLower(d.Name+"\n"+d.Driver), strings.ToLower(name))
}

func names(list []DeviceInfo) string {
	var s []string
	for i := range list {
		s = append(s, fmt.Sprintf("%q (%s)", list[i].Name, list[i].Type))
	}
	return strings.Join(s, ", ")
}
