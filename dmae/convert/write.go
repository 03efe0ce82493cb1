package convert

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// torch returns the dictionary of a PyTorch file: "model" first, then
// "optimizer", "epoch" and "args" if the checkpoint has them, and the values
// that only godmae reads.
func (c *content) torch(r dmae.Reader) (*pickle.Dict, error) {
	model := &pickle.Dict{Ordered: true}
	state := map[string]checkpoint.Tensor{}
	for _, t := range c.ordered() {
		if strings.HasPrefix(t.Name, dmae.StatePrefix) {
			state[t.Name] = t
		} else {
			model.MustSet(t.Name, t)
		}
	}
	root := (&pickle.Dict{}).MustSet("model", model)
	metadata := maps.Clone(c.metadata)
	text, foreign := metadata[extraKey]
	delete(metadata, extraKey)
	if foreign {
		if err := c.restore(root, text, state); err != nil {
			return nil, err
		}
	} else if err := c.official(r, root, metadata, state); err != nil {
		return nil, err
	}
	if len(state) > 0 {
		rest := &pickle.Dict{}
		for _, name := range slices.Sorted(maps.Keys(state)) {
			rest.MustSet(name, state[name])
		}
		root.MustSet(stateName, rest)
	}
	if len(metadata) > 0 {
		words := &pickle.Dict{}
		for _, key := range slices.Sorted(maps.Keys(metadata)) {
			words.MustSet(key, metadata[key])
		}
		root.MustSet(checkpoint.TorchMetadata, words)
	}
	return root, nil
}

// ordered returns the tensors in the order of the model, if it is known, and
// the others by name.
func (c *content) ordered() []checkpoint.Tensor {
	place := map[string]int{}
	for i, s := range c.specs() {
		place[s.Name] = i
	}
	at := func(t checkpoint.Tensor) int {
		if i, ok := place[t.Name]; ok {
			return i
		}
		return len(place)
	}
	out := slices.Clone(c.tensors)
	slices.SortFunc(out, func(a, b checkpoint.Tensor) int {
		return cmp.Or(at(a)-at(b), strings.Compare(a.Name, b.Name))
	})
	return out
}

// restore adds the values other than the model that a PyTorch file had before
// it was converted. It removes the tensors it needs from state. A Namespace
// becomes a dictionary, which torch.load accepts with weights_only=True.
func (c *content) restore(root *pickle.Dict, text string, state map[string]checkpoint.Tensor) error {
	var names []string
	if text, ok := c.metadata[namesKey]; ok {
		if err := json.Unmarshal([]byte(text), &names); err != nil {
			return fmt.Errorf("its metadata %q is damaged: %w", namesKey, err)
		}
	}
	v, err := pickle.DecodeJSON([]byte(text), func(tag string, v any) (any, error) {
		name, ok := v.(string)
		if tag != checkpoint.TensorTag || !ok {
			return nil, fmt.Errorf("it has the unknown mark %q", tag)
		}
		if i, moment, ok := momentOf(name); ok && i < len(names) {
			name = moments[moment] + names[i]
		}
		t, ok := state[name]
		if !ok {
			return nil, fmt.Errorf("the tensor %q is missing", name)
		}
		delete(state, name)
		return t, nil
	})
	extra, ok := v.(*pickle.Dict)
	if err == nil && !ok {
		err = fmt.Errorf("it is a %s", pickle.TypeName(v))
	}
	if err != nil {
		return fmt.Errorf("its metadata %q cannot be restored: %w", extraKey, err)
	}
	for i := range extra.Len() {
		key, v := extra.At(i)
		if key != "model" && key != checkpoint.TorchMetadata {
			if args, ok := v.(*pickle.Object); ok {
				v = args.Attrs
			}
			root.MustSet(key, v)
		}
	}
	return nil
}
