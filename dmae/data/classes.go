package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/godmae/godmae/internal/printable"
)

// Known is the number of a model's classes and, if known, their names.
type Known struct {
	Count int      // of its outputs
	Names []string // Count names, or none
}

// MatchClasses returns ds with the labels of a model. A label is a position in a
// list of names, and the lists of a data set and of a model may differ. Two
// classes are the same if their names are equal, byte for byte. A data set with
// the model's list is returned unchanged. One that has the same classes in
// another order, or some of them, is wrapped and then has the Classes of the
// model. A name that the model does not have is an error. With byPosition, class
// i of the data is class i of the model, whatever their names. If a model has no
// names, classes are matched by position if their numbers agree. The note, "" for
// none, says in a sentence what was done.
func MatchClasses(ds Dataset, model Known, byPosition bool) (matched Dataset, note string, err error) {
	have := ds.Classes()
	switch {
	case len(model.Names) > 0 && SameNames(have, model.Names):
		return ds, "", nil
	case len(have) > model.Count && (byPosition || len(model.Names) == 0):
		return nil, "", fmt.Errorf("%s has %d classes and the model %d, so they cannot be matched by position; use data with the model's classes", ds.Name(), len(have), model.Count)
	case byPosition:
		return byPositions(ds, model), fmt.Sprintf("the classes of %s are matched by position: %s", ds.Name(), pairs(have, model.Names)), nil
	case len(model.Names) == 0 && len(have) == model.Count:
		return ds, fmt.Sprintf("the model does not know the names of its %d classes: those of %s, %s, are taken in this order (--class-names FILE names the model's)", model.Count, ds.Name(), NameList(have)), nil
	case len(model.Names) == 0:
		return nil, "", fmt.Errorf("%s has %d classes (%s) and the model %d without names, so nothing says which are which: give --class-names and a file with the names of the model's classes in its order, one a line, or --classes-by-position if they are its first %d", ds.Name(), len(have), NameList(have), model.Count, len(have))
	}
	to, err := byNames(ds, model.Names)
	if err != nil {
		return nil, "", err
	}
	note = fmt.Sprintf("%s has the model's %d classes in another order (%s, not %s): they are matched by name", ds.Name(), model.Count, NameList(have), NameList(model.Names))
	if len(have) < model.Count {
		note = fmt.Sprintf("%s has %d of the model's %d classes (%s): they are matched by name", ds.Name(), len(have), model.Count, NameList(have))
	}
	return &relabelled{ds, model.Names, to}, note, nil
}

// byNames returns the position of each class of ds in the model's list.
func byNames(ds Dataset, names []string) ([]int, error) {
	const twice = -1
	at := map[string]int{}
	for i, name := range names {
		if at[name] != 0 {
			at[name] = twice
		} else {
			at[name] = i + 1 // 0 is the value of an unknown name
		}
	}
	have := ds.Classes()
	to := make([]int, len(have))
	seen := map[int]bool{}
	var unknown []string
	for i, name := range have {
		p := at[name]
		if p == 0 {
			p = at[asWritten(name)]
		}
		switch {
		case p == 0:
			unknown = append(unknown, have[i])
		case p == twice || seen[p]:
			return nil, fmt.Errorf("the class %q is there twice among those of %s (%s) or of the model (%s), so that its name does not say which is meant; rename one of them, or give --classes-by-position if the order is the model's", have[i], ds.Name(), NameList(have), NameList(names))
		default:
			to[i] = p - 1
		}
		seen[p] = true
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("the classes of %s are not the model's, which does not know %s: the data have %s, the model %s; use data with the model's classes, or give --classes-by-position if the first class of the data is the model's first, and so on", ds.Name(), NameList(unknown), NameList(have), NameList(names))
	}
	return to, nil
}

// byPositions returns ds with the classes of a model that has as many or more.
func byPositions(ds Dataset, model Known) Dataset {
	names := model.Names
	if len(names) == 0 {
		names = slices.Clone(ds.Classes())
		for i := len(names); i < model.Count; i++ {
			names = append(names, fmt.Sprintf("class %d", i))
		}
	}
	to := make([]int, len(ds.Classes()))
	for i := range to {
		to[i] = i
	}
	return &relabelled{ds, names, to}
}

// SameNames reports whether two lists of classes are equal.
func SameNames(a, b []string) bool {
	return slices.EqualFunc(a, b, func(x, y string) bool { return x == y || asWritten(x) == y || x == asWritten(y) })
}

// asWritten returns a name as earlier versions of the program wrote it into JSON:
// bytes that are not UTF-8 are lost.
func asWritten(name string) string {
	return strings.Map(func(r rune) rune { return r }, folderName(name))
}

// shown is the number of names that a message lists.
const shown = 8

// NameList lists names of classes for a message, quoted. Of a long list it has
// the first names and the number.
func NameList(names []string) string {
	var quoted []string
	for _, name := range names[:min(len(names), shown)] {
		quoted = append(quoted, quoteClass(name))
	}
	if text := strings.Join(quoted, ", "); len(names) <= shown {
		return text
	} else {
		return fmt.Sprintf("%s ... (%d)", text, len(names))
	}
}

// quoteClass returns a name as a message shows it.
func quoteClass(name string) string { return printable.Quote(name, 60) }

// pairs lists which class of the data is matched to which of the model.
func pairs(have, model []string) string {
	if len(model) == 0 {
		return NameList(have) + " are the model's first ones"
	}
	var text []string
	for i := range min(len(have), shown) {
		text = append(text, fmt.Sprintf("%s is taken for %s", quoteClass(have[i]), quoteClass(model[i])))
	}
	if len(have) > shown {
		text = append(text, fmt.Sprintf("... (%d)", len(have)))
	}
	return strings.Join(text, ", ")
}

// relabelled is a data set with the labels of a model.
type relabelled struct {
	Dataset
	classes []string
	to      []int // class of the model by class of the data
}

// Classes returns the names of the model's classes.
func (r *relabelled) Classes() []string { return r.classes }

// Label returns the model's class of image i.
func (r *relabelled) Label(i int) int { return r.to[r.Dataset.Label(i)] }

func (r *relabelled) inner() Dataset { return r.Dataset }
func (r *relabelled) at(i int) int   { return i }
