package dmae

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/godmae/godmae/nn/checkpoint"
)

// keyNames is the metadata key of the naming scheme that a translated file had
// before.
const keyNames = "source.names"

// besidePrefix is the prefix of the names of tensors outside the chosen model.
const besidePrefix = checkpoint.ExtraPrefix + "beside."

// Native returns a checkpoint of another program under this program's names.
// Prefixes of wrappers are removed, names of Hugging Face and torchvision are
// translated, and tensors outside the model get the prefix [StatePrefix]. Each
// change is noted. It returns f itself if there is nothing to change. It is an
// error if the file holds several models of equal rank, or not the one that was
// asked for.
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
	others := slices.DeleteFunc(slices.Clone(all), func(o found) bool { return o == *m })
	view, err := f.Arrange(func(stored string) checkpoint.Place {
		p := m.place(f, others, stored)
		if strings.HasPrefix(p.Name, besidePrefix) {
			beside = append(beside, stored)
		}
		return p
	}, map[string]string{keyNames: m.dialect.name})
	if err != nil {
		return nil, err
	}
	if shown := strings.TrimPrefix(m.prefix, checkpoint.ExtraPrefix); shown != "" {
		r.note("the names of the model in %s start with %q, which is removed", f.Name(), shown)
	}
	if m.dialect != &timm {
		r.note("%s has the names of %s; they are translated", f.Name(), m.dialect.name)
	}
	if len(beside) > 0 {
		r.note("%d tensors in %s are not of its model and not used: %s", len(beside), f.Name(), abridged(beside))
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

// found is a model in a checkpoint: the prefix of the names of its encoder, and
// their naming scheme.
type found struct {
	prefix  string
	dialect *dialect
	root    string // of the file, in words
}

// findModels searches for the weight that every vision transformer has, that of
// the patch embedding.
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

// path names the model as --weights does: the keys of its dictionary and the
// prefix of its names.
func (m *found) path() string {
	path, beside := strings.CutPrefix(m.prefix, checkpoint.ExtraPrefix)
	if !beside && m.root != "" {
		path = m.root + "." + path
	}
	return strings.TrimSuffix(path, ".")
}

// rank orders models: those under the key of the model come first, then the
// others. A moving average comes after the weights of the optimiser, as in the
// official code, and a student after its teacher.
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

// choose returns the model to read, nil if the file holds none.
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
		r.note("%s holds several models: %s; %s is used, --weights selects another", f.Name(), orNone(names), cmp.Or(best.path(), "."))
	} else if best.rank()&1 == 1 {
		r.note("the only model in %s is %s, which seems to be a moving average; it is used", f.Name(), best.path())
	}
	return &best, nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// place returns the name and part of a stored tensor; others are the models of
// the file that were not chosen.
func (m *found) place(f *checkpoint.File, others []found, stored string) checkpoint.Place {
	if name, ok := strings.CutPrefix(stored, m.prefix); ok && !(m.prefix == "" && isState(stored)) {
		if p := m.dialect.place(name); p.Name != "" && !slices.ContainsFunc(others, func(o found) bool { return o.holds(stored, m.prefix) }) {
			return p
		}
		return checkpoint.Place{Name: besidePrefix + stored}
	}
	if isState(stored) {
		return checkpoint.Place{Name: stored}
	}
	// A tensor outside the encoder, with a shorter prefix: of a head or a
	// decoder. The same name with a longer prefix takes precedence.
	nearer := []string{m.prefix}
	for parent := m.prefix; parent != ""; nearer = append(nearer, parent) {
		parent = shorter(parent)
		if m.yields(others, parent) {
			break
		}
		name, ok := strings.CutPrefix(stored, parent)
		if !ok || !m.dialect.beside(name) {
			continue
		}
		if p := m.dialect.place(name); p.Name != "" && !stands(f, nearer, name) {
			return p
		}
		break
	}
	return checkpoint.Place{Name: besidePrefix + stored}
}

// shorter removes the last part of a prefix.
func shorter(prefix string) string {
	return prefix[:strings.LastIndexByte(strings.TrimSuffix(prefix, "."), '.')+1]
}

// holds reports whether a stored tensor belongs to the model, whose prefix is
// longer than another's: it has the whole prefix, or is one of the names
// outside the encoder.
func (m *found) holds(stored, than string) bool {
	for prefix := m.prefix; len(prefix) > len(than); prefix = shorter(prefix) {
		if name, ok := strings.CutPrefix(stored, prefix); ok && (prefix == m.prefix || m.dialect.beside(name)) {
			return true
		}
	}
	return false
}

// yields reports whether a tensor with exactly this prefix belongs to another
// model: to the one with that prefix, or to one of a better rank with the same
// shorter prefix, such as the weights of which m is the average.
func (m *found) yields(others []found, prefix string) bool {
	return slices.ContainsFunc(others, func(o found) bool {
		return o.prefix == prefix || strings.HasPrefix(o.prefix, prefix) && o.rank() < m.rank()
	})
}

// stands reports whether the file has the name under one of the prefixes.
func stands(f *checkpoint.File, prefixes []string, name string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool {
		_, ok := f.Info(prefix + name)
		return ok
	})
}
