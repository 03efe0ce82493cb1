package checkpoint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Place is the name of a stored tensor in the file that [File.Arrange] returns.
type Place struct {
	Name string
	Part int // 0 for the whole tensor, else its number among those joined, from 1
}

// Arrange returns the same file with its tensors under other names and metadata
// added. Tensors that are parts of one tensor are joined along their first
// dimension. It gives the file of another program the names of this one. No
// tensor is read. Closing one File closes both. The error names tensors that
// would have the same name, or that cannot be joined.
func (f *File) Arrange(place func(stored string) Place, metadata map[string]string) (*File, error) {
	v := *f
	v.infos, v.others, v.metadata = nil, map[string]string{}, f.Metadata()
	maps.Copy(v.metadata, metadata)
	for name, kind := range f.others {
		v.others[place(name).Name] = kind
	}
	parts := map[string][]part{}
	for _, info := range f.infos {
		p := place(info.Name)
		parts[p.Name] = append(parts[p.Name], part{p.Part, info})
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		info, err := joined(parts[name])
		if err != nil {
			return nil, fmt.Errorf("checkpoint: %s holds %w %.100q", f.name, err, name)
		}
		info.Name = name
		v.infos = append(v.infos, info)
	}
	return &v, nil
}

// part is a stored tensor and its number among those that are joined.
type part struct {
	number int
	Info
}

// joined describes the tensor made of the parts. The caller appends the name to
// its errors.
func joined(parts []part) (Info, error) {
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.number, b.number) })
	whole := parts[0].Info
	if len(parts) == 1 && parts[0].number == 0 {
		return whole, nil
	}
	whole.parts, whole.strides = nil, nil
	rows := int64(0)
	for i, p := range parts {
		switch {
		case p.number == 0:
			return Info{}, fmt.Errorf("more than one tensor that stands for")
		case p.number != i+1:
			return Info{}, fmt.Errorf("not all of the tensors, each one once, that are joined to")
		case len(p.Shape) == 0 || p.DType != whole.DType || !slices.Equal(p.Shape[1:], whole.Shape[1:]):
			return Info{}, fmt.Errorf("tensors of different types or shapes, %s %v and %s %v, that are to be joined to", whole.DType, whole.Shape, p.DType, p.Shape)
		}
		whole.parts = append(whole.parts, p.Info)
		rows += int64(p.Shape[0])
	}
	whole.Shape = slices.Clone(whole.Shape)
	whole.Shape[0] = int(rows)
	if _, ok := elements(whole.Shape); !ok {
		return Info{}, fmt.Errorf("too many values in the tensors that are joined to")
	}
	return whole, nil
}

// View returns the same file with its tensors under other names, with other
// metadata and without Extra. It gives the file of another program the names
// of this one. No tensor is read. Closing one File closes both. The error
// names two tensors that would have the same name.
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
