package analyze

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/certificate"
)

// Terms are the parameters with which a run was certified. They are needed to
// interpret its numbers: the same samples prove larger radii at a larger alpha.
// The header of a certificate has them. A table does not; the caller may set
// them, and zero values are unknown.
type Terms struct {
	Method    string          `json:"method,omitempty"` // such as "cohen"
	Noise     string          `json:"noise,omitempty"`  // such as "gaussian-u8", integer noise on 8-bit pixels
	Sigma     decimal.Decimal `json:"sigma,omitzero"`   // in units of pixels scaled to [0,1]
	Alpha     decimal.Decimal `json:"alpha,omitzero"`
	N0        int             `json:"n0,omitempty"`       // samples that choose the class
	N         int             `json:"n,omitempty"`        // largest number of estimation samples of an image
	Seed      string          `json:"seed,omitempty"`     // the seed and how it was chosen
	Of        int             `json:"of,omitempty"`       // images of the whole set
	Chosen    string          `json:"chosen,omitempty"`   // the images that were selected, such as "200 of 2,000, every 10th"
	LeftOut   int             `json:"left_out,omitempty"` // images that could not be decoded and have no row
	Contract  string          `json:"contract,omitempty"` // numerics contract, such as "f32/1"
	Precision string          `json:"precision,omitempty"`
}

// term is one of the Terms as a table prints it: "" when it is unknown.
type term struct {
	name string
	of   func(Terms) string
}

// terms lists the terms of a run in the order of their columns.
var terms = []term{
	{"method", func(t Terms) string { return t.Method }},
	{"noise", func(t Terms) string { return t.Noise }},
	{"sigma", func(t Terms) string { return positive(t.Sigma) }},
	{"alpha", func(t Terms) string { return positive(t.Alpha) }},
	{"n0", func(t Terms) string { return size(t.N0) }},
	{"n", func(t Terms) string { return size(t.N) }},
	{"seed", func(t Terms) string { return t.Seed }},
	{"contract", func(t Terms) string { return t.Contract }},
	{"precision", func(t Terms) string { return t.Precision }},
}

func positive(d decimal.Decimal) string {
	if d.Sign() <= 0 {
		return ""
	}
	return d.String()
}

func size(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// decisive are the terms that change the results of a run for the same
// classifier.
var decisive = []string{"alpha", "noise", "sigma"}

// unequal returns a phrase for each decisive term in which two runs differ. An
// unknown term is not a difference.
func unequal(a, b Terms) []string {
	var phrases []string
	for _, t := range terms {
		if !slices.Contains(decisive, t.name) {
			continue
		}
		if x, y := t.of(a), t.of(b); x != "" && y != "" && x != y {
			phrases = append(phrases, fmt.Sprintf("%s %s and %s", t.name, x, y))
		}
	}
	return phrases
}

// termsGrid lays out the terms of all runs, a row each. It is false if nothing
// is known of any of them. A column that is unknown for all is left out.
func (t Table) termsGrid() (grid, bool) {
	g := grid{head: []string{"certified with"}}
	var shown []term
	for _, term := range terms {
		if slices.ContainsFunc(t.Runs, func(s Summary) bool { return term.of(s.Terms) != "" }) {
			shown = append(shown, term)
			g.head = append(g.head, term.name)
		}
	}
	if len(shown) == 0 {
		return grid{}, false
	}
	g.head = append(g.head, "images", "left out")
	for _, s := range t.Runs {
		row := []string{s.Name}
		for _, term := range shown {
			row = append(row, orUnknown(term.of(s.Terms)))
		}
		leftOut := "unknown"
		if s.Method != "" { // the file is a certificate, which has them
			leftOut = strconv.Itoa(s.LeftOut)
		}
		g.add(append(row, s.chosen(), leftOut)...)
	}
	return g, true
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// chosen describes how many images of how many were selected, and by which
// rule.
func (s Summary) chosen() string {
	if s.Chosen == "" {
		return certificate.Thousands(s.Images) + " of an unknown number"
	}
	return s.Chosen
}

// unlike returns a sentence for each run that cannot be ranked against the first one:
// it has another alpha, kind of noise, images or labels. Noise levels may differ, as
// tables compare them.
func (t Table) unlike() []string {
	var notes []string
	first := t.Runs[0]
	for _, s := range t.Runs[1:] {
		if x, y := positive(first.Alpha), positive(s.Alpha); x != "" && y != "" && x != y {
			notes = append(notes, fmt.Sprintf("%s: certified with alpha %s and %s with %s; the same samples prove larger radii at a larger alpha, so the two cannot be ranked", s.Name, y, first.Name, x))
		}
		if x, y := first.Noise, s.Noise; x != "" && y != "" && x != y {
			notes = append(notes, fmt.Sprintf("%s: certified with noise of the kind %s and %s with %s", s.Name, y, first.Name, x))
		}
		if !slices.Equal(s.Which, first.Which) {
			notes = append(notes, s.Name+": certified on other images than "+first.Name)
		}
		if s.others != "" {
			notes = append(notes, s.Name+": "+s.others)
		}
	}
	return notes
}
