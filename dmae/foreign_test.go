package dmae_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
	"github.com/godmae/godmae/ops"
)

// asStored normalises with mean 0 and deviation 1, so that pixels are not
// changed.
func asStored(notes *[]string) dmae.Reader {
	return dmae.Reader{
		Heads: 2, DecoderHeads: 2, Mean: []float64{0, 0, 0}, Std: []float64{1, 1, 1},
		Note: func(s string) { *notes = append(*notes, s) },
	}
}

// The files and the expected outputs were written by Hugging Face's
// transformers, torchvision and timm (scripts/make-vit-testdata.py).
func TestVisionTransformersOfOtherLibraries(t *testing.T) {
	expected := fixture(t, "vit_from_expected.safetensors")
	images := numbers(t, expected, "images")
	onBackends(t, func(t *testing.T, b ops.Backend) {
		for _, c := range []struct{ file, want, note string }{
			{"huggingface.safetensors", "huggingface", `start with "vit.", which is removed`},
			{"huggingface_new.safetensors", "huggingface", "the names of Hugging Face"},
			{"torchvision.pth", "torchvision", "the names of torchvision"},
			{"timm_token.pth", "timm_token", `"module.", which is removed`},
			{"timm_avg.pth", "timm_avg", "several models: state_dict.module, state_dict_ema; state_dict.module is used"},
		} {
			var notes []string
			m, err := asStored(&notes).ReadClassifier(b, fixture(t, "vit_from_"+c.file))
			require.NoError(t, err, c.file)
			require.Contains(t, strings.Join(notes, "\n"), c.note)
			require.Equal(t, strings.HasPrefix(c.file, "huggingface"), m.Config.NormEps == 1e-12)
			tape := autograd.NewTape(b)
			got := m.Logits(tape, tape.Const(upload(b, images, 3, 3, 16, 16)))
			closeTo(t, c.file, numbers(t, expected, c.want), download(b, got.Value), tolerance, 0)
		}

		// The epsilon matters where activations are small.
		var notes []string
		r := asStored(&notes)
		r.NormEps = 1e-6
		m, err := r.ReadClassifier(b, fixture(t, "vit_from_huggingface.safetensors"))
		require.NoError(t, err)
		tape := autograd.NewTape(b)
		got := download(b, m.Logits(tape, tape.Const(upload(b, images, 3, 3, 16, 16))).Value)
		differs := false
		for i, want := range numbers(t, expected, "huggingface") {
			differs = differs || math.Abs(got[i]-float64(want)) > 1e-5
		}
		require.True(t, differs)
		same, err := asStored(&notes).ReadClassifier(b, fixture(t, "vit_from_huggingface.safetensors"))
		require.NoError(t, err)
		require.NotEqual(t, must(same.Digest()), must(m.Digest()), "another epsilon is another function")

		mae, err := asStored(&notes).ReadAutoencoder(b, fixture(t, "vit_from_huggingface_mae.safetensors"))
		require.NoError(t, err)
		cfg := mae.Config
		require.Equal(t, dmae.SinCos, cfg.Positions)
		require.Equal(t, 1e-6, cfg.NormPixEps)
		require.True(t, slices.ContainsFunc(notes, func(s string) bool { return strings.Contains(s, "--no-norm-pix-loss") }))
		keep, restore := make([]int32, 3*3), make([]int32, 3*4)
		dmae.MaskFromUniforms(numbers(t, expected, "mae_noise"), 4, 0.5, keep, restore)
		pred := mae.Reconstruct(autograd.NewTape(b), upload(b, images, 3, 3, 16, 16), uploadIDs(b, keep, 3, 3), uploadIDs(b, restore, 3, 4))
		closeTo(t, "mae", numbers(t, expected, "mae_prediction"), download(b, pred.Value), tolerance, 0)
	})
}

