"""From scenes to a map with every subcommand, and what the files of a run hold. Real tiles too, where RTS_DATA_DIR names them."""
import csv
import json
import os
import re
import struct
import subprocess
from pathlib import Path

from program import FOLDER, check, finish, run, scenes

data = scenes()
OUT = FOLDER / "runs"
folder = OUT / "tiny-first"
common = ("--out", OUT, "--name", "first")

text = run("doctor", says=["gdal", "libtorch", "GeoTIFF"])
run("config", says=["Focal", "0.75"])
run("check-data", "--data", data, "--out", OUT, says=["train", "val", "test", "positive", "drift"])
for name in ("report.html", "samples.png", "histogram_red.png"):
    check((OUT / "check" / name).stat().st_size > 0, f"check-data leaves no {name}")
run("split", "--data", data, "--out", OUT, says=["regions"])
run("split", "--data", data, "--out", OUT, "--folds", 3, says=["fold_3"])
run("stats", "--data", data, "--out", OUT)
# Packed tiles and tiles cut from scenes and outlines train like the dataset itself; regions in turn are a sampler of their own.
pack = FOLDER / "tiny.rtspack"
run("prepare", "--data", data, "--out", OUT, "--pack", pack, says=["byte for byte"])
once = ("--max-epochs", 1, "--out", OUT)
run("train", "--packed", pack, *once, "--name", "packed", says=["loader:"])
run("train", "--data", data, *once, "--name", "plain")
check((OUT / "tiny-packed/best_model.safetensors").read_bytes() == (OUT / "tiny-plain/best_model.safetensors").read_bytes(), "packed tiles train other weights than their source")
run("tile", "--rasters", *sorted((data / "images").glob("*.tif")), "--polygons", *sorted((data / "polygons").glob("*.geojson")), "--data", FOLDER / "tiled", "--scale", "1e-4", says=["regions", "split into"])
run("train", "--variant", "regions", "--data", FOLDER / "tiled", *once, "--name", "tiled", says=["regions"])
run("train", "--variant", "hard", "--data", data, "--max-epochs", 2, "--out", OUT, "--name", "hard", says=["hard negatives: 7 of 33", "of them hard"])
run("train", "--variant", "small", "--data", data, *once, "--name", "small", says=["tiles at 1/2 of the resolution"])
run("prepare", "--variant", "small", "--data", data, "--out", OUT)
run("train", "--variant", "small", "--packed", OUT / "small.rtspack", *once, "--name", "refused", code=3, says=["RTS-D74"])
run("train", "--variant", "large", "--data", data, *once, "--name", "resized", "--init-from", OUT / "small-small", says=["weights from", "missing: none"])
run("train", "--data", data, *common, says=["epoch   3", "best epoch", "report.html"])
for name in ("config.yaml", "recipe.txt", "normalization_stats.json", "training_log.csv", "events.jsonl", "best_model.safetensors", "environment_frozen.txt", "report.html", "checkpoints/last.safetensors"):
    check((folder / name).stat().st_size > 0, f"{name} is missing or empty")
rows = list(csv.DictReader(open(folder / "training_log.csv")))
check([r["epoch"] for r in rows] == ["1", "2", "3"], f"epochs in the log: {[r['epoch'] for r in rows]}")
for column in ("train_loss", "val_loss", "train_iou_rts", "val_balanced_pr_auc", "val_200_pr_auc", "val_200_iou_rts", "val_200_precision", "val_200_recall", "val_200_f05", "val_200_obj_precision", "val_200_obj_recall", "val_realistic_pr_auc", "lr_decoder"):
    check(column in rows[0], f"the log lacks {column}")
check(float(rows[2]["train_loss"]) < float(rows[0]["train_loss"]), f"the loss does not fall: {[r['train_loss'] for r in rows]}")

run("evaluate", *common, "--baselines", "--bootstrap", 50, "--json", FOLDER / "evaluation.json", says=["logistic regression", "always positive", "by region"])
table = json.loads((FOLDER / "evaluation.json").read_text())
check({r["what"] for r in table["rows"]} == {"model", "logistic regression", "always positive"}, "rows of the table")
for r in table["rows"]:
    check(r["pr_auc"] is not None and 0 <= r["pr_auc"] <= 1, f"PR-AUC {r}")
    if r["what"] == "model":
        check(r["interval_tiles"][0] <= r["pr_auc"] + 0.05 and r["pr_auc"] <= r["interval_tiles"][1] + 0.05, f"interval {r}")
html = (folder / "report.html").read_text()
check("http://" not in html and "https://" not in html, "the report loads something from the net")
for source in re.findall(r'(?:src|href)="([^"#]+)"', html):
    check(source.startswith("data:") or (folder / source).exists(), f"the report refers to {source[:80]}")

