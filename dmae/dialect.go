package dmae

import (
	"strings"

	"github.com/godmae/godmae/nn/checkpoint"
)

// dialect is a naming scheme for the tensors of a vision transformer.
type dialect struct {
	name   string
	anchor string // name of the patch embedding's weight, which every model has

	// place returns the name of a tensor in this program; "" for none. A name
	// outside the encoder, in a model of several parts, includes its part.
	place func(name string) checkpoint.Place

	// beside reports whether a name without the prefix of the encoder belongs
	// to the same model.
	beside func(name string) bool
}

// The known naming schemes: timm's, which is also this program's, Hugging
// Face's for ViT, ViTMAE and similar models, and torchvision's.
var (
	timm = dialect{
		name: "timm", anchor: "patch_embed.proj.weight",
		place:  func(name string) checkpoint.Place { return checkpoint.Place{Name: name} },
		beside: startsWith("head.", "fc_norm."),
	}
	huggingFace = dialect{
		name: "Hugging Face", anchor: "embeddings.patch_embeddings.projection.weight",
		place:  fromHuggingFace,
		beside: startsWith("classifier.", "decoder."),
	}
	torchvision = dialect{
		name: "torchvision", anchor: "conv_proj.weight",
		place:  fromTorchvision,
		beside: startsWith("heads."),
	}
	dialects = []*dialect{&timm, &huggingFace, &torchvision}
)

func startsWith(prefixes ...string) func(string) bool {
	return func(name string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(name, p) {
				return true
			}
		}
		return false
	}
}

// renaming maps prefixes of names.
type renaming [][2]string

// apply replaces the first prefix that matches; the rest of the name stays.
func (r renaming) apply(name string) (string, bool) {
	for _, pair := range r {
		if rest, ok := strings.CutPrefix(name, pair[0]); ok {
			return pair[1] + rest, true
		}
	}
	return "", false
}

// hfTop are Hugging Face's names outside of the blocks. Transformers has saved
// the decoder's blocks under three names, and the encoder's under two.
var hfTop = renaming{
	{"embeddings.cls_token", "cls_token"},
	{"embeddings.position_embeddings", "pos_embed"},
	{"embeddings.patch_embeddings.projection.", "patch_embed.proj."},
	{"layernorm.", "norm."},
	{"classifier.", "head."},
	{"decoder.mask_token", "mask_token"},
	{"decoder.decoder_pos_embed", "decoder_pos_embed"},
	{"decoder.decoder_embed.", "decoder_embed."},
	{"decoder.decoder_norm.", "decoder_norm."},
	{"decoder.decoder_pred.", "decoder_pred."},
	{"decoder.decoder_layers.", "decoder_blocks."},
	{"decoder.decoder_encoder.layer.", "decoder_blocks."},
	{"decoder.layers.", "decoder_blocks."},
	{"encoder.layer.", "blocks."},
	{"layers.", "blocks."},
}

// hfBlock are its names within a block.
var hfBlock = renaming{
	{"layernorm_before.", "norm1."},
	{"layernorm_after.", "norm2."},
	{"attention.output.dense.", "attn.proj."},
	{"attention.o_proj.", "attn.proj."},
	{"intermediate.dense.", "mlp.fc1."},
	{"output.dense.", "mlp.fc2."},
	{"mlp.fc1.", "mlp.fc1."},
	{"mlp.fc2.", "mlp.fc2."},
}

// hfParts are the three layers that are joined into attn.qkv.
var hfParts = []renaming{
	{{"attention.attention.query.", "attn.qkv."}, {"attention.q_proj.", "attn.qkv."}},
	{{"attention.attention.key.", "attn.qkv."}, {"attention.k_proj.", "attn.qkv."}},
	{{"attention.attention.value.", "attn.qkv."}, {"attention.v_proj.", "attn.qkv."}},
}

func fromHuggingFace(name string) checkpoint.Place {
	if strings.HasPrefix(name, "pooler.") || name == "embeddings.mask_token" {
		return checkpoint.Place{} // not used by these models
	}
	top, ok := hfTop.apply(name)
	if !ok {
		return checkpoint.Place{Name: name}
	}
	block, rest, ok := inBlock(top)
	if !ok {
		return checkpoint.Place{Name: top}
	}
	for i, r := range hfParts {
		if to, ok := r.apply(rest); ok {
			return checkpoint.Place{Name: block + to, Part: i + 1}
		}
	}
	if to, ok := hfBlock.apply(rest); ok {
		return checkpoint.Place{Name: block + to}
	}
	return checkpoint.Place{Name: top}
}

// inBlock splits a name after the number of its block.
func inBlock(name string) (block, rest string, ok bool) {
	for _, prefix := range []string{"blocks.", "decoder_blocks."} {
		if after, found := strings.CutPrefix(name, prefix); found {
			number, rest, ok := strings.Cut(after, ".")
			return prefix + number + ".", rest, ok
		}
	}
	return "", "", false
}

var tvTop = renaming{
	{"class_token", "cls_token"},
	{"encoder.pos_embedding", "pos_embed"},
	{"conv_proj.", "patch_embed.proj."},
	{"encoder.ln.", "norm."},
	{"heads.head.", "head."},
	{"encoder.layers.encoder_layer_", "blocks."},
}

var tvBlock = renaming{
	{"ln_1.", "norm1."}, {"ln_2.", "norm2."},
	{"self_attention.in_proj_", "attn.qkv."}, {"self_attention.out_proj.", "attn.proj."},
	{"mlp.linear_1.", "mlp.fc1."}, {"mlp.linear_2.", "mlp.fc2."},
	{"mlp.0.", "mlp.fc1."}, {"mlp.3.", "mlp.fc2."},
}

func fromTorchvision(name string) checkpoint.Place {
	top, ok := tvTop.apply(name)
	if !ok {
		return checkpoint.Place{Name: name}
	}
	if block, rest, ok := inBlock(top); ok {
		if to, ok := tvBlock.apply(rest); ok {
			return checkpoint.Place{Name: block + to}
		}
	}
	return checkpoint.Place{Name: top}
}
