package patchmlp_test

import (
	"context"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/patchmlp"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

func TestMain(m *testing.M) {
	patchmlp.Register()
	os.Exit(m.Run())
}

// images returns the first images of the built-in data.
func images(t *testing.T, split data.Split, n int) data.Dataset {
	ds, err := data.Open(data.FashionMNIST, data.Options{Split: split})
	require.NoError(t, err)
	return data.First(ds, n)
}

// options describes a run of a few steps.
func options(t *testing.T, recipe train.Recipe, epochs int) train.Options {
	model, err := dmae.Preset("patch_mlp_28")
	require.NoError(t, err)
	require.Equal(t, patchmlp.Name, model.Family)
	o := train.Options{Backend: testbackend.New(t), Model: model, Recipe: recipe, Train: images(t, data.Train, 128), Out: t.TempDir()}
	o.Model.Classes, o.Model.ClassNames, o.Model.DropPath = 10, o.Train.Classes(), 0.1
	o.Recipe.Epochs, o.Recipe.WarmupEpochs, o.Recipe.LR = epochs, 1, 1e-2
	return o
}

// A model of the family learns, its file names the family, and the model read
// back computes the same function.
func TestTrainedSavedAndRead(t *testing.T) {
	o := options(t, train.FinetuneRecipe(16), 20)
	o.Recipe.LayerDecay = 0.9
	result, err := train.Finetune(context.Background(), o)
	require.NoError(t, err)

	f, err := checkpoint.Open(result.Checkpoint)
	require.NoError(t, err)
	defer f.Close()
	kind, cfg, err := dmae.Describe(f)
	require.NoError(t, err)
	require.Equal(t, dmae.KindClassifier, kind)
	require.Equal(t, patchmlp.Name, cfg.Family)
	require.JSONEq(t, `{"hidden":24}`, string(cfg.Settings))

	m, err := dmae.ReadClassifier(o.Backend, f)
	require.NoError(t, err)
	seen, err := train.Evaluate(context.Background(), m, o.Train, train.EvalOptions{Batch: 50})
	require.NoError(t, err)
	require.Greater(t, seen.Accuracy(), 0.6, "10 classes, on the training images")

	// The digest covers the family's own settings.
	want, err := m.Digest()
	require.NoError(t, err)
	m.Config.Settings = []byte(`{"hidden":25}`)
	other, err := m.Digest()
	require.NoError(t, err)
	require.NotEqual(t, want, other)
	again, err := dmae.LoadClassifier(testbackend.New(t), result.Checkpoint)
	require.NoError(t, err)
	got, err := again.Digest()
	require.NoError(t, err)
	require.Equal(t, want, got)

	// It gives another model, and a linear probe, their initial weights: all
	// but the head.
	o.Encoder, o.Out = result.Checkpoint, t.TempDir()
	said := ""
	o.Log = func(message string) { said += message + "\n" }
	_, err = train.Finetune(context.Background(), o)
	require.NoError(t, err)
	require.Contains(t, said, "drawn at random: head")
	probe := options(t, train.LinprobeRecipe(16), 4)
	probe.Encoder = result.Checkpoint
	_, err = train.Linprobe(context.Background(), probe)
	require.NoError(t, err)
}

// What the family does not support is an error of one sentence.
func TestRefusals(t *testing.T) {
	b := testbackend.New(t)
	cfg, err := dmae.Preset("patch_mlp_28")
	require.NoError(t, err)
	for want, change := range map[string]func(*dmae.Config){
		"hidden 0 must lie":       func(c *dmae.Config) { c.Settings = []byte(`{}`) },
		`unknown field "heads"`:   func(c *dmae.Config) { c.Settings = []byte(`{"hidden":4,"heads":2}`) },
		"it must be JSON":         func(c *dmae.Config) { c.Settings = []byte(`{`) },
		"patch 5 does not":        func(c *dmae.Config) { c.Patch = 5 },
		"sigma is -1":             func(c *dmae.Config) { c.Sigma = -1 },
		"channels is 2":           func(c *dmae.Config) { c.Channels = 2 },
		`family is "resnet"`:      func(c *dmae.Config) { c.Family = "resnet" },
		"settings belong to anot": func(c *dmae.Config) { *c = microViT(t); c.Settings = []byte(`{}`) },
	} {
		c := cfg
		change(&c)
		require.ErrorContains(t, c.Validate(), want)
	}
	_, err = dmae.NewAutoencoder(b, cfg)
	require.ErrorContains(t, err, "patch-mlp have no autoencoder")
	_, err = train.NewPlan(cfg, train.PretrainRecipe(8), 100, 5)
	require.ErrorContains(t, err, "patch-mlp have no autoencoder")

	cfg.Classes = 2
	m, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	vit := microViT(t)
	ae, err := dmae.NewAutoencoder(b, vit)
	require.NoError(t, err)
	require.ErrorContains(t, m.LoadEncoder(ae, 0), "no autoencoder")
	vit.Classes = 2
	other, err := dmae.NewClassifier(b, vit)
	require.NoError(t, err)
	path := t.TempDir() + "/m.safetensors"
	require.NoError(t, m.Save(path))
	_, err = dmae.Reader{}.StartClassifier(other, path, 0)
	require.ErrorContains(t, err, "a model of patch-mlp and the model to train is one of the Vision Transformer")

	// A file with a kind that the family does not have.
	tensors, err := m.Params.Export()
	require.NoError(t, err)
	metadata := m.Metadata()
	metadata[dmae.KeyKind] = dmae.KindAutoencoder
	require.NoError(t, checkpoint.Write(path, tensors, metadata))
	_, err = dmae.LoadAutoencoder(b, path)
	require.ErrorContains(t, err, `kind "autoencoder": models of the family patch-mlp have no autoencoder`)
	require.Panics(t, patchmlp.Register, "its name is taken")
	require.Panics(t, func() { dmae.Register(dmae.Family{Name: "half"}) })
}

func microViT(t *testing.T) dmae.Config {
	c, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	return c
}

// The gradient checks of the program cover the family.
func TestGradients(t *testing.T) {
	checked := 0
	for _, r := range dmae.CheckGradients() {
		if strings.HasPrefix(r.Case, patchmlp.Name) {
			checked++
			require.True(t, r.Pass, "%+v", r)
			require.Greater(t, r.Checked, 20)
		}
	}
	require.Equal(t, 1, checked)
	for _, b := range []ops.Backend{testbackend.New(t), testbackend.Float64(t)} {
		results, err := dmae.CheckGradientsOn(b)
		require.NoError(t, err)
		for _, r := range results {
			require.True(t, r.Pass, "%+v", r)
		}
	}
}

// The steps in docs/architecture.md by which a model is added name what this
// package uses.
func TestChecklist(t *testing.T) {
	doc, err := os.ReadFile("../../docs/architecture.md")
	require.NoError(t, err)
	source, err := os.ReadFile("patchmlp.go")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(doc), "## Adding a model\n")
	require.True(t, ok)
	steps, _, ok := strings.Cut(section, "Training, evaluation")
	require.True(t, ok)
	names := regexp.MustCompile("`(?:nn|dmae|Config)(\\.[A-Z]\\w+)`").FindAllStringSubmatch(steps, -1)
	require.Greater(t, len(names), 8)
	for _, name := range names {
		require.Contains(t, string(source), name[1])
	}
}

