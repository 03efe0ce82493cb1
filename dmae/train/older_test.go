package train

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
)

// Checkpoints of a version without noisy copies, mixing, linear probes or
// averaged weights: testdata has both stages of tinyOptions, without crops,
// stopped after step 7. Resumed, they give the result of a whole run of this
// version.
func TestOlderCheckpointsAreResumed(t *testing.T) {
	for _, stage := range []string{StagePretrain, StageFinetune} {
		t.Run(stage, func(t *testing.T) {
			options := func() Options {
				o := tinyOptions(stage, t.TempDir())
				o.Recipe.CropMin = 0
				return o
			}
			weights, log := finish(t, options())

			o := options()
			old, err := os.ReadFile(filepath.Join("testdata", stage+"-step7.safetensors"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(o.Out, CheckpointName), old, 0o666))
			o.Resume = "auto"
			finish(t, o)
			requireSameFiles(t, weights, log, o.Out)
		})
	}
}

// They can also be read as models.
func TestOlderCheckpointsAreLoaded(t *testing.T) {
	b := testbackend.New(t)
	auto, err := dmae.LoadAutoencoder(b, filepath.Join("testdata", StagePretrain+"-step7.safetensors"))
	require.NoError(t, err)
	require.Equal(t, "dmae_vit_micro_patch4_8", auto.Config.Name)
	classifier, err := dmae.LoadClassifier(b, filepath.Join("testdata", StageFinetune+"-step7.safetensors"))
	require.NoError(t, err)
	require.Equal(t, []string{"upright", "level"}, classifier.Config.ClassNames)
	digest := must(classifier.Digest())
	require.Equal(t, "a76f77fc949f105f78956e907727279cacbda13ffee229caaca58c4479b28b83", hex.EncodeToString(digest[:]), "certificates name the digest")
}
