package analyze

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth/certificate"
)

// pValuePlaces is the number of decimals of a p-value, always rounded up.
const pValuePlaces = 12

// Paired compares two runs at a radius, image by image.
type Paired struct {
	Radius decimal.Decimal `json:"radius"`
	A      float64         `json:"a"` // certified accuracy of the first run
	B      float64         `json:"b"` // of the second run
	OnlyA  int             `json:"only_a"`
	OnlyB  int             `json:"only_b"` // images that one run certifies and the other does not

	// Difference is B - A. Its standard error is that of paired observations.
	Difference Estimate `json:"difference"`

	// PValue is that of McNemar's exact test: if both runs are equally good,
	// each of the OnlyA + OnlyB images is on either side with probability
	// 1/2. It is rounded up, and not corrected for the number of radii.
	PValue decimal.Decimal `json:"p_value"`
}

// Comparison is the comparison of two runs on the same images.
type Comparison struct {
	A      string `json:"a"`
	B      string `json:"b"`
	Images int    `json:"images"` // that both have

	// Unequal has a phrase for each term in which the runs differ. Differences
	// of the results may come from these.
	Unequal []string `json:"unequal,omitempty"`

	At []Paired `json:"at"`

	// Radius is the difference B - A of the average certified radii, absent if
	// the radii of a run are steps of a grid.
	Radius *Estimate `json:"average_certified_radius_difference,omitempty"`
}

// UnequalError is the error of comparing two runs that were not certified
// alike, so that a comparison says little about their classifiers.
type UnequalError struct {
	A, B string   // names of the runs
	How  []string // a phrase for each difference
}

func (e *UnequalError) Error() string {
	return fmt.Sprintf("%q and %q were not certified alike (%s), so a comparison says little about the classifiers", e.A, e.B, strings.Join(e.How, "; "))
}

// Compare compares two runs at radii, image by image. If they were not
// certified with the same alpha, noise and sigma on the same images, the error
// is an [UnequalError]. With anyway set they are compared on the images that
// both have, and the comparison lists the differences. An image must have the
// same label and pixels in both. Methods and numbers of samples may differ.
func Compare(a, b Run, radii []decimal.Decimal, anyway bool) (Comparison, error) {
	pairs, others, err := pair(a, b)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{A: a.Name, B: b.Name, Images: len(pairs), Unequal: unequal(a.Terms, b.Terms)}
	if others != "" {
		c.Unequal = append(c.Unequal, others)
	}
	if len(c.Unequal) > 0 && !anyway {
		return Comparison{}, &UnequalError{A: a.Name, B: b.Name, How: c.Unequal}
	}
	if len(pairs) == 0 {
		return Comparison{}, fmt.Errorf("cannot compare %q with %q image by image: no image is in both", a.Name, b.Name)
	}
	a, b = a.only(pairs, 0), b.only(pairs, 1)
	n := float64(len(pairs))
	for _, r := range radii {
		at := Paired{Radius: r, A: a.AccuracyAt(r.Float64()).Mean, B: b.AccuracyAt(r.Float64()).Mean}
		for _, p := range pairs {
			inA := p[0].Correct && p[0].Radius >= r.Float64()
			inB := p[1].Correct && p[1].Radius >= r.Float64()
			if inA && !inB {
				at.OnlyA++
			}
			if inB && !inA {
				at.OnlyB++
			}
		}
		apart, diff := float64(at.OnlyA+at.OnlyB), float64(at.OnlyB-at.OnlyA)
		at.Difference = Estimate{diff / n, math.Sqrt(max(apart-float64(diff*diff)/n, 0)) / n}
		at.PValue = exact.BinomialTest(at.OnlyA, at.OnlyB).CeilDecimal(pValuePlaces)
		c.At = append(c.At, at)
	}
	if !a.OnGrid() && !b.OnGrid() {
		values := make([]float64, len(pairs))
		for i, p := range pairs {
			values[i] = certifiedRadius(p[1]) - certifiedRadius(p[0])
		}
		e := estimate(values)
		c.Radius = &e
	}
	return c, nil
}

func certifiedRadius(row Row) float64 {
	if row.Correct {
		return row.Radius
	}
	return 0
}

