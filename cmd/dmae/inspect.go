package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

type inspectCmd struct {
	Checkpoint string `arg:"" help:"A checkpoint of godmae or PyTorch." placeholder:"FILE"`
	modelFlags
	JSON bool `name:"json" help:"Print a JSON object instead of a table."`
}

func (inspectCmd) Help() string {
	return "Nothing in the file is executed. All tensors are read and compared with the checksums in the file; tensors with values that are not finite are named.\n\nExample: dmae inspect runs/pretrain/checkpoint.safetensors"
}

// tensorRow describes a tensor to a program.
type tensorRow struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
	State bool   `json:"training,omitempty"` // part of the training state, not of the model
}

// inspection describes a checkpoint to a program.
type inspection struct {
	File   string            `json:"file"`
	Format checkpoint.Format `json:"format"`

	// Checksums is the kind of checksums, which all tensors match; "" if the
	// file has none.
	Checksums checkpoint.Checksum `json:"checksums"`

	Model    string       `json:"model,omitempty"`       // its kind
	Config   *dmae.Config `json:"config,omitempty"`      // of the model
	Unknown  string       `json:"model_error,omitempty"` // why it was not recognised
	Averaged bool         `json:"averaged,omitempty"`    // the model is a moving average, and the file also has the optimiser's weights
	Tensors  []tensorRow  `json:"tensors"`

	// NotFinite names the tensors with values that are not finite.
	NotFinite []string `json:"not_finite,omitempty"`

	Training json.RawMessage   `json:"training,omitempty"` // values other than the model in a PyTorch file
	Metadata map[string]string `json:"metadata"`
}

// Run lists the tensors, the model and the state of training in a checkpoint.
func (c *inspectCmd) Run(e *env) error {
	f, err := checkpoint.Open(c.Checkpoint)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Verify(); err != nil {
		return err
	}
	in := inspection{File: c.Checkpoint, Format: f.Format(), Checksums: f.Checksums(), Metadata: f.Metadata(), Tensors: []tensorRow{}}
	reader := c.reader(e)
	if c.JSON {
		reader.Note = nil
	}
	if kind, cfg, err := reader.Describe(f); err != nil {
		in.Unknown = printable.Line(err.Error())
	} else {
		in.Model, in.Config = kind, &cfg
	}
	elements, state := 0, 0
	for _, t := range f.Tensors() {
		row := tensorRow{t.Name, string(t.DType), t.Shape, strings.HasPrefix(t.Name, dmae.StatePrefix)}
		in.Tensors = append(in.Tensors, row)
		in.Averaged = in.Averaged || strings.Contains(t.Name, train.RawPrefix)
		if finite, err := f.Finite(t.Name); err != nil {
			return err
		} else if !finite {
			in.NotFinite = append(in.NotFinite, t.Name)
		}
		if row.State {
			state++
		} else {
			elements += t.Elements()
		}
	}
	if f.Extra().Len() > 0 {
		if in.Training, err = pickle.ShowJSON(f.Extra()); err != nil {
			return fmt.Errorf("%s: its values other than the model cannot be shown: %w", c.Checkpoint, err)
		}
	}
	if c.JSON {
		return printJSON(e.stdout, in)
	}
	in.print(e.stdout)
	fmt.Fprintf(e.stdout, "%d tensors of the model with %d elements, %d tensors of training\n", len(in.Tensors)-state, elements, state)
	fmt.Fprintf(e.stdout, "format: %s\n", in.Format)
	fmt.Fprintf(e.stdout, "checksums: %s\n", in.checksums())
	if n := len(in.NotFinite); n > 0 {
		fmt.Fprintf(e.stdout, "not finite: %d of %d tensors hold values that are not finite numbers (training may have diverged): %s\n", n, len(in.Tensors), data.NameList(in.NotFinite))
	}
	if in.Config != nil {
		fmt.Fprintf(e.stdout, "model: %s\n", in.summary())
	} else {
		fmt.Fprintf(e.stdout, "model: not recognised (%s)\n", in.Unknown)
	}
	if in.Averaged {
		fmt.Fprintf(e.stdout, "weights: the model is a moving average (--ema); %s* are the weights of the optimiser, to which its state belongs\n", train.RawPrefix)
	}
	extra := f.Extra()
	for i := range extra.Len() {
		key, v := extra.At(i)
		text, err := pickle.ShowJSON(v)
		if err != nil {
			return err // was encoded above
		}
		fmt.Fprintf(e.stdout, "%s: %s\n", printable.Text(fmt.Sprint(key)), abbreviate(string(text), 400))
	}
	for _, key := range slices.Sorted(maps.Keys(in.Metadata)) {
		fmt.Fprintf(e.stdout, "%s: %s\n", printable.Text(key), abbreviate(in.Metadata[key], 400))
	}
	return nil
}

// print lists the tensors, those of the model first.
func (in *inspection) print(w io.Writer) {
	width := 0
	for _, t := range in.Tensors {
		width = max(width, len(t.Name))
	}
	for _, state := range []bool{false, true} {
		for _, t := range in.Tensors {
			if t.State == state {
				dims := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(t.Shape)), " x "), "[]")
				fmt.Fprintf(w, "%-*s  %-4s  %s\n", width, printable.Text(t.Name), t.DType, dims)
			}
		}
	}
}

// checksums describes the file's checksums, which have been verified.
func (in *inspection) checksums() string {
	switch in.Checksums {
	case checkpoint.SHA256:
		return "SHA-256 of every tensor and of the metadata, all as they were written"
	case checkpoint.NoChecksum:
		return "none, so damage would not be noticed"
	}
	return fmt.Sprintf("%s of every tensor, all as they were written", in.Checksums)
}

// summary describes the model in one line.
func (in *inspection) summary() string {
	c := in.Config
	name := in.Model
	if c.Name != "" {
		name += " " + printable.Text(c.Name)
	}
	s := fmt.Sprintf("%s, %d x %d x %d pixels in patches of %d, %d wide, %d deep, %d heads", name, c.Channels, c.ImageSize, c.ImageSize, c.Patch, c.Width, c.Depth, c.Heads)
	switch in.Model {
	case dmae.KindClassifier:
		return s + fmt.Sprintf(", %d classes", c.Classes)
	case dmae.KindEncoder:
		return s + "; without decoder and head, initial weights for finetune, linprobe and pretrain --init"
	}
	return s + fmt.Sprintf("; decoder %d wide, %d deep, %d heads", c.Decoder.Width, c.Decoder.Depth, c.Decoder.Heads)
}

// abbreviate shortens a long value for a terminal; --json prints all of it.
func abbreviate(s string, limit int) string {
	s = printable.Line(s)
	if len(s) <= limit {
		return s
	}
	return fmt.Sprintf("%s... (%d bytes)", s[:limit], len(s))
}
