package main

import (
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/printable"
)

type reconstructCmd struct {
	computeFlags
	dataFlags
	modelFlags
	Model       string   `help:"Checkpoint of an autoencoder, of godmae or PyTorch." required:"" placeholder:"FILE"`
	Split       string   `help:"Split of the data: train, val or test." enum:"train,val,test" default:"test"`
	Sigma       *float64 `help:"Standard deviation of the noise, in units of pixels scaled to [0,1] (default: the one the model was trained with)." placeholder:"SIGMA"`
	Count       int      `help:"Images to draw." default:"8" placeholder:"N"`
	Seed        uint64   `help:"Seed of noise and masks." default:"0" placeholder:"N"`
	NormPixLoss *bool    `help:"Whether the model was trained to predict patches normalised by their own mean and variance, for a checkpoint that does not record it (default: yes, with a note)." negatable:""`
	Out         string   `help:"PNG file to write." required:"" placeholder:"FILE"`
}

func (reconstructCmd) Help() string {
	return "One row per image: original, corrupted (noise, hidden patches grey), reconstructed.\n\nExample: dmae reconstruct --data builtin:fashion-mnist --model runs/pretrain/checkpoint.safetensors --out reconstruct.png"
}

// Run draws reconstructions.
func (c *reconstructCmd) Run(e *env) error {
	if err := c.withoutData(); err != nil {
		return err
	}
	if err := atLeast(1, number{"--count", c.Count}); err != nil {
		return err
	}
	if !strings.EqualFold(filepath.Ext(c.Out), ".png") {
		return misused("--out %s cannot be drawn: the name must end in .png", c.Out)
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
	reader := c.reader(e)
	reader.NormPix = c.NormPixLoss
	model, err := reader.LoadAutoencoder(b, c.Model)
	if err != nil {
		return err
	}
	what, err := dmae.NotFinite(model.Params)
	if err != nil {
		return err
	}
	if what != "" {
		return fmt.Errorf("%s cannot reconstruct images: %s (its training may have diverged)", c.Model, what)
	}
	images, err := c.open(e, data.Split(c.Split), model.Config.Channels)
	if err != nil {
		return err
	}
	if err := c.follow(c.Model); err != nil {
		return err
	}
	if images, err = data.Preprocessed(images, c.Preprocess, model.Config.DataSize); err != nil {
		return err
	}
	sigma := model.Config.Sigma
	if c.Sigma != nil {
		sigma = *c.Sigma
	}
	r := reconstruction{model: model, images: images, count: c.Count, sigma: sigma, seed: c.Seed, leftOut: data.NewLeftOut(images, c.corrupt(), e.note)}
	if err := r.write(c.Out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "picture %s\n", printable.Text(c.Out))
	return err
}

// reconstruction draws the first usable images of a data set; reconstruct and
// quickstart use it.
type reconstruction struct {
	model   *dmae.Autoencoder
	images  data.Dataset
	leftOut *data.LeftOut
	count   int
	sigma   float64
	seed    uint64
}

func (r reconstruction) write(path string) error {
	n := min(r.count, r.images.Len())
	size := r.model.Config.Pixels()
	pixels := make([]float32, 0, n*size)
	for i := 0; i < r.images.Len() && len(pixels) < n*size; i++ {
		x := pixels[len(pixels) : len(pixels)+size]
		if err := data.NewInput(r.model.Config.Input()).Pixels(r.images, i, x); err != nil {
			if err := r.leftOut.Add(i, err); err != nil {
				return err
			}
			continue
		}
		pixels = pixels[:len(pixels)+size]
	}
	if len(pixels) == 0 {
		return fmt.Errorf("no image of %s can be used", r.images.Name())
	}
	picture, err := r.model.Picture(pixels, r.sigma, r.seed)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { return png.Encode(w, picture) })
}
