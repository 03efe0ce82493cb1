package explain

import (
	"fmt"
	"html/template"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth/bound"
)

// trial is the test of one radius by the method anytime.
type trial struct {
	Radius   string
	Needs    string // probability that the class must exceed, Phi(radius/sigma)
	Claimed  int    // number of samples after which the radius was certified, or 0
	Outcome  string
	Evidence string       // at the end, or when the radius was certified
	Style    template.CSS // of its curve

	logs []float64 // base-10 logarithms of the evidence after each look
}

// trials returns the tests of all radii of the grid.
func (l Level) trials() []trial {
	var out []trial
	ended := fmt.Sprintf("given up after %d samples", l.N)
	if l.N == l.Most {
		ended = fmt.Sprintf("undecided after %d samples, the most that were allowed", l.N)
	}
	logAlpha := math.Log10(l.Alpha.Float64())
	since := 0 // look after which the smaller radii were certified
	for i, radius := range l.Radii {
		ratio := radius.Rat()
		ratio.Quo(ratio, l.Sigma.Rat())
		r := trial{
			Radius: radius.String(), Style: template.CSS(seriesStyle(i)), Needs: needs(exact.NormalCDF(ratio)),
		}
		evidence := bound.LogEvidence(radius, l.Sigma)
		hits := 0
		for k, digit := range []byte(l.Looks) {
			hits += strings.IndexByte(bound.LookDigits, digit)
			r.logs = append(r.logs, evidence(hits, (k+1)*bound.LookEvery-hits))
		}
		switch {
		case l.Certified && radius.Cmp(l.Radius) <= 0:
			for since < len(r.logs)-1 && r.logs[since] < -logAlpha {
				since++
			}
			r.Claimed = (since + 1) * bound.LookEvery
			r.Outcome = fmt.Sprintf("certified after %d samples", r.Claimed)
			r.Evidence = power(r.logs[since])
		default:
			r.Outcome, ended = ended, "not certified, for a smaller radius is not"
			r.Evidence = power(r.logs[len(r.logs)-1])
		}
		out = append(out, r)
	}
	return out
}

// needs prints a probability that must be exceeded: rounded up, or as its
// distance from 1 if that is small.
func needs(p exact.Interval) string {
	up := p.CeilDecimal(6)
	if up.Cmp(decimal.Must("1")) < 0 {
		return up.String()
	}
	rest := exact.Enclose(big.NewRat(1, 1)).Sub(p).Float64()
	return "1 - " + strconv.FormatFloat(rest, 'e', 1, 64)
}

// power prints the number with the given base-10 logarithm.
func power(log float64) string {
	switch {
	case log > -3 && log < 0:
		return formatFixed(math.Pow(10, log), 3)
	case log >= 0 && log < 2:
		return formatFixed(math.Pow(10, log), 1)
	case log >= 2 && log < 6:
		return formatFixed(math.Pow(10, log), 0)
	}
	return "10^" + formatFixed(log, 1)
}

// evidencePoints is the approximate number of points of a curve.
const evidencePoints = 240

// evidenceChart draws the evidence for each radius of the grid against the
// number of samples, and where it reaches 1/alpha.
func evidenceChart(l Level) template.HTML {
	trials := l.trials()
	goal := -math.Log10(l.Alpha.Float64())
	low, high := -3.0, goal+1
	for _, r := range trials {
		if r.Claimed > 0 {
			high = max(high, r.logs[r.Claimed/bound.LookEvery-1]+0.3)
		}
	}
	high = min(high, goal+4)
	first, last := math.Log10(bound.LookEvery), math.Log10(float64(l.N))
	if last-first < 0.3 {
		last = first + 0.3 // the test ended at the first look
	}
	c := newChart(fmt.Sprintf("evidence for each radius against the number of samples: %d samples in all, radius %s certified", l.N, l.Radius), first, last, low, high)
	c.axes("samples", "evidence", magnitudes(first, last), decades(low, high))
	c.mark(first, goal, last, goal, orange, true)
	c.text(first, goal, 8, -7, "start", orange, "1/alpha")
	end := math.Log10(float64(l.N))
	c.mark(end, low, end, high, grey, false)
	c.beside(end, low, -10, grey, fmt.Sprintf("stopped at %d", l.N))
	for _, r := range trials {
		var xs, ys []float64
		looks := len(r.logs)
		if r.Claimed > 0 {
			looks = r.Claimed / bound.LookEvery
		}
		next := 0.0
		for k := range looks {
			x := math.Log10(float64((k + 1) * bound.LookEvery))
			if x < next && k < looks-1 {
				continue
			}
			next = x + (last-first)/evidencePoints
			xs, ys = append(xs, x), append(ys, r.logs[k])
		}
		c.path(xs, ys, string(r.Style))
		if r.Claimed > 0 {
			c.dot(xs[len(xs)-1], min(ys[len(ys)-1], high), strings.TrimPrefix(strings.Split(string(r.Style), ";")[0], "stroke:"))
		}
	}
	return c.done()
}
