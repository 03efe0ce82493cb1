package dmae

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/checkpoint/pickle"
)

// officialNormPixEps is the epsilon of the official code where it normalises
// patches, and huggingFaceEps that of Hugging Face's layer normalisations.
const (
	officialNormPixEps = 1e-6
	huggingFaceEps     = 1e-12
)

// inference determines the model in a checkpoint without godmae's metadata.
type inference struct {
	Reader
	f      *checkpoint.File
	args   *pickle.Dict // the arguments of the program that wrote the file; may be empty
	preset *Config      // nil for none
	cfg    Config
}

// infer returns kind and configuration of the model in a file of another
// program, with its names translated to this program's. Whatever the shapes
// determine is taken from the tensors. The number of attention heads, on which
// no shape depends, comes from the reader's fields, from the model's name in the
// file, or from the only preset with the same shapes. If start is set, only the
// encoder of a classifier is used.
func (r Reader) infer(f *checkpoint.File, start bool) (kind string, cfg Config, err error) {
	if err := unsupported(f); err != nil {
		return "", cfg, err
	}
	in := inference{Reader: r, f: f, args: arguments(f)}
	if err := in.base(); err != nil {
		return "", cfg, err
	}
	if err := in.encoder(); err != nil {
		return "", cfg, err
	}
	switch {
	case in.has("decoder_embed.weight"):
		kind = KindAutoencoder
		err = in.decoder()
	case !start && (in.has("head.weight") || in.has("head.1.weight")):
		kind = KindClassifier
		err = in.head()
	default:
		kind = KindEncoder
		err = in.positions()
	}
	if err != nil {
		return "", cfg, err
	}
	if err := in.pixels(); err != nil {
		return "", cfg, err
	}
	return kind, in.cfg, nil
}

// arguments returns the attributes of "args" in a PyTorch file.
func arguments(f *checkpoint.File) *pickle.Dict {
	v, ok := f.Extra().Get("args")
	if !ok {
		return &pickle.Dict{}
	}
	switch v := v.(type) {
	case *pickle.Object:
		return v.Attrs
	case *pickle.Dict:
		return v
	}
	return &pickle.Dict{}
}

func (in *inference) has(name string) bool {
	_, ok := in.f.Info(name)
	return ok
}

// shape returns the shape of a tensor; nil if there is none.
func (in *inference) shape(name string) []int {
	info, _ := in.f.Info(name)
	return info.Shape
}

// base chooses the preset whose values are the defaults and reads the settings
// of training.
func (in *inference) base() error {
	in.cfg = paper("", 16, 768, 12, 12)
	name := in.Preset
	if name == "" {
		if v, ok := in.args.Get("model"); ok {
			in.cfg.Name, _ = v.(string)
		}
		for _, candidate := range []string{in.cfg.Name, "d" + in.cfg.Name, "dmae_" + in.cfg.Name} {
			if _, err := Preset(candidate); err == nil {
				name = candidate
				break
			}
		}
	}
	if name == "" {
		name = in.similar()
	}
	if name != "" {
		c, err := Preset(name)
		if err != nil {
			return err
		}
		in.preset, in.cfg = &c, c.clone()
	}
	in.number("sigma", &in.cfg.Sigma)
	in.number("mask_ratio", &in.cfg.MaskRatio)
	in.number("drop_path", &in.cfg.DropPath)
	// The presets for small images and the official code use different
	// epsilons.
	in.cfg.NormPixEps = officialNormPixEps
	in.number("norm_pix_eps", &in.cfg.NormPixEps)
	in.cfg.NormEps = in.Reader.NormEps
	if names := in.f.Metadata()[keyNames]; in.Reader.NormEps == 0 && names == huggingFace.name {
		in.cfg.NormEps = huggingFaceEps
		in.note("the layer normalisations of %s are taken to have Hugging Face's epsilon of %g; give --layer-norm-eps if its config.json has another", in.f.Name(), huggingFaceEps)
	}
	return nil
}

