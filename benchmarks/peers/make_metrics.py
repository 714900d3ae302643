"""Pixels for the metrics' benchmark: four million scores and labels, two masks of 10,000 objects. Usage: make_metrics.py FOLDER"""
import sys

import numpy as np

folder = sys.argv[1]
rng = np.random.default_rng(3)
n = 4_000_000
labels = (rng.random(n) < 0.01).astype(np.uint8)
scores = (rng.standard_normal(n) * 1.6 - 4 + 3.5 * labels).astype(np.float32)
scores.tofile(f"{folder}/scores.f32")
(scores.view(np.uint32) >> 16).astype(np.uint16).tofile(f"{folder}/scores.bf16")
labels.tofile(f"{folder}/labels.u8")
y, x = np.mgrid[0:40, 0:40]
prediction, truth = np.zeros((4096, 4096), np.uint8), np.zeros((4096, 4096), np.uint8)
for row in range(100):
    for column in range(100):
        ry, rx, tilt = rng.uniform(4, 14), rng.uniform(4, 14), rng.uniform(-0.5, 0.5)
        for mask, dy, dx in ((truth, 0, 0), (prediction, rng.uniform(-3, 3), rng.uniform(-3, 3))):
            cy, cx = 20 + dy, 20 + dx
            blob = ((y - cy + tilt * (x - cx)) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1
            blob[:1], blob[-1:], blob[:, :1], blob[:, -1:] = 0, 0, 0, 0
            mask[row * 40 + 20 : row * 40 + 60, column * 40 + 20 : column * 40 + 60] |= blob
prediction.tofile(f"{folder}/prediction.u8")
truth.tofile(f"{folder}/truth.u8")
