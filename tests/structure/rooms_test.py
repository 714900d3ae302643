"""Reads every include: a room may use only what the design's table says, each kind of header only what its name allows."""
import re
import sys
from pathlib import Path

root = Path(sys.argv[1]) / "include" / "rts"
EVERYTHING = "core raster losses models metrics data data/raster_source samplers augment optim schedulers calibration train inference tracking study cli testing".split()
MAY = {
    "core": [],
    "raster": ["core"],
    "losses": ["core"],
    "models": ["core"],
    "metrics": ["core"],
    "data": ["core"],
    "data/raster_source": ["core", "raster", "data"],
    "samplers": ["core", "data"],
    "augment": ["core"],
    "optim": ["core"],
    "schedulers": ["core"],
    "calibration": ["core", "metrics"],
    "train": [r for r in EVERYTHING if r not in ("raster", "data/raster_source", "train", "inference", "tracking", "study", "cli", "testing")],
    "inference": ["core", "raster", "models", "data", "metrics", "calibration"],
    "tracking": ["core", "metrics"],
    "study": ["core", "data", "train", "tracking", "calibration"],
    "cli": EVERYTHING,
    "testing": EVERYTHING,
}
HEAVY = re.compile(r"^(ATen|c10|torch|gdal|ogr|cpl_|nlohmann|CLI|fmt|range)")
failures, checked = [], 0


def room_of(path):
    parts = Path(path).parts
    if parts[:2] == ("data", "raster_source"):
        return "data/raster_source"
    return parts[0] if len(parts) > 1 else None


for file in sorted(p for p in root.rglob("*") if p.suffix in (".hpp", ".ipp", ".cuh")):
    name = file.relative_to(root)
    text = file.read_text()
    lines = text.count("\n")
    if lines > 600:
        failures.append(f"{name}: {lines} lines, at most 600")
    if text.splitlines()[0] != "#pragma once":
        failures.append(f"{name}: does not begin with #pragma once")
    room = room_of(name)
    for include in re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', text, re.M):
        checked += 1
        if include.startswith("rts/"):
            target = room_of(include[4:])
            if room is not None and target is not None and target != room and target not in MAY[room]:
                failures.append(f"{name} ({room}) includes {include} ({target})")
            if room is not None and target is None and include not in ("rts/config.hpp",) and room not in ("cli", "testing"):
                failures.append(f"{name} ({room}) includes the umbrella {include}")
            if "/detail/" in include and room_of(include[4:]) != room:
                failures.append(f"{name} includes another room's {include}")
            if name.name.endswith("_policy.hpp") and not re.search(r"(_policy|core/\w+|_formula|concept|recipe|fwd)\.hpp$", include):
                failures.append(f"{name} is a policy header and includes {include}")
        elif (name.name.endswith(("_policy.hpp", "_formula.hpp", "_launch.hpp")) or name.name == "concept.hpp") and HEAVY.match(include):
            failures.append(f"{name} includes {include}")
        if name.name.endswith(("_formula.hpp", "_launch.hpp")) and include.startswith("boost"):
            failures.append(f"{name} includes {include}")
        if include in ("torch/torch.h", "torch/script.h"):
            failures.append(f"{name} includes {include}")
print("\n".join(failures))
print(f"{checked} includes read, {len(failures)} against the table")
sys.exit(1 if failures else 0)
