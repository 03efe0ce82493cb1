package bound

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/internal/testfiles"
	"github.com/godmae/godmae/philox"
)

// coins is the cumulative distribution of the hits among the samples of a look.
type coins [LookEvery + 1]float64

func newCoins(p float64) (c coins) {
	sum := 0.0
	for k := range c {
		sum += math.Exp(logChoose(LookEvery, k) + float64(k)*math.Log(p) + float64(LookEvery-k)*math.Log1p(-p))
		c[k] = sum
	}
	return c
}

// toss runs a trial to its end on a coin and returns the verdict and the number
// of samples.
func toss(stats Statistics, g *philox.Gen, c coins) (Verdict, int) {
	trial := stats.Begin(0)
	samples, hits := 0, 0
	for due := trial.Due(); due != 0; due = trial.Due() {
		u := g.Float64()
		for k := 0; k < LookEvery && u >= c[k]; k++ {
			hits++
		}
		samples = due
		trial.Look(hits)
	}
	return trial.Verdict(0, Counts{{0, hits}, {1, samples - hits}}), samples
}

// publishedProbabilities reads a published log. It returns for each image its
// radius, -1 for an abstention, and the share of the 100,000 samples that
// follows from the radius. From an abstention follows only that the share is at
// most about a half; such shares are spread evenly from a quarter on.
func publishedProbabilities(t *testing.T, sigma string) (shares, radii []float64) {
	f, err := os.Open(testfiles.Large(t, "data", "cohen", "cifar10", "sigma_"+sigma+".tsv"))
	require.NoError(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	require.NoError(t, err)
	level, err := strconv.ParseFloat(sigma, 64)
	require.NoError(t, err)
	abstentions := 0.0
	for _, row := range rows[1:] {
		radius, err := strconv.ParseFloat(row[3], 64)
		require.NoError(t, err)
		share := 0.0
		if row[2] == "-1" {
			abstentions++
			share, radius = 0.25+0.255*math.Mod(abstentions*math.Phi, 1), -1
		} else {
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

// With the probabilities of the published logs, the anytime method needs a
// small part of the 100,000 samples, and few images lose a step of the grid,
// at each futility level. A smaller level needs more samples and loses fewer
// steps.
func TestAnytimeOnThePublishedProbabilities(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred million samples")
	}
	const rounds = 4
	grid := decimals("0", "0.25", "0.5", "0.75", "1")
	for _, sigma := range []string{"0.25", "0.50"} {
		shares, radii := publishedProbabilities(t, sigma)
		before := 0.0
		for _, level := range []string{"1e-12", "0.01", "0.05", "0.1", "0.2"} {
			p := Plan{
				Method: MethodAnytime, Sigma: decimal.Must(sigma), Alpha: decimal.Must("0.001"),
				N0: 100, N: 100_000, Radii: grid, Futility: decimal.Must(level),
			}
			stats, err := New(p, 10)
			require.NoError(t, err)
			drawn, lost := 0, 0
			for i, share := range shares {
				c := newCoins(share)
				for round := range uint64(rounds) {
					v, samples := toss(stats, philox.NewGen(philox.Addr{Seed: 1 + round, Stream: philox.FirstUserStream, A: uint32(i)}), c)
					drawn += samples + p.N0
					reached := v.Radius.Float64()
					if v.Class == NoClass {
						reached = -1
					}
					for _, r := range grid {
						if r.Float64() <= radii[i] && r.Float64() > reached {
							lost++
							break
						}
					}
				}
			}
			images := rounds * len(shares)
			fewer := 100_100 * float64(images) / float64(drawn)
			lostShare := float64(lost) / float64(images)
			t.Logf("sigma %s, level %s: %d samples an image, %.1f times fewer; %.1f%% of %d images lose a step", sigma, level, drawn/images, fewer, 100*lostShare, images)
			require.Greater(t, fewer, before, "level %s", level)
			before = fewer
			if p.Futility.Cmp(DefaultFutility()) == 0 {
				require.Greater(t, fewer, 14.0)
				require.Less(t, lostShare, 0.02)
			}
		}
	}
}

// outcome is the exact distribution of the end of an anytime trial.
type outcome struct {
	claims  []float64 // probability of claiming so many radii
	samples float64   // expected number
}

// dynamic computes the distribution of a trial on a coin from look to look. The
// state is the number of claimed radii and of misses.
func dynamic(a *anytime, p float64) outcome {
	step := make([]float64, LookEvery+1) // misses between two looks
	for k := range step {
		step[k] = math.Exp(logChoose(LookEvery, k) + float64(k)*math.Log1p(-p) + float64(LookEvery-k)*math.Log(p))
	}
	o := outcome{claims: make([]float64, len(a.radii)+1)}
	now := make([]map[int]float64, len(a.radii))
	now[0] = map[int]float64{0: 1}
	for look := 1; look*LookEvery <= a.plan.N; look++ {
		next := make([]map[int]float64, len(a.radii))
		for claims, states := range now {
			for misses, mass := range states {
				o.samples += LookEvery * mass
				for k, share := range step {
					c, m, q := claims, misses+k, mass*share
					for c < len(a.radii) && a.claimed(c, look, m) {
						c++
					}
					if c == len(a.radii) || look*LookEvery == a.plan.N || a.futile(c, look, m) {
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
	p := Plan{
		Method: MethodAnytime, Sigma: decimal.Must("1"), Alpha: decimal.Must(alpha),
		N0: 1, N: n, Radii: decimals(radii...), Futility: DefaultFutility(),
	}
	require.NoError(t, p.Check())
	return newAnytime(p)
}

// Expected samples for a radius of two sigma at alpha 0.001, with a look after
// every sample and with the looks of the method. An ideal sequential test,
// which knows p, would need 309, 366, 462 and 668.
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

// The float64 evidence reaches the threshold at the same sample as the exact
// evidence.
func TestLogEvidenceCrossesWithTheProof(t *testing.T) {
	sigma, alpha := decimal.Must("0.25"), decimal.Must("0.001")
	for _, radius := range []string{"0", "0.25", "0.5", "2.5"} {
		p := Plan{Method: MethodAnytime, Sigma: sigma, Alpha: alpha, N0: 1, N: 1600, Futility: DefaultFutility(), Radii: Grid([]decimal.Decimal{decimal.Must(radius)})}
		rule, evidence := newAnytime(p), LogEvidence(decimal.Must(radius), sigma)
		last := len(p.Radii) - 1
		for look := 1; look <= 100; look += 7 {
			n := look * LookEvery
			for misses := range min(n, 200) {
				value := evidence(n-misses, misses)
				require.False(t, math.IsNaN(value))
				if math.Abs(value-3) > 1e-9 {
					require.Equal(t, rule.claimed(last, look, misses), value > 3, fmt.Sprintf("radius %s, %d of %d", radius, misses, n))
				}
			}
		}
	}
	require.InDelta(t, 0, LogEvidence(decimal.Decimal{}, sigma)(0, 0), 1e-12, "it starts at 1")
}