// From several models in a file, the optimiser's weights are loaded, with a
// note; --weights selects another model.
func TestWeightsChoosesAMovingAverage(t *testing.T) {
	b := testbackend.New(t)
	var notes []string
	r := asStored(&notes)
	f := fixture(t, "vit_from_timm_avg.pth")
	raw, err := r.ReadClassifier(b, f)
	require.NoError(t, err)
	r.Weights = "state_dict_ema"
	ema, err := r.ReadClassifier(b, f)
	require.NoError(t, err)
	w := must(raw.Params.Download(raw.Params.Get("head.bias")))
	for i, v := range must(ema.Params.Download(ema.Params.Get("head.bias"))) {
		require.InDelta(t, w[i]+1, v, 1e-6)
	}
	r.Weights = "state_dict" // the prefix of the names may be omitted
	again, err := r.ReadClassifier(b, f)
	require.NoError(t, err)
	require.Equal(t, must(raw.Digest()), must(again.Digest()))
	r.Weights = "teacher"
	_, err = r.ReadClassifier(b, f)
	require.ErrorContains(t, err, "no model under --weights teacher; there is state_dict.module, state_dict_ema")
}

// torchFile writes and opens a PyTorch file.
func torchFile(t *testing.T, root *pickle.Dict) *checkpoint.File {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, checkpoint.EncodeTorch(&b, root))
	f, err := checkpoint.NewFile("x.pth", bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	return f
}

