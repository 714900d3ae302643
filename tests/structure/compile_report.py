"""What an experiment costs to compile, against the budget: seconds and peak memory, measured without ccache."""
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

compiler, source, torch, folder, nvcc = sys.argv[1], *(Path(p).resolve() for p in sys.argv[2:5]), sys.argv[5] if len(sys.argv) > 5 else ""
folder.mkdir(parents=True, exist_ok=True)
flags = ["-std=c++20", "-O2", f"-I{source}/include", f"-idirafter{torch}/include/torch/csrc/api/include", f"-idirafter{torch}/include", "-I/usr/include/gdal"]
baseline = source / "examples" / "baseline" / "main.cpp"
rows, failed = [], 0


def measure(what, command, seconds, megabytes=None):
    global failed
    start = time.monotonic()
    process = subprocess.Popen([str(c) for c in command])
    _, status, usage = os.wait4(process.pid, 0)
    took, peak = time.monotonic() - start, usage.ru_maxrss / 1024
    good = status == 0 and took <= seconds and (megabytes is None or peak <= megabytes)
    failed += not good
    rows.append({"what": what, "seconds": round(took, 2), "peak_mb": round(peak), "budget_s": seconds, "budget_mb": megabytes})
    print(f"{'ok  ' if good else 'OVER'} {what:<58} {took:6.1f} s of {seconds:3.0f}  {peak:6.0f} MB{f' of {megabytes}' if megabytes else ''}", flush=True)
    return took


# Ten variants of the baseline beside one: the cost of each further one.
text = baseline.read_text()
names = [f"seed_{i}" for i in range(10)]
many = text[: text.index("int main")] + "int main(int argc, char** argv) {\n  return cli::run<Variant<\"baseline\", Baseline>" + "".join(
    f",\n    Variant<\"{n}\", Baseline::with<train::Deterministic<{{.seed = {i}}}>, losses::Focal<{{.gamma = {1 + i / 10}, .alpha = 0.25}}>>>" for i, n in enumerate(names)) + ">(argc, argv);\n}\n"
(folder / "many.cpp").write_text(many)
precompiled = folder / "baseline.hpp"
precompiled.write_text("#include <rts/rts.hpp>\n")
subprocess.run([compiler, *flags, "-DRTS_COMPILED", "-x", "c++-header", precompiled, "-o", f"{precompiled}.gch"], check=True)

measure("baseline, rts::compiled, precompiled header", [compiler, *flags, "-DRTS_COMPILED", "-include", precompiled, "-c", baseline, "-o", folder / "a.o"], 25)
one = measure("baseline, rts::compiled", [compiler, *flags, "-DRTS_COMPILED", "-c", baseline, "-o", folder / "b.o"], 45)
eleven = measure("baseline and ten further variants, rts::compiled", [compiler, *flags, "-DRTS_COMPILED", "-c", folder / "many.cpp", "-o", folder / "c.o"], 45 + 20)
each = (eleven - one) / 10
print(f"{'ok  ' if each <= 2 else 'OVER'} each further variant {each:.2f} s of 2")
failed += each > 2
measure("baseline, header-only", [compiler, *flags, "-c", baseline, "-o", folder / "d.o"], 120, 4096)
PART = ["-DRTS_PASS_TYPE=fp32", "-DRTS_PASS_REGIONS=true", "-DRTS_PASS_SOFTMAX=true"]  # the heaviest of pass.cu's twelve compilations
if nvcc:
    for kernel in sorted((source / "src" / "kernels").glob("*.cu")):
        measure(f"{kernel.name}, sm_80, sm_90, PTX", [nvcc, "-std=c++20", "-O3", f"-I{source}/include", "-gencode=arch=compute_80,code=sm_80", "-gencode=arch=compute_90,code=[sm_90,compute_90]", "--expt-relaxed-constexpr", *PART, "-c", kernel, "-o", folder / "k.o"], 30)
(folder / "report.json").write_text(json.dumps(rows, indent=1) + "\n")
print(f"{len(rows) + 1 - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)
