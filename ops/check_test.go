package ops_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// arguments are the arguments of an operation, with tensors that have no
// memory.
type arguments struct {
	in, out []*tensor.Tensor
	at      ops.Attr
}

var memory = &tensor.Host[float64]{Name: "test"}

// shaped returns a tensor at the given place in memory.
func shaped(dtype tensor.DType, s tensor.Shape, place int) *tensor.Tensor {
	t := &tensor.Tensor{}
	t.Init(dtype, s, memory, place<<20)
	return t
}

// argumentsOf returns valid arguments for a case.
func argumentsOf(op *ops.Op, c *ops.Case) arguments {
	a := arguments{at: c.At}
	for i, t := range c.Shapes(op) {
		if t != nil {
			t = shaped(t.DType(), t.Shape(), i)
		}
		a.in = append(a.in, t)
	}
	if op.InPlace != nil {
		for i, o := range c.Out {
			a.out = append(a.out, shaped(op.Out[i].Kind.DType(tensor.F64), o.Shape, 100+i))
		}
		return a
	}
	specs := ops.Outputs(tensor.F64, op, a.in, &a.at)
	for i := range op.Out {
		a.out = append(a.out, shaped(specs[i].Kind.DType(tensor.F64), specs[i].Shape, 100+i))
	}
	return a
}

func (a arguments) check(op *ops.Op) { ops.Check(tensor.F64, op, a.out, a.in, &a.at) }

// refused returns the message with which arguments are refused; the test fails
// if they are accepted.
func refused(t *testing.T, op *ops.Op, a arguments, what ...any) string {
	t.Helper()
	err := func() (err any) {
		defer func() { err = recover() }()
		a.check(op)
		return nil
	}()
	require.IsType(t, &tensor.ShapeError{}, err, what...)
	require.Contains(t, err.(error).Error(), op.Name+": ", what...)
	return err.(error).Error()
}

