package analyze

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/printable"
)

// Style is the style of a printed table.
type Style struct {
	Places int  // decimals; 0 means 3
	Errors bool // print standard errors
}

func (st Style) places() int {
	if st.Places == 0 {
		return 3
	}
	return st.Places
}

func (st Style) share(v float64) string { return strconv.FormatFloat(v, 'f', st.places(), 64) }

func (st Style) estimate(e Estimate) string {
	if st.Errors {
		return st.share(e.Mean) + " ± " + st.share(e.StandardError)
	}
	return st.share(e.Mean)
}

// fixed writes a decimal with all its places.
func (st Style) fixed(d decimal.Decimal) string {
	whole, fraction, _ := strings.Cut(d.String(), ".")
	return whole + "." + fraction + strings.Repeat("0", max(st.places()-len(fraction), 0))
}

// cell is a piece of text of a table.
type cell struct {
	text string
	best bool // marked as the best
}

// grid is a table that can be written in each format: a header, rows with as
// many cells, and notes of one sentence each.
type grid struct {
	head  []string
	rows  [][]cell
	notes []string
}

// add appends a row of unmarked cells.
func (g *grid) add(texts ...string) {
	var row []cell
	for _, s := range texts {
		row = append(row, cell{text: s})
	}
	g.rows = append(g.rows, row)
}

// grid lays out the table. A column that is unknown for all runs is left out.
func (t Table) grid(st Style) grid {
	g := grid{head: []string{""}, notes: t.notes()}
	for _, r := range t.Radii {
		g.head = append(g.head, "r = "+r.String())
	}
	samples, seconds := false, false
	for _, s := range t.Runs {
		samples, seconds = samples || s.Samples != nil, seconds || s.Seconds != nil
	}
	g.head = append(g.head, "avg. radius", "abstained")
	if samples {
		g.head = append(g.head, "samples")
	}
	if seconds {
		g.head = append(g.head, "s/image")
	}
	g.head = append(g.head, "images")
	for _, s := range t.Runs {
		row := []cell{{text: s.Name}}
		for i, a := range s.Accuracy {
			row = append(row, cell{st.estimate(a.Estimate), a.Mean >= t.best(i)})
		}
		radius := st.estimate(s.Radius)
		if s.OnGrid {
			radius += " (grid)"
		}
		row = append(row, cell{text: radius}, cell{text: optional(s.Abstained, st.places())})
		if samples {
			row = append(row, cell{text: optional(s.Samples, 0)})
		}
		if seconds {
			row = append(row, cell{text: optional(s.Seconds, 3)})
		}
		g.rows = append(g.rows, append(row, cell{text: s.which()}))
		if t.Rho.Sign() > 0 {
			g.addGuarantees(s, st)
		}
	}
	if t.Envelope != nil {
		row := make([]string, len(g.head))
		row[0] = "envelope"
		for i, b := range t.Envelope {
			row[i+1] = st.share(b.Mean)
		}
		g.add(row...)
	}
	return g
}

// addGuarantees adds the rows of the lower bounds of a run.
func (g *grid) addGuarantees(s Summary, st Style) {
	lower, published := make([]string, len(g.head)), make([]string, len(g.head))
	lower[0], published[0] = s.Name+", lower bound", s.Name+", published formula"
	for i, a := range s.Accuracy {
		lower[i+1] = st.fixed(a.floored(s.Images, st.places()))
		published[i+1] = st.share(a.Guarantee.Published)
	}
	g.add(lower...)
	g.add(published...)
}

// which describes the number and choice of images.
func (s Summary) which() string {
	first, last := s.Which[0], s.Which[len(s.Which)-1]
	text := fmt.Sprintf("%d (%d..%d", s.Images, first[0], last[0]+last[1]*(last[2]-1))
	switch {
	case len(s.Which) > 1:
		text += fmt.Sprintf(" in %d spans", len(s.Which))
	case first[1] > 1:
		text += fmt.Sprintf(" step %d", first[1])
	}
	return text + ")"
}

// optional prints a number that may be unknown.
func optional(v *float64, places int) string {
	if v == nil {
		return "unknown"
	}
	return strconv.FormatFloat(*v, 'f', places, 64)
}

// text writes the grid with aligned columns; the best of a column is starred.
func (g grid) text(w io.Writer) error {
	rows := [][]string{slices.Clone(g.head)}
	for _, row := range g.rows {
		rows = append(rows, marked(row, func(s string) string { return s + "*" }))
	}
	for _, row := range rows {
		for i, s := range row {
			row[i] = printable.Text(s)
		}
	}
	width := make([]int, len(g.head))
	for _, row := range rows {
		for i, s := range row {
			width[i] = max(width[i], utf8.RuneCountInString(s))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, s := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(s))
			if i == 0 {
				line.WriteString(s + pad)
			} else {
				line.WriteString("  " + pad + s)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	for _, note := range g.notes {
		b.WriteString(printable.Text(note) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdown writes the grid for a Markdown page; the best of a column is bold.
func (g grid) markdown(w io.Writer) error {
	var b strings.Builder
	line := func(row []string) {
		for _, s := range row {
			b.WriteString("| " + s + " ")
		}
		b.WriteString("|\n")
	}
	head := make([]string, len(g.head))
	for i, s := range g.head {
		head[i] = markdownText(s)
	}
	line(head)
	b.WriteString("| --- |" + strings.Repeat(" ---: |", len(g.head)-1) + "\n")
	for _, row := range g.rows {
		escaped := make([]cell, len(row))
		for i, c := range row {
			escaped[i] = cell{markdownText(c.text), c.best}
		}
		line(marked(escaped, func(s string) string { return "**" + s + "**" }))
	}
	for i, note := range g.notes {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString("* " + markdownText(note) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownEscapes escapes the characters of a name that are special in
// Markdown. An underscore within a word is not.
var markdownEscapes = strings.NewReplacer(`\`, `\\`, `|`, `\|`, `*`, `\*`, "`", "\\`", `<`, `&lt;`, `[`, `\[`, `~`, `\~`, `&`, `&amp;`, ` _`, ` \_`, `_ `, `\_ `)

// markdownText returns text as a Markdown page shows it.
func markdownText(s string) string {
	s = markdownEscapes.Replace(printable.Text(s))
	if strings.HasPrefix(s, "_") {
		s = `\` + s
	}
	return s
}

// marked returns the texts of a row with the best marked.
func marked(row []cell, mark func(string) string) []string {
	texts := make([]string, len(row))
	for i, c := range row {
		if texts[i] = c.text; c.best {
			texts[i] = mark(c.text)
		}
	}
	return texts
}
