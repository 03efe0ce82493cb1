package data

import (
	"bytes"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testfiles"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/philox"
)

// Pillow's results, bit for bit.
func TestResizeEqualsPIL(t *testing.T) {
	f, err := checkpoint.Open(testfiles.Large(t, "fixtures", "pil_resize.safetensors"))
	require.NoError(t, err)
	defer f.Close()
	load := func(name string) Image {
		info, ok := f.Info(name)
		require.True(t, ok, name)
		raw, err := f.Raw(name)
		require.NoError(t, err)
		h, w := info.Shape[0], info.Shape[1]
		return Image{C: 3, H: h, W: w, Pix: planar(raw, 1, h*w)}
	}
	var s scratch
	for _, c := range [][2]string{{"90x120.in", "90x120.to64"}, {"131x77.in", "131x77.to64"}, {"40x40.in", "40x40.to64"}, {"300x200.in", "300x200.to96"}} {
		want, got := load(c[1]), load(c[0])
		for _, step := range EvalPipeline(want.H) {
			got = step.apply(got, nil, &s)
		}
		require.Equal(t, want, got, c[1])
	}
	for _, c := range []struct {
		in, out    string
		y, x, h, w int
	}{
		{"crop.in", "crop0.i10_j20_h80_w90_to64", 10, 20, 80, 90},
		{"crop.in", "crop1.i0_j0_h33_w47_to64", 0, 0, 33, 47},
		{"crop.in", "crop2.i50_j60_h70_w100_to32", 50, 60, 70, 100},
	} {
		want := load(c.out)
		got := s.resize(s.crop(load(c.in), c.y, c.x, c.h, c.w), want.H, want.W)
		require.Equal(t, want, got, c.out)
	}
}

// A resized image does not depend on the machine. The bits are from the first
// run of this package; they equal PIL's where there are fixtures.
func TestResizeGolden(t *testing.T) {
	im := pixels(t, numbered(t, 2, 1, 3, 17, 23), 1)
	var s scratch
	for _, c := range []struct {
		h, w int
		want uint64
	}{{8, 8, 0x3e27ed750d8a25cd}, {40, 31, 0x8f50cc96b88f0347}, {17, 9, 0x1c067b04e6c3388}, {5, 23, 0xde91b0d2da7b3458}} {
		out := s.resize(im, c.h, c.w)
		require.Len(t, out.Pix, 3*c.h*c.w)
		sum := uint64(14695981039346656037) // FNV-1a
		for _, v := range out.Pix {
			sum = (sum ^ uint64(v)) * 1099511628211
		}
		require.Equal(t, c.want, sum, "%dx%d: %#x", c.h, c.w, sum)
	}
}

func TestResizeKeepsConstantPictures(t *testing.T) {
	im := Image{C: 1, H: 13, W: 9, Pix: make([]byte, 13*9)}
	for i := range im.Pix {
		im.Pix[i] = 173
	}
	var s scratch
	for _, size := range [][2]int{{1, 1}, {7, 30}, {28, 28}, {13, 4}} {
		for _, v := range s.resize(im, size[0], size[1]).Pix {
			require.Equal(t, byte(173), v)
		}
	}
}

func TestCrop(t *testing.T) {
	im := Image{C: 1, H: 2, W: 3, Pix: []byte{1, 2, 3, 4, 5, 6}}
	var s scratch
	for _, c := range []struct {
		y, x, h, w int
		want       []byte
	}{
		{0, 0, 2, 3, []byte{1, 2, 3, 4, 5, 6}},
		{1, 1, 1, 2, []byte{5, 6}},
		{-1, -1, 2, 3, []byte{0, 0, 0, 0, 1, 2}},
		{1, 2, 2, 2, []byte{6, 0, 0, 0}},
		{5, 5, 1, 1, []byte{0}},
		{0, -3, 1, 2, []byte{0, 0}},
	} {
		s.image(1, 9, 9).Pix[0] = 77 // left by an earlier image
		require.Equal(t, Image{C: 1, H: c.h, W: c.w, Pix: c.want}, s.crop(im, c.y, c.x, c.h, c.w))
	}
}

