"""albumentations on the same tiles with the guide's parameters, normalised and planar at the end: a worker of scripts/bench.
Usage: augment_peer.py FOLDER. Each transform as the fastest of the library's that does the same: brightness and contrast by tables."""
import sys
import time
import warnings

import cv2
import numpy as np

warnings.simplefilter("ignore")
import albumentations as A

cv2.setNumThreads(1)
folder = sys.argv[1]
rgb = np.ascontiguousarray(np.fromfile(f"{folder}/rgb.u8", np.uint8).reshape(3, 512, 512).transpose(1, 2, 0))
extra = np.fromfile(f"{folder}/extra.f32", np.float32).reshape(6, 512, 512).transpose(1, 2, 0)
label = np.fromfile(f"{folder}/label.u8", np.uint8).reshape(512, 512)
nine = np.ascontiguousarray(np.concatenate([rgb.astype(np.float32) / 255, extra], 2))
mean9 = np.array([0.47] * 3 + [0.5] * 6, np.float32)
factor9 = np.array([5.1] * 3 + [4.0] * 6, np.float32)


def axis(p):
    return [A.RandomRotate90(p=p(0.5)), A.HorizontalFlip(p=p(0.5)), A.VerticalFlip(p=p(0.5))]


def warp(p):
    border = {"border_mode": cv2.BORDER_REFLECT}
    return [
        A.ShiftScaleRotate(shift_limit=0.1, scale_limit=0.2, rotate_limit=45, p=p(0.5), **border),
        A.ElasticTransform(alpha=120, sigma=6, p=p(0.3), **border),
        A.Affine(shear=(-10, 10), p=p(0.3), **border),
    ]


def colour(p):
    return [
        A.RandomBrightnessContrast(brightness_limit=0.2, contrast_limit=0, p=p(0.5)),
        A.RandomBrightnessContrast(brightness_limit=0, contrast_limit=0.2, p=p(0.5)),
        A.ColorJitter(brightness=0, contrast=0, saturation=0.2, hue=0, p=p(0.5)),
    ]


NORMALIZE = A.Normalize(mean=(0.47,) * 3, std=(0.196,) * 3)


def three(parts):
    chain = A.Compose(parts + [NORMALIZE])

    def run():
        out = chain(image=rgb, mask=label)
        np.ascontiguousarray(out["image"].transpose(2, 0, 1))

    return run


def many(places, colours):
    move, paint = A.Compose(places), A.Compose(colours)

    def run():
        out = move(image=nine, mask=label)["image"]
        painted = paint(image=np.ascontiguousarray(out[..., :3]))["image"]
        planar = np.empty((9, 512, 512), np.float32)
        planar[:3] = painted.transpose(2, 0, 1)
        planar[3:] = out[..., 3:].transpose(2, 0, 1)
        planar -= mean9[:, None, None]
        planar *= factor9[:, None, None]

    return run


guide, forced = (lambda q: q), (lambda q: 1.0)
work = {
    "rgb_guide": three(axis(guide) + warp(guide) + colour(guide)),
    "rgb_forced": three(axis(forced) + warp(forced) + colour(forced)),
    "rgb_axis_colour": three(axis(guide) + colour(guide)),
    "bands9_guide": many(axis(guide) + warp(guide), colour(guide)),
    "bands9_forced": many(axis(forced) + warp(forced), colour(forced)),
    "bands9_axis_colour": many(axis(guide), colour(guide)),
}
for line in sys.stdin:
    run = work[line.strip()]
    start = time.perf_counter()
    for _ in range(32):
        run()
    print(time.perf_counter() - start, flush=True)
