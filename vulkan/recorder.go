package vulkan

import (
	"math"
	"unsafe"

	"github.com/godmae/godmae/vulkan/internal/dl"
	"github.com/godmae/godmae/vulkan/internal/vk"
)

// Bounds of what is submitted at once. Drivers end work that takes a few seconds, and
// a device should not wait until a long step is recorded.
const (
	maxWork     = 1 << 34 // multiplications and elements moved
	maxCommands = 256
)

// recorder writes commands into command buffers and submits them. Submission n sets
// the timeline semaphore to n when it is done.
type recorder struct {
	d         *device
	pool      uint64
	semaphore uint64

	buffers   []commandBuffer
	current   int    // being written; -1 if none
	submitted uint64 // number of submissions
	done      uint64 // of these, known to be done

	commands int
	work     uint64
	toHost   bool // something was copied to memory that the host reads
	hazards  hazards

	log      []event // in tests
	logging  bool
	barriers int

	in callArguments
}

type commandBuffer struct {
	handle uintptr
	value  uint64 // the submission it was last used in
}

// callArguments are structs that the driver reads during a call, kept here so that
// they are not allocated for every one.
type callArguments struct {
	begin    vk.CommandBufferBeginInfo
	barrier  vk.MemoryBarrier
	copy     vk.BufferCopy
	submit   vk.SubmitInfo
	timeline vk.TimelineSemaphoreSubmitInfo
	wait     vk.SemaphoreWaitInfo
	value    uint64
	command  uintptr
	push     [pushBytes]byte
}

