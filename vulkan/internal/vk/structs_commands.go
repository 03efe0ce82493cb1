package vk

import "unsafe"

// CommandPoolCreateInfo is VkCommandPoolCreateInfo.
type CommandPoolCreateInfo struct {
	SType            uint32
	PNext            unsafe.Pointer
	Flags            uint32
	QueueFamilyIndex uint32
}

// CommandBufferAllocateInfo is VkCommandBufferAllocateInfo.
type CommandBufferAllocateInfo struct {
	SType              uint32
	PNext              unsafe.Pointer
	CommandPool        uint64
	Level              uint32
	CommandBufferCount uint32
}

// CommandBufferBeginInfo is VkCommandBufferBeginInfo.
type CommandBufferBeginInfo struct {
	SType            uint32
	PNext            unsafe.Pointer
	Flags            uint32
	PInheritanceInfo unsafe.Pointer
}

// MemoryBarrier is VkMemoryBarrier.
type MemoryBarrier struct {
	SType         uint32
	PNext         unsafe.Pointer
	SrcAccessMask uint32
	DstAccessMask uint32
}

// BufferCopy is VkBufferCopy.
type BufferCopy struct {
	SrcOffset uint64
	DstOffset uint64
	Size      uint64
}

// SemaphoreCreateInfo is VkSemaphoreCreateInfo.
type SemaphoreCreateInfo struct {
	SType uint32
	PNext unsafe.Pointer
	Flags uint32
}

// SemaphoreTypeCreateInfo is VkSemaphoreTypeCreateInfo.
type SemaphoreTypeCreateInfo struct {
	SType         uint32
	PNext         unsafe.Pointer
	SemaphoreType uint32
	InitialValue  uint64
}

// TimelineSemaphoreSubmitInfo is VkTimelineSemaphoreSubmitInfo.
type TimelineSemaphoreSubmitInfo struct {
	SType                     uint32
	PNext                     unsafe.Pointer
	WaitSemaphoreValueCount   uint32
	PWaitSemaphoreValues      unsafe.Pointer
	SignalSemaphoreValueCount uint32
	PSignalSemaphoreValues    unsafe.Pointer
}

// SubmitInfo is VkSubmitInfo.
type SubmitInfo struct {
	SType                uint32
	PNext                unsafe.Pointer
	WaitSemaphoreCount   uint32
	PWaitSemaphores      unsafe.Pointer
	PWaitDstStageMask    unsafe.Pointer
	CommandBufferCount   uint32
	PCommandBuffers      unsafe.Pointer
	SignalSemaphoreCount uint32
	PSignalSemaphores    unsafe.Pointer
}

// SemaphoreWaitInfo is VkSemaphoreWaitInfo.
type SemaphoreWaitInfo struct {
	SType          uint32
	PNext          unsafe.Pointer
	Flags          uint32
	SemaphoreCount uint32
	PSemaphores    unsafe.Pointer
	PValues        unsafe.Pointer
}
