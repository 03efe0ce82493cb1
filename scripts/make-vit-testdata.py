"""Writes small vision transformers of other libraries, and their outputs in those
libraries, into dmae/testdata.

    python3 scripts/make-vit-testdata.py dmae/testdata

Needs torch, safetensors, transformers (5 or later), timm and torchvision.
Every vit_from_*.safetensors or .pth has only the weights;
vit_from_expected.safetensors the images, normalised already, and the logits or
predictions.
"""

import os
import sys

import timm
import torch
import torchvision
from safetensors.torch import save_file
from transformers import ViTConfig, ViTForImageClassification, ViTMAEConfig, ViTMAEForPreTraining

folder = sys.argv[1]
size, patch, width, depth, heads, classes = 16, 8, 16, 2, 2, 5
torch.manual_seed(1)
images = torch.rand(3, 3, size, size)
expected = {"images": images}


def path(name):
    return os.path.join(folder, "vit_from_" + name)


def stir(model):
    """Makes all weights random: libraries begin with biases of zero."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            if "decoder_pos_embed" in name or "vit.embeddings.position" in name and isinstance(model, ViTMAEForPreTraining):
                continue
            p.add_(torch.randn(p.shape, generator=generator) * (0.01 if "embedd" in name else 0.1))
    return model.eval()


def sincos(width, grid):
    """The position embedding of MAE: columns in the first half, rows in the second."""
    omega = 10000.0 ** (-torch.arange(width // 4, dtype=torch.float64) / (width // 4))
    rows = [torch.zeros(width, dtype=torch.float64)]
    for row in range(grid):
        for column in range(grid):
            rows.append(torch.cat([f(x * omega) for x in (column, row) for f in (torch.sin, torch.cos)]))
    return torch.stack(rows).float().unsqueeze(0)


config = dict(image_size=size, patch_size=patch, hidden_size=width, num_hidden_layers=depth, num_attention_heads=heads, intermediate_size=4 * width)
hf = stir(ViTForImageClassification(ViTConfig(**config, num_labels=classes, attn_implementation="eager")))
state = {k: v.detach().clone() for k, v in hf.state_dict().items()}
with torch.no_grad():
    expected["huggingface"] = hf(images).logits
save_file(state, path("huggingface_new.safetensors"))
hf.save_pretrained(path("tmp"))  # under the names that the hub has
os.replace(os.path.join(path("tmp"), "model.safetensors"), path("huggingface.safetensors"))
torch.save({k.removeprefix("vit."): v for k, v in state.items() if k.startswith("vit.")}, path("huggingface_encoder.pth"))

mae = stir(ViTMAEForPreTraining(ViTMAEConfig(**config, decoder_num_attention_heads=2, decoder_hidden_size=width, decoder_num_hidden_layers=1, decoder_intermediate_size=4 * width, mask_ratio=0.5, attn_implementation="eager")))
with torch.no_grad():  # some versions of transformers begin with zeros
    for position in (mae.vit.embeddings.position_embeddings, mae.decoder.decoder_pos_embed):
        position.copy_(sincos(width, size // patch))
noise = torch.tensor([[0.1, 0.4, 0.2, 0.3], [0.4, 0.3, 0.2, 0.1], [0.3, 0.1, 0.4, 0.2]])
with torch.no_grad():
    out = mae(images, noise=noise)
expected["mae_prediction"], expected["mae_noise"] = out.logits, noise
mae.save_pretrained(path("tmp"))
os.replace(os.path.join(path("tmp"), "model.safetensors"), path("huggingface_mae.safetensors"))
os.remove(os.path.join(path("tmp"), "config.json"))
os.rmdir(path("tmp"))

tv = stir(torchvision.models.VisionTransformer(image_size=size, patch_size=patch, num_layers=depth, num_heads=heads, hidden_dim=width, mlp_dim=4 * width, num_classes=classes))
with torch.no_grad():
    expected["torchvision"] = tv(images)
torch.save(tv.state_dict(), path("torchvision.pth"))

for pool in ("token", "avg"):
    vit = stir(timm.models.vision_transformer.VisionTransformer(img_size=size, patch_size=patch, embed_dim=width, depth=depth, num_heads=heads, num_classes=classes, global_pool=pool))
    with torch.no_grad():
        expected["timm_" + pool] = vit(images)
    average = {k: v + 1 for k, v in vit.state_dict().items()}
    torch.save({"epoch": 3, "arch": "vit_micro", "state_dict": {"module." + k: v for k, v in vit.state_dict().items()}, "state_dict_ema": average}, path(f"timm_{pool}.pth"))
save_file({k: v.contiguous() for k, v in expected.items()}, path("expected.safetensors"))
for name in os.listdir(folder):
    if name.startswith("vit_from_"):
        os.chmod(os.path.join(folder, name), 0o644)
