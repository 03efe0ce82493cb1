package data

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/philox"
)

// fixtureImage reads an [h, w, c] tensor.
func fixtureImage(t testing.TB, f *checkpoint.File, name string) Image {
	info, ok := f.Info(name)
	require.True(t, ok, name)
	raw, err := f.Raw(name)
	require.NoError(t, err)
	h, w, c := info.Shape[0], info.Shape[1], info.Shape[2]
	if c == 1 {
		return Image{C: 1, H: h, W: w, Pix: raw}
	}
	return Image{C: 3, H: h, W: w, Pix: planar(raw, 1, h*w)}
}

func operationNamed(t testing.TB, name string) operation {
	for _, op := range operations {
		if op.name == name {
			return op
		}
	}
	require.Fail(t, "no operation "+name)
	return operation{}
}

var imageNetFill = [3]byte{124, 116, 104}

// Every operation as timm calls it at strength 9.3, bit for bit.
func TestOperationsEqualTimm(t *testing.T) {
	f, err := checkpoint.Open("testdata/randaugment_ops.safetensors")
	require.NoError(t, err)
	defer f.Close()
	in := fixtureImage(t, f, "in")
	seen := map[string]bool{}
	var s scratch
	for _, info := range f.Tensors() {
		if info.Name == "in" {
			continue
		}
		name, direction, _ := strings.Cut(info.Name, "_")
		name = strings.TrimSuffix(name, "Increasing")
		// In the fixture, "positive" makes enhancements smaller.
		negative := direction == "neg"
		switch name {
		case "Color", "Contrast", "Brightness", "Sharpness":
			negative = true
		}
		seen[name] = true
		got := operationNamed(t, name).apply(&s, in, RandAugment{Increasing: true, Fill: imageNetFill}, 9.3, negative)
		require.Equal(t, fixtureImage(t, f, info.Name), got, info.Name)
	}
	require.Len(t, seen, len(operations))
}

// Pillow's results for other strengths, both directions, and grey, tiny and
// flat images, bit for bit; see scripts/make-pil-fixtures.py.
func TestOperationsEqualPIL(t *testing.T) {
	f, err := checkpoint.Open("testdata/pil_ops.safetensors")
	require.NoError(t, err)
	defer f.Close()
	var s scratch
	cases := 0
	for _, info := range f.Tensors() {
		if strings.HasSuffix(info.Name, ".in") {
			continue
		}
		name, rest, _ := strings.Cut(info.Name, ".")
		op, rest, _ := strings.Cut(rest, ".")
		parts := strings.Split(rest, ".")
		n := len(parts)
		v, err := strconv.ParseFloat(strings.Join(parts[:n-2], "."), 64)
		require.NoError(t, err)
		r := RandAugment{Increasing: parts[n-1] == "inc", Fill: imageNetFill}
		in := fixtureImage(t, f, name+".in")
		before := append([]byte{}, in.Pix...)
		got := operationNamed(t, op).apply(&s, in, r, v, parts[n-2] == "neg")
		require.Equal(t, fixtureImage(t, f, info.Name), got, info.Name)
		require.Equal(t, before, in.Pix, "%s changed its input", info.Name)
		cases++
	}
	require.Greater(t, cases, 140)
}

func TestParseRandAugment(t *testing.T) {
	official := RandAugment{Layers: 2, Prob: 0.5, Magnitude: 9, Std: 0.5, Max: 10, Increasing: true}
	for policy, want := range map[string]RandAugment{
		"rand-m9-mstd0.5-inc1":        official,
		"rand-inc1-mstd0.5-m9":        official,
		"rand":                        {Layers: 2, Prob: 0.5, Magnitude: 10, Max: 10},
		"rand-m7-n3-p0.9-w0-inc0":     {Layers: 3, Prob: 0.9, Magnitude: 7, Max: 10, Weighted: true},
		"rand-m15-mmax20-mstd101-n15": {Layers: 15, Prob: 0.5, Magnitude: 15, Max: 20, Std: math.Inf(1)},
	} {
		got, err := ParseRandAugment(policy)
		require.NoError(t, err)
		require.Equal(t, want, got, policy)
	}
	for policy, want := range map[string]string{
		"":                 "only RandAugment is, such as rand-m9-mstd0.5-inc1",
		"original-mstd0.5": `the augmentation policy "original-mstd0.5" is not known`,
		"rand-":            "a name and a number are needed",
		"rand-9":           "a name and a number are needed",
		"rand-mx":          "a name and a number are needed",
		"rand-m9-m9":       `"m9": it is given twice`,
		"rand-m9.5":        "the magnitude is a whole number",
		"rand-m9x":         "what follows m is not a number",
		"rand-m1e1":        "what follows m is not a number",
		"rand-mstd0x1p4":   "what follows mstd is not a number",
		"rand-n0":          "from 1 to 15",
		"rand-n16":         "from 1 to 15",
		"rand-p1.5":        "from 0 to 1",
		"rand-mmax0":       "from 1 on",
		"rand-inc2":        "1 chooses the increasing operations",
		"rand-w1":          "0 is the only set of weights",
		"rand-w0-n14":      `the setting "n14": weighted choice has 13 operations`,
		"rand-t4":          `the augmentation policy "rand-t4" has the setting "t4": the settings are m, n, p, mstd, mmax, inc and w`,
	} {
		_, err := ParseRandAugment(policy)
		require.ErrorContains(t, err, want, policy)
	}
}

