package smooth

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// threshold is a classifier of noisy 8-bit pixels: class 1 where the first one
// is at least t. As a function of real pixels, x -> f(round(255 x)), it is the
// half-space x_0 >= (t - 1/2)/255: the smoothed classifier's true radius is
// exactly the distance to that plane.
type threshold struct {
	t     int
	first []byte // first pixel of each image
}

func (h threshold) stored(image int) ([]byte, error) { return []byte{h.first[image], 9, 200}, nil }

// distance returns 510 times the signed distance to the plane, positive in
// class 1.
func (h threshold) distance(image int) int { return 2*int(h.first[image]) - 2*h.t + 1 }

func (h threshold) task(out string) Task {
	noise := float32(h.t) / 255
	set := certificate.IndexSet{{0, 1, len(h.first)}}
	return Task{
		Params:  certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 20, N: 1100}, Seed: 5, Sound: true},
		Subject: certificate.Subject{Contract: "f32/1", Model: "sha256:none", Data: "points", Preprocessing: "8-bit pixels as stored", Of: 1000, Images: set},
		Classifier: &FuncClassifier{K: 2, Bytes: h.stored, Class: func(x []float32) int {
			if x[0] >= noise {
				return 1
			}
			return 0
		}},
		Describe: func(i int) (certificate.Image, error) {
			v, err := h.stored(i)
			class := 0
			if h.distance(i) > 0 {
				class = 1
			}
			return certificate.Image{Label: class, Pixels: sha256.Sum256(v)}, err
		},
		Out: out,
	}
}

var soundImages = threshold{t: 100, first: []byte{0, 20, 60, 90, 98, 99, 100, 101, 110, 140, 200, 255}}

// The bytes of a certificate of integer noise, on every machine.
func TestGoldenSoundCertificate(t *testing.T) {
	cert, _ := runTask(t, soundImages.task(filepath.Join(t.TempDir(), "c.jsonl")))
	require.Equal(t, "af8ca77483af106c1ec6837f226b373e1370044a30afb74a5a93464f6e548a8f", certificate.Digest(sha256.Sum256(asFormat1(t, cert))).String())
}

func TestSoundBatchAndWorkersLeaveNoTrace(t *testing.T) {
	var first []byte
	for _, c := range []struct{ batch, workers int }{{64, 1}, {1, 1}, {8, 2}, {1000, 7}} {
		task := soundImages.task(filepath.Join(t.TempDir(), "c.jsonl"))
		task.Batch = c.batch
		task.Machine = fmt.Sprint(c)
		task.Classifier.(*FuncClassifier).Workers = c.workers
		cert, _ := runTask(t, task)
		if first == nil {
			first = cert
		}
		require.Equal(t, string(first), string(cert), "batch %d, %d workers", c.batch, c.workers)
	}
	header, recs, err := readAll(bytes.NewReader(first))
	require.NoError(t, err)
	require.True(t, header.Params().Sound)
	require.Contains(t, string(first), `"noise":"gaussian-u8","clip":1,"sigma":"0.25"`)
	certified := 0
	for i, rec := range recs {
		require.Equal(t, i, rec.Image)
		if rec.Radius.Sign() > 0 {
			certified++
		}
	}
	require.Greater(t, certified, 6)
}

// The header's noise and k are checked.
func TestSoundHeaderIsChecked(t *testing.T) {
	task := soundImages.task(filepath.Join(t.TempDir(), "c.jsonl"))
	task.N, task.Images = 40, certificate.IndexSet{{0, 1, 2}}
	cert, _ := runTask(t, task)
	for change, want := range map[[2]string]string{
		{`"clip":1`, `"clip":2`}:                                     "k = 1, not 2",
		{`"clip":1,`, ``}:                                            "k = 1, not 0",
		{`"gaussian-u8"`, `"gaussian-f32"`}:                          "float noise does not go with the preprocessing",
		{`"gaussian-u8"`, `"gaussian-u7"`}:                           "not known",
		{`"sigma":"0.25"`, `"sigma":"0.5"`}:                          "k = 3, not 1",
		{`"gaussian-u8","clip":1,`, `"gaussian-f32","clip":0,`}:      "canonical",
		{`"noise":"gaussian-u8","clip":1`, `"noise":"gaussian-f32"`}: "float noise does not go with the preprocessing",
	} {
		require.Contains(t, string(cert), change[0])
		_, _, err := readAll(bytes.NewReader(bytes.Replace(cert, []byte(change[0]), []byte(change[1]), 1)))
		require.Error(t, err, "%s", change)
		require.ErrorContains(t, err, want)
	}

	task.Sound, task.Preprocessing = false, "none"
	task.Classifier.(*FuncClassifier).Pixels = func(int) ([]float32, error) { return []float32{0, 0, 0}, nil }
	require.ErrorContains(t, task.Run(t.Context()), `noise "gaussian-u8" instead of "gaussian-f32"`)
	task.Sound, task.Preprocessing = true, certificate.EightBit
	task.Out = filepath.Join(t.TempDir(), "d.jsonl")
	task.Classifier = plain{task.Classifier}
	require.ErrorContains(t, task.Run(t.Context()), "cannot draw integer noise")
}

