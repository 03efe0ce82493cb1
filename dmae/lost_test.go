package dmae_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/attack"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/explain"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/hostile"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// lively returns a classifier whose answers vary with the noise.
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

// lostWork are computations with models that return a result.
var lostWork = map[string]func(t *testing.T, b ops.Backend, files lostFiles) (any, error){
	"picture": func(t *testing.T, b ops.Backend, files lostFiles) (any, error) {
		m, err := dmae.LoadAutoencoder(b, files.autoencoder)
		if err != nil {
			return nil, err
		}
		return m.Picture(make([]float32, 2*m.Config.Pixels()), 0.25, 1)
	},
	"attack": func(t *testing.T, b ops.Backend, files lostFiles) (any, error) {
		m, err := dmae.LoadClassifier(b, files.classifier)
		if err != nil {
			return nil, err
		}
		a := attack.Search{Model: m, Sigma: 0.25, Samples: 2, Steps: 2, Seed: 1}
		return a.Run(t.Context(), make([]float32, m.Config.Pixels()), 1, 0.5)
	},
	"prediction": func(t *testing.T, b ops.Backend, files lostFiles) (any, error) {
		m, err := dmae.LoadClassifier(b, files.classifier)
		if err != nil {
			return nil, err
		}
		p := certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N: 12}, Derived: &certificate.Derivation{}}
		if p, err = certify.Derive(m, p); err != nil {
			return nil, err
		}
		return certify.Predict(t.Context(), m, certify.Image{Pixels: make([]byte, m.Config.Pixels())}, p, 8, nil)
	},
	"page": func(t *testing.T, b ops.Backend, files lostFiles) (any, error) {
		m, err := dmae.LoadClassifier(b, files.classifier)
		if err != nil {
			return nil, err
		}
		made, err := explain.Make(t.Context(), m, make([]byte, m.Config.Pixels()), explain.Options{
			Params: certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 2, N: 14}, Seed: 3},
			Batch:  16, Steps: 1, Samples: 2, Answers: 12,
		})
		if err != nil {
			return nil, err
		}
		var page bytes.Buffer
		return &page, made.WriteHTML(&page)
	},
	"evaluation": func(t *testing.T, b ops.Backend, files lostFiles) (any, error) {
		m, err := dmae.LoadClassifier(b, files.classifier)
		if err != nil {
			return nil, err
		}
		x := make([]data.Image, 5)
		for i := range x {
			x[i] = data.Image{C: m.Config.Channels, H: m.Config.DataSize, W: m.Config.DataSize, Pix: make([]byte, m.Config.Pixels())}
			x[i].Pix[i] = 200
		}
		ds, err := data.NewMemory("made up", []string{"a", "b", "c"}, x, []int32{0, 1, 2, 0, 1})
		if err != nil {
			return nil, err
		}
		return train.Evaluate(t.Context(), m, ds, train.EvalOptions{Batch: 2, Sigma: 0.5, Seed: 3})
	},
	"a start, saved": func(t *testing.T, b ops.Backend, files lostFiles) (any, error) {
		_, cfg := files.configs(t)
		m, err := dmae.NewClassifier(b, cfg)
		if err != nil {
			return nil, err
		}
		if _, err := (dmae.Reader{}).StartClassifier(m, files.autoencoder, 1); err != nil {
			return nil, err
		}
		path := filepath.Join(t.TempDir(), "m.safetensors")
		if err := m.Save(path); err != nil {
			require.NoFileExists(t, path)
			return nil, err
		}
		return os.ReadFile(path)
	},
	"a copy of an encoder, digested": func(t *testing.T, b ops.Backend, files lostFiles) (any, error) {
		ae, cfg := files.configs(t)
		from, err := dmae.NewAutoencoder(b, ae)
		if err != nil {
			return nil, err
		}
		from.Init(1)
		m, err := dmae.NewClassifier(b, cfg)
		if err != nil {
			return nil, err
		}
		if err := m.LoadEncoder(from, 2); err != nil {
			return nil, err
		}
		return m.Digest()
	},
	"gradient checks": func(t *testing.T, b ops.Backend, files lostFiles) (any, error) {
		return dmae.CheckGradientsOn(b)
	},
}

// lostFiles are the models of lostWork.
type lostFiles struct{ autoencoder, classifier string }

func (lostFiles) configs(t *testing.T) (autoencoder, classifier dmae.Config) {
	cfg, err := dmae.Preset("dmae_vit_micro_patch4_8")
	require.NoError(t, err)
	classifier = cfg
	classifier.Classes = 3
	return cfg, classifier
}

func saveLostFiles(t *testing.T) lostFiles {
	b, dir := testbackend.New(t), t.TempDir()
	f := lostFiles{filepath.Join(dir, "autoencoder.safetensors"), filepath.Join(dir, "classifier.safetensors")}
	ae, classifier := f.configs(t)
	m, err := dmae.NewAutoencoder(b, ae)
	require.NoError(t, err)
	m.Init(1)
	require.NoError(t, m.Save(f.autoencoder))
	require.NoError(t, lively(t, b, classifier).Save(f.classifier))
	return f
}

// on runs an entry of lostWork on a hostile backend.
func on(t *testing.T, o hostile.Options, what string, files lostFiles) (*hostile.Backend, any, error) {
	b := testbackend.Hostile(t, o)
	result, err := lostWork[what](t, b, files)
	require.NoError(t, b.Close())
	return b, result, err
}

// Pictures, attacks, measurements, digests and files are only returned if
// everything was read back without an error.
func TestADeviceLostElsewhere(t *testing.T) {
	files := saveLostFiles(t)
	for what := range lostWork {
		t.Run(what, func(t *testing.T) {
			b, want, err := on(t, hostile.Options{}, what, files)
			require.NoError(t, err)
			stride := 1
			t.Logf("%d calls", b.Calls())
			if testing.Short() {
				stride = max(1, b.Calls()/50)
			}
			for n := 1; n <= b.Calls(); n += stride {
				if _, got, err := on(t, hostile.Options{LoseAt: n}, what, files); err == nil {
					require.GreaterOrEqual(t, n, b.Waited(), "lost at call %d of %d", n, b.Calls())
					require.Equal(t, want, got, "lost at call %d of %d, when all was read", n, b.Calls())
				} else {
					require.ErrorIs(t, err, hostile.ErrLost)
				}
			}
		})
	}
}

// The error of a full device says how much was missing.
func TestADeviceThatIsFullElsewhere(t *testing.T) {
	files := saveLostFiles(t)
	for what := range lostWork {
		t.Run(what, func(t *testing.T) {
			b, want, err := on(t, hostile.Options{}, what, files)
			require.NoError(t, err)
			_, peak := b.Live()
			for _, memory := range []int64{1, peak / 3, peak / 2, peak - 1} {
				_, _, err := on(t, hostile.Options{Memory: memory}, what, files)
				var full *ops.MemoryError
				require.ErrorAs(t, err, &full, "%d of %d bytes", memory, peak)
				require.Equal(t, memory, full.Limit)
				require.Greater(t, full.Need+full.Used, memory)
			}
			_, got, err := on(t, hostile.Options{Memory: peak}, what, files)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}
