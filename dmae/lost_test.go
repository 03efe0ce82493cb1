package dmae_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/attack"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/ops/hostile"
	"github.com/godmae/godmae/philox"
)

// lively returns a classifier whose answers vary under noise.
func lively(t *testing.T, b ops.Backend, cfg dmae.Config) *dmae.Classifier {
	m, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	m.InitScratch(4)
	for _, p := range m.Params.All() {
		if p.Shape.Rank() > 1 {
			v := must(m.Params.Download(p))
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

func savedModel(t *testing.T) string {
	b := cpu.New(cpu.Options{Threads: 1})
	defer b.Close()
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	cfg.Classes = 3
	path := filepath.Join(t.TempDir(), "m.safetensors")
	require.NoError(t, lively(t, b, cfg).Save(path))
	return path
}

// A picture, an attack and a saved model are made of what was read back without
// an error, or there is none.
func TestADeviceLostElsewhere(t *testing.T) {
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	classes := cfg
	classes.Classes = 3
	saved := savedModel(t)
	for what, f := range map[string]func(ops.Backend) error{
		"picture": func(b ops.Backend) error {
			m, err := dmae.NewAutoencoder(b, cfg)
			if err != nil {
				return err
			}
			m.Init(1)
			_, err = m.Picture(make([]float32, 2*cfg.Pixels()), 0.25, 1)
			return err
		},
		"attack": func(b ops.Backend) error {
			m, err := dmae.LoadClassifier(b, saved)
			if err != nil {
				return err
			}
			a := attack.Search{Model: m, Sigma: 0.25, Samples: 2, Steps: 2, Seed: 1}
			_, err = a.Run(t.Context(), make([]float32, classes.Pixels()), 1, 0.5)
			return err
		},
		"save": func(b ops.Backend) error {
			m, err := dmae.NewClassifier(b, classes)
			if err != nil {
				return err
			}
			m.InitScratch(1)
			return m.Save(filepath.Join(t.TempDir(), "m.safetensors"))
		},
		"gradient checks": func(b ops.Backend) error {
			_, err := dmae.CheckGradientsOn(b)
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			b := hostile.New(cpu.New(cpu.Options{Threads: 1}), hostile.Options{})
			require.NoError(t, f(b))
			require.NoError(t, b.Close())
			last := 0 // call whose loss nobody noticed
			for n := 1; n <= b.Calls(); n += max(1, b.Calls()/200) {
				lost := hostile.New(cpu.New(cpu.Options{Threads: 1}), hostile.Options{LoseAt: n})
				if err := f(lost); err == nil {
					last = n
					require.GreaterOrEqual(t, last, b.Calls()-2, "lost at call %d of %d", n, b.Calls())
				} else {
					require.ErrorIs(t, err, hostile.ErrLost)
				}
				require.NoError(t, lost.Close())
			}
		})
	}
}
