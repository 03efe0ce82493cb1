#!/usr/bin/env python3
"""Writes dmae/data/testdata/imagefolder.json: a tree of files with unusual names,
and the order in which torchvision's ImageFolder reads it.

    python3 scripts/make-imagefolder-fixture.py >dmae/data/testdata/imagefolder.json

Needs torchvision, and a file system whose names may have any bytes. Names are
written as Latin-1: one character per byte."""

import json, os, random, tempfile

from torchvision.datasets import ImageFolder

PIECES = [s.encode() for s in ["a", "B", "-", " ", "_", "0", "10", "~", "é", "日", "\ue000", "\uffff", "😀", "a.b"]]
PIECES += [b"\xe9", b"\xff", b"\x80", b"\xe6\x97"]
ENDINGS = [b".jpg", b".JPG", b".jpeg", b".JpEg", b".png", b".PPM", b".bmp", b".pgm", b".tif", b".TIFF", b".webp",
           b".gif", b".txt", b"", b".jpg.bak", b".npy", b".jpe"]

rng = random.Random(7)


def name():
    return b"".join(rng.choice(PIECES) for _ in range(rng.randint(1, 3)))


def fill(path, depth, entries):
    for _ in range(rng.randint(1, 7)):
        entries[os.path.join(path, b"x" + name() + rng.choice(ENDINGS))] = None
    if depth < 3:
        for _ in range(rng.randint(0, 3)):
            fill(os.path.join(path, name()), depth + 1, entries)


entries = {}
for _ in range(14):
    c = name()
    entries[os.path.join(c, b"one.png")] = None
    fill(c, 0, entries)
# A folder beside one whose name continues with a character below the slash.
for p in (b"order/a-b/1.png", b"order/a/1.png", b"order/a b/1.png", b"order/a/b/1.png", b"order/0.png", b"order/zz.png"):
    entries[p] = None
# Links: to a file, to a folder of another class, to a class.
entries[b"linked/l.png"] = b"../order/0.png"
entries[b"linked/folder"] = b"../order/a"
entries[b"whole class"] = b"order"

with tempfile.TemporaryDirectory() as root:
    root = os.fsencode(root)
    for p, aim in entries.items():
        p = os.path.join(root, p)
        os.makedirs(os.path.dirname(p), exist_ok=True)
        if aim is None:
            open(p, "wb").close()
        else:
            os.symlink(aim, p)
    d = ImageFolder(os.fsdecode(root))
    latin = lambda s: (s if isinstance(s, bytes) else os.fsencode(s)).decode("latin-1")
    print(json.dumps({
        "entries": [[latin(p), latin(a) if a else ""] for p, a in sorted(entries.items())],
        "classes": [latin(c) for c in d.classes],
        "samples": [[latin(os.path.relpath(os.fsencode(p), root)), c] for p, c in d.samples],
    }, indent=0, separators=(",", ":")))
