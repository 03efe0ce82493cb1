package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/explain"
	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

type explainCmd struct {
	computeFlags
	Image string `arg:"" optional:"" help:"An image file; none with --certificate." placeholder:"IMAGE"`
	Model string `help:"Checkpoint of a classifier, of godmae or PyTorch." required:"" placeholder:"FILE"`
	modelFlags
	methodFlags
	Sound       bool   `help:"${sound_help}" default:"true" negatable:""`
	Certificate string `help:"Explain a line of this certificate (.jsonl), with the method, noise and seed that it records." placeholder:"CERT"`
	Index       *int   `help:"Index of the image whose line is explained." placeholder:"I"`
	Data        string `help:"The certified images, for --certificate; as for certify." placeholder:"DATA"`
	Split       string `help:"Split of the data: train, val or test." enum:"train,val,test" default:"test"`
	splitFlags
	Others    []decimal.Decimal `help:"Other noise levels to compare with." default:"0.12,0.25,0.5,1" placeholder:"SIGMA,..."`
	Steps     int               `help:"Steps of each attack; 0 for no attacks." default:"20" placeholder:"N"`
	Samples   int               `help:"Noisy copies in each step of an attack." default:"16" placeholder:"N"`
	Answers   int               `help:"Noisy copies for the smoothed classifier's answer to an image that an attack found, as dmae predict --n." default:"1000" placeholder:"N"`
	BatchSize int               `name:"batch" help:"Noisy images at a time; the result does not depend on it." default:"128" placeholder:"N"`
	Out       string            `help:"Where to write the page." default:"explain.html" placeholder:"FILE.html"`
	JSON      bool              `name:"json" help:"Print the numbers of the page as a JSON object."`
}

func (explainCmd) Help() string {
	return "Writes one HTML page that needs no other files: the image, noisy copies with the network's answers, the counts, the bound or the evidence, the radius, other noise levels, and attacks inside and outside of the radius. No label is needed. The method and its flags are those of dmae certify; the page says which seed was used and how to make it again.\n\nExample: dmae explain shoe.png --model runs/finetune/checkpoint.safetensors --sigma 0.25 --out shoe.html\n\nExample: dmae explain --certificate runs/certify.jsonl --index 40 --data builtin:fashion-mnist --model runs/finetune/checkpoint.safetensors --out image-40.html"
}

// Run writes the page.
func (c *explainCmd) Run(e *env, line *kong.Context) error {
	if err := c.check(line); err != nil {
		return err
	}
	if err := checkOutput("--out", c.Out); err != nil {
		return err
	}
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	if c.Steps > 0 && c.Certificate == "" {
		noteTooFew(e, "--answers", c.Answers, c.Alpha)
	}
	o := explain.Options{Batch: c.BatchSize, Steps: c.Steps, Samples: c.Samples, Answers: c.Answers}
	var model *dmae.Classifier
	var x []byte
	if c.Certificate != "" {
		model, x, err = c.fromCertificate(e, b, &o)
	} else {
		model, x, err = c.fromImage(e, b, &o)
	}
	if err != nil {
		return err
	}
	slices.SortFunc(c.Others, decimal.Decimal.Cmp)
	o.Others = slices.DeleteFunc(slices.Clone(c.Others), func(s decimal.Decimal) bool { return s.Cmp(o.Sigma) == 0 })
	o.Command = c.command(&o)
	var p phases
	o.Progress = func(what string, done, total int) { p.update(e, what, done, total) }
	o.Model, o.Trained = model.Config.Name, model.Config.Sigma
	made, err := explain.Make(e.ctx, model, x, o)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(c.Out, func(w io.Writer) error { return made.WriteHTML(w) }); err != nil {
		return err
	}
	if n := made.At.NoAnswers(); n > 0 {
		e.note(fmt.Sprintf("%d of %d noisy copies got no answer, because the model's scores for them are not finite numbers; they count against every class", n, made.At.N))
	}
	if made.Broken() {
		e.note("an attack inside the certified radius succeeded, which contradicts the certificate: try --seed random and more samples")
	}
	if c.JSON {
		return printJSON(e.stdout, made)
	}
	_, err = fmt.Fprintf(e.stdout, "%s\n", printable.Text(c.Out))
	return err
}

// check returns an error for flags that cannot be combined and for invalid
// numbers, before anything is read.
func (c *explainCmd) check(line *kong.Context) error {
	given := map[string]bool{}
	for _, p := range line.Path {
		if p.Flag != nil && !p.Resolved {
			given[p.Flag.Name] = true
		}
	}
	switch {
	case c.BatchSize < 1 || c.Steps < 0 || c.Steps > 0 && (c.Samples < 1 || c.Answers < 1):
		return misused("--batch %d, --samples %d and --answers %d must be at least 1 and --steps %d at least 0", c.BatchSize, c.Samples, c.Answers, c.Steps)
	case c.Certificate == "" && c.Image == "":
		return misused("there is nothing to explain: give an image file, or --certificate with --index and --data")
	case c.Certificate == "":
		for _, flag := range []string{"index", "data", "split", "val-fraction", "split-seed", "max-corrupt", "classes-by-position"} {
			if given[flag] {
				return misused("--%s goes with --certificate and not with an image file", flag)
			}
		}
		params, err := c.params()
		if err != nil {
			return err
		}
		for _, params.Sigma = range c.Others {
			level := certificate.Params{Plan: bound.Plan{Sigma: params.Sigma, Alpha: params.Alpha, N0: params.N0, N: params.N}} // the grid is reduced to the radii that are possible at each level
			if err := level.Check(); err != nil {
				return misuse{fmt.Errorf("--others: %w", err)}
			}
		}
		for _, sigma := range append([]decimal.Decimal{c.Sigma}, c.Others...) {
			if _, err := smooth.NewNoise(sigma, 0, c.Sound); err != nil {
				return misuse{err}
			}
		}
	case c.Image != "":
		return misused("--certificate %s and the image file %s are two things to explain: give one of them", c.Certificate, c.Image)
	case c.Index == nil || c.Data == "":
		return misused("--certificate needs --index, the image whose line is explained, and --data, the images")
	default:
		for _, flag := range []string{"method", "sigma", "n0", "n", "max-samples", "radii", "futility", "target-radius", "alpha", "seed", "sound"} {
			if given[flag] {
				return misused("--%s does not go with --certificate, which records it", flag)
			}
		}
	}
	return nil
}

// fromImage explains an image file, with the parameters of the flags.
func (c *explainCmd) fromImage(e *env, b ops.Backend, o *explain.Options) (*dmae.Classifier, []byte, error) {
	var err error
	if o.Params, err = c.params(); err != nil {
		return nil, nil, err
	}
	o.Sound, o.Name = c.Sound, filepath.Base(c.Image)
	model, _, err := c.classifier(e, b, c.Model)
	if err != nil {
		return nil, nil, err
	}
	if err := c.Seed.Apply(&o.Params, certificate.Header{}); err != nil {
		return nil, nil, err
	}
	if err := c.warn(e, o.Params, model.Config.Classes); err != nil {
		return nil, nil, err
	}
	if err := c.follow(c.Model); err != nil {
		return nil, nil, err
	}
	x, err := c.readPixels(c.Image, &model.Config)
	return model, x, err
}
