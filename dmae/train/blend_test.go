package train

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/philox"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/tensor"
)

// For two images, neighbours are first and last: the blend is that of package
// data, which equals timm's, to the bit.
func TestBlendingOfTwoIsTheBlendOfTheDefinition(t *testing.T) {
	b := cpu.New(cpu.Options{Threads: 1})
	defer b.Close()
	c, err := dmae.Preset("dmae_vit_nano_patch4_32")
	require.NoError(t, err)
	r := FinetuneRecipe(2)
	r.Mix = &data.Mix{Mixup: 0.8, Cutmix: 1, Prob: 1, Switch: 0.5}
	l, err := newBlending(b, &c, &r, 2)
	require.NoError(t, err)
	g := philox.NewGen(philox.Addr{Seed: 3, Stream: philox.FirstUserStream})
	pixels := make([]float32, 2*c.Pixels())
	for i := range pixels {
		pixels[i] = g.Float32()
	}
	x := b.Persist(b.Float(), tensor.Of(2, 3, 32, 32))
	b.Upload(x, pixels)
	labels, got, want := []int32{4, 7}, make([]float32, len(pixels)), make([]float32, len(pixels))
	target, wantTarget := make([]float32, 20), make([]float32, 20)
	kinds := map[bool]int{}
	for step := range uint32(20) {
		d := l.draw(step)
		kinds[d.Cutmix]++
		d.Images(want, pixels, pixels, 2, 32, 32)
		b.Download(got, l.images(autograd.NewInference(b), x, step))
		require.Equal(t, want, got, "step %d", step)
		d.Targets(labels, labels, 10, 0.1, wantTarget)
		l.targets(labels, step, 10, 0.1, target)
		require.Equal(t, wantTarget, target, "step %d", step)
	}
	require.Len(t, kinds, 2)
}

// Blending before and after the noise differ, and so does not blending.
func TestBlendingOrders(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		o := tinyOptions(consistent, t.TempDir())
		o.Recipe.Epochs, o.Test = 2, nil
		switch len(seen) {
		case 1:
			o.Recipe.MixClean = true
		case 2:
			o.Recipe.Mix = nil
		}
		weights, _ := finish(t, o)
		require.NotContains(t, seen, string(weights))
		seen[string(weights)] = true
	}
}

func TestBlendingNeedsPairs(t *testing.T) {
	o := tinyOptions(consistent, t.TempDir())
	o.MicroBatch = 1
	runOn(t, o, 1, func(ctx context.Context, o Options) {
		_, err := Finetune(ctx, o)
		require.ErrorContains(t, err, "micro-batches of 1")
	})
	o.MicroBatch, o.Recipe.Batch, o.Recipe.Epochs, o.Test = 0, 5, 1, nil
	finish(t, o) // the last image of five stays alone
	o.Recipe.Mix = &data.Mix{Mixup: -1, Prob: 1}
	require.ErrorContains(t, o.Recipe.Validate(), "mixup -1")
}
