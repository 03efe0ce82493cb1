package dmae

import "fmt"

// Bounds on what a configuration, which may come from a file, can ask for. The
// weights of a model follow from the tensors that the file holds, so these are
// about what one image takes on its way through it.
const (
	maxSize   = 1 << 14
	maxDepth  = 1 << 10
	maxPixels = 1 << 23 // values of an image: 32 MiB, 1,672 x 1,672 x 3
	maxTokens = 1 << 13 // of an image: 256 MiB for the scores of one attention head
	maxHidden = 1 << 25 // values of the widest layer for all tokens of an image: 128 MiB
)

// bounded reports the first size by which one image would take too much memory.
// The single sizes are at most maxSize, so that no product overflows.
func (c *Config) bounded() error {
	for _, side := range []struct {
		name string
		size int
	}{{"data_size", c.DataSize}, {"image_size", c.ImageSize}} {
		if n := c.Channels * side.size * side.size; n > maxPixels {
			return fmt.Errorf("model configuration: %s %d makes an image of %d values, at most %d are supported", side.name, side.size, n, maxPixels)
		}
	}
	if n := c.Patches() + 1; n > maxTokens {
		return fmt.Errorf("model configuration: image_size %d in patches of %d makes %d tokens, at most %d are supported", c.ImageSize, c.Patch, n, maxTokens)
	}
	for _, layer := range []struct {
		name  string
		width int
	}{{"width", c.Width}, {"decoder.width", c.Decoder.Width}} {
		if n := (c.Patches() + 1) * layer.width * max(3, c.MLPRatio); n > maxHidden {
			return fmt.Errorf("model configuration: %s %d with mlp_ratio %d makes %d values for the tokens of an image, at most %d are supported", layer.name, layer.width, c.MLPRatio, n, maxHidden)
		}
	}
	return nil
}
