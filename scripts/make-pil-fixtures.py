#!/usr/bin/env python3
"""Writes what Pillow computes to two files in dmae/data/testdata:

pil_ops.safetensors: RandAugment's operations, for strengths, directions, sizes
and modes that randaugment_ops.safetensors does not have.

pil_jpeg.safetensors: small JPEG files of all kinds and their pixels. Blocks of
"flat" ones have one value each. Files that Pillow does not write come from
changed headers.

    python3 -m venv venv && venv/bin/pip install pillow
    venv/bin/python scripts/make-pil-fixtures.py dmae/data/testdata
"""
import io
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
        # Newer releases refuse 0 bits; older ones return black.
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
    write(folder + "/pil_ops.safetensors", "image.operation.strength.direction.set", data)
    write(folder + "/pil_jpeg.safetensors", "kind", jpegs())


def jpeg(im, flat, **kw):
    if flat:  # no detail survives these tables
        kw["qtables"] = [[8] + [255] * 63] * 2
    b = io.BytesIO()
    im.save(b, "JPEG", **({"quality": 90} if not flat else {}), **kw)
    return b.getvalue()


def blocks(mode, h, w, side, low, high, seed):
    r = random.Random(seed)
    im = Image.new(mode, (-(-w // side), -(-h // side)))
    for y in range(im.size[1]):
        for x in range(im.size[0]):
            im.putpixel((x, y), tuple(r.randint(low, high) for _ in im.getbands()))
    return im.resize((im.size[0] * side, im.size[1] * side), Image.Resampling.NEAREST).crop((0, 0, w, h))


def patched(file, old, new):
    """Replaces the sampling factors in the frame header."""
    at = max(file.find(b"\xff\xc0"), file.find(b"\xff\xc2"))
    out = bytearray(file)
    for i, (o, n) in enumerate(zip(old, new)):
        assert out[at + 11 + 3 * i] == o
        out[at + 11 + 3 * i] = n
    return bytes(out)


def jpegs():
    files = {}
    for s, name in enumerate(["444", "422", "420"]):
        for h, w in [(19, 37), (16, 32), (5, 4), (1, 1), (2, 7), (1, 33), (18, 1)]:
            files["%s.photo.%dx%d" % (name, h, w)] = jpeg(picture("RGB", h, w, 7), False, subsampling=s)
            files["%s.flat.%dx%d" % (name, h, w)] = jpeg(blocks("RGB", h, w, 16, 0, 255, 8 + s), True, subsampling=s)
        files[name + ".flat.progressive"] = jpeg(blocks("RGB", 35, 50, 16, 0, 255, 20 + s), True, subsampling=s, progressive=True)
    files["420.photo.progressive"] = jpeg(picture("RGB", 33, 21, 9), False, subsampling=2, progressive=True)
    files["420.photo.restarts"] = jpeg(picture("RGB", 33, 50, 11), False, subsampling=2, restart_marker_blocks=2)
    files["422.photo.restarts.progressive"] = jpeg(picture("RGB", 33, 50, 11), False, subsampling=1, progressive=True, restart_marker_rows=1)
    files["rgb.photo"] = jpeg(picture("RGB", 13, 22, 12), False, keep_rgb=True)
    files["420.photo.coarse"] = jpeg(picture("RGB", 24, 24, 13), False, subsampling=2, qtables=[[40] * 64] * 2)
    # The same number of blocks with another layout.
    files["440.flat"] = patched(jpeg(blocks("RGB", 15, 30, 16, 90, 150, 30), True, subsampling=1), [0x21, 0x11, 0x11], [0x12, 0x11, 0x11])
    files["411.flat"] = patched(jpeg(blocks("RGB", 30, 61, 16, 90, 150, 31), True, subsampling=2), [0x22, 0x11, 0x11], [0x41, 0x11, 0x11])
    files["grey.flat"] = jpeg(blocks("L", 20, 11, 8, 0, 255, 32), True)
    files["grey.photo"] = jpeg(picture("L", 20, 11, 10), False)
    cmyk = jpeg(blocks("CMYK", 24, 40, 8, 0, 255, 33), True)
    adobe = cmyk.index(b"Adobe")
    files["cmyk.flat"] = cmyk
    files["cmyk.flat.unmarked"] = cmyk[: adobe - 4] + cmyk[adobe + 12 :]
    ycck = bytearray(cmyk)
    ycck[adobe + 11] = 2
    files["ycck.flat"] = bytes(ycck)
    half = bytearray(jpeg(blocks("CMYK", 32, 48, 8, 110, 140, 34), True))
    half = patched(bytes(half), [0x11] * 4, [0x22, 0x11, 0x11, 0x22])
    files["cmyk.flat.half"] = half
    half = bytearray(half)
    half[half.index(b"Adobe") + 11] = 2
    files["ycck.flat.half"] = bytes(half)
    turned = Image.Exif()
    turned[0x0112] = 6
    files["420.flat.exif"] = jpeg(blocks("RGB", 16, 48, 16, 0, 255, 35), True, subsampling=2, exif=turned)
    data = {}
    for name, file in files.items():
        data[name + ".file"] = file
        with Image.open(io.BytesIO(file)) as im:
            data[name + ".rgb"] = im.convert("RGB")
        with Image.open(io.BytesIO(file)) as im:
            data[name + ".grey"] = im.convert("RGB").convert("L")
    return data


def write(path, names, data):
    header, blob = {"__metadata__": {"pillow": PIL.__version__, "layout": "height,width,channel uint8", "name": names}}, b""
    for name, v in data.items():
        raw, shape = (v, [len(v)]) if isinstance(v, bytes) else (v.tobytes(), [v.size[1], v.size[0], len(v.getbands())])
        header[name] = {"dtype": "U8", "shape": shape, "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    h = json.dumps(header, separators=(",", ":")).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + blob)


if __name__ == "__main__":
    main(sys.argv[1])
