package vk

import "unsafe"

// PhysicalDeviceSparseProperties is VkPhysicalDeviceSparseProperties.
type PhysicalDeviceSparseProperties struct {
	ResidencyStandard2DBlockShape            Bool32
	ResidencyStandard2DMultisampleBlockShape Bool32
	ResidencyStandard3DBlockShape            Bool32
	ResidencyAlignedMipSize                  Bool32
	ResidencyNonResidentStrict               Bool32
}

// PhysicalDeviceProperties is VkPhysicalDeviceProperties.
type PhysicalDeviceProperties struct {
	ApiVersion        uint32
	DriverVersion     uint32
	VendorID          uint32
	DeviceID          uint32
	DeviceType        uint32
	DeviceName        [256]byte
	PipelineCacheUUID [16]uint8
	Limits            PhysicalDeviceLimits
	SparseProperties  PhysicalDeviceSparseProperties
}

// PhysicalDeviceProperties2 is VkPhysicalDeviceProperties2.
type PhysicalDeviceProperties2 struct {
	SType      uint32
	PNext      unsafe.Pointer
	Properties PhysicalDeviceProperties
}

// ConformanceVersion is VkConformanceVersion.
type ConformanceVersion struct {
	Major    uint8
	Minor    uint8
	Subminor uint8
	Patch    uint8
}

// PhysicalDeviceDriverProperties is VkPhysicalDeviceDriverProperties.
type PhysicalDeviceDriverProperties struct {
	SType              uint32
	PNext              unsafe.Pointer
	DriverID           uint32
	DriverName         [256]byte
	DriverInfo         [256]byte
	ConformanceVersion ConformanceVersion
}

// PhysicalDeviceFloatControlsProperties is VkPhysicalDeviceFloatControlsProperties.
type PhysicalDeviceFloatControlsProperties struct {
	SType                                 uint32
	PNext                                 unsafe.Pointer
	DenormBehaviorIndependence            uint32
	RoundingModeIndependence              uint32
	ShaderSignedZeroInfNanPreserveFloat16 Bool32
	ShaderSignedZeroInfNanPreserveFloat32 Bool32
	ShaderSignedZeroInfNanPreserveFloat64 Bool32
	ShaderDenormPreserveFloat16           Bool32
	ShaderDenormPreserveFloat32           Bool32
	ShaderDenormPreserveFloat64           Bool32
	ShaderDenormFlushToZeroFloat16        Bool32
	ShaderDenormFlushToZeroFloat32        Bool32
	ShaderDenormFlushToZeroFloat64        Bool32
	ShaderRoundingModeRTEFloat16          Bool32
	ShaderRoundingModeRTEFloat32          Bool32
	ShaderRoundingModeRTEFloat64          Bool32
	ShaderRoundingModeRTZFloat16          Bool32
	ShaderRoundingModeRTZFloat32          Bool32
	ShaderRoundingModeRTZFloat64          Bool32
}

// PhysicalDeviceMaintenance3Properties is VkPhysicalDeviceMaintenance3Properties.
type PhysicalDeviceMaintenance3Properties struct {
	SType                   uint32
	PNext                   unsafe.Pointer
	MaxPerSetDescriptors    uint32
	MaxMemoryAllocationSize uint64
}

// MemoryType is VkMemoryType.
type MemoryType struct {
	PropertyFlags uint32
	HeapIndex     uint32
}

// MemoryHeap is VkMemoryHeap.
type MemoryHeap struct {
	Size  uint64
	Flags uint32
}

// PhysicalDeviceMemoryProperties is VkPhysicalDeviceMemoryProperties.
type PhysicalDeviceMemoryProperties struct {
	MemoryTypeCount uint32
	MemoryTypes     [32]MemoryType
	MemoryHeapCount uint32
	MemoryHeaps     [16]MemoryHeap
}

// Extent3D is VkExtent3D.
type Extent3D struct {
	Width  uint32
	Height uint32
	Depth  uint32
}

// QueueFamilyProperties is VkQueueFamilyProperties.
type QueueFamilyProperties struct {
	QueueFlags                  uint32
	QueueCount                  uint32
	TimestampValidBits          uint32
	MinImageTransferGranularity Extent3D
}
