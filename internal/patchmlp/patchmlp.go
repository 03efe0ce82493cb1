// Package patchmlp is a small second family of classifiers, without attention and
// without convolutions. It shows, and its tests check, that a family is one
// package: once it is registered, its models are trained, saved, loaded,
// evaluated and certified with the same functions as the Vision Transformer's. It
// imports only packages that other modules can import.
package patchmlp

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Name is the family's name in checkpoints.
const Name = "patch-mlp"

// Settings are the part of a configuration that is specific to the family.
type Settings struct {
	Hidden int `json:"hidden"` // units of a block's MLP
}

// Register registers the family. A program calls it once.
func Register() {
	dmae.Register(dmae.Family{
		Name: Name,
		Presets: []dmae.Config{
			{
				Name: "patch_mlp_28", ImageSize: 28, DataSize: 28, Channels: 1, Patch: 7, Width: 16, Depth: 2,
				Settings: []byte(`{"hidden":24}`), Sigma: 0.25,
				Mean: dmae.FashionMNISTMean, Std: dmae.FashionMNISTStd,
			},
		},
		Check: []dmae.Config{
			{
				Name: "two blocks, drop path", ImageSize: 4, DataSize: 4, Channels: 1, Patch: 2, Width: 4, Depth: 2,
				Settings: []byte(`{"hidden":6}`), DropPath: 0.4, Mean: []float64{0.5}, Std: []float64{0.25},
			},
		},
		Validate:    validate,
		Build:       build,
		Activations: activations,
	})
}

// settings returns the family's part of a configuration.
func settings(c *dmae.Config) (s Settings, err error) { return s, c.ReadSettings(&s) }

// most bounds single sizes, so that no product of two overflows.
const most = 1 << 12

func validate(c *dmae.Config) error {
	s, err := settings(c)
	switch {
	case err != nil:
		return err
	case c.Patch < 1 || c.ImageSize%c.Patch != 0:
		return fmt.Errorf("model configuration: patch %d does not divide image_size %d", c.Patch, c.ImageSize)
	case c.Width < 1 || c.Width > most || s.Hidden < 1 || s.Hidden > most || c.Depth < 1:
		return fmt.Errorf("model configuration: width %d and hidden %d must lie between 1 and %d, and depth %d be at least 1", c.Width, s.Hidden, most, c.Depth)
	case c.Patches() > most:
		return errors.New("model configuration: the image has too many patches; enlarge patch")
	}
	return nil
}

func activations(c *dmae.Config) int {
	s, _ := settings(c) // Validate has accepted it
	return c.Patches() * max(c.Width, s.Hidden)
}

// network maps the patches of an image to tokens, adds their positions, runs each
// token through residual MLPs, and takes the mean.
type network struct {
	config    *dmae.Config
	embed     nn.PatchEmbed
	positions *autograd.Variable // [L, D]
	blocks    []block
	norm      nn.LayerNorm
}

// block is x + fc2(gelu(fc1(norm(x)))).
type block struct {
	norm     nn.LayerNorm
	fc1, fc2 nn.Linear
}

// build declares the parameters. Their names follow optim.Layer, so that
// layer-wise decay of the learning rate sees the blocks.
func build(b *nn.Builder, c *dmae.Config) (dmae.Backbone, *dmae.ClassifierHead) {
	s, _ := settings(c)
	d, in := c.Width, c.PatchValues()
	m := &network{
		config:    c,
		embed:     nn.NewPatchEmbed(b, "patch_embed", c.Channels, c.Patch, d, nn.XavierUniform(in, d)),
		positions: b.Param(nn.Spec{Name: "pos_embed", Shape: tensor.Of(c.Patches(), d), Init: nn.Normal(0.02)}).Var,
	}
	for i := range c.Depth {
		name := "blocks." + strconv.Itoa(i)
		m.blocks = append(m.blocks, block{
			norm: nn.NewLayerNorm(b, name+".norm", d, nn.LayerNormEps),
			fc1:  nn.NewLinear(b, name+".fc1", d, s.Hidden, nn.XavierUniform(d, s.Hidden)),
			fc2:  nn.NewLinear(b, name+".fc2", s.Hidden, d, nn.XavierUniform(s.Hidden, d)),
		})
	}
	m.norm = nn.NewLayerNorm(b, "norm", d, nn.LayerNormEps)
	return m, dmae.NewHead(b, c, d)
}

// Features implements dmae.Backbone. A block has one branch that is dropped; the
// factors of the second one are not used.
func (m *network) Features(t *autograd.Tape, images *autograd.Variable, drop *nn.DropPath) *autograd.Variable {
	x := m.embed.Forward(t, m.config.Prepare(t, images)) // [B, L, D]
	x = t.Apply(ops.Add, ops.Attr{}, x, m.positions)
	for i, b := range m.blocks {
		hidden := b.fc1.Gelu(t, b.norm.Forward(t, x))
		x = b.fc2.Residual(t, hidden, x, drop.Block(t, i)[0])
	}
	return m.norm.Forward(t, t.Apply(ops.MeanTokens, ops.Attr{}, x)) // [B, D]
}
