package analyze

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/godmae/godmae/decimal"
)

// write writes the table, the terms of its runs, and its comparisons.
func (t Table) write(w io.Writer, st Style, notation func(grid, io.Writer) error) error {
	grids := []grid{t.grid(st)}
	if terms, ok := t.termsGrid(); ok {
		grids = append(grids, terms)
	}
	for _, c := range t.Comparisons {
		grids = append(grids, c.grid(st))
	}
	for i, g := range grids {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := notation(g, w); err != nil {
			return err
		}
	}
	return nil
}

// Text prints the table and its comparisons with aligned columns; the best
// accuracy at a radius is starred.
func (t Table) Text(w io.Writer, st Style) error { return t.write(w, st, grid.text) }

// Markdown prints the table and its comparisons for a Markdown page; the best
// accuracy at a radius is bold.
func (t Table) Markdown(w io.Writer, st Style) error { return t.write(w, st, grid.markdown) }

// LaTeX prints the table and its comparisons as tabulars for the package
// booktabs; the best accuracy at a radius is bold.
func (t Table) LaTeX(w io.Writer, st Style) error { return t.write(w, st, grid.latex) }

// JSON prints the table as an indented JSON object.
func (t Table) JSON(w io.Writer) error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// CSV prints a line for each run and radius, with all digits. An unknown number
// is empty.
func (t Table) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	maybe := func(v *float64) string {
		if v == nil {
			return ""
		}
		return number(*v)
	}
	out.Write([]string{
		"run", "method", "noise", "sigma", "alpha", "n0", "n", "seed", "contract", "precision", "images", "of", "chosen", "left_out", "radius", "certified", "certified_accuracy", "standard_error", "lower_bound", "published_formula",
		"average_certified_radius", "average_certified_radius_standard_error", "abstained", "samples_per_image", "seconds_per_image", "radii_on_grid",
	})
	for _, s := range t.Runs {
		run := []string{s.Name}
		for _, term := range terms {
			run = append(run, term.of(s.Terms))
		}
		run = append(run, strconv.Itoa(s.Images), size(s.Of), s.Chosen, strconv.Itoa(s.LeftOut))
		for i, a := range s.Accuracy {
			lower, published := "", ""
			if a.Guarantee != nil {
				lower, published = number(a.Guarantee.Lower), number(a.Guarantee.Published)
			}
			out.Write(append(slices.Clone(run), []string{
				t.Radii[i].String(), strconv.Itoa(a.Certified), number(a.Mean), number(a.StandardError), lower, published,
				number(s.Radius.Mean), number(s.Radius.StandardError), maybe(s.Abstained), maybe(s.Samples), maybe(s.Seconds), strconv.FormatBool(s.OnGrid),
			}...))
		}
	}
	out.Flush()
	return out.Error()
}

// notes returns the notes of the table, one sentence each.
func (t Table) notes() []string {
	var notes []string
	for _, s := range t.Runs {
		if s.Unlabelled > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d of %d images have no label and count as not certified", s.Name, s.Unlabelled, s.Images))
		}
		if s.AccuracyOnly {
			notes = append(notes, s.Name+": only images whose selected class is right were estimated, so the share of abstentions is unknown")
		}
		if s.OnGrid {
			notes = append(notes, s.Name+": its radii are steps of a grid, so its average radius cannot be compared with that of a method that reports the largest radius it can prove")
		}
		if between := t.betweenSteps(s); len(between) > 0 {
			notes = append(notes, fmt.Sprintf("%s: r = %s is not a step of its grid; images count there with the next step", s.Name, strings.Join(between, ", ")))
		}
		if s.LeftOut > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d images could not be decoded; they are left out of all numbers", s.Name, s.LeftOut))
		}
	}
	if unlike := t.unlike(); len(unlike) > 0 {
		notes = append(append(notes, unlike...), "no number is marked as the best, since not all runs were measured alike")
	}
	if t.Rho.Sign() > 0 {
		notes = append(notes, "lower bound: with probability at least 1 - "+t.Rho.String()+" over the noise, at all radii at once, the smoothed classifier's accuracy on these images is not below it; the published formula lacks a factor 2 under its root, so it proves nothing and stands there for comparison")
	}
	if t.Envelope != nil {
		notes = append(notes, "envelope: the best run at each radius, chosen by the images that are reported; no single classifier has it at all radii")
	}
	return notes
}

// betweenSteps returns the radii of the table that are not steps of a run's
// grid, so that images count there only with a larger step.
func (t Table) betweenSteps(s Summary) []string {
	if len(s.Grid) == 0 {
		return nil
	}
	var between []string
	last := s.Grid[len(s.Grid)-1]
	for _, r := range t.Radii {
		if r.Cmp(last) < 0 && !slices.ContainsFunc(s.Grid, func(g decimal.Decimal) bool { return g.Cmp(r) == 0 }) {
			between = append(between, r.String())
		}
	}
	return between
}