// brightness is a model that belongs to no family of package dmae: its answer
// is one of two classes, by the mean of the pixels.
type brightness struct {
	backend      ops.Backend
	weight, bias *tensor.Tensor
}

func newBrightness(b ops.Backend) *brightness {
	m := &brightness{b, b.Persist(b.Float(), tensor.Of(2, 4)), b.Persist(b.Float(), tensor.Of(2))}
	b.Upload(m.weight, []float32{-1, -1, -1, -1, 1, 1, 1, 1})
	b.Upload(m.bias, []float32{2, -2})
	return m
}

func (m *brightness) Backend() ops.Backend        { return m.backend }
func (m *brightness) Classes() int                { return 2 }
func (m *brightness) Input() (channels, size int) { return 1, 2 }
func (m *brightness) MaxBatch() int               { return 3 }
func (m *brightness) Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable {
	pixels := t.Apply(ops.MeanTokens, ops.Attr{}, t.Apply(ops.Patchify, ops.Attr{Patch: 2}, images))
	return t.Apply(ops.Linear, ops.Attr{}, pixels, t.Const(m.weight), t.Const(m.bias), nil, nil)
}

// Any model that maps images to scores can be evaluated.
func TestEvaluateTakesAnyModel(t *testing.T) {
	pictures, labels := make([]data.Image, 8), make([]int32, 8)
	for i := range pictures {
		v := byte(i * 36) // up to 252; the threshold is between images 3 and 4
		pictures[i], labels[i] = data.Image{C: 1, H: 2, W: 2, Pix: []byte{v, v, v, v}}, int32(i/4)
	}
	labels[0] = 1
	ds, err := data.NewMemory("greys", []string{"dark", "light"}, pictures, labels)
	require.NoError(t, err)
	e, err := train.Evaluate(context.Background(), newBrightness(testbackend.New(t)), ds, train.EvalOptions{Batch: 100})
	require.NoError(t, err)
	require.Equal(t, 8, e.Images)
	require.Equal(t, 7, e.Correct)
}

// The family could stand in another module: it imports no internal package.
func TestImportsArePublic(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "patchmlp.go", nil, parser.ImportsOnly)
	require.NoError(t, err)
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		require.NotContains(t, strings.Split(path, "/"), "internal")
	}
}
