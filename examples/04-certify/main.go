// Certifying images with a model of one's own: it answers the class whose mean image is the nearest.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
	"github.com/godmae/godmae/tensor"
)

type nearest struct { // its seven methods are all that package dmae/certify asks for
	b           ops.Backend
	means, bias *tensor.Tensor // m [10, 784] and -|m|^2/2 [10]
	digest      [sha256.Size]byte
}

func (n *nearest) Backend() ops.Backend               { return n.b }
func (n *nearest) Classes() int                       { return 10 }
func (n *nearest) ClassNames() []string               { return nil } // not needed
func (n *nearest) Input() (channels, size int)        { return 1, 28 }
func (n *nearest) Digest() ([sha256.Size]byte, error) { return n.digest, nil }
func (n *nearest) MaxBatch() int                      { return 512 }

// Logits scores a class with m.x - |m|^2/2, which is largest where |x-m| is smallest.
func (n *nearest) Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable {
	x := t.Const(images.Value.Reshape(tensor.Of(images.Shape().Dim(0), 784)))
	return t.Apply(ops.Linear, ops.Attr{}, x, t.Const(n.means), t.Const(n.bias))
}

func main() {
	b := cpu.New(cpu.Options{})
	defer b.Close()
	train := must(data.Open(data.FashionMNIST, data.Options{Split: data.Train}))
	sums, seen := [10][784]int{}, [10]int{}
	for i := range train.Len() {
		seen[train.Label(i)]++
		for p, v := range must(train.Image(i)).Pix {
			sums[train.Label(i)][p] += int(v)
		}
	}
	means, bias := make([]float32, 10*784), make([]float32, 10)
	for c := range sums {
		squares := 0
		for p, sum := range sums[c] {
			m := sum / seen[c] // a whole grey level, so that the weights are the same on every machine
			means[c*784+p] = float32(m) / 255
			squares += m * m
		}
		bias[c] = float32(-float64(squares) / (2 * 255 * 255))
	}
	model := &nearest{b: b, digest: sha256.Sum256(fmt.Append(nil, means, bias))}
	model.means, model.bias = b.Persist(b.Float(), tensor.Of(10, 784)), b.Persist(b.Float(), tensor.Of(10))
	b.Upload(model.means, means)
	b.Upload(model.bias, bias)
	test := must(data.Open(data.FashionMNIST, data.Options{Split: data.Test}))
	c := must(certify.New(model, test, certificate.Defaults(bound.MethodCohen), certify.Options{}))
	for _, i := range []int{35, 0, 49} {
		r := must(smooth.Certify(context.Background(), c.Classifier(), c.Params(), i, must(c.Describe(i)), nil))
		levels := int(255 * r.Radius.Float64()) // rounded down
		fmt.Printf("image %d, label %d: selected class %d; %d other copies got %v\n", i, r.Label, r.Selected, r.Estimation.N, r.Estimation.Counts)
		fmt.Printf("    answer %d, pA %s, radius %s: one pixel by %d grey levels, or all by %d\n", r.Predict, r.PA, r.Radius, levels, levels/28)
	}
	fmt.Println("\nThe point: a certificate says that the answer stays, not that it is right, and it may say nothing (-1).")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
