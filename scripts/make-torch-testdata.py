"""Writes the small PyTorch files of nn/checkpoint/testdata, and the pickles of
plain values in nn/checkpoint/pickle/testdata.

    python3 scripts/make-torch-testdata.py nn/checkpoint/testdata

Needs PyTorch 2.9 or later and numpy 2. The tests know every value: element i of a tensor
is i plus the offset given here.
"""

import argparse
import collections
import datetime
import os
import pathlib
import pickle
import sys

import numpy
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


plain = {
    "counter": collections.Counter({60: 1, 0.5: 2}),
    "defaultdict": collections.defaultdict(list, {"a": [1]}),
    "counts": collections.defaultdict(int, {"a": 1}),
    "range": range(3),
    "set": {"one"},
    "frozenset": frozenset([2]),
    "bytes": b"\x00\xff\x80",
    "bytearray": bytearray(b"\x00\xff\x80"),
    "complex": 1 - 2j,
    "path": pathlib.PosixPath("runs/a"),
    "date": datetime.datetime(2022, 10, 11),
    "float64": numpy.float64(0.25),
    "float32": numpy.float32(0.5),
    "int64": numpy.int64(-3),
    "bool_": numpy.bool_(True),
    "array": numpy.arange(3),
    "dtype": numpy.dtype("float32"),
    "keys": {(1, 2): "tuple", b"x": "bytes", 1.5: "float", None: "none", **{i: "eleven" for i in range(4, 12)}},
}
for protocol in range(6):
    with open(os.path.join(folder, "..", "pickle", "testdata", f"plain{protocol}.pkl"), "wb") as f:
        pickle.dump(plain, f, protocol)

# Values that torch.load(weights_only=True) accepts beside the tensors of a
# model.
weights = {"weight": base[:6].reshape(2, 3)}
optimizer = torch.optim.SGD([torch.nn.Parameter(base[:2].clone())], lr=1.0)
beside = {
    "lr_scheduler": torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60]).state_dict(),
    "set": {1, 2},
    "bytes": b"\x00\xff",
    "bytearray": bytearray(b"\x00\xff"),
    "complex": 1 + 2j,
    "dtype": torch.float32,
    "size": torch.Size([2, 3]),
    "device": torch.device("cuda", 0),
    "layout": torch.strided,
    "coo": torch.eye(3).to_sparse(),
    "csr": torch.eye(3).to_sparse_csr(),
    "bsr": torch.eye(4).to_sparse_bsr((2, 2)),
    "float8": torch.ones(2, dtype=torch.float8_e4m3fn),
    "float8_fnuz": torch.ones(2).to(torch.float8_e5m2fnuz),
    "complex64": torch.tensor([1 + 2j]),
    "complex128": torch.tensor([1 + 2j], dtype=torch.complex128),
    "complex32": torch.zeros(2, dtype=torch.complex32),
    "quantized": torch.quantize_per_tensor(base[:3], 0.5, 0, torch.qint8),
    "quantized_rows": torch.quantize_per_channel(base[:4].reshape(2, 2), torch.tensor([0.5, 1.0]), torch.tensor([0, 0]), 0, torch.quint8),
    "meta": torch.zeros(3, device="meta"),
    "nested": torch.nested.nested_tensor([base[:2], base[:3]]),
    "parameter": torch.nn.Parameter(base[:2].clone()),
    "buffer": torch.nn.Buffer(base[:2].clone()),
    "bits8": torch.zeros(2, dtype=torch.uint8).view(torch.bits8),
    "args": argparse.Namespace(output_dir=pathlib.PosixPath("runs/a"), sigma=0.25),
    "best_acc": numpy.float64(0.5),
    "rng": numpy.random.RandomState(0).get_state(),
    "tagged": torch.ones(2),
}
beside["tagged"].note = "an attribute"  # written by _rebuild_from_type_v2
for kind, options in {
    "": {}, "_protocol4": {"pickle_protocol": 4}, "_protocol5": {"pickle_protocol": 5},
    "_legacy_protocol1": {"_use_new_zipfile_serialization": False, "pickle_protocol": 1},
    "_legacy": {"_use_new_zipfile_serialization": False},
    "_legacy_protocol4": {"_use_new_zipfile_serialization": False, "pickle_protocol": 4},
    "_legacy_protocol5": {"_use_new_zipfile_serialization": False, "pickle_protocol": 5},
}.items():
    values = {"model": weights}
    for name, value in beside.items():
        values[name] = value
    save(f"beside{kind}.pth", values, **options)
save("strange.pth", {"model": {**weights, "bias": torch.eye(2).to_sparse(), "scale": torch.tensor([1j])}})
