package vulkan

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/godmae/godmae/vulkan/internal/dl"
	"github.com/godmae/godmae/vulkan/internal/vk"
)

// DeviceInfo describes a device to people and programs.
type DeviceInfo struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // "discrete GPU", "integrated GPU", "virtual GPU", "processor" or "other"
	Driver  string `json:"driver"`
	Version string `json:"api_version"`

	Memory        int64 `json:"memory_bytes"`         // of the device's own heaps
	MaxAllocation int64 `json:"max_allocation_bytes"` // in one piece

	PushConstants int `json:"push_constant_bytes"`
	Shared        int `json:"shared_memory_bytes"`
	Invocations   int `json:"workgroup_invocations"` // most in a workgroup

	Float64      bool `json:"float64"`       // shaders may compute in float64
	Subnormals   bool `json:"subnormals"`    // the driver promises to keep them in float32
	RoundNearest bool `json:"round_nearest"` // and to round to nearest even

	// Lacks says why the device cannot be used; empty if it can.
	Lacks string `json:"lacks,omitempty"`

	physical uintptr
	family   uint32 // of queues
	memory   vk.PhysicalDeviceMemoryProperties
	portable bool // the driver is incomplete and wants to be told that this is known
	software bool // the device is a processor
}

// Software reports whether the device is a processor, which is used only when it is
// named.
func (d *DeviceInfo) Software() bool { return d.software }

// Devices lists the devices of this computer in the order of their drivers, with
// those that cannot be used. The error is one sentence.
func Devices() ([]DeviceInfo, error) {
	i, err := newInstance()
	if err != nil {
		return nil, err
	}
	defer i.close()
	return i.devices()
}

func (i *instance) devices() (list []DeviceInfo, err error) {
	handles, err := i.physical()
	if err != nil {
		return nil, err
	}
	for _, h := range handles {
		d, err := i.describe(h)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// describe asks a device what it is.
func (i *instance) describe(physical uintptr) (DeviceInfo, error) {
	driver := &vk.PhysicalDeviceDriverProperties{SType: vk.StructureTypePhysicalDeviceDriverProperties}
	floats := &vk.PhysicalDeviceFloatControlsProperties{SType: vk.StructureTypePhysicalDeviceFloatControlsProperties, PNext: unsafe.Pointer(driver)}
	largest := &vk.PhysicalDeviceMaintenance3Properties{SType: vk.StructureTypePhysicalDeviceMaintenance3Properties, PNext: unsafe.Pointer(floats)}
	props := &vk.PhysicalDeviceProperties2{SType: vk.StructureTypePhysicalDeviceProperties2}
	dl.Call(i.GetPhysicalDeviceProperties2, physical, uintptr(unsafe.Pointer(props)))
	if props.Properties.ApiVersion >= vk.APIVersion12 {
		props.PNext = unsafe.Pointer(largest)
		dl.Call(i.GetPhysicalDeviceProperties2, physical, uintptr(unsafe.Pointer(props)))
	}
	p, limits := &props.Properties, &props.Properties.Limits
	d := DeviceInfo{
		Name: vk.String(p.DeviceName[:]), Type: typeText(p.DeviceType), Version: versionText(p.ApiVersion),
		Driver:        strings.TrimSpace(vk.String(driver.DriverName[:]) + " " + vk.String(driver.DriverInfo[:])),
		MaxAllocation: int64(min(largest.MaxMemoryAllocationSize, 1<<62)),
		PushConstants: int(limits.MaxPushConstantsSize), Shared: int(limits.MaxComputeSharedMemorySize),
		Invocations: int(limits.MaxComputeWorkGroupInvocations),
		Subnormals:  floats.ShaderDenormPreserveFloat32 == vk.True, RoundNearest: floats.ShaderRoundingModeRTEFloat32 == vk.True,
		physical: physical, software: p.DeviceType == vk.PhysicalDeviceTypeCPU,
	}
	memory := &vk.PhysicalDeviceMemoryProperties{}
	dl.Call(i.GetPhysicalDeviceMemoryProperties, physical, uintptr(unsafe.Pointer(memory)))
	d.memory = *memory
	for _, h := range memory.MemoryHeaps[:memory.MemoryHeapCount] {
		if h.Flags&vk.MemoryHeapDeviceLocalBit != 0 {
			d.Memory += int64(h.Size)
		}
	}
	names, err := extensions(func(count *uint32, list *vk.ExtensionProperties) vk.Result {
		return vk.Result(dl.Call(i.EnumerateDeviceExtensionProperties, physical, 0, uintptr(unsafe.Pointer(count)), uintptr(unsafe.Pointer(list))))
	})
	if err != nil {
		return d, fmt.Errorf("the extensions of the Vulkan device %s cannot be listed: %w", d.Name, err)
	}
	d.portable = names[portabilitySubset]
	if p.ApiVersion < vk.APIVersion12 {
		d.Lacks = "its driver offers only version " + d.Version + "; a newer driver is needed"
		return d, nil
	}
	d.Lacks = i.lacks(&d)
	return d, nil
}

// lacks says what of the things that the backend needs a device of version 1.2 does
// not have, and notes optional features.
func (i *instance) lacks(d *DeviceInfo) string {
	timeline := &vk.PhysicalDeviceTimelineSemaphoreFeatures{SType: vk.StructureTypePhysicalDeviceTimelineSemaphoreFeatures}
	address := &vk.PhysicalDeviceBufferDeviceAddressFeatures{SType: vk.StructureTypePhysicalDeviceBufferDeviceAddressFeatures, PNext: unsafe.Pointer(timeline)}
	features := &vk.PhysicalDeviceFeatures2{SType: vk.StructureTypePhysicalDeviceFeatures2, PNext: unsafe.Pointer(address)}
	dl.Call(i.GetPhysicalDeviceFeatures2, d.physical, uintptr(unsafe.Pointer(features)))
	d.Float64 = features.Features.ShaderFloat64 == vk.True
	family, ok := i.computeFamily(d.physical)
	d.family = family
	switch {
	case !ok:
		return "it has no queue for computing"
	case address.BufferDeviceAddress != vk.True:
		return "it lacks the feature bufferDeviceAddress"
	case timeline.TimelineSemaphore != vk.True:
		return "it lacks the feature timelineSemaphore"
	}
	return ""
}

// computeFamily returns the family of queues to use: the first one that computes.
func (i *instance) computeFamily(physical uintptr) (family uint32, ok bool) {
	count := new(uint32)
	dl.Call(i.GetPhysicalDeviceQueueFamilyProperties, physical, uintptr(unsafe.Pointer(count)), 0)
	if *count == 0 {
		return 0, false
	}
	list := make([]vk.QueueFamilyProperties, *count)
	dl.Call(i.GetPhysicalDeviceQueueFamilyProperties, physical, uintptr(unsafe.Pointer(count)), uintptr(unsafe.Pointer(&list[0])))
	for f := range list[:*count] {
		if list[f].QueueFlags&vk.QueueComputeBit != 0 && list[f].QueueCount > 0 {
			return uint32(f), true
		}
	}
	return 0, false
}

func typeText(t uint32) string {
	switch t {
	case vk.PhysicalDeviceTypeDiscreteGPU:
		return "discrete GPU"
	case vk.PhysicalDeviceTypeIntegratedGPU:
		return "integrated GPU"
	case vk.PhysicalDeviceTypeVirtualGPU:
		return "virtual GPU"
	case vk.PhysicalDeviceTypeCPU:
		return "processor"
	}
	return "other"
}
