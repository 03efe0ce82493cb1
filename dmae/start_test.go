package dmae_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
)

// An encoder supplies initial weights, as the released checkpoints of MAE do
// for the official fine-tuning: its parameters are loaded, and the others are
// drawn as with an autoencoder.
func TestAnEncoderAloneIsAStart(t *testing.T) {
	b := testbackend.New(t)
	cfg := micro(t)
	ae, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	ae.Init(1)
	dir := t.TempDir()
	path := filepath.Join(dir, "encoder.safetensors")
	var kept []checkpoint.Tensor
	for _, x := range must(ae.Params.Export()) {
		if !strings.HasPrefix(x.Name, "decoder") && x.Name != "mask_token" {
			kept = append(kept, x)
		}
	}
	require.NoError(t, checkpoint.Write(path, kept, nil))
	kind, _, err := dmae.Describe(openFile(t, path))
	require.NoError(t, err)
	require.Equal(t, dmae.KindEncoder, kind)
	_, err = dmae.LoadClassifier(b, path)
	require.ErrorContains(t, err, `the model of kind "encoder", but "classifier" is needed here`)

	for _, pool := range []bool{true, false} {
		cfg := micro(t)
		cfg.GlobalPool = pool
		for _, probe := range []bool{true, false} {
			make := dmae.NewClassifier
			if probe {
				make = dmae.NewProbe
			}
			want, err := make(b, cfg)
			require.NoError(t, err)
			require.NoError(t, want.LoadEncoder(ae, 3))
			got, err := make(b, cfg)
			require.NoError(t, err)
			s, err := dmae.Reader{}.StartClassifier(got, path, 3)
			require.NoError(t, err)
			require.Equal(t, must(want.Digest()), must(got.Digest()))
			if pool && !probe {
				require.Contains(t, s.String(), "holds an encoder: its encoder is used; dropped: norm; drawn at random: fc_norm, head")
			}
		}
	}

	// Pre-training continues with it and a new decoder.
	anew, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	anew.Init(9)
	decoder := must(anew.Params.Download(anew.Params.Get("decoder_pred.weight")))
	s, err := dmae.Reader{}.StartAutoencoder(anew, path)
	require.NoError(t, err)
	require.Contains(t, s.String(), "drawn at random: decoder_blocks, decoder_embed, decoder_norm, decoder_pos_embed")
	require.Equal(t, decoder, must(anew.Params.Download(anew.Params.Get("decoder_pred.weight"))))
	for _, name := range []string{"pos_embed", "norm.weight", "blocks.1.mlp.fc2.bias", "cls_token"} {
		require.Equal(t, must(ae.Params.Download(ae.Params.Get(name))), must(anew.Params.Download(anew.Params.Get(name))), name)
	}
}

// From a classifier the encoder is loaded, with any head: of godmae, of others,
// of a linear probe, of another number of classes.
func TestAClassifierIsAStart(t *testing.T) {
	b := testbackend.New(t)
	for _, probe := range []bool{true, false} {
		cfg := micro(t)
		cfg.Classes, cfg.ClassNames = 7, nil
		make := dmae.NewClassifier
		if probe {
			make = dmae.NewProbe
		}
		from, err := make(b, cfg)
		require.NoError(t, err)
		from.InitScratch(5)
		for _, metadata := range []map[string]string{nil, from.Metadata()} {
			path := filepath.Join(t.TempDir(), "c.safetensors")
			require.NoError(t, checkpoint.Write(path, must(from.Params.Export()), metadata))
			_, start, err := dmae.Reader{}.DescribeStart(openFile(t, path))
			require.NoError(t, err)
			start = start.StartConfig()
			require.Zero(t, start.Classes)
			require.Equal(t, dmae.LinearHead, start.Head)
			require.Equal(t, dmae.Learned, start.Positions)
			m, err := dmae.NewClassifier(b, micro(t))
			require.NoError(t, err)
			s, err := dmae.Reader{}.StartClassifier(m, path, 3)
			require.NoError(t, err)
			require.Contains(t, s.String(), "drawn at random: head")
			for _, name := range []string{"pos_embed", "fc_norm.weight", "blocks.0.attn.qkv.weight"} {
				require.Equal(t, must(from.Params.Download(from.Params.Get(name))), must(m.Params.Download(m.Params.Get(name))), name)
			}
			for _, v := range must(m.Params.Download(m.Params.Get("head.weight"))) {
				require.InDelta(t, 0, v, 1e-3)
			}
		}
	}
	var notes []string
	cfg := dmae.Config{}
	for _, file := range []string{"vit_from_timm_token.pth", "vit_from_huggingface.safetensors", "vit_from_torchvision.pth", "vit_from_huggingface_encoder.pth"} {
		r := asStored(&notes)
		_, start, err := r.DescribeStart(fixture(t, file))
		require.NoError(t, err, file)
		cfg = start.StartConfig()
		cfg.Classes, cfg.ImageSize, cfg.DataSize = 2, 32, 32
		m, err := dmae.NewClassifier(b, cfg)
		require.NoError(t, err)
		s, err := r.StartClassifier(m, filepath.Join("testdata", file), 3)
		require.NoError(t, err)
		require.NotContains(t, s.Drawn, "blocks.0.attn.qkv.weight")
	}
	cfg.Width, cfg.Heads = 32, 2
	wide, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	_, err = asStored(&notes).StartClassifier(wide, filepath.Join("testdata", "vit_from_timm_token.pth"), 3)
	require.ErrorContains(t, err, "pos_embed is [1 5 16] but should be [1 17 32]")
}

func openFile(t *testing.T, path string) *checkpoint.File {
	t.Helper()
	f, err := checkpoint.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// A note says what an autoencoder of another program is assumed to predict. Its
// epsilon is the official code's, whichever preset has its shapes.
func TestNormalisedPatchesOfForeignFiles(t *testing.T) {
	b := testbackend.New(t)
	ae, err := dmae.NewAutoencoder(b, micro(t))
	require.NoError(t, err)
	ae.Init(1)
	path := filepath.Join(t.TempDir(), "ae.safetensors")
	require.NoError(t, checkpoint.Write(path, must(ae.Params.Export()), nil))
	var notes []string
	r := dmae.Reader{Note: func(s string) { notes = append(notes, s) }}
	m, err := r.LoadAutoencoder(b, path)
	require.NoError(t, err)
	require.True(t, m.Config.NormPix)
	require.Equal(t, 1e-6, m.Config.NormPixEps)
	require.Contains(t, strings.Join(notes, "\n"), "give --no-norm-pix-loss")
	for _, want := range []bool{true, false} {
		notes = nil
		r.NormPix = &want
		m, err := r.LoadAutoencoder(b, path)
		require.NoError(t, err)
		require.Equal(t, want, m.Config.NormPix)
		require.NotContains(t, strings.Join(notes, "\n"), "norm-pix")
	}
	require.NoError(t, ae.Save(path))
	_, err = r.LoadAutoencoder(b, path)
	require.ErrorContains(t, err, "records whether it predicts normalised patches")
}
