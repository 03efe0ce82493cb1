#!/usr/bin/env python3
"""Writes dmae/data/testdata/pil_formats.safetensors: small files of all formats
that ImageFolder reads, and the RGB pixels that Pillow decodes. Some JPEG files
are read only by decoders like libjpeg-turbo. Those with arithmetic coding are
written by cjpeg (Debian: libjpeg-turbo-progs).

    python3 -m venv venv && venv/bin/pip install pillow
    venv/bin/python scripts/make-format-fixtures.py dmae/data/testdata
"""
import io
import json
import random
import struct
import subprocess
import sys
import zlib

import PIL
from PIL import Image

R = random.Random(8)
FILES = {}


def picture(mode, w, h):
    im = Image.new("RGB", (w, h))
    for y in range(h):
        for x in range(w):
            v = [60 + 9 * x + 4 * y * (b + 1) % 160 + R.gauss(0, 25) for b in range(3)]
            im.putpixel((x, y), tuple(min(255, max(0, int(c))) for c in v))
    return im.convert(mode)


def noise(mode, w, h):
    return Image.frombytes(mode, (w, h), R.randbytes(w * h * len(Image.new(mode, (1, 1)).getbands())))


def saved(im, kind, **options):
    b = io.BytesIO()
    im.save(b, kind, **options)
    return b.getvalue()


def webp():
    for w, h in [(1, 1), (2, 3), (17, 16), (31, 30), (40, 9)]:
        FILES[f"webp.lossy.{w}x{h}"] = saved(picture("RGB", w, h), "WEBP", quality=70)
        FILES[f"webp.lossless.{w}x{h}"] = saved(picture("RGB", w, h), "WEBP", lossless=True)
    clear = picture("RGB", 21, 12)
    clear.putalpha(noise("L", 21, 12))
    FILES["webp.lossy.alpha"] = saved(clear, "WEBP", quality=60)
    FILES["webp.lossless.alpha"] = saved(clear, "WEBP", lossless=True, exact=True)
    FILES["webp.animated"] = saved(picture("RGB", 14, 11), "WEBP", save_all=True, append_images=[noise("RGB", 14, 11)])

    def chunk(kind, b):
        return kind + struct.pack("<I", len(b)) + b + b"\0" * (len(b) & 1)

    def small(v):
        return struct.pack("<I", v)[:3]

    frame = saved(picture("RGB", 13, 8), "WEBP")[12:]
    body = chunk(b"VP8X", b"\2\0\0\0" + small(19) + small(14)) + chunk(b"ANIM", b"\x10\x20\x30\xff\0\0")
    body += chunk(b"ANMF", small(2) + small(1) + small(12) + small(7) + small(9) + b"\0" + frame)
    FILES["webp.frame in a canvas"] = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def bmp(w, h, bits, rows, compression=0, palette=b"", size=40, masks=b"", down=1, colours=0):
    if size == 12:
        head = struct.pack("<IHHHH", 12, w, h, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", size, w, h * down, 1, bits, compression, 0, 0, 0, colours, 0)
        if size > 40:
            head, masks = (head + masks).ljust(size, b"\0"), b""
    head += masks + palette
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(rows), 0, 0, 14 + len(head)) + head + rows


def bmps():
    w, h = 11, 7
    for bits in 1, 4, 8, 16, 24, 32:
        stride = (w * bits + 31) // 32 * 4
        rows = R.randbytes(stride * h)
        colours = R.randbytes(4 << bits) if bits <= 8 else b""
        FILES[f"bmp.{bits}"] = bmp(w, h, bits, rows, palette=colours)
        FILES[f"bmp.{bits}.down"] = bmp(w, h, bits, rows, palette=colours, down=-1)
        if bits <= 8:
            FILES[f"bmp.{bits}.os2"] = bmp(w, h, bits, rows, palette=colours[: 3 << bits], size=12)
            FILES[f"bmp.{bits}.few"] = bmp(w, h, bits, rows, palette=colours[:8], colours=2, size=108)
        for name, masks in [("565", (0xF800, 0x7E0, 0x1F)), ("555", (0x7C00, 0x3E0, 0x1F))]:
            if bits == 16:
                FILES[f"bmp.16.{name}"] = bmp(w, h, bits, rows, 3, masks=struct.pack("<III", *masks))
        if bits == 32:
            FILES["bmp.32.masks"] = bmp(w, h, bits, rows, 3, masks=struct.pack("<IIII", 255, 0xFF00, 0xFF0000, 255 << 24), size=124)
    for bits in 8, 4:
        runs = b""
        for _ in range(h - 2):
            runs += bytes([5, R.randrange(256), 0, 6]) + R.randbytes(6 if bits == 8 else 3) + b"\0" * (bits == 4) + b"\0\0"
        runs += bytes([3, 7, 0, 2, 1, 1, 7, 9, 0, 0, 0, 1])
        FILES[f"bmp.runs.{bits}"] = bmp(w, h, bits, runs, 1 if bits == 8 else 2, R.randbytes(4 << bits))


