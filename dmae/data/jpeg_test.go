package data

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/nn/checkpoint"
)

// JPEG files of all kinds are decoded as PIL does, to the bit; see
// scripts/make-pil-fixtures.py.
func TestJPEGEqualsPIL(t *testing.T) {
	f, err := checkpoint.Open("testdata/pil_jpeg.safetensors")
	require.NoError(t, err)
	defer f.Close()
	files := 0
	for _, info := range f.Tensors() {
		name, ok := strings.CutSuffix(info.Name, ".file")
		if !ok {
			continue
		}
		file, err := f.Raw(info.Name)
		require.NoError(t, err)
		for channels, kind := range map[int]string{3: ".rgb", 1: ".grey"} {
			got, err := DecodeImage(file, channels, DefaultMaxPixels)
			require.NoError(t, err, name)
			require.Equal(t, fixtureImage(t, f, name+kind), got, name+kind)
		}
		files++
	}
	require.Greater(t, files, 40)
}
