package analyze

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Style says how a table is printed.
type Style struct {
	Places int  // decimals; 0 means 3
	Errors bool // print standard errors
}

// cells returns the table as text, a header and a row for each run.
func (t Table) cells(st Style, mark func(string) string) [][]string {
	places := st.Places
	if places == 0 {
		places = 3
	}
	number := func(e Estimate) string {
		s := strconv.FormatFloat(e.Mean, 'f', places, 64)
		if st.Errors {
			s += " ± " + strconv.FormatFloat(e.StandardError, 'f', places, 64)
		}
		return s
	}
	head := []string{""}
	for _, r := range t.Radii {
		head = append(head, "r = "+r.String())
	}
	rows := [][]string{append(head, "avg. radius", "abstained", "images")}
	for _, s := range t.Runs {
		row := []string{s.Name}
		for i, e := range s.Accuracy {
			cell := number(e)
			if e.Mean >= t.best(i) {
				cell = mark(cell)
			}
			row = append(row, cell)
		}
		abstained := "unknown"
		if s.Abstained != nil {
			abstained = strconv.FormatFloat(*s.Abstained, 'f', places, 64)
		}
		rows = append(rows, append(row, number(s.Radius), abstained, fmt.Sprintf("%d (%d..%d)", s.Images, s.First, s.Last)))
	}
	return rows
}

// Text prints the table with aligned columns; the best accuracy at a radius is
// starred.
func (t Table) Text(w io.Writer, st Style) error {
	rows := t.cells(st, func(s string) string { return s + "*" })
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString(cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	for _, note := range t.notes() {
		b.WriteString(note + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Markdown prints the table for a Markdown page; the best accuracy at a radius
// is bold.
func (t Table) Markdown(w io.Writer, st Style) error {
	rows := t.cells(st, func(s string) string { return "**" + s + "**" })
	var b strings.Builder
	for i, row := range rows {
		for _, cell := range row {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString("| --- |" + strings.Repeat(" ---: |", len(row)-1) + "\n")
		}
	}
	for i, note := range t.notes() {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString("* " + note + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// JSON prints the table as an indented JSON object.
func (t Table) JSON(w io.Writer) error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// notes returns what a reader of the table must know, a sentence each.
func (t Table) notes() []string {
	var notes []string
	for _, s := range t.Runs {
		for _, n := range s.Notes {
			notes = append(notes, s.Name+": "+n)
		}
		if s.AccuracyOnly {
			notes = append(notes, s.Name+": only images whose selected class is right were estimated, so the share of abstentions is unknown")
		}
		if s.Images != t.Runs[0].Images || s.First != t.Runs[0].First || s.Last != t.Runs[0].Last {
			notes = append(notes, s.Name+": certified on other images than "+t.Runs[0].Name)
		}
	}
	return notes
}
