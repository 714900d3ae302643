"""Runs ours and a peer's worker by turns and compares medians; the interval of the ratio is a paired bootstrap.

A worker answers each line on its standard input with the seconds that the work of this name took.
"""
import json
import random
import statistics
import subprocess


class Worker:
    def __init__(self, command, core=None):
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        self.process = subprocess.Popen(pinned + [str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, work):
        self.process.stdin.write(work + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the worker ended: {self.process.args}")
        return float(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(name, ours, peer, peer_name, work, rounds, warm=3, peer_work=None):
    """One row: medians in seconds, ratio peer / ours (above 1: ours is faster), and the 95 % interval of ours / peer."""
    pairs = []
    for i in range(rounds + warm):
        first = i % 2 == 0  # who goes first changes
        a = ours.ask(work) if first else None
        b = peer.ask(peer_work or work)
        a = a if first else ours.ask(work)
        if i >= warm:
            pairs.append((a, b))
    draw = random.Random(1)
    ratios = sorted(
        statistics.median(p[0] for p in sample) / statistics.median(p[1] for p in sample)
        for sample in ([draw.choice(pairs) for _ in pairs] for _ in range(2000))
    )
    a, b = statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)
    row = {"name": name, "ours": a, "peer": b, "peer_name": peer_name, "unit": "s", "ratio": b / a, "ours_over_peer_95": [ratios[50], ratios[1949]], "rounds": rounds}
    print(f"{name:<42} ours {a:.3g} s  {peer_name} {b:.3g} s  ratio {b / a:.3f}  ours/peer 95 % {ratios[50]:.3f} to {ratios[1949]:.3f}", flush=True)
    return row


def write(rows, path):
    if path:
        with open(path, "w") as f:
            json.dump(rows, f, indent=1)
            f.write("\n")