def pnm():
    w, h = 9, 5
    for most in 1, 15, 255, 1000:
        v = [R.randrange(most + 1) for _ in range(3 * w * h)]
        pack = struct.pack(f">{len(v)}{'H' if most > 255 else 'B'}", *v)
        FILES[f"pnm.6.{most}"] = b"P6\n# made\n%d %d\n%d\n" % (w, h, most) + pack
        FILES[f"pnm.3.{most}"] = b"P3 %d # made\n%d %d\n" % (w, h, most) + b"\n".join(b"%d" % x for x in v)
        if most <= 255:
            FILES[f"pnm.5.{most}"] = b"P5\n%d %d\n%d\n" % (3 * w, h, most) + pack
            FILES[f"pnm.2.{most}"] = b"P2\n%d %d\n%d\n" % (3 * w, h, most) + b" ".join(b"%d" % x for x in v)
    FILES["pnm.4"] = b"P4\n%d %d\n" % (w, h) + R.randbytes(2 * h)
    FILES["pnm.1"] = b"P1\n%d %d\n" % (w, h) + bytes(R.choice(b"01") for _ in range(w * h))


def tiffs():
    for compression in None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg":
        for mode in "L", "RGB", "P", "CMYK", "RGBA":
            if compression == "jpeg" and mode not in ("L", "RGB"):
                continue
            FILES[f"tiff.{mode}.{compression}"] = saved(picture(mode, 19, 13), "TIFF", compression=compression)
        FILES[f"tiff.strips.{compression}"] = saved(picture("RGB", 19, 33), "TIFF", compression=compression, tiffinfo={278: 8})
    FILES["tiff.predicted"] = saved(picture("RGB", 19, 13), "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    for fax in "group3", "group4":
        FILES[f"tiff.{fax}"] = saved(picture("1", 37, 13), "TIFF", compression=fax)
    for turn in range(2, 9):
        FILES[f"tiff.turned.{turn}"] = saved(picture("RGB", 5, 3), "TIFF", tiffinfo={274: turn})
    for big in False, True:
        for name, bits, kind, samples, extra, planar, tile in [
            ("planes", 8, 2, 3, None, 2, None), ("tiles", 8, 2, 3, None, 1, (16, 16)), ("deep", 16, 2, 3, None, 1, None),
            ("white is zero", 4, 0, 1, None, 1, None), ("two bits", 2, 1, 1, None, 1, None), ("multiplied", 8, 2, 4, 1, 1, None),
        ]:
            FILES[f"tiff.{name}.{'big' if big else 'little'}"] = tiff(23, 18, bits, kind, samples, extra, planar, tile, big)


def tiff(w, h, bits, kind, samples, extra, planar, tile, big):
    e = ">" if big else "<"
    tags = {256: [w], 257: [h], 258: [bits] * samples, 259: [8], 262: [kind], 277: [samples], 284: [planar]}
    if extra is not None:
        tags[338] = [extra]
    tw, th = tile or (w, h)
    count = -(-w // tw) * -(-h // th) * (samples if planar == 2 else 1)
    stride = (tw * bits * (1 if planar == 2 else samples) + 7) // 8
    parts = [zlib.compress(R.randbytes(stride * th)) for _ in range(count)]
    tags[278 if not tile else 322] = [th if not tile else tw]
    if tile:
        tags[323] = [th]
    out = bytearray((b"MM\0*" if big else b"II*\0") + bytes(4))
    at = []
    for p in parts:
        at.append(len(out))
        out += p + b"\0" * (len(p) & 1)
    tags[324 if tile else 273], tags[325 if tile else 279] = at, [len(p) for p in parts]
    entries = b""
    for tag in sorted(tags):
        long = tag in (273, 279, 324, 325)
        b = struct.pack(e + ("I" if long else "H") * len(tags[tag]), *tags[tag])
        n = len(tags[tag])
        if len(b) > 4:
            out += b + b"\0" * (len(b) & 1)
            b = struct.pack(e + "I", len(out) - len(b) - (len(b) & 1))
        entries += struct.pack(e + "HHI", tag, 4 if long else 3, n) + b.ljust(4, b"\0")
    out[4:8] = struct.pack(e + "I", len(out))
    return bytes(out + struct.pack(e + "H", len(tags)) + entries + bytes(4))


def segments(d):
    """The segments of a JPEG file before its first scan, and the rest."""
    i, out = 2, []
    while d[i + 1] != 0xDA:
        n = int.from_bytes(d[i + 2 : i + 4], "big")
        out.append((d[i + 1], d[i : i + 2 + n]))
        i += 2 + n
    return out, d[i:]


def scan_ends(d):
    i, ends = 2, []
    while d[i + 1] != 0xD9:
        j = i + 2 + int.from_bytes(d[i + 2 : i + 4], "big")
        if d[i + 1] == 0xDA:
            while not (d[j] == 0xFF and d[j + 1] != 0 and not 0xD0 <= d[j + 1] <= 0xD7):
                j += 1
            ends.append(j)
        i = j
    return ends


def jpegs():
    for sampling in 0, 2:
        d = saved(picture("RGB", 43, 26), "JPEG", quality=80, subsampling=sampling)
        parts, rest = segments(d)

        def without(marker, *before):
            return d[:2] + b"".join(before) + b"".join(b for m, b in parts if m != marker) + rest

        FILES[f"jpeg.no tables.{sampling}"] = without(0xC4)
        adobe = b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\0"
        for length in 2, 13, 14, 15, 16:
            FILES[f"jpeg.jfif {length}.{sampling}"] = without(0xE0, b"\xff\xe0" + struct.pack(">H", length) + b"JFIF\0\1\1\0\0\1\0\1\0\0"[: length - 2], adobe)
        FILES[f"jpeg.no length.{sampling}"] = without(0, b"\xff\xfe\0\0")
        FILES[f"jpeg.lines.{sampling}"] = without(0, b"\xff\xdc\0\4\0\x1a")
        FILES[f"jpeg.junk.{sampling}"] = d[:2] + b"".join(b"\xff\xff" + b + b"\0junk" for _, b in parts) + rest
        p = saved(picture("RGB", 43, 26), "JPEG", quality=75, subsampling=sampling, progressive=True)
        for n, end in enumerate(scan_ends(p)):
            FILES[f"jpeg.scans {n + 1}.{sampling}"] = p[:end] + b"\xff\xd9"
    same = bytearray(saved(picture("RGB", 20, 20), "JPEG", subsampling=0))
    frame, scan = same.index(b"\xff\xc0"), same.index(b"\xff\xda")
    for i in range(3):
        same[frame + 10 + 3 * i] = same[scan + 5 + 2 * i] = 1
    FILES["jpeg.same numbers"] = bytes(same)
    for w, h in [(43, 26), (9, 60), (3, 3)]:
        ppm = saved(picture("RGB", w, h), "PPM")
        for name, options in {"": [], " progressive": ["-progressive"], " restarts": ["-restart", "2B"]}.items():
            FILES[f"jpeg.arithmetic{name}.{w}x{h}"] = subprocess.run(["cjpeg", "-arithmetic", *options], input=ppm, capture_output=True, check=True).stdout
    scans = "0;\n1;\n2;\n"
    with open("/tmp/scans.txt", "w") as f:
        f.write(scans)
    d = subprocess.run(["cjpeg", "-scans", "/tmp/scans.txt"], input=ppm, capture_output=True, check=True).stdout
    FILES["jpeg.one by one"] = d
    FILES["jpeg.luma alone"] = d[: scan_ends(d)[0]] + b"\xff\xd9"


def main(folder):
    webp()
    bmps()
    pnm()
    tiffs()
    jpegs()
    header, body = {"__metadata__": {"pillow": PIL.__version__}}, b""

    def put(name, shape, b):
        nonlocal body
        header[name] = {"dtype": "U8", "shape": shape, "data_offsets": [len(body), len(body) + len(b)]}
        body += b

    for name, file in FILES.items():
        with Image.open(io.BytesIO(file)) as im:
            rgb = im.convert("RGB")
        put(name + ".file", [len(file)], file)
        put(name + ".rgb", [rgb.height, rgb.width, 3], rgb.tobytes())
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with open(folder + "/pil_formats.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head + body)
    print(len(FILES), "files")


main(sys.argv[1])
