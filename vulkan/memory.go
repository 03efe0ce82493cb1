package vulkan

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/godmae/godmae/vulkan/internal/dl"
	"github.com/godmae/godmae/vulkan/internal/vk"
)

const (
	blockSize = 64 << 20 // bytes of a block, unless one tensor needs more
	grain     = 256      // allocations are multiples of this many bytes
)

// block is a piece of device memory with a buffer over all of it.
type block struct {
	memory, buffer uint64
	address        uint64 // as kernels see it
	size           uint64
	host           unsafe.Pointer // where the host sees it, or nil
	ranges         ranges
}

// memory hands out parts of blocks of device memory. Blocks are kept until close.
type memory struct {
	d      *device
	limit  uint64 // most bytes of blocks, 0 for what the device has
	blocks []*block

	reserved uint64 // bytes of blocks, the staging blocks among them
	live     uint64 // bytes handed out
	peak     uint64 // the most there have been
}

// place is a part of a block.
type place struct {
	block *block
	span  span
}

func (p place) address() uint64 { return p.block.address + p.span.lo }

// take returns memory for bytes. Work that used the same memory before may not be
// done: the recorder puts barriers between it and what follows.
func (m *memory) take(bytes uint64) (place, error) {
	size := (max(bytes, 1) + grain - 1) / grain * grain
	for _, b := range m.blocks {
		if s, ok := b.ranges.take(size); ok {
			return m.hand(b, s), nil
		}
	}
	var b *block
	var err error
	for _, try := range [2]uint64{max(size, blockSize), size} {
		if b, err = m.newBlock(try, false); err == nil {
			break
		}
		if !errors.Is(err, vk.ErrorOutOfDeviceMemory) {
			return place{}, err
		}
	}
	if err != nil {
		return place{}, fmt.Errorf("the memory of the Vulkan device %s is full: a tensor of %s does not fit beside %s (%w); use a smaller batch",
			m.d.info.Name, mib(bytes), mib(m.live), err)
	}
	m.blocks = append(m.blocks, b)
	s, _ := b.ranges.take(size)
	return m.hand(b, s), nil
}

func (m *memory) hand(b *block, s span) place {
	m.live += s.size()
	m.peak = max(m.peak, m.live)
	return place{b, s}
}

// give takes memory back.
func (m *memory) give(p place) {
	p.block.ranges.give(p.span)
	m.live -= p.span.size()
}

func (m *memory) close() {
	for _, b := range m.blocks {
		m.free(b)
	}
	m.blocks = nil
}

// limitError says that the limit that the user set was reached. It is treated as the
// device's own limit is.
type limitError struct{ limit uint64 }

func (e limitError) Error() string        { return "the limit is " + mib(e.limit) }
func (e limitError) Is(target error) bool { return target == vk.ErrorOutOfDeviceMemory }

// newBlock allocates a block, in memory that the host sees if visible.
func (m *memory) newBlock(size uint64, visible bool) (*block, error) {
	d := m.d
	if m.limit > 0 && m.reserved+size > m.limit {
		return nil, limitError{m.limit}
	}
	b := &block{size: size, ranges: newRanges(size)}
	create := &vk.BufferCreateInfo{
		SType: vk.StructureTypeBufferCreateInfo, Size: size,
		Usage: vk.BufferUsageTransferSrcBit | vk.BufferUsageTransferDstBit | vk.BufferUsageStorageBufferBit | vk.BufferUsageShaderDeviceAddressBit,
	}
	var err error
	if b.buffer, err = d.make("vkCreateBuffer", d.CreateBuffer, unsafe.Pointer(create)); err != nil {
		return nil, err
	}
	if err := m.back(b, visible); err != nil {
		d.destroy(d.DestroyBuffer, b.buffer)
		d.destroy(d.FreeMemory, b.memory)
		return nil, err
	}
	m.reserved += size
	return b, nil
}

// back gives a block's buffer its memory and address.
func (m *memory) back(b *block, visible bool) (err error) {
	d := m.d
	need := &vk.MemoryRequirements{}
	dl.Call(d.GetBufferMemoryRequirements, d.handle, uintptr(b.buffer), uintptr(unsafe.Pointer(need)))
	kind, ok := memoryType(&d.info.memory, need.MemoryTypeBits, visible)
	if !ok {
		return fmt.Errorf("the Vulkan device %s has no memory that the computer can read", d.info.Name)
	}
	if d.info.MaxAllocation > 0 && need.Size > uint64(d.info.MaxAllocation) {
		return vk.ErrorOutOfDeviceMemory
	}
	flags := &vk.MemoryAllocateFlagsInfo{SType: vk.StructureTypeMemoryAllocateFlagsInfo, Flags: vk.MemoryAllocateDeviceAddressBit}
	allocate := &vk.MemoryAllocateInfo{
		SType: vk.StructureTypeMemoryAllocateInfo, PNext: unsafe.Pointer(flags), AllocationSize: need.Size, MemoryTypeIndex: kind,
	}
	if b.memory, err = d.make("vkAllocateMemory", d.AllocateMemory, unsafe.Pointer(allocate)); err != nil {
		return err
	}
	if err := d.do("vkBindBufferMemory", d.BindBufferMemory, d.handle, uintptr(b.buffer), uintptr(b.memory), 0); err != nil {
		return err
	}
	ask := &vk.BufferDeviceAddressInfo{SType: vk.StructureTypeBufferDeviceAddressInfo, Buffer: b.buffer}
	b.address = uint64(dl.Call(d.GetBufferDeviceAddress, d.handle, uintptr(unsafe.Pointer(ask))))
	if !visible {
		return nil
	}
	host := new(unsafe.Pointer)
	if err := d.do("vkMapMemory", d.MapMemory, d.handle, uintptr(b.memory), 0, uintptr(b.size), 0, uintptr(unsafe.Pointer(host))); err != nil {
		return err
	}
	b.host = *host
	return nil
}

// free gives a block back to the driver.
func (m *memory) free(b *block) {
	m.d.destroy(m.d.DestroyBuffer, b.buffer)
	m.d.destroy(m.d.FreeMemory, b.memory)
	m.reserved -= b.size
}

// memoryType chooses a type of memory among those of a mask: the device's own for
// tensors, the computer's, cached if possible, for staging.
func memoryType(p *vk.PhysicalDeviceMemoryProperties, mask uint32, visible bool) (kind uint32, ok bool) {
	const host = vk.MemoryPropertyHostVisibleBit | vk.MemoryPropertyHostCoherentBit
	best := -1
	for i := range p.MemoryTypeCount {
		if mask>>i&1 == 0 {
			continue
		}
		flags, score := p.MemoryTypes[i].PropertyFlags, 0
		mark := func(bit uint32, points int) {
			if flags&bit != 0 {
				score += points
			}
		}
		if visible {
			if flags&host != host {
				continue
			}
			score = 1
			mark(vk.MemoryPropertyHostCachedBit, 2)
			mark(vk.MemoryPropertyDeviceLocalBit, -1)
		} else {
			score = 1
			mark(vk.MemoryPropertyDeviceLocalBit, 2)
			mark(vk.MemoryPropertyHostVisibleBit, -1)
		}
		if score > best {
			best, kind, ok = score, i, true
		}
	}
	return kind, ok
}

// mib prints a number of bytes.
func mib(bytes uint64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}
