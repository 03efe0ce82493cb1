package certify

import (
	"math"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/tensor"
)

// answers reads the logits [n, K] of n jobs of the batch, from one on, and writes
// their classes. It is the only place that takes answers from a backend.
func (c *Classifier) answers(b ops.Backend, logits *tensor.Tensor, from, n int) error {
	k := c.model.Classes()
	scores := c.logits[from*k : (from+n)*k]
	if err := b.Download(scores, logits); err != nil {
		return err
	}
	for i := range n {
		c.out[from+i] = argmax(scores[i*k : (i+1)*k])
	}
	return nil
}

// argmax returns the position of the first largest number, or NoClass when no
// number is larger than -Inf. NaN never wins.
func argmax(v []float32) int32 {
	best, class := float32(math.Inf(-1)), int32(smooth.NoClass)
	for i, x := range v {
		if x > best {
			best, class = x, int32(i)
		}
	}
	return class
}
