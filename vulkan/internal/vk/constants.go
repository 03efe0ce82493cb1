package vk

// Bool32 is VkBool32.
type Bool32 uint32

// True and False are the values of Bool32.
const (
	False Bool32 = 0
	True  Bool32 = 1
)

// APIVersion12 is version 1.2, the oldest that the backend works with.
const APIVersion12 = 1<<22 | 2<<12

// Types of structs.
const (
	StructureTypeApplicationInfo                           = 0
	StructureTypeInstanceCreateInfo                        = 1
	StructureTypePhysicalDeviceProperties2                 = 1000059001
	StructureTypePhysicalDeviceDriverProperties            = 1000196000
	StructureTypePhysicalDeviceFloatControlsProperties     = 1000197000
	StructureTypePhysicalDeviceMaintenance3Properties      = 1000168000
	StructureTypePhysicalDeviceFeatures2                   = 1000059000
	StructureTypePhysicalDeviceBufferDeviceAddressFeatures = 1000257000
	StructureTypePhysicalDeviceTimelineSemaphoreFeatures   = 1000207000
	StructureTypeDeviceQueueCreateInfo                     = 2
	StructureTypeDeviceCreateInfo                          = 3
	StructureTypeBufferCreateInfo                          = 12
	StructureTypeMemoryAllocateInfo                        = 5
	StructureTypeMemoryAllocateFlagsInfo                   = 1000060000
	StructureTypeBufferDeviceAddressInfo                   = 1000244001
	StructureTypeShaderModuleCreateInfo                    = 16
	StructureTypePipelineLayoutCreateInfo                  = 30
	StructureTypePipelineShaderStageCreateInfo             = 18
	StructureTypeComputePipelineCreateInfo                 = 29
	StructureTypeCommandPoolCreateInfo                     = 39
	StructureTypeCommandBufferAllocateInfo                 = 40
	StructureTypeCommandBufferBeginInfo                    = 42
	StructureTypeMemoryBarrier                             = 46
	StructureTypeSemaphoreCreateInfo                       = 9
	StructureTypeSemaphoreTypeCreateInfo                   = 1000207002
	StructureTypeTimelineSemaphoreSubmitInfo               = 1000207003
	StructureTypeSubmitInfo                                = 4
	StructureTypeSemaphoreWaitInfo                         = 1000207004
)

// Flags and values of enumerations.
const (
	InstanceCreateEnumeratePortabilityBit = 0x1

	PhysicalDeviceTypeIntegratedGPU = 1
	PhysicalDeviceTypeDiscreteGPU   = 2
	PhysicalDeviceTypeVirtualGPU    = 3
	PhysicalDeviceTypeCPU           = 4

	QueueComputeBit = 0x2

	MemoryPropertyDeviceLocalBit  = 0x1
	MemoryPropertyHostVisibleBit  = 0x2
	MemoryPropertyHostCoherentBit = 0x4
	MemoryPropertyHostCachedBit   = 0x8
	MemoryHeapDeviceLocalBit      = 0x1

	MemoryAllocateDeviceAddressBit = 0x2

	BufferUsageTransferSrcBit         = 0x1
	BufferUsageTransferDstBit         = 0x2
	BufferUsageStorageBufferBit       = 0x20
	BufferUsageShaderDeviceAddressBit = 0x20000

	ShaderStageComputeBit    = 0x20
	PipelineBindPointCompute = 1

	CommandPoolCreateResetCommandBufferBit = 0x2
	CommandBufferUsageOneTimeSubmitBit     = 0x1

	PipelineStageComputeShaderBit = 0x800
	PipelineStageTransferBit      = 0x1000
	PipelineStageHostBit          = 0x4000

	AccessShaderReadBit    = 0x20
	AccessShaderWriteBit   = 0x40
	AccessTransferReadBit  = 0x800
	AccessTransferWriteBit = 0x1000
	AccessHostReadBit      = 0x2000

	SemaphoreTypeTimeline = 1
)
