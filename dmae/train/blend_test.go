package train

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// With two images, neighbours are also first and last: the blend is bit for bit
// that of package data, which equals timm's.
func TestBlendingOfTwoIsTheBlendOfTheDefinition(t *testing.T) {
	b := testbackend.New(t)
	testbackend.NeedsContract(t, b)
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
		l.draw(b, []uint32{5, 6}, step)
		d := r.Mix.Draw(32, 32, data.MixAddr(r.Seed, step, 0))
		kinds[d.Cutmix]++
		d.Images(want, pixels, pixels, 2, 32, 32)
		b.Download(got, l.images(autograd.NewInference(b), x))
		require.Equal(t, want, got, "step %d", step)
		d.Targets(labels, labels, 10, 0.1, wantTarget)
		l.targets(labels, 10, 0.1, target)
		require.Equal(t, wantTarget, target, "step %d", step)
	}
	require.Len(t, kinds, 2)
}

// Blending before the noise, blending after it and not blending give three
// different results.
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
	finish(t, o) // the last image of five has no partner
	o.Recipe.Mix = &data.Mix{Mixup: -1, Prob: 1}
	require.ErrorContains(t, o.Recipe.Validate(), "mixup -1")
}

// In the modes for pairs and single images, each row has its own blend, bit for
// bit that of package data for that row. In pairs, partners have the same weight
// or box. An image's blend does not depend on the micro-batches, and each row of
// targets is a distribution.
func TestBlendingOfEachImage(t *testing.T) {
	const images, copies, classes = 6, 2, 10
	b := testbackend.New(t)
	testbackend.NeedsContract(t, b)
	c, err := dmae.Preset("dmae_vit_nano_patch4_32")
	require.NoError(t, err)
	g := philox.NewGen(philox.Addr{Seed: 3, Stream: philox.FirstUserStream})
	size := c.Pixels()
	pixels := make([]float32, images*copies*size)
	for i := range pixels {
		pixels[i] = g.Float32()
	}
	labels, index := make([]int32, images*copies), make([]uint32, images)
	for i := range index {
		index[i] = uint32(g.Intn(1000))
		for k := range copies {
			labels[i*copies+k] = int32(g.Intn(classes))
		}
	}
	for _, mode := range []data.MixMode{data.MixPair, data.MixElem} {
		r := FinetuneRecipe(images)
		r.Copies, r.Mix = copies, &data.Mix{Mode: mode, Mixup: 0.8, Cutmix: 1, Prob: 0.75, Switch: 0.5}
		whole, err := newBlending(b, &c, &r, images)
		require.NoError(t, err)
		part, err := newBlending(b, &c, &r, 2)
		require.NoError(t, err)
		kinds, equal := map[string]int{}, 0
		for step := range uint32(20) {
			x := b.Persist(b.Float(), tensor.Of(images*copies, 3, 32, 32))
			b.Upload(x, pixels)
			whole.draw(b, index, step)
			got, target := make([]float32, len(pixels)), make([]float32, images*copies*classes)
			b.Download(got, whole.images(autograd.NewInference(b), x))
			whole.targets(labels, classes, 0.1, target)
			for row, partner := range whole.rows {
				d := whole.blends[row]
				switch {
				case d.Cutmix:
					kinds["cutmix"]++
				case d.Lambda == 1:
					kinds["none"]++
				default:
					kinds["mixup"]++
				}
				require.Equal(t, int32(row), whole.rows[partner], "partners are mutual")
				if d == whole.blends[partner] {
					equal++
				}
				of := func(r int) []float32 { return pixels[r*size : (r+1)*size] }
				want := make([]float32, size)
				d.Images(want, of(row), of(int(partner)), 1, 32, 32)
				require.Equal(t, want, got[row*size:(row+1)*size], "%s, step %d, row %d", mode, step, row)
				sum := 0.0
				for _, v := range target[row*classes : (row+1)*classes] {
					sum += float64(v)
				}
				require.InDelta(t, 1, sum, 1e-6)
			}
			for lo := 0; lo < images; lo += 2 {
				part.draw(b, index[lo:lo+2], step)
				require.Equal(t, whole.blends[lo*copies:(lo+2)*copies], part.blends)
			}
		}
		rows := 20 * images * copies
		require.Len(t, kinds, 3)
		require.InDelta(t, 0.25, float64(kinds["none"])/float64(rows), 0.1, mode)
		require.InDelta(t, 0.5, float64(kinds["cutmix"])/float64(kinds["cutmix"]+kinds["mixup"]), 0.15, mode)
		if mode == data.MixPair {
			require.Equal(t, rows, equal, "partners share a draw")
		} else {
			require.Less(t, equal, rows/4, "only two that are not blended are equal")
		}
	}
}
