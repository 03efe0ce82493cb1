package dmae_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/tensor"
)

// The optimiser of a checkpoint of the official trainer: every moment is
// assigned to its parameter, and the step count continues.
func TestOptimiserOfPyTorch(t *testing.T) {
	cfg := tiny(224, true)
	adam := func(change func([]nn.Spec)) (*nn.Params, *optim.AdamW) {
		specs := cfg.AutoencoderSpecs()
		change(specs)
		p := nn.NewParams(testbackend.Float64(t), specs)
		return p, optim.NewAdamW(p, 0.9, 0.95, optim.Pretrain(0.05))
	}
	none := func([]nn.Spec) {}
	for _, name := range []string{"dmae_tiny_full.pth", "dmae_tiny_full_legacy.pth"} {
		f := fixture(t, name)
		p, o := adam(none)
		ok, err := o.ImportTorch(f)
		require.NoError(t, err, name)
		require.True(t, ok)
		require.Equal(t, 5, o.Steps())
		moments := map[string]checkpoint.Tensor{}
		for _, m := range must(o.Export("")) {
			moments[m.Name] = m
		}
		// These files list the parameters with weight decay first, beginning
		// with the tokens.
		for i, token := range []string{"cls_token", "mask_token"} {
			want, err := f.Float64(fmt.Sprintf("%s%d.exp_avg_sq", optim.TorchState, i))
			require.NoError(t, err)
			require.NotZero(t, want[0])
			require.Equal(t, checkpoint.Float64s("v."+token, p.Get(token).Shape.Dims(), want), moments["v."+token])
		}
	}
	_, o := adam(none)
	ok, err := o.ImportTorch(fixture(t, "dmae_tiny.pth"))
	require.NoError(t, err)
	require.False(t, ok, "it holds the model alone")

	_, o = adam(func(s []nn.Spec) { s[0].Shape, s[0].View = tensor.Of(1, 1, 6), tensor.Of(6) })
	_, err = o.ImportTorch(fixture(t, "dmae_tiny_full.pth"))
	require.ErrorContains(t, err, "cls_token")
}
