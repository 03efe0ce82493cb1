package dmae_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/godmae/godmae/ops"
	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn/checkpoint"
)

// The memory of one image in a model is bounded before any is allocated; the
// error has the field, its value and the limit.
func TestWhatOneImageTakesIsBounded(t *testing.T) {
	for want, change := range map[string]func(*dmae.Config){
		"data_size 16384 makes an image of 268435456 values, at most 1048576 are supported with image_size 8": func(c *dmae.Config) { c.DataSize = 16384 },
		"image_size 4096 makes an image of 16777216 values":                                                   func(c *dmae.Config) { c.ImageSize = 4096 },
		"image_size 1024 in patches of 4 makes 65537 tokens, at most 8192":                                    func(c *dmae.Config) { c.ImageSize = 1024 },
		"width 16384 with mlp_ratio 16384 makes":                                                              func(c *dmae.Config) { c.Width, c.MLPRatio = 16384, 16384 },
		"decoder.width 16384 with mlp_ratio 1000 makes":                                                       func(c *dmae.Config) { c.Decoder.Width, c.MLPRatio = 16384, 1000 },
		"norm_eps is -1": func(c *dmae.Config) { c.NormEps = -1 },
	} {
		c := micro(t)
		change(&c)
		require.ErrorContains(t, c.Validate(), want)
	}
	large, err := dmae.Preset("dmae_vit_huge_patch14")
	require.NoError(t, err)
	require.Equal(t, 128, large.Batch(128))
	large.ImageSize, large.DataSize = 518, 518
	require.NoError(t, large.Validate())

	// A small file can ask for large images: fewer are then processed at a
	// time.
	c := micro(t)
	c.ImageSize, c.DataSize, c.Patch, c.Channels = 1536, 1536, 24, 3
	c.Mean, c.Std = dmae.ImageNetMean, dmae.ImageNetStd
	require.NoError(t, c.Validate())
	require.Equal(t, 18, c.Batch(128))
	require.Equal(t, 1, c.Batch(1))
}

// withConfig returns a checkpoint with the weights of a small classifier and
// the given configuration.
func withConfig(t *testing.T, kind, config string) *checkpoint.File {
	t.Helper()
	c, err := dmae.NewClassifier(testbackend.New(t), micro(t))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, checkpoint.Encode(&b, must(c.Params.Export()), map[string]string{
		dmae.KeyKind: kind, dmae.KeyContract: ops.Contract, dmae.KeyConfig: config,
	}))
	f, err := checkpoint.NewFile("x", bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	return f
}

// A configuration that does not match the tensors, or that two programs could
// read differently, is an error.
func TestAConfigurationMustBeThatOfItsTensors(t *testing.T) {
	cfg := micro(t)
	text := configJSON(t, cfg)
	for want, config := range map[string]string{
		"is missing": strings.Replace(text, `"depth":2`, `"depth":1000`, 1),
		"but should be [65535 16]": strings.NewReplacer(`"classes":3`, `"classes":65535`).Replace(
			strings.Replace(text, `"class_names":["cat","dog","ähre"],`, "", 1)),
		`the field "data_size" twice`: strings.Replace(text, `"data_size":8`, `"data_size":8,"data_size":9`, 1),
		`the field "data_Size" twice`: strings.Replace(text, `"data_size":8`, `"data_size":8,"data_Size":9`, 1),
		"unknown field":               strings.Replace(text, `"data_size":8`, `"data_size":8,"x":9`, 1),
		"more text after":             text + text,
	} {
		require.NotEqual(t, text, config, want)
		_, _, err := dmae.Describe(withConfig(t, dmae.KindClassifier, config))
		require.Error(t, err)
		require.Contains(t, strings.ToLower(err.Error()), strings.ToLower(want))
	}

	// A decoder that is not in the file is created, up to a largest size.
	cfg.Decoder = dmae.Decoder{Width: 8192, Depth: 1000, Heads: 1}
	_, _, err := dmae.Reader{}.DescribeStart(withConfig(t, dmae.KindEncoder, configJSON(t, cfg)))
	require.ErrorContains(t, err, "decoder.width 8192, decoder.depth 1000")
	_, got, err := dmae.Reader{}.DescribeStart(withConfig(t, dmae.KindEncoder, text))
	require.NoError(t, err)
	require.Equal(t, dmae.Learned, got.Positions)
}

func TestFieldsOfNestedObjectsMayRepeat(t *testing.T) {
	var cfg dmae.Config // "width" is a field of the model and of its decoder
	require.NoError(t, json.Unmarshal([]byte(configJSON(t, micro(t))), &cfg))
	_, _, err := dmae.Describe(withConfig(t, dmae.KindClassifier, configJSON(t, cfg)))
	require.NoError(t, err)
}