func TestBoxesHaveTheirDistribution(t *testing.T) {
	r := RandomResizedCrop{Size: 28, Scale: [2]float64{0.2, 1}}
	const n, H, W = 20000, 240, 200
	area, logRatio, flips := 0.0, 0.0, 0
	for i := range n {
		g := philox.NewGen(AugmentAddr(1, uint32(i), 2))
		y, x, h, w := r.box(H, W, g)
		require.True(t, y >= 0 && x >= 0 && h > 0 && w > 0 && y+h <= H && x+w <= W)
		share := float64(h*w) / (H * W)
		require.True(t, share > 0.19 && share <= 1)
		ratio := float64(w) / float64(h)
		require.True(t, ratio > 0.73 && ratio < 1.36)
		area += share / n
		logRatio += math.Log(ratio) / n
		if g.Uint32()>>31 == 1 {
			flips++
		}
	}
	// Boxes that do not fit are drawn again, so the expected values are those
	// of the boxes that fit, summed over a grid.
	wantArea, wantRatio, fit := 0.0, 0.0, 0.0
	for i := range 500 {
		share := 0.2 + 0.8*(float64(i)+0.5)/500
		for j := range 500 {
			l := math.Log(4.0/3) * ((float64(j)+0.5)/250 - 1)
			if ratio := math.Exp(l); share*ratio <= float64(W)/H && share/ratio <= float64(H)/W {
				wantArea, wantRatio, fit = wantArea+share, wantRatio+l, fit+1
			}
		}
	}
	require.InDelta(t, wantArea/fit, area, 0.01)
	require.InDelta(t, wantRatio/fit, logRatio, 0.01)
	require.InDelta(t, n/2, flips, 300)
	// No box of these ratios fits into a line, so the box is in the centre.
	y, x, h, w := r.box(1000, 10, philox.NewGen(philox.Addr{}))
	require.Equal(t, [4]int{493, 0, 13, 10}, [4]int{y, x, h, w})
	y, x, h, w = r.box(10, 1000, philox.NewGen(philox.Addr{}))
	require.Equal(t, [4]int{0, 493, 10, 13}, [4]int{y, x, h, w})
}

// The boxes of these addresses never change: a resumed training repeats them.
func TestBoxesGolden(t *testing.T) {
	r := RandomResizedCrop{Size: 28, Scale: [2]float64{0.2, 1}}
	var boxes [][4]int
	for i := range 6 {
		y, x, h, w := r.box(28, 28, philox.NewGen(AugmentAddr(0, uint32(i), 3)))
		boxes = append(boxes, [4]int{y, x, h, w})
	}
	require.Equal(t, [][4]int{{14, 13, 12, 13}, {1, 7, 23, 21}, {1, 1, 20, 17}, {4, 15, 18, 13}, {0, 8, 23, 20}, {1, 4, 24, 23}}, boxes)
}

func TestPipelineSizesAndConversion(t *testing.T) {
	h, w := EvalPipeline(224).Size(500, 375)
	require.Equal(t, [2]int{224, 224}, [2]int{h, w})
	h, w = Resize{Short: 256}.size(500, 375)
	require.Equal(t, [2]int{341, 256}, [2]int{h, w})
	require.Equal(t, Pipeline{Resize{Short: 256}, CenterCrop{Size: 224}}, EvalPipeline(224))
	require.Equal(t, Pipeline{Resize{Short: 384}, CenterCrop{Size: 384}}, EvalPipeline(384))
	h, w = Pipeline{RandomFlip{}, RandomCrop{Pad: 2}, Resize{Short: 8}}.Size(0, 0)
	require.Equal(t, [2]int{}, [2]int{h, w})

	im := Image{C: 1, H: 1, W: 256, Pix: make([]byte, 256)}
	for i := range im.Pix {
		im.Pix[i] = byte(i)
	}
	dst := make([]float32, 256)
	require.NoError(t, Pipeline{}.Apply(dst, im, philox.Addr{}))
	for i, v := range dst {
		require.Equal(t, float32(float64(i)/255), v)
	}
	require.ErrorContains(t, Pipeline{}.Apply(dst[:9], im, philox.Addr{}), "1 channels of 1x256 pixels")
}

func TestFlipAndShiftFollowTheAddress(t *testing.T) {
	im := Image{C: 1, H: 1, W: 3, Pix: []byte{0, 51, 255}}
	seen := map[[3]float32]int{}
	for i := range 200 {
		a, b := make([]float32, 3), make([]float32, 3)
		p := Pipeline{RandomFlip{}, RandomCrop{Pad: 1}}
		require.NoError(t, p.Apply(a, im, AugmentAddr(3, uint32(i), 0)))
		require.NoError(t, p.Apply(b, im, AugmentAddr(3, uint32(i), 0)))
		require.Equal(t, a, b)
		seen[[3]float32(a)]++
	}
	// Rows -1 and 1 are empty; row 0 has three shifts in two orientations.
	require.Len(t, seen, 7)
}

func TestStepsDrawFromTheirOwnNumbers(t *testing.T) {
	im := pixels(t, numbered(t, 1, 1, 3, 32, 32), 0)
	crop := RandomResizedCrop{Size: 16, Scale: [2]float64{0.3, 1}}
	short, long := make([]float32, 3*16*16), make([]float32, 3*16*16)
	same := 0
	for i := range 40 {
		a := AugmentAddr(9, uint32(i), 1)
		require.NoError(t, Pipeline{crop}.Apply(short, im, a))
		require.NoError(t, Pipeline{crop, RandomFlip{}}.Apply(long, im, a))
		if short[0] == long[0] && short[5] == long[5] {
			same++
		}
	}
	require.InDelta(t, 20, same, 12, "adding a flip must leave the crops as they were")
}

