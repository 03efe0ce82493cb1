package checkpoint

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/godmae/godmae/internal/infile"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// Format is a kind of file.
type Format string

// The formats that are read. PyTorch has written zip files since version 1.6.
const (
	Safetensors Format = "safetensors"
	TorchZip    Format = "PyTorch zip"
	TorchLegacy Format = "PyTorch legacy"
)

// File is an open checkpoint. The descriptions of its tensors are in memory;
// the tensors are read on demand. It is safe for concurrent use.
type File struct {
	name     string
	format   Format
	src      source
	infos    []Info
	metadata map[string]string
	extra    *pickle.Dict
	root     string            // of a PyTorch file: the path of keys to the model
	others   map[string]string // the values of a PyTorch model that are not readable tensors: types by name
}

// Open reads the description of the file at path, a safetensors file or one of
// PyTorch; the caller closes it. The error of a file that is not valid names
// the file and what is wrong.
func Open(path string) (*File, error) {
	f, size, err := infile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	src := openSource(f, size)
	file, err := newFile(path, f, size, src)
	if err != nil {
		src.close()
		return nil, err
	}
	return file, nil
}

// NewFile reads the description of a checkpoint of size bytes behind r. The
// name is for errors.
func NewFile(name string, r io.ReaderAt, size int64) (*File, error) {
	return newFile(name, r, size, reader{struct{ io.ReaderAt }{r}})
}

// newFile recognises the format. A safetensors header is a JSON object, so the
// ninth byte decides between it and the others, whose first bytes may be any
// length.
func newFile(name string, r io.ReaderAt, size int64, src source) (_ *File, err error) {
	f := &File{name: name, format: Safetensors, src: src}
	parse := f.parseSafetensors
	var head [legacyHead]byte
	if n, _ := r.ReadAt(head[:], 0); n > 0 && head[8] != '{' {
		switch magic := string(head[:n]); {
		case isZip(magic):
			f.format = TorchZip
			parse = func(size int64) error { return f.parseZip(r, size) }
		case isLegacy(magic):
			f.format, parse = TorchLegacy, f.parseLegacy
		}
	}
	err = func() (err error) {
		defer guard(&err)()
		return parse(size)
	}()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %s is not a valid %s file: %w", name, f.format, err)
	}
	return f, nil
}

// parseSafetensors reads the header.
func (f *File) parseSafetensors(size int64) error {
	if size < 8 {
		return fmt.Errorf("it has only %d bytes", size)
	}
	head, err := f.src.view(0, 8, nil)
	if err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(head)
	if n > maxHeader {
		return fmt.Errorf("its header claims %d bytes, the format allows %d", n, maxHeader)
	}
	if int64(n) > size-8 {
		return fmt.Errorf("its header claims %d bytes, but only %d follow: the file is cut short", n, size-8)
	}
	header, err := f.src.view(8, int(n), nil)
	if err != nil {
		return err
	}
	data := 8 + int64(n)
	f.infos, f.metadata, err = parseHeader(header, size-data)
	for i := range f.infos {
		f.infos[i].begin += data
		f.infos[i].end += data
	}
	if err != nil {
		return err
	}
	return f.useDigests()
}

// Close releases the file.
func (f *File) Close() error { return f.src.close() }

// Name returns the name the file was opened under.
func (f *File) Name() string { return f.name }

// Format returns the kind of file.
func (f *File) Format() Format { return f.format }

// Metadata returns a copy of the file's metadata without the digests. It is
// never nil.
func (f *File) Metadata() map[string]string {
	m := make(map[string]string, len(f.metadata))
	maps.Copy(m, f.metadata)
	return m
}

// Extra returns what a PyTorch file holds beside the model ("optimizer",
// "epoch", "args"), with a *[Ref] for each tensor. It is nil for a safetensors
// file, and must not be changed.
func (f *File) Extra() *pickle.Dict { return f.extra }

// Root returns the path of keys to the dictionary of the model in a PyTorch
// file, joined by dots, such as "model". It is "" if the whole file is the
// model.
func (f *File) Root() string { return f.root }

// Unreadable returns the type of a value of the model that is not a readable
// tensor, such as a sparse tensor. It is false if there is none of that name.
func (f *File) Unreadable(name string) (kind string, ok bool) {
	kind, ok = f.others[name]
	return kind, ok
}

