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

// Metadata keys of a safetensors file that was converted from a PyTorch file.
const (
	// extraKey has the values of the file other than the model, as JSON.
	extraKey = train.TorchExtraKey
	// namesKey has the names of the parameters in the order of the optimiser's
	// numbers, as a JSON array.
	namesKey = "torch.optimizer"
)

// stateName is the key, in a PyTorch file converted from one of godmae, of
// training state that has no place in the official format.
const stateName = "godmae_state"

// moments maps PyTorch's names of the moments of AdamW and LARS to the prefixes
// of the tensors in godmae's checkpoints.
var moments = map[string]string{
	"exp_avg": dmae.StatePrefix + "adamw.m.", "exp_avg_sq": dmae.StatePrefix + "adamw.v.",
	"mu": dmae.StatePrefix + "lars.mu.",
}

// Open opens the checkpoint at path, of godmae or PyTorch, as if it had been
// converted to a safetensors file of godmae. The reader is that of [File]. The
// caller closes the result.
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

// describeFile fills in the metadata of a file of any format, and returns the
// function that renames its tensors.
func (c *content) describeFile(f *checkpoint.File, r dmae.Reader) (rename func(string) string) {
	if f.Format() != checkpoint.Safetensors {
		return c.readTorch(f, r)
	}
	if dmae.IsForeign(f) || r.ClassNames != nil {
		c.recognise(f, r)
	}
	return func(name string) string { return name }
}

// read reads a file of any format into godmae's form.
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

// note calls the reader's Note, if there is one.
func note(r dmae.Reader, format string, args ...any) {
	if r.Note != nil {
		r.Note(fmt.Sprintf(format, args...))
	}
}

// recognise adds godmae's metadata about the model.
func (c *content) recognise(f *checkpoint.File, r dmae.Reader) (kind string, cfg dmae.Config, ok bool) {
	kind, cfg, err := r.Describe(f)
	if err != nil {
		note(r, "the converted file has no configuration of its model: %v", err)
		return "", cfg, false
	}
	maps.Copy(c.metadata, dmae.Metadata(kind, &cfg, ops.Contract))
	return kind, cfg, true
}

// readTorch adds the values of a PyTorch file other than the model, and returns
// the function that renames its tensors.
func (c *content) readTorch(f *checkpoint.File, r dmae.Reader) (rename func(string) string) {
	var names []string // of the optimiser's parameters, by number
	if text, ok := c.metadata[namesKey]; ok {
		if json.Unmarshal([]byte(text), &names) != nil {
			names = nil
		}
	} else if kind, cfg, ok := c.recognise(f, r); ok {
		if optimizer, ok := f.Extra().Get("optimizer"); ok {
			if names = parameterNames(f, optimizer, dmae.Specs(kind, &cfg)); names == nil && untouched(optimizer) {
				note(r, "the optimiser in %s has taken no step and has no moments: training can start from its weights but not resume", f.Name())
			} else if names == nil {
				note(r, "the state of the optimiser in %s has an unknown order of parameters: it is kept, but training cannot resume from it", f.Name())
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

// keepable returns the part of a value that can be written as JSON. Entries of
// a dictionary or a Namespace that cannot are dropped, and drop is called for
// each, so that a command line is kept without a path in it.
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
