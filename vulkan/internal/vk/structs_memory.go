package vk

import "unsafe"

// BufferCreateInfo is VkBufferCreateInfo.
type BufferCreateInfo struct {
	SType                 uint32
	PNext                 unsafe.Pointer
	Flags                 uint32
	Size                  uint64
	Usage                 uint32
	SharingMode           uint32
	QueueFamilyIndexCount uint32
	PQueueFamilyIndices   unsafe.Pointer
}

// MemoryRequirements is VkMemoryRequirements.
type MemoryRequirements struct {
	Size           uint64
	Alignment      uint64
	MemoryTypeBits uint32
}

// MemoryAllocateInfo is VkMemoryAllocateInfo.
type MemoryAllocateInfo struct {
	SType           uint32
	PNext           unsafe.Pointer
	AllocationSize  uint64
	MemoryTypeIndex uint32
}

// MemoryAllocateFlagsInfo is VkMemoryAllocateFlagsInfo.
type MemoryAllocateFlagsInfo struct {
	SType      uint32
	PNext      unsafe.Pointer
	Flags      uint32
	DeviceMask uint32
}

// BufferDeviceAddressInfo is VkBufferDeviceAddressInfo.
type BufferDeviceAddressInfo struct {
	SType  uint32
	PNext  unsafe.Pointer
	Buffer uint64
}
