package dmae

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"github.com/godmae/godmae/nn"
)

// digestConfig is the part of a configuration that affects a classifier's
// outputs. Field names and order are part of the digest.
type digestConfig struct {
	ImageSize  int       `json:"image_size"`
	DataSize   int       `json:"data_size"`
	Channels   int       `json:"channels"`
	Patch      int       `json:"patch"`
	Width      int       `json:"width"`
	Depth      int       `json:"depth"`
	Heads      int       `json:"heads"`
	MLPRatio   int       `json:"mlp_ratio"`
	Mean       []float64 `json:"mean"`
	Std        []float64 `json:"std"`
	Classes    int       `json:"classes"`
	GlobalPool bool      `json:"global_pool"`
	Head       Head      `json:"head,omitempty"`
	NormEps    float64   `json:"norm_eps,omitempty"`

	Family   string          `json:"family,omitempty"`
	Settings json.RawMessage `json:"settings,omitempty"`
}

// Digest identifies the function that the classifier computes, whatever file
// it was loaded from: SHA-256 over its parameters sorted by name, in the form
// of [nn.Params.Identify], followed by the JSON of the part of the
// configuration that affects the result. The error is the backend's.
func (m *Classifier) Digest() ([sha256.Size]byte, error) {
	h := sha256.New()
	var params []*nn.Param
	for _, p := range m.Params.All() {
		if !p.Whole { // the count of batches does not affect the result
			params = append(params, p)
		}
	}
	slices.SortFunc(params, func(a, b *nn.Param) int { return cmp.Compare(a.Name, b.Name) })
	if err := m.Params.Identify(h, params); err != nil {
		return [sha256.Size]byte{}, err
	}
	c := &m.Config
	config, err := json.Marshal(digestConfig{
		c.ImageSize, c.DataSize, c.Channels, c.Patch, c.Width, c.Depth, c.Heads, c.MLPRatio,
		c.Mean, c.Std, c.Classes, c.GlobalPool, c.Head, c.NormEps, c.Family, c.Settings,
	})
	if err != nil {
		panic(err) // JSON can encode every validated Config
	}
	h.Write(config)
	return [sha256.Size]byte(h.Sum(nil)), nil
}
