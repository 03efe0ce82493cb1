package certify_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/hostile"
	"github.com/godmae/godmae/smooth/audit"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

func savedModel(t *testing.T) string {
	b := testbackend.New(t)
	path := filepath.Join(t.TempDir(), "m.safetensors")
	require.NoError(t, lively(t, b, micro(t)).Save(path))
	return path
}

// twoImages returns a data set of a model's classes.
func twoImages(t *testing.T, m *dmae.Classifier) data.Dataset {
	images, labels := make([]data.Image, 2), []int32{0, 1}
	for i := range images {
		images[i] = data.Image{C: m.Config.Channels, H: m.Config.DataSize, W: m.Config.DataSize, Pix: bytesOf(&m.Config, i)}
	}
	ds, err := data.NewMemory("made up", m.Config.ClassNames, images, labels)
	require.NoError(t, err)
	return ds
}

// certifyOn certifies two images into a folder.
func certifyOn(t *testing.T, b ops.Backend, saved, dir string) error {
	model, err := dmae.LoadClassifier(b, saved)
	if err != nil {
		return err
	}
	c, err := certify.New(model, twoImages(t, model),
		certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 4, N: 12}, Seed: 9}, certify.Options{Batch: 16})
	if err != nil {
		return err
	}
	_, err = c.Run(t.Context(), filepath.Join(dir, "c"))
	return err
}

// If the device is lost at any call, a certification ends with an error and
// without a certificate. Resumed, it writes the bytes of an uninterrupted run.
// An audit gives no verdict.
func TestADeviceLostWhileCertifying(t *testing.T) {
	saved, dir := savedModel(t), t.TempDir()
	on := func(b *hostile.Backend, f func(ops.Backend) error) error {
		defer func() { require.NoError(t, b.Close()) }()
		return f(b)
	}
	plain := testbackend.New(t)
	require.NoError(t, certifyOn(t, plain, saved, dir))
	want, err := os.ReadFile(filepath.Join(dir, "c.jsonl"))
	require.NoError(t, err)

	late, same := testbackend.Hostile(t, hostile.Options{}), t.TempDir()
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
		err := on(testbackend.Hostile(t, hostile.Options{LoseAt: n}), func(b ops.Backend) error { return certifyOn(t, b, saved, dir) })
		if err == nil { // lost after the last answer, when it was not needed any more
			require.GreaterOrEqual(t, n, late.Waited(), "lost at call %d of %d", n, late.Calls())
		} else {
			require.ErrorIs(t, err, hostile.ErrLost, "lost at call %d of %d", n, late.Calls())
			require.NoFileExists(t, filepath.Join(dir, "c.jsonl"))
		}
		if n%8 != 0 {
			continue // resuming takes as long as the whole run
		}
		require.NoError(t, certifyOn(t, plain, saved, dir))
		got, err := os.ReadFile(filepath.Join(dir, "c.jsonl"))
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "lost at call %d of %d", n, late.Calls())
	}

	check := func(b ops.Backend) error {
		model, err := dmae.LoadClassifier(b, saved)
		if err != nil {
			return err
		}
		f, err := os.Open(filepath.Join(dir, "c.jsonl"))
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = certify.Audit(t.Context(), f, model, twoImages(t, model), certify.Options{Batch: 16}, audit.Options{Depth: audit.Full})
		return err
	}
	late = testbackend.Hostile(t, hostile.Options{})
	require.NoError(t, on(late, check))
	for n := 1; n <= late.Calls(); n += stride {
		if err := on(testbackend.Hostile(t, hostile.Options{LoseAt: n}), check); err == nil {
			require.GreaterOrEqual(t, n, late.Waited(), "an audit with a device lost at call %d of %d", n, late.Calls())
		}
	}
}
