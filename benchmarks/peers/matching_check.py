"""2,000 random scenes: objects by scipy.ndimage.label, pairs by scipy's optimal assignment, against ours. Usage: matching_check.py BENCH_METRICS FOLDER
FOLDER: as bench_metrics wants it."""
import subprocess
import sys

import numpy as np
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

program, folder = sys.argv[1:3]
rng = np.random.default_rng(5)
ious = (0.5, 0.3, 0.1)


def scene():
    h, w = rng.integers(20, 90, 2)
    p, t = np.zeros((h, w), np.uint8), np.zeros((h, w), np.uint8)
    for _ in range(rng.integers(1, 14)):
        y, x, a, b = rng.integers(0, h), rng.integers(0, w), rng.integers(1, 12), rng.integers(1, 12)
        dy, dx, da, db = rng.integers(-4, 5, 4)
        if rng.random() < 0.85:
            t[y : y + a, x : x + b] = 1
        if rng.random() < 0.85:
            p[max(0, y + dy) : max(0, y + dy + a + da), max(0, x + dx) : max(0, x + dx + b + db)] = 1
    return p, t


scenes = [scene() for _ in range(2000)]
with open(f"{folder}/scenes.bin", "wb") as f:
    for p, t in scenes:
        f.write(np.array(p.shape, np.int32).tobytes() + p.tobytes() + t.tobytes())
lines = subprocess.run([program, folder], input=f"scenes {folder}/scenes.bin\n", capture_output=True, text=True, check=True).stdout.splitlines()
wrong = objects = pairs = 0
for (p, t), line in zip(scenes, lines, strict=True):
    got = [int(v) for v in line.split()]
    eight = np.ones((3, 3))
    (lp, n), (lt, m) = ndimage.label(p, eight), ndimage.label(t, eight)
    joint = np.zeros((n + 1, m + 1))
    np.add.at(joint, (lp.ravel(), lt.ravel()), 1)
    both = joint[1:, 1:]
    iou = both / (joint[1:].sum(1)[:, None] + joint[:, 1:].sum(0)[None] - both) if n and m else np.zeros((n, m))
    want = [n, m]
    for threshold in ious:
        good = (iou >= threshold).astype(float)
        rows, columns = linear_sum_assignment(-good) if n and m else ([], [])
        want.append(int(good[rows, columns].sum()) if n and m else 0)
    wrong += got != want
    objects, pairs = objects + n + m, pairs + want[3]
print(f"2,000 scenes, {objects} objects, {pairs} pairs at IoU 0.3: {wrong} differ from scipy's optimal assignment")
sys.exit(1 if wrong else 0)