// pair joins the rows of the same images. others describes the images that only
// one of the runs has; it is "" if there are none.
func pair(a, b Run) (pairs [][2]Row, others string, err error) {
	fail := func(format string, args ...any) ([][2]Row, string, error) {
		return nil, "", fmt.Errorf("cannot compare %q with %q image by image: %s", a.Name, b.Name, fmt.Sprintf(format, args...))
	}
	if len(a.Rows) == 0 || len(b.Rows) == 0 {
		return fail("one of them has no images")
	}
	of := make(map[int]Row, len(b.Rows))
	for _, row := range b.Rows {
		of[row.Image] = row
	}
	var onlyA []int
	for _, x := range a.Rows {
		y, ok := of[x.Image]
		if !ok {
			onlyA = append(onlyA, x.Image)
			continue
		}
		switch unknown := (certificate.Digest{}); {
		case x.Label >= 0 && y.Label >= 0 && x.Label != y.Label:
			return fail("image %d has the label %d in the first and %d in the second", x.Image, x.Label, y.Label)
		case samePixels(a.Terms, b.Terms) && x.Pixels != unknown && y.Pixels != unknown && x.Pixels != y.Pixels:
			return fail("image %d has other pixels in the first than in the second", x.Image)
		}
		delete(of, x.Image)
		pairs = append(pairs, [2]Row{x, y})
	}
	var phrases []string
	for _, only := range []struct {
		images  []int
		of, all int
		place   string
	}{{onlyA, len(onlyA), len(a.Rows), "first"}, {slices.Collect(maps.Keys(of)), len(of), len(b.Rows), "second"}} {
		if only.of > 0 {
			phrases = append(phrases, fmt.Sprintf("%d of the %d images of the %s, such as %d, are not in the other", only.of, only.all, only.place, slices.Min(only.images)))
		}
	}
	return pairs, strings.Join(phrases, " and "), nil
}

// samePixels reports whether equal images have equal digests in two runs. The
// digest is of 8-bit pixels for integer noise and of float32 pixels for float
// noise.
func samePixels(a, b Terms) bool {
	return a.Noise == b.Noise || a.Noise == "" || b.Noise == ""
}

// otherRows describes how the rows of a run differ from those of the first run
// with the same indices: in pixels, or in labels. It is "" if they agree.
func otherRows(first, run Run) string {
	of := make(map[int]Row, len(first.Rows))
	for _, row := range first.Rows {
		of[row.Image] = row
	}
	labels := ""
	for _, y := range run.Rows {
		x, ok := of[y.Image]
		if !ok {
			continue
		}
		switch unknown := (certificate.Digest{}); {
		case samePixels(first.Terms, run.Terms) && x.Pixels != unknown && y.Pixels != unknown && x.Pixels != y.Pixels:
			return fmt.Sprintf("certified on other images than %s: the pixels of image %d differ", first.Name, y.Image)
		case labels == "" && x.Label != y.Label && x.Label >= 0 && y.Label >= 0:
			labels = fmt.Sprintf("counted with other labels than %s: image %d has the label %d and not %d", first.Name, y.Image, y.Label, x.Label)
		}
	}
	return labels
}

// only returns the run with only its rows of the pairs.
func (run Run) only(pairs [][2]Row, side int) Run {
	run.Rows = nil
	for _, p := range pairs {
		run.Rows = append(run.Rows, p[side])
	}
	return run
}

// grid lays out the comparison, a row for each radius.
func (c Comparison) grid(st Style) grid {
	g := grid{head: []string{fmt.Sprintf("%s to %s", c.A, c.B), c.A, c.B, "difference", "only " + c.A, "only " + c.B, "p"}}
	signed := func(e Estimate) string {
		s := st.estimate(e)
		if e.Mean >= 0 {
			s = "+" + s
		}
		return s
	}
	for _, p := range c.At {
		g.add("r = "+p.Radius.String(), st.share(p.A), st.share(p.B), signed(p.Difference), strconv.Itoa(p.OnlyA), strconv.Itoa(p.OnlyB), shortP(p.PValue))
	}
	if c.Radius != nil {
		g.add("avg. radius", "", "", signed(*c.Radius), "", "", "")
	}
	for _, how := range c.Unequal {
		g.notes = append(g.notes, "not certified alike: "+how)
	}
	g.notes = append(g.notes, fmt.Sprintf("p: McNemar's exact test on the %d images, two-sided, not corrected for the number of radii", c.Images))
	return g
}

// shortP prints a p-value with two digits, rounded up.
func shortP(p decimal.Decimal) string {
	text := p.String()
	fraction, found := strings.CutPrefix(text, "0.")
	if !found {
		return text
	}
	zeros := len(fraction) - len(strings.TrimLeft(fraction, "0"))
	return decimal.Ceil(p.Rat(), max(zeros+2, 3)).String()
}

// ComparisonsCSV prints a line for each comparison and radius, with all
// digits.
func (t Table) ComparisonsCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	out.Write([]string{"a", "b", "images", "radius", "accuracy_a", "accuracy_b", "difference", "standard_error", "only_a", "only_b", "p_value", "unequal"})
	for _, c := range t.Comparisons {
		for _, p := range c.At {
			out.Write([]string{
				c.A, c.B, strconv.Itoa(c.Images), p.Radius.String(), number(p.A), number(p.B), number(p.Difference.Mean), number(p.Difference.StandardError),
				strconv.Itoa(p.OnlyA), strconv.Itoa(p.OnlyB), p.PValue.String(), strings.Join(c.Unequal, "; "),
			})
		}
	}
	out.Flush()
	return out.Error()
}
