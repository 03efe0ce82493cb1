package dmae

import (
	"slices"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

// Autoencoder is the model of pre-training (paper, section 3.2): an encoder
// that sees some patches of a noisy image, and a small decoder that
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
// load values next. The error is that of [Config.Validate].
func NewAutoencoder(b ops.Backend, cfg Config) (*Autoencoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.clone()
	p := nn.NewParams(b, autoencoderSpecs(&cfg))
	m := &Autoencoder{
		Config:  cfg,
		Params:  p,
		trunk:   newTrunk(&cfg, p),
		norm:    nn.NewLayerNorm(p, "norm"),
		narrow:  nn.NewLinear(p, "decoder_embed"),
		mask:    p.Var("mask_token"),
		decPos:  p.Var("decoder_pos_embed"),
		decoder: nn.NewStack(p, "decoder_blocks", cfg.Decoder.Depth, cfg.Decoder.Heads),
		decNorm: nn.NewLayerNorm(p, "decoder_norm"),
		pred:    nn.NewLinear(p, "decoder_pred"),
	}
	m.decoder.SetEps(cfg.normEps())
	m.norm.Eps, m.decNorm.Eps = cfg.normEps(), cfg.normEps()
	return m, nil
}

// AutoencoderSpecs lists the parameters of the autoencoder of a valid
// configuration, before they have memory.
func (c *Config) AutoencoderSpecs() []nn.Spec { return autoencoderSpecs(c) }

// autoencoderSpecs lists all parameters in the order of the official model.
func autoencoderSpecs(c *Config) []nn.Spec {
	xavier := func(in, out int) nn.Initializer { return nn.XavierUniform(in, out) }
	d, dd := c.Width, c.Decoder.Width
	return slices.Concat(
		[]nn.Spec{
			tokenSpec("cls_token", d, 0.02), c.positionSpec("pos_embed", d),
			tokenSpec("mask_token", dd, 0.02), c.positionSpec("decoder_pos_embed", dd),
		},
		c.encoderSpecs(xavier(c.PatchValues(), d), xavier),
		nn.LayerNormSpecs("norm", d),
		nn.LinearSpecs("decoder_embed", dd, d, xavier(d, dd)),
		nn.StackSpecs("decoder_blocks", c.Decoder.Depth, dd, c.MLPRatio*dd, xavier),
		nn.LayerNormSpecs("decoder_norm", dd),
		nn.LinearSpecs("decoder_pred", c.PatchValues(), dd, xavier(dd, c.PatchValues())),
	)
}

// Init draws all parameters.
func (m *Autoencoder) Init(seed uint64) { m.Params.Init(seed) }

// Forward records one pass over images clean and noisy, [B, C, h, w] in [0,1]
// at the data's resolution, with the mask drawn by [MaskIDs]: keep I32
// [B, 1+visible], restore I32 [B, L]. noisy is clean plus Gaussian noise; see
// [Config.Corrupt].
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

// Target returns what a prediction is compared with, [B, L, P]: the patches of
// the clean image as the model sees it, resized and normalised, and with
// NormPix each patch by its own mean and unbiased variance.
func (m *Autoencoder) Target(t *autograd.Tape, clean *tensor.Tensor) *autograd.Variable {
	c := &m.Config
	y := t.Apply(ops.Patchify, ops.Attr{Patch: c.Patch, Order: ops.RowColumnChannel}, c.prepare(t, t.Const(clean)))
	if c.NormPix {
		y = t.Apply(ops.NormPatches, ops.Attr{Eps: c.NormPixEps}, y)
	}
	return y
}
