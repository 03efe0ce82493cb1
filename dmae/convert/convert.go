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

// Report describes a conversion.
type Report struct {
	From    checkpoint.Format `json:"from"`
	To      checkpoint.Format `json:"to"`
	Kind    string            `json:"kind,omitempty"` // of the model, if it was recognised
	Tensors int               `json:"tensors"`        // of the model
	State   int               `json:"state_tensors"`  // of training
}

// FormatOf returns the format of a file's extension.
func FormatOf(path string) (checkpoint.Format, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".safetensors":
		return checkpoint.Safetensors, nil
	case ".pth", ".pt":
		return checkpoint.TorchZip, nil
	}
	return "", fmt.Errorf("%s has no extension that names a format: use .safetensors or .pth", path)
}

// Options are the options of a conversion.
type Options struct {
	// Reader supplies what a PyTorch file does not contain. Its Note is called
	// for assumptions and for data that could not be kept.
	Reader dmae.Reader

	// Raw converts the weights of the optimiser, with its state, instead of
	// their moving average.
	Raw bool
}

// File converts the checkpoint in to the file out, whose extension decides the
// format; see [Options.Convert].
func File(in, out string, r dmae.Reader) (*Report, error) { return Options{Reader: r}.Convert(in, out) }

// Convert converts the checkpoint in to the file out, whose extension decides
// the format. The tensors of a model that is not recognised are converted,
// too, but out has no configuration.
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
		return nil, fmt.Errorf("%s contains the configuration of its model and is converted with it; leave out --arch, --heads, --decoder-heads, --weights, --layer-norm-eps, --mean, --std and --data-size", in)
	}
	if r.ClassNames != nil { // names that do not match are an error and not left out
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
