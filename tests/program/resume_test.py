"""A run that is killed or stopped, then resumed, leaves the same bytes as the unbroken one, with any number of loader threads."""
import csv
import os
import signal
import subprocess
import time

from program import FOLDER, PROGRAM, check, finish, run, scenes

data = scenes(train=5, size=384)


def state(name, variant="tiny"):
    folder = FOLDER / "runs" / f"{variant}-{name}"
    weights = (folder / "best_model.safetensors").read_bytes()
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(open(folder / "training_log.csv"))]
    return weights, rows


def train(name, threads, variant="tiny", kill=None):
    """Trains; with `kill`, sends that signal in the middle of the second epoch and resumes."""
    command = [PROGRAM, "train", "--variant", variant, "--data", str(data), "--out", str(FOLDER / "runs"), "--name", name, "--threads", str(threads)]
    if kill is None:
        run(*command[1:])
        return
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seen = ""
    for line in p.stdout:
        seen += line
        if line.startswith("epoch 2: drew"):
            time.sleep(0.4)  # some steps into the epoch
            p.send_signal(kill)
            break
    rest = p.stdout.read()
    p.wait()
    if kill == signal.SIGKILL:
        check(p.returncode == -signal.SIGKILL, f"{name}: ended before it was killed: {p.returncode}")
        check(len(state(name, variant)[1]) == 1, f"{name}: {len(state(name, variant)[1])} rows after the kill, expected 1")
    else:
        check(p.returncode == 4, f"{name}: exit code {p.returncode} after a signal, expected 4\n{rest}")
        check("resume --variant" in rest, f"{name}: does not say how to resume\n{rest}")
    leftovers = [f.name for f in (FOLDER / "runs" / f"{variant}-{name}").rglob("*") if ".tmp" in f.name]
    check(kill == signal.SIGKILL or not leftovers, f"{name}: half-written files {leftovers}")
    run("resume", "--variant", variant, "--out", FOLDER / "runs", "--name", name)


for variant in ("tiny", "frozen", "hard"):
    train("unbroken", 2, variant)
    want = state("unbroken", variant)
    check(len(want[1]) == 3, f"{len(want[1])} epochs logged, expected 3")
    cases = [("kill_1", 1, signal.SIGKILL), ("kill_2", 2, signal.SIGKILL), ("kill_4", 4, signal.SIGKILL), ("term", 2, signal.SIGTERM), ("int", 4, signal.SIGINT), ("four", 4, None)]
    for name, threads, kill in cases if variant == "tiny" else cases[1:2]:
        train(name, threads, variant, kill)
        got = state(name, variant)
        check(got[0] == want[0], f"{variant} {name}: best_model.safetensors differs from the unbroken run's")
        check(got[1] == want[1], f"{variant} {name}: the log differs\n{want[1]}\n{got[1]}")
        print(f"{variant} {name}, {threads} loader threads: same bytes, same log" if got == want else f"{variant} {name}: DIFFERS", flush=True)
finish()
