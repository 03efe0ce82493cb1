package train_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
)

// Certificates and checkpoints say how the pixels came about.
func TestPreprocessingNamesTheDecoder(t *testing.T) {
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewGray(image.Rect(0, 0, 4, 3))))
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "train", "a"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "train", "a", "x.png"), file.Bytes(), 0o666))
	folder, err := data.Open(dir, data.Options{})
	require.NoError(t, err)
	fashion, err := data.Open(data.FashionMNIST, data.Options{})
	require.NoError(t, err)
	require.Equal(t, "x/255", train.Preprocessing(fashion, &dmae.Config{DataSize: 28}))
	require.Equal(t, "short side resized for 24 pixels, middle 24x24, x/255", train.Preprocessing(fashion, &dmae.Config{DataSize: 24}))
	require.Equal(t, data.Decoding+", short side resized for 28 pixels, middle 28x28, x/255", train.Preprocessing(folder, &dmae.Config{DataSize: 28}))
	require.Equal(t, "8-bit pixels as stored", train.IntegerPreprocessing(fashion, &dmae.Config{DataSize: 28}))
	require.Contains(t, train.IntegerPreprocessing(folder, &dmae.Config{DataSize: 28}), data.Decoding+", 8-bit pixels, short side")
}
