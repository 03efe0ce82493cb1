package convert_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/convert"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
)

// Files of other libraries are converted to files that contain their
// configuration and compute the same.
func TestConversionOfOtherLibraries(t *testing.T) {
	b := testbackend.New(t)
	r := dmae.Reader{Heads: 2, DecoderHeads: 2, Mean: []float64{0, 0, 0}, Std: []float64{1, 1, 1}}
	for file, kind := range map[string]string{
		"huggingface.safetensors": dmae.KindClassifier, "torchvision.pth": dmae.KindClassifier, "timm_avg.pth": dmae.KindClassifier,
		"huggingface_mae.safetensors": dmae.KindAutoencoder, "huggingface_encoder.pth": dmae.KindEncoder,
	} {
		from := filepath.Join("..", "testdata", "vit_from_"+file)
		dir := t.TempDir()
		own, back := filepath.Join(dir, "own.safetensors"), filepath.Join(dir, "back.pth")
		var notes []string
		quiet := r
		r.Note = func(s string) { notes = append(notes, s) }
		report, err := convert.File(from, own, r)
		require.NoError(t, err, file)
		require.Equal(t, kind, report.Kind)
		several := 0
		for _, n := range notes {
			if strings.Contains(n, "several models") {
				several++
			}
		}
		require.LessOrEqual(t, several, 1, "said once")
		_, err = convert.File(own, back, dmae.Reader{})
		require.NoError(t, err)
		for _, path := range []string{own, back} {
			switch kind {
			case dmae.KindClassifier:
				want, err := quiet.LoadClassifier(b, from)
				require.NoError(t, err)
				got, err := dmae.LoadClassifier(b, path)
				require.NoError(t, err)
				a, err := want.Digest()
				require.NoError(t, err)
				b, err := got.Digest()
				require.NoError(t, err)
				require.Equal(t, a, b, path)
			case dmae.KindAutoencoder:
				got, err := dmae.LoadAutoencoder(b, path)
				require.NoError(t, err)
				require.Equal(t, 1e-12, got.Config.NormEps)
			default:
				f := open(t, path)
				got, cfg, err := dmae.Reader{}.DescribeStart(f)
				require.NoError(t, err)
				require.Equal(t, kind, got)
				require.Equal(t, 1e-12, cfg.NormEps)
			}
		}
	}
}

// A command line is kept without the values that cannot be written as JSON.
func TestAPathAmongTheArgumentsIsLeftOut(t *testing.T) {
	var notes []string
	to := filepath.Join(t.TempDir(), "x.safetensors")
	_, err := convert.File(filepath.Join("..", "..", "nn", "checkpoint", "testdata", "beside.pth"), to, dmae.Reader{Note: func(s string) { notes = append(notes, s) }})
	require.NoError(t, err)
	require.Contains(t, strings.Join(notes, "\n"), `args."output_dir" of`)
	require.Contains(t, strings.Join(notes, "\n"), `"coo" of`)
	f, err := checkpoint.Open(to)
	require.NoError(t, err)
	require.Contains(t, f.Metadata()["torch.extra"], `"args":{"$namespace":{"sigma":0.25}}`)
	require.NoError(t, f.Close())
}
