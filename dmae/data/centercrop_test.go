package data

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/philox"
)

// Numbers of torchvision 0.29's center_crop on a row of the pixels 1, 2, 3 ...
func TestCenterCropPadsAsTorchvision(t *testing.T) {
	for _, c := range []struct {
		pixels int
		want   []byte
	}{
		{1, []byte{0, 1, 0, 0}},
		{1, []byte{1, 0}},
		{2, []byte{0, 1, 2, 0, 0}},
		{3, []byte{0, 0, 0, 1, 2, 3, 0, 0, 0, 0}},
		{4, []byte{0, 1, 2, 3, 4, 0, 0}},
		{5, []byte{1, 2, 3, 4}}, // an offset of 0.5 is rounded to 0
		{7, []byte{3, 4, 5, 6}}, // and one of 1.5 to 2
		{6, []byte{2, 3, 4, 5}},
	} {
		size := len(c.want)
		im := Image{C: 1, H: size, W: c.pixels, Pix: make([]byte, size*c.pixels)}
		for i := range im.Pix {
			im.Pix[i] = byte(i%c.pixels) + 1
		}
		out := make([]byte, size*size)
		require.NoError(t, Pipeline{CenterCrop{Size: size}}.ApplyBytes(out, im, philox.Addr{}))
		require.Equal(t, c.want, out[:size], "%d pixels for %d", c.pixels, size)
	}
}
