package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
	"github.com/godmae/godmae/nn/optim"
)

// group is one of an optimiser's parameter groups.
type group struct {
	layer int // for layer-wise decay of the learning rate; 0 without
	decay bool
	specs []nn.Spec
}

// pretrainGroups are those of the official pre-training: parameters without and
// with weight decay, each in the order of the model.
func pretrainGroups(specs []nn.Spec) []group {
	groups := []group{{}, {decay: true}}
	for _, s := range trained(specs) {
		i := 0
		if s.Shape.Rank() > 1 {
			i = 1
		}
		groups[i].specs = append(groups[i].specs, s)
	}
	return groups
}

// finetuneGroups are those of the official fine-tuning: one for each layer and
// each of with and without decay, in the order in which the parameters of the
// model need them.
func finetuneGroups(specs []nn.Spec) []group {
	depth := 0
	for _, s := range specs {
		if rest, ok := strings.CutPrefix(s.Name, "blocks."); ok {
			n, _, _ := strings.Cut(rest, ".")
			if i, err := strconv.Atoi(n); err == nil {
				depth = max(depth, i+1)
			}
		}
	}
	var groups []group
	for _, s := range trained(specs) {
		layer := optim.Layer(s.Name, depth)
		decay := s.Shape.Rank() > 1 && s.Name != "cls_token" && s.Name != "pos_embed"
		i := slices.IndexFunc(groups, func(g group) bool { return g.layer == layer && g.decay == decay })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{layer: layer, decay: decay})
		}
		groups[i].specs = append(groups[i].specs, s)
	}
	return groups
}

// probeGroups are those of the official linear probe: the linear layer.
func probeGroups(specs []nn.Spec) []group {
	g := group{decay: true}
	for _, s := range specs {
		if strings.HasPrefix(s.Name, "head.1.") {
			g.specs = append(g.specs, s)
		}
	}
	return []group{g}
}

func trained(specs []nn.Spec) []nn.Spec {
	return slices.DeleteFunc(slices.Clone(specs), func(s nn.Spec) bool { return s.Fixed })
}

// parameterNames returns the names of a PyTorch optimiser's parameters in the
// order of their numbers. A state dict has no names, only numbers in groups.
// The groups of the official code are tried, and used if the shape of every
// moment agrees. It returns nil if none do.
func parameterNames(f *checkpoint.File, optimizer any, specs []nn.Spec) []string {
	numbers := groupNumbers(optimizer)
	if numbers == nil {
		return nil
	}
	pretrain := pretrainGroups(specs)
	for _, groups := range [][]group{
		pretrain, {pretrain[1], pretrain[0]}, finetuneGroups(specs), {{specs: trained(specs)}}, probeGroups(specs),
	} {
		if names, ok := matchGroups(f, numbers, groups); ok {
			return names
		}
	}
	return nil
}

// untouched reports whether an optimiser has taken no step: its state is empty.
func untouched(optimizer any) bool {
	d, ok := optimizer.(*pickle.Dict)
	if !ok {
		return false
	}
	v, _ := d.Get("state")
	state, ok := v.(*pickle.Dict)
	return ok && state.Len() == 0
}

// groupNumbers returns the numbers of the parameters in each group.
func groupNumbers(optimizer any) [][]int {
	d, _ := optimizer.(*pickle.Dict)
	v, _ := d.Get("param_groups")
	list, ok := v.(*pickle.List)
	if !ok {
		return nil
	}
	out := make([][]int, len(list.Items))
	for i, g := range list.Items {
		d, _ := g.(*pickle.Dict)
		v, _ := d.Get("params")
		params, ok := v.(*pickle.List)
		if !ok {
			return nil
		}
		for _, p := range params.Items {
			n, ok := p.(int64)
			if !ok || n < 0 || n >= pickle.MaxValues {
				return nil
			}
			out[i] = append(out[i], int(n))
		}
	}
	return out
}

// matchGroups returns the names by number if the groups of numbers and of
// parameters have equal sizes, and every moment has the shape of its parameter.
func matchGroups(f *checkpoint.File, numbers [][]int, groups []group) ([]string, bool) {
	if len(numbers) != len(groups) {
		return nil, false
	}
	var names []string
	found := false
	for i, g := range groups {
		if len(numbers[i]) != len(g.specs) {
			return nil, false
		}
		for k, n := range numbers[i] {
			for moment := range moments {
				if info, ok := f.Info(momentName(n, moment)); ok {
					found = true
					if !slices.Equal(info.Shape, g.specs[k].Shape.Dims()) {
						return nil, false
					}
				}
			}
			for len(names) <= n {
				names = append(names, "")
			}
			if names[n] != "" {
				return nil, false
			}
			names[n] = g.specs[k].Name
		}
	}
	return names, found && !slices.Contains(names, "")
}

const statePath = checkpoint.ExtraPrefix + "optimizer.state."

// momentName is the name of a moment in a PyTorch file.
func momentName(number int, moment string) string {
	return fmt.Sprintf("%s%d.%s", statePath, number, moment)
}

// momentOf is the inverse of momentName.
func momentOf(name string) (number int, moment string, ok bool) {
	rest, ok := strings.CutPrefix(name, statePath)
	if !ok {
		return 0, "", false
	}
	digits, moment, _ := strings.Cut(rest, ".")
	number, err := strconv.Atoi(digits)
	return number, moment, err == nil && number >= 0 && moments[moment] != ""
}
