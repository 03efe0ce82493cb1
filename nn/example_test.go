package nn_test

import (
	"fmt"
	"math"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
)

// A new initialiser: +scale or -scale with equal probability. Its values depend
// only on the seed and the parameter's index in the model.
func ExampleInitializer() {
	signs := func(scale float64) nn.Initializer {
		return func(g *philox.Gen, dst []float32) {
			for i := range dst {
				dst[i] = float32(math.Copysign(scale, float64(g.Float32())-0.5))
			}
		}
	}
	b := cpu.New(cpu.Options{})
	defer b.Close()
	declared := nn.NewBuilder()
	nn.NewLinear(declared, "layer", 3, 2, signs(0.5))
	params := declared.Allocate(b)
	params.Init(0)
	for _, p := range params.All() {
		values, err := params.Download(p)
		fmt.Println(p.Name, p.Shape, values, err)
	}
	// Output:
	// layer.weight [2 3] [0.5 0.5 -0.5 0.5 -0.5 -0.5] <nil>
	// layer.bias [2] [0 0] <nil>
}
