package main

import (
	"fmt"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
)

type evalCmd struct {
	computeFlags
	dataFlags
	modelFlags
	Model     string   `help:"Checkpoint of a classifier, of godmae or PyTorch." required:"" placeholder:"FILE"`
	Split     string   `help:"Split of the data: train, val or test." enum:"train,val,test" default:"test"`
	Sigma     *float64 `help:"Standard deviation of the noise, in units of pixels scaled to [0,1] (default: the one the model was trained with)." placeholder:"SIGMA"`
	Copies    int      `help:"Noisy copies of each image." default:"1" placeholder:"N"`
	Seed      uint64   `help:"Seed of the noise." default:"0" placeholder:"N"`
	Max       int      `help:"Use the first N images only; 0 for all." default:"0" placeholder:"N"`
	BatchSize int      `help:"Images at a time; the result does not depend on it." default:"128" placeholder:"N"`
	JSON      bool     `name:"json" help:"Print a JSON object."`
}

func (evalCmd) Help() string {
	return "Example: dmae eval --data builtin:fashion-mnist --model runs/finetune/checkpoint.safetensors"
}

// maxCopies is the number of noisy copies of an image that the addresses of
// random numbers allow.
const maxCopies = 1 << 16

// Run measures accuracy on clean and on noisy images.
func (c *evalCmd) Run(e *env) error {
	if err := atLeast(1, number{"--copies", c.Copies}, number{"--batch-size", c.BatchSize}); err != nil {
		return err
	}
	if err := atLeast(0, number{"--max", c.Max}); err != nil {
		return err
	}
	if c.Copies > maxCopies {
		return misused("--copies %d cannot be used: there is noise for at most %d", c.Copies, maxCopies)
	}
	if c.Sigma != nil {
		if err := checkSigma(*c.Sigma); err != nil {
			return err
		}
	}
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	model, images, err := c.classifierFor(e, b, c.Model, &c.dataFlags, data.Split(c.Split))
	if err != nil {
		return err
	}
	images = data.First(images, c.Max)
	sigma := model.Config.Sigma
	if c.Sigma != nil {
		sigma = *c.Sigma
	}
	leftOut := data.NewLeftOut(images, c.corrupt(), e.note)
	p := newProgress(e.stderr, "eval, clean and noisy", "images", images.Len()*(1+c.Copies))
	p.begin(0)
	done := 0
	measure := func(o train.EvalOptions) (train.Evaluation, error) {
		o.Batch, o.Seed, o.LeftOut = c.BatchSize, c.Seed, leftOut
		o.Progress = func(n int) { p.update(done+n, "") }
		ev, err := train.Evaluate(e.ctx, model, images, o)
		done += images.Len()
		return ev, err
	}
	clean, err := measure(train.EvalOptions{})
	if err != nil {
		return err
	}
	var noisy train.Evaluation
	for i := range c.Copies {
		ev, err := measure(train.EvalOptions{Sigma: sigma, Copy: uint16(i)})
		if err != nil {
			return err
		}
		noisy = noisy.Plus(ev)
	}
	p.close()
	if clean.NoAnswer+noisy.NoAnswer == clean.Images+noisy.Images {
		return fmt.Errorf("%s gives no answer to any of the %d images, clean or noisy: its scores are not finite numbers (its training may have diverged)", c.Model, clean.Images)
	}
	if clean.NoAnswer > 0 || noisy.NoAnswer > 0 {
		e.note(fmt.Sprintf("%d of %d clean images and %d of %d noisy ones got no answer, because the model's scores for them are not finite numbers; they count as wrong", clean.NoAnswer, clean.Images, noisy.NoAnswer, noisy.Images))
	} else if clean.FiniteLoss() == nil || noisy.FiniteLoss() == nil {
		e.note("some of the model's scores are not finite numbers: a class with such a score is never the answer, and the loss has no value")
	}
	if c.JSON {
		return printJSON(e.stdout, struct {
			Images   int      `json:"images"`
			LeftOut  int      `json:"left_out"` // images of the data set that cannot be used
			Accuracy float64  `json:"accuracy"`
			Loss     *float64 `json:"loss"` // null if it is not finite
			NoAnswer int      `json:"no_answer"`
			Sigma    float64  `json:"sigma"`
			Copies   int      `json:"copies"`
			Noisy    float64  `json:"noisy_accuracy"`
			NoisyLs  *float64 `json:"noisy_loss"`
			NoisyNo  int      `json:"noisy_no_answer"`
		}{clean.Images, leftOut.Count(), clean.Accuracy(), clean.FiniteLoss(), clean.NoAnswer, sigma, c.Copies, noisy.Accuracy(), noisy.FiniteLoss(), noisy.NoAnswer})
	}
	copies := "one copy"
	if c.Copies > 1 {
		copies = fmt.Sprintf("%d copies", c.Copies)
	}
	without := ""
	if n := leftOut.Count(); n > 0 {
		without = fmt.Sprintf(", %d of %d images left out", n, images.Len())
	}
	_, err = fmt.Fprintf(e.stdout, "%d images: accuracy %.2f%%, loss %s%s\nunder noise of sigma %g, %s each: accuracy %.2f%%, loss %s\n",
		clean.Images, 100*clean.Accuracy(), lossText(clean), without, sigma, copies, 100*noisy.Accuracy(), lossText(noisy))
	return err
}

// lossText shows the loss of an evaluation.
func lossText(ev train.Evaluation) string {
	if loss := ev.FiniteLoss(); loss != nil {
		return fmt.Sprintf("%.4f", *loss)
	}
	return "not finite"
}
