package smooth

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// spoof is a classifier that gets a false certificate under float noise. It
// reads the noisy pixels close to 0 and returns 1 if all are multiples of
// 2^-32, else 0.
//
// Under float noise this reveals the clean pixels. Image 0 is black: its noisy
// pixels are the noise, and four of five float32 numbers below 2^-10 are not such
// multiples. Image 1 is one step brighter, 1/255 in every pixel: there a sum near
// 0 comes from noise near -1/255, which is a multiple of 2^-32, as float32(1/255)
// is. So image 0 is certified as class 0, while image 1, well within the radius,
// gets class 1. Cohen's theorem does not apply to this noise. (The idea is from
// arXiv:2207.07209 and arXiv:2205.10159.)
func spoof() *FuncClassifier {
	const pixels = 32 * 32 * 3
	return &FuncClassifier{
		K: 2,
		Pixels: func(image int) ([]float32, error) {
			x := make([]float32, pixels)
			for i := range x {
				x[i] = float32(image) / 255
			}
			return x, nil
		},
		Bytes: func(image int) ([]byte, error) {
			x := make([]byte, pixels)
			for i := range x {
				x[i] = byte(image)
			}
			return x, nil
		},
		Class: func(noisy []float32) int {
			for _, z := range noisy {
				if scaled := math.Abs(float64(z)) * (1 << 32); scaled < 1<<22 && scaled != math.Floor(scaled) {
					return 0
				}
			}
			return 1
		},
	}
}

// The same attack on both kinds of noise. It breaks a certificate of float
// noise, which is therefore not the default, and none of integer noise.
func TestSpoofBreaksFloatNoiseOnly(t *testing.T) {
	c := spoof()
	distance := math.Sqrt(32*32*3) / 255
	for _, sound := range []bool{false, true} {
		task := Task{
			Params:     certificate.Params{Plan: bound.Plan{Method: bound.MethodCohen, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 10, N: 400}, Seed: 3, Sound: sound},
			Subject:    certificate.Subject{Contract: "f32/1", Model: "sha256:none", Data: "points", Preprocessing: preprocessingOf(sound), Of: 2, Images: certificate.IndexSet{{0, 1, 1}}},
			Classifier: c,
			Describe:   func(int) (certificate.Image, error) { return certificate.Image{Label: bound.NoClass}, nil },
			Out:        filepath.Join(t.TempDir(), "c.jsonl"),
		}
		runTask(t, task)
		_, recs := readFile(t, task.Out)
		require.Len(t, recs, 1)
		require.Greater(t, recs[0].Radius.Float64(), 2*distance, "image 1 is well within the radius; integer noise: %v", sound)

		noise, err := NewNoise(task.Sigma, 4, sound)
		require.NoError(t, err)
		inside, err := Predict(t.Context(), c, 1, noise, 60, decimal.Must("1e-9"))
		require.NoError(t, err)
		if sound {
			require.Equal(t, recs[0].Predict, inside.Class, "integer noise hides which image it was added to")
		} else {
			require.Equal(t, 0, recs[0].Predict)
			require.Equal(t, 1, inside.Class, "the certificate of float noise is false")
		}
	}
}
