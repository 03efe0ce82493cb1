package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

var (
	boundStep  = big.NewRat(1, 1_000_000_000_000) // last digit of a bound
	radiusStep = big.NewRat(1, 1_000_000)         // last digit of a radius
	one        = big.NewRat(1, 1)
)

// examiner checks the computation from the counts of an image to its radius.
type examiner struct {
	header certificate.Header
	alpha  *big.Rat
	sigma  *big.Rat
	grid   []gridRadius // of the anytime method
	z      *big.Rat     // quantile of its futility level

	// known caches the results that were checked, by the counts of the selected
	// class and of the runner-up.
	known map[[2]int]verdict
}

// verdict is the printed numbers that were correct for some counts.
type verdict struct{ pA, pB, radius string }

func newExaminer(h certificate.Header) *examiner {
	x := &examiner{header: h, alpha: h.Alpha.Rat(), sigma: h.Sigma.Rat(), known: map[[2]int]verdict{}}
	if h.Method == bound.MethodAnytime {
		x.z = levelQuantile(h.Anytime.Futility.Rat())
		for _, r := range h.Anytime.Radii {
			x.grid = append(x.grid, newGridRadius(x, r.Rat()))
		}
	}
	return x
}

// examine returns a difference if the numbers of a record do not follow from
// its counts.
func (x *examiner) examine(rec certificate.Record) error {
	switch {
	case rec.Stopped != "":
		if rec.Radius.Sign() != 0 || rec.PA.Sign() != 0 || rec.Predict != rec.Selected {
			return differs("an image that was not estimated claims pA %s, radius %s and class %d", rec.PA, rec.Radius, rec.Predict)
		}
		return nil
	case rec.Selected == bound.NoClass:
		if rec.Predict != bound.NoClass || rec.Radius.Sign() != 0 {
			return differs("class %d is claimed, but no class was selected", rec.Predict)
		}
		return nil
	case x.header.Method == bound.MethodAnytime:
		return x.examineAnytime(rec)
	case x.header.Method == bound.MethodRunnerUp:
		return x.remember(rec, x.examineRunnerUp)
	case x.header.Method == bound.MethodRandomised:
		return x.examineBound(rec)
	}
	return x.remember(rec, x.examineBound)
}

// remember examines each pair of counts once, since equal counts give equal
// numbers.
func (x *examiner) remember(rec certificate.Record, examine func(certificate.Record) error) error {
	key := [2]int{rec.Estimation.Counts.Of(rec.Selected), rival(rec)}
	if x.header.Method == bound.MethodCohen {
		key[1] = 0
	}
	now := verdict{pA: rec.PA.String(), radius: fmt.Sprint(rec.Radius, rec.Predict >= 0)}
	if rec.PB != nil {
		now.pB = rec.PB.String()
	}
	before, ok := x.known[key]
	if ok && before == now && (rec.Predict < 0 || rec.Predict == rec.Selected) {
		return nil
	}
	if err := examine(rec); err != nil {
		return err
	}
	if len(x.known) >= 1<<14 {
		clear(x.known) // bounds its size for many images
	}
	x.known[key] = now
	return nil
}

// rival returns the largest count of another class than the selected one.
func rival(rec certificate.Record) int {
	most := 0
	for _, cc := range rec.Estimation.Counts {
		if cc[0] != bound.NoClass && cc[0] != rec.Selected {
			most = max(most, cc[1])
		}
	}
	return most
}

// examineBound examines records of the methods with pB = 1-pA.
func (x *examiner) examineBound(rec certificate.Record) error {
	w := one
	if x.header.Method == bound.MethodRandomised {
		words := x.origin(rec).Block(0)
		draw := new(big.Int).Lsh(big.NewInt(int64(words[1])), 32)
		draw.Or(draw, big.NewInt(int64(words[0])))
		if rec.W == nil || draw.Cmp(new(big.Int).SetUint64(uint64(*rec.W))) != 0 {
			return differs("the random number w is not that of the seed and the image")
		}
		w = new(big.Rat).SetFrac(draw.Add(draw, big.NewInt(1)), new(big.Int).Lsh(big.NewInt(1), 64))
		if least := big.NewRat(1, 16); w.Cmp(least) < 0 {
			w = least
		}
	}
	hits := rec.Estimation.Counts.Of(rec.Selected)
	if err := lowerBound("pA", hits, rec.Estimation.N, x.alpha, w, rec.PA.Rat()); err != nil {
		return err
	}
	if rec.PA.Rat().Cmp(big.NewRat(1, 2)) < 0 {
		return abstains(rec)
	}
	if rec.Predict != rec.Selected {
		return differs("class %d is claimed, but class %d was selected", rec.Predict, rec.Selected)
	}
	// Phi(radius/sigma) <= pA, but not with one more unit of the radius.
	pA := fraction(rec.PA.Rat())
	return lastDigit("radius", rec.Radius.Rat(), radiusStep, func(r *big.Rat) bool {
		return normalCDF(fraction(new(big.Rat).Quo(r, x.sigma))).Cmp(pA) <= 0
	})
}

