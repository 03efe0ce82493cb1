package autograd

import "github.com/godmae/godmae/ops"

// table has the derivative of every differentiable operation. dy is c.Grad(),
// the derivative of the result with respect to the output. Operations called
// with Accumulate continue the chain of additions in the gradient.
var table = map[*ops.Op]VJP{
	ops.Linear:    linear,
	ops.LayerNorm: layerNorm,
	ops.Add:       add,

	ops.Attention: func(c Call) { c.Derive(0, ops.AttentionGrad, *c.At(), c.Grad(), c.In(0)) },
	ops.Softmax:   func(c Call) { c.Derive(0, ops.SoftmaxGrad, *c.At(), c.Grad(), c.Out(0)) },
	ops.Copy:      func(c Call) { c.Give(0, c.Grad()) },
	ops.RowScale: func(c Call) {
		c.Refuse(1)
		c.Derive(0, ops.RowScale, *c.At(), c.Grad(), c.In(1))
	},

	// Tokens.
	ops.Prepend: func(c Call) {
		c.Accumulate(0, ops.PrependGradToken, ops.Attr{}, c.Grad())
		c.Derive(1, ops.Slice, ops.Attr{From: 1, Count: c.In(1).Shape().Dim(1)}, c.Grad())
	},
	ops.Slice: func(c Call) {
		c.Derive(0, ops.SliceGrad, ops.Attr{From: c.At().From, Count: c.In(0).Shape().Dim(1)}, c.Grad())
	},
	ops.MeanTokens: func(c Call) {
		c.Derive(0, ops.MeanTokensGrad, ops.Attr{From: c.At().From, Count: c.In(0).Shape().Dim(1)}, c.Grad())
	},
	ops.Gather: func(c Call) {
		c.Derive(0, ops.GatherGrad, ops.Attr{Count: c.In(0).Shape().Dim(1)}, c.Grad(), c.In(1))
	},
	ops.Restore: func(c Call) {
		visible := ops.Attr{Count: c.In(0).Shape().Dim(1) - 1}
		c.Accumulate(1, ops.RestoreGradToken, visible, c.Grad(), c.In(2))
		c.Derive(0, ops.RestoreGradX, visible, c.Grad(), c.In(2))
	},

	// Images.
	ops.Patchify: func(c Call) {
		img := c.In(0).Shape()
		c.Derive(0, ops.Unpatchify, ops.Attr{Patch: c.At().Patch, Order: c.At().Order, Size: [2]int{img.Dim(2), img.Dim(3)}}, c.Grad())
	},
	ops.Unpatchify: func(c Call) {
		c.Derive(0, ops.Patchify, ops.Attr{Patch: c.At().Patch, Order: c.At().Order}, c.Grad())
	},
	// A division by std, which is Normalize with mean 0.
	ops.Normalize: func(c Call) {
		c.Derive(0, ops.Normalize, ops.Attr{Chan: [2][3]float64{1: c.At().Chan[1]}}, c.Grad())
	},
	ops.Resize: func(c Call) {
		img := c.In(0).Shape()
		c.Derive(0, ops.ResizeGrad, ops.Attr{Size: [2]int{img.Dim(2), img.Dim(3)}}, c.Grad())
	},

	// Linear probes.
	ops.BatchNorm: func(c Call) { c.Derive(0, ops.BatchNormGrad, ops.Attr{}, c.Grad(), c.Out(0), c.Out(3)) },
	ops.Standardize: func(c Call) {
		c.Refuse(1)
		c.Refuse(2)
		c.Derive(0, ops.Standardize, ops.Attr{Eps: c.At().Eps}, c.Grad(), nil, c.In(2))
	},

	// Losses.
	ops.PatchMSE: func(c Call) {
		c.Refuse(1)
		c.Derive(0, ops.PatchMSEGrad, *c.At(), c.In(0), c.In(1), c.Grad())
	},
	ops.CrossEntropy: func(c Call) {
		c.Refuse(1)
		c.Derive(0, ops.CrossEntropyGrad, *c.At(), c.Out(1), c.In(1), c.Grad())
	},
	ops.Consistency: func(c Call) { c.Derive(0, ops.ConsistencyGrad, *c.At(), c.In(0), c.Grad()) },
}

// y = res + scale*act(x W^T + b): with d the derivative with respect to
// x W^T + b, dx = d W, dW = d^T x, db = the sum of d's rows, dres = dy itself.
func linear(c Call) {
	c.Refuse(4)
	if d := c.Grad(); c.Needs(0) || c.Needs(1) || c.Needs(2) {
		if c.In(4) != nil {
			d = c.Apply(ops.RowScale, ops.Attr{}, d, c.In(4))
		}
		if c.At().Gelu {
			d = c.Apply(ops.GeluGrad, ops.Attr{}, d, c.Out(1))
		}
		c.Accumulate(0, ops.LinearGradX, ops.Attr{}, d, c.In(1))
		c.Accumulate(1, ops.LinearGradW, ops.Attr{}, d, c.In(0))
		c.Accumulate(2, ops.RowSum, ops.Attr{}, d)
	}
	c.Give(3, c.Grad())
}

// The derivatives with respect to gamma and beta are one operation. It writes
// to the gradients directly if both need the same treatment, as parameters do.
func layerNorm(c Call) {
	c.Accumulate(0, ops.LayerNormGradX, ops.Attr{}, c.Grad(), c.In(0), c.Out(1), c.Out(2), c.In(1))
	if !c.Needs(1) && !c.Needs(2) {
		return
	}
	t := c.t
	if c.Needs(1) && c.Needs(2) && c.n.in[1] != c.n.in[2] && (c.n.in[1].Grad == nil) == (c.n.in[2].Grad == nil) {
		t.at = ops.Attr{}
		t.out[0], _ = c.Into(1)
		t.out[1], t.at.Accumulate = c.Into(2)
		t.at.Shards = c.shards(1)
		c.shards(2)
		t.in[0], t.in[1], t.in[2], t.in[3] = c.Grad(), c.In(0), c.Out(1), c.Out(2)
		t.b.Run(ops.LayerNormGradParams, t.out[:2], t.in[:4], &t.at)
		return
	}
	var groups ops.Attr
	for i := 1; i <= 2; i++ {
		if c.Needs(i) {
			groups.Shards = max(groups.Shards, c.shards(i))
		}
	}
	dgamma := c.Apply(ops.LayerNormGradParams, groups, c.Grad(), c.In(0), c.Out(1), c.Out(2))
	dbeta := t.out[1]
	c.Give(1, dgamma)
	c.Give(2, dbeta)
}

// The derivative with respect to b is summed over its repetitions. Without
// repetitions both derivatives are dy, and b gets a copy.
func add(c Call) {
	switch dy := c.Grad(); {
	case !c.Needs(1):
	case c.In(1).Shape() != c.In(0).Shape():
		c.Accumulate(1, ops.BroadcastGrad, ops.Attr{}, dy, c.In(1))
	case c.n.in[1].Grad == nil:
		c.Give(1, c.Apply(ops.Copy, ops.Attr{}, dy))
	default:
		c.Give(1, dy) // is added
	}
	c.Give(0, c.Grad())
}
