package convert_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/convert"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/internal/testfiles"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
	"github.com/godmae/godmae/nn/optim"
)

func fixture(t *testing.T, name string) string {
	t.Helper()
	return testfiles.Large(t, "fixtures", name)
}

func open(t *testing.T, path string) *checkpoint.File {
	t.Helper()
	f, err := checkpoint.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// requireSame checks that two files hold the same tensors, byte for byte, under
// the names that rename returns.
func requireSame(t *testing.T, want, got *checkpoint.File, rename func(string) string) {
	t.Helper()
	n := 0
	for _, info := range want.Tensors() {
		a, err := want.Raw(info.Name)
		require.NoError(t, err)
		twin, ok := got.Info(rename(info.Name))
		require.True(t, ok, "%s is not in %s", rename(info.Name), got.Name())
		require.Equal(t, info.Shape, twin.Shape)
		require.Equal(t, info.DType, twin.DType)
		b, err := got.Raw(twin.Name)
		require.NoError(t, err)
		require.Equal(t, a, b, info.Name)
		n++
	}
	require.Len(t, got.Tensors(), n)
}

func same(name string) string { return name }

func TestThereAndBack(t *testing.T) {
	dir := t.TempDir()
	tiny := dmae.Reader{Heads: 3, DecoderHeads: 4}
	for _, name := range []string{"dmae_tiny_full", "dmae_tiny_full_legacy", "dmae_tiny_f16", "dmae_tiny_bf16_flat", "vit_tiny_gap", "vit_tiny_cls"} {
		in := fixture(t, name+".pth")
		mid, out := filepath.Join(dir, name+".safetensors"), filepath.Join(dir, name+".pth")
		r, err := convert.File(in, mid, tiny)
		require.NoError(t, err, name)
		require.Equal(t, checkpoint.Safetensors, r.To)
		_, err = convert.File(mid, out, dmae.Reader{})
		require.NoError(t, err, name)
		requireSame(t, open(t, in), open(t, out), same)

		// The values beside the tensors are the same, too.
		a, err := pickle.EncodeJSON(open(t, in).Extra())
		require.NoError(t, err)
		b, err := pickle.EncodeJSON(open(t, out).Extra())
		require.NoError(t, err)
		plain := strings.Replace(string(a), `{"$namespace":{`, `{`, 1)
		if plain != string(a) {
			plain = strings.Replace(plain, `}}}`, `}}`, 1)
		}
		require.Equal(t, plain, string(b), "a Namespace becomes a dictionary")

		// The intermediate file is godmae's and has the configuration.
		kind, cfg, err := dmae.Describe(open(t, mid))
		require.NoError(t, err)
		require.Equal(t, 3, cfg.Heads)
		require.Equal(t, r.Kind, kind)
		_, fromOut, err := dmae.Describe(open(t, out))
		require.NoError(t, err)
		require.Equal(t, cfg, fromOut, "the .pth contains the configuration, too")
	}
	pth, twin := open(t, filepath.Join(dir, "dmae_tiny_full.pth")), open(t, fixture(t, "dmae_tiny_full.safetensors"))
	for _, info := range twin.Tensors() {
		a, err := twin.Raw(info.Name)
		require.NoError(t, err)
		b, err := pth.Raw(info.Name)
		require.NoError(t, err)
		require.Equal(t, a, b)
	}
}

// The moments of an official optimiser are stored under the names of their
// parameters. The key third of a qkv bias has no gradient, so its moments are
// rounding noise. This checks the numbering.
func TestOfficialMomentsGetNames(t *testing.T) {
	mid := filepath.Join(t.TempDir(), "x.safetensors")
	_, err := convert.File(fixture(t, "dmae_tiny_full.pth"), mid, dmae.Reader{Heads: 3, DecoderHeads: 4})
	require.NoError(t, err)
	f := open(t, mid)
	for prefix, width := range map[string]int{"blocks.0.": 48, "blocks.1.": 48, "decoder_blocks.0.": 32, "decoder_blocks.1.": 32} {
		v, err := f.Float64("train.adamw.m." + prefix + "attn.qkv.bias")
		require.NoError(t, err)
		require.Len(t, v, 3*width)
		norm := func(v []float64) float64 {
			s := 0.0
			for _, x := range v {
				s += x * x
			}
			return math.Sqrt(s)
		}
		require.Less(t, norm(v[width:2*width]), 1e-4*norm(v[2*width:]), prefix)
	}
	_, ok := f.Info("train.adamw.v.mask_token")
	require.True(t, ok)
	_, ok = f.Info("train.adamw.m.pos_embed")
	require.False(t, ok, "fixed positions have no moments")
	require.Equal(t, "5", f.Metadata()[optim.TorchStepsKey])
}

// micro trains a small model for two steps and returns its checkpoint. With
// change it continues or changes that training.
func micro(t *testing.T, finetune bool, change func(*train.Options)) string {
	t.Helper()
	stage := train.StagePretrain
	if finetune {
		stage = train.StageFinetune
	}
	result, err := microRun(t, stage, change)
	require.NoError(t, err)
	return result.Checkpoint
}

// microRun is micro for any stage and with the error of the run.
func microRun(t *testing.T, stage string, change func(*train.Options)) (*train.Result, error) {
	t.Helper()
	b := testbackend.New(t)
	testbackend.NeedsFloat32(t, b)
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	images := make([]data.Image, 8)
	for i := range images {
		images[i] = data.Image{C: 1, H: 8, W: 8, Pix: make([]byte, 64)}
		for j := range images[i].Pix {
			images[i].Pix[j] = byte(i * j)
		}
	}
	set, err := data.NewMemory("test", []string{"a", "b"}, images, []int32{0, 1, 0, 1, 0, 1, 0, 1})
	require.NoError(t, err)
	recipe, run := train.PretrainRecipe(4), train.Pretrain
	switch stage {
	case train.StageFinetune:
		recipe, run = train.FinetuneRecipe(4), train.Finetune
	case train.StageLinprobe:
		recipe, run = train.LinprobeRecipe(4), train.Linprobe
	}
	if stage != train.StagePretrain {
		cfg.Classes, cfg.ClassNames = 2, []string{"a", "b"}
	}
	recipe.Epochs, recipe.WarmupEpochs, recipe.EMA = 1, 0, 0.9
	o := train.Options{Backend: b, Model: cfg, Recipe: recipe, Train: set, Out: t.TempDir()}
	if change != nil {
		change(&o)
	}
	return run(context.Background(), o)
}

// A checkpoint that godmae trained is converted to PyTorch with the optimiser
// of the official code. Converted back, it is unchanged.
func TestGodmaeThereAndBack(t *testing.T) {
	for _, finetune := range []bool{false, true} {
		in, dir := micro(t, finetune, func(o *train.Options) { o.Recipe.EMA = 0 }), t.TempDir()
		pth, back := filepath.Join(dir, "x.pth"), filepath.Join(dir, "x.safetensors")
		_, err := convert.File(in, pth, dmae.Reader{})
		require.NoError(t, err)
		f := open(t, pth)
		optimizer, ok := f.Extra().Get("optimizer")
		require.True(t, ok)
		groups, _ := optimizer.(*pickle.Dict).Get("param_groups")
		list := groups.(*pickle.List).Items
		if finetune {
			require.Len(t, list, 8, "two each in the embedding, two blocks and the head")
			scale, _ := list[0].(*pickle.Dict).Get("lr_scale")
			require.InDelta(t, 0.65*0.65*0.65, scale, 1e-15)
		} else {
			require.Len(t, list, 2)
			decay, _ := list[0].(*pickle.Dict).Get("weight_decay")
			require.Equal(t, 0.0, decay, "the group without decay comes first")
		}
		step, err := f.Float64("train.torch.optimizer.state.0.step")
		require.NoError(t, err)
		require.Equal(t, []float64{2}, step)
		epoch, _ := f.Extra().Get("epoch")
		require.Equal(t, int64(0), epoch)

		requireComesBack(t, in, pth, back)
	}
}

// requireComesBack converts a PyTorch file back and compares the result with
// the original.
func requireComesBack(t *testing.T, in, pth, back string) {
	t.Helper()
	_, err := convert.File(pth, back, dmae.Reader{})
	require.NoError(t, err)
	a, b := open(t, in), open(t, back)
	for _, info := range a.Tensors() {
		want, err := a.Raw(info.Name)
		require.NoError(t, err)
		got, err := b.Raw(info.Name)
		require.NoError(t, err, info.Name)
		require.Equal(t, want, got, info.Name)
	}
	for key, want := range a.Metadata() {
		require.Equal(t, want, b.Metadata()[key], key)
	}
	s, err := train.ReadState(b)
	require.NoError(t, err)
	require.Equal(t, 2, s.Steps)
}

// The moments of a run with averaged weights belong to the weights and not to
// the average. The PyTorch file has the average without an optimiser, and
// nothing is lost when it is converted back.
func TestAnAverageGoesToPyTorchWithoutItsOptimiser(t *testing.T) {
	in, dir := micro(t, false, nil), t.TempDir()
	pth := filepath.Join(dir, "x.pth")
	var notes []string
	_, err := convert.File(in, pth, dmae.Reader{Note: func(s string) { notes = append(notes, s) }})
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Contains(t, notes[0], "moving average")
	f := open(t, pth)
	_, ok := f.Extra().Get("optimizer")
	require.False(t, ok)
	requireComesBack(t, in, pth, filepath.Join(dir, "x.safetensors"))

	// A run continues with the same weights and moments from both.
	var want *checkpoint.File
	for _, start := range []string{in, pth} {
		got := open(t, micro(t, false, func(o *train.Options) {
			o.Init, o.Open = start, opener
			o.Log = func(m string) { require.NotContains(t, m, "no optimiser") }
		}))
		if want == nil {
			want = got
		}
		requireSame(t, want, got, same)
	}
}

// opener opens files of godmae and PyTorch.
func opener(path string) (*checkpoint.File, error) { return convert.Open(path, dmae.Reader{}) }

// forget writes a PyTorch file without the values that only godmae reads.
func forget(t *testing.T, in, out string) {
	t.Helper()
	f := open(t, in)
	var tensor func(v any) any
	tensor = func(v any) any {
		switch v := v.(type) {
		case *checkpoint.Ref:
			x, err := f.Tensor(v.Name, v.Name)
			require.NoError(t, err)
			return x
		case *pickle.Dict:
			d := &pickle.Dict{}
			for i := range v.Len() {
				key, x := v.At(i)
				d.MustSet(key, tensor(x))
			}
			return d
		}
		return v
	}
	model, root := &pickle.Dict{Ordered: true}, tensor(f.Extra()).(*pickle.Dict)
	for _, info := range f.Tensors() {
		if !strings.HasPrefix(info.Name, dmae.StatePrefix) {
			x, err := f.Tensor(info.Name, info.Name)
			require.NoError(t, err)
			model.MustSet(info.Name, x)
		}
	}
	require.NoError(t, checkpoint.WriteTorch(out, root.MustSet("model", model)))
}

// withForeign returns a checkpoint of a pre-training run, and the paths in a
// folder with own.pth, converted from it, and foreign.pth, without godmae's
// values.
func withForeign(t *testing.T) (own string, in func(name string) string) {
	t.Helper()
	dir := t.TempDir()
	in = func(name string) string { return filepath.Join(dir, name) }
	own = micro(t, false, func(o *train.Options) { o.Recipe.EMA = 0 })
	_, err := convert.File(own, in("own.pth"), dmae.Reader{})
	require.NoError(t, err)
	forget(t, in("own.pth"), in("foreign.pth"))
	return own, in
}

// Pre-training continues in the same way from a checkpoint of godmae, from
// its PyTorch file, from a PyTorch file without godmae's values, and from
// the latter converted. All of them have the moments and the step count.
func TestPretrainingGoesOnFromAllOfThem(t *testing.T) {
	own, in := withForeign(t)
	require.True(t, dmae.IsForeign(open(t, in("foreign.pth"))))
	_, err := convert.File(in("foreign.pth"), in("converted.safetensors"), dmae.Reader{})
	require.NoError(t, err)
	_, err = convert.File(in("converted.safetensors"), in("again.pth"), dmae.Reader{})
	require.NoError(t, err)
	var want *checkpoint.File
	for _, start := range []string{own, in("own.pth"), in("foreign.pth"), in("converted.safetensors"), in("again.pth")} {
		got := open(t, micro(t, false, func(o *train.Options) {
			o.Init, o.Open = start, opener
			o.Log = func(m string) { require.NotContains(t, m, "no optimiser") }
		}))
		s, err := train.ReadState(got)
		require.NoError(t, err)
		require.Equal(t, 2, s.InitSteps, start)
		if want == nil {
			want = got
		}
		requireSame(t, want, got, same)
	}
}

func TestRefusals(t *testing.T) {
	in := micro(t, false, nil)
	_, err := convert.File(in, filepath.Join(t.TempDir(), "x.onnx"), dmae.Reader{})
	require.ErrorContains(t, err, "use .safetensors or .pth")
	_, err = convert.File(in, in, dmae.Reader{})
	require.ErrorContains(t, err, "the same file")
	_, err = convert.File(in+"x", filepath.Join(t.TempDir(), "x.pth"), dmae.Reader{})
	require.ErrorIs(t, err, os.ErrNotExist)

	_, err = convert.File(in, filepath.Join(t.TempDir(), "x.pth"), dmae.Reader{Heads: 3})
	require.ErrorContains(t, err, "contains the configuration of its model")

	// Metadata that refer to missing tensors.
	bad := filepath.Join(t.TempDir(), "bad.safetensors")
	w := checkpoint.Float32s("w", []int{1}, []float32{1})
	for _, text := range []string{`{"optimizer":{"$tensor":"train.torch.x"}}`, `[`, `[]`, `{"a":{"$system":"x"}}`} {
		require.NoError(t, checkpoint.Write(bad, []checkpoint.Tensor{w}, map[string]string{"torch.extra": text}))
		out := filepath.Join(t.TempDir(), "x.pth")
		_, err = convert.File(bad, out, dmae.Reader{})
		require.ErrorContains(t, err, "torch.extra", text)
		require.NoFileExists(t, out)
	}

	// The tensors of a model that is not recognised are converted.
	var notes []string
	require.NoError(t, checkpoint.Write(bad, []checkpoint.Tensor{w}, nil))
	out := filepath.Join(t.TempDir(), "x.pth")
	r, err := convert.File(bad, out, dmae.Reader{Note: func(s string) { notes = append(notes, s) }})
	require.NoError(t, err)
	require.Empty(t, r.Kind)
	require.Len(t, notes, 1)
	requireSame(t, open(t, bad), open(t, out), same)
	_, err = json.Marshal(r)
	require.NoError(t, err)
}