// origin returns the address of the random number of an image's bound.
func (x *examiner) origin(rec certificate.Record) philox.Addr {
	h := x.header
	if !h.Seed.Derived {
		return philox.Addr{Seed: h.Seed.Number, Stream: h.Streams.Bound, A: uint32(rec.Image)}
	}
	var b []byte
	for _, text := range []string{"godmae-certificate/2", h.Model, string(h.Beacon), rec.Pixels.String()} {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(len(text))), text...)
	}
	sum := sha256.Sum256(b)
	return philox.Addr{Seed: binary.LittleEndian.Uint64(sum[:8]), Stream: h.Streams.Bound}
}

func abstains(rec certificate.Record) error {
	if rec.Predict != bound.NoClass || rec.Radius.Sign() != 0 {
		return differs("class %d is claimed with radius %s, but the counts do not certify any class", rec.Predict, rec.Radius)
	}
	return nil
}

// lowerBound checks a printed lower bound against its definition: the largest p
// with P[Bin(n,p) > x] + w P[Bin(n,p) = x] <= level.
func lowerBound(name string, x, n int, level, w, printed *big.Rat) error {
	if x == 0 {
		if printed.Sign() != 0 {
			return differs("%s is %s for no hits", name, digits(printed))
		}
		return nil
	}
	if side := compareTail(x, n, w, printed, level, provedBits); side > 0 || side == 0 && exactTail(x, n, w, printed).Cmp(level) > 0 {
		return differs("the %s %s is larger than the counts allow", name, digits(printed))
	}
	// If the tail at the next decimal equals the level, intervals of no precision
	// can prove it. Then the printed decimal is correct, and the reader of the
	// format checks that it is the certifier's choice.
	if compareTail(x, n, w, new(big.Rat).Add(printed, boundStep), level, unprovedBits) < 0 {
		return differs("the %s %s is smaller than the counts give", name, digits(printed))
	}
	return nil
}

// lastDigit returns a difference unless a property holds for a printed number
// and not for the next one.
func lastDigit(name string, printed, step *big.Rat, holds func(*big.Rat) bool) error {
	if !holds(printed) {
		return differs("the %s %s is larger than the counts allow", name, digits(printed))
	}
	if holds(new(big.Rat).Add(printed, step)) {
		return differs("the %s %s is smaller than the counts give", name, digits(printed))
	}
	return nil
}

func digits(r *big.Rat) string { return r.FloatString(12) }

// examineRunnerUp checks pA, pB and the radius against the counts.
func (x *examiner) examineRunnerUp(rec certificate.Record) error {
	n := rec.Estimation.N
	level := new(big.Rat).Mul(x.alpha, big.NewRat(1, 2))
	if err := lowerBound("pA", rec.Estimation.Counts.Of(rec.Selected), n, level, one, rec.PA.Rat()); err != nil {
		return err
	}
	if rec.PB == nil {
		return differs("pB is missing")
	}
	pA, pB := rec.PA.Rat(), rec.PB.Rat()
	rest := new(big.Rat).Sub(one, pA)
	switch same := pB.Cmp(rest) == 0; {
	case x.header.Classes == 1: // there is no other class to bound
		if !same {
			return differs("pB %s is not 1-pA, and there is no other class", digits(pB))
		}
	case !same:
		if pB.Cmp(rest) > 0 {
			return differs("pB %s exceeds 1-pA", digits(pB))
		}
		// An upper bound is one minus the lower bound of the misses.
		level.Quo(level, big.NewRat(int64(x.header.Classes-1), 1))
		if err := lowerBound("1-pB", n-rival(rec), n, level, one, new(big.Rat).Sub(one, pB)); err != nil {
			return err
		}
	default:
		// 1-pA is correct only if the bound itself is not smaller.
		level.Quo(level, big.NewRat(int64(x.header.Classes-1), 1))
		misses := n - rival(rec)
		if misses > 0 && compareTail(misses, n, one, new(big.Rat).Add(pA, boundStep), level, unprovedBits) < 0 {
			return differs("pB %s is larger than the counts give", digits(pB))
		}
	}
	if pA.Cmp(pB) <= 0 {
		return abstains(rec)
	}
	if rec.Predict != rec.Selected {
		return differs("class %d is claimed, but class %d was selected", rec.Predict, rec.Selected)
	}
	half := new(big.Rat).Mul(x.sigma, big.NewRat(1, 2))
	exact := mul(fraction(half), sub(quantile(pA), quantile(pB)))
	return lastDigit("radius", rec.Radius.Rat(), radiusStep, func(r *big.Rat) bool {
		return fraction(r).Cmp(exact) <= 0
	})
}

// quantile returns Phi^-1(p) for 0 < p < 1 by Newton's method. The slope is a
// float64, which gains fifteen digits in each step.
func quantile(p *big.Rat) *big.Float {
	start, _ := p.Float64()
	z := number().SetFloat64(math.Sqrt2 * math.Erfinv(2*start-1))
	for range 8 {
		at, _ := z.Float64()
		density := math.Exp(-at*at/2) / math.Sqrt(2*math.Pi)
		z = sub(z, quo(sub(normalCDF(z), fraction(p)), number().SetFloat64(density)))
	}
	return z
}
