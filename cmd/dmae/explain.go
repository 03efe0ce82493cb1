package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/godmae/godmae/dmae/explain"
	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth"
)

type explainCmd struct {
	computeFlags
	modelFlags
	Image     string          `arg:"" help:"A JPEG or PNG file." placeholder:"IMAGE"`
	Model     string          `help:"Checkpoint of a classifier, of godmae or PyTorch." required:"" placeholder:"FILE"`
	Sigma     exact.Decimal   `help:"Standard deviation of the noise, in units of pixels scaled to [0,1]." default:"0.25" placeholder:"SIGMA"`
	Others    []exact.Decimal `help:"Other noise levels to compare with." default:"0.12,0.25,0.5,1" placeholder:"SIGMA,..."`
	N0        int             `name:"n0" help:"Samples that choose the class." default:"100" placeholder:"N"`
	N         int             `name:"n" help:"Samples that estimate that class's probability." default:"1000" placeholder:"N"`
	Alpha     exact.Decimal   `help:"Probability that the certificate is false." default:"0.001" placeholder:"P"`
	Seed      uint64          `help:"Seed of the noise." default:"0" placeholder:"N"`
	Sound     bool            `help:"${sound_help}" default:"true" negatable:""`
	Steps     int             `help:"Steps of each attack; 0 for no attacks." default:"20" placeholder:"N"`
	Samples   int             `help:"Noisy copies in each step of an attack." default:"16" placeholder:"N"`
	BatchSize int             `name:"batch" help:"Noisy images at a time; the result does not depend on it." default:"128" placeholder:"N"`
	Out       string          `help:"Where to write the page." default:"explain.html" placeholder:"FILE.html"`
	JSON      bool            `name:"json" help:"Print the numbers of the page as a JSON object."`
}

func (explainCmd) Help() string {
	return "Writes one page, complete in itself: the image, noisy copies as the network sees them, the counts, the bound, the radius, other noise levels, and attacks inside and outside of the radius. No label is needed.\n\nExample: dmae explain shoe.png --model runs/finetune/checkpoint.safetensors --sigma 0.25 --out shoe.html"
}

// Run writes the page.
func (c *explainCmd) Run(e *env) error {
	if c.BatchSize < 1 || c.Steps < 0 || c.Steps > 0 && c.Samples < 1 {
		return misused("--batch %d and --samples %d must be at least 1 and --steps %d at least 0", c.BatchSize, c.Samples, c.Steps)
	}
	for _, sigma := range append([]exact.Decimal{c.Sigma}, c.Others...) {
		params := smooth.Params{Sigma: sigma, Alpha: c.Alpha, N0: c.N0, N: c.N}
		if err := params.Check(); err != nil {
			return misuse{err}
		}
	}
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	model, _, err := c.classifier(e, b, c.Model)
	if err != nil {
		return err
	}
	x, err := readPixels(c.Image, &model.Config)
	if err != nil {
		return err
	}
	slices.SortFunc(c.Others, exact.Decimal.Cmp)
	others := slices.DeleteFunc(slices.Clone(c.Others), func(s exact.Decimal) bool { return s.Cmp(c.Sigma) == 0 })
	made, err := explain.Make(e.ctx, model, x, explain.Options{
		Name: filepath.Base(c.Image), Sigma: c.Sigma, Others: others, Alpha: c.Alpha, N0: c.N0, N: c.N, Seed: c.Seed, Sound: c.Sound,
		Batch: c.BatchSize, Steps: c.Steps, Samples: c.Samples, Progress: e.note,
	})
	if err != nil {
		return err
	}
	if err := atomicfile.Write(c.Out, func(w io.Writer) error { return made.WriteHTML(w) }); err != nil {
		return err
	}
	if made.Broken() {
		e.note("an attack inside the certified radius succeeded, which contradicts the certificate: try another seed and more samples")
	}
	if c.JSON {
		return printJSON(e.stdout, made)
	}
	_, err = fmt.Fprintf(e.stdout, "%s\n", c.Out)
	return err
}
