"""scripts/bench: chooses workers and cases. Usage: run.py BUILD training|data|losses|metrics|inference [--rounds N] [--json FILE]"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from interleave import Worker, compare, write

parser = argparse.ArgumentParser()
parser.add_argument("build", type=Path)
parser.add_argument("subject", choices=["training", "data", "losses", "metrics", "inference"])
parser.add_argument("--rounds", type=int)
parser.add_argument("--json")
args = parser.parse_args()
here = Path(__file__).parent
rows = []

if args.subject == "training":
    ours = Worker([args.build / "benchmarks" / "bench_training"])
    peer = Worker([sys.executable, here / "peers" / "training_peer.py"])
    for work, name in (("forward", "inference/unetplusplus_b0_4x3x256x256/smp"), ("step", "training/unetplusplus_b0_4x3x256x256/smp")):
        rows.append(compare(name, ours, peer, "segmentation_models_pytorch 0.6.0, channels-last", work, args.rounds or 60))

if args.subject == "data":
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, here / "peers" / "make_tiles.py", folder], check=True)
        n = args.rounds or 15
        ours = Worker([args.build / "benchmarks" / "bench_augment", folder], core=1)
        peer = Worker([sys.executable, here / "peers" / "augment_peer.py", folder], core=1)
        for work in ("rgb_guide", "bands9_guide", "rgb_forced", "bands9_forced", "rgb_axis_colour", "bands9_axis_colour"):
            rows.append(compare(f"augment/{work}/albumentations", ours, peer, "albumentations 2.0.8", work, n))
        rows.append(compare("augment/bands9_guide/none", ours, ours, "no transform, normalization alone", "bands9_guide", n, peer_work="bands9_none"))
        sets = ("deflate_tiles", "deflate_windows", "plain_tiles")
        loader = Worker([args.build / "benchmarks" / "bench_loader", folder] + [f"{s}={folder}/{s}" for s in sets])
        reader = Worker([sys.executable, here / "peers" / "loader_peer.py"] + [f"{s}={folder}/{s}" for s in sets])
        for s in sets:
            rows.append(compare(f"loader/{s}/rasterio", loader, reader, "rasterio, one process", f"{s} 1 tiles", n, peer_work=s))
        rows.append(compare("loader/packed_raw_2_threads/memcpy", loader, loader, "memcpy, two threads", "packed_plain_tiles 2 raw", n, peer_work="memcpy 2"))
        rows.append(compare("loader/guide_2_threads/one_thread", loader, loader, "one thread", "packed_plain_tiles 2 guide", n, peer_work="packed_plain_tiles 1 guide"))

if args.subject == "losses":
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(1)
        y, x = np.mgrid[0:512, 0:512]
        labels = np.zeros((4, 512, 512), np.uint8)
        for i in range(4):  # some forty blobs a tile, no ignored label: OpenCV's morphology knows none
            for _ in range(40):
                cy, cx, ry, rx = rng.uniform(0, 512), rng.uniform(0, 512), rng.uniform(4, 30), rng.uniform(4, 30)
                labels[i] |= (((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1).astype(np.uint8)
        (rng.standard_normal((4, 1, 512, 512), np.float32) * 4).tofile(f"{folder}/logits.f32")
        labels.tofile(f"{folder}/labels.u8")
        np.ones((4, 512, 512), np.uint8).tofile(f"{folder}/valid.u8")
        ours = Worker([args.build / "benchmarks" / "bench_losses_worker", folder], core=1)
        peer = Worker([sys.executable, here / "peers" / "losses_peer.py", folder], core=1)
        n = args.rounds or 40
        for isa in ("avx512", "avx2", "baseline"):
            rows.append(compare(f"focal/fp32_{isa}/floor", ours, ours, "arithmetic floor", f"focal {isa}", n, peer_work=f"floor {isa}"))
            rows.append(compare(f"focal_tversky_ring/fp32_{isa}/floor", ours, ours, "arithmetic floor", f"focal_tversky_ring {isa}", n, peer_work=f"floor {isa}"))
        rows.append(compare("focal/fp32/copy", ours, ours, "plain copy", "focal", n, peer_work="copy"))
        for name, work, peer_name, peer_work in (
            ("focal/fp32/torch_composed", "focal", "composed torch operators (ours)", None),
            ("focal/fp32/torchvision", "focal", "torchvision 0.26 sigmoid_focal_loss", "focal_torchvision"),
            ("focal/fp32_avx2/torchvision", "focal avx2", "torchvision 0.26 sigmoid_focal_loss", "focal_torchvision"),
            ("focal/fp32/smp", "focal", "segmentation_models_pytorch 0.6.0", "focal_smp"),
            ("focal/fp32_avx2/smp", "focal avx2", "segmentation_models_pytorch 0.6.0", "focal_smp"),
            ("focal/fp32/monai", "focal", "MONAI 1.5.1", "focal_monai"),
            ("tversky/fp32/torch_three_sums", "tversky", "three sums in torch operators", "tversky_lean"),
            ("tversky/fp32/smp", "tversky", "segmentation_models_pytorch 0.6.0", "tversky_smp"),
            ("tversky/fp32/monai", "tversky", "MONAI 1.5.1", "tversky_monai"),
            ("focal_tversky_ring/fp32/scipy", "focal_tversky_ring", "torchvision + three sums + scipy distance", "ring_scipy"),
            ("focal_tversky_ring/fp32/opencv", "focal_tversky_ring", "torchvision + three sums + OpenCV disc", "ring_opencv"),
            ("ring/box_w3/opencv_box", "ring_box_w3", "cv2 5.0 dilate + erode", "opencv_box_w3"),
            ("ring/box_w5/opencv_box", "ring_box_w5", "cv2 5.0 dilate + erode", "opencv_box_w5"),
            ("ring/l2_w3/opencv_disc", "ring_l2_w3", "cv2 5.0 dilate + erode", "opencv_disc_w3"),
            ("ring/l2_w5/opencv_disc", "ring_l2_w5", "cv2 5.0 dilate + erode", "opencv_disc_w5"),
            ("ring/l2_w3/opencv_distance", "ring_l2_w3", "cv2 5.0 distanceTransform, precise, both sides", "opencv_distance"),
            ("ring/l2_w5/opencv_distance", "ring_l2_w5", "cv2 5.0 distanceTransform, precise, both sides", "opencv_distance"),
            ("ring/l2_w3/scipy_distance", "ring_l2_w3", "scipy distance_transform_edt, both sides", "scipy_distance"),
            ("ring/l2_w5/scipy_distance", "ring_l2_w5", "scipy distance_transform_edt, both sides", "scipy_distance"),
        ):
            rows.append(compare(name, ours, peer if peer_work else ours, peer_name, work, n, peer_work=peer_work or "focal_composed"))

if args.subject == "metrics":
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, here / "peers" / "make_metrics.py", folder], check=True)
        ours = Worker([args.build / "benchmarks" / "bench_metrics", folder], core=1)
        peer = Worker([sys.executable, here / "peers" / "metrics_peer.py", folder], core=1)
        for what in ("average_precision_bf16", "roc_auc_bf16", "objects_count", "objects_area"):
            a, b = ours.ask(f"value {what}"), peer.ask(f"value {what}")
            print(f"{what}: {a!r} and {b!r}, difference {abs(a - b) / abs(b):.2g}")
            if abs(a - b) > 1e-12 * abs(b):
                raise SystemExit(f"{what} differs")
        subprocess.run([sys.executable, here / "peers" / "matching_check.py", args.build / "benchmarks" / "bench_metrics", folder], check=True)
        n = args.rounds or 15
        for name, work, peer_name, peer_work in (
            ("average_precision/fp32/sklearn", "average_precision_fp32", "scikit-learn 1.9.1", None),
            ("average_precision/bf16/sklearn", "average_precision_bf16", "scikit-learn 1.9.1", None),
            ("average_precision/four_ratios/sklearn", "average_precision_all_ratios", "scikit-learn 1.9.1, one ratio", "average_precision_fp32"),
            ("objects/match/opencv_stats", "objects_match", "cv2 5.0 connectedComponentsWithStats, one mask, no matching", "opencv_stats"),
            ("objects/match/cc3d", "objects_match", "cc3d 4.1.1 labels, one mask, no matching", "cc3d_alone"),
            ("objects/match_extent/opencv_stats", "objects_match_extent", "cv2 5.0 connectedComponentsWithStats, one mask, no matching", "opencv_stats"),
        ):
            rows.append(compare(name, ours, peer, peer_name, work, n, warm=1, peer_work=peer_work))

if args.subject == "inference":
    with tempfile.TemporaryDirectory() as folder:
        for name, options in (("plain", []), ("deflate", ["-co", "COMPRESS=DEFLATE", "-co", "PREDICTOR=2"])):
            subprocess.run([sys.executable, here / "peers" / "make_raster.py", f"{folder}/{name}.tif", "16384", "8192", *options], check=True)
        ours = Worker([args.build / "benchmarks" / "bench_inference", folder])
        peer = Worker([sys.executable, here / "peers" / "inference_peer.py", folder])
        n = args.rounds or 7
        for name in ("plain", "deflate"):
            rows.append(compare(f"inference/identity_{name}/monai", ours, peer, "MONAI 1.5.1 sliding_window_inference, in memory", f"map {name}.tif 1", n, warm=1))
            rows.append(compare(f"inference/identity_{name}/gdal_copy", ours, ours, "GDAL CreateCopy, plain", f"map {name}.tif 1", n, warm=1, peer_work=f"copy {name}.tif"))
            rows.append(compare(f"inference/identity_{name}_to_deflate/gdal_copy", ours, ours, "GDAL CreateCopy, DEFLATE", f"map_deflate {name}.tif 1", n, warm=1, peer_work=f"copy_deflate {name}.tif"))
        for row in rows:
            row["mpx_per_second"] = 16384 * 8192 / 1e6 / row["ours"]
            print(f"{row['name']}: {row['mpx_per_second']:.0f} Mpx/s")

write(rows, args.json)
