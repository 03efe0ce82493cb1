package dmae_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/convert"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
)

// The official trainer's checkpoint after five recorded steps has the same
// moments as these five steps here, and a sixth step from that checkpoint
// equals the sixth step here.
func TestOfficialTrainingIsGoneOnWith(t *testing.T) {
	f := fixture(t, "dmae_tiny_adamw5.safetensors")
	view, err := convert.Open(fixturePath(t, "dmae_tiny_full.pth"), tinyHeads)
	require.NoError(t, err)
	defer view.Close()
	b := testbackend.New(t)
	cfg := tiny(32, true)
	trainer := func() (*dmae.Autoencoder, *optim.AdamW, func(step int)) {
		m := loadTiny(t, b, cfg)
		opt := optim.NewAdamW(m.Params, 0.9, 0.95, optim.Pretrain(0.05))
		return m, opt, func(step int) {
			in := loadBatch(t, b, f, fmt.Sprintf("s%d.", step), cfg)
			tape := autograd.NewTape(b)
			m.Params.ZeroGrad()
			loss, _ := m.Forward(tape, in.clean, in.noisy, in.keep, in.restore)
			backward(tape, loss)
			opt.Step(1.5e-4)
		}
	}
	ours, opt, step := trainer()
	for i := range 5 {
		step(i)
	}
	theirs, official, stepOn := trainer()
	require.NoError(t, theirs.Params.Load(view))
	require.NoError(t, official.Import(view, "train.adamw.", 5))
	// The gradients of the keys' biases are only rounding errors, and so are
	// their moments.
	clearKeys := func(name string, v ...[]float64) {
		if strings.HasSuffix(name, "qkv.bias") {
			for _, v := range v {
				clear(keysOf(v))
			}
		}
	}
	compare := func(name string, want, got []float64) {
		clearKeys(name, want, got)
		w := make([]float32, len(want))
		for i, v := range want {
			w[i] = float32(v)
		}
		closeTo(t, name, w, got, 10*tolerance, 0)
	}
	path := filepath.Join(t.TempDir(), "ours.safetensors")
	require.NoError(t, checkpoint.Write(path, must(opt.Export("train.adamw.")), nil))
	file, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer file.Close()
	require.Greater(t, len(file.Tensors()), 100)
	for _, info := range file.Tensors() {
		got, err := file.Float64(info.Name)
		require.NoError(t, err)
		want, err := view.Float64(info.Name)
		require.NoError(t, err)
		compare(info.Name, want, got)
	}
	step(0)
	stepOn(0)
	for _, p := range ours.Params.All() {
		compare(p.Name, download(b, theirs.Params.Get(p.Name).Value), download(b, p.Value))
	}
}

// Two recorded steps of a linear probe, a checkpoint of them in the layout of
// the official trainer, and two more steps from it.
func TestOfficialProbeIsGoneOnWith(t *testing.T) {
	f := fixture(t, "linprobe_lars.safetensors")
	const n, width, classes = 16, 48, 10
	b := testbackend.New(t)
	trainer := func() (*dmae.Classifier, *optim.LARS, func(step int)) {
		m, err := dmae.NewProbe(b, vitTiny(false))
		require.NoError(t, err)
		m.InitScratch(1)
		opt := optim.NewLARS(m.Params, 0.9, 0.001, 0)
		return m, opt, func(step int) {
			name := fmt.Sprintf("s%d.", step)
			y, err := f.Int64(name + "y")
			require.NoError(t, err)
			labels, target := make([]int32, n), make([]float32, n*classes)
			for i, v := range y {
				labels[i] = int32(v)
			}
			dmae.Targets(labels, classes, 0, target)
			m.Params.ZeroGrad()
			tape := autograd.NewTape(b)
			logits, batchMean, variance := m.TrainProbe(tape, tape.Const(upload(b, numbers(t, f, name+"feat"), n, width)))
			backward(tape, tape.Apply(ops.CrossEntropy, ops.Attr{}, logits, tape.Const(upload(b, target, n, classes))))
			opt.Step(0.1)
			m.GatherStats(batchMean, variance, n, nil)
		}
	}
	m, opt, step := trainer()
	m.Params.Upload(m.Params.Get("head.1.weight"), numbers(t, f, "w0"))
	m.Params.Upload(m.Params.Get("head.1.bias"), numbers(t, f, "b0"))
	step(0)
	step(1)
	model, state := &pickle.Dict{Ordered: true}, &pickle.Dict{}
	for _, w := range must(m.Params.Export()) {
		model.MustSet(w.Name, w)
	}
	for i, mu := range must(opt.Export("")) {
		state.MustSet(int64(i), (&pickle.Dict{}).MustSet("mu", mu))
	}
	group := (&pickle.Dict{}).MustSet("lr", 0.1).MustSet("weight_decay", 0.0).MustSet("momentum", 0.9).MustSet("trust_coefficient", 0.001).
		MustSet("params", &pickle.List{Items: []any{int64(0), int64(1)}})
	path := filepath.Join(t.TempDir(), "checkpoint-1.pth")
	require.NoError(t, checkpoint.WriteTorch(path, (&pickle.Dict{}).MustSet("model", model).MustSet("epoch", 1).
		MustSet("optimizer", (&pickle.Dict{}).MustSet("state", state).MustSet("param_groups", &pickle.List{Items: []any{group}}))))

	view, err := convert.Open(path, dmae.Reader{Heads: 3})
	require.NoError(t, err)
	defer view.Close()
	m, opt, step = trainer()
	require.NoError(t, m.Params.Load(view))
	require.NoError(t, opt.Import(view, "train.lars.", 0))
	step(2)
	step(3)
	closeTo(t, "w", numbers(t, f, "w"), download(b, m.Params.Get("head.1.weight").Value), tolerance, 0)
	closeTo(t, "b", numbers(t, f, "b"), download(b, m.Params.Get("head.1.bias").Value), tolerance, 1e-8)
	for _, name := range []string{"running_mean", "running_var"} {
		closeTo(t, name, numbers(t, f, name), download(b, m.Params.Get("head.0."+name).Value), tolerance, 0)
	}
}
