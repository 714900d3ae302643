"""MONAI's sliding window in memory with the same 1 x 1 convolution: a worker of scripts/bench. Usage: inference_peer.py FOLDER
Lines: "map NAME THREADS". The raster is read before the clock starts and nothing is written: reading and writing are not MONAI's."""
import sys
import time

import rasterio
import torch
from monai.inferers import sliding_window_inference

folder = sys.argv[1]
images = {}
network = torch.nn.Conv2d(1, 1, 1).eval()
torch.nn.init.constant_(network.weight, 0.5)
torch.nn.init.constant_(network.bias, -1.0)
for line in sys.stdin:
    _, name, threads = line.split()
    torch.set_num_threads(int(threads))
    if name not in images:
        with rasterio.open(f"{folder}/{name}") as r:
            images[name] = torch.from_numpy(r.read(1))[None, None]
    start = time.perf_counter()
    with torch.no_grad():
        image = (images[name].float() - 100) * 0.01
        torch.sigmoid(sliding_window_inference(image, (512, 512), 4, network, overlap=0.25, mode="constant"))
    print(time.perf_counter() - start, flush=True)
