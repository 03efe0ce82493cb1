package main

import (
	"fmt"

	"github.com/godmae/godmae/dmae/convert"
	"github.com/godmae/godmae/internal/printable"
)

type convertCmd struct {
	In  string `arg:"" help:"Checkpoint to read, of godmae or PyTorch." placeholder:"IN"`
	Out string `arg:"" help:"File to write; its extension is its format: .safetensors or .pth." placeholder:"OUT"`
	modelFlags
	Raw  bool `help:"For a run with --ema: convert the weights of the optimiser, with its state, instead of their average."`
	JSON bool `name:"json" help:"Print a JSON object."`
}

func (convertCmd) Help() string {
	return "Tensors are converted bit for bit, and so is the training state if the other format has a place for it (docs/checkpoints.md). torch.load reads the result with weights_only=True.\n\nExample: dmae convert dmae_vit_base.pth dmae_vit_base.safetensors"
}

// Run converts a checkpoint.
func (c *convertCmd) Run(e *env) error {
	if err := c.withoutData(); err != nil {
		return err
	}
	if _, err := convert.FormatOf(c.Out); err != nil {
		return misuse{err}
	}
	r, err := convert.Options{Reader: c.reader(e), Raw: c.Raw}.Convert(c.In, c.Out)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, r)
	}
	model := "model"
	if r.Kind != "" {
		model = r.Kind
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %s, %d tensors of the %s and %d of training\n", printable.Text(c.Out), r.To, r.Tensors, printable.Text(model), r.State)
	return err
}