// eachCase calls f for every case of every operation; args makes new arguments.
func eachCase(t *testing.T, f func(t *testing.T, op *ops.Op, args func() arguments)) {
	for _, op := range ops.All {
		for _, c := range op.Cases() {
			t.Run(op.Name+"/"+c.Name, func(t *testing.T) {
				args := func() arguments { return argumentsOf(op, &c) }
				args().check(op)
				f(t, op, args)
			})
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	for _, op := range ops.All {
		require.True(t, (op.Infer == nil) != (op.InPlace == nil), "%s: Infer or InPlace", op.Name)
		require.LessOrEqual(t, len(op.In), ops.MaxIn, op.Name)
		require.LessOrEqual(t, len(op.Out), ops.MaxOut, op.Name)
		require.NotEmpty(t, op.Out, op.Name)
		require.NotZero(t, op.Batch.Rule, "%s: why samples depend on each other", op.Name)
		require.Equal(t, op.Batch.Rule == ops.WholeBatch, op.Batch.Why != "", op.Name)
		require.False(t, op.Moves && op.Bound != ops.Bound{}, "%s only moves numbers but has a bound", op.Name)
		names := map[string]bool{}
		for _, p := range slices.Concat(op.In, op.Out) {
			require.NotEmpty(t, p.Name, op.Name)
			names[p.Name] = true
		}
		require.Len(t, names, len(op.In)+len(op.Out), "%s: two tensors of one name", op.Name)
	}
}

// Every wrong element type of every tensor is refused.
func TestWrongTypesAreRefused(t *testing.T) {
	tried := 0
	eachCase(t, func(t *testing.T, op *ops.Op, args func() arguments) {
		for _, wrong := range []tensor.DType{tensor.F32, tensor.F64, tensor.BF16, tensor.I32, tensor.U8} {
			for _, pick := range []func(a *arguments) []*tensor.Tensor{
				func(a *arguments) []*tensor.Tensor { return a.in }, func(a *arguments) []*tensor.Tensor { return a.out },
			} {
				for i := range pick(new(args())) {
					a := args()
					x := pick(&a)[i]
					if x == nil || x.DType() == wrong {
						continue
					}
					pick(&a)[i] = shaped(wrong, x.Shape(), 200)
					require.Contains(t, refused(t, op, a, "tensor %d of %v", i, wrong), "must hold")
					tried++
				}
			}
		}
	})
	require.Greater(t, tried, 1000)
}

// A tensor whose innermost dimension is longer by one is refused wherever its
// length must match another tensor's.
func TestWrongShapesAreRefused(t *testing.T) {
	free := map[*ops.Op]int{ // inputs of any width
		ops.SumSquares: 0, ops.ArgMax: 0, ops.TopK: 0, ops.Consistency: 0, ops.StepScale: 1, ops.Resize: 0, ops.ResizeGrad: 0,
	}
	eachCase(t, func(t *testing.T, op *ops.Op, args func() arguments) {
		for i, x := range args().in {
			if j, ok := free[op]; x == nil || ok && i == j {
				continue
			}
			a := args()
			a.in[i] = shaped(x.DType(), x.Shape().WithLast(x.Shape().Last()+1), i)
			refused(t, op, a, "input %s of %v in place of %v", op.In[i].Name, a.in[i].Shape(), x.Shape())
			a.in[i] = shaped(x.DType(), tensor.Shape{}, i)
			if x.Shape().Elems() > 1 && op != ops.Add { // a number can be added to anything
				refused(t, op, a, "a scalar as input %s in place of %v", op.In[i].Name, x.Shape())
			}
		}
		for i, x := range args().out {
			if len(op.In) == 0 {
				continue // Fill and ScaleInPlace take any output
			}
			a := args()
			a.out[i] = shaped(x.DType(), x.Shape().WithLast(x.Shape().Last()+1), 100+i)
			refused(t, op, a, "output %s of %v in place of %v", op.Out[i].Name, a.out[i].Shape(), x.Shape())
		}
	})
}

// Absent inputs and outputs, and too many, are refused.
func TestWrongNumbersAreRefused(t *testing.T) {
	eachCase(t, func(t *testing.T, op *ops.Op, args func() arguments) {
		for i, p := range op.In {
			if p.Optional {
				continue
			}
			a := args()
			a.in[i] = nil
			require.Contains(t, refused(t, op, a), "is absent")
			a.in = a.in[:i]
			refused(t, op, a)
		}
		for i := range op.Out {
			a := args()
			a.out[i] = nil
			refused(t, op, a)
		}
		a := args()
		a.in = append(a.in, nil)
		refused(t, op, a)
		a = args()
		a.out = append(a.out, a.out[0])
		refused(t, op, a)
		a.out = a.out[:0]
		refused(t, op, a)
	})
}

// An output that shares all or part of its memory with an input or another
// output is refused.
func TestSharedMemoryIsRefused(t *testing.T) {
	eachCase(t, func(t *testing.T, op *ops.Op, args func() arguments) {
		for i, o := range args().out {
			if o.Shape().Elems() == 0 {
				continue
			}
			a := args()
			for j, x := range a.in {
				if x == nil {
					continue
				}
				b := args()
				b.out[i].Init(o.DType(), o.Shape(), memory, x.Offset()+x.Shape().Elems()-1)
				require.Contains(t, refused(t, op, b, "output %d on input %d", i, j), "shares memory")
			}
			for j := range a.out[:i] {
				if a.out[j].Shape().Elems() > 0 {
					b := args()
					b.out[i].Init(o.DType(), o.Shape(), memory, b.out[j].Offset())
					require.Contains(t, refused(t, op, b), "share memory")
				}
			}
		}
	})
}

// changes has a function that changes each attribute.
var changes = map[ops.Field]func(at *ops.Attr){
	ops.AttrAccumulate: func(at *ops.Attr) { at.Accumulate = !at.Accumulate },
	ops.AttrShards:     func(at *ops.Attr) { at.Shards = 2 },
	ops.AttrGelu:       func(at *ops.Attr) { at.Gelu = !at.Gelu },
	ops.AttrInfer:      func(at *ops.Attr) { at.Infer = !at.Infer },
	ops.AttrHeads:      func(at *ops.Attr) { at.Heads++ },
	ops.AttrPatch:      func(at *ops.Attr) { at.Patch++ },
	ops.AttrFrom:       func(at *ops.Attr) { at.From++ },
	ops.AttrCount:      func(at *ops.Attr) { at.Count++ },
	ops.AttrSize:       func(at *ops.Attr) { at.Size[1]++ },
	ops.AttrEps:        func(at *ops.Attr) { at.Eps += 0.5 },
	ops.AttrScale:      func(at *ops.Attr) { at.Scale += 0.0625 },
	ops.AttrValue:      func(at *ops.Attr) { at.Value += 0.5 },
	ops.AttrOrder:      func(at *ops.Attr) { at.Order = 1 - at.Order },
	ops.AttrBox:        func(at *ops.Attr) { at.Box = [4]int{0, 2, 0, 2} },
	ops.AttrChan:       func(at *ops.Attr) { at.Chan[0][0] += 0.5; at.Chan[1][0]++ },
	ops.AttrAdam:       func(at *ops.Attr) { at.Adam.Beta1 /= 2; at.Adam.Eps++ },
	ops.AttrLars:       func(at *ops.Attr) { at.Lars.Momentum += 0.5 },
	ops.AttrReg:        func(at *ops.Attr) { at.Reg.Lambda++ },
	ops.AttrPixels:     func(at *ops.Attr) { at.Pixels = nil },
	ops.AttrSeed:       func(at *ops.Attr) { at.Seed++ },
	ops.AttrStream:     func(at *ops.Attr) { at.Stream += philox.FirstUserStream },
	ops.AttrCopy:       func(at *ops.Attr) { at.Copy++ },
}

// An attribute that an operation does not read is refused.
func TestUnreadAttributesAreRefused(t *testing.T) {
	eachCase(t, func(t *testing.T, op *ops.Op, args func() arguments) {
		for field, change := range changes {
			if op.Reads&field != 0 || field == ops.AttrPixels {
				continue
			}
			a := args()
			change(&a.at)
			require.Contains(t, refused(t, op, a, field.String()), "does not read the attribute "+field.String())
		}
	})
}

// Every attribute in an operation's Reads changes, in at least one case, its
// result, its shapes or whether it is refused.
func TestReadAttributesMatter(t *testing.T) {
	for _, op := range ops.All {
		for field, change := range changes {
			if op.Reads&field == 0 || field == ops.AttrShards {
				continue // the order of a sum: see the tests of ShardSum and the contract's hashes
			}
			matters := false
			for _, c := range op.Cases() {
				changed := c
				change(&changed.At)
				matters = matters || !slices.EqualFunc(result(op, &c), result(op, &changed), func(a, b float64) bool {
					return a == b || math.IsNaN(a) && math.IsNaN(b)
				})
			}
			require.True(t, matters, "%s does not depend on %v", op.Name, field)
		}
	}
}

// result returns the reference's result for a case, or nil if the case is
// refused.
func result(op *ops.Op, c *ops.Case) (all []float64) {
	defer func() {
		if recover() != nil {
			all = nil
		}
	}()
	in, out := c.Draw(op)
	op.Ref(out, in, &c.At)
	for _, a := range out {
		all = append(all, a.F...)
		for _, v := range a.I {
			all = append(all, float64(v))
		}
	}
	return all
}

func TestShardSum(t *testing.T) {
	var order []string
	sum := ops.ShardSum(0, 12, 4, func(lo, hi int) float64 {
		order = append(order, string(rune('a'+lo))+string(rune('a'+hi-1)))
		return math.Pow(10, float64(lo/3))
	})
	require.Equal(t, 1111.0, sum)
	require.Equal(t, []string{"ac", "df", "gi", "jl"}, order)
	// The tree (tiny + tiny) + (1 + -1) keeps the small terms; a chain loses
	// them.
	terms := []float64{1e-20, 1e-20, 1, -1}
	require.Equal(t, 2e-20, ops.ShardSum(0, 4, 4, func(lo, _ int) float64 { return terms[lo] }))

	at := ops.Attr{Shards: 2}
	for _, op := range []*ops.Op{ops.LinearGradW, ops.RowSum} {
		in := []*tensor.Tensor{shaped(tensor.F64, tensor.Of(3, 4, 5), 0), shaped(tensor.F64, tensor.Of(3, 4, 6), 1)}[:len(op.In)]
		require.PanicsWithError(t, op.Name+": 3 samples cannot be divided into 2 equal groups", func() { ops.Outputs(tensor.F64, op, in, &at) })
	}
	at.Shards = 3
	require.Panics(t, func() {
		ops.Outputs(tensor.F64, ops.RowSum, []*tensor.Tensor{shaped(tensor.F64, tensor.Of(3, 4, 5), 0)}, &at)
	})
}