func FuzzParseRandAugment(f *testing.F) {
	for _, s := range []string{"rand-m9-mstd0.5-inc1", "rand-w0-n13", "rand-m", "rand--", "rand-mstd.5"} {
		f.Add(s)
	}
	im := Image{C: 3, H: 4, W: 5, Pix: make([]byte, 60)}
	f.Fuzz(func(t *testing.T, policy string) {
		r, err := ParseRandAugment(policy)
		if err != nil {
			require.Zero(t, r)
			return
		}
		require.NoError(t, Pipeline{r}.Apply(make([]float32, 60), im, AugmentAddr(1, 2, 3)))
	})
}

// Choices, applications, strengths and directions follow their distributions.
func TestRandAugmentDistribution(t *testing.T) {
	r, err := ParseRandAugment("rand-m9-mstd0.5-inc1")
	require.NoError(t, err)
	const n = 6000
	counts := make([]int, len(operations))
	sum, squares, most := 0.0, 0.0, 0.0
	for i := range n {
		g := philox.NewGen(AugmentAddr(3, uint32(i), 0))
		chosen := r.choose(g)
		require.Len(t, chosen, 2)
		for _, c := range chosen {
			counts[c]++
		}
		v := r.strength(g)
		require.True(t, v >= 0 && v <= 10)
		sum += v / n
		squares += (v - 9) * (v - 9) / n
		most = max(most, v)
	}
	for i, c := range counts {
		require.InDelta(t, 2.0*n/15, c, 120, operations[i].name)
	}
	require.InDelta(t, 9, sum, 0.03)
	require.InDelta(t, 0.5, math.Sqrt(squares), 0.02)
	require.Equal(t, 10.0, most)

	// An inversion with probability p changes the share p of the images.
	im := Image{C: 1, H: 1, W: 1, Pix: []byte{10}}
	w, err := ParseRandAugment("rand-w0-n13-p1")
	require.NoError(t, err)
	counts = make([]int, len(operations))
	for i := range 300 {
		chosen := w.choose(philox.NewGen(AugmentAddr(3, uint32(i), 0)))
		require.Len(t, chosen, 13)
		seen := map[int]bool{}
		for _, c := range chosen {
			seen[c] = true
		}
		require.Len(t, seen, 13, "without replacement")
		require.False(t, seen[2] || seen[4], "weights of 0")
		counts[chosen[0]]++
	}
	require.InDelta(t, 90, counts[3], 25, "rotations")
	same := 0
	for i := range 1000 {
		var s scratch
		p := RandAugment{Layers: 1, Prob: 0.3, Magnitude: 10, Max: 10}
		// Most operations do not change one dark pixel.
		if out := p.apply(im, philox.NewGen(AugmentAddr(3, uint32(i), 0)), &s); out.Pix[0] == 10 {
			same++
		}
	}
	require.Greater(t, same, 700)
	require.Less(t, same, 970)
}

// These augmented images never change: a resumed training repeats them.
func TestRandAugmentGolden(t *testing.T) {
	f, err := checkpoint.Open("testdata/pil_ops.safetensors")
	require.NoError(t, err)
	defer f.Close()
	im := fixtureImage(t, f, "colour.in")
	r, err := ParseRandAugment("rand-m9-mstd0.5-inc1")
	require.NoError(t, err)
	r.Fill = FillOf([]float64{0.485, 0.456, 0.406})
	require.Equal(t, imageNetFill, r.Fill)
	var s scratch
	var sums []uint32
	for i := range uint32(12) {
		out := r.apply(im, philox.NewGen(AugmentAddr(0, i, 0)), &s)
		sum := uint32(2166136261) // FNV-1a
		for _, v := range out.Pix {
			sum = (sum ^ uint32(v)) * 16777619
		}
		sums = append(sums, sum)
	}
	// For a quarter of the images neither operation is applied.
	require.Equal(t, []uint32{
		0x982941c0, 0xbcb9358a, 0x4a1f73df, 0xbcb9358a, 0xbcb9358a, 0x2cc87fc4,
		0xbcb9358a, 0xbcb9358a, 0xd052a596, 0x24d456c3, 0x5374fe99, 0xbcb9358a,
	}, sums)
}

func BenchmarkRandAugment224(b *testing.B) {
	im := pixels(b, numbered(b, 1, 1, 3, 224, 224), 0)
	r, err := ParseRandAugment("rand-m9-mstd0.5-inc1")
	require.NoError(b, err)
	r.Fill = imageNetFill
	w := worker{steps: Pipeline{r}}
	dst := make([]float32, len(im.Pix))
	b.ReportAllocs()
	for i := range b.N {
		if err := w.apply(dst, im, AugmentAddr(1, uint32(i), 0)); err != nil {
			b.Fatal(err)
		}
	}
}
