package dmae_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/godmae/godmae/ops"
	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/checkpoint"
)

// without returns all tensors except those named.
func without(tensors []checkpoint.Tensor, names ...string) []checkpoint.Tensor {
	return slices.DeleteFunc(slices.Clone(tensors), func(t checkpoint.Tensor) bool { return slices.Contains(names, t.Name) })
}

func configJSON(t *testing.T, c dmae.Config) string {
	j, err := json.Marshal(c)
	require.NoError(t, err)
	return string(j)
}

// FuzzDescribe reads configurations from hostile files: none causes a panic,
// and an accepted one is valid.
func FuzzDescribe(f *testing.F) {
	c, err := dmae.Preset("dmae_vit_micro_patch4_8")
	if err != nil {
		f.Fatal(err)
	}
	j, err := json.Marshal(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(j))
	f.Add(`{"image_size":1e9}`)
	f.Add(`{"mean":null}`)
	f.Fuzz(func(t *testing.T, config string) {
		var buf bytes.Buffer
		meta := map[string]string{dmae.KeyKind: dmae.KindAutoencoder, dmae.KeyContract: ops.Contract, dmae.KeyConfig: config}
		if checkpoint.Encode(&buf, nil, meta) != nil {
			return // not UTF-8
		}
		file, err := checkpoint.NewFile("fuzz", bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		require.NoError(t, err)
		_, cfg, err := dmae.Describe(file)
		if err == nil {
			require.NoError(t, cfg.Validate())
			_, err = dmae.ReadAutoencoder(nil, file)
		}
		require.Error(t, err, "the file has no tensors")
	})
}
