package optim

import (
	"fmt"
	"math"
	"slices"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// TorchState is the name prefix of the tensors of a PyTorch optimiser's state
// in a checkpoint.
const TorchState = checkpoint.ExtraPrefix + "optimizer.state."

// TorchStepsKey is the metadata key of the step count in a checkpoint that was
// converted from PyTorch, with moments under godmae's names.
const TorchStepsKey = "torch.steps"

// ImportTorch restores moments and step count from the AdamW state in a PyTorch
// checkpoint of pre-training. PyTorch numbers the parameters. There are two
// groups, vectors without weight decay and all others, which list the numbers
// in the model's order. It reports false for a file without optimiser. The
// error names a tensor that is missing or has another shape.
func (o *AdamW) ImportTorch(f *checkpoint.File) (bool, error) {
	if _, ok := f.Info(TorchState + "0.exp_avg"); !ok {
		return false, nil
	}
	steps, err := TorchSteps(f)
	if err != nil {
		return false, err
	}
	numbers, err := o.torchNumbers(f)
	if err != nil {
		return false, err
	}
	b := o.params.Backend()
	for _, p := range o.params.All() {
		number, ok := numbers[p]
		if !ok {
			continue // fixed
		}
		for _, moment := range []moment{{"exp_avg", o.m}, {"exp_avg_sq", o.v}} {
			name := torchName(number, moment.prefix)
			info, ok := f.Info(name)
			if !ok {
				return false, fmt.Errorf("%s: the optimiser has no %s for %s, which should be the optimiser's parameter %d", f.Name(), moment.prefix, p.Name, number)
			}
			if !slices.Equal(info.Shape, p.Shape.Dims()) {
				return false, fmt.Errorf("%s: parameter %d of the optimiser should be %s %v but has shape %v; it was not made by the official pre-training of this model", f.Name(), number, p.Name, p.Shape, info.Shape)
			}
			v, err := f.Float64(name)
			if err != nil {
				return false, err
			}
			b.Upload(moment.flat.View(p.Offset(), p.View), v)
		}
	}
	o.setSteps(steps)
	return true, nil
}

func torchName(number int64, moment string) string {
	return fmt.Sprintf("%s%d.%s", TorchState, number, moment)
}

// torchNumbers returns the number of every trained parameter in the optimiser of
// a PyTorch file.
func (o *AdamW) torchNumbers(f *checkpoint.File) (map[*nn.Param]int64, error) {
	var vectors, others []*nn.Param
	for _, p := range o.params.All() {
		switch {
		case p.Fixed:
		case p.Shape.Rank() <= 1:
			vectors = append(vectors, p)
		default:
			others = append(others, p)
		}
	}
	numbers := make(map[*nn.Param]int64, len(vectors)+len(others))
	for _, number := range torchGroups(f) {
		of := &others
		if info, ok := f.Info(torchName(number, "exp_avg")); ok && len(info.Shape) <= 1 {
			of = &vectors
		}
		if len(*of) == 0 {
			return nil, fmt.Errorf("%s: its optimiser has more parameters than the model; it was not made by the official pre-training of this model", f.Name())
		}
		numbers[(*of)[0]] = number
		*of = (*of)[1:]
	}
	for _, left := range [][]*nn.Param{vectors, others} {
		if len(left) > 0 {
			return nil, fmt.Errorf("%s: its optimiser has no state for %s %v; it was not made by the official pre-training of this model", f.Name(), left[0].Name, left[0].Shape)
		}
	}
	return numbers, nil
}

// torchGroups lists the numbers of the parameters of all groups.
func torchGroups(f *checkpoint.File) (numbers []int64) {
	groups, _ := dig(f.Extra(), "optimizer", "param_groups").(*pickle.List)
	if groups == nil {
		return nil
	}
	for _, g := range groups.Items {
		d, _ := g.(*pickle.Dict)
		params, _ := dig(d, "params").(*pickle.List)
		if params == nil {
			continue
		}
		for _, n := range params.Items {
			if n, ok := n.(int64); ok {
				numbers = append(numbers, n)
			}
		}
	}
	return numbers
}

// TorchSteps returns the step count of a PyTorch optimiser, that of its first
// parameter: a number or, in newer versions, a tensor.
func TorchSteps(f *checkpoint.File) (int, error) {
	steps := math.NaN()
	if v, err := f.Float64(TorchState + "0.step"); err == nil && len(v) == 1 {
		steps = v[0]
	} else if v := dig(f.Extra(), "optimizer", "state", int64(0), "step"); v != nil {
		switch v := v.(type) {
		case int64:
			steps = float64(v)
		case float64:
			steps = v
		}
	}
	if !(steps >= 0 && steps <= maxSteps) || steps != math.Trunc(steps) {
		return 0, fmt.Errorf("%s: the optimiser's step count %v is not a whole number between 0 and 2^31", f.Name(), steps)
	}
	return int(steps), nil
}

// dig returns the value of nested dictionaries at a path, or nil.
func dig(d *pickle.Dict, path ...any) any {
	for i, key := range path {
		if d == nil {
			return nil
		}
		v, ok := d.Get(key)
		if !ok {
			return nil
		}
		if i == len(path)-1 {
			return v
		}
		d, _ = v.(*pickle.Dict)
	}
	return nil
}
