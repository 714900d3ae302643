"""The peers' losses, forward and backward on one thread, over the same batch: a worker of scripts/bench. Usage: losses_peer.py FOLDER"""
import sys
import time

import cv2
import numpy as np
import torch
from monai.losses import FocalLoss as MonaiFocal, TverskyLoss as MonaiTversky
from scipy.ndimage import distance_transform_edt
from segmentation_models_pytorch.losses import FocalLoss as SmpFocal, TverskyLoss as SmpTversky
from torchvision.ops import sigmoid_focal_loss

torch.set_num_threads(1)
cv2.setNumThreads(1)
folder = sys.argv[1]
shape = (4, 512, 512)
logits = torch.from_numpy(np.fromfile(f"{folder}/logits.f32", np.float32).reshape(4, 1, 512, 512)).requires_grad_(True)
labels = np.fromfile(f"{folder}/labels.u8", np.uint8).reshape(shape)
valid = np.fromfile(f"{folder}/valid.u8", np.uint8).reshape(shape)
known = (valid != 0) & (labels != 255)
mask = torch.from_numpy(known.astype(np.float32)).unsqueeze(1)
target = torch.from_numpy(np.where(known, labels, 0).astype(np.float32)).unsqueeze(1)
with_ignored = torch.from_numpy(np.where(known, labels, 255).astype(np.int64))

BOX = {w: np.ones((2 * w + 1, 2 * w + 1), np.uint8) for w in (3, 5)}
DISC = {w: (np.add.outer(np.arange(-w, w + 1) ** 2, np.arange(-w, w + 1) ** 2) <= w * w).astype(np.uint8) for w in (3, 5)}


def backward(loss):
    logits.grad = None
    loss.backward()


def lean_tversky(m):
    p = torch.sigmoid(logits) * m
    tp, predicted, truth = (p * target).sum((1, 2, 3)), p.sum((1, 2, 3)), (target * m).sum((1, 2, 3))
    return (1 - (tp + 1) / (tp + 0.3 * (truth - tp) + 0.7 * (predicted - tp) + 1)).mean()


def masked_focal(m):
    return (sigmoid_focal_loss(logits, target, 0.25, 2.0) * m).sum() / m.sum()


def scipy_ring(w):
    return known & ~np.stack([np.where(l == 1, distance_transform_edt(l == 1) > w, distance_transform_edt(l != 1) > w) for l in labels])


def opencv_ring(kernel):
    out = np.empty(shape, bool)
    for i, l in enumerate(labels):
        out[i] = cv2.dilate(l, kernel) != cv2.erode(l, kernel)
    return out


def with_ring(ring):
    m = mask * torch.from_numpy(~ring).unsqueeze(1)
    backward(masked_focal(m) + lean_tversky(m))


smp_focal, smp_tversky = SmpFocal("binary", alpha=0.25, gamma=2.0, ignore_index=255), SmpTversky("binary", alpha=0.7, beta=0.3, ignore_index=255)
monai_focal, monai_tversky = MonaiFocal(gamma=2.0, alpha=0.25, reduction="none"), MonaiTversky(sigmoid=True, alpha=0.7, beta=0.3)
WORK = {
    "focal_torchvision": lambda: backward(masked_focal(mask)),
    "focal_smp": lambda: backward(smp_focal(logits, with_ignored.unsqueeze(1))),
    "focal_monai": lambda: backward((monai_focal(logits, target) * mask).sum() / mask.sum()),
    "tversky_lean": lambda: backward(lean_tversky(mask)),
    "tversky_smp": lambda: backward(smp_tversky(logits, with_ignored.unsqueeze(1))),
    "tversky_monai": lambda: backward(monai_tversky(logits, target)),
    "ring_scipy": lambda: with_ring(scipy_ring(3)),
    "ring_opencv": lambda: with_ring(opencv_ring(DISC[3])),
}
tile = labels[0]
for w in (3, 5):
    WORK[f"opencv_box_w{w}"] = lambda k=BOX[w]: (cv2.dilate(tile, k), cv2.erode(tile, k))
    WORK[f"opencv_disc_w{w}"] = lambda k=DISC[w]: (cv2.dilate(tile, k), cv2.erode(tile, k))
inverse = 1 - np.minimum(tile, 1)  # a ring of both sides needs the distance to either class
WORK["opencv_distance"] = lambda: [cv2.distanceTransform(t, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for t in (tile, inverse)]
WORK["scipy_distance"] = lambda: [distance_transform_edt(t) for t in (tile, inverse)]

for line in sys.stdin:
    body = WORK[line.strip()]
    body()
    start = time.perf_counter()
    repeats = 2
    for _ in range(repeats):
        body()
    print((time.perf_counter() - start) / repeats, flush=True)
