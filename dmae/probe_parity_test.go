package dmae_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
)

// Four steps of a linear probe in PyTorch: batch normalisation, linear layer,
// LARS; then the logits of other features.
func TestProbeParity(t *testing.T) {
	f := fixture(t, "linprobe_lars.safetensors")
	const n, width, classes = 16, 48, 10
	onBackends(t, func(t *testing.T, b ops.Backend) {
		m, err := dmae.NewProbe(b, vitTiny(false))
		require.NoError(t, err)
		m.InitScratch(1)
		weight, bias := m.Params.Get("head.1.weight"), m.Params.Get("head.1.bias")
		opt := optim.NewLARS(m.Params, 0.9, 0.001, 0)
		m.Params.Upload(weight, numbers(t, f, "w0"))
		m.Params.Upload(bias, numbers(t, f, "b0"))
		require.Equal(t, classes*width+classes, m.Params.Count(), "the encoder is frozen")
		tape, target := autograd.NewTape(b), make([]float32, n*classes)
		for step := range 4 {
			name := fmt.Sprintf("s%d.", step)
			y, err := f.Int64(name + "y")
			require.NoError(t, err)
			labels := make([]int32, n)
			for i, v := range y {
				labels[i] = int32(v)
			}
			dmae.Targets(labels, classes, 0, target)
			tape.Reset()
			m.Params.ZeroGrad()
			x := tape.Const(upload(b, numbers(t, f, name+"feat"), n, width))
			logits, batchMean, variance := m.TrainProbe(tape, x)
			loss := tape.Apply(ops.CrossEntropy, ops.Attr{}, logits, tape.Const(upload(b, target, n, classes)))
			closeTo(t, name+"loss", numbers(t, f, name+"loss"), []float64{mean(download(b, loss.Value))}, 1e-6, 0)
			backward(tape, loss)
			opt.Step(0.1)
			m.GatherStats(batchMean, variance, n, nil)
		}
		closeTo(t, "w", numbers(t, f, "w"), download(b, weight.Value), tolerance, 0)
		// The bias starts at 0 and is changed by gradients that nearly cancel.
		closeTo(t, "b", numbers(t, f, "b"), download(b, bias.Value), tolerance, 1e-8)
		for _, name := range []string{"running_mean", "running_var"} {
			closeTo(t, name, numbers(t, f, name), download(b, m.Params.Get("head.0."+name).Value), tolerance, 0)
		}
		features := autograd.NewInference(b).Const(upload(b, numbers(t, f, "eval_feat"), n, width))
		closeTo(t, "logits", numbers(t, f, "eval_logits"), download(b, m.Classify(autograd.NewInference(b), features).Value), tolerance, 0)
	})
}

// A probe is saved as a classifier with timm's names, and read back it computes
// the same function; the count of batches does not affect it.
func TestProbeRoundTrip(t *testing.T) {
	b := testbackend.New(t)
	m, err := dmae.NewProbe(b, vitTiny(false))
	require.NoError(t, err)
	m.InitScratch(3)
	seen := m.Params.Get("head.0.num_batches_tracked")
	m.Params.Upload(seen, []float32{40})
	path := filepath.Join(t.TempDir(), "probe.safetensors")
	require.NoError(t, m.Save(path))
	f, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer f.Close()
	for name, shape := range map[string][]int{"head.0.running_mean": {48}, "head.0.running_var": {48}, "head.0.num_batches_tracked": {}, "head.1.weight": {10, 48}, "head.1.bias": {10}} {
		info, ok := f.Info(name)
		require.True(t, ok, name)
		require.Equal(t, fmt.Sprint(shape), fmt.Sprint(info.Shape), name)
	}
	info, _ := f.Info("head.0.num_batches_tracked")
	require.Equal(t, checkpoint.I64, info.DType)

	again, err := dmae.LoadClassifier(b, path)
	require.NoError(t, err)
	require.Equal(t, dmae.BatchNormHead, again.Config.Head)
	require.Equal(t, []float32{40}, must(again.Params.Download(again.Params.Get("head.0.num_batches_tracked"))))
	require.Equal(t, must(m.Digest()), must(again.Digest()))
	m.Params.Upload(seen, []float32{41})
	require.Equal(t, must(m.Digest()), must(again.Digest()))
	m.Params.Upload(m.Params.Get("head.0.running_var"), make([]float32, 48))
	require.NotEqual(t, must(m.Digest()), must(again.Digest()))
}
