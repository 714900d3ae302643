"""What ours and albumentations draw, measured on pixels alike: the tables of docs/results/augment.md.
Usage: augment_parity.py BUILD [--draws N]. Geometry is read off an image whose bands are its own coordinates; colours off a fixed image."""
import argparse
import subprocess
import tempfile
import warnings
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import ks_2samp

warnings.simplefilter("ignore")
import albumentations as A

parser = argparse.ArgumentParser()
parser.add_argument("build", type=Path)
parser.add_argument("--draws", type=int, default=3000)
args = parser.parse_args()
cv2.setNumThreads(1)
rng = np.random.default_rng(3)
folder = Path(tempfile.mkdtemp())
SIZE = 128
y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
coordinates = np.stack([x / (SIZE - 1), y / (SIZE - 1), np.zeros_like(x)])
colours = np.clip(np.stack([cv2.GaussianBlur(rng.random((SIZE, SIZE), dtype=np.float32), (0, 0), 3) for _ in range(3)]) * 0.8 + np.array([0.1, 0.05, 0.0], np.float32)[:, None, None], 0.25, 0.75)
border = {"border_mode": cv2.BORDER_REFLECT}


def ours(name, image, draws, stride):
    source, target = folder / "in.f32", folder / "out.f32"
    image.astype(np.float32).tofile(source)
    subprocess.run([args.build / "benchmarks" / "bench_augment_draws", name, str(draws), str(image.shape[-1]), str(stride), source, target], check=True)
    n = len(range(0, image.shape[-1], stride))
    return np.fromfile(target, np.float32).reshape(draws, 3, n, n)


def theirs(transform, image, draws, stride):
    chain = A.Compose([transform], seed=11)
    hwc = np.ascontiguousarray(image.transpose(1, 2, 0)).astype(np.float32)
    return np.stack([chain(image=hwc)["image"].transpose(2, 0, 1)[:, ::stride, ::stride] for _ in range(draws)])


def affine(samples, size=SIZE, stride=8):
    """Rotation (degrees), scale, shear and shift (shares of the edge) from coordinates seen near the centre."""
    k = samples.shape[-1] // 2
    out = []
    p = np.arange(-2, 3)
    gx, gy = np.meshgrid(p * float(stride), p * float(stride))
    design = np.stack([gx.ravel(), gy.ravel(), np.ones(25)], 1)
    for s in samples:
        u = s[0, k - 2 : k + 3, k - 2 : k + 3].ravel() * (size - 1)
        v = s[1, k - 2 : k + 3, k - 2 : k + 3].ravel() * (size - 1)
        a, _, _, _ = np.linalg.lstsq(design, np.stack([u, v], 1), rcond=None)
        m = np.array([[a[0, 0], a[1, 0]], [a[0, 1], a[1, 1]]])
        forward = np.linalg.inv(m)
        centre = (size - 1) / 2
        at = np.array([k * float(stride)] * 2) - centre
        shift = at - forward @ (a[2] - centre)
        out.append((np.degrees(np.arctan2(forward[0, 1], forward[0, 0])), np.sqrt(abs(np.linalg.det(forward))), shift[0] / size, shift[1] / size, np.degrees(np.arctan(forward[0, 1])), np.degrees(np.arctan(forward[1, 0]))))
    return np.array(out)


def gain(samples, base):
    """Slope of a result's red over the source's."""
    b = base[0].ravel() - base[0].mean()
    return np.array([(s[0].ravel() - s[0].mean()) @ b / (b @ b) for s in samples])


rows = []


def row(name, quantity, a, b, discrete=False):
    if discrete:
        values = sorted(set(np.round(a, 3)) | set(np.round(b, 3)))
        worst = max(abs(np.mean(np.round(a, 3) == v) - np.mean(np.round(b, 3) == v)) for v in values)
        verdict = f"shares within {worst:.3f}"
    else:
        verdict = f"KS p = {ks_2samp(a, b).pvalue:.2f}"
    rows.append(f"| {name} | {quantity} | {a.min():.3f} to {a.max():.3f} | {b.min():.3f} to {b.max():.3f} | {a.mean():.4f} / {a.std():.4f} | {b.mean():.4f} / {b.std():.4f} | {verdict} |")
    print(rows[-1], flush=True)


n = args.draws
for name, transform in (
    ("Rotate90", A.RandomRotate90(p=1)),
    ("FlipHorizontal_half", A.HorizontalFlip(p=0.5)),
):
    a, b = ours(name, coordinates, n, 8), theirs(transform, coordinates, n, 8)
    row(name, "corner's column", a[:, 0, 0, 0], b[:, 0, 0, 0], discrete=True)
    row(name, "corner's row", a[:, 1, 0, 0], b[:, 1, 0, 0], discrete=True)
