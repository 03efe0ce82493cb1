package dmae

import (
	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Autoencoder is the model of pre-training (paper, section 3.2): an encoder
// of the visible patches of a noisy image, and a small decoder that
// reconstructs all patches of the clean one.
type Autoencoder struct {
	Config Config
	Params *nn.Params

	trunk
	norm    nn.LayerNorm
	narrow  nn.Linear // from the encoder's width to the decoder's
	mask    *autograd.Variable
	decPos  *autograd.Variable
	decoder nn.Stack
	decNorm nn.LayerNorm
	pred    nn.Linear
}

// NewAutoencoder allocates a model on b with all values zero; call Init or
// load values next. The error is that of [Config.Validate], or that the family
// of the configuration has no autoencoder.
func NewAutoencoder(b ops.Backend, cfg Config) (*Autoencoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := cfg.HasAutoencoder(); err != nil {
		return nil, err
	}
	cfg = cfg.clone()
	declared := nn.NewBuilder()
	m := declareAutoencoder(declared, &cfg)
	m.Params = declared.Allocate(b)
	return m, nil
}

// declareAutoencoder declares all parameters in the order of the official model.
func declareAutoencoder(b *nn.Builder, c *Config) *Autoencoder {
	d, dd := c.Width, c.Decoder.Width
	m := &Autoencoder{Config: *c}
	m.declareTokens(b, c, c.Positions)
	m.mask = newToken(b, "mask_token", dd)
	m.decPos = c.newPositions(b, "decoder_pos_embed", dd, c.Positions)
	m.declareBlocks(b, c, nn.XavierUniform(c.PatchValues(), d), nn.XavierUniform)
	m.norm = nn.NewLayerNorm(b, "norm", d, c.normEps())
	m.narrow = nn.NewLinear(b, "decoder_embed", d, dd, nn.XavierUniform(d, dd))
	m.decoder = nn.NewStack(b, "decoder_blocks", c.Decoder.Depth, c.blockShape(dd, c.Decoder.Heads, nn.XavierUniform))
	m.decNorm = nn.NewLayerNorm(b, "decoder_norm", dd, c.normEps())
	m.pred = nn.NewLinear(b, "decoder_pred", dd, c.PatchValues(), nn.XavierUniform(dd, c.PatchValues()))
	return m
}

// AutoencoderSpecs lists the parameters of the autoencoder of a valid
// configuration that has one, before they have memory.
func (c *Config) AutoencoderSpecs() []nn.Spec {
	b := nn.NewBuilder()
	declareAutoencoder(b, c)
	return b.Specs()
}

// Input returns the shape of the images that the model takes; see
// [Classifier.Input].
func (m *Autoencoder) Input() (channels, size int) { return m.Config.Input() }

// Init draws all parameters.
func (m *Autoencoder) Init(seed uint64) { m.Params.Init(seed) }

// Forward records one pass over images clean and noisy, [B, C, h, w] in [0,1]
// at the data's resolution, with the mask drawn by [MaskIDs]: keep I32
// [B, 1+visible], restore I32 [B, L]. noisy is clean plus Gaussian noise; see
// [Corrupt].
//
// It returns the loss of each image [B], the mean squared error over all
// patches, visible ones too, and the prediction [B, L, P] with the values of a
// patch in the order row, column, channel.
func (m *Autoencoder) Forward(t *autograd.Tape, clean, noisy, keep, restore *tensor.Tensor) (loss, pred *autograd.Variable) {
	pred = m.Reconstruct(t, noisy, keep, restore)
	return t.Apply(ops.PatchMSE, ops.Attr{}, pred, m.Target(t, clean)), pred
}

// Reconstruct is the part of Forward that makes the prediction.
func (m *Autoencoder) Reconstruct(t *autograd.Tape, noisy, keep, restore *tensor.Tensor) *autograd.Variable {
	x := m.tokens(t, &m.Config, t.Const(noisy))
	x = t.Apply(ops.Gather, ops.Attr{}, x, t.Const(keep))
	x = m.norm.Forward(t, m.blocks.Forward(t, x, nil))

	x = m.narrow.Forward(t, x)
	x = t.Apply(ops.Restore, ops.Attr{}, x, m.mask, t.Const(restore))
	x = t.Apply(ops.Add, ops.Attr{}, x, m.decPos)
	x = m.decNorm.Forward(t, m.decoder.Forward(t, x, nil))
	x = t.Apply(ops.Slice, ops.Attr{From: 1, Count: m.Config.Patches()}, x)
	return m.pred.Forward(t, x)
}

// Target returns the target of the prediction, [B, L, P]: the patches of the
// clean image, resized and normalised as the model's input. With NormPix each
// patch is also normalised by its own mean and unbiased variance.
func (m *Autoencoder) Target(t *autograd.Tape, clean *tensor.Tensor) *autograd.Variable {
	c := &m.Config
	y := t.Apply(ops.Patchify, ops.Attr{Patch: c.Patch, Order: ops.RowColumnChannel}, c.Prepare(t, t.Const(clean)))
	if c.NormPix {
		y = t.Apply(ops.NormPatches, ops.Attr{Eps: c.NormPixEps}, y)
	}
	return y
}
