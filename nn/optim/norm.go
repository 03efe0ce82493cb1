package optim

import (
	"math"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// gradNorm measures the gradients of a model. It keeps the arguments of the
// operation, so that a step allocates nothing.
type gradNorm struct {
	b         ops.Backend
	at        ops.Attr
	norm      [1]*tensor.Tensor
	grads     [1]*tensor.Tensor
	sumSquare [1]float64
}

func newGradNorm(params *nn.Params) gradNorm {
	b := params.Backend()
	return gradNorm{b: b, norm: [1]*tensor.Tensor{b.Persist(b.Float(), tensor.Of(1))}, grads: [1]*tensor.Tensor{params.Grads()}}
}

// GradNorm returns the Euclidean norm of all gradients, or the backend's error.
func (o *gradNorm) GradNorm() (float64, error) {
	o.b.Run(ops.SumSquares, o.norm[:], o.grads[:], &o.at)
	if err := o.b.Download(o.sumSquare[:], o.norm[0]); err != nil {
		return 0, err
	}
	return math.Sqrt(o.sumSquare[0]), nil
}

// ClipScale returns the factor that shortens a gradient of the given norm to
// maxNorm: maxNorm/(norm + 1e-6) if that is below 1, else 1.
func ClipScale(norm, maxNorm float64) float64 {
	return min(1, maxNorm/(norm+1e-6))
}
