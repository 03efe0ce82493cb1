package vulkan

import (
	"fmt"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// kernel records what computes one operation. Shards are taken care of before.
type kernel func(b *Backend, out, in []*tensor.Tensor, at *ops.Attr)

// kernels is the table of operations that this backend has. Each function stands
// beside its like in kernels_*.go and starts shaders of the same names.
var kernels map[*ops.Op]kernel

func init() { // not in the declaration: shards.go runs operations, too
	kernels = map[*ops.Op]kernel{
		ops.Copy:         copyTensor,
		ops.Fill:         fill,
		ops.Add:          add,
		ops.AddInPlace:   addInPlace,
		ops.ScaleInPlace: scaleInPlace,
		ops.RowScale:     rowScale,
	}
}

// Run checks the arguments and records the work of op.
func (b *Backend) Run(op *ops.Op, out, in []*tensor.Tensor, at *ops.Attr) {
	k, ok := kernels[op]
	if !ok {
		panic(&tensor.ShapeError{Op: "vulkan.Run", Msg: fmt.Sprintf("operation %q has no Vulkan kernel", op.Name)})
	}
	ops.Check(tensor.F32, op, out, in, at)
	k(b, out, in, at)
	for _, t := range out {
		t.Touch()
	}
}
