"""Datasets for the data benchmarks, as users have them: uint8 RGB and labels, tiles or scenes, DEFLATE or plain. Usage: make_tiles.py FOLDER
Texture as imagery has it: smooth fields with noise of a few grey values."""
import sys
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.transform import from_origin

folder = Path(sys.argv[1])
rng = np.random.default_rng(1)
ground = np.zeros((4096, 4096, 3), np.float32)
for scale, amount in ((4, 30), (16, 60), (64, 90)):
    field = rng.random((4096 // scale + 2, 4096 // scale + 2, 3), dtype=np.float32)
    ground += amount * (cv2.resize(field, (4096, 4096), interpolation=cv2.INTER_CUBIC) - 0.5)
ground = np.clip(110 + ground + rng.normal(0, 2.5, ground.shape), 0, 255).astype(np.uint8)
label = (cv2.GaussianBlur(rng.random((4096, 4096), dtype=np.float32), (0, 0), 12) > 0.515).astype(np.uint8)


def write(name, size, options):
    for kind in ("images", "labels"):
        (folder / name / kind).mkdir(parents=True, exist_ok=True)
    rows = ["tile,scene"]
    for y in range(0, 4096, size):
        for x in range(0, 4096, size):
            tile = f"t{y}_{x}"
            rows.append(f"{tile},{tile}")
            place = dict(driver="GTiff", height=size, width=size, dtype="uint8", crs="EPSG:32606", transform=from_origin(400000 + 3 * x, 7700000 - 3 * y, 3, 3), **options)
            with rasterio.open(folder / name / "images" / f"{tile}.tif", "w", count=3, **place) as f:
                f.write(ground[y : y + size, x : x + size].transpose(2, 0, 1))
                for b, colour in enumerate(("red", "green", "blue"), 1):
                    f.set_band_description(b, colour)
            with rasterio.open(folder / name / "labels" / f"{tile}.tif", "w", count=1, **place) as f:
                f.write(label[y : y + size, x : x + size], 1)
    (folder / name / "tiles.csv").write_text("\n".join(rows) + "\n")


write("deflate_tiles", 512, dict(compress="deflate", interleave="pixel"))
write("deflate_windows", 4096, dict(compress="deflate", tiled=True, blockxsize=256, blockysize=256, interleave="pixel"))
write("plain_tiles", 512, dict(interleave="pixel"))
np.ascontiguousarray(ground[:512, :512].transpose(2, 0, 1)).tofile(folder / "rgb.u8")
label[:512, :512].tofile(folder / "label.u8")
rng.random((6, 512, 512), dtype=np.float32).tofile(folder / "extra.f32")
