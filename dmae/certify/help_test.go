package certify_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
)

var update = flag.Bool("update", false, "rewrite the certificates in testdata that are of this format")

const goldenBeacon = "drand:1000:ab85baa1029a2e2e0a35d0a3d9ff2f5b1ab8d6d1e7bf1f0f2d8a9d1d31e6f0c5"

func micro(t *testing.T) dmae.Config {
	c, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	c.Classes, c.ClassNames = 3, []string{"cat", "dog", "ähre"}
	return c
}

// lively returns a classifier whose answers vary with the noise.
func lively(t *testing.T, b ops.Backend, cfg dmae.Config) *dmae.Classifier {
	m, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	m.InitScratch(4)
	for _, p := range m.Params.All() {
		if p.Shape.Rank() > 1 {
			v, err := m.Params.Download(p)
			require.NoError(t, err)
			for i := range v {
				v[i] *= 8
			}
			m.Params.Upload(p, v)
		}
	}
	return m
}

func pixelsOf(c *dmae.Config, image int) []float32 {
	v := make([]float32, c.Pixels())
	g := philox.NewGen(philox.Addr{Seed: 99, A: uint32(image)})
	for i := range v {
		v[i] = g.Float32()
	}
	return v
}

func bytesOf(c *dmae.Config, image int) []byte {
	v := make([]byte, c.Pixels())
	g := philox.NewGen(philox.Addr{Seed: 98, A: uint32(image)})
	for i := range v {
		v[i] = byte(g.Uint32())
	}
	return v
}
