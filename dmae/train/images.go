package train

import (
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/philox"
)

// EvalPipeline returns the transform between the stored images of ds and what
// a model is evaluated on: nothing for images of the model's data size, else
// resizing and the middle.
func EvalPipeline(ds data.Dataset, c *dmae.Config) data.Pipeline {
	if _, h, w := ds.Shape(); h == c.DataSize && w == c.DataSize {
		return nil
	}
	return data.EvalPipeline(c.DataSize)
}

// Preprocessing says in words what EvalPipeline does, for certificates.
func Preprocessing(ds data.Dataset, c *dmae.Config) string {
	if len(EvalPipeline(ds, c)) == 0 {
		return "x/255"
	}
	return fmt.Sprintf("short side resized for %[1]d pixels, middle %[1]dx%[1]d, x/255", c.DataSize)
}

// Pixels writes image i of ds, [C, h, w] in [0,1] at the model's data size, as
// evaluation and certification see it.
func Pixels(ds data.Dataset, i int, c *dmae.Config, dst []float32) error {
	im, err := ds.Image(i)
	if err != nil {
		return err
	}
	if im.C != c.Channels {
		return fmt.Errorf("image %d of %s has %d channels and the model takes %d", i, ds.Name(), im.C, c.Channels)
	}
	return EvalPipeline(ds, c).Apply(dst, im, philox.Addr{})
}

// trainPipeline returns the augmentation of a recipe.
func trainPipeline(ds data.Dataset, c *dmae.Config, r Recipe) data.Pipeline {
	p := EvalPipeline(ds, c)
	if r.CropMin > 0 {
		p = data.Pipeline{data.RandomResizedCrop{Size: c.DataSize, Scale: [2]float64{r.CropMin, 1}}}
	}
	if r.Flip {
		p = append(p, data.RandomFlip{})
	}
	return p
}
