"""Bad input: each gives its own code, names the file, says what to do, has the right exit code and leaves nothing half-written."""
import os
import resource
import shutil
import signal
import struct
import subprocess

from program import FOLDER, PROGRAM, check, finish, run, scenes

clean = scenes("clean")
OUT = FOLDER / "runs"


def gdal(*arguments):
    subprocess.run(list(map(str, arguments)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def copy(name):
    shutil.copytree(clean, FOLDER / name)
    return FOLDER / name


def rewrite(file, *options):
    """The file through gdal_translate with options, in place."""
    gdal("gdal_translate", "-q", *options, file, file.with_suffix(".new.tif"))
    file.with_suffix(".new.tif").replace(file)
    side = file.with_name(file.name.replace(".tif", ".new.tif.aux.xml"))
    if side.exists():
        side.unlink()


def no_rest(name):
    rest = [str(f) for f in OUT.rglob("*") if ".tmp" in f.name or f.name.endswith(".part")]
    check(not rest, f"{name}: half-written files {rest}")


def refused(name, code, change, says=(), exit_code=3, command="train", extra=()):
    """`change(folder)` spoils a copy of the clean dataset; the command must say the code."""
    folder = copy(name)
    change(folder)
    run(command, "--data", folder, "--out", OUT, "--name", name, *extra, code=exit_code, says=[f"[RTS-{code}]", "fix:", *([says] if isinstance(says, str) else says)])
    no_rest(name)
    shutil.rmtree(folder)


IMAGE, LABEL = "images/region_02.tif", "labels/region_02.tif"


def truncate(folder, file=IMAGE):
    data = (folder / file).read_bytes()
    (folder / file).write_bytes(data[: len(data) // 2])


def garbage(folder):
    (folder / IMAGE).write_bytes(b"not a raster" * 100)


def with_nan(folder):
    for file in (folder / "images").glob("*.tif"):
        rewrite(file, "-ot", "Float32", "-co", "COMPRESS=NONE", "-a_nodata", "0")
    file = folder / IMAGE
    data = bytearray(file.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 12] = b"\xff" * 12
    file.write_bytes(data)


def table(folder, edit):
    lines = (folder / "tiles.csv").read_text().splitlines()
    (folder / "tiles.csv").write_text("\n".join(edit(lines)) + "\n")


def blank_labels(folder, region):
    rewrite(folder / f"labels/{region}.tif", "-scale", "0", "1", "0", "0")


refused("truncated", "G52", truncate, "region_02.tif")
refused("garbage", "G51", garbage, "region_02.tif")
refused("no_georeference", "D61", lambda f: rewrite(f / IMAGE, "-co", "PROFILE=BASELINE"), "region_02.tif")
refused("geographic", "D61", lambda f: rewrite(f / IMAGE, "-a_srs", "EPSG:4326", "-a_ullr", "60", "70", "60.01", "69.99"), "region_02.tif")
refused("other_bands", "D63", lambda f: rewrite(f / IMAGE, "-b", "1", "-b", "2"), ["region_02.tif", "expected:", "found:"])
refused("other_pixel_size", "D62", lambda f: rewrite(f / IMAGE, "-a_ullr", "480000", "7700000", "481536", "7698464"), ["region_02.tif", "expected:", "found:"])
refused("label_size", "D64", lambda f: rewrite(f / LABEL, "-srcwin", "0", "0", "200", "256"), ["region_02.tif", "200"])
refused("label_values", "D65", lambda f: rewrite(f / LABEL, "-scale", "0", "1", "3", "7"), ["region_02.tif", "found:"])
refused("label_missing", "G51", lambda f: (f / LABEL).unlink(), "region_02.tif")
refused("empty_table", "D51", lambda f: (f / "tiles.csv").write_text(""), "tiles.csv")
refused("no_rows", "D51", lambda f: (f / "tiles.csv").write_text("tile,scene,region,split,epsg\n"), "tiles.csv")
refused("listed_twice", "D52", lambda f: table(f, lambda t: t + [t[2]]), "region_02")
refused("unknown_split", "D54", lambda f: table(f, lambda t: [t[0], t[1].replace("train", "exercise")] + t[2:]), "exercise")
refused("no_positive", "S51", lambda f: [blank_labels(f, f"region_0{i}") for i in (1, 2, 3)], "0 positive")
refused("no_positive_val", "V52", lambda f: [blank_labels(f, f"region_0{i}") for i in (4, 5)], "val")
refused("other_type", "D68", lambda f: rewrite(f / IMAGE, "-ot", "Float32"), ["region_02.tif", "UInt16", "Float32"])
refused("nan", "D66", with_nan, ["region_02.tif", "row", "column"])
refused("leak", "D82", lambda f: [shutil.copy(f / d / "region_01.tif", f / d / "region_08.tif") for d in ("images", "extra", "labels")] and table(f, lambda t: t + ["region_08,region_08,region_08,test,32640"]), ["region_01", "region_08"])
refused("small_images", "D67", lambda f: [rewrite(p, "-srcwin", "0", "0", "40", "40") for d in ("images", "extra", "labels") for p in (f / d).glob("*.tif")])
refused("no_table", "V52", lambda f: (f / "tiles.csv").unlink(), "split")

# A bad tile found at reading is left out and counted where that is asked for.
folder = copy("skipped")
truncate(folder)
run("train", "--data", folder, "--out", OUT, "--name", "skipped", "--max-epochs", 1, "--skip-bad-tiles", says=["1 bad files left out"])

# Options and places.
run("train", "--data", clean, "--out", "/dev/null/runs", code=1, says="RTS-F52")
run("train", "--data", FOLDER / "nowhere", "--out", OUT, code=3, says=["RTS-D51", "nowhere"])
run("train", "--no-such-option", code=2)
run("train", "--variant", "nothing", code=2, says="RTS-C51")
run("resume", "--out", OUT, "--name", "never", code=2, says="RTS-C54")
run("train", "--data", clean, "--out", OUT, "--device", "cuda:7", code=2, says="RTS-T61")
run("train", "--data", clean, "--out", OUT, "--name", "good", "--max-epochs", 1)
run("train", "--data", clean, "--out", OUT, "--name", "good", code=2, says="RTS-C52")

# A checkpoint of another recipe.
shutil.copytree(OUT / "tiny-good", OUT / "frozen-good")
run("resume", "--variant", "frozen", "--out", OUT, "--name", "good", code=3, says="RTS-T52")

# Weights files.
good = (OUT / "tiny-good" / "best_model.safetensors").read_bytes()
weights = FOLDER / "weights"
weights.mkdir()


def bad_weights(name, content, code, exit_code=3):
    (weights / name).write_bytes(content)
    run("train", "--data", clean, "--out", OUT, "--name", "w", "--overwrite", "--encoder-weights", weights / name, code=exit_code, says=[f"[RTS-{code}]", name])


bad_weights("truncated.safetensors", good[: len(good) // 2], "W52")
bad_weights("huge_header.safetensors", struct.pack("<Q", 1 << 60) + good[8:], "W52")
bad_weights("no_json.safetensors", struct.pack("<Q", 16) + b"{" * 16, "W52")
overlapping = b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}'
bad_weights("overlapping.safetensors", struct.pack("<Q", len(overlapping)) + overlapping + b"\0" * 24, "W52")
outside = b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,1600]}}'
bad_weights("outside.safetensors", struct.pack("<Q", len(outside)) + outside + b"\0" * 16, "W52")
other = b'{"some.weight":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
bad_weights("other_model.safetensors", struct.pack("<Q", len(other)) + other + b"\0" * 16, "W61")
bad_weights("code.pth", b"\x80\x02cos\nsystem\nU\x04trueR.", "W54")
run("train", "--data", clean, "--out", OUT, "--name", "w", "--overwrite", "--encoder-weights", weights / "none.safetensors", code=3, says="RTS-W51")

# A full disk: files beyond a size cannot be written.
def full_disk(name, limit, code, *arguments):
    def few_bytes():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    p = subprocess.run([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=few_bytes, restore_signals=False)
    check(p.returncode == 1 and code in p.stdout and "fix:" in p.stdout, f"{name}: exit code {p.returncode}\n{p.stdout[-2000:]}")
    no_rest(name)


full_disk("checkpoint", 1 << 20, "RTS-W53", "train", "--data", clean, "--out", OUT, "--name", "full", "--max-epochs", 1)
check(not (OUT / "tiny-full" / "best_model.safetensors").exists(), "a weights file was left on a full disk")
full_disk("map", 20000, "RTS-G54", "predict", "--out", OUT, "--name", "good", "--map", OUT / "full.tif", clean / IMAGE)
check(not (OUT / "full.tif").exists(), "half a map was left on a full disk")

# Maps: other bands, other resolution, not a raster.
gdal("gdal_translate", "-q", "-b", "1", clean / IMAGE, FOLDER / "one_band.tif")
run("predict", "--out", OUT, "--name", "good", FOLDER / "one_band.tif", code=3, says=["RTS-I53", "one_band.tif"])
gdal("gdal_translate", "-q", "-outsize", "50%", "50%", clean / IMAGE, FOLDER / "coarse.tif")
run("predict", "--out", OUT, "--name", "good", FOLDER / "coarse.tif", code=3, says=["RTS-I54", "coarse.tif"])
run("predict", "--out", OUT, "--name", "good", weights / "code.pth", code=3, says="RTS-G51")
run("predict", "--out", OUT, "--name", "good", clean / IMAGE, clean / "images/region_03.tif", code=3, says="RTS-I51")
finish()
