package dmae_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
)

// Noisy images are enlarged to the model's input by PyTorch's bicubic
// interpolation, to 1e-5 of the largest pixel.
func TestEnlargingEqualsPyTorch(t *testing.T) {
	f := fixture(t, "bicubic_tensor.safetensors")
	onBackends(t, func(t *testing.T, b ops.Backend) {
		for _, c := range []struct {
			in, want string
			size     int
		}{{"x32", "to48", 48}, {"x32", "to224_first", 224}, {"x28", "x28to32", 32}} {
			info, ok := f.Info(c.in)
			require.True(t, ok)
			y := ops.Apply(b, ops.Resize, &ops.Attr{Size: [2]int{c.size, c.size}}, upload(b, numbers(t, f, c.in), info.Shape...))[0]
			want := numbers(t, f, c.want)
			closeTo(t, c.want, want, download(b, y)[:len(want)], 1e-5, 0) // to224_first holds only the first plane
		}
	})
}
