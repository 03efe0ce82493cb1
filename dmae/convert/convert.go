package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn/checkpoint"
)

// Report says what was converted.
type Report struct {
	From    checkpoint.Format `json:"from"`
	To      checkpoint.Format `json:"to"`
	Kind    string            `json:"kind,omitempty"` // of the model, if it was recognised
	Tensors int               `json:"tensors"`        // of the model
	State   int               `json:"state_tensors"`  // of training
}

// FormatOf returns the format that a file's extension stands for.
func FormatOf(path string) (checkpoint.Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".safetensors":
		return checkpoint.Safetensors, nil
	case ".pth", ".pt":
		return checkpoint.TorchZip, nil
	}
	return "", fmt.Errorf("%s has no extension that names a format: use .safetensors or .pth", path)
}

// Options say how to convert.
type Options struct {
	// Reader says of a PyTorch file what is not in it, and is told by its Note
	// what was assumed or could not be kept.
	Reader dmae.Reader

	// Raw takes the weights that the optimiser works on, with its state, in place
	// of their moving average.
	Raw bool
}

// File converts the checkpoint in to the file out, whose extension says to
// what; see [Options.Convert].
func File(in, out string, r dmae.Reader) (*Report, error) { return Options{Reader: r}.Convert(in, out) }

// Convert converts the checkpoint in to the file out, whose extension says to
// what. A model that is not recognised is converted all the same, but out does
// not say which it is.
func (o Options) Convert(in, out string) (*Report, error) {
	r := o.Reader
	to, err := FormatOf(out)
	if err != nil {
		return nil, err
	}
	if same, err := sameFile(in, out); err != nil {
		return nil, err
	} else if same {
		return nil, fmt.Errorf("%s and %s are the same file; convert into another", in, out)
	}
	f, err := checkpoint.Open(in)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !dmae.IsForeign(f) && (r.Preset != "" || r.Heads != 0 || r.DecoderHeads != 0 || r.Mean != nil || r.Std != nil || r.DataSize != 0 || r.Weights != "" || r.NormEps != 0 || r.NormPix != nil) {
		return nil, fmt.Errorf("%s says itself which model it holds, and is converted as it is; leave out --arch, --heads, --decoder-heads, --weights, --layer-norm-eps, --mean, --std and --data-size", in)
	}
	if r.ClassNames != nil { // names that do not fit are a mistake, not something to leave out
		quiet := r
		quiet.Note = nil
		if _, _, err := quiet.Describe(f); err != nil {
			return nil, err
		}
	}
	c, err := read(f, r)
	if err != nil {
		return nil, err
	}
	if o.Raw {
		if err := c.takeRaw(in); err != nil {
			return nil, err
		}
	}
	report := &Report{From: f.Format(), To: to, Kind: c.metadata[dmae.KeyKind]}
	for _, t := range c.tensors {
		if strings.HasPrefix(t.Name, dmae.StatePrefix) {
			report.State++
		} else {
			report.Tensors++
		}
	}
	if to == checkpoint.Safetensors {
		return report, checkpoint.Write(out, c.tensors, c.metadata)
	}
	root, err := c.torch(r)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be converted: %w", in, err)
	}
	return report, checkpoint.WriteTorch(out, root)
}

func sameFile(in, out string) (bool, error) {
	a, err := os.Stat(in)
	if err != nil {
		return false, err
	}
	b, err := os.Stat(out)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return os.SameFile(a, b), nil
}

// content is a checkpoint in the form of godmae's safetensors files.
type content struct {
	tensors  []checkpoint.Tensor // not read yet
	metadata map[string]string
}
