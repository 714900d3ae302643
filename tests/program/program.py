"""Runs the program under test and checks what it says: shared by the tests of this folder."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = sys.argv[1]
FOLDER = Path(tempfile.mkdtemp(prefix="rts-program-"))
failures = []


def run(*arguments, code=0, says=(), env=None, timeout=600):
    """Runs PROGRAM with arguments, checks its exit code and that its output holds every text of `says`."""
    p = subprocess.run([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, env={**os.environ, **(env or {})})
    check(p.returncode == code, f"{' '.join(map(str, arguments))}: exit code {p.returncode}, expected {code}\n{p.stdout[-3000:]}")
    for text in [says] if isinstance(says, str) else says:
        check(text in p.stdout, f"{' '.join(map(str, arguments))}: output lacks {text!r}\n{p.stdout[-3000:]}")
    return p.stdout


def check(condition, text):
    if not condition:
        failures.append(text)
        print("FAILED:", text, flush=True)


def scenes(name="data", train=3, val=2, test=2, size=256, *more):
    """A small synthetic dataset; its folder."""
    folder = FOLDER / name
    run("synthesize", "--data", folder, "--train-regions", train, "--val-regions", val, "--test-regions", test, "--size", size, "--eval-share", 0.2, "--quiet", *more)
    return folder


def finish():
    shutil.rmtree(FOLDER, ignore_errors=True)
    print(f"{len(failures)} failed checks" if failures else "all checks passed")
    sys.exit(1 if failures else 0)
