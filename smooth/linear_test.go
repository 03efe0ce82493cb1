package smooth

import (
	"crypto/sha256"
	"encoding/binary"
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// half-space classifier: class 1 where w.x > b. Smoothing leaves the plane
// where it is, so the true robust radius is the distance to it.
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

// describe labels every fourth image wrongly, and one not at all.
func (l *linear) describe(image int) (Image, error) {
	x, err := l.pixels(image)
	h := sha256.New()
	binary.Write(h, binary.LittleEndian, x)
	img := Image{Label: l.class(x)}
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
	set, _ := NewIndexSet(images)
	return Task{
		Params:     Params{Method: MethodCohen, Sigma: exact.MustDecimal("0.25"), Alpha: exact.MustDecimal("0.001"), N0: 20, N: 1100, Seed: 3},
		Subject:    Subject{Contract: "f32/1", Model: "sha256:none", Data: "points", Preprocessing: "none", Of: 1000, Images: set},
		Classifier: l.classifier(),
		Describe:   l.describe,
		Out:        out,
	}
}
