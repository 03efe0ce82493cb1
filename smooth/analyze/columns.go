package analyze

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// needed are the columns of a table, with other names that tools use.
var needed = [...]struct {
	name    string
	aliases []string
}{
	{"idx", []string{"index", "image", "id"}},
	{"label", []string{"target", "true", "true_label"}},
	{"predict", []string{"prediction", "pred", "predicted"}},
	{"radius", []string{"certified_radius", "r"}},
	{"correct", []string{"acc", "is_correct"}},
}

// columns are the positions of the columns of a table.
type columns struct {
	at    [len(needed)]int
	time  int // -1 without one
	width int // columns in all
}

// findColumns finds the columns by their names in the first line. A name of the
// format takes precedence over another tool's name for the same column.
func findColumns(header string) (columns, error) {
	fields := strings.Split(header, "\t")
	for i, f := range fields {
		fields[i] = strings.ToLower(strings.TrimSpace(f))
	}
	c := columns{time: slices.Index(fields, "time"), width: len(fields)}
	for i, want := range needed {
		c.at[i] = -1
		for _, name := range append([]string{want.name}, want.aliases...) {
			first := slices.Index(fields, name)
			if first < 0 {
				continue
			}
			if slices.Contains(fields[first+1:], name) {
				return c, fmt.Errorf("the table has two columns %q", name)
			}
			c.at[i] = first
			break
		}
		if c.at[i] < 0 {
			return c, missingColumn(header, want.name)
		}
	}
	return c, nil
}

func missingColumn(header, name string) error {
	if strings.ContainsRune(header, 0) {
		return errors.New("it is neither a certificate nor a table: its first line is not text (a table must be UTF-8)")
	}
	hint := ""
	if strings.Contains(header, "\r") {
		hint = "; its lines seem to end in carriage returns alone"
	} else if !strings.Contains(header, "\t") && strings.Contains(header, ",") {
		hint = "; this one seems to be separated by commas"
	}
	return fmt.Errorf("the first line has no column %q: it should name idx, label, predict, radius and correct, separated by tabs%s", name, hint)
}
