package train

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// withOwn sets a custom transform, corruption and masking in the options of a
// run, and counts how often the transform is called.
func withOwn(o *Options, calls *atomic.Int64) {
	o.Augment = []data.Custom{{Name: "negative", Change: func(im data.Image, g *philox.Gen) {
		calls.Add(1)
		if g.Float32() < 0.5 {
			for i, v := range im.Pix {
				im.Pix[i] = 255 - v
			}
		}
	}}}
	o.Corruption = &dmae.Corruption{Name: "dim", Apply: func(t *autograd.Tape, images *tensor.Tensor, rows *dmae.Rows) *tensor.Tensor {
		factors := make([]float32, len(rows.Index))
		for i := range factors {
			factors[i] = philox.NewGen(rows.Addr(i, philox.FirstUserStream)).Float32()
		}
		b := t.Backend()
		scale := b.New(b.Float(), tensor.Of(len(factors)))
		b.Upload(scale, factors)
		return t.Apply(ops.RowScale, ops.Attr{}, t.Const(images), t.Const(scale)).Value
	}}
	if o.Recipe.Stage == StagePretrain {
		o.Mask = &dmae.Masking{Name: "rows", Rank: func(g *philox.Gen, grid int, u []float32) {
			first := g.Intn(grid)
			for l := range u {
				u[l] = float32((l/grid - first + grid) % grid)
			}
		}}
	}
}

// Custom functions are recorded and change the result independently of the
// micro-batches. A run can only be resumed with the same ones.
func TestOwnTransformCorruptionAndMasking(t *testing.T) {
	for _, stage := range []string{StagePretrain, StageFinetune, consistent} {
		t.Run(stage, func(t *testing.T) {
			b := testbackend.New(t)
			var calls atomic.Int64
			result := func(micro int, own bool) (string, Options) {
				o := tinyOptions(stage, t.TempDir())
				o.Backend, o.MicroBatch, o.Workers = b, micro, 2
				if own {
					withOwn(&o, &calls)
				}
				_, err := train(context.Background(), o)
				require.NoError(t, err)
				log, err := os.ReadFile(filepath.Join(o.Out, LogName))
				require.NoError(t, err)
				return string(log), o
			}
			want, o := result(8, true)
			require.Positive(t, calls.Load())
			got, _ := result(2, true)
			require.Equal(t, want, got)
			plain, _ := result(8, false)
			require.NotEqual(t, want, plain)

			f, err := checkpoint.Open(filepath.Join(o.Out, CheckpointName))
			require.NoError(t, err)
			defer f.Close()
			s, err := ReadState(f)
			require.NoError(t, err)
			require.Equal(t, []string{"negative"}, s.Recipe.Augment)
			require.Equal(t, "dim", s.Recipe.Corruption)
			require.Equal(t, stage == StagePretrain, s.Recipe.Mask == "rows")

			o.Resume = "auto"
			_, err = train(context.Background(), o)
			require.NoError(t, err)
			o.Corruption = nil
			_, err = train(context.Background(), o)
			require.ErrorContains(t, err, `it has corruption "dim", not none`)
			o.Corruption = &dmae.Corruption{Name: "no function"}
			_, err = train(context.Background(), o)
			require.ErrorContains(t, err, "needs a function and a name")
		})
	}
}
