package vulkan

import (
	"encoding/binary"
	"math"

	"github.com/godmae/godmae/tensor"
)

// command is a kernel with its push constants and the memory it reads and writes. The
// addresses come first, in the order of the shader's block of push constants, then
// numbers of 32 bits.
type command struct {
	b             *Backend
	kernel        string
	push          int // bytes used
	reads, writes []span
}

// command begins a command.
func (b *Backend) command(kernel string) *command {
	b.cmd = command{b: b, kernel: kernel, reads: b.cmd.reads[:0], writes: b.cmd.writes[:0]}
	return &b.cmd
}

// in passes the addresses of tensors that the kernel reads. A tensor that is nil is
// passed as address 0; a number must tell the kernel not to read it.
func (c *command) in(list ...*tensor.Tensor) *command {
	for _, t := range list {
		c.reads = c.address(c.reads, t)
	}
	return c
}

// out passes the addresses of tensors that the kernel overwrites, as in does.
func (c *command) out(list ...*tensor.Tensor) *command {
	for _, t := range list {
		c.writes = c.address(c.writes, t)
	}
	return c
}

// host passes the address of a block that the kernel writes to and the host reads.
func (c *command) host(m *block) *command {
	if m == nil { // there was no memory, and nothing will run
		return c
	}
	binary.LittleEndian.PutUint64(c.word(8), m.address)
	c.writes = append(c.writes, span{m.address, m.address + m.size})
	c.b.recorder.toHost = true
	return c
}

// update passes the addresses of tensors that the kernel reads and writes.
func (c *command) update(list ...*tensor.Tensor) *command {
	for _, t := range list {
		c.writes = c.address(c.writes, t)
		c.reads = append(c.reads, c.b.span(c.kernel, t))
	}
	return c
}

// bytes passes the address of the word that a tensor of bytes, which the kernel reads,
// begins in, and returns the place of its first byte there.
func (c *command) bytes(t *tensor.Tensor) (first int) {
	c.in(t)
	word := c.b.recorder.in.push[c.push-8 : c.push]
	address := binary.LittleEndian.Uint64(word)
	binary.LittleEndian.PutUint64(word, address&^3)
	return int(address & 3)
}

func (c *command) address(spans []span, t *tensor.Tensor) []span {
	if c.push%8 != 0 {
		panic("vulkan: kernel " + c.kernel + " gets an address behind a number")
	}
	var s span
	if t != nil {
		s = c.b.span(c.kernel, t)
	}
	binary.LittleEndian.PutUint64(c.word(8), s.lo)
	if s.size() == 0 {
		return spans
	}
	return append(spans, s)
}

// ints passes integers.
func (c *command) ints(list ...int) *command {
	for _, v := range list {
		binary.LittleEndian.PutUint32(c.word(4), uint32(v))
	}
	return c
}

// flag passes a condition as 1 or 0.
func (c *command) flag(is bool) *command {
	if is {
		return c.ints(1)
	}
	return c.ints(0)
}

// float passes a number rounded to float32.
func (c *command) float(v float64) *command {
	binary.LittleEndian.PutUint32(c.word(4), math.Float32bits(float32(v)))
	return c
}

// word returns the next bytes of the push constants.
func (c *command) word(size int) []byte {
	c.push += size
	return c.b.recorder.in.push[c.push-size : c.push]
}

// maxGroups is a number of workgroups in a row that every device can start. Kernels
// loop where there is more to do.
const maxGroups = 65535

// each runs the kernel with an invocation for each of n elements.
func (c *command) each(n int) { c.run(groups(n), n) }

// groups returns the number of workgroups with an invocation for each of n elements.
func groups(n int) int { return (n + groupSize - 1) / groupSize }

// groupSize is the number of invocations of a workgroup, in every kernel.
const groupSize = 64

// run runs the kernel. work estimates the multiplications or moves of elements.
func (c *command) run(groups, work int) {
	b := c.b
	if b.err != nil || groups == 0 {
		return
	}
	pipeline, err := b.pipelines.get(c.kernel)
	if !b.check(err) {
		return
	}
	b.check(b.recorder.dispatch(c.kernel, pipeline, b.pipelines.layout, c.reads, c.writes, uint64(min(groups, maxGroups)), uint64(work)))
}