// Certified radii never exceed the true one and approach it as n grows. The
// plane is half a grey level from the nearest pixels, so the nearest images
// are not certified.
func TestSoundRadiusAgainstItsClosedForm(t *testing.T) {
	sigmas, sizes, near := []string{"0.25", "0.03"}, []int{100, 1000, 10000}, 0.75
	if testing.Short() {
		sigmas, sizes, near = sigmas[:1], sizes[:2], 0.4
	}
	for _, sigma := range sigmas {
		var last []float64
		for _, n := range sizes {
			task := soundImages.task(filepath.Join(t.TempDir(), "c.jsonl"))
			task.Sigma, task.Alpha, task.N = decimal.Must(sigma), decimal.Must("1e-12"), n
			cert, _ := runTask(t, task)
			_, recs, err := readAll(bytes.NewReader(cert))
			require.NoError(t, err)
			var share []float64
			for _, rec := range recs {
				d := soundImages.distance(rec.Image)
				if d < 0 {
					d = -d
				}
				truth := float64(d) / 510
				if rec.Predict >= 0 {
					require.Equal(t, rec.Label, rec.Predict)
					require.LessOrEqual(t, rec.Radius.Float64(), truth, "image %d, n = %d", rec.Image, n)
				}
				// Within two sigma of the plane, where n samples suffice.
				if s := decimal.Must(sigma).Float64(); truth > s/2 && truth < 2*s {
					share = append(share, rec.Radius.Float64()/truth)
				}
			}
			for i, v := range last {
				require.Greater(t, share[i], v)
			}
			last = share
		}
		require.NotEmpty(t, last)
		for _, v := range last {
			require.Greater(t, v, near)
		}
	}
}

// The probability of the class equals the closed form: counts of many samples
// at half a grey level from the plane.
func TestSoundProbabilityAtThePlane(t *testing.T) {
	noise, err := pixelnoise.New(decimal.Must("0.01"))
	require.NoError(t, err)
	const n = 1 << 16
	hits := 0
	for sample := range uint32(n) {
		if 100+noise.At(Noise{Seed: 3}.Addr(Job{Stream: philox.EstimationNoise, Sample: sample}), 0) >= 100 {
			hits++
		}
	}
	// P(eta >= 0) = Phi(1/(510*0.01)) = Phi(0.19608) = 0.577727; five standard errors.
	require.InDelta(t, 0.577727, float64(hits)/n, 5*0.494/256)
}

// The seed is read from the files of an interrupted run.
func TestFilesKnowTheirSeed(t *testing.T) {
	task := soundImages.task(filepath.Join(t.TempDir(), "c.jsonl"))
	task.N, task.Images, task.Seed = 40, certificate.IndexSet{{0, 1, 3}}, 1<<63+1
	_, ok := certificate.FilesFor(task.Out).Header()
	require.False(t, ok)
	inner := task.Classifier
	task.Classifier = &failing{inner, 70, errors.New("the power failed")}
	task.Batch, task.Sound, task.Preprocessing = 10, false, "none"
	inner.(*FuncClassifier).Pixels = func(int) ([]float32, error) { return make([]float32, 3), nil }
	require.Error(t, task.Run(t.Context()))
	header, ok := certificate.FilesFor(task.Out).Header()
	require.True(t, ok, "from the partial file")
	require.Equal(t, task.Seed, header.Seed.Number)
	task.Classifier = inner
	require.NoError(t, task.Run(t.Context()))
	header, ok = certificate.FilesFor(task.Out).Header()
	require.True(t, ok)
	require.Equal(t, task.Seed, header.Seed.Number)
}
