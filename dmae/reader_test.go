package dmae_test

import (
	"bytes"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
)

// tinyHeads are the heads of the fixtures' models, which their files do not
// record.
var tinyHeads = dmae.Reader{Heads: 3, DecoderHeads: 4}

// A PyTorch file and the safetensors file of the same weights are read as the
// same classifier.
func TestClassifierFromTorch(t *testing.T) {
	b := testbackend.New(t)
	for _, pool := range []string{"gap", "cls"} {
		c, err := tinyHeads.ReadClassifier(b, fixture(t, "vit_tiny_"+pool+".pth"))
		require.NoError(t, err)
		twin, err := tinyHeads.ReadClassifier(b, fixture(t, "vit_tiny_"+pool+"_weights.safetensors"))
		require.NoError(t, err)
		require.Equal(t, must(twin.Digest()), must(c.Digest()))
		cfg := c.Config
		require.Equal(t, []int{32, 32, 3, 4, 48, 2, 3, 4, 10}, []int{cfg.ImageSize, cfg.DataSize, cfg.Channels, cfg.Patch, cfg.Width, cfg.Depth, cfg.Heads, cfg.MLPRatio, cfg.Classes})
		require.Equal(t, pool == "gap", cfg.GlobalPool)
		require.Equal(t, dmae.ImageNetMean, cfg.Mean)
	}
}

func TestAutoencoderFromTorch(t *testing.T) {
	b := testbackend.New(t)
	for _, file := range []string{"dmae_tiny_full.pth", "dmae_tiny_full_legacy.pth"} {
		var notes []string
		r := tinyHeads
		r.Note = func(s string) { notes = append(notes, s) }
		m, err := r.ReadAutoencoder(b, fixture(t, file))
		require.NoError(t, err)
		cfg := m.Config
		require.Equal(t, []int{224, 3, 16, 48, 2, 3}, []int{cfg.ImageSize, cfg.Channels, cfg.Patch, cfg.Width, cfg.Depth, cfg.Heads})
		require.Equal(t, dmae.Decoder{Width: 32, Depth: 2, Heads: 4}, cfg.Decoder)
		require.Equal(t, "dmae_tiny", cfg.Name, "from args.model")
		require.Equal(t, dmae.SinCos, cfg.Positions)
		require.Equal(t, 0.25, cfg.Sigma)
		require.True(t, cfg.NormPix)
		require.Len(t, notes, 1)
		require.Contains(t, notes[0], "--mean")

		r.Mean, r.Std, r.DataSize = dmae.CIFAR10Mean, dmae.CIFAR10Std, 32
		m, err = r.ReadAutoencoder(b, fixture(t, file))
		require.NoError(t, err)
		require.Equal(t, dmae.CIFAR10Mean, m.Config.Mean)
		require.Equal(t, 32, m.Config.DataSize)
		require.Len(t, notes, 1, "nothing was assumed")
	}
}

func TestInferenceSaysWhatIsMissing(t *testing.T) {
	f := fixture(t, "vit_tiny_gap.pth")
	_, _, err := dmae.Describe(f)
	require.ErrorContains(t, err, "--heads")
	require.ErrorContains(t, err, "dmae_vit_base_patch16")
	_, _, err = dmae.Reader{Preset: "dmae_vit_giant"}.Describe(f)
	require.ErrorContains(t, err, `no model "dmae_vit_giant"`)
	_, _, err = dmae.Reader{Heads: 5}.Describe(f)
	require.ErrorContains(t, err, "5 heads do not divide width 48")

	// The tensors are compared with a preset that was asked for.
	_, err = dmae.Reader{Preset: "dmae_vit_nano_patch4_32"}.ReadClassifier(testbackend.New(t), f)
	require.ErrorContains(t, err, "cls_token is [1 1 48] but should be [1 1 64]")
	var misfit *nn.MatchError
	require.ErrorAs(t, err, &misfit)
	require.Contains(t, misfit.Problems, "blocks.2.norm1.weight [64] is missing")
	_, err = tinyHeads.ReadAutoencoder(testbackend.New(t), f)
	require.ErrorContains(t, err, `"classifier"`)
}

