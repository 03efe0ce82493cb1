package analyze

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth"
)

// pValuePlaces is the number of decimals of a p-value, always rounded up.
const pValuePlaces = 12

// Paired compares two runs at a radius, image by image.
type Paired struct {
	Radius smooth.Decimal `json:"radius"`
	A      float64        `json:"a"` // certified accuracy of the first run
	B      float64        `json:"b"` // and of the second
	OnlyA  int            `json:"only_a"`
	OnlyB  int            `json:"only_b"` // images that one run certifies and the other does not

	// Difference is B - A. Its standard error is that of paired observations.
	Difference Estimate `json:"difference"`

	// PValue is that of McNemar's exact test: if both runs were equally good,
	// each of the OnlyA + OnlyB images would fall to either side like a fair
	// coin. It is rounded up, and not corrected for the number of radii.
	PValue smooth.Decimal `json:"p_value"`
}

// Comparison compares two runs over the same images.
type Comparison struct {
	A      string   `json:"a"`
	B      string   `json:"b"`
	Images int      `json:"images"`
	At     []Paired `json:"at"`

	// Radius is the difference B - A of the average certified radii, absent
	// when the radii of a run are steps of a grid.
	Radius *Estimate `json:"average_certified_radius_difference,omitempty"`
}

// Compare compares two runs at radii. They must be about the same images with
// the same labels, whatever their order; noise levels and methods may differ.
func Compare(a, b Run, radii []smooth.Decimal) (Comparison, error) {
	pairs, err := pair(a, b)
	if err != nil {
		return Comparison{}, err
	}
	n := float64(len(pairs))
	c := Comparison{A: a.Name, B: b.Name, Images: len(pairs)}
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

// pair joins the rows of the same images.
func pair(a, b Run) ([][2]Row, error) {
	fail := func(format string, args ...any) ([][2]Row, error) {
		return nil, fmt.Errorf("cannot compare %q with %q image by image: %s", a.Name, b.Name, fmt.Sprintf(format, args...))
	}
	if len(a.Rows) == 0 || len(b.Rows) == 0 {
		return fail("one of them has no images")
	}
	of := make(map[int]Row, len(b.Rows))
	for _, row := range b.Rows {
		of[row.Image] = row
	}
	var pairs [][2]Row
	for _, x := range a.Rows {
		y, ok := of[x.Image]
		switch unknown := (smooth.Digest{}); {
		case !ok:
			return fail("image %d is only in the first, which has %d images against %d", x.Image, len(a.Rows), len(b.Rows))
		case x.Label >= 0 && y.Label >= 0 && x.Label != y.Label:
			return fail("image %d has the label %d in the first and %d in the second", x.Image, x.Label, y.Label)
		case x.Pixels != unknown && y.Pixels != unknown && x.Pixels != y.Pixels:
			return fail("image %d has other pixels in the first than in the second", x.Image)
		}
		delete(of, x.Image)
		pairs = append(pairs, [2]Row{x, y})
	}
	if len(of) > 0 {
		return fail("the second has %d images that are not in the first, which has %d", len(of), len(a.Rows))
	}
	return pairs, nil
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
	g.notes = []string{fmt.Sprintf("p: McNemar's exact test on the %d images, two-sided, not corrected for the number of radii", c.Images)}
	return g
}

// shortP prints a p-value with two digits, rounded up.
func shortP(p smooth.Decimal) string {
	text := p.String()
	fraction, found := strings.CutPrefix(text, "0.")
	if !found {
		return text
	}
	zeros := len(fraction) - len(strings.TrimLeft(fraction, "0"))
	return exact.CeilDecimal(p.Rat(), max(zeros+2, 3)).String()
}

// ComparisonsCSV prints a line for each comparison and radius, with all
// digits.
func (t Table) ComparisonsCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	out.Write([]string{"a", "b", "images", "radius", "accuracy_a", "accuracy_b", "difference", "standard_error", "only_a", "only_b", "p_value"})
	for _, c := range t.Comparisons {
		for _, p := range c.At {
			out.Write([]string{
				c.A, c.B, strconv.Itoa(c.Images), p.Radius.String(), number(p.A), number(p.B), number(p.Difference.Mean), number(p.Difference.StandardError),
				strconv.Itoa(p.OnlyA), strconv.Itoa(p.OnlyB), p.PValue.String(),
			})
		}
	}
	out.Flush()
	return out.Error()
}