// number reads an argument of training.
func (in *inference) number(name string, dst *float64) {
	v, _ := in.args.Get(name)
	switch v := v.(type) {
	case float64:
		*dst = v
	case int64:
		*dst = float64(v)
	}
}

// similar returns the only preset with the file's patch size, width and depth.
func (in *inference) similar() string {
	w, name := in.shape("patch_embed.proj.weight"), ""
	if len(w) != 4 {
		return ""
	}
	depth := in.blocks("blocks.")
	for _, p := range presets {
		if p.Width == w[0] && p.Channels == w[1] && p.Patch == w[2] && p.Depth == depth {
			if name != "" {
				return ""
			}
			name = p.Name
		}
	}
	if name != "" {
		in.note("%s does not name its model; its shapes are those of %s", in.f.Name(), name)
	}
	return name
}

// blocks returns the number of blocks whose names start with prefix, from the
// largest number in a name.
func (in *inference) blocks(prefix string) int {
	n := 0
	for _, info := range in.f.Tensors() {
		rest, ok := strings.CutPrefix(info.Name, prefix)
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(digits); err == nil && i >= 0 && i < maxDepth {
			n = max(n, i+1)
		}
	}
	return n
}

// encoder reads the sizes that the shapes of the encoder's tensors determine. A
// preset that was asked for is not changed: tensors that do not fit it are
// listed later.
func (in *inference) encoder() error {
	c, name := &in.cfg, in.f.Name()
	w := in.shape("patch_embed.proj.weight")
	if len(w) != 4 || w[2] != w[3] {
		return fmt.Errorf("%s holds no vision transformer with known names of tensors (timm's, Hugging Face's, torchvision's): %s", name, in.instead(w))
	}
	grid, ok := nn.Grid(in.shape("pos_embed"))
	if !ok {
		return fmt.Errorf("%s: pos_embed is %v, it should be [1 1+patches width] for a square of patches and a class token", name, in.shape("pos_embed"))
	}
	if in.Preset == "" {
		c.Width, c.Channels, c.Patch, c.Depth = w[0], w[1], w[2], in.blocks("blocks.")
		if fc := in.shape("blocks.0.mlp.fc1.weight"); len(fc) == 2 && c.Width > 0 {
			c.MLPRatio = fc[0] / c.Width
		}
	}
	if grid > maxSize || c.Patch > maxSize {
		return fmt.Errorf("%s: a grid of %d patches of %d pixels is too large", name, grid, c.Patch)
	}
	c.ImageSize = grid * c.Patch
	c.DataSize = c.ImageSize
	var err error
	c.Heads, err = in.heads(in.Heads, c.Width, func(p *Config) (int, int) { return p.Width, p.Heads }, "attention heads its encoder has; give --heads and the number")
	return err
}

// instead says what the file has in place of the patch embedding.
func (in *inference) instead(shape []int) string {
	if shape != nil {
		return fmt.Sprintf("patch_embed.proj.weight is %v, it should be [width channels patch patch]", shape)
	}
	if kind, ok := in.f.Unreadable("patch_embed.proj.weight"); ok {
		return fmt.Sprintf("patch_embed.proj.weight is a %s, which cannot be read", kind)
	}
	var names []string
	for _, info := range in.f.Tensors() {
		if !isState(info.Name) {
			names = append(names, info.Name)
		}
	}
	if len(names) == 0 {
		return "it has no tensors of a model"
	}
	return "it has no patch_embed.proj.weight but " + abridged(names)
}

// heads returns a number of attention heads: the one given, or the preset's if
// that has the same width.
func (in *inference) heads(given, width int, of func(*Config) (width, heads int), missing string) (int, error) {
	if given != 0 {
		return given, nil
	}
	if in.preset != nil {
		if w, heads := of(in.preset); w == width {
			return heads, nil
		}
	}
	return 0, fmt.Errorf("%s does not say how many %s, or --arch and the preset it belongs to (%s)", in.f.Name(), missing, strings.Join(PresetNames(), ", "))
}