// A model is recognised with the wrappers of all common trainers.
func TestWrappersAreTakenOff(t *testing.T) {
	b := testbackend.New(t)
	var notes []string
	r := asStored(&notes)
	r.Mean, r.Std, r.Heads = []float64{0}, []float64{1}, 0
	cfg := micro(t)
	c, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	c.InitScratch(1)
	plain := func(prefix string) *pickle.Dict {
		d := &pickle.Dict{Ordered: true}
		for _, x := range must(c.Params.Export()) {
			x.Name = prefix + x.Name
			d.MustSet(x.Name, x)
		}
		return d
	}
	under := func(key string, v any) *pickle.Dict { return (&pickle.Dict{}).MustSet(key, v).MustSet("epoch", 1) }
	number := checkpoint.Float32s("n_averaged", nil, []float32{3})
	head := (&pickle.Dict{})
	for _, x := range must(c.Params.Export()) {
		if !strings.HasPrefix(x.Name, "head.") && !strings.HasPrefix(x.Name, "fc_norm.") {
			x.Name = "backbone." + x.Name
		}
		x.Name = "module." + x.Name
		head.MustSet(x.Name, x)
	}
	r.Note = nil
	want, err := r.ReadClassifier(b, torchFile(t, plain("")))
	require.NoError(t, err)
	r.Note = func(s string) { notes = append(notes, s) }
	for said, root := range map[string]*pickle.Dict{
		`"module."`:                under("model", plain("module.")),
		`"_orig_mod."`:             under("model", plain("_orig_mod.")),
		`"module._orig_mod."`:      under("model", plain("module._orig_mod.")),
		`"_orig_mod.module."`:      plain("_orig_mod.module."),
		`"model."`:                 under("state_dict", plain("model.")),
		`"net."`:                   under("state_dict", plain("net.")),
		`"encoder."`:               under("net", plain("encoder.")),
		`"student.backbone."`:      under("model", plain("student.backbone.")),
		`"anything.at.all."`:       under("anything", under("at", under("all", plain("")))),
		"n_averaged":               under("model", plain("module.").MustSet("n_averaged", number)),
		`"module.backbone."`:       under("state_dict", head),
		"is model_ema":             under("model_ema", plain("")),
		"model is used":            under("model", plain("")).MustSet("model_ema", plain("")),
		"teacher.backbone is used": under("teacher", plain("backbone.")).MustSet("student", plain("backbone.")),
		"is ema.module":            under("ema", plain("module.")),
	} {
		notes = nil
		got, err := r.ReadClassifier(b, torchFile(t, root))
		require.NoError(t, err, said)
		require.Contains(t, strings.Join(notes, "\n"), said)
		require.Equal(t, must(want.Digest()), must(got.Digest()), said)
	}
	two := under("one", plain("")).MustSet("two", plain(""))
	_, err = r.ReadClassifier(b, torchFile(t, two))
	require.ErrorContains(t, err, "x.pth holds several models: one, two; give --weights and one of them")
	r.Weights = "two"
	_, err = r.ReadClassifier(b, torchFile(t, two))
	require.NoError(t, err)

	// In safetensors files, too.
	r.Weights = ""
	var buf bytes.Buffer
	tensors := must(c.Params.Export())
	for i := range tensors {
		tensors[i].Name = "module._orig_mod." + tensors[i].Name
	}
	require.NoError(t, checkpoint.Encode(&buf, tensors, nil))
	f, err := checkpoint.NewFile("x.safetensors", bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	require.NoError(t, err)
	got, err := r.ReadClassifier(b, f)
	require.NoError(t, err)
	require.Equal(t, must(want.Digest()), must(got.Digest()))
}

// Each of several models in a file can be loaded with its own head, with any
// wrappers and in both formats.
func TestEachOfSeveralModelsIsTakenWhole(t *testing.T) {
	b := testbackend.New(t)
	var notes []string
	r := asStored(&notes)
	r.Mean, r.Std, r.Heads = []float64{0}, []float64{1}, 0
	c, err := dmae.NewClassifier(b, micro(t))
	require.NoError(t, err)
	c.InitScratch(1)
	first := must(c.Params.Export())
	c.InitScratch(2)
	second := must(c.Params.Export())
	head := func(name string) bool { return strings.HasPrefix(name, "head.") }
	digest := func(encoder, head []checkpoint.Tensor) [32]byte {
		r := r
		r.Weights = ""
		root := &pickle.Dict{}
		for i, x := range encoder {
			if strings.HasPrefix(x.Name, "head.") {
				x = head[i]
			}
			root.MustSet(x.Name, x)
		}
		whole, err := r.ReadClassifier(b, torchFile(t, root))
		require.NoError(t, err)
		return must(whole.Digest())
	}
	one, two := digest(first, first), digest(second, second)
	require.NotEqual(t, one, two)
	type wrap struct{ encoder, head string } // prefixes of the names; - for no head
	for _, x := range []struct {
		first, second wrap
		weights       [2]string
		headOfFirst   bool // the second has none, and uses the one outside both
	}{
		{wrap{"", ""}, wrap{"model_ema.", "model_ema."}, [2]string{".", "model_ema"}, false},
		{wrap{"", ""}, wrap{"ema.module.", "ema.module."}, [2]string{".", "ema"}, false},
		{wrap{"", ""}, wrap{"ema.module.", "ema."}, [2]string{".", "ema"}, false},
		{wrap{"backbone.", ""}, wrap{"ema.backbone.", "ema."}, [2]string{"backbone", "ema"}, false},
		{wrap{"student.backbone.", "student."}, wrap{"teacher.backbone.", "teacher."}, [2]string{"student", "teacher"}, false},
		{wrap{"a.", ""}, wrap{"b.", "b."}, [2]string{"a", "b"}, false},
		{wrap{"a.", ""}, wrap{"b.", "-"}, [2]string{"a", "b"}, true},
	} {
		tensors := []checkpoint.Tensor{}
		model := &pickle.Dict{Ordered: true}
		put := func(w wrap, from []checkpoint.Tensor) {
			for _, x := range from {
				prefix := w.encoder
				if head(x.Name) {
					if prefix = w.head; prefix == "-" {
						continue
					}
				}
				x.Name = prefix + x.Name
				tensors = append(tensors, x)
				model.MustSet(x.Name, x)
			}
		}
		put(x.first, first)
		put(x.second, second)
		var buf bytes.Buffer
		require.NoError(t, checkpoint.Encode(&buf, tensors, nil))
		plain, err := checkpoint.NewFile("x.safetensors", bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		require.NoError(t, err)
		want := [2][32]byte{one, two}
		if x.headOfFirst {
			want[1] = digest(second, first)
		}
		for i, f := range []*checkpoint.File{plain, torchFile(t, model)} {
			for j, weights := range x.weights {
				r.Weights = weights
				got, err := r.ReadClassifier(b, f)
				require.NoError(t, err, "%v %d %s", x, i, weights)
				require.Equal(t, want[j], must(got.Digest()), "%v %d %s", x, i, weights)
			}
		}
	}

	// A moving average without a head does not get that of the other model.
	average, model := &pickle.Dict{}, &pickle.Dict{}
	for i := range first {
		model.MustSet(first[i].Name, first[i])
		if !head(second[i].Name) {
			average.MustSet(second[i].Name, second[i])
		}
	}
	r.Weights = "model_ema"
	_, err = r.ReadClassifier(b, torchFile(t, (&pickle.Dict{}).MustSet("model", model).MustSet("model_ema", average)))
	require.ErrorContains(t, err, `"encoder"`)

	// The dictionaries in which trainers save the two models.
	average = &pickle.Dict{}
	for _, x := range second {
		average.MustSet(x.Name, x)
	}
	for key, weights := range map[string]string{"model": "model_ema", "state_dict": "state_dict_ema"} {
		f := torchFile(t, (&pickle.Dict{}).MustSet(key, model).MustSet(weights, average))
		for w, want := range map[string][32]byte{key: one, weights: two, "": one} {
			r.Weights = w
			got, err := r.ReadClassifier(b, f)
			require.NoError(t, err, weights)
			require.Equal(t, want, must(got.Digest()))
		}
	}
}

// A feature that these models lack is named; its tensors are not listed as
// unexpected.
func TestFeaturesOfOtherTransformersAreNamed(t *testing.T) {
	c, err := dmae.NewClassifier(testbackend.New(t), micro(t))
	require.NoError(t, err)
	for name, want := range map[string]string{
		"blocks.0.ls1.gamma":          "layer scale",
		"dist_token":                  "a distillation token",
		"head_dist.weight":            "a distillation head",
		"reg_token":                   "register tokens",
		"blocks.1.attn.q_norm.weight": "normalised queries and keys",
		"rel_pos_bias.relative_position_bias_table": "relative positions",
		"norm_pre.weight":    "a normalisation before the blocks",
		"attn_pool.q.weight": "pooling by attention",
	} {
		root := &pickle.Dict{}
		for _, x := range append(must(c.Params.Export()), checkpoint.Float32s(name, []int{1}, []float32{1})) {
			root.MustSet("module."+x.Name, x)
		}
		f := torchFile(t, root)
		_, _, err := dmae.Reader{}.Describe(f)
		require.ErrorContains(t, err, "with "+want+" ("+name+")")
		_, _, err = dmae.Reader{}.DescribeStart(f)
		require.ErrorContains(t, err, "with "+want)
	}
	root := &pickle.Dict{}
	for _, x := range without(must(c.Params.Export()), "cls_token") {
		root.MustSet(x.Name, x)
	}
	_, _, err = dmae.Reader{}.Describe(torchFile(t, root))
	require.ErrorContains(t, err, "without a class token")

	// A tensor that cannot be read is named; it is an error only if the model
	// needs it.
	var notes []string
	more := &pickle.Dict{}
	for _, x := range append(must(c.Params.Export()), checkpoint.Bytes("scale", checkpoint.C64, []int{1}, make([]byte, 8))) {
		more.MustSet(x.Name, x)
	}
	_, _, err = dmae.Reader{Note: func(s string) { notes = append(notes, s) }}.Describe(torchFile(t, more))
	require.NoError(t, err)
	require.Contains(t, strings.Join(notes, "\n"), "and are ignored: scale")
	root.MustSet("cls_token", checkpoint.Bytes("cls_token", checkpoint.C64, []int{1, 1, 16}, make([]byte, 128)))
	_, _, err = dmae.Reader{}.Describe(torchFile(t, root))
	require.ErrorContains(t, err, "cls_token holds C64 but should hold floating point numbers")
	_, _, err = dmae.Describe(torchFile(t, (&pickle.Dict{}).MustSet("w", checkpoint.Float32s("w", nil, []float32{1}))))
	require.ErrorContains(t, err, "it has no patch_embed.proj.weight but w")
}
