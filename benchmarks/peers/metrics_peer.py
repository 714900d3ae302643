"""scikit-learn, OpenCV, connected-components-3d and scipy on the same pixels: a worker of scripts/bench. Usage: metrics_peer.py FOLDER
Lines name the work; answers are seconds, or with "value WORK" the number computed."""
import sys
import time

import cc3d
import cv2
import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

folder = sys.argv[1]
scores = np.fromfile(f"{folder}/scores.f32", np.float32)
coarse = (np.fromfile(f"{folder}/scores.bf16", np.uint16).astype(np.uint32) << 16).view(np.float32)
labels = np.fromfile(f"{folder}/labels.u8", np.uint8)
mask = np.fromfile(f"{folder}/prediction.u8", np.uint8).reshape(4096, 4096)
cv2.setNumThreads(1)


def areas_opencv():
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return count - 1, stats[1:, cv2.CC_STAT_AREA].astype(np.float64)


work = {
    "average_precision_fp32": lambda: average_precision_score(labels, scores),
    "average_precision_bf16": lambda: average_precision_score(labels, coarse),
    "roc_auc_bf16": lambda: roc_auc_score(labels, coarse),
    "opencv_stats": lambda: cv2.connectedComponentsWithStats(mask, connectivity=8)[0],
    "cc3d_labels": lambda: cc3d.connected_components(mask, connectivity=8).max(),
    "cc3d_alone": lambda: cc3d.connected_components(mask, connectivity=8) is None,
    "objects_count": lambda: areas_opencv()[0],
    "objects_area": lambda: (areas_opencv()[1] ** 2).sum(),
}
for line in sys.stdin:
    line = line.strip()
    value = line.startswith("value ")
    start = time.perf_counter()
    result = work[line.removeprefix("value ")]()
    print(repr(float(result)) if value else time.perf_counter() - start, flush=True)
