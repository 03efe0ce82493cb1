package train

import (
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
)

// inputOf returns the shape of the images that a model takes.
func inputOf(c *dmae.Config) data.Input { return data.NewInput(c.Input()) }

// trainPipeline returns the augmentation of a valid recipe: crop, flip,
// colour jitter or RandAugment, the caller's own, and erasing, which comes before
// the noise.
func trainPipeline(ds data.Dataset, c *dmae.Config, r Recipe, own []data.Custom) data.Pipeline {
	p := inputOf(c).Pipeline(ds)
	if r.CropMin > 0 {
		p = data.Pipeline{data.RandomResizedCrop{Size: c.DataSize, Scale: [2]float64{r.CropMin, 1}}}
	}
	if r.Flip {
		p = append(p, data.RandomFlip{})
	}
	if r.ColorJitter > 0 {
		p = append(p, data.ColorJitter{Brightness: r.ColorJitter, Contrast: r.ColorJitter, Saturation: r.ColorJitter})
	}
	if r.AutoAugment != "" {
		a, err := data.ParseRandAugment(r.AutoAugment)
		if err != nil {
			panic(err) // Validate accepted it
		}
		a.Fill = data.FillOf(c.Mean)
		p = append(p, a)
	}
	for _, step := range own {
		p = append(p, step)
	}
	if r.EraseProb > 0 {
		p = append(p, data.RandomErasing{Prob: r.EraseProb, Mode: r.EraseMode, Count: r.EraseCount, Mean: c.Mean, Std: c.Std})
	}
	return p
}

// pipeline returns the augmentation of the run.
func (r *run) pipeline() data.Pipeline {
	return trainPipeline(r.opt.Train, &r.opt.Model, r.opt.Recipe, r.opt.Augment)
}