scene = data / "images" / "region_06.tif"
run("predict", *common, scene, says=["map:"])
map_file = folder / "maps" / "region_06_probability.tif"
info = json.loads(subprocess.run(["gdalinfo", "-json", "-stats", map_file], capture_output=True, text=True, check=True).stdout)
source = json.loads(subprocess.run(["gdalinfo", "-json", scene], capture_output=True, text=True, check=True).stdout)
check(info["size"] == source["size"] and info["geoTransform"] == source["geoTransform"], "the map has another size or place")
check("UTM" in info["coordinateSystem"]["wkt"], "the map has no CRS")
band = info["bands"][0]
check(0 <= band["minimum"] <= band["maximum"] <= 1, f"probabilities from {band['minimum']} to {band['maximum']}")
run("predict", *common, "--map", FOLDER / "single.tif", "--batch", 1, scene)
pixels = [subprocess.run(["gdal_translate", "-q", "-of", "XYZ", f, "/vsistdout/"], capture_output=True, text=True, check=True).stdout.split() for f in (map_file, FOLDER / "single.tif")]
check(all(abs(float(a) - float(b)) < 1e-4 for a, b in zip(*pixels)), "a map depends on the batch size")
# Another year's imagery: values shifted and stretched. The model warns; one that matches histograms maps it like the first.
shifted = FOLDER / "shifted.tif"
subprocess.run(["gdal_translate", "-q", "-scale", "0", "10000", "1500", "14000", scene, shifted], check=True)
run("predict", *common, "--map", FOLDER / "shifted_map.tif", shifted, says=["drift, red"])
small = ("--variant", "small", "--out", OUT, "--name", "small")
run("predict", *small, "--map", FOLDER / "year_1.tif", scene, says=["matched red"])
run("predict", *small, "--map", FOLDER / "year_2.tif", shifted, says=["matched red"])
pixels = [subprocess.run(["gdal_translate", "-q", "-of", "XYZ", FOLDER / f, "/vsistdout/"], capture_output=True, text=True, check=True).stdout.split()[2::3] for f in ("year_1.tif", "year_2.tif")]
apart = sum(abs(float(a) - float(b)) for a, b in zip(*pixels)) / len(pixels[0])
check(apart < 0.01, f"matched maps of two years differ by {apart}")
run("report", *common, says=["report.html"])

# The same run again gives the same bytes.
run("train", "--data", data, "--out", OUT, "--name", "second", "--quiet")
check((OUT / "tiny-second" / "best_model.safetensors").read_bytes() == (folder / "best_model.safetensors").read_bytes(), "two runs of one seed differ")
run("train", "--data", data, "--out", OUT, "--name", "other_seed", "--seed", 7, "--max-epochs", 1, says=["departs from the recipe"])
check("--max-epochs 1" in (OUT / "tiny-other_seed" / "report.html").read_text(), "the report does not say that the run is shortened")
run("train", "--data", data, "--out", OUT, "--name", "continued", "--init-from", folder, "--max-epochs", 1, says=["weights from", "missing: none"])
run("train", "--data", data, "--out", OUT, "--name", "shuffled", "--shuffle-pixels", "--max-epochs", 1)
run("train", "--data", data, "--out", OUT, "--name", "bf16", "--bf16", "--max-epochs", 1)

# Weights in safetensors: the header's offsets cover the file, the encoder is under the peer's names.
raw = (folder / "best_model.safetensors").read_bytes()
size = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8 : 8 + size])
check("encoder.conv_stem.weight" in header and header["__metadata__"]["model"] == "unetplusplus/efficientnet-lite0", "names in the weights file")
check(max(t["data_offsets"][1] for n, t in header.items() if n != "__metadata__") == len(raw) - 8 - size, "the weights file has another length than its header says")

real = Path(os.environ.get("RTS_DATA_DIR", "/nonexistent")) / "rts"
if real.is_dir():
    split = OUT / "split.csv"
    run("split", "--data", real, "--out", OUT, "--variant", "real", says=["10 regions"])
    run("check-data", "--variant", "real", "--data", real, "--split", split, "--out", OUT, says=["positive"])
    run("train", "--variant", "real", "--data", real, "--split", real / "published_split.csv", "--out", OUT, "--name", "leaks", code=3, says=["RTS-D82", "416 pairs"])
    with open(FOLDER / "by_scene.csv", "w") as f:
        f.write("tile,split\n")
        names = sorted({r["scene"] for r in csv.DictReader(open(real / "tiles.csv"))})
        for r in csv.DictReader(open(real / "tiles.csv")):
            f.write(f"{r['tile']},{('train', 'train', 'val', 'test')[names.index(r['scene']) % 4]}\n")
    run("train", "--variant", "real", "--data", real, "--split", FOLDER / "by_scene.csv", "--out", OUT, "--name", "leaks", code=3, says=["RTS-D82", "overlap"])
    run("train", "--variant", "real", "--data", real, "--split", split, "--out", OUT, "--name", "real", "--max-epochs", 1, "--statistics-share", 0.1, says=["best epoch"])
    print("real tiles: done")
else:
    print("real tiles: skipped, RTS_DATA_DIR does not name them")
finish()
