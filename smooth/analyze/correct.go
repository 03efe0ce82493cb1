package analyze

import (
	"fmt"
	"strconv"
)

// readCorrect reads the column "correct" of a line: 0 or 1, or a count.
func readCorrect(text string) (int, error) {
	switch text {
	case "True", "true":
		return 1, nil
	case "False", "false":
		return 0, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0) || v > maxTSVRows || v != float64(int(v)) {
		return 0, fmt.Errorf("the field correct is %q instead of 0, 1 or a running total", clip(text))
	}
	return int(v), nil
}

// understandCorrect decides whether the column "correct" has 0 or 1 for each
// row, or, as some scripts write it, the number of correct rows so far. It
// sets Correct in all rows and adds notes.
//
// A number above 1 can only be a running total. Without one, both may be
// possible (0 0 1 1). Then it is a running total if that agrees with label
// and prediction in every row and the flags do not.
func (run *Run) understandCorrect(rows []tsvRow) error {
	matches := func(r tsvRow) bool { return r.Predict >= 0 && r.Predict == r.Label }
	counts, broken := false, -1
	flagsDiffer, totalsDiffer := 0, 0
	before := 0
	for i, r := range rows {
		step := r.correct - before
		before = r.correct
		if r.correct > 1 {
			counts = true
		}
		if (step < 0 || step > 1) && broken < 0 {
			broken = i
		}
		if (r.correct == 1) != matches(r) {
			flagsDiffer++
		}
		if (step == 1) != matches(r) {
			totalsDiffer++
		}
	}
	total := counts || broken < 0 && totalsDiffer == 0 && flagsDiffer > 0
	if counts && broken >= 0 {
		r := rows[broken]
		return fmt.Errorf("line %d of the table: the column \"correct\" is a running total (it exceeds 1 elsewhere or here) that jumps to %d, so that the rows before it are missing or out of order", r.line, r.correct)
	}
	before = 0
	for i := range rows {
		r := &rows[i]
		r.Correct = r.correct == 1
		if total {
			r.Correct = r.correct > before
			before = r.correct
		}
	}
	differ := flagsDiffer
	if total {
		differ = totalsDiffer
		run.note("its column \"correct\" is a running total, which was turned into 0 or 1 for each image")
	}
	if differ > 0 {
		run.note("in %d rows the column \"correct\" disagrees with label and prediction; the column is used", differ)
	}
	return nil
}
