package certify

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/smooth"
)

// noModel is a model of which only the input shape is used.
type noModel struct {
	Model
	b ops.Backend
}

func (m noModel) Backend() ops.Backend        { return m.b }
func (m noModel) Classes() int                { return 2 }
func (m noModel) Input() (channels, size int) { return 3, 5 }
func (m noModel) MaxBatch() int               { return 8 }

// The input of a network under integer noise is the table's float32 for the
// clipped sum of pixel and noise, bit for bit, on every instruction set.
func TestNoisyInputsAreTableValues(t *testing.T) {
	before := simd.ISA()
	t.Cleanup(func() { require.NoError(t, simd.Select(before)) })
	pixels, err := pixelnoise.New(decimal.Must("0.7"))
	require.NoError(t, err)
	noise := smooth.Noise{Pixels: pixels, Seed: 5}
	k := pixels.Clip()
	table := map[float32]int{}
	for z := -255 * k; z <= 255*(k+1); z++ {
		table[float32(z)/255] = z
	}
	size := data.NewInput(noModel{}.Input()).Elems()
	image := func(i int) ([]byte, error) {
		v := make([]byte, size)
		g := philox.NewGen(philox.Addr{Seed: 98, A: uint32(i)})
		for i := range v {
			v[i] = byte(g.Uint32())
		}
		return v, nil
	}
	jobs := []smooth.Job{{Image: 4, Stream: philox.EstimationNoise, Sample: 9}, {Image: 1, Stream: philox.EstimationNoise, Sample: 1 << 20}}
	for _, isa := range simd.Available() {
		require.NoError(t, simd.Select(isa))
		b := testbackend.New(t)
		c := NewClassifier(noModel{b: b}, image, 8)
		require.NoError(t, c.load(jobs, noise))
		got := make([]float32, 2*size)
		c.inputs.share(b)
		require.NoError(t, b.Download(got, c.inputs.noisy(autograd.NewInference(b), 0, 2, noise, philox.EstimationNoise)))
		for i, v := range got {
			job := jobs[i/size]
			z, ok := table[v]
			require.True(t, ok, "input %g is not a multiple of 1/255", v)
			stored, _ := image(job.Image)
			sum := int(stored[i%size]) + pixels.At(noise.Addr(job), i%size)
			require.Equal(t, min(max(sum, -255*k), 255*(k+1)), z)
		}
	}
}
