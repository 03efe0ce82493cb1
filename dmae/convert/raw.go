package convert

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/nn/checkpoint"
)

// takeRaw replaces the moving average in a checkpoint by the weights
// themselves. The result is what the same run without an average would have
// saved, except for measurements of its models.
func (c *content) takeRaw(name string) error {
	raw := map[string]checkpoint.Tensor{}
	for _, t := range c.tensors {
		if of, ok := strings.CutPrefix(t.Name, train.RawPrefix); ok {
			t.Name = of
			raw[of] = t
		}
	}
	text, trained := c.metadata[train.StateKey]
	if len(raw) == 0 || !trained {
		return fmt.Errorf("%s has no moving average of its weights; leave out --raw", name)
	}
	kept := c.tensors[:0]
	for _, t := range c.tensors {
		if r, ok := raw[t.Name]; ok {
			t = r
		} else if strings.HasPrefix(t.Name, train.RawPrefix) {
			continue
		}
		kept = append(kept, t)
	}
	c.tensors = kept
	var s train.State
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return fmt.Errorf("%s: its metadata %q is damaged: %w", name, train.StateKey, err)
	}
	s.Recipe.EMA = 0
	state, err := json.Marshal(&s)
	if err != nil {
		return err
	}
	c.metadata[train.StateKey] = string(state)
	delete(c.metadata, extraKey) // a PyTorch file of the average, without an optimiser
	return nil
}
