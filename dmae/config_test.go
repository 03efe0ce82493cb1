package dmae_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
)

func TestPresets(t *testing.T) {
	for _, name := range dmae.PresetNames() {
		c, err := dmae.Preset(name)
		require.NoError(t, err)
		require.NoError(t, c.Validate(), name)
		require.Equal(t, name, c.Name)
	}
	c, err := dmae.Preset("dmae_vit_base_patch16")
	require.NoError(t, err)
	require.Equal(t, 196, c.Patches())
	require.Equal(t, 49, c.Visible())
	require.Equal(t, 768, c.PatchValues())

	c.Mean[0] = 7 // a caller's copy is independent
	again, err := dmae.Preset("dmae_vit_base_patch16")
	require.NoError(t, err)
	require.Equal(t, 0.485, again.Mean[0])

	_, err = dmae.Preset("resnet50")
	require.ErrorContains(t, err, "resnet50")
	require.ErrorContains(t, err, "dmae_vit_tiny_patch4_28")
}

func TestValidateNamesTheValue(t *testing.T) {
	for want, change := range map[string]func(*dmae.Config){
		"patch 5":          func(c *dmae.Config) { c.Patch = 5 },
		"channels is 2":    func(c *dmae.Config) { c.Channels = 2 },
		"width is 0":       func(c *dmae.Config) { c.Width = 0 },
		"depth 4000":       func(c *dmae.Config) { c.Depth = 4000 },
		"heads":            func(c *dmae.Config) { c.Heads = 3 },
		"decoder heads":    func(c *dmae.Config) { c.Decoder.Heads = 3 },
		"positions":        func(c *dmae.Config) { c.Positions = "rotary" },
		"mask_ratio is 1":  func(c *dmae.Config) { c.MaskRatio = 1 },
		"mask_ratio 0.99":  func(c *dmae.Config) { c.MaskRatio = 0.99 },
		"mask_ratio is Na": func(c *dmae.Config) { c.MaskRatio = math.NaN() },
		"norm_pix_eps":     func(c *dmae.Config) { c.NormPixEps = 0 },
		"sigma is -1":      func(c *dmae.Config) { c.Sigma = -1 },
		"drop_path is 1":   func(c *dmae.Config) { c.DropPath = 1 },
		"classes is -1":    func(c *dmae.Config) { c.Classes = -1 },
		"2 class names":    func(c *dmae.Config) { c.Classes, c.ClassNames = 3, []string{"a", "b"} },
		"2 means":          func(c *dmae.Config) { c.Mean = []float64{0, 0} },
		"mean of channel":  func(c *dmae.Config) { c.Mean = []float64{math.Inf(1)} },
		"standard deviati": func(c *dmae.Config) { c.Std = []float64{0} },
		"multiples of 4":   func(c *dmae.Config) { c.Width, c.Heads = 18, 2 },
		"width is 1000000": func(c *dmae.Config) { c.Width = 1000000 },
		"more than one va": func(c *dmae.Config) { c.Patch = 1 },
	} {
		c, err := dmae.Preset("dmae_vit_micro_patch4_8")
		require.NoError(t, err)
		change(&c)
		err = c.Validate()
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, 1, strings.Count(err.Error(), "model configuration"))
	}
}
