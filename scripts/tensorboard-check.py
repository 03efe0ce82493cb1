#!/usr/bin/env python3
"""Reads event files with TensorBoard and prints their contents.

    python3 -m venv venv && venv/bin/pip install tensorboard
    venv/bin/python scripts/tensorboard-check.py FILE_OR_FOLDER...

Not part of the tests, which have an independent reader: run it when
dmae/train/tfevents changes what it writes. It fails when TensorBoard skips a
record, when the steps of a tag go back, or when a picture is not a PNG file.
"""

import os
import sys

from tensorboard.backend.event_processing import event_accumulator, event_file_loader


def check(path):
    names = [path]
    if os.path.isdir(path):
        names = [os.path.join(path, n) for n in sorted(os.listdir(path)) if "tfevents" in n]
    for name in names:
        events = list(event_file_loader.EventFileLoader(name).Load())
        print(f"{name}: {len(events)} records, {events[0].file_version}, {events[0].source_metadata.writer}")
    accumulator = event_accumulator.EventAccumulator(path, size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    accumulator.Reload()
    tags = accumulator.Tags()
    for tag in tags["scalars"]:
        points = accumulator.Scalars(tag)
        steps = [p.step for p in points]
        assert steps == sorted(steps), f"the steps of {tag} go back"
        print(f"  {tag}: {len(points)} points, steps {steps[0]} to {steps[-1]}, last value {points[-1].value}")
    for tag in tags["images"]:
        for picture in accumulator.Images(tag):
            assert picture.encoded_image_string.startswith(b"\x89PNG\r\n"), f"{tag} is no PNG file"
            print(f"  {tag}: step {picture.step}, {picture.width} x {picture.height}")


if len(sys.argv) < 2:
    sys.exit(__doc__)
for argument in sys.argv[1:]:
    check(argument)
