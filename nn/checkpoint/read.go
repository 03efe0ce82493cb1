package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sort"
)

// File is an open safetensors file. Its header is in memory, its tensors are
// read on demand. It may be used by several goroutines at once.
type File struct {
	name     string
	r        io.ReaderAt
	data     int64 // where the data start
	infos    []Info
	metadata map[string]string
	close    func() error
}

// Open reads the header of the file at path; the caller closes it. The error
// of a file that is no valid safetensors file names the file and what is wrong.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("checkpoint: cannot read %s: %w", path, err)
	}
	file, err := NewFile(path, f, st.Size())
	if err != nil {
		f.Close()
		return nil, err
	}
	file.close = f.Close
	return file, nil
}

// NewFile reads the header of a safetensors file of size bytes behind r. The
// name stands in errors.
func NewFile(name string, r io.ReaderAt, size int64) (*File, error) {
	fail := func(err error) (*File, error) {
		return nil, fmt.Errorf("checkpoint: %s is not a valid safetensors file: %w", name, err)
	}
	var head [8]byte
	if size < int64(len(head)) {
		return fail(fmt.Errorf("it has only %d bytes", size))
	}
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return fail(err)
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxHeader {
		return fail(fmt.Errorf("its header claims %d bytes, the format allows %d", n, maxHeader))
	}
	if int64(n) > size-8 {
		return fail(fmt.Errorf("its header claims %d bytes, but only %d follow: the file is cut short", n, size-8))
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil && !(err == io.EOF && n == 0) {
		return fail(err)
	}
	data := 8 + int64(n)
	infos, metadata, err := parseHeader(header, size-data)
	if err != nil {
		return fail(err)
	}
	return &File{name: name, r: r, data: data, infos: infos, metadata: metadata, close: func() error { return nil }}, nil
}

// Close releases the file.
func (f *File) Close() error { return f.close() }

// Name returns the name the file was opened under.
func (f *File) Name() string { return f.name }

// Metadata returns the file's strings; the map is the caller's own and never nil.
func (f *File) Metadata() map[string]string {
	m := make(map[string]string, len(f.metadata))
	for k, v := range f.metadata {
		m[k] = v
	}
	return m
}

// Tensors describes all tensors, sorted by name.
func (f *File) Tensors() []Info {
	infos := slices.Clone(f.infos)
	for i := range infos {
		infos[i].Shape = slices.Clone(infos[i].Shape)
	}
	return infos
}

// Info describes the named tensor; false when the file has none of that name.
func (f *File) Info(name string) (Info, bool) {
	i := sort.Search(len(f.infos), func(i int) bool { return f.infos[i].Name >= name })
	if i == len(f.infos) || f.infos[i].Name != name {
		return Info{}, false
	}
	info := f.infos[i]
	info.Shape = slices.Clone(info.Shape)
	return info, true
}

// ReadFloat32 reads a tensor of any floating point type into dst, which has
// its number of elements; F64 is rounded to the nearest float32.
func (f *File) ReadFloat32(name string, dst []float32) error {
	info, err := f.lookup(name, len(dst), DType.IsFloat, "floating point numbers")
	if err != nil {
		return err
	}
	switch info.DType {
	case F32:
		return decode(f, info, dst, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
	case F64:
		return decode(f, info, dst, func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) })
	case F16:
		return decode(f, info, dst, func(b []byte) float32 { return float16ToFloat32(binary.LittleEndian.Uint16(b)) })
	default: // BF16
		return decode(f, info, dst, func(b []byte) float32 { return bfloat16ToFloat32(binary.LittleEndian.Uint16(b)) })
	}
}

// Float32 reads a tensor of any floating point type as float32.
func (f *File) Float32(name string) ([]float32, error) {
	return allocate(f, name, f.ReadFloat32)
}

// Float64 reads a tensor of any floating point type as float64, exactly.
func (f *File) Float64(name string) ([]float64, error) {
	return allocate(f, name, func(name string, dst []float64) error {
		info, err := f.lookup(name, len(dst), DType.IsFloat, "floating point numbers")
		if err != nil {
			return err
		}
		if info.DType == F64 {
			return decode(f, info, dst, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
		}
		narrow := make([]float32, len(dst))
		if err := f.ReadFloat32(name, narrow); err != nil {
			return err
		}
		for i, v := range narrow {
			dst[i] = float64(v)
		}
		return nil
	})
}

// Int64 reads a tensor of any integer type but U64 (BOOL as 0 and 1).
func (f *File) Int64(name string) ([]int64, error) {
	return allocate(f, name, func(name string, dst []int64) error {
		isInt := func(d DType) bool { return !d.IsFloat() && d != U64 }
		info, err := f.lookup(name, len(dst), isInt, "integers of at most 64 bits with sign")
		if err != nil {
			return err
		}
		le := binary.LittleEndian
		get := map[DType]func(b []byte) int64{
			I64:  func(b []byte) int64 { return int64(le.Uint64(b)) },
			I32:  func(b []byte) int64 { return int64(int32(le.Uint32(b))) },
			I16:  func(b []byte) int64 { return int64(int16(le.Uint16(b))) },
			I8:   func(b []byte) int64 { return int64(int8(b[0])) },
			U32:  func(b []byte) int64 { return int64(le.Uint32(b)) },
			U16:  func(b []byte) int64 { return int64(le.Uint16(b)) },
			U8:   func(b []byte) int64 { return int64(b[0]) },
			Bool: func(b []byte) int64 { return int64(min(b[0], 1)) },
		}
		return decode(f, info, dst, get[info.DType])
	})
}

// Raw reads the little-endian bytes of a tensor of any type.
func (f *File) Raw(name string) ([]byte, error) {
	info, ok := f.Info(name)
	if !ok {
		return nil, f.missing(name)
	}
	b := make([]byte, info.end-info.begin)
	if err := f.readAt(b, info.begin); err != nil {
		return nil, err
	}
	return b, nil
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

func (f *File) readAt(b []byte, offset int64) error {
	if _, err := io.ReadFull(io.NewSectionReader(f.r, f.data+offset, int64(len(b))), b); err != nil {
		return fmt.Errorf("checkpoint: cannot read %s: %w", f.name, err)
	}
	return nil
}

func allocate[T any](f *File, name string, read func(string, []T) error) ([]T, error) {
	info, ok := f.Info(name)
	if !ok {
		return nil, f.missing(name)
	}
	v := make([]T, info.Elements())
	if err := read(name, v); err != nil {
		return nil, err
	}
	return v, nil
}

// decode converts a tensor chunk by chunk.
func decode[T any](f *File, info Info, dst []T, get func([]byte) T) error {
	size := info.DType.Size()
	buf := make([]byte, min(chunk, len(dst)*size))
	offset := info.begin
	for len(dst) > 0 {
		n := min(len(dst), len(buf)/size)
		if err := f.readAt(buf[:n*size], offset); err != nil {
			return err
		}
		for i := range n {
			dst[i] = get(buf[i*size : (i+1)*size])
		}
		dst = dst[n:]
		offset += int64(n * size)
	}
	return nil
}
