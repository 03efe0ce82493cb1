#!/usr/bin/env python3
"""Writes dmae/data/testdata/cifar_data_N.pkl: two images of CIFAR-10's Python
version as Python 3 pickles them in protocol N. The pixels of image i are
(7*p + 100*i) % 256, the labels 3 and 9.

    python3 scripts/make-cifar-fixture.py dmae/data/testdata
"""

import os, pickle, sys

import numpy as np

pixels = (7 * np.arange(3072)[None] + 100 * np.arange(2)[:, None]) % 256
for protocol in (2, 4, 5):
    keys = (lambda k: k.encode()) if protocol == 4 else (lambda k: k)
    with open(os.path.join(sys.argv[1], f"cifar_data_{protocol}.pkl"), "wb") as f:
        pickle.dump({keys("data"): pixels.astype(np.uint8), keys("labels"): [3, 9],
                     keys("filenames"): ["a.png", "b.png"]}, f, protocol)
