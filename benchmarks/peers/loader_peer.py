"""rasterio reading the same datasets, one process: a worker of scripts/bench. Usage: loader_peer.py NAME=DATASET ...
Lines are "NAME"; answers seconds a megabyte of stored pixels and labels. Windows of 512 x 512 in files that are larger."""
import sys
import time
from pathlib import Path

import rasterio
from rasterio.windows import Window

sets = dict(a.split("=", 1) for a in sys.argv[1:])


def read(root):
    total = 0
    for image in sorted(Path(root, "images").glob("*.tif")):
        with rasterio.open(image) as a, rasterio.open(Path(root, "labels", image.name)) as b:
            if a.width == 512 and a.height == 512:
                total += a.read().nbytes + b.read(1).nbytes
                continue
            for row in range(0, a.height - 511, 512):
                for column in range(0, a.width - 511, 512):
                    w = Window(column, row, 512, 512)
                    total += a.read(window=w).nbytes + b.read(1, window=w).nbytes
    return total


for line in sys.stdin:
    start = time.perf_counter()
    size = read(sets[line.strip()])
    print((time.perf_counter() - start) / (size / 1e6), flush=True)
