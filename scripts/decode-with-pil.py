#!/usr/bin/env python3
"""Decodes image files with Pillow and writes them, for each width and height as
32-bit numbers (little-endian) and the RGB pixels, to standard output:

    python3 scripts/decode-with-pil.py *.jpg >pixels.bin
    go run scripts/jpeg-histogram.go pixels.bin *.jpg
"""
import struct
import sys

from PIL import Image

for path in sys.argv[1:]:
    with Image.open(path) as im:
        rgb = im.convert("RGB")
        sys.stdout.buffer.write(struct.pack("<II", *rgb.size) + rgb.tobytes())
