package convert

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
)

// Metadata keys of a safetensors file that was made of a PyTorch file.
const (
	// extraKey holds what the file had beside the model, as JSON.
	extraKey = train.TorchExtraKey
	// namesKey holds the names of the parameters in the order in which the
	// optimiser numbers them, as a JSON array.
	namesKey = "torch.optimizer"
)

// stateName is the key, in a PyTorch file that was made of one of godmae, of
// state of training that PyTorch has no place for.
const stateName = "godmae_state"

// moments are the prefixes of the optimiser's tensors in godmae's checkpoints,
// by PyTorch's names of them: those of AdamW, and of LARS.
var moments = map[string]string{
	"exp_avg": dmae.StatePrefix + "adamw.m.", "exp_avg_sq": dmae.StatePrefix + "adamw.v.",
	"mu": dmae.StatePrefix + "lars.mu.",
}

// Open opens the checkpoint at path, of godmae or PyTorch, in the form of
// godmae's own: as if it had been converted to a safetensors file. The reader is
// that of [File]; the caller closes the result.
func Open(path string, r dmae.Reader) (*checkpoint.File, error) {
	f, err := checkpoint.Open(path)
	if err != nil || f.Format() == checkpoint.Safetensors && !dmae.IsForeign(f) {
		return f, err
	}
	native, err := r.Native(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r.Weights = "" // taken
	c := &content{metadata: native.Metadata()}
	view, err := native.View(c.describeFile(native, r), c.metadata)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return view, nil
}

// describeFile fills in the metadata of a file of any format, and returns what
// its tensors are to be called.
func (c *content) describeFile(f *checkpoint.File, r dmae.Reader) (rename func(string) string) {
	if f.Format() != checkpoint.Safetensors {
		return c.readTorch(f, r)
	}
	if dmae.IsForeign(f) || r.ClassNames != nil {
		c.recognise(f, r)
	}
	return func(name string) string { return name }
}

// read brings a file of any format into godmae's form.
func read(f *checkpoint.File, r dmae.Reader) (*content, error) {
	f, err := r.Native(f)
	if err != nil {
		return nil, err
	}
	r.Weights = "" // taken
	c := &content{metadata: f.Metadata()}
	rename := c.describeFile(f, r)
	for _, info := range f.Tensors() {
		t, err := f.Tensor(info.Name, rename(info.Name))
		if err != nil {
			return nil, err
		}
		c.tensors = append(c.tensors, t)
	}
	return c, nil
}

// note tells the reader's user something.
func note(r dmae.Reader, format string, args ...any) {
	if r.Note != nil {
		r.Note(fmt.Sprintf(format, args...))
	}
}

// recognise adds what godmae's metadata say about a model.
func (c *content) recognise(f *checkpoint.File, r dmae.Reader) (kind string, cfg dmae.Config, ok bool) {
	kind, cfg, err := r.Describe(f)
	if err != nil {
		note(r, "the converted file will not say which model it holds: %v", err)
		return "", cfg, false
	}
	maps.Copy(c.metadata, dmae.Metadata(kind, &cfg, ops.Contract))
	return kind, cfg, true
}

// readTorch takes over what a PyTorch file holds beside the model, and returns
// what its tensors are to be called.
func (c *content) readTorch(f *checkpoint.File, r dmae.Reader) (rename func(string) string) {
	var names []string // of the optimiser's parameters, by number
	if text, ok := c.metadata[namesKey]; ok {
		if json.Unmarshal([]byte(text), &names) != nil {
			names = nil
		}
	} else if kind, cfg, ok := c.recognise(f, r); ok {
		if optimizer, ok := f.Extra().Get("optimizer"); ok {
			if names = parameterNames(f, optimizer, dmae.Specs(kind, &cfg)); names == nil && untouched(optimizer) {
				note(r, "the optimiser in %s has taken no step: it has no moments to keep, and training cannot go on from it, only begin with its weights", f.Name())
			} else if names == nil {
				note(r, "the state of the optimiser in %s follows no order of parameters that is known; it is kept, but training cannot go on from it", f.Name())
			} else if text, err := json.Marshal(names); err == nil {
				c.metadata[namesKey] = string(text)
				if steps, err := optim.TorchSteps(f); err == nil {
					c.metadata[optim.TorchStepsKey] = strconv.Itoa(steps)
				}
			}
		}
	}
	c.keepExtra(f, r)
	return func(name string) string {
		if rest, ok := strings.CutPrefix(name, checkpoint.ExtraPrefix+stateName+"."); ok {
			return rest
		}
		if i, moment, ok := momentOf(name); ok && i < len(names) {
			return moments[moment] + names[i]
		}
		return name
	}
}

// keepExtra stores everything but tensors as JSON.
func (c *content) keepExtra(f *checkpoint.File, r dmae.Reader) {
	kept, extra := &pickle.Dict{}, f.Extra()
	for i := range extra.Len() {
		key, v := extra.At(i)
		if key == stateName {
			continue
		}
		v, err := keepable(v, func(inner string, err error) {
			note(r, "%v.%.60s of %s is left out: %v", key, inner, f.Name(), err)
		})
		if err != nil {
			note(r, "%q of %s is left out: %v", key, f.Name(), err)
			continue
		}
		kept.MustSet(key, v)
	}
	if text, err := pickle.EncodeJSON(kept); err != nil {
		note(r, "what %s holds beside the model is left out: %v", f.Name(), err)
	} else {
		c.metadata[extraKey] = string(text)
	}
}

// keepable returns what of a value can be written as JSON. Of a dictionary or a
// Namespace that is all entries but those that drop is told of: a command line
// is worth keeping without a path that it names.
func keepable(v any, drop func(key string, err error)) (any, error) {
	_, err := pickle.EncodeJSON(v)
	if err == nil {
		return v, nil
	}
	entries, class := (*pickle.Dict)(nil), ""
	switch v := v.(type) {
	case *pickle.Dict:
		entries = v
	case *pickle.Object:
		entries, class = v.Attrs, v.Class
	}
	kept := &pickle.Dict{}
	for i := range entries.Len() {
		key, value := entries.At(i)
		if _, inner := pickle.EncodeJSON(value); inner != nil {
			drop(pickle.Describe(key), inner)
			continue
		}
		if err := kept.Set(key, value); err != nil {
			return nil, err
		}
	}
	if kept.Len() == 0 {
		return nil, err
	}
	if class == "" {
		return kept, nil
	}
	whole := &pickle.Object{Class: class, Attrs: kept}
	_, err = pickle.EncodeJSON(whole)
	return whole, err
}
