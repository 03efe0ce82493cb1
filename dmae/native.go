package dmae

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/godmae/godmae/nn/checkpoint"
)

// keyNames is the metadata key, of a file in this program's names, of whose
// names it had.
const keyNames = "source.names"

// besidePrefix starts the names of tensors that stand beside the model that was
// chosen.
const besidePrefix = checkpoint.ExtraPrefix + "beside."

// Native returns a checkpoint of another program under this program's names: the
// prefixes that wrappers put before them are taken off, the names of Hugging
// Face and torchvision are translated, and what is not of the model starts with
// [StatePrefix]. What was done is noted. It returns f itself when there is
// nothing to do. The error says that the file holds several models of equal
// rank, or not the one that was asked for.
func (r Reader) Native(f *checkpoint.File) (*checkpoint.File, error) {
	if _, done := f.Metadata()[keyNames]; done || !IsForeign(f) {
		return f, nil
	}
	all := findModels(f)
	m, err := r.choose(f, all)
	if err != nil || m == nil {
		return f, err
	}
	if m.prefix == "" && m.dialect == &timm && len(all) == 1 {
		return f, nil
	}
	var beside []string
	view, err := f.Arrange(func(stored string) checkpoint.Place {
		p := m.place(stored)
		if strings.HasPrefix(p.Name, besidePrefix) {
			beside = append(beside, stored)
		}
		return p
	}, map[string]string{keyNames: m.dialect.name})
	if err != nil {
		return nil, err
	}
	if shown := strings.TrimPrefix(m.prefix, checkpoint.ExtraPrefix); shown != "" {
		r.note("the names of the model in %s start with %q, which is taken off", f.Name(), shown)
	}
	if m.dialect != &timm {
		r.note("%s has the names of %s; they are translated", f.Name(), m.dialect.name)
	}
	if len(beside) > 0 {
		r.note("%d values in %s are not of its model and not used: %s", len(beside), f.Name(), abridged(beside))
	}
	return view, nil
}

// abridged lists the first few names.
func abridged(names []string) string {
	const most = 4
	slices.Sort(names)
	text := fmt.Sprintf("%.200s", strings.Join(names[:min(most, len(names))], ", "))
	if len(names) > most {
		text += ", ..."
	}
	return text
}

// found is a model in a checkpoint: what stands before the names of its encoder,
// and whose names they are.
type found struct {
	prefix  string
	dialect *dialect
	root    string // of the file, in words
}

// findModels looks for the weight that every vision transformer has.
func findModels(f *checkpoint.File) []found {
	var all []found
	for _, info := range f.Tensors() {
		if isState(info.Name) && !strings.HasPrefix(info.Name, checkpoint.ExtraPrefix) {
			continue
		}
		for _, d := range dialects {
			prefix, ok := strings.CutSuffix(info.Name, d.anchor)
			if ok && (prefix == "" || strings.HasSuffix(prefix, ".")) && len(info.Shape) == 4 {
				all = append(all, found{prefix, d, f.Root()})
			}
		}
	}
	return all
}

// path names the model as --weights does: the keys that lead to its dictionary
// and the prefix of its names.
func (m *found) path() string {
	path, beside := strings.CutPrefix(m.prefix, checkpoint.ExtraPrefix)
	if !beside && m.root != "" {
		path = m.root + "." + path
	}
	return strings.TrimSuffix(path, ".")
}

// rank orders models: those that the file calls its model come first, then those
// beside; a moving average comes after the weights that the optimiser works
// on, as in the official code, and a student after its teacher.
func (m *found) rank() int {
	rank := 0
	if strings.HasPrefix(m.prefix, checkpoint.ExtraPrefix) {
		rank += 4
	}
	for _, word := range strings.FieldsFunc(m.path(), func(r rune) bool { return r == '.' || r == '_' }) {
		switch word {
		case "student":
			rank += 2
		case "ema", "averaged", "shadow", "momentum":
			rank++
		}
	}
	return rank
}

// choose returns the model that is read, nil if the file holds none.
func (r Reader) choose(f *checkpoint.File, all []found) (*found, error) {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].path()
		if names[i] == "" {
			names[i] = "." // the whole file
		}
	}
	if r.Weights != "" {
		for i := range all {
			if names[i] == r.Weights {
				return &all[i], nil
			}
		}
		for i := range all {
			if strings.HasPrefix(names[i], r.Weights+".") {
				return &all[i], nil
			}
		}
		return nil, fmt.Errorf("%s holds no model under --weights %s; there is %s", f.Name(), r.Weights, orNone(names))
	}
	if len(all) == 0 {
		return nil, nil
	}
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b found) int { return cmp.Compare(a.rank(), b.rank()) })
	best := order[0]
	if len(order) > 1 {
		if order[1].rank() == best.rank() {
			return nil, fmt.Errorf("%s holds several models: %s; give --weights and one of them", f.Name(), orNone(names))
		}
		r.note("%s holds several models: %s; %s is taken, --weights takes another", f.Name(), orNone(names), cmp.Or(best.path(), "."))
	} else if best.rank()&1 == 1 {
		r.note("the only model in %s is %s, which seems to be a moving average; it is taken", f.Name(), best.path())
	}
	return &best, nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// place returns where a stored tensor belongs.
func (m *found) place(stored string) checkpoint.Place {
	if name, ok := strings.CutPrefix(stored, m.prefix); ok && !(m.prefix == "" && isState(stored)) {
		if p := m.dialect.place(name); p.Name != "" {
			return p
		}
		return checkpoint.Place{Name: besidePrefix + stored}
	}
	if isState(stored) {
		return checkpoint.Place{Name: stored}
	}
	// What stands beside the encoder under a shorter prefix: a head, a decoder.
	for parent := m.prefix; parent != ""; {
		i := strings.LastIndexByte(strings.TrimSuffix(parent, "."), '.')
		parent = parent[:i+1]
		if name, ok := strings.CutPrefix(stored, parent); ok && m.dialect.beside(name) {
			if p := m.dialect.place(name); p.Name != "" {
				return p
			}
		}
	}
	return checkpoint.Place{Name: besidePrefix + stored}
}