// head reads the number of classes from the shape of a classifier's head.
func (in *inference) head() error {
	if !in.has("head.weight") {
		in.cfg.Head = BatchNormHead
	}
	name := in.cfg.linear() + ".weight"
	w := in.shape(name)
	if len(w) != 2 {
		return fmt.Errorf("%s: %s is %v, it should be [classes width]", in.f.Name(), name, w)
	}
	in.cfg.Classes = w[0]
	in.cfg.GlobalPool = in.has("fc_norm.weight")
	return nil
}

// decoder reads the sizes that the shapes of an autoencoder's decoder
// determine.
func (in *inference) decoder() error {
	c := &in.cfg
	w := in.shape("decoder_embed.weight")
	if len(w) != 2 {
		return fmt.Errorf("%s: decoder_embed.weight is %v, it should be [decoder's width, encoder's width]", in.f.Name(), w)
	}
	if in.Preset == "" {
		c.Decoder.Width, c.Decoder.Depth = w[0], in.blocks("decoder_blocks.")
	}
	var err error
	c.Decoder.Heads, err = in.heads(in.DecoderHeads, c.Decoder.Width, func(p *Config) (int, int) { return p.Decoder.Width, p.Decoder.Heads }, "attention heads its decoder has; give --decoder-heads and the number")
	if err != nil {
		return err
	}
	in.normalised()
	return in.positions()
}

// normalised determines whether an autoencoder predicts patches normalised by
// their own mean and variance; no tensor depends on it.
func (in *inference) normalised() {
	c := &in.cfg
	said, known := in.args.Get("norm_pix_loss")
	b, ok := said.(bool)
	switch {
	case in.Reader.NormPix != nil:
		c.NormPix = *in.Reader.NormPix
	case known && ok:
		c.NormPix = b
	default:
		c.NormPix = true
		in.note("%s does not say whether it predicts normalised patches (norm_pix_loss); it is assumed that it does: give --no-norm-pix-loss if it was trained without", in.f.Name())
	}
}

// positions determines whether the position embedding is fixed.
func (in *inference) positions() error {
	c := &in.cfg
	c.Positions = SinCos
	if err := c.Validate(); err != nil {
		return fmt.Errorf("%s: %w", in.f.Name(), err)
	}
	fixed, err := fixedPositions(in.f, c)
	if !fixed {
		c.Positions = Learned
	}
	return err
}

// fixedPositions reports whether the position embedding in a file is that of
// sines and cosines, up to rounding to float32.
func fixedPositions(f *checkpoint.File, c *Config) (bool, error) {
	if info, _ := f.Info("pos_embed"); !slices.Equal(info.Shape, []int{1, 1 + c.Patches(), c.Width}) {
		return false, nil // another shape; it is listed later
	}
	v, err := f.Float32("pos_embed")
	if err != nil {
		return false, err
	}
	want := nn.SinCosPositions(c.Width, c.Grid())
	for i := range v {
		if !(math.Abs(float64(v[i])-want[i]) <= 1e-5) {
			return false, nil
		}
	}
	return true, nil
}

// pixels determines how pixels are normalised; no tensor depends on it.
func (in *inference) pixels() error {
	c := &in.cfg
	if in.Mean != nil && in.Std != nil {
		c.Mean, c.Std = in.Mean, in.Std
		return nil
	}
	if c.Channels == len(c.Mean) {
		in.note("%s does not say how its pixels are normalised; mean %s and std %s are assumed: give --mean and --std if it was trained with others",
			in.f.Name(), numbers(c.Mean), numbers(c.Std))
		return nil
	}
	return fmt.Errorf("%s does not say how its pixels are normalised; give --mean and --std, a number for each of its %d channels", in.f.Name(), c.Channels)
}

func numbers(v []float64) string {
	s := make([]string, len(v))
	for i, x := range v {
		s[i] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strings.Join(s, ",")
}
