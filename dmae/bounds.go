package dmae

import "fmt"

// Bounds on the memory that a configuration, which may come from a file, can
// ask for. The memory of the weights is bounded by the tensors in the file, so
// these are bounds on the activations of one image.
const (
	maxSize   = 1 << 14
	maxDepth  = 1 << 10
	maxPixels = 1 << 23 // values of an image at the model's input size: 32 MiB, 1,672 x 1,672 x 3
	maxData   = 1 << 20 // and at the data's resolution, if that is larger: 4 MiB, 591 x 591 x 3
	maxTokens = 1 << 13 // of an image: 256 MiB for the scores of one attention head
	maxHidden = 1 << 25 // values of the widest layer for all tokens of an image: 128 MiB
)

// imageBounded reports an image that would take too much memory. Each size is
// at most maxSize, so that no product overflows, here and below.
func (c *Config) imageBounded() error {
	seen := c.Channels * c.ImageSize * c.ImageSize
	if seen > maxPixels {
		return fmt.Errorf("model configuration: image_size %d makes an image of %d values, at most %d are supported", c.ImageSize, seen, maxPixels)
	}
	if limit := max(seen, maxData); c.Pixels() > limit {
		return fmt.Errorf("model configuration: data_size %d makes an image of %d values, at most %d are supported with image_size %d", c.DataSize, c.Pixels(), limit, c.ImageSize)
	}
	return nil
}

// tokensBounded reports the first size for which the tokens of one image would
// take too much memory.
func (c *Config) tokensBounded() error {
	if n := c.Patches() + 1; n > maxTokens {
		return fmt.Errorf("model configuration: image_size %d in patches of %d makes %d tokens, at most %d are supported", c.ImageSize, c.Patch, n, maxTokens)
	}
	for _, layer := range []struct {
		name  string
		width int
	}{{"width", c.Width}, {"decoder.width", c.Decoder.Width}} {
		if n := int64(c.Patches()+1) * int64(layer.width) * int64(max(3, c.MLPRatio)); n > maxHidden {
			return fmt.Errorf("model configuration: %s %d with mlp_ratio %d makes %d values for the tokens of an image, at most %d are supported", layer.name, layer.width, c.MLPRatio, n, maxHidden)
		}
	}
	return nil
}

// tokenValues returns the values of the widest layer of a Vision Transformer for
// the tokens of an image.
func (c *Config) tokenValues() int { return (c.Patches() + 1) * c.Width * max(3, c.MLPRatio) }

// batchMemory bounds the activations of all images of a batch, in values: 2
// GiB.
const batchMemory = 1 << 29

// Batch returns how many images a classifier processes at a time: as many as
// asked for, or as fit into batchMemory. The models of the paper need less than
// that for 128 images of 224 pixels. The classifier's outputs do not depend on
// it.
func (c *Config) Batch(asked int) int {
	one := 2 * (c.Pixels() + c.Channels*c.ImageSize*c.ImageSize + c.mustFamily().Activations(c))
	return max(1, min(asked, batchMemory/one))
}