big = 512
yy, xx = np.mgrid[0:big, 0:big].astype(np.float32)
grid = np.stack([xx / (big - 1), yy / (big - 1), np.zeros_like(xx)])
a = affine(ours("ShiftScaleRotate", grid, n, 32), big, 32)
b = affine(theirs(A.ShiftScaleRotate(shift_limit=0.1, scale_limit=0.2, rotate_limit=45, p=1, **border), grid, n, 32), big, 32)
for i, quantity in enumerate(("angle, degrees", "scale, root of the determinant", "shift x, share", "shift y, share")):
    row("ShiftScaleRotate, .keep_shape = false", quantity, a[:, i], b[:, i])
one = affine(ours("ShiftScaleRotate_one", grid, n, 32), big, 32)
rows.append(f"| ShiftScaleRotate, default | scale, one for both axes | {one[:, 1].min():.3f} to {one[:, 1].max():.3f} | | {one[:, 1].mean():.4f} / {one[:, 1].std():.4f} | | on purpose: objects keep their shape |")
a, b = affine(ours("Shear", coordinates, n, 8)), affine(theirs(A.Affine(shear=(-10, 10), p=1, **border), coordinates, n, 8))
row("Shear", "along x, degrees", a[:, 4], b[:, 4])
row("Shear", "along y, degrees", a[:, 5], b[:, 5])

m = 60
a = ours("Elastic", grid, m, 4)
b = theirs(A.ElasticTransform(alpha=120, sigma=6, p=1, **border), grid, m, 4)
base = grid[:, ::4, ::4]
inner = (slice(None), slice(None), slice(8, -8), slice(8, -8))
da, db = (a - base)[inner][:, :2] * (big - 1), (b - base)[inner][:, :2] * (big - 1)
for axis, what in ((0, "x"), (1, "y")):
    row("Elastic", f"displacement {what}, pixels", da[:, axis, ::6, ::6].ravel()[:20000], db[:, axis, ::6, ::6].ravel()[:20000])
for lag in (1, 2, 4):
    ca = [np.corrcoef(s[0, :, :-lag].ravel(), s[0, :, lag:].ravel())[0, 1] for s in da]
    cb = [np.corrcoef(s[0, :, :-lag].ravel(), s[0, :, lag:].ravel())[0, 1] for s in db]
    row("Elastic", f"correlation over {4 * lag} pixels", np.array(ca), np.array(cb))

shown = colours[:, ::8, ::8]
row("Brightness", "factor", gain(ours("Brightness", colours, n, 8), shown), gain(theirs(A.ColorJitter(brightness=0.2, contrast=0, saturation=0, hue=0, p=1), colours, n, 8), shown))
a, b = ours("Contrast", colours, n, 8), theirs(A.ColorJitter(brightness=0, contrast=0.2, saturation=0, hue=0, p=1), colours, n, 8)
row("Contrast", "factor", gain(a, shown), gain(b, shown))
row("Contrast", "mean of red", a[:, 0].mean((1, 2)), b[:, 0].mean((1, 2)))
a, b = ours("Saturation", colours, n, 8), theirs(A.ColorJitter(brightness=0, contrast=0, saturation=0.2, hue=0, p=1), colours, n, 8)


def saturation(samples):
    return np.array([((s[0] - s[2]).ravel() @ (shown[0] - shown[2]).ravel()) / ((shown[0] - shown[2]).ravel() @ (shown[0] - shown[2]).ravel()) for s in samples])


row("Saturation", "factor of red - blue", saturation(a), saturation(b))
a, b = ours("Gamma", colours, n, 8), theirs(A.RandomGamma(gamma_limit=(80, 120), p=1), colours, n, 8)
row("Gamma", "exponent", np.log(a[:, 0, 3, 3]) / np.log(shown[0, 3, 3]), np.log(b[:, 0, 3, 3]) / np.log(shown[0, 3, 3]))
a, b = ours("Noise", colours, 200, 4), theirs(A.GaussNoise(std_range=(0.1, 0.1), p=1), colours, 200, 4)
row("Noise", "added value", (a - colours[:, ::4, ::4]).ravel()[::29], (b - colours[:, ::4, ::4]).ravel()[::29])
plain = np.full((3, SIZE, SIZE), 0.5, np.float32)
a, b = ours("CutOut", plain, n, 4), theirs(A.CoarseDropout(num_holes_range=(1, 2), hole_height_range=(0.1, 0.2), hole_width_range=(0.1, 0.2), fill=0, p=1), plain, n, 4)
row("CutOut", "share of the tile", (a[:, 0] == 0).mean((1, 2)), (b[:, 0] == 0).mean((1, 2)))

texture = np.stack([rng.random((256, 256), dtype=np.float32)] * 3)
texture.tofile(folder / "in.f32")
once, often, before = map(float, subprocess.run([args.build / "benchmarks" / "bench_augment_draws", "sharpness", "40", "256", "1", folder / "in.f32", folder / "out.f32"], check=True, capture_output=True, text=True).stdout.split())
print(f"\nsharpness (mean squared gradient of white texture after shift-scale-rotate, elastic and shear, 40 draws): source {before:.4f}; one sampling {once:.4f}; a sampling a step {often:.4f}; ratio {once / often:.2f}")
