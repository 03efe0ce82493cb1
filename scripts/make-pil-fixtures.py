#!/usr/bin/env python3
"""Writes dmae/data/testdata/pil_ops.safetensors: RandAugment's operations as
Pillow computes them, for strengths, directions, sizes and modes that
randaugment_ops.safetensors leaves out.

    python3 -m venv venv && venv/bin/pip install pillow
    venv/bin/python scripts/make-pil-fixtures.py dmae/data/testdata
"""
import json
import random
import struct
import sys

import PIL
from PIL import Image, ImageEnhance, ImageOps

FILL = (124, 116, 104)


def picture(mode, h, w, seed):
    r = random.Random(seed)
    im = Image.new(mode, (w, h))
    bands = len(im.getbands())
    for y in range(h):
        for x in range(w):
            v = [min(255, max(0, int(60 + 9 * x + 4 * y * (b + 1) % 160 + r.gauss(0, 30)))) for b in range(bands)]
            im.putpixel((x, y), tuple(v) if bands > 1 else v[0])
    return im


def warp(im, m):
    fill = FILL[: len(im.getbands())]
    return im.transform(im.size, Image.Transform.AFFINE, m, resample=Image.Resampling.BICUBIC,
                        fillcolor=fill if len(fill) > 1 else fill[0])


def operate(im, op, v, negative, increasing):
    sign = -1 if negative else 1
    fill = FILL[: len(im.getbands())]
    fill = fill if len(fill) > 1 else fill[0]
    factor = max(0.1, 1.0 + sign * ((v / 10) * 0.9)) if increasing else (v / 10) * 1.8 + 0.1
    if op == "AutoContrast":
        return ImageOps.autocontrast(im)
    if op == "Equalize":
        return ImageOps.equalize(im)
    if op == "Invert":
        return ImageOps.invert(im)
    if op == "Rotate":
        return im.rotate(sign * ((v / 10) * 30), resample=Image.Resampling.BICUBIC, fillcolor=fill)
    if op == "Posterize":
        bits = int((v / 10) * 4)
        bits = 4 - bits if increasing else bits
        # Newer releases refuse to keep no bits; older ones return black.
        return ImageOps.posterize(im, bits) if bits > 0 else im.point([0] * 256 * len(im.getbands()))
    if op == "Solarize":
        t = int((v / 10) * 256)
        return ImageOps.solarize(im, 256 - t if increasing else t)
    if op == "SolarizeAdd":
        add = int((v / 10) * 110)
        return im.point([min(255, i + add) if i < 128 else i for i in range(256)] * len(im.getbands()))
    if op in ("Color", "Contrast", "Brightness", "Sharpness"):
        return getattr(ImageEnhance, op)(im).enhance(factor)
    shift = sign * ((v / 10) * 0.45)
    shear = sign * ((v / 10) * 0.3)
    return warp(im, {
        "ShearX": (1, shear, 0, 0, 1, 0),
        "ShearY": (1, 0, 0, shear, 1, 0),
        "TranslateXRel": (1, 0, shift * im.size[0], 0, 1, 0),
        "TranslateYRel": (1, 0, 0, 0, 1, shift * im.size[1]),
    }[op])


def main(folder):
    images = {
        "colour": picture("RGB", 16, 19, 1),
        "grey": picture("L", 17, 13, 2),
        "tiny": picture("RGB", 2, 5, 3),
        "flat": Image.new("RGB", (5, 4), (30, 200, 111)),
    }
    plain = ["AutoContrast", "Equalize", "Invert"]
    signed = ["Rotate", "ShearX", "ShearY", "TranslateXRel", "TranslateYRel"]
    enhance = ["Color", "Contrast", "Brightness", "Sharpness"]
    steps = ["Posterize", "Solarize", "SolarizeAdd"]
    data = {}
    for name, im in images.items():
        data[name + ".in"] = im
        strengths = [8.713, 10.0] if name == "colour" else [4.219]
        cases = [(op, 0.0, False, True) for op in plain]
        for v in strengths:
            cases += [(op, v, n, True) for op in signed + enhance for n in (False, True)]
            cases += [(op, v, False, i) for op in steps for i in (False, True)]
            cases += [(op, v, False, False) for op in enhance]
        for op, v, n, i in cases:
            data["%s.%s.%r.%s.%s" % (name, op, v, "neg" if n else "pos", "inc" if i else "plain")] = operate(im, op, v, n, i)
    header, blob = {"__metadata__": {"pillow": PIL.__version__, "layout": "height,width,channel uint8", "name": "image.operation.strength.direction.set"}}, b""
    for name, im in data.items():
        raw = im.tobytes()
        header[name] = {"dtype": "U8", "shape": [im.size[1], im.size[0], len(im.getbands())], "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    h = json.dumps(header, separators=(",", ":")).encode()
    h += b" " * (-len(h) % 8)
    with open(folder + "/pil_ops.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + blob)


if __name__ == "__main__":
    main(sys.argv[1])
