"""Seams of a trained network's map: gradients across the lines where windows begin and end, against lines beside them, where 0.02 < p < 0.98.
The same weights in segmentation_models_pytorch through MONAI's sliding window, and through `predict`.
Usage: seams.py PROGRAM VARIANT OUT NAME RASTER BAND[,BAND...] [WINDOW] [OVERLAP] [ENCODER]"""
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
import segmentation_models_pytorch as smp
import torch
from monai.inferers import sliding_window_inference

program, variant, out, name, scene, bands = sys.argv[1:7]
window = int(sys.argv[7]) if len(sys.argv) > 7 else 128
overlap = float(sys.argv[8]) if len(sys.argv) > 8 else 0.25
encoder = sys.argv[9] if len(sys.argv) > 9 else "timm-tf_efficientnet_lite0"
bands = bands.split(",")
run = Path(out) / f"{variant}-{name}"
step = round(window * (1 - overlap))

with tempfile.TemporaryDirectory() as folder:
    target = f"{folder}/map.tif"
    subprocess.run([program, "predict", "--variant", variant, "--out", out, "--name", name, "--overlap", str(overlap), "--no-cog", "--bands", ",".join(bands), "--map", target, "--quiet", scene], check=True, stdout=subprocess.DEVNULL)
    with rasterio.open(target) as r:
        ours = r.read(1)

raw = (run / "best_model.safetensors").read_bytes()
size = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8 : 8 + size])
state = {}
for key, t in header.items():
    if key != "__metadata__":
        dtype = {"F32": np.float32, "I64": np.int64}[t["dtype"]]
        state[key] = torch.from_numpy(np.frombuffer(raw[8 + size :][slice(*t["data_offsets"])], dtype).reshape(t["shape"]).copy())
network = smp.UnetPlusPlus(encoder, encoder_weights=None, in_channels=len(bands), classes=1)
network.load_state_dict(state, strict=True)
network.eval()
stats = json.loads((run / "normalization_stats.json").read_text())
scales = json.loads((run / "run.json").read_text())["band_scales"]
with rasterio.open(scene) as r:
    pixels, nodata = r.read().astype(np.float32), r.nodata
valid = np.ones(pixels.shape[1:], bool) if nodata is None else (pixels != nodata).all(0)
order = [stats["bands"].index(b) for b in bands]
image = np.stack([(pixels[i] * scales[b] - stats["mean"][k]) / stats["std"][k] for i, (b, k) in enumerate(zip(bands, order))]) * valid


def across(p, lines, axis):
    """Mean absolute difference of the two pixels beside each line, where both are neither sure nor without data."""
    p = p if axis == 1 else p.T
    differences = []
    for c in lines:
        if 0 < c < p.shape[1]:
            a, b = p[:, c - 1], p[:, c]
            keep = (a > 0.02) & (a < 0.98) & (b > 0.02) & (b < 0.98)
            differences.append(np.abs(a - b)[keep])
    return np.concatenate(differences)


def ratio(p):
    seams, controls = [], []
    for axis in (0, 1):
        starts = range(0, p.shape[axis], step)
        lines = sorted({c for s in starts for c in (s, s + window) if 0 < c < p.shape[axis]})
        seams.append(across(p, lines, axis))
        controls.append(across(p, [c + (step // 2 if overlap == 0.5 else 2 * step // 3) for c in starts], axis))  # no window begins or ends there, and the network's strides divide it too
    seam, control = np.concatenate(seams), np.concatenate(controls)
    return seam.mean() / control.mean(), seam.size


print(f"{scene}: {ours.shape[1]} x {ours.shape[0]}, windows of {window}, {step} apart")
value, n = ratio(ours)
print(f"ours, blended: {value:.3f} ({n} pixels on seams)")
for mode in ("constant", "gaussian"):
    with torch.no_grad():
        p = torch.sigmoid(sliding_window_inference(torch.from_numpy(image)[None], (window, window), 4, network, overlap=overlap, mode=mode))[0, 0].numpy()
    p[~valid] = -1
    value, n = ratio(p)
    print(f"MONAI, {mode}: {value:.3f} ({n} pixels)")
