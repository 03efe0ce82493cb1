package vulkan

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// reductionBlock is the length at which the contract cuts a long axis.
const reductionBlock = 4096

func sumSquares(b *Backend, out, in []*tensor.Tensor, _ *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	b.sumSquares(out[0], in[0])
}

// sumSquares reduces blocks, then the results of blocks, until one number is left.
func (b *Backend) sumSquares(sum, x *tensor.Tensor) {
	for square := true; ; square = false {
		blocks := max(1, (n(x)+reductionBlock-1)/reductionBlock)
		sums := sum
		if blocks > 1 {
			sums = b.New(tensor.F32, tensor.Of(blocks))
		}
		b.command("sum_blocks").out(sums).in(x).ints(blocks, n(x)).flag(square).run(rowGroups(blocks), 2*n(x))
		if blocks == 1 {
			return
		}
		x = sums
	}
}

func stepScale(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	losses := 0
	if in[1] != nil {
		losses = n(in[1])
	}
	limit := math.Float64bits(at.Value)
	b.command("step_scale").out(out[0]).in(in[0], in[1]).ints(losses).float(at.Value).
		ints(int(uint32(limit)), int(limit>>32)).run(1, losses)
}

func adamW(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	f := at.Adam.Factors()
	c := b.command("adamw").update(out[0], out[1], out[2]).in(in[0], in[1], in[2], in[3]).ints(n(out[0]), n(in[2]))
	for _, v := range []float32{f.Beta1, f.OneMinusBeta1, f.Beta2, f.OneMinusBeta2, f.SqrtBiasCorr2, f.Eps} {
		c.float(float64(v))
	}
	c.run(groups(n(out[0])), 16*n(out[0]))
}

func ema(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	keep, take := ops.EMAWeights(at.Scale)
	b.command("ema").update(out[0]).in(in[0], in[1]).ints(n(out[0])).flag(in[1] != nil).
		float(float64(keep)).float(float64(take)).each(n(out[0]))
}

// lars measures the parameter and the direction of the step before it takes it.
func lars(b *Backend, out, in []*tensor.Tensor, at *ops.Attr) {
	scope := b.Mark()
	defer b.Release(scope)
	l, p, scale := at.Lars, out[0], in[1]
	d := b.New(tensor.F32, p.Shape())
	pp, dd := b.New(tensor.F32, tensor.Of(1)), b.New(tensor.F32, tensor.Of(1))
	b.command("lars_direction").out(d).in(in[0], scale, p).ints(n(p)).float(l.WeightDecay).each(n(p))
	b.sumSquares(pp, p)
	b.sumSquares(dd, d)
	b.command("lars_step").update(p, out[1]).in(d, scale, pp, dd).ints(n(p)).
		float(l.LR).float(l.Momentum).float(l.Trust).each(n(p))
}
