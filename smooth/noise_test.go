package smooth

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
)

// plain hides the optional methods of a classifier.
type plain struct{ Classifier }

func TestIntegerNoiseIsRefusedWhereItIsNotDrawn(t *testing.T) {
	noise, err := pixelnoise.New(decimal.Must("0.25"))
	require.NoError(t, err)
	f := &FuncClassifier{K: 2, Pixels: func(int) ([]float32, error) { return make([]float32, 3), nil }, Class: func([]float32) int { return 0 }}
	predict := func(c Classifier) error {
		_, err := Predict(t.Context(), c, 0, Noise{Pixels: noise}, 10, decimal.Must("0.1"))
		return err
	}
	require.ErrorContains(t, predict(f), "no 8-bit pixels")
	require.ErrorContains(t, f.Classify(t.Context(), make([]Job, 1), Noise{Pixels: noise}, make([]int32, 1)), "no 8-bit pixels")
	require.ErrorContains(t, predict(plain{f}), "cannot draw integer noise")
	f.Bytes = func(int) ([]byte, error) { return make([]byte, 3), nil }
	require.NoError(t, predict(f))
}

// The function gets the inputs of the noise's definition, for each sample.
func TestFuncClassifierUnderIntegerNoise(t *testing.T) {
	noise, err := pixelnoise.New(decimal.Must("0.5"))
	require.NoError(t, err)
	stored := []byte{0, 1, 127, 254, 255}
	var got [][]float32
	f := &FuncClassifier{
		K: 2, Bytes: func(int) ([]byte, error) { return stored, nil },
		Class: func(x []float32) int { got = append(got, append([]float32{}, x...)); return 0 },
	}
	n := Noise{Pixels: noise, Seed: 4}
	jobs := []Job{{Image: 3, Stream: philox.SelectionNoise}, {Image: 3, Stream: philox.EstimationNoise, Sample: 7}, {Image: 4, Stream: philox.EstimationNoise, Sample: 7}}
	require.NoError(t, f.Classify(t.Context(), jobs, n, make([]int32, len(jobs))))
	for i, job := range jobs {
		for p, v := range got[i] {
			require.Equal(t, noise.Input(int(stored[p])+noise.At(n.Addr(job), p)), v)
		}
	}
	require.NotEqual(t, got[0], got[1])
	require.NotEqual(t, got[1], got[2])
}

func TestNoiseAddressesDiffer(t *testing.T) {
	noise := Noise{Sigma: 1, Seed: 1}
	seen := map[[4]uint32]Job{}
	for _, stream := range []philox.Stream{philox.SelectionNoise, philox.EstimationNoise} {
		for image := range 20 {
			for sample := range uint32(20) {
				j := Job{Image: image, Stream: stream, Sample: sample}
				block := noise.Addr(j).Block(0)
				require.NotContains(t, seen, block)
				seen[block] = j
			}
		}
	}
}
