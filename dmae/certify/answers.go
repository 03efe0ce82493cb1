package certify

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
)

// answers reads the classes of n jobs of the batch, from one on, off their logits
// [n, K]: one number for each comes from the backend. It is the only place that takes
// answers from there. A job without a finite score gets [smooth.NoClass], which is
// [ops.NoAnswer].
func (c *Classifier) answers(t *autograd.Tape, logits *autograd.Variable, from, n int) error {
	classes := t.Apply(ops.ArgMax, ops.Attr{}, logits)
	return t.Backend().Download(c.out[from:from+n], classes.Value)
}
