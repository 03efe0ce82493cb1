package checkpoint_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/godmae/godmae/nn/checkpoint"
)

// Save two tensors and read one of them again.
func Example() {
	dir, err := os.MkdirTemp("", "checkpoint")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")
	err = checkpoint.Write(path, []checkpoint.Tensor{
		checkpoint.Float32s("head.weight", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}),
		checkpoint.Int64s("step", nil, []int64{100}),
	}, map[string]string{"kind": "classifier"})
	if err != nil {
		log.Fatal(err)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	for _, t := range f.Tensors() {
		fmt.Println(t.Name, t.DType, t.Shape)
	}
	weight, err := f.Float32("head.weight")
	fmt.Println(weight, err, f.Metadata()["kind"])
	// Output:
	// head.weight F32 [2 3]
	// step I64 []
	// [1 2 3 4 5 6] <nil> classifier
}