func BenchmarkRandomResizedCrop32(b *testing.B) { benchmarkCrop(b, 32, 32) }

func BenchmarkRandomResizedCrop224(b *testing.B) { benchmarkCrop(b, 400, 224) }

func benchmarkCrop(b *testing.B, from, to int) {
	im := pixels(b, numbered(b, 1, 1, 3, from, from), 0)
	w := worker{steps: Pipeline{RandomResizedCrop{Size: to, Scale: [2]float64{0.2, 1}}, RandomFlip{}}}
	dst := make([]float32, 3*to*to)
	b.ReportAllocs()
	for i := range b.N {
		if err := w.apply(dst, im, AugmentAddr(1, uint32(i), 0)); err != nil {
			b.Fatal(err)
		}
	}
}

// Apply is ApplyBytes and a division.
func TestApplyBytes(t *testing.T) {
	im := pixels(t, numbered(t, 1, 1, 3, 37, 53), 0)
	for _, p := range []Pipeline{EvalPipeline(32), {RandomResizedCrop{Size: 32, Scale: [2]float64{0.2, 1}}, RandomFlip{}}} {
		floats, bytes := make([]float32, 3*32*32), make([]byte, 3*32*32)
		addr := AugmentAddr(3, 4, 5)
		require.NoError(t, p.Apply(floats, im, addr))
		require.NoError(t, p.ApplyBytes(bytes, im, addr))
		for i, v := range bytes {
			require.Equal(t, float32(v)/255, floats[i])
		}
		require.ErrorContains(t, p.ApplyBytes(bytes[1:], im, addr), "3071 numbers are needed")
	}
	err := Pipeline{CenterCrop{Size: 8}, RandomErasing{}}.ApplyBytes(make([]byte, 3*8*8), im, AugmentAddr(3, 4, 5))
	require.ErrorContains(t, err, "data.RandomErasing changes float pixels")
}

// A resize and a crop in one step give the same result as one after the other,
// and use no memory for pixels that are cropped away.
func TestResizeAndCropAtOnce(t *testing.T) {
	g := philox.NewGen(philox.Addr{Seed: 5})
	for _, c := range []struct{ h, w, short, size int }{
		{223, 900, 109, 96}, {900, 223, 109, 96}, {40, 57, 36, 32}, {57, 40, 64, 56}, {36, 80, 36, 32}, {80, 36, 36, 33},
		{50, 50, 36, 36}, {50, 70, 36, 36}, {36, 36, 36, 32}, {3, 200, 36, 32}, {32, 40, 20, 28},
	} {
		for _, channels := range []int{1, 3} {
			im := Image{C: channels, H: c.h, W: c.w, Pix: make([]byte, channels*c.h*c.w)}
			for i := range im.Pix {
				im.Pix[i] = byte(g.Uint32())
			}
			var s scratch
			want := CenterCrop{c.size}.apply(Resize{c.short}.apply(im, nil, &s), nil, &s)
			got, err := (&worker{steps: Pipeline{Resize{c.short}, CenterCrop{c.size}}}).transform(channels*c.size*c.size, im, philox.Addr{})
			require.NoError(t, err)
			require.Equal(t, want, got, "%v", c)
		}
	}
	flat := Image{C: 1, H: 1, W: 10_000_000, Pix: bytes.Repeat([]byte{120}, 10_000_000)}
	dst := make([]byte, 32*32)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, EvalPipeline(32).ApplyBytes(dst, flat, philox.Addr{}))
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	require.Equal(t, bytes.Repeat([]byte{120}, 32*32), dst)
}

// Results of torchvision 0.29's center_crop on a row of the pixels 1, 2, 3 ...
func TestCenterCropPadsAsTorchvision(t *testing.T) {
	for _, c := range []struct {
		pixels int
		want   []byte
	}{
		{1, []byte{0, 1, 0, 0}},
		{1, []byte{1, 0}},
		{2, []byte{0, 1, 2, 0, 0}},
		{3, []byte{0, 0, 0, 1, 2, 3, 0, 0, 0, 0}},
		{4, []byte{0, 1, 2, 3, 4, 0, 0}},
		{5, []byte{1, 2, 3, 4}}, // an offset of 0.5 is rounded to 0
		{7, []byte{3, 4, 5, 6}}, // and one of 1.5 to 2
		{6, []byte{2, 3, 4, 5}},
	} {
		size := len(c.want)
		im := Image{C: 1, H: size, W: c.pixels, Pix: make([]byte, size*c.pixels)}
		for i := range im.Pix {
			im.Pix[i] = byte(i%c.pixels) + 1
		}
		out := make([]byte, size*size)
		require.NoError(t, Pipeline{CenterCrop{Size: size}}.ApplyBytes(out, im, philox.Addr{}))
		require.Equal(t, c.want, out[:size], "%d pixels for %d", c.pixels, size)
	}
}
