package data

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Certificates and checkpoints record the processing of the pixels.
func TestPreprocessingNamesTheDecoder(t *testing.T) {
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewGray(image.Rect(0, 0, 4, 3))))
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "train", "a"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "train", "a", "x.png"), file.Bytes(), 0o666))
	folder, err := Open(dir, Options{})
	require.NoError(t, err)
	fashion, err := Open(FashionMNIST, Options{})
	require.NoError(t, err)
	require.Equal(t, "x/255", Input{1, 28}.Describe(fashion, false))
	require.Equal(t, "short side resized for 24 pixels, middle 24x24, x/255", Input{1, 24}.Describe(fashion, false))
	require.Equal(t, Decoding+", short side resized for 28 pixels, middle 28x28, x/255", Input{1, 28}.Describe(folder, false))
	require.Equal(t, "8-bit pixels as stored", Input{1, 28}.Describe(fashion, true))
	require.Contains(t, Input{1, 28}.Describe(folder, true), Decoding+", 8-bit pixels, short side")
}
