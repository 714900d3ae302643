"""The same tiles through rasterio: image to float reflectance, label, mask of what is valid. One thread."""
import sys
import time
from pathlib import Path

import numpy as np
import rasterio

root = Path(sys.argv[1])
names = sorted(p.stem for p in (root / "images").glob("*.tif"))
for line in sys.stdin:
    start = time.perf_counter()
    for name in names:
        with rasterio.open(root / "images" / f"{name}.tif") as f:
            raw = f.read()
        with rasterio.open(root / "labels" / f"{name}.tif") as f:
            label = f.read(1)
        valid = (raw != 0).all(0) & (label != 255)
        image = np.where(valid, raw.astype(np.float32) * np.float32(1e-4), 0)
        label = np.where(valid, label, 255)
    print(time.perf_counter() - start, flush=True)
