package vulkan

import (
	"errors"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/tensor"
)

// errUndecided is the error of noise whose first 64 digits are those of an entry of
// the distribution function, which happens to one pixel in about 2^50.
var errUndecided = errors.New("the noise of a pixel needs more than 64 random digits, which the Vulkan backend does not draw; compute this image with --backend cpu")

// noiseTables are the tables of a distribution of integer noise on the device.
type noiseTables struct {
	cdf, inputs *tensor.Tensor
	entries     int
}

func (b *Backend) noiseTables(g *pixelnoise.Gaussian) noiseTables {
	if t, ok := b.noise[g]; ok {
		return t
	}
	host := g.Table()
	words := make([]int32, 0, 2*len(host.CDF))
	for _, entry := range host.CDF {
		words = append(words, int32(uint32(entry)), int32(uint32(entry>>32)))
	}
	t := noiseTables{
		cdf: b.Persist(tensor.I32, tensor.Of(len(words))), inputs: b.Persist(tensor.F32, tensor.Of(len(host.Inputs))),
		entries: len(host.CDF),
	}
	b.Upload(t.cdf, words)
	b.Upload(t.inputs, host.Inputs)
	b.noise[g] = t
	return t
}

// Flags of the shader add_pixel_noise.
const (
	pixelSeeds = 1 << iota
	pixelPicks
)

func addPixelNoise(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	if b.undecided == nil && b.err == nil {
		var err error
		b.undecided, err = b.memory.newBlock(grain, true)
		if !b.check(err) {
			return
		}
		clear(hostSlice[uint8](b.undecided, 0, grain))
	}
	y, pixels, seeds, image := out[0], in[0], in[3], in[4]
	tables := b.noiseTables(at.Pixels)
	flags := 0
	if seeds != nil {
		flags |= pixelSeeds
	}
	if image != nil {
		flags |= pixelPicks
	}
	c := b.command("add_pixel_noise").out(y).host(b.undecided)
	first := c.bytes(pixels)
	c.in(in[1], in[2], seeds, image, tables.cdf, tables.inputs)
	c.ints(n(y), n(y)/max(1, y.Shape().Dim(0)), tables.entries, first, flags,
		int(uint32(at.Seed)), int(at.Seed>>32), int(at.Stream)<<24|int(at.Copy)).run(groups(n(y)), 64*n(y))
}

func addNoise(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	y := out[0]
	b.command("add_noise").out(y).in(in[0], in[1], in[2], in[3], in[4]).
		ints(n(y), n(y)/max(1, y.Shape().Dim(0))).flag(in[3] != nil).flag(in[4] != nil).
		ints(int(uint32(at.Seed)), int(at.Seed>>32), int(at.Stream), int(at.Copy)).float(at.Scale).
		run(groups(n(y)), 64*n(y))
}
