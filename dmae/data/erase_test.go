package data

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// erased applies r to a black image and returns it with the smallest box around
// the pixels that changed.
func erased(t testing.TB, r RandomErasing, h, w int, sample uint32) (pix []float32, y0, y1, x0, x1 int) {
	im := Image{C: 3, H: h, W: w, Pix: make([]byte, 3*h*w)}
	pix = make([]float32, len(im.Pix))
	// A flip after it in the list has no effect on the result: erasing is
	// applied last.
	require.NoError(t, Pipeline{r, RandomFlip{}}.Apply(pix, im, AugmentAddr(1, sample, 0)))
	y0, x0 = h, w
	for i, v := range pix {
		if v != 0 {
			y, x := i/w%h, i%w
			y0, y1, x0, x1 = min(y0, y), max(y1, y+1), min(x0, x), max(x1, x+1)
		}
	}
	return pix, y0, y1, x0, x1
}

func TestRandomErasing(t *testing.T) {
	r := RandomErasing{Prob: 0.25, Mode: ErasePixel, Mean: []float64{0.4, 0.5, 0.6}, Std: []float64{0.1, 0.2, 0.3}}
	require.NoError(t, r.Validate(3))
	const n, size = 2000, 24
	hit, pixels := 0, 0
	var sum, squares [3]float64
	for i := range uint32(n) {
		pix, y0, y1, x0, x1 := erased(t, r, size, size, i)
		if y1 == 0 {
			continue
		}
		hit++
		area := float64((y1-y0)*(x1-x0)) / (size * size)
		require.True(t, area > 0.01 && area < 0.37, "%v", area)
		ratio := float64(y1-y0) / float64(x1-x0)
		require.True(t, ratio > 0.2 && ratio < 5, "%v", ratio)
		for c := range 3 {
			for y := y0; y < y1; y++ {
				for x := x0; x < x1; x++ {
					v := float64(pix[(c*size+y)*size+x])
					require.NotZero(t, v, "the whole box is erased, in all channels")
					sum[c] += v
					squares[c] += v * v
				}
			}
		}
		pixels += (y1 - y0) * (x1 - x0)
	}
	require.InDelta(t, 0.25*n, hit, 60)
	for c := range 3 {
		mean := sum[c] / float64(pixels)
		require.InDelta(t, r.Mean[c], mean, 0.01)
		require.InDelta(t, r.Std[c], math.Sqrt(squares[c]/float64(pixels)-mean*mean), 0.01)
	}
}

func TestRandomErasingModes(t *testing.T) {
	colours := func(mode EraseMode) (n int, first float32) {
		pix, y0, y1, x0, x1 := erased(t, RandomErasing{Prob: 1, Mode: mode, Mean: []float64{0.4, 0.5, 0.6}, Std: []float64{1, 1, 1}}, 16, 20, 7)
		seen := map[float32]bool{}
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				seen[pix[y*20+x]] = true
			}
		}
		return len(seen), pix[y0*20+x0]
	}
	n, v := colours(EraseConst)
	require.Equal(t, 1, n)
	require.Equal(t, float32(0.4), v)
	n, v = colours(EraseRand)
	require.Equal(t, 1, n)
	require.NotEqual(t, float32(0.4), v)
	n, _ = colours(ErasePixel)
	require.Greater(t, n, 5)

	_, _, y1, _, _ := erased(t, RandomErasing{Mode: ErasePixel, Mean: []float64{1, 1, 1}, Std: []float64{1, 1, 1}}, 16, 16, 7)
	require.Zero(t, y1, "probability 0 erases nothing")
}

// These bits never change: a resumed training repeats them.
func TestRandomErasingGolden(t *testing.T) {
	pix, y0, y1, x0, x1 := erased(t, RandomErasing{Prob: 1, Mode: ErasePixel, Count: 2, Mean: []float64{0.4, 0.5, 0.6}, Std: []float64{0.1, 0.2, 0.3}}, 12, 12, 3)
	require.Equal(t, [4]int{8, 12, 0, 9}, [4]int{y0, y1, x0, x1})
	require.Equal(t, uint32(0x3ed24a53), math.Float32bits(pix[y0*12+x0]))
}

func TestRandomErasingValidate(t *testing.T) {
	ok := RandomErasing{Prob: 0.25, Mode: ErasePixel, Mean: []float64{0}, Std: []float64{1}}
	require.NoError(t, ok.Validate(1))
	require.EqualError(t, ok.Validate(3), "random erasing has 1 means and 1 standard deviations for images of 3 channels")
	for want, change := range map[string]func(r *RandomErasing){
		"probability 2":   func(r *RandomErasing) { r.Prob = 2 },
		"probability NaN": func(r *RandomErasing) { r.Prob = math.NaN() },
		`no mode "noise"`: func(r *RandomErasing) { r.Mode = "noise" },
		"-1 boxes":        func(r *RandomErasing) { r.Count = -1 },
	} {
		r := ok
		change(&r)
		require.ErrorContains(t, r.Validate(1), want)
	}
}
