package dmae_test

import (
	"fmt"
	"log"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// stripes returns n grey images of 8 x 8 pixels with stripes of two directions.
func stripes(n int) []float32 {
	pixels := make([]float32, 0, n*64)
	for i := range n {
		for p := range 64 {
			at := p % 8
			if i%2 == 1 {
				at = p / 8
			}
			pixels = append(pixels, float32((at+i)/2%2))
		}
	}
	return pixels
}

// Pre-training with the library: noise, mask, loss, gradient, step.
func ExampleAutoencoder() {
	b := cpu.New(cpu.Options{})
	defer b.Close()
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	if err != nil {
		log.Fatal(err)
	}
	model, err := dmae.NewAutoencoder(b, cfg)
	if err != nil {
		log.Fatal(err)
	}
	model.Init(0)
	optimiser := optim.NewAdamW(model.Params, 0.9, 0.95, optim.Pretrain(0.05))

	const batch, seed = 16, 0
	ids := make([]int32, batch)
	samples := make([]uint32, batch)
	for i := range ids {
		ids[i], samples[i] = int32(i), uint32(i)
	}
	keep := make([]int32, batch*(1+cfg.Visible()))
	restore := make([]int32, batch*cfg.Patches())
	numbers := func(v []int32, dims ...int) *tensor.Tensor {
		t := b.New(tensor.I32, tensor.Of(dims...))
		b.Upload(t, v)
		return t
	}

	tape := autograd.NewTape(b)
	var first, last float64
	for step := range 30 {
		scope := b.Mark() // memory of a step, released at its end
		tape.Reset()
		model.Params.ZeroGrad()

		clean := b.New(b.Float(), tensor.Of(batch, 1, 8, 8))
		b.Upload(clean, stripes(batch))
		epochs := make([]int32, batch)
		for i := range epochs {
			epochs[i] = int32(step)
		}
		noisy := dmae.Corrupt(tape, clean, numbers(ids, batch), numbers(epochs, batch), cfg.Sigma, philox.Addr{Seed: seed, Stream: philox.TrainNoise})
		dmae.MaskIDs(seed, uint32(step), samples, cfg.Patches(), cfg.MaskRatio, keep, restore)
		loss, _ := model.Forward(tape, clean, noisy, numbers(keep, batch, 1+cfg.Visible()), numbers(restore, batch, cfg.Patches()))

		weight := b.New(b.Float(), loss.Shape()) // the mean over the batch
		b.Run(ops.Fill, []*tensor.Tensor{weight}, nil, &ops.Attr{Value: 1.0 / batch})
		tape.Backward(loss, weight)
		optimiser.Step(3e-3)

		losses := make([]float64, batch)
		b.Download(losses, loss.Value)
		last = mean(losses)
		if step == 0 {
			first = last
		}
		b.Release(scope)
	}
	if err := b.Sync(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("parameters:", model.Params.Count())
	fmt.Println("the loss has halved:", last < first/2)
	// Output:
	// parameters: 10912
	// the loss has halved: true
}

// Classifying images with the library.
func ExampleClassifier() {
	b := cpu.New(cpu.Options{})
	defer b.Close()
	cfg, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	if err != nil {
		log.Fatal(err)
	}
	cfg.Classes = 10
	model, err := dmae.NewClassifier(b, cfg)
	if err != nil {
		log.Fatal(err)
	}
	model.InitScratch(0) // or dmae.LoadClassifier(b, "checkpoint.safetensors")

	images := b.New(b.Float(), tensor.Of(3, 1, 28, 28)) // pixels in [0,1]
	b.Upload(images, make([]float32, 3*28*28))
	tape := autograd.NewInference(b)
	logits := model.Logits(tape, tape.Const(images))
	fmt.Println(logits.Shape())
	// Output: [3 10]
}

// A custom corruption: images of random brightness with noise. For training,
// set train.Options.Corruption.
func ExampleCorruption() {
	dim := dmae.Corruption{Name: "brightness 0.5-1, then noise of 0.1", Apply: func(t *autograd.Tape, images *tensor.Tensor, rows *dmae.Rows) *tensor.Tensor {
		b, n := t.Backend(), len(rows.Index)
		factors := make([]float32, n)
		for i := range factors {
			factors[i] = 0.5 + philox.NewGen(rows.Addr(i, philox.FirstUserStream)).Float32()/2
		}
		scale := b.New(b.Float(), tensor.Of(n))
		b.Upload(scale, factors)
		darker := t.Apply(ops.RowScale, ops.Attr{}, t.Const(images), t.Const(scale)).Value
		addr := philox.Addr{Seed: rows.Seed, Stream: philox.TrainNoise}
		return dmae.CorruptCopies(t, darker, rows.OnBackend.Index, rows.OnBackend.Epoch, rows.OnBackend.Copy, 0.1, addr)
	}}

	b := cpu.New(cpu.Options{})
	defer b.Close()
	rows := &dmae.Rows{Copies: 1, Index: []int32{4, 7}, Epoch: []int32{0, 0}}
	numbers := func(v []int32) *tensor.Tensor {
		x := b.New(tensor.I32, tensor.Of(len(v)))
		b.Upload(x, v)
		return x
	}
	rows.OnBackend.Index, rows.OnBackend.Epoch = numbers(rows.Index), numbers(rows.Epoch)
	images := b.New(b.Float(), tensor.Of(2, 1, 1, 3))
	b.Upload(images, []float32{1, 1, 1, 1, 1, 1})
	out := make([]float32, 6)
	if err := b.Download(out, dim.Apply(autograd.NewInference(b), images, rows)); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n%.2f\n", out[:3], out[3:])
	// Output:
	// [0.68 0.82 0.99]
	// [0.86 0.84 0.99]
}

// A custom masking: one square block stays visible. For pre-training, set
// train.Options.Mask.
func ExampleMasking() {
	block := dmae.Masking{Name: "one block", Rank: func(g *philox.Gen, grid int, u []float32) {
		row, column := g.Intn(grid-1), g.Intn(grid-1)
		for l := range u {
			dy, dx := l/grid-row, l%grid-column
			u[l] = float32(max(dy, -dy+1, dx, -dx+1)) // 1 in the block of 2 x 2, more around it
		}
	}}
	keep, restore := make([]int32, 2*(1+4)), make([]int32, 2*16)
	block.IDs(0, 0, []uint32{0, 1}, 16, 0.75, keep, restore)
	fmt.Println("class token and patches of image 0:", keep[:5])
	fmt.Println("class token and patches of image 1:", keep[5:])
	// Output:
	// class token and patches of image 0: [0 6 7 10 11]
	// class token and patches of image 1: [0 2 3 6 7]
}
