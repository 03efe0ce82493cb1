"""Writes the small PyTorch files of nn/checkpoint/testdata.

    python3 scripts/make-torch-testdata.py nn/checkpoint/testdata

Needs PyTorch 2.4 or later. The tests know every value: element i of a tensor
is i plus what stands here.
"""

import argparse
import collections
import os
import sys

import torch

folder = sys.argv[1]


def save(name, value, **options):
    torch.save(value, os.path.join(folder, name), **options)


def training():
    a = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    state = torch.nn.Module()
    state.weight = torch.nn.Parameter(a)
    state.register_buffer("count", torch.tensor(7))
    return {
        "model": state.state_dict(),  # an OrderedDict with _metadata
        "optimizer": {
            "state": {0: {"step": torch.tensor(3.0), "exp_avg": a + 10, "exp_avg_sq": a + 20}},
            "param_groups": [{"lr": 0.5, "betas": (0.9, 0.95), "weight_decay": 0.0, "params": [0]}],
        },
        "epoch": 4,
        "scaler": {"scale": 65536.0},
        "args": argparse.Namespace(model="dmae_vit_base_patch16", sigma=0.25, lr=None),
    }


base = torch.arange(24, dtype=torch.float32)
views = {
    "whole": base,
    "rows": base.reshape(4, 6)[1:3],
    "columns": base.reshape(4, 6)[:, 2:4],
    "transposed": base.reshape(2, 3, 4).permute(2, 0, 1),
    "every_third": base[1::3],
    "expanded": base[5:6].expand(2, 3),
    "scalar": base[9],
    "empty": torch.zeros(0, 4),
}
types = {
    str(t).removeprefix("torch."): torch.arange(3).to(t)
    for t in (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
              torch.int16, torch.int8, torch.uint8, torch.bool)
}
save("training.pth", training())
save("training_legacy.pth", training(), _use_new_zipfile_serialization=False)
save("training_protocol4.pth", training(), pickle_protocol=4)
save("views_legacy.pth", views, _use_new_zipfile_serialization=False)
save("views.pth", views)
save("types.pth", types)
save("types_legacy.pth", types, _use_new_zipfile_serialization=False)
save("unsigned.pth", {str(t).removeprefix("torch."): torch.arange(3).to(t) for t in (torch.uint16, torch.uint32, torch.uint64)})
save("parameters.pth", collections.OrderedDict([("module.w", torch.nn.Parameter(base[:4])), ("module.b", base[4:6])]))