// If only one preset has the width, depth and patch size, it is the model.
func TestInferenceByShape(t *testing.T) {
	b := testbackend.New(t)
	cfg := micro(t)
	c, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	c.InitScratch(1)
	for _, drop := range []string{"", "patch_embed.proj.weight", "pos_embed", "head.weight"} {
		tensors := must(c.Params.Export())
		if drop != "" {
			tensors = without(tensors, drop)
		}
		var buf bytes.Buffer
		require.NoError(t, checkpoint.Encode(&buf, tensors, nil))
		f, err := checkpoint.NewFile("x", bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		require.NoError(t, err)
		require.True(t, dmae.IsForeign(f))
		back, err := dmae.ReadClassifier(b, f)
		if drop != "" {
			require.Error(t, err, drop)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, cfg.Name, back.Config.Name)
		require.Equal(t, must(c.Digest()), must(back.Digest()))
	}
}

// The head of a linear probe is recognised too.
func TestInferenceOfAProbe(t *testing.T) {
	b := testbackend.New(t)
	cfg := micro(t)
	cfg.GlobalPool = false
	c, err := dmae.NewProbe(b, cfg)
	require.NoError(t, err)
	c.InitScratch(1)
	path := filepath.Join(t.TempDir(), "probe.safetensors")
	require.NoError(t, checkpoint.Write(path, must(c.Params.Export()), nil))
	back, err := dmae.LoadClassifier(b, path)
	require.NoError(t, err)
	require.Equal(t, dmae.BatchNormHead, back.Config.Head)
	require.Equal(t, must(c.Digest()), must(back.Digest()))
}

func TestMeanAndStdOverride(t *testing.T) {
	b := testbackend.New(t)
	c, err := dmae.NewClassifier(b, micro(t))
	require.NoError(t, err)
	c.InitScratch(1)
	path := filepath.Join(t.TempDir(), "c.safetensors")
	require.NoError(t, c.Save(path))
	back, err := dmae.Reader{Mean: []float64{0.5}, Std: []float64{0.25}}.LoadClassifier(b, path)
	require.NoError(t, err)
	require.Equal(t, []float64{0.5}, back.Config.Mean)
	require.NotEqual(t, must(c.Digest()), must(back.Digest()))
	_, err = dmae.Reader{Mean: []float64{0.5, 0.5, 0.5}}.LoadClassifier(b, path)
	require.ErrorContains(t, err, "3 means")
	_, err = dmae.Reader{Heads: 2}.LoadClassifier(b, path)
	require.ErrorContains(t, err, "leave out --arch")
}

// Another input size has another grid: the position embedding is interpolated,
// all other parameters are unchanged.
func TestAnotherGrid(t *testing.T) {
	b := testbackend.New(t)
	c, err := tinyHeads.ReadClassifier(b, fixture(t, "vit_tiny_gap.pth"))
	require.NoError(t, err)
	r := tinyHeads
	r.ImageSize = 48
	large, err := r.ReadClassifier(b, fixture(t, "vit_tiny_gap.pth"))
	require.NoError(t, err)
	require.Equal(t, 144, large.Config.Patches())
	pos := must(c.Params.Download(c.Params.Get("pos_embed")))
	require.Equal(t, nn.InterpolatePositions(pos, 8, 12, 48), must(large.Params.Download(large.Params.Get("pos_embed"))))
	require.Equal(t, must(c.Params.Download(c.Params.Get("head.weight"))), must(large.Params.Download(large.Params.Get("head.weight"))))

	// The same holds if fine-tuning starts from an autoencoder of another size.
	ae, err := dmae.NewAutoencoder(b, micro(t))
	require.NoError(t, err)
	ae.Init(1)
	cfg := micro(t)
	cfg.ImageSize = 16
	fine, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	require.NoError(t, fine.LoadEncoder(ae, 1))
	from := must(ae.Params.Download(ae.Params.Get("pos_embed")))
	require.Equal(t, nn.InterpolatePositions(from, 2, 4, 16), must(fine.Params.Download(fine.Params.Get("pos_embed"))))
	cfg.Width = 32
	narrow, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	require.ErrorContains(t, narrow.LoadEncoder(ae, 1), "pos_embed is [1 5 16] but should be [1 17 32]")
}

// FuzzInfer reads names and shapes from hostile files. Their tensors have no
// elements, so that any shape needs no memory.
func FuzzInfer(f *testing.F) {
	f.Add("patch_embed.proj.weight 0,3,4,4;pos_embed 1,65,0;head.weight 10,0")
	f.Add("patch_embed.proj.weight 16384,0,1,1;pos_embed 1,16385,0;decoder_embed.weight 4,0;blocks.999.x 0")
	f.Add("head.weight ;pos_embed 0;patch_embed.proj.weight 0")
	f.Fuzz(func(t *testing.T, text string) {
		seen := map[string]checkpoint.Tensor{}
		for entry := range strings.SplitSeq(text, ";") {
			name, dims, _ := strings.Cut(entry, " ")
			shape, n := []int{}, 1
			for d := range strings.SplitSeq(dims, ",") {
				if len(shape) == 4 {
					break // larger ones would overflow, and such files are not read
				}
				v := 0
				for _, c := range d {
					v = (10*v + int(c&15)) % 20_000
				}
				shape = append(shape, v)
				n *= v
				if n > 1<<16 {
					shape, n = append(shape, 0), 0
				}
			}
			seen[name] = checkpoint.Float32s(name, shape, make([]float32, n))
		}
		tensors := []checkpoint.Tensor{}
		for tensor := range maps.Values(seen) {
			tensors = append(tensors, tensor)
		}
		var buf bytes.Buffer
		if checkpoint.Encode(&buf, tensors, nil) != nil {
			return
		}
		file, err := checkpoint.NewFile("x", bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		if err != nil {
			return
		}
		_, cfg, err := dmae.Reader{Heads: 1, DecoderHeads: 1}.Describe(file)
		if err == nil {
			require.NoError(t, cfg.Validate())
		}
	})
}
