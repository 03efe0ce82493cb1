"""Checks that PyTorch reads the output of `dmae convert`.

    python3 scripts/check-torch-load.py FILE.pth [FILE.safetensors]

The file is loaded with weights_only=True, mapped and not. With a safetensors
file, every tensor of the model must equal the one there, bit for bit.
torch.optim.AdamW must accept an optimiser in the file. The exit code is 0 if
all of this holds.
"""

import json
import struct
import sys

import torch

TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}


def safetensors(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = bytearray(f.read())
    header.pop("__metadata__", None)
    out = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        flat = torch.frombuffer(data[begin:end], dtype=TYPES[t["dtype"]]) if end > begin else torch.empty(0, dtype=TYPES[t["dtype"]])
        out[name] = flat.reshape(t["shape"])
    return out


def bits(t):
    return t.contiguous().reshape(-1).view(torch.uint8) if t.numel() else t


def main():
    checkpoint = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
    torch.load(sys.argv[1], map_location="cpu", weights_only=True, mmap=True)
    model = checkpoint["model"]
    print(f"torch {torch.__version__} reads {sys.argv[1]}: {len(model)} tensors of the model; also {[k for k in checkpoint if k != 'model']}")

    if len(sys.argv) > 2:
        twin = {k: v for k, v in safetensors(sys.argv[2]).items() if not k.startswith("train.")}
        assert set(twin) == set(model), set(twin) ^ set(model)
        for name, t in twin.items():
            assert t.dtype == model[name].dtype and t.shape == model[name].shape, name
            assert torch.equal(bits(t), bits(model[name])), name
        print(f"all equal {sys.argv[2]}, bit for bit")

    if "optimizer" in checkpoint:
        state = checkpoint["optimizer"]
        groups = []
        for g in state["param_groups"]:
            shapes = [state["state"][i]["exp_avg"].shape for i in g["params"]]
            groups.append({"params": [torch.nn.Parameter(torch.zeros(s)) for s in shapes]})
        optimizer = torch.optim.AdamW(groups)
        optimizer.load_state_dict(state)
        for g in optimizer.param_groups:
            for p in g["params"]:
                p.grad = torch.ones_like(p)
        optimizer.step()
        print(f"AdamW continues from its optimizer: {[len(g['params']) for g in optimizer.param_groups]} parameters, step {int(next(iter(optimizer.state.values()))['step'])}")


main()
