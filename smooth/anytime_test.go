package smooth

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/internal/philox"
)

// tosses counts hits of a coin that shows its face with probability p.
func tosses(g *philox.Gen, n int, p float64) int {
	hits := 0
	for range n {
		if g.Float64() < p {
			hits++
		}
	}
	return hits
}

// toss runs a trial to its end on a coin and returns its verdict and samples.
func toss(stats Statistics, g *philox.Gen, p float64) (Verdict, int) {
	trial := stats.Begin(0)
	samples, hits := 0, 0
	for due := trial.Due(); due != 0; due = trial.Due() {
		hits += tosses(g, due-samples, p)
		samples = due
		trial.Look(hits)
	}
	return trial.Verdict(0, Counts{{0, hits}, {1, samples - hits}}), samples
}

// publishedProbabilities reads a published log and returns, for each image,
// the share of the 100,000 samples that its radius tells, and the radius.
func publishedProbabilities(t *testing.T, sigma string) (shares, radii []float64) {
	dir := os.Getenv("DMAE_TESTDATA")
	if dir == "" {
		t.Skip("needs the published logs: set DMAE_TESTDATA")
	}
	f, err := os.Open(filepath.Join(dir, "data/cohen/cifar10", "sigma_"+sigma+".tsv"))
	require.NoError(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	require.NoError(t, err)
	level, err := strconv.ParseFloat(sigma, 64)
	require.NoError(t, err)
	for _, row := range rows[1:] {
		radius, err := strconv.ParseFloat(row[3], 64)
		require.NoError(t, err)
		share := 0.45 // an abstention tells nothing more
		if row[2] != "-1" {
			pA := 0.5 * math.Erfc(-radius/level/math.Sqrt2)
			lo, hi := pA, 1.0
			for range 60 {
				share = (lo + hi) / 2
				x := share * 100_000
				if x >= 100_000 || mathext.InvRegIncBeta(x, 100_000-x+1, 0.001) > pA {
					hi = share
				} else {
					lo = share
				}
			}
		}
		shares, radii = append(shares, share), append(radii, radius)
	}
	return shares, radii
}

// On the probabilities that the published logs tell, the anytime method needs
// a small part of the 100,000 samples, and few images lose a step of the grid.
func TestAnytimeOnThePublishedProbabilities(t *testing.T) {
	if testing.Short() {
		t.Skip("ten million samples")
	}
	grid := decimals("0", "0.25", "0.5", "0.75", "1")
	for _, sigma := range []string{"0.25", "0.50"} {
		shares, radii := publishedProbabilities(t, sigma)
		p := Params{Method: MethodAnytime, Sigma: exact.MustDecimal(sigma), Alpha: exact.MustDecimal("0.001"), N0: 100, N: 100_000, Radii: grid}
		stats, err := NewStatistics(p, 10)
		require.NoError(t, err)
		drawn, lost := 0, 0
		for i, share := range shares {
			v, samples := toss(stats, philox.NewGen(philox.Addr{Seed: 1, Stream: philox.FirstUserStream, A: uint32(i)}), share)
			drawn += samples + p.N0
			for _, r := range grid[1:] {
				if r.Float64() <= radii[i] && r.Cmp(v.Radius) > 0 {
					lost++
					break
				}
			}
		}
		mean := float64(drawn) / float64(len(shares))
		t.Logf("sigma %s: %.0f samples an image, %.1f times fewer; %d of %d images lose a step", sigma, mean, 100_100/mean, lost, len(shares))
		require.Greater(t, 100_100/mean, 8.0)
		require.Less(t, lost, len(shares)*3/100)
	}
}

// outcome is the exact distribution of the end of an anytime trial.
type outcome struct {
	claims  []float64 // probability of claiming so many radii
	samples float64   // expected number
}

// dynamic follows the distribution of a trial on a coin from look to look: the
// state is the number of radii claimed and of misses.
func dynamic(a *anytime, p float64) outcome {
	step := make([]float64, LookEvery+1) // misses between two looks
	for k := range step {
		step[k] = math.Exp(logChoose(LookEvery, k) + float64(k)*math.Log1p(-p) + float64(LookEvery-k)*math.Log(p))
	}
	o := outcome{claims: make([]float64, len(a.radii)+1)}
	now := make([]map[int]float64, len(a.radii))
	now[0] = map[int]float64{0: 1}
	for look := 1; look*LookEvery <= a.params.N; look++ {
		next := make([]map[int]float64, len(a.radii))
		for claims, states := range now {
			for misses, mass := range states {
				o.samples += LookEvery * mass
				for k, share := range step {
					c, m, q := claims, misses+k, mass*share
					for c < len(a.radii) && a.claimed(c, look, m) {
						c++
					}
					if c == len(a.radii) || look*LookEvery == a.params.N || a.futile(c, look, m) {
						o.claims[c] += q
						continue
					}
					if q < 1e-18 {
						continue
					}
					if next[c] == nil {
						next[c] = map[int]float64{}
					}
					next[c][m] += q
				}
			}
		}
		now = next
	}
	return o
}

func logChoose(n, k int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return lg(n) - lg(k) - lg(n-k)
}

func anytimeOn(t *testing.T, alpha string, n int, radii ...string) *anytime {
	t.Helper()
	p := Params{
		Method: MethodAnytime, Sigma: exact.MustDecimal("1"), Alpha: exact.MustDecimal(alpha),
		N0: 1, N: n, Radii: decimals(radii...),
	}
	require.NoError(t, p.Check())
	return newAnytime(p)
}

// The price of a radius of two sigma at alpha 0.001, in expected samples: when
// the evidence is looked at after every sample, and as the method looks. An
// ideal sequential test, which knows p, would need 309, 366, 462 and 668.
func TestAnytimeExpectedSamples(t *testing.T) {
	a := anytimeOn(t, "0.001", 16_000, "0", "2")
	each := exact.NewEvidenceTable(a.radii[1].claim, 1)
	for p, want := range map[float64][2]float64{0.9999: {356, 357}, 0.999: {405, 407}, 0.9975: {503, 506}, 0.995: {730, 737}} {
		o := dynamic(a, p)
		require.InDelta(t, 1, o.claims[2], 1e-6, "the radius holds and is claimed")
		samples, alive := 0.0, []float64{1} // by misses
		for n := 1; n < 4000; n++ {
			next := make([]float64, len(alive)+1)
			for misses, mass := range alive {
				samples += mass
				if mass < 1e-14 {
					continue
				}
				for k, share := range []float64{p, 1 - p} {
					if misses+k > each.MostFailures(n) {
						next[misses+k] += mass * share
					}
				}
			}
			alive = next[:min(len(next), 200)]
		}
		t.Logf("p %g: %.1f looking at every sample, %.1f at every %d", p, samples, o.samples, LookEvery)
		require.InDelta(t, want[0], samples, 1, "p=%g", p)
		require.InDelta(t, want[1], o.samples, 1, "p=%g", p)
	}
}