func newRecorder(d *device) (*recorder, error) {
	r := &recorder{d: d, current: -1}
	pool := &vk.CommandPoolCreateInfo{
		SType: vk.StructureTypeCommandPoolCreateInfo, Flags: vk.CommandPoolCreateResetCommandBufferBit, QueueFamilyIndex: d.info.family,
	}
	var err error
	if r.pool, err = d.make("vkCreateCommandPool", d.CreateCommandPool, unsafe.Pointer(pool)); err != nil {
		return nil, err
	}
	kind := &vk.SemaphoreTypeCreateInfo{SType: vk.StructureTypeSemaphoreTypeCreateInfo, SemaphoreType: vk.SemaphoreTypeTimeline}
	semaphore := &vk.SemaphoreCreateInfo{SType: vk.StructureTypeSemaphoreCreateInfo, PNext: unsafe.Pointer(kind)}
	if r.semaphore, err = d.make("vkCreateSemaphore", d.CreateSemaphore, unsafe.Pointer(semaphore)); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// close destroys the recorder's objects. The device is idle.
func (r *recorder) close() {
	r.d.destroy(r.d.DestroySemaphore, r.semaphore)
	r.d.destroy(r.d.DestroyCommandPool, r.pool) // and its command buffers
}

// next is the number of the submission that takes what is recorded now.
func (r *recorder) next() uint64 { return r.submitted + 1 }

// begin makes sure that there is a command buffer to write to.
func (r *recorder) begin() error {
	if r.current >= 0 {
		return nil
	}
	i, err := r.idleBuffer()
	if err != nil {
		return err
	}
	in := &r.in.begin
	*in = vk.CommandBufferBeginInfo{SType: vk.StructureTypeCommandBufferBeginInfo, Flags: vk.CommandBufferUsageOneTimeSubmitBit}
	if err := r.d.do("vkBeginCommandBuffer", r.d.BeginCommandBuffer, r.buffers[i].handle, uintptr(unsafe.Pointer(in))); err != nil {
		return err
	}
	r.current = i
	return nil
}

// idleBuffer returns a command buffer that the device is done with.
func (r *recorder) idleBuffer() (int, error) {
	if err := r.poll(); err != nil {
		return 0, err
	}
	for i := range r.buffers {
		if r.buffers[i].value <= r.done {
			return i, nil
		}
	}
	allocate := &vk.CommandBufferAllocateInfo{SType: vk.StructureTypeCommandBufferAllocateInfo, CommandPool: r.pool, CommandBufferCount: 1}
	handle := new(uintptr)
	if err := r.d.do("vkAllocateCommandBuffers", r.d.AllocateCommandBuffers, r.d.handle, uintptr(unsafe.Pointer(allocate)), uintptr(unsafe.Pointer(handle))); err != nil {
		return 0, err
	}
	r.buffers = append(r.buffers, commandBuffer{handle: *handle})
	return len(r.buffers) - 1, nil
}

// order begins a command: it puts a barrier before it if it needs one.
func (r *recorder) order(name string, reads, writes []span) error {
	if err := r.begin(); err != nil {
		return err
	}
	if r.hazards.conflict(reads, writes) {
		r.hazards.barrier()
		r.barrier(vk.PipelineStageComputeShaderBit|vk.PipelineStageTransferBit,
			vk.AccessShaderReadBit|vk.AccessShaderWriteBit|vk.AccessTransferReadBit|vk.AccessTransferWriteBit)
		r.barriers++
		if r.logging {
			r.log = append(r.log, event{barrier: true})
		}
	}
	r.hazards.add(reads, writes)
	if r.logging {
		r.log = append(r.log, event{name: name, reads: append([]span(nil), reads...), writes: append([]span(nil), writes...)})
	}
	return nil
}

// barrier lets what follows in the given stages see what was written before.
func (r *recorder) barrier(stages, access uint32) {
	b := &r.in.barrier
	*b = vk.MemoryBarrier{
		SType: vk.StructureTypeMemoryBarrier, SrcAccessMask: vk.AccessShaderWriteBit | vk.AccessTransferWriteBit, DstAccessMask: access,
	}
	dl.Call(r.d.CmdPipelineBarrier, r.buffers[r.current].handle, vk.PipelineStageComputeShaderBit|vk.PipelineStageTransferBit, uintptr(stages),
		0, 1, uintptr(unsafe.Pointer(b)), 0, 0, 0, 0)
}

// copy copies size bytes between blocks.
func (r *recorder) copy(dst *block, to uint64, src *block, from, size uint64) error {
	reads, writes := [1]span{{src.address + from, src.address + from + size}}, [1]span{{dst.address + to, dst.address + to + size}}
	if err := r.order("transfer", reads[:], writes[:]); err != nil {
		return err
	}
	c := &r.in.copy
	*c = vk.BufferCopy{SrcOffset: from, DstOffset: to, Size: size}
	dl.Call(r.d.CmdCopyBuffer, r.buffers[r.current].handle, uintptr(src.buffer), uintptr(dst.buffer), 1, uintptr(unsafe.Pointer(c)))
	r.toHost = r.toHost || dst.host != nil
	return r.count(size / 4)
}

// zero clears a place.
func (r *recorder) zero(p place) error {
	writes := [1]span{{p.address(), p.address() + p.span.size()}}
	if err := r.order("zero", nil, writes[:]); err != nil {
		return err
	}
	dl.Call(r.d.CmdFillBuffer, r.buffers[r.current].handle, uintptr(p.block.buffer), uintptr(p.span.lo), uintptr(p.span.size()), 0)
	return r.count(p.span.size() / 4)
}

// dispatch runs a pipeline with the push constants in r.in.push.
func (r *recorder) dispatch(name string, pipeline, layout uint64, reads, writes []span, groups, work uint64) error {
	if err := r.order(name, reads, writes); err != nil {
		return err
	}
	c := r.buffers[r.current].handle
	dl.Call(r.d.CmdBindPipeline, c, vk.PipelineBindPointCompute, uintptr(pipeline))
	dl.Call(r.d.CmdPushConstants, c, uintptr(layout), vk.ShaderStageComputeBit, 0, pushBytes, uintptr(unsafe.Pointer(&r.in.push)))
	dl.Call(r.d.CmdDispatch, c, uintptr(groups), 1, 1)
	return r.count(work)
}

// count submits when enough has gathered.
func (r *recorder) count(work uint64) error {
	r.commands++
	r.work += work
	if r.commands < maxCommands && r.work < maxWork {
		return nil
	}
	return r.submit()
}

// submit hands what was recorded to the device.
func (r *recorder) submit() error {
	if r.current < 0 {
		return nil
	}
	if r.toHost {
		r.barrier(vk.PipelineStageHostBit, vk.AccessHostReadBit)
	}
	b, in := &r.buffers[r.current], &r.in
	r.current, r.commands, r.work, r.toHost = -1, 0, 0, false
	if err := r.d.do("vkEndCommandBuffer", r.d.EndCommandBuffer, b.handle); err != nil {
		return err
	}
	b.value = r.next()
	in.command, in.value = b.handle, b.value
	in.timeline = vk.TimelineSemaphoreSubmitInfo{
		SType: vk.StructureTypeTimelineSemaphoreSubmitInfo, SignalSemaphoreValueCount: 1, PSignalSemaphoreValues: unsafe.Pointer(&in.value),
	}
	in.submit = vk.SubmitInfo{
		SType: vk.StructureTypeSubmitInfo, PNext: unsafe.Pointer(&in.timeline),
		CommandBufferCount: 1, PCommandBuffers: unsafe.Pointer(&in.command),
		SignalSemaphoreCount: 1, PSignalSemaphores: unsafe.Pointer(&r.semaphore),
	}
	if err := r.d.do("vkQueueSubmit", r.d.QueueSubmit, r.d.queue, 1, uintptr(unsafe.Pointer(&in.submit)), 0); err != nil {
		return err
	}
	r.submitted++
	return nil
}

// poll asks how far the device is.
func (r *recorder) poll() error {
	if r.done == r.submitted {
		return nil
	}
	if err := r.d.do("vkGetSemaphoreCounterValue", r.d.GetSemaphoreCounterValue, r.d.handle, uintptr(r.semaphore), uintptr(unsafe.Pointer(&r.in.value))); err != nil {
		return err
	}
	r.done = max(r.done, r.in.value)
	return nil
}

// wait submits what is recorded if it is part of submission n, and returns when that
// is done.
func (r *recorder) wait(n uint64) error {
	if n > r.submitted {
		if err := r.submit(); err != nil {
			return err
		}
	}
	if n = min(n, r.submitted); n <= r.done {
		return nil
	}
	r.in.value = n
	r.in.wait = vk.SemaphoreWaitInfo{
		SType: vk.StructureTypeSemaphoreWaitInfo, SemaphoreCount: 1, PSemaphores: unsafe.Pointer(&r.semaphore), PValues: unsafe.Pointer(&r.in.value),
	}
	if err := r.d.do("vkWaitSemaphores", r.d.WaitSemaphores, r.d.handle, uintptr(unsafe.Pointer(&r.in.wait)), math.MaxUint64); err != nil {
		return err
	}
	r.done = max(r.done, n)
	return nil
}
