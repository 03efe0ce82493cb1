package analyze

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Limits that keep a hostile table small: the longest line and the most rows.
const (
	maxTSVLine = 1 << 16
	maxTSVRows = 1 << 24
)

// readTSV reads a table with the columns idx, label, predict, radius and
// correct, in any order and with any others between them.
func readTSV(r io.Reader) (Run, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4096), maxTSVLine)
	var run Run
	if !s.Scan() {
		return Run{}, scanError(s, 1)
	}
	column, err := tsvColumns(s.Text())
	if err != nil {
		return Run{}, err
	}
	seen := make(map[int]bool)
	disagree := 0
	for n := 2; s.Scan(); n++ {
		if strings.TrimSpace(s.Text()) == "" {
			continue
		}
		row, err := tsvRow(s.Text(), column)
		if err != nil {
			return Run{}, fmt.Errorf("line %d of the table: %w", n, err)
		}
		if seen[row.Image] {
			return Run{}, fmt.Errorf("line %d of the table: image %d occurs twice", n, row.Image)
		}
		if len(run.Rows) == maxTSVRows {
			return Run{}, fmt.Errorf("line %d of the table: there are more than %d images", n, maxTSVRows)
		}
		seen[row.Image] = true
		if row.Correct != (row.Predict >= 0 && row.Predict == row.Label) {
			disagree++
		}
		run.Rows = append(run.Rows, row)
	}
	if s.Err() != nil {
		return Run{}, scanError(s, len(run.Rows)+2)
	}
	if len(run.Rows) == 0 {
		return Run{}, errors.New("the table has no rows")
	}
	if disagree > 0 {
		run.Notes = append(run.Notes, fmt.Sprintf("in %d rows the column \"correct\" disagrees with label and prediction; it is believed", disagree))
	}
	return run, nil
}

func scanError(s *bufio.Scanner, line int) error {
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d of the table is longer than %d bytes", line, maxTSVLine)
	}
	if s.Err() == nil {
		return errors.New("the table is empty")
	}
	return s.Err()
}

var tsvNames = [...]string{"idx", "label", "predict", "radius", "correct"}

// tsvColumns finds the named columns in the first line.
func tsvColumns(header string) (column [len(tsvNames)]int, err error) {
	fields := strings.Split(strings.TrimRight(header, "\r\n"), "\t")
	for i, name := range tsvNames {
		column[i] = -1
		for j, f := range fields {
			if strings.TrimSpace(f) != name {
				continue
			}
			if column[i] >= 0 {
				return column, fmt.Errorf("the table has two columns %q", name)
			}
			column[i] = j
		}
		if column[i] < 0 {
			return column, fmt.Errorf("the first line has no column %q: it should begin %q, separated by tabs", name, strings.Join(tsvNames[:], " "))
		}
	}
	return column, nil
}

func tsvRow(line string, column [len(tsvNames)]int) (Row, error) {
	fields := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
	var text [len(tsvNames)]string
	for i, c := range column {
		if c >= len(fields) {
			return Row{}, fmt.Errorf("it has %d fields and lacks %q: was the file cut off?", len(fields), tsvNames[i])
		}
		text[i] = strings.TrimSpace(fields[c])
	}
	var whole [3]int
	for i := range whole {
		v, err := strconv.Atoi(text[i])
		if err != nil || v < -1 || v > math.MaxInt32 || i == 0 && v < 0 {
			return Row{}, fmt.Errorf("the %s %q is not a valid integer", tsvNames[i], text[i])
		}
		whole[i] = v
	}
	radius, err := strconv.ParseFloat(text[3], 64)
	if err != nil || !(radius >= 0) || math.IsInf(radius, 0) {
		return Row{}, fmt.Errorf("the radius %q is not a number that is at least 0", text[3])
	}
	if text[4] != "0" && text[4] != "1" {
		return Row{}, fmt.Errorf("the field correct is %q instead of 0 or 1", text[4])
	}
	return Row{Image: whole[0], Label: whole[1], Predict: whole[2], Radius: radius, Correct: text[4] == "1"}, nil
}
