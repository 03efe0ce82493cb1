package data

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/godmae/godmae/philox"
)

// RandAugment applies randomly chosen operations one after the other (Cubuk et
// al. 2020) as timm does: each with probability Prob and a strength drawn
// around Magnitude. ParseRandAugment reads timm's notation. It is a Step.
type RandAugment struct {
	Layers    int     // operations chosen for an image
	Prob      float64 // of each being applied
	Magnitude float64 // 0 to 10 is the scale of the operations

	// Std is the standard deviation of the strength; +Inf draws it uniformly
	// from 0 to Magnitude. It is clipped to 0 to Max.
	Std, Max float64

	// Increasing selects the set in which the effect of every operation grows
	// with the strength.
	Increasing bool

	// Weighted prefers rotations, shears and shifts, and chooses without
	// replacement. Otherwise all are equally likely, with replacement.
	Weighted bool

	// Fill is the colour of pixels from outside the image: a byte for each
	// channel. See FillOf.
	Fill [3]byte
}

// FillOf returns the fill colour for the mean of each channel, given in [0,1];
// grey images have one channel. It is 124, 116, 104 for ImageNet's mean.
func FillOf(mean []float64) (fill [3]byte) {
	for c := range fill {
		m := mean[min(c, len(mean)-1)]
		fill[c] = byte(min(max(math.RoundToEven(float64(255*m)), 0), 255))
	}
	return fill
}

// ParseRandAugment reads a policy such as "rand-m9-mstd0.5-inc1": the word
// rand and settings in any order, each at most once, separated by hyphens.
//
//	m    magnitude, a whole number; default 10
//	n    operations for an image; default 2
//	p    probability of each; default 0.5
//	mstd standard deviation of the magnitude; default 0; above 100: uniform
//	mmax largest magnitude, a whole number; default 10
//	inc  1 for the increasing set of operations, 0 (default) for the plain one
//	w 0 for weighted choice without replacement; default: uniform choice
//
// Errors name the setting.
func ParseRandAugment(policy string) (RandAugment, error) {
	r := RandAugment{Layers: 2, Prob: 0.5, Magnitude: 10, Max: 10}
	parts := strings.Split(policy, "-")
	fail := func(part, use string) (RandAugment, error) {
		return RandAugment{}, fmt.Errorf("the augmentation policy %q has the setting %q: %s", policy, part, use)
	}
	if parts[0] != "rand" {
		return RandAugment{}, fmt.Errorf("the augmentation policy %q is not known: only RandAugment is, such as rand-m9-mstd0.5-inc1", policy)
	}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		at := strings.IndexFunc(part, func(c rune) bool { return c >= '0' && c <= '9' })
		if at < 1 {
			return fail(part, "a name and a number are needed, such as m9")
		}
		key, text := part[:at], part[at:]
		if seen[key] {
			return fail(part, "it is given twice")
		}
		seen[key] = true
		v, err := strconv.ParseFloat(text, 64)
		whole := err == nil && v == math.Trunc(v) && !strings.ContainsAny(text, ".eExX_")
		if err != nil || strings.ContainsAny(text, "eExXpP_") {
			return fail(part, "what follows "+key+" is not a number")
		}
		ok, use := false, ""
		switch key {
		case "m":
			ok, use = whole && v <= 1000, "the magnitude is a whole number, 9 in the recipes"
			r.Magnitude = v
		case "n":
			ok, use = whole && v >= 1 && v <= 15, "the number of operations is from 1 to 15, 2 in the recipes"
			r.Layers = int(v)
		case "p":
			ok, use = v <= 1, "the probability of an operation is from 0 to 1"
			r.Prob = v
		case "mstd":
			ok, use = true, ""
			if r.Std = v; v > 100 {
				r.Std = math.Inf(1)
			}
		case "mmax":
			ok, use = whole && v >= 1 && v <= 1000, "the largest magnitude is a whole number from 1 on"
			r.Max = v
		case "inc":
			ok, use = text == "0" || text == "1", "1 chooses the increasing operations, 0 the plain ones"
			r.Increasing = text == "1"
		case "w":
			ok, use = text == "0", "0 is the only set of weights"
			r.Weighted = true
		default:
			use = "the settings are m, n, p, mstd, mmax, inc and w"
		}
		if !ok {
			return fail(part, use)
		}
	}
	if positive := 0; r.Weighted {
		for _, op := range operations {
			if op.weight > 0 {
				positive++
			}
		}
		if r.Layers > positive {
			return fail("n"+strconv.Itoa(r.Layers), fmt.Sprintf("weighted choice has %d operations", positive))
		}
	}
	return r, nil
}

func (RandAugment) size(h, w int) (int, int) { return h, w }

// apply chooses all operations first, then draws for each whether it is
// applied, its strength and its direction. The count of random numbers is
// always the same.
func (r RandAugment) apply(im Image, g *philox.Gen, s *scratch) Image {
	for _, op := range r.choose(g) {
		skip := g.Float64() > r.Prob
		strength := r.strength(g)
		negative := g.Uint32()>>31 == 1
		if !skip {
			im = operations[op].apply(s, im, r, strength, negative)
		}
	}
	return im
}

// choose returns the indices of the operations for an image.
func (r RandAugment) choose(g *philox.Gen) []int {
	chosen := make([]int, 0, 16)
	for range r.Layers {
		if !r.Weighted {
			chosen = append(chosen, g.Intn(len(operations)))
			continue
		}
		// The weights are integers in thousandths, so nothing is rounded.
		left := 0
		var weight [15]int
		for i, op := range operations {
			weight[i] = op.weight
			for _, c := range chosen {
				if c == i {
					weight[i] = 0
				}
			}
			left += weight[i]
		}
		at := g.Intn(left)
		for i, w := range weight {
			if at < w {
				chosen = append(chosen, i)
				break
			}
			at -= w
		}
	}
	return chosen
}

func (r RandAugment) strength(g *philox.Gen) float64 {
	v := r.Magnitude
	switch n, u := normal(g), g.Float64(); {
	case math.IsInf(r.Std, 1):
		v = float64(r.Magnitude * u)
	case r.Std > 0:
		v = r.Magnitude + float64(r.Std*n)
	}
	return min(max(v, 0), r.Max)
}
