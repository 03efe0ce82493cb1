package smooth

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// linear is a half-space classifier: class 1 where w.x > b. Smoothing does not
// move the plane, so the true robust radius is the distance to it.
type linear struct {
	w    []float32
	b    float64
	seed uint64 // of the images
}

const linearImages = 24

func newLinear() *linear {
	l := &linear{w: make([]float32, 12), seed: 7}
	g := philox.NewGen(philox.Addr{Seed: 1, Stream: philox.FirstUserStream})
	for i := range l.w {
		l.w[i] = g.Float32() - 0.5
	}
	for _, w := range l.w {
		l.b += float64(float64(w) * 0.5)
	}
	return l
}

func (l *linear) pixels(image int) ([]float32, error) {
	g := philox.NewGen(philox.Addr{Seed: l.seed, Stream: philox.FirstUserStream, A: uint32(image), B: 1})
	x := make([]float32, len(l.w))
	for i := range x {
		x[i] = g.Float32()
	}
	return x, nil
}

func (l *linear) score(x []float32) float64 {
	s := -l.b
	for i, w := range l.w {
		s += float64(float64(w) * float64(x[i])) // not fused, on any machine
	}
	return s
}

func (l *linear) class(x []float32) int {
	if l.score(x) > 0 {
		return 1
	}
	return 0
}

// distance returns the distance of an image to the plane.
func (l *linear) distance(image int) float64 {
	x, _ := l.pixels(image)
	norm := 0.0
	for _, w := range l.w {
		norm += float64(w) * float64(w)
	}
	return math.Abs(l.score(x)) / math.Sqrt(norm)
}

func (l *linear) classifier() *FuncClassifier {
	return &FuncClassifier{K: 3, Pixels: l.pixels, Class: l.class}
}

// describe gives every fourth image a wrong label, and one image none.
func (l *linear) describe(image int) (certificate.Image, error) {
	x, err := l.pixels(image)
	h := sha256.New()
	binary.Write(h, binary.LittleEndian, x)
	img := certificate.Image{Label: l.class(x)}
	if image%4 == 3 {
		img.Label = 2
	}
	if image == 5 {
		img.Label = -1
	}
	h.Sum(img.Pixels[:0])
	return img, err
}

func linearTask(out string) Task {
	l := newLinear()
	images := make([]int, linearImages)
	for i := range images {
		images[i] = i
	}
	set, _ := certificate.NewIndexSet(images)
	return Task{
		Params:     certificate.Params{Plan: bound.Plan{Method: bound.MethodCohen, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 20, N: 1100}, Seed: 3},
		Subject:    certificate.Subject{Contract: "f32/1", Model: "sha256:none", Data: "points", Preprocessing: "none", Of: 1000, Images: set},
		Classifier: l.classifier(),
		Describe:   l.describe,
		Out:        out,
	}
}

// runTask runs a task and returns the certificate and the TSV without its time
// column.
func runTask(t *testing.T, task Task) (cert, table []byte) {
	t.Helper()
	require.NoError(t, task.Run(t.Context()))
	return outputs(t, task.Out)
}

func outputs(t *testing.T, out string) (cert, table []byte) {
	t.Helper()
	files := certificate.FilesFor(out)
	cert, err := os.ReadFile(files.Certificate)
	require.NoError(t, err)
	tsv, err := os.ReadFile(files.TSV)
	require.NoError(t, err)
	for _, line := range bytes.Split(bytes.TrimSuffix(tsv, []byte("\n")), []byte("\n")) {
		table = append(table, line[:bytes.LastIndexByte(line, '\t')]...)
		table = append(table, '\n')
	}
	for _, partial := range []string{files.Partial(), files.Timing + ".partial", answersPath(files)} {
		require.NoFileExists(t, partial)
	}
	return cert, table
}

func readAll(r io.Reader) (certificate.Header, []certificate.Record, error) {
	d, err := certificate.NewReader(r)
	if err != nil {
		return certificate.Header{}, nil, err
	}
	var recs []certificate.Record
	for {
		rec, err := d.Next()
		if err == io.EOF {
			return d.Header(), recs, nil
		}
		if err != nil {
			return d.Header(), recs, err
		}
		recs = append(recs, rec)
	}
}

func readFile(t *testing.T, path string) (certificate.Header, []certificate.Record) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	h, recs, err := readAll(bytes.NewReader(raw))
	require.NoError(t, err)
	return h, recs
}

// For a linear classifier the true radius is the distance to the plane. At a
// tiny alpha no certificate exceeds it, and more samples give larger radii.
func TestLinearClassifierHasTheRadiusOfGeometry(t *testing.T) {
	l := newLinear()
	sizes := []int{100, 1000, 10_000}
	if testing.Short() {
		sizes = sizes[:2]
	}
	gap := math.Inf(1)
	for _, n := range sizes {
		task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
		task.Alpha, task.N, task.Sigma = decimal.Must("1e-12"), n, decimal.Must("0.5")
		task.Images = certificate.IndexSet{{0, 1, 8}}
		runTask(t, task)
		_, recs := readFile(t, task.Out)
		sum := 0.0
		for _, rec := range recs {
			truth := l.distance(rec.Image)
			require.LessOrEqual(t, rec.Radius.Float64(), truth, "n=%d image %d", n, rec.Image)
			sum += truth - rec.Radius.Float64()
			if rec.Predict >= 0 {
				requireNoAdversary(t, l, rec)
			}
		}
		require.Less(t, sum, gap, "the gap shrinks with n=%d", n)
		gap = sum
	}
	require.Less(t, gap/8, 0.15, "mean gap left at n=%d", sizes[len(sizes)-1])
}

// requireNoAdversary searches for a point inside the certified radius with
// another class of the smoothed classifier, which equals the classifier here.
// It tries the direction to the plane and random directions.
func requireNoAdversary(t *testing.T, l *linear, rec certificate.Record) {
	t.Helper()
	x, err := l.pixels(rec.Image)
	require.NoError(t, err)
	require.Equal(t, l.class(x), rec.Predict)
	g := philox.NewGen(philox.Addr{Seed: 5, Stream: philox.FirstUserStream, A: uint32(rec.Image)})
	direction := make([]float64, len(x))
	for try := range 200 {
		length := 0.0
		for i := range direction {
			direction[i] = g.Float64() - 0.5
			if try == 0 {
				direction[i] = float64(l.w[i])
			}
			length += direction[i] * direction[i]
		}
		reach := 0.9999 * rec.Radius.Float64() / math.Sqrt(length)
		if l.score(x) > 0 {
			reach = -reach
		}
		attacked := make([]float32, len(x))
		for i := range x {
			attacked[i] = float32(float64(x[i]) + reach*direction[i])
		}
		require.Equal(t, rec.Predict, l.class(attacked), "image %d, radius %s", rec.Image, rec.Radius)
	}
}
