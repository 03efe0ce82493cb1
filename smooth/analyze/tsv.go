package analyze

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Limits for hostile tables: the longest line and the largest number of rows.
const (
	maxTSVLine = 1 << 16
	maxTSVRows = 1 << 24
)

// tsvRow is a line of a table before the column "correct" is interpreted.
type tsvRow struct {
	Row
	correct int // as in the table
	line    int
}

// readTSV reads a table whose first line has the columns idx, label, predict,
// radius and correct, in any order and possibly with others.
func readTSV(r io.Reader) (Run, error) {
	lines := tableLines{scanner: bufio.NewScanner(r)}
	lines.scanner.Buffer(make([]byte, 0, 4096), maxTSVLine)
	lines.scanner.Split(lines.split)
	header, ok := lines.next()
	if !ok {
		return Run{}, lines.failure("the table is empty")
	}
	column, err := findColumns(header)
	if err != nil {
		return Run{}, err
	}
	var rows []tsvRow
	seen := make(map[int]int) // position in rows by image
	repeated := 0
	for {
		line, ok := lines.next()
		if !ok {
			break
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		row, err := column.row(line, lines.torn)
		if err != nil {
			return Run{}, fmt.Errorf("line %d of the table: %w", lines.number, err)
		}
		row.line = lines.number
		if i, ok := seen[row.Image]; ok {
			if first := rows[i]; first.Label != row.Label || first.Predict != row.Predict || first.Radius != row.Radius {
				return Run{}, fmt.Errorf("line %d of the table: image %d occurs twice, with another result than in line %d", lines.number, row.Image, first.line)
			}
			repeated++
		} else {
			seen[row.Image] = len(rows)
		}
		if len(rows) == maxTSVRows {
			return Run{}, fmt.Errorf("line %d of the table: there are more than %d rows", lines.number, maxTSVRows)
		}
		rows = append(rows, row)
	}
	if lines.scanner.Err() != nil || len(rows) == 0 {
		return Run{}, lines.failure("the table has no rows")
	}
	var run Run
	if err := run.understandCorrect(rows); err != nil {
		return Run{}, err
	}
	for i, row := range rows {
		if seen[row.Image] == i {
			run.Rows = append(run.Rows, row.Row)
		}
	}
	if repeated > 0 {
		run.note("%d of its %d rows repeat an image with the same result and are left out", repeated, len(rows))
	}
	lines.notes(&run)
	run.noteOrder()
	run.noteZeroRadii()
	return run, nil
}

// tableLines splits a table into lines and records how they ended.
type tableLines struct {
	scanner *bufio.Scanner
	number  int  // number of the last line, from 1
	crlf    int  // lines that ended in a carriage return
	bom     bool // the file begins with a byte order mark
	torn    bool // the last line has no newline
}

// split is bufio.ScanLines and records whether the last line had a newline.
func (l *tableLines) split(data []byte, atEOF bool) (int, []byte, error) {
	advance, token, err := bufio.ScanLines(data, atEOF)
	if token != nil {
		l.torn = data[advance-1] != '\n'
		if end := data[:advance]; bytes.HasSuffix(end, []byte("\r\n")) {
			l.crlf++
		}
	}
	return advance, token, err
}

func (l *tableLines) next() (string, bool) {
	if !l.scanner.Scan() {
		return "", false
	}
	l.number++
	text := l.scanner.Text()
	if l.number == 1 {
		text, l.bom = strings.CutPrefix(text, "\ufeff")
	}
	return text, true
}

// failure returns the error that ended reading, or otherwise if there is none.
func (l *tableLines) failure(otherwise string) error {
	switch err := l.scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("line %d of the table is longer than %d bytes", l.number+1, maxTSVLine)
	case err != nil:
		return err
	}
	return errors.New(otherwise)
}

func (l *tableLines) notes(run *Run) {
	if l.bom {
		run.note("it begins with a byte order mark, which is ignored")
	}
	if l.crlf > 0 {
		run.note("%d of its %d lines end in a carriage return, which is ignored", l.crlf, l.number)
	}
	if l.torn {
		run.note("its last line is not ended by a newline: make sure that the file was not cut off")
	}
}

// row reads a line; torn means that the file ends in it.
func (c columns) row(line string, torn bool) (tsvRow, error) {
	fields := strings.Split(line, "\t")
	if torn && len(fields) < c.width {
		return tsvRow{}, fmt.Errorf("the file ends in it, after %d of %d fields: was it cut off?", len(fields), c.width)
	}
	var text [len(needed)]string
	for i, at := range c.at {
		if at >= len(fields) {
			return tsvRow{}, fmt.Errorf("it has %d fields and lacks %q: was the file cut off?", len(fields), needed[i].name)
		}
		if torn && at == len(fields)-1 && needed[i].name != "correct" {
			return tsvRow{}, fmt.Errorf("the file ends in the field %q, which may be cut off: if it is whole, end the line", needed[i].name)
		}
		text[i] = strings.TrimSpace(fields[at])
	}
	var whole [3]int
	for i := range whole {
		v, err := strconv.Atoi(text[i])
		if err != nil || v < -1 || v > math.MaxInt32 || i == 0 && v < 0 {
			return tsvRow{}, fmt.Errorf("the %s %q is not a valid integer", needed[i].name, clip(text[i]))
		}
		whole[i] = v
	}
	radius, err := strconv.ParseFloat(text[3], 64)
	if err != nil || !(radius >= 0) || math.IsInf(radius, 0) {
		return tsvRow{}, fmt.Errorf("the radius %q is not a number that is at least 0", clip(text[3]))
	}
	correct, err := readCorrect(text[4])
	if err != nil {
		return tsvRow{}, err
	}
	row := tsvRow{Row: Row{Image: whole[0], Label: whole[1], Predict: whole[2], Radius: radius, Seconds: -1}, correct: correct}
	if c.time >= 0 && c.time < len(fields) {
		row.Seconds = readSeconds(strings.TrimSpace(fields[c.time]))
	}
	return row, nil
}

// readSeconds reads seconds, or the h:mm:ss.uuuuuu of Python's timedelta; -1
// for anything else.
func readSeconds(s string) float64 {
	if v, err := strconv.ParseFloat(s, 64); err == nil && v >= 0 && v < 1e12 {
		return v
	}
	days := 0.0
	if n, rest, ok := strings.Cut(s, ", "); ok {
		d, err := strconv.Atoi(strings.TrimRight(n, " days"))
		if err != nil || d < 0 {
			return -1
		}
		days, s = float64(d), rest
	}
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return -1
	}
	d, err := time.ParseDuration(parts[0] + "h" + parts[1] + "m" + parts[2] + "s")
	if err != nil || d < 0 {
		return -1
	}
	return days*86400 + d.Seconds()
}

// clip shortens a quotation from a hostile file.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
