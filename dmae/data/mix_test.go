package data

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/godmae/godmae/internal/testfiles"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/philox"
)

func openFixture(t testing.TB, name string) *checkpoint.File {
	f, err := checkpoint.Open(testfiles.Large(t, "fixtures", name))
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// timm's blends of six batches, bit for bit.
func TestBlendEqualsTimm(t *testing.T) {
	f := openFixture(t, "mixup_batch.safetensors")
	floats := func(name string) []float32 {
		v, err := f.Float32(name)
		require.NoError(t, err)
		return v
	}
	kinds := map[bool]int{}
	for i := range 6 {
		var p struct {
			Drawn     float64 `json:"lam_drawn"`
			Cutmix    bool    `json:"use_cutmix"`
			Box       []int   `json:"bbox_yl_yh_xl_xh"`
			Corrected float64 `json:"lam_corrected"`
		}
		require.NoError(t, json.Unmarshal([]byte(f.Metadata()[fmt.Sprint(i)]), &p))
		kinds[p.Cutmix]++
		b := Blend{Lambda: p.Drawn, Cutmix: p.Cutmix}
		if p.Cutmix {
			// The centre is known only if an edge was not clipped, so the box
			// is tried around every pixel.
			found := false
			for cy := range 32 {
				for cx := range 32 {
					c := Blend{Cutmix: true}
					c.box(32, 32, p.Drawn, cy, cx)
					if [4]int{c.Y0, c.Y1, c.X0, c.X1} == [4]int(p.Box) {
						b, found = c, true
					}
				}
			}
			require.True(t, found, "the box %v of case %d", p.Box, i)
		}
		require.Equal(t, p.Corrected, b.Lambda)
		ids, err := f.Int64(fmt.Sprintf("%d.y", i))
		require.NoError(t, err)
		labels := make([]int32, len(ids))
		for j, id := range ids {
			labels[j] = int32(id)
		}
		x := floats(fmt.Sprintf("%d.x", i))
		got := make([]float32, len(x))
		b.Images(got, x, x, 4, 32, 32)
		require.Equal(t, floats(fmt.Sprintf("%d.xm", i)), got, "images of case %d", i)
		targets := make([]float32, 4*10)
		b.Targets(labels, labels, 10, 0.1, targets)
		require.Equal(t, floats(fmt.Sprintf("%d.ym", i)), targets, "targets of case %d", i)
	}
	require.Len(t, kinds, 2)
}

// A batch blended in parts equals the batch blended as a whole.
func TestBlendInParts(t *testing.T) {
	const n, parts, size = 6, 3, 2 * 4 * 4
	x := make([]float32, n*size)
	labels := make([]int32, n)
	g := philox.NewGen(philox.Addr{Seed: 4})
	for i := range x {
		x[i] = g.Float32()
	}
	for i := range labels {
		labels[i] = int32(g.Intn(3))
	}
	for _, b := range []Blend{{Lambda: 0.3}, {Lambda: 1}, {Lambda: 0.75, Cutmix: true, Y0: 1, Y1: 3, X0: 0, X1: 2}} {
		whole, inParts := make([]float32, len(x)), make([]float32, len(x))
		want, got := make([]float32, n*3), make([]float32, n*3)
		b.Images(whole, x, x, n, 4, 4)
		b.Targets(labels, labels, 3, 0.2, want)
		for p := range parts {
			const m = n / parts
			q := parts - 1 - p
			b.Images(inParts[p*m*size:(p+1)*m*size], x[p*m*size:(p+1)*m*size], x[q*m*size:(q+1)*m*size], m, 4, 4)
			b.Targets(labels[p*m:(p+1)*m], labels[q*m:(q+1)*m], 3, 0.2, got[p*m*3:(p+1)*m*3])
		}
		require.Equal(t, whole, inParts)
		require.Equal(t, want, got)
		for i := range n {
			sum := 0.0
			for _, v := range want[i*3 : (i+1)*3] {
				sum += float64(v)
			}
			require.InDelta(t, 1, sum, 1e-6)
		}
	}
}

// The weights follow their distribution, by the Kolmogorov distance to gonum's
// regularised incomplete beta function.
func TestBetaDistribution(t *testing.T) {
	const n = 4000
	for _, alpha := range []float64{0.01, 0.2, 0.8, 1, 1.5, 20} {
		want := distuv.Beta{Alpha: alpha, Beta: alpha}
		const cells = 50
		var below [cells]float64
		for i := range n {
			v := beta(philox.NewGen(MixAddr(5, uint32(i), 0)), alpha)
			require.True(t, v >= 0 && v <= 1, "alpha %v: %v", alpha, v)
			for c := range cells {
				if v <= float64(c+1)/(cells+1) {
					below[c]++
				}
			}
		}
		for c := range cells {
			// The distance exceeds 1.95/sqrt(n) with probability 0.001.
			require.InDelta(t, want.CDF(float64(c+1)/(cells+1)), below[c]/n, 1.95/math.Sqrt(n), "alpha %v", alpha)
		}
	}
}

func TestMixDraw(t *testing.T) {
	m := Mix{Mixup: 0.8, Cutmix: 1, Prob: 0.75, Switch: 0.4}
	const n = 4000
	mixed, cut := 0, 0
	for step := range uint32(n) {
		b := m.Draw(32, 24, MixAddr(1, step, 0))
		require.Equal(t, b, m.Draw(32, 24, MixAddr(1, step, 0)))
		require.True(t, b.Lambda >= 0 && b.Lambda <= 1)
		require.True(t, 0 <= b.Y0 && b.Y0 <= b.Y1 && b.Y1 <= 32 && 0 <= b.X0 && b.X0 <= b.X1 && b.X1 <= 24)
		if b != (Blend{Lambda: 1}) {
			mixed++
		}
		if b.Cutmix {
			cut++
		}
	}
	require.InDelta(t, 0.75, float64(mixed)/n, 0.03)
	require.InDelta(t, 0.4, float64(cut)/float64(mixed), 0.03)
	require.NotEqual(t, m.Draw(32, 24, MixAddr(1, 3, 0)), m.Draw(32, 24, MixAddr(1, 3, 1)))
	require.Equal(t, Blend{Lambda: 1}, Mix{Mixup: 1}.Draw(8, 8, MixAddr(1, 0, 0)))
	for step := range uint32(200) {
		b := Mix{MinMax: [2]float64{0.25, 0.5}, Prob: 1}.Draw(32, 32, MixAddr(2, step, 0))
		require.True(t, b.Cutmix && b.Y1-b.Y0 >= 8 && b.Y1-b.Y0 < 16 && b.X1-b.X0 >= 8 && b.X1-b.X0 < 16 && b.Y1 <= 32 && b.X1 <= 32)
		require.Equal(t, 1-float64((b.Y1-b.Y0)*(b.X1-b.X0))/1024, b.Lambda)
	}
}

// These draws never change: a resumed training repeats them.
func TestMixGolden(t *testing.T) {
	m := Mix{Mixup: 0.8, Cutmix: 1, Prob: 1, Switch: 0.5}
	var draws []string
	for step := range uint32(4) {
		draws = append(draws, fmt.Sprintf("%+v", m.Draw(32, 32, MixAddr(0, step, 0))))
	}
	require.Equal(t, []string{
		"{Lambda:0.9375 Cutmix:true Y0:9 Y1:17 X0:7 X1:15}",
		"{Lambda:0.6845703125 Cutmix:true Y0:0 Y1:17 X0:13 X1:32}",
		"{Lambda:0.9871955086361928 Cutmix:false Y0:0 Y1:0 X0:0 X1:0}",
		"{Lambda:0.8625915310495095 Cutmix:false Y0:0 Y1:0 X0:0 X1:0}",
	}, draws)
}

func TestMixValidate(t *testing.T) {
	require.NoError(t, Mix{}.Validate())
	require.NoError(t, Mix{Mixup: 0.8, Cutmix: 1, Prob: 1, Switch: 0.5, MinMax: [2]float64{0.2, 0.8}}.Validate())
	require.EqualError(t, Mix{Mixup: -1}.Validate(), "mixup -1 cannot be used: give 0 to switch it off, or an alpha up to 1e6")
	require.ErrorContains(t, Mix{Mode: "half"}.Validate(), "mixup mode half cannot be used: give batch, pair or elem")
	require.ErrorContains(t, Mix{Cutmix: math.NaN()}.Validate(), "cutmix NaN")
	require.ErrorContains(t, Mix{Prob: 1.5}.Validate(), "probability 1.5")
	require.ErrorContains(t, Mix{Switch: -0.5}.Validate(), "switch probability -0.5")
	require.ErrorContains(t, Mix{MinMax: [2]float64{0.8, 0.2}}.Validate(), "[0.8 0.2]")
}
