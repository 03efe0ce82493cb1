package nn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/godmae/godmae/nn/checkpoint"
)

// Match compares a file with the parameters of a model, before memory is
// allocated for either. Tensors for which ignore returns true, such as
// training state, are skipped; a nil ignore skips none. The error lists all
// tensors that are missing, unexpected or of another shape, with the expected
// shape.
func Match(specs []Spec, f *checkpoint.File, ignore func(name string) bool) error {
	wanted := make(map[string]bool, len(specs))
	var problems []string
	for _, s := range specs {
		wanted[s.Name] = true
		info, ok := f.Info(s.Name)
		switch {
		case !ok:
			problem := fmt.Sprintf("%s %v is missing", s.Name, s.Shape)
			if kind, ok := f.Unreadable(s.Name); ok {
				problem = fmt.Sprintf("%s is a %s, which cannot be read", s.Name, kind)
			}
			problems = append(problems, problem)
		case !slices.Equal(info.Shape, s.Shape.Dims()):
			problems = append(problems, fmt.Sprintf("%s is %v but should be %v", s.Name, info.Shape, s.Shape))
		case s.Whole && info.DType != checkpoint.I64:
			problems = append(problems, fmt.Sprintf("%s holds %s but should hold whole numbers (I64)", s.Name, info.DType))
		case !s.Whole && !info.DType.IsFloat():
			problems = append(problems, fmt.Sprintf("%s holds %s but should hold floating point numbers", s.Name, info.DType))
		}
	}
	for _, info := range f.Tensors() {
		if !wanted[info.Name] && (ignore == nil || !ignore(info.Name)) {
			problems = append(problems, fmt.Sprintf("%s %v is unexpected", info.Name, info.Shape))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &MatchError{File: f.Name(), Problems: problems}
}

// MatchError lists the differences between a file and the model.
type MatchError struct {
	File     string
	Problems []string // one per tensor
}

// Error names the file and the first problems; the field has all of them.
func (e *MatchError) Error() string {
	const most = 12
	list := e.Problems
	more := ""
	if len(list) > most {
		more = fmt.Sprintf("; and %d more", len(list)-most)
		list = list[:most]
	}
	return fmt.Sprintf("%s does not fit the model: %s%s", e.File, strings.Join(list, "; "), more)
}

// Load fills all parameters from a file that [Match] accepts. A position
// embedding of another grid is interpolated.
func (p *Params) Load(f *checkpoint.File) error {
	return p.load(f, func(string) bool { return true })
}

// LoadSome is Load for the parameters for which some returns true; the file
// must have them. If shapes differ, the error lists them and nothing is loaded.
func (p *Params) LoadSome(f *checkpoint.File, some func(name string) bool) error {
	var misfits []error
	for _, param := range p.list {
		info, ok := f.Info(param.Name)
		if !ok || !some(param.Name) || slices.Equal(info.Shape, param.Shape.Dims()) {
			continue
		}
		if !regrids(param, info.Shape) {
			misfits = append(misfits, fmt.Errorf("%s is %v but should be %v", param.Name, info.Shape, param.Shape))
		}
	}
	if len(misfits) > 0 {
		return errors.Join(misfits...)
	}
	return p.load(f, some)
}

func (p *Params) load(f *checkpoint.File, some func(name string) bool) error {
	var buf []float32
	for _, param := range p.list {
		if !some(param.Name) {
			continue
		}
		if info, ok := f.Info(param.Name); ok && !slices.Equal(info.Shape, param.Shape.Dims()) {
			v, ok, err := regrid(param, info.Shape, func() ([]float32, error) { return f.Float32(param.Name) })
			if err != nil {
				return err
			}
			if ok {
				p.Upload(param, v)
				continue
			}
		}
		buf = slices.Grow(buf[:0], param.Elems())[:param.Elems()]
		if param.Whole {
			v, err := f.Int64(param.Name)
			if err != nil {
				return err
			}
			for i, n := range v {
				buf[i] = float32(n)
			}
		} else if err := f.ReadFloat32(param.Name, buf); err != nil {
			return err
		}
		p.Upload(param, buf)
	}
	return nil
}

// Export returns all parameters, including fixed ones, with PyTorch's names
// and shapes, for a checkpoint. They are float32 tensors, counts are integers.
// The error is the backend's.
func (p *Params) Export() ([]checkpoint.Tensor, error) {
	out := make([]checkpoint.Tensor, len(p.list))
	for i, param := range p.list {
		v, err := p.Download(param)
		if err != nil {
			return nil, err
		}
		if !param.Whole {
			out[i] = checkpoint.Float32s(param.Name, param.Shape.Dims(), v)
			continue
		}
		n := make([]int64, len(v))
		for j, x := range v {
			n[j] = int64(x)
		}
		out[i] = checkpoint.Int64s(param.Name, param.Shape.Dims(), n)
	}
	return out, nil
}

// Identify writes the given parameters, in this order, in the format for hashes
// of weights. Each has its name, a zero byte, its shape as "[2 3]", a zero byte
// and its values as little-endian float32. The error is the backend's or the
// writer's.
func (p *Params) Identify(w io.Writer, params []*Param) error {
	var buf []byte
	for _, param := range params {
		buf = fmt.Appendf(buf[:0], "%s\x00%v\x00", param.Name, param.Shape)
		values, err := p.Download(param)
		if err != nil {
			return err
		}
		for _, v := range values {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// CopyFrom copies the values of all parameters of from with the same names. A
// position embedding of another grid is interpolated. If shapes differ, the
// error lists them and nothing is copied. Other errors are the backend's.
func (p *Params) CopyFrom(from *Params) error {
	var misfits []error
	values := map[*Param][]float32{} // interpolated
	for _, param := range p.list {
		src := from.Get(param.Name)
		if src == nil || src.Shape == param.Shape {
			continue
		}
		v, ok, err := regrid(param, src.Shape.Dims(), func() ([]float32, error) { return from.Download(src) })
		if err != nil {
			return err
		}
		if !ok {
			misfits = append(misfits, fmt.Errorf("%s is %v but should be %v", param.Name, src.Shape, param.Shape))
		}
		values[param] = v
	}
	if len(misfits) > 0 {
		return errors.Join(misfits...)
	}
	for _, param := range p.list {
		v, src := values[param], from.Get(param.Name)
		if v == nil && src == nil {
			continue
		}
		if v == nil {
			var err error
			if v, err = from.Download(src); err != nil {
				return err
			}
		}
		p.Upload(param, v)
	}
	return nil
}
