package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// Training continues from a .pth of godmae or another program without naming
// the model, and can then be resumed like any other run.
func TestTrainingGoesOnFromAPyTorchFile(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	flags := func(out string, more ...string) []string {
		return append([]string{"pretrain", "--data", "builtin:fashion-mnist", "--max-images", "16", "--batch-size", "8", "--epochs", "2",
			"--warmup-epochs", "0", "--sigma", "0.5", "--out", in(out)}, more...)
	}
	succeed(t, flags("whole", "--model", "dmae_vit_tiny_patch4_28", "--mask-ratio", "0.5", "--norm-pix-eps", "1e-6", "--checkpoint-every", "1")...)
	succeed(t, "convert", in("whole/checkpoint-0.safetensors"), in("own.pth"))

	f, err := checkpoint.Open(in("own.pth"))
	require.NoError(t, err)
	model := &pickle.Dict{Ordered: true}
	tensor := func(name string) checkpoint.Tensor {
		x, err := f.Tensor(name, name)
		require.NoError(t, err)
		return x
	}
	state, groups := &pickle.Dict{}, &pickle.List{}
	all, _ := f.Extra().Get("optimizer")
	list, _ := all.(*pickle.Dict).Get("param_groups")
	for _, g := range list.(*pickle.List).Items {
		numbers, _ := g.(*pickle.Dict).Get("params")
		groups.Items = append(groups.Items, (&pickle.Dict{}).MustSet("params", numbers))
		for _, n := range numbers.(*pickle.List).Items {
			of, _ := all.(*pickle.Dict).Get("state")
			entry, _ := of.(*pickle.Dict).Get(n)
			moments := &pickle.Dict{}
			for _, key := range []string{"step", "exp_avg", "exp_avg_sq"} {
				v, _ := entry.(*pickle.Dict).Get(key)
				moments.MustSet(key, tensor(v.(*checkpoint.Ref).Name))
			}
			state.MustSet(n, moments)
		}
	}
	for _, info := range f.Tensors() {
		if info.Name[:6] != "train." {
			model.MustSet(info.Name, tensor(info.Name))
		}
	}
	args := &pickle.Dict{}
	for _, key := range []string{"model", "mask_ratio", "norm_pix_loss"} {
		v, _ := f.Extra().Get("args")
		value, ok := v.(*pickle.Dict).Get(key)
		require.True(t, ok)
		args.MustSet(key, value)
	}
	require.NoError(t, checkpoint.WriteTorch(in("foreign.pth"), (&pickle.Dict{}).MustSet("model", model).
		MustSet("optimizer", (&pickle.Dict{}).MustSet("state", state).MustSet("param_groups", groups)).MustSet("epoch", 0).
		MustSet("args", args.MustSet("sigma", 0.25))))
	require.NoError(t, f.Close())

	weights := func(folder string) map[string][]byte {
		f, err := checkpoint.Open(in(folder + "/" + train.CheckpointName))
		require.NoError(t, err)
		defer f.Close()
		all := map[string][]byte{}
		for _, info := range f.Tensors() {
			all[info.Name], err = f.Raw(info.Name)
			require.NoError(t, err)
		}
		return all
	}
	want := weights("whole")
	for _, from := range []string{"own", "foreign"} {
		code, _, stderr := dmaeRun(t, flags(from, "--resume", in(from+".pth"))...)
		require.Equal(t, exitDone, code, stderr)
		require.Equal(t, want, weights(from), from)
		if from == "foreign" {
			require.Contains(t, stderr, "saved by the official trainer after its epoch 0")
			require.Contains(t, stderr, "sigma 0.25, not 0.5")
		}
		succeed(t, flags(from, "--resume", "auto")...)
	}
	code, _, stderr := dmaeRun(t, flags("foreign", "--resume", in("foreign.pth"))...)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "exists already; continue from it with --resume auto")
	succeed(t, flags("foreign", "--resume", in("foreign.pth"), "--overwrite")...)
	code, _, stderr = dmaeRun(t, flags("new", "--resume", "auto", "--heads", "3")...)
	require.Equal(t, exitMisuse, code)
	require.Contains(t, stderr, "--heads")
	code, _, stderr = dmaeRun(t, "pretrain", "--data", "builtin:fashion-mnist", "--out", in("x"), "--resume", in("foreign.pth"), "--epochs", "1", "--warmup-epochs", "0")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "has finished 1 epochs and this run is to have 1")
}
