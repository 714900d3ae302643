"""A raster of one band of smooth terrain with noise: make_raster.py FILE WIDTH HEIGHT [-co NAME=VALUE ...]"""
import sys

import numpy as np
import rasterio
from rasterio.transform import from_origin

path, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
options = dict(o.split("=") for o in sys.argv[5::2])
rng = np.random.default_rng(1)
x = np.arange(width, dtype=np.float32)
with rasterio.open(path, "w", driver="GTiff", width=width, height=height, count=1, dtype="uint8", crs="EPSG:32640", transform=from_origin(500000, 7800000, 3, 3), tiled=True, blockxsize=256, blockysize=256, **options) as out:
    for top in range(0, height, 256):
        y = np.arange(top, top + 256, dtype=np.float32)[:, None]
        rows = 120 + 50 * np.sin(x / 300) * np.cos(y / 210) + 20 * np.sin((x + y) / 37) + rng.integers(0, 6, (256, width))
        out.write(rows.astype(np.uint8), 1, window=rasterio.windows.Window(0, top, width, 256))
