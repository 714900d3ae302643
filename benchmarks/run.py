"""scripts/bench: chooses workers and cases. Usage: run.py BUILD training|data [--rounds N] [--json FILE]"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from interleave import Worker, compare, write

parser = argparse.ArgumentParser()
parser.add_argument("build", type=Path)
parser.add_argument("subject", choices=["training", "data"])
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
        subprocess.run([args.build / "examples" / "quickstart", "synthesize", "--data", folder, "--size", "512", "--train-regions", "24", "--val-regions", "2", "--test-regions", "2", "--quiet"], check=True)
        ours = Worker([args.build / "benchmarks" / "bench_read", folder])
        peer = Worker([sys.executable, here / "peers" / "read_peer.py", folder])
        rows.append(compare("loader/deflate_tiles/rasterio", ours, peer, "rasterio", "read", args.rounds or 40))

write(rows, args.json)
