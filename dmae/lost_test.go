package dmae_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/ops/hostile"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/audit"
)

// lostModel is a classifier and its images for certificates on any backend.
type lostModel struct {
	classifier *dmae.SmoothClassifier
	subject    smooth.Subject
	describe   func(int) (smooth.Image, error)
}

// newLostModel makes the same model on any backend, from values that were drawn
// elsewhere.
func newLostModel(b ops.Backend, saved string) (m lostModel, err error) {
	model, err := dmae.LoadClassifier(b, saved)
	if err != nil {
		return m, err
	}
	digest, err := model.Digest()
	if err != nil {
		return m, err
	}
	pixels := func(image int) ([]byte, error) {
		x := make([]byte, model.Config.Pixels())
		for i := range x {
			x[i] = byte(37*i + 91*image)
		}
		return x, nil
	}
	return lostModel{
		classifier: dmae.NewPixelClassifier(model, pixels, 16),
		subject: smooth.Subject{
			Contract: dmae.Contract, Model: fmt.Sprintf("sha256:%x", digest), Data: "made up", Preprocessing: "x/255",
			Images: smooth.IndexSet{{0, 1, 2}}, Of: 2,
		},
		describe: func(image int) (smooth.Image, error) {
			x, err := pixels(image)
			return smooth.Image{Label: image % model.Config.Classes, Pixels: smooth.PixelDigest(x, false)}, err
		},
	}, nil
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

// certifyOn certifies two images into a folder.
func certifyOn(t *testing.T, b ops.Backend, saved, dir string) error {
	m, err := newLostModel(b, saved)
	if err != nil {
		return err
	}
	return smooth.Task{
		Params:  smooth.Params{Sigma: exact.MustDecimal("0.25"), Alpha: exact.MustDecimal("0.001"), N0: 4, N: 12, Seed: 9},
		Subject: m.subject, Classifier: m.classifier, Describe: m.describe, Out: filepath.Join(dir, "c"),
	}.Run(t.Context())
}

// Wherever the device is lost, a certification ends with an error and without a
// certificate, and goes on to the bytes of an undisturbed run; an audit gives no
// verdict.
func TestADeviceLostWhileCertifying(t *testing.T) {
	saved, dir := savedModel(t), t.TempDir()
	on := func(b ops.Backend, f func(ops.Backend) error) error {
		defer func() { require.NoError(t, b.Close()) }()
		return f(b)
	}
	plain := func() ops.Backend { return cpu.New(cpu.Options{Threads: 1}) }
	require.NoError(t, on(plain(), func(b ops.Backend) error { return certifyOn(t, b, saved, dir) }))
	want, err := os.ReadFile(filepath.Join(dir, "c.jsonl"))
	require.NoError(t, err)

	late, same := hostile.New(plain(), hostile.Options{}), t.TempDir()
	require.NoError(t, on(late, func(b ops.Backend) error { return certifyOn(t, b, saved, same) }))
	got, err := os.ReadFile(filepath.Join(same, "c.jsonl"))
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "on a late backend")

	stride := 1
	if testing.Short() {
		stride = 23
	}
	t.Logf("%d calls", late.Calls())
	for n := 1; n <= late.Calls(); n += stride {
		dir := t.TempDir()
		err := on(hostile.New(plain(), hostile.Options{LoseAt: n}), func(b ops.Backend) error { return certifyOn(t, b, saved, dir) })
		if err == nil { // lost behind the last answer, when it was needed no more
			require.GreaterOrEqual(t, n, late.Calls()-2, "lost at call %d of %d", n, late.Calls())
		} else {
			require.ErrorIs(t, err, hostile.ErrLost, "lost at call %d of %d", n, late.Calls())
			require.NoFileExists(t, filepath.Join(dir, "c.jsonl"))
		}
		if n%8 != 0 {
			continue // going on takes as long as everything before
		}
		require.NoError(t, on(plain(), func(b ops.Backend) error { return certifyOn(t, b, saved, dir) }))
		got, err := os.ReadFile(filepath.Join(dir, "c.jsonl"))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "lost at call %d of %d", n, late.Calls())
	}

	check := func(b ops.Backend) error {
		m, err := newLostModel(b, saved)
		if err != nil {
			return err
		}
		f, err := os.Open(filepath.Join(dir, "c.jsonl"))
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = audit.Run(t.Context(), f, audit.Options{Depth: audit.Full, Subject: m.subject, Classifier: m.classifier, Describe: m.describe})
		return err
	}
	late = hostile.New(plain(), hostile.Options{})
	require.NoError(t, on(late, check))
	for n := 1; n <= late.Calls(); n += stride {
		if err := on(hostile.New(plain(), hostile.Options{LoseAt: n}), check); err == nil {
			require.GreaterOrEqual(t, n, late.Calls()-2, "an audit with a device lost at call %d of %d", n, late.Calls())
		}
	}
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
			a := dmae.Attack{Model: m, Sigma: 0.25, Samples: 2, Steps: 2, Seed: 1}
			_, err = a.Search(t.Context(), make([]float32, classes.Pixels()), 1, 0.5)
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