// Unread returns the names of the values of the model that cannot be read as
// numbers: those of Unreadable, and tensors of types that can only be copied.
func (f *File) Unread() []string {
	names := slices.Collect(maps.Keys(f.others))
	for _, info := range f.infos {
		if info.DType.IsCopied() && !strings.HasPrefix(info.Name, ExtraPrefix) {
			names = append(names, info.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Tensors describes all tensors, sorted by name.
func (f *File) Tensors() []Info {
	infos := slices.Clone(f.infos)
	for i := range infos {
		infos[i].Shape = slices.Clone(infos[i].Shape)
	}
	return infos
}

// Info describes the named tensor. It is false if the file has none of that
// name.
func (f *File) Info(name string) (Info, bool) {
	i := sort.Search(len(f.infos), func(i int) bool { return f.infos[i].Name >= name })
	if i == len(f.infos) || f.infos[i].Name != name {
		return Info{}, false
	}
	info := f.infos[i]
	info.Shape = slices.Clone(info.Shape)
	return info, true
}

// Raw reads the little-endian bytes of a tensor of any type, in row-major
// order.
func (f *File) Raw(name string) ([]byte, error) {
	info, ok := f.Info(name)
	if !ok {
		return nil, f.missing(name)
	}
	b := make([]byte, 0, info.Elements()*info.DType.Size())
	err := f.chunks(info, func(chunk []byte) error {
		b = append(b, chunk...)
		return nil
	})
	return b, err
}

// Tensor returns a tensor that can be written to another file under another
// name. It is not read now: its bytes are copied while it is written, and the
// file must stay open until then.
func (f *File) Tensor(name, as string) (Tensor, error) {
	info, ok := f.Info(name)
	if !ok {
		return Tensor{}, f.missing(name)
	}
	return Tensor{Name: as, DType: info.DType, Shape: info.Shape, stream: func(w io.Writer) error {
		return f.chunks(info, func(chunk []byte) error {
			_, err := w.Write(chunk)
			return err
		})
	}}, nil
}

func (f *File) missing(name string) error {
	return fmt.Errorf("checkpoint: %s has no tensor %q", f.name, name)
}

func (f *File) lookup(name string, n int, accept func(DType) bool, want string) (Info, error) {
	info, ok := f.Info(name)
	switch {
	case !ok:
		return Info{}, f.missing(name)
	case !accept(info.DType):
		return Info{}, fmt.Errorf("checkpoint: the tensor %q of %s has the element type %s, but %s are needed", name, f.name, info.DType, want)
	case info.Elements() != n:
		return Info{}, fmt.Errorf("checkpoint: the tensor %q of %s has the shape %v, but %d elements are needed", name, f.name, info.Shape, n)
	}
	return info, nil
}

// chunks calls use with the elements of a tensor in row-major order, a number
// of whole elements at a time, and releases their memory afterwards. Errors of
// use are returned unchanged.
func (f *File) chunks(info Info, use func([]byte) error) error {
	if info.parts != nil {
		for _, p := range info.parts {
			if err := f.chunks(p, use); err != nil {
				return err
			}
		}
		return nil
	}
	var used, damaged error
	err := func() (err error) {
		defer guard(&err)()
		defer f.src.done(info.begin, info.end)
		if damaged = f.intact(info); damaged != nil {
			return nil
		}
		if info.Elements() == 0 {
			return nil
		}
		if info.strides != nil {
			used, err = f.gather(info, use)
			return err
		}
		size := int64(chunk)
		buf := make([]byte, min(size, info.end-info.begin))
		for at := info.begin; at < info.end && used == nil; at += size {
			b, err := f.src.view(at, int(min(size, info.end-at)), buf)
			if err != nil {
				return err
			}
			used = use(b)
		}
		return nil
	}()
	if err != nil {
		return fmt.Errorf("checkpoint: cannot read %s: %w", f.name, err)
	}
	return cmp.Or(damaged, used)
}

// gather is chunks for a view with strides. It reads the bytes that contain all
// elements and collects one row of elements at a time.
func (f *File) gather(info Info, use func([]byte) error) (used, err error) {
	all, err := f.src.view(info.begin, int(info.end-info.begin), nil)
	if err != nil {
		return nil, err
	}
	size, last := info.DType.Size(), len(info.Shape)-1
	row := make([]byte, 0, min(chunk, info.Elements()*size))
	at := make([]int, len(info.Shape)) // position in each dimension
	for {
		from := 0
		for i, p := range at {
			from += p * info.strides[i] * size
		}
		for range info.Shape[last] {
			row = append(row, all[from:from+size]...)
			from += info.strides[last] * size
			if len(row) == chunk {
				if used = use(row); used != nil {
					return used, nil
				}
				row = row[:0]
			}
		}
		d := last - 1
		for ; d >= 0; d-- {
			if at[d]++; at[d] < info.Shape[d] {
				break
			}
			at[d] = 0
		}
		if d < 0 {
			break
		}
	}
	if len(row) > 0 {
		used = use(row)
	}
	return used, nil
}
