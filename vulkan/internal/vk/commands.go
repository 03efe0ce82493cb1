package vk

// The fields of these tables are addresses of the functions whose names are "vk" and
// the field's. A function that was not found is 0.

// GlobalCommands are found without an instance.
type GlobalCommands struct {
	CreateInstance,
	EnumerateInstanceVersion,
	EnumerateInstanceExtensionProperties uintptr
}

// InstanceCommands belong to an instance.
type InstanceCommands struct {
	DestroyInstance,
	EnumeratePhysicalDevices,
	EnumerateDeviceExtensionProperties,
	GetPhysicalDeviceProperties2,
	GetPhysicalDeviceFeatures2,
	GetPhysicalDeviceMemoryProperties,
	GetPhysicalDeviceQueueFamilyProperties,
	GetDeviceProcAddr,
	CreateDevice uintptr
}

// DeviceCommands belong to a device.
type DeviceCommands struct {
	DestroyDevice,
	DeviceWaitIdle,
	GetDeviceQueue,
	QueueSubmit,
	AllocateMemory, FreeMemory, MapMemory,
	CreateBuffer, DestroyBuffer, GetBufferMemoryRequirements, BindBufferMemory, GetBufferDeviceAddress,
	CreateShaderModule, DestroyShaderModule,
	CreatePipelineLayout, DestroyPipelineLayout,
	CreateComputePipelines, DestroyPipeline,
	CreateCommandPool, DestroyCommandPool,
	AllocateCommandBuffers, BeginCommandBuffer, EndCommandBuffer,
	CmdPipelineBarrier, CmdCopyBuffer, CmdFillBuffer,
	CmdBindPipeline, CmdPushConstants, CmdDispatch,
	CreateSemaphore, DestroySemaphore, GetSemaphoreCounterValue, WaitSemaphores uintptr
}
