package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// field is a scalar of a line of JSON: its position and its name.
type field struct {
	path     string // names, without the indices of arrays
	from, to int
}

// fieldsOf lists the scalars of a line.
func fieldsOf(t *testing.T, line string) []field {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	var list []field
	var value func(path string)
	value = func(path string) {
		token, err := d.Token()
		require.NoError(t, err)
		switch token {
		case json.Delim('{'):
			for d.More() {
				name, err := d.Token()
				require.NoError(t, err)
				value(strings.TrimPrefix(path+"."+name.(string), "."))
			}
		case json.Delim('['):
			for d.More() {
				value(path)
			}
		default:
			to := int(d.InputOffset())
			size := len(fmt.Sprint(token))
			if _, ok := token.(string); ok {
				size += 2
			}
			list = append(list, field{path, to - size, to})
			return
		}
		_, err = d.Token() // the end of the object or array
		require.NoError(t, err)
	}
	value("")
	return list
}

// neighbours returns the values of a scalar changed by one unit.
func neighbours(scalar string) []string {
	switch {
	case scalar == "true":
		return []string{"false"}
	case scalar == "false":
		return []string{"true"}
	case scalar == `""`:
		return []string{`"0"`}
	case scalar[0] != '"':
		n, err := strconv.Atoi(scalar)
		if err != nil {
			panic(err)
		}
		return []string{strconv.Itoa(n - 1), strconv.Itoa(n + 1)}
	}
	last := len(scalar) - 2
	var list []string
	for _, by := range []byte{scalar[last] - 1, scalar[last] + 1} {
		digit := by >= '0' && by <= '9'
		if letter := by >= 'a' && by <= 'z'; digit || letter {
			list = append(list, scalar[:last]+string(by)+scalar[last+1:])
		}
	}
	return list
}

// Every scalar of header, line and trailer is changed by one unit, with a matching trailer,
// and a full audit detects each change. The fields that Arithmetic cannot check are listed
// here. A field that is added to the format is tested like the others.
func TestEveryFieldChangedByOneUnit(t *testing.T) {
	unknown := map[string]bool{ // to arithmetic
		"0 contract": true, "0 model": true, "0 data": true, "0 preprocessing": true, "0 names": true, "0 seed": true, "0 precision": true, "0 choice.of": true,
		"1 pixels": true, "1 label": true, "1 selection.blocks.predictions": true, "1 estimation.blocks.predictions": true,
	}
	seen := map[string]bool{}
	type variant struct {
		name   string
		change func(*smooth.Task)
	}
	variants := []variant{{"stopped", func(task *smooth.Task) { task.AccuracyOnly, task.Images = true, certificate.IndexSet{{0, 1, 6}} }}, {"shard", func(task *smooth.Task) {
		// With more shards, each states nothing about the images of the others;
		// merging compares them.
		task.Shard = &certificate.Shard{Index: 1, Of: 1}
	}}}
	for _, m := range bound.Methods() {
		variants = append(variants, variant{string(m), func(task *smooth.Task) {
			task.Params = params(m)
			if m == bound.MethodAnytime { // its levels show where tests end
				task.Images = certificate.IndexSet{{0, 1, 6}}
			}
		}})
	}
	if testing.Short() {
		variants = variants[2:3]
	}
	for _, v := range variants {
		text := issue(t, func(task *smooth.Task) {
			task.Images, task.Of = certificate.IndexSet{{0, 1, 2}}, 6
			v.change(task)
		})
		lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
		for i, line := range lines {
			if i > 1 && i < len(lines)-1 {
				continue // another image, with the same fields
			}
			for _, f := range fieldsOf(t, line) {
				name := fmt.Sprintf("%d %s", min(i, 1), f.path)
				for _, by := range neighbours(line[f.from:f.to]) {
					changed := slices.Clone(lines)
					changed[i] = line[:f.from] + by + line[f.to:]
					forged := strings.Join(changed, "") + "\n"
					if i < len(lines)-1 {
						forged = reseal(forged)
					}
					what := fmt.Sprintf("%s: line %d, %s: %s becomes %s", v.name, i+1, f.path, line[f.from:f.to], by)
					require.NotEqual(t, text, forged, what)
					if r := audit(t, forged, options(Arithmetic)); r.Intact {
						require.True(t, unknown[name], "%s: arithmetic does not notice", what)
						seen[name] = true
						full := audit(t, forged, options(Full))
						if name == "0 data" { // only the digests of the pixels count
							require.Len(t, full.Notes, 1, what)
							continue
						}
						require.False(t, full.Intact, "%s: nothing notices", what)
					}
				}
			}
		}
	}
	if !testing.Short() {
		require.Len(t, seen, len(unknown), "Arithmetic detects none of them")
	}
}
