package certify_test

import (
	"crypto/sha256"
	"fmt"
	"github.com/godmae/godmae/internal/testbackend"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae/attack"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/audit"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
	"github.com/godmae/godmae/tensor"
)

const linearSize = 4

// linear is a model of another family: two classes with the scores
// sum(pixels) - threshold and 0. The distance of an image to the other class is
// |sum - threshold| / sqrt(number of pixels).
type linear struct {
	b         ops.Backend
	w, bias   *tensor.Tensor // [2, pixels], [2]
	threshold float32
}

func newLinear(b ops.Backend, threshold float32) *linear {
	const n = linearSize * linearSize
	m := &linear{b: b, w: b.Persist(b.Float(), tensor.Of(2, n)), bias: b.Persist(b.Float(), tensor.Of(2)), threshold: threshold}
	w := make([]float32, 2*n)
	for i := range n {
		w[i] = 1
	}
	b.Upload(m.w, w)
	b.Upload(m.bias, []float32{-threshold, 0})
	return m
}

func (m *linear) Backend() ops.Backend        { return m.b }
func (m *linear) Classes() int                { return 2 }
func (m *linear) ClassNames() []string        { return []string{"bright", "dark"} }
func (m *linear) Input() (channels, size int) { return 1, linearSize }
func (m *linear) MaxBatch() int               { return 50 }

func (m *linear) Logits(t *autograd.Tape, images *autograd.Variable) *autograd.Variable {
	x := t.Apply(ops.Patchify, ops.Attr{Patch: linearSize}, images) // one token
	return t.Apply(ops.MeanTokens, ops.Attr{}, t.Apply(ops.Linear, ops.Attr{}, x, t.Const(m.w), t.Const(m.bias), nil, nil))
}

func (m *linear) Digest() ([sha256.Size]byte, error) {
	return sha256.Sum256(fmt.Appendf(nil, "linear %v", m.threshold)), nil
}

func (m *linear) distance(pixels []byte) float64 {
	sum := 0.0
	for _, v := range pixels {
		sum += float64(v) / 255
	}
	return math.Abs(sum-float64(m.threshold)) / linearSize
}

// brightness returns images of two classes with random pixels.
func brightness(t *testing.T) data.Dataset {
	g := philox.NewGen(philox.Addr{Seed: 11})
	images, labels := make([]data.Image, 12), make([]int32, 12)
	for i := range images {
		pixels := make([]byte, linearSize*linearSize)
		for p := range pixels {
			pixels[p] = byte(g.Uint32()%64) + byte(i%2)*128
		}
		images[i], labels[i] = data.Image{C: 1, H: linearSize, W: linearSize, Pix: pixels}, int32(i%2)
	}
	ds, err := data.NewMemory("brightness", []string{"dark", "bright"}, images, labels)
	require.NoError(t, err)
	return ds
}

// A model of another family is certified, audited, attacked and used for
// predictions only through the interface, with classes matched by name. Its radii
// are below the distances, which are known exactly.
func TestAnyFamily(t *testing.T) {
	b := testbackend.New(t)
	m, images := newLinear(b, 5), brightness(t)
	params := certificate.Defaults(bound.MethodCohen)
	params.Sound, params.N = false, 2000
	var notes []string
	o := certify.Options{Every: 3, Note: func(text string) { notes = append(notes, text) }}
	c, err := certify.New(m, images, params, o)
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Contains(t, notes[0], "matched by name")
	require.Equal(t, 50, c.Classifier().BatchSize(), "the model's limit")
	files, err := c.Run(t.Context(), filepath.Join(t.TempDir(), "new", "c"))
	require.NoError(t, err)

	f, err := os.Open(files.Certificate)
	require.NoError(t, err)
	defer f.Close()
	d, err := certificate.NewReader(f)
	require.NoError(t, err)
	require.Equal(t, "x/255", d.Header().Preprocessing)
	require.Equal(t, []string{"bright", "dark"}, d.Header().Names)
	for image := 0; image < 12; image += 3 {
		rec, err := d.Next()
		require.NoError(t, err)
		require.Equal(t, image, rec.Image)
		require.Equal(t, 1-image%2, rec.Label)
		require.True(t, rec.Correct())
		x, err := c.Pixels(image)
		require.NoError(t, err)
		distance := m.distance(x)
		require.LessOrEqual(t, rec.Radius.Float64(), distance)
		require.Greater(t, rec.Radius.Float64(), min(0.8*distance, 0.6), "image %d at distance %g", image, distance)

		derived, err := certify.Derive(m, params)
		require.NoError(t, err)
		answer, err := certify.Predict(t.Context(), m, certify.Image{Pixels: x}, derived, 7, nil)
		require.NoError(t, err)
		require.Equal(t, rec.Predict, answer.Class)

		found := make([]float32, len(x))
		for i, v := range x {
			found[i] = float32(v) / 255
		}
		search := attack.Search{Model: m, Sigma: 0.25, Samples: 4, Steps: 8}
		found, err = search.Run(t.Context(), found, rec.Predict, 1.1*distance)
		require.NoError(t, err)
		sum := float32(0)
		for _, v := range found {
			sum += v
		}
		require.Equal(t, rec.Predict == 0, sum < m.threshold, "the search crosses the plane")
	}

	report := func(m certify.Model, depth audit.Depth) audit.Report {
		f, err := os.Open(files.Certificate)
		require.NoError(t, err)
		defer f.Close()
		r, err := certify.Audit(t.Context(), f, m, images, certify.Options{}, audit.Options{Depth: depth, Blocks: 2})
		require.NoError(t, err)
		return r
	}
	require.True(t, report(m, audit.Full).Intact)
	require.True(t, report(m, audit.Sample).Intact)
	require.Contains(t, report(newLinear(b, 6), audit.Sample).Difference, "model")
}
