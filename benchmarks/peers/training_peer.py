"""The same step and forward pass in Python: segmentation_models_pytorch in channels-last, the faster of its two layouts."""
import sys
import time

import segmentation_models_pytorch as smp
import torch

torch.set_num_threads(2)
torch.manual_seed(1)
layout = torch.channels_last if "--contiguous" not in sys.argv else torch.contiguous_format
network = smp.UnetPlusPlus("efficientnet-b0", encoder_weights=None).to(memory_format=layout)
loss = smp.losses.FocalLoss("binary", alpha=0.25, gamma=2.0)
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=1e-2, fused=True)
image = torch.randn(4, 3, 256, 256).contiguous(memory_format=layout)
label = (torch.rand(4, 1, 256, 256) < 0.1).float()
for line in sys.stdin:
    start = time.perf_counter()
    if line.strip() == "step":
        network.train()
        value = loss(network(image), label)
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    else:
        network.eval()
        with torch.no_grad():
            network(image)
    print(time.perf_counter() - start, flush=True)
