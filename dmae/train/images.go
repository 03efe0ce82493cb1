package train

import (
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/philox"
)

// EvalPipeline returns the transform between the stored images of ds and what
// a model is evaluated on: nothing if all are exactly of the model's data size,
// else resizing and the middle, for all of them. A view by data.Preprocessed has
// all resized in any case.
func EvalPipeline(ds data.Dataset, c *dmae.Config) data.Pipeline {
	if _, h, w := ds.Shape(); h == c.DataSize && w == c.DataSize {
		return nil
	}
	return data.EvalPipeline(c.DataSize)
}

// Preprocessing says in words what comes before the model: how image files are
// decoded, and what EvalPipeline does. It stands in checkpoints and
// certificates.
func Preprocessing(ds data.Dataset, c *dmae.Config) string {
	if len(EvalPipeline(ds, c)) == 0 {
		return decoding(ds) + "x/255"
	}
	return decoding(ds) + fmt.Sprintf("short side resized for %[1]d pixels, middle %[1]dx%[1]d, x/255", c.DataSize)
}

// IntegerPreprocessing is Preprocessing for certificates that add their noise
// to the 8-bit pixels.
func IntegerPreprocessing(ds data.Dataset, c *dmae.Config) string {
	if len(EvalPipeline(ds, c)) == 0 {
		return decoding(ds) + "8-bit pixels as stored"
	}
	return decoding(ds) + fmt.Sprintf("8-bit pixels, short side resized for %[1]d pixels and rounded to 8 bits, middle %[1]dx%[1]d", c.DataSize)
}

// decoding names the decoder where there is one.
func decoding(ds data.Dataset) string {
	if data.FromFiles(ds) {
		return data.Decoding + ", "
	}
	return ""
}

// Pixels writes image i of ds, [C, h, w] in [0,1] at the model's data size, as
// evaluation and certification see it. The error is a *data.CorruptError when the
// image cannot be used and is to be left out.
func Pixels(ds data.Dataset, i int, c *dmae.Config, dst []float32) error {
	im, err := image(ds, i, c)
	if err != nil {
		return err
	}
	return EvalPipeline(ds, c).Apply(dst, im, philox.Addr{})
}

// Bytes writes the same image as it is before the division by 255: integers of
// 8 bits, [C, h, w].
func Bytes(ds data.Dataset, i int, c *dmae.Config, dst []byte) error {
	im, err := image(ds, i, c)
	if err != nil {
		return err
	}
	return EvalPipeline(ds, c).ApplyBytes(dst, im, philox.Addr{})
}

// image returns a stored image that has the model's number of channels.
func image(ds data.Dataset, i int, c *dmae.Config) (data.Image, error) {
	im, err := ds.Image(i)
	if err == nil && im.C != c.Channels {
		err = fmt.Errorf("image %d of %s has %d channels and the model takes %d", i, ds.Name(), im.C, c.Channels)
	}
	return im, err
}

// trainPipeline returns the augmentation of a valid recipe: crop, flip,
// colour jitter or RandAugment, and erasing, which comes before the noise.
func trainPipeline(ds data.Dataset, c *dmae.Config, r Recipe) data.Pipeline {
	p := EvalPipeline(ds, c)
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
	if r.EraseProb > 0 {
		p = append(p, data.RandomErasing{Prob: r.EraseProb, Mode: r.EraseMode, Count: r.EraseCount, Mean: c.Mean, Std: c.Std})
	}
	return p
}
