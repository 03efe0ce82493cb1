package dmae

import (
	"fmt"
	"strings"

	"github.com/godmae/godmae/nn/checkpoint"
)

// features are features of other vision transformers that these models lack,
// each with a substring of the names of its tensors.
var features = []struct{ piece, what string }{
	{".ls1.", "layer scale"}, {".ls2.", "layer scale"}, {".gamma_1", "layer scale"}, {".layer_scale1.", "layer scale"}, {".lambda_1", "layer scale"},
	{"dist_token", "a distillation token"}, {"distillation_token", "a distillation token"}, {"head_dist.", "a distillation head"},
	{"reg_token", "register tokens"}, {"register_tokens", "register tokens"},
	{".attn.q_norm.", "normalised queries and keys"}, {".attn.k_norm.", "normalised queries and keys"},
	{"relative_position_bias", "relative positions"}, {".rel_pos_", "relative positions"},
	{".mlp.w12.", "a gated MLP (SwiGLU)"}, {".mlp.fc1_g.", "a gated MLP (SwiGLU)"}, {".mlp.weights_in.", "a gated MLP (SwiGLU)"},
	{"norm_pre.", "a normalisation before the blocks"}, {"attn_pool.", "pooling by attention"},
	{"patch_embed.backbone.", "a convolutional stem"}, {"patch_embed.norm.", "a normalisation of patches"},
}

// unsupported returns an error that names the first feature of a file's model
// that these models lack.
func unsupported(f *checkpoint.File) error {
	for _, info := range f.Tensors() {
		if isState(info.Name) {
			continue
		}
		for _, feature := range features {
			if strings.Contains("."+info.Name, feature.piece) {
				return fmt.Errorf("%s holds a vision transformer with %s (%.100s), which this program's models do not have", f.Name(), feature.what, info.Name)
			}
		}
	}
	if _, ok := f.Info("cls_token"); !ok {
		if _, ok := f.Info("patch_embed.proj.weight"); ok {
			return fmt.Errorf("%s holds a vision transformer without a class token (cls_token), which this program's models have", f.Name())
		}
	}
	return nil
}
