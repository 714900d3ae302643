"""Each header compiles alone, once with the compiled library's declarations; policies without torch or GDAL on the include path."""
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

compiler, source, torch, folder = sys.argv[1], *(Path(p).resolve() for p in sys.argv[2:5])
include = source / "include"
with_torch = [f"-idirafter{torch}/include/torch/csrc/api/include", f"-idirafter{torch}/include", "-I/usr/include/gdal"]
folder.mkdir(parents=True, exist_ok=True)
launcher = ["ccache"] if subprocess.run(["sh", "-c", "command -v ccache"], capture_output=True).returncode == 0 else []


def compile_alone(header):
    name = str(header.relative_to(include))
    text = f"#include <{name}>\n#include <{name}>\n"
    file = folder / (name.replace("/", "_") + ".cpp")
    file.write_text(text)
    light = name.endswith(("_policy.hpp", "_formula.hpp", "_launch.hpp", "concept.hpp")) or name in ("rts/recipe.hpp", "rts/fwd.hpp")
    flags = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-DRTS_COMPILED", f"-I{include}", *([] if light else with_torch)]
    p = subprocess.run([*launcher, compiler, *flags, "-c", str(file), "-o", "/dev/null" if not launcher else str(file.with_suffix(".o"))], capture_output=True, text=True, cwd=folder)
    return name, p.returncode == 0 and "warning" not in p.stderr, p.stderr


headers = sorted((include / "rts").rglob("*.hpp"))
failed = 0
with ThreadPoolExecutor(2) as pool:
    for name, good, text in pool.map(compile_alone, headers):
        if not good:
            failed += 1
            print(f"{name} does not compile alone:\n{text[:1500]}")
print(f"{len(headers) - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)
