package checkpoint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// View returns the same file with its tensors under other names and other
// metadata, and without Extra: a file of another program in the words of this
// one. Nothing is read for it. Closing one closes both. The error names two
// tensors that would have the same name.
func (f *File) View(rename func(name string) string, metadata map[string]string) (*File, error) {
	v := &File{name: f.name, format: f.format, src: f.src, infos: slices.Clone(f.infos), metadata: maps.Clone(metadata)}
	for i := range v.infos {
		v.infos[i].Name = rename(v.infos[i].Name)
	}
	slices.SortFunc(v.infos, func(a, b Info) int { return cmp.Compare(a.Name, b.Name) })
	for i := 1; i < len(v.infos); i++ {
		if name := v.infos[i].Name; name == v.infos[i-1].Name {
			return nil, fmt.Errorf("checkpoint: %s holds two tensors that stand for %.100q", f.name, name)
		}
	}
	return v, nil
}
