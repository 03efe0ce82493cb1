package optim

import (
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// measure computes the gradient norm and the factor of an optimiser step. Its
// results stay on the backend until they are fetched. It keeps the arguments of
// operations, so a step allocates nothing.
type measure struct {
	b          ops.Backend
	sumSquares *tensor.Tensor // [1], of all gradients
	scale      *tensor.Tensor // [1], the factor of the gradients in a step

	at  ops.Attr
	out [1]*tensor.Tensor
	in  [2]*tensor.Tensor

	grads *tensor.Tensor
}

func newMeasure(params *nn.Params) measure {
	b := params.Backend()
	m := measure{b: b, grads: params.Grads(), sumSquares: b.Persist(b.Float(), tensor.Of(1)), scale: b.Persist(b.Float(), tensor.Of(1))}
	b.Upload(m.scale, []float64{1})
	return m
}

// Measure computes the norm of all gradients and the factor of the following steps: 1,
// or less if the norm is above maxNorm (0 for no limit), see [ops.StepScale]. losses is
// a tensor of the backend or nil. If the norm or a loss is not finite, the following
// steps change neither the parameters nor the optimiser's state. It returns the factor
// [1], which belongs to the optimiser.
func (m *measure) Measure(maxNorm float64, losses *tensor.Tensor) (scale *tensor.Tensor) {
	m.at = ops.Attr{}
	m.out[0], m.in[0] = m.sumSquares, m.grads
	m.b.Run(ops.SumSquares, m.out[:], m.in[:1], &m.at)
	m.at.Value = maxNorm
	m.out[0], m.in[0], m.in[1] = m.scale, m.sumSquares, losses
	m.b.Run(ops.StepScale, m.out[:], m.in[:], &m.at)
	return m.scale
}

// FetchNorm starts copying the squared norm from Measure to dst, one number;
// see [ops.Backend.Fetch].
func (m *measure) FetchNorm(dst []float64) ops.Ticket { return m.b.Fetch(dst, m.sumSquares) }
