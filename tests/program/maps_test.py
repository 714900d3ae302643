"""From a model to a map with every option: calibration, operating point, objects, polygons, parts, resumes, views, scales, scores, refusals."""
import json
import subprocess

from program import FOLDER, check, finish, run, scenes

data = scenes()
OUT = FOLDER / "runs"
common = ("--out", OUT, "--name", "map")
folder = OUT / "tiny-map"
scene = data / "images" / "region_06.tif"
run("train", "--data", data, *common, "--quiet")
run("train", "--data", data, "--out", OUT, "--name", "other", "--seed", 5, "--quiet")


def pixels(path):
    return subprocess.run(["gdal_translate", "-q", "-of", "XYZ", path, "/vsistdout/"], capture_output=True, text=True, check=True).stdout.split()[2::3]


# Calibration: too few negatives are refused unless asked for; files under the guide's names; bound to what it was chosen for.
run("calibrate", *common, code=3, says=["RTS-P54", "--accept-few-negatives"])
run("calibrate", *common, "--accept-few-negatives", "--objective", "pixel", "--target", 0.1, "--at-ratio", 1, says=["T = ", "PR-AUC", "operating point:"])
point = json.loads((folder / "operating_point.json").read_text())
table = json.loads((folder / "threshold_calibration.json").read_text())
check(set(table["thresholds"]) == {"1", "200"} and point["objective"] == "pixel precision 0.1", f"calibration files: {table['thresholds']}")
check(point["threshold"] is not None and 0 < point["threshold"] < 1 and point["slope"] > 0, f"operating point {point}")
check(table["nll_after"] <= table["nll_before"], "temperature made the likelihood worse")
run("calibrate", "--out", OUT, "--name", "other", "--accept-few-negatives", "--target", 0.2, "--at-ratio", 1, "--calibration", "platt", "--by-region", says=["slope", "object precision 0.2 at IoU 0.3"])
run("evaluate", *common, "--operating-point", "--bootstrap", 20, "--pictures", 2, says=["mapped like rasters, at the operating point", "evaluated 1 time with", "objects by size"])
run("evaluate", *common, "--bootstrap", 20, "--pictures", 2, says=["evaluated 2 times with"])
run("evaluate", *common, "--bootstrap", 20, "--pictures", 0, "--tta", "minimal", "--on", "val", says=["mapped like rasters"])
run("evaluate", *common, "--operating-point", "--tta", "full", code=3, says=["RTS-P53", "test-time augmentation: none, here full"])
run("evaluate", *common, "--operating-point-file", OUT / "tiny-other" / "operating_point.json", code=3, says=["RTS-P53", "weights"])
html = (folder / "report.html").read_text()
for text in ("Objects", "Calibration, on validation", "The white bar is", "worst_misses"):
    check(text in html, f"the report lacks {text}")
for name in ("pr_curves.png", "reliability.png"):
    check((folder / "plots" / name).stat().st_size > 0, f"no {name}")

# A map at the operating point: probability, mask, polygons, styles.
run("predict", *common, "--operating-point", "--map", FOLDER / "m.tif", scene, says=["objects at probability", "polygons:"])
info = json.loads(subprocess.run(["gdalinfo", "-json", FOLDER / "m.tif"], capture_output=True, text=True, check=True).stdout)
check(info["metadata"].get("IMAGE_STRUCTURE", {}).get("LAYOUT") == "COG", f"no COG: {info['metadata']}")
check("RTS_OPERATING_POINT" in info["metadata"][""] and "RTS_WEIGHTS" in info["metadata"][""], "the map does not say what made it")
for name in ("m_mask.tif", "m_objects.gpkg", "m_objects.geojson", "m.qml", "m_objects.qml"):
    check((FOLDER / name).stat().st_size > 0, f"no {name}")
layer = subprocess.run(["ogrinfo", "-so", "-al", FOLDER / "m_objects.gpkg"], capture_output=True, text=True, check=True).stdout
check("UTM" in layer and "area_m2" in layer and "mean_probability" in layer and "recipe" in layer, f"polygons: {layer[:500]}")
objects = json.loads((FOLDER / "m_objects.geojson").read_text())["features"]
threshold = point["threshold"]
p, mask = [float(v) for v in pixels(FOLDER / "m.tif")], [int(float(v)) for v in pixels(FOLDER / "m_mask.tif")]
check(all((a >= threshold) == (b == 1) for a, b in zip(p, mask) if a >= 0), "mask and map differ")
on = sum(mask_value == 1 for mask_value in mask)
check(len(objects) == int(layer.split("Feature Count: ")[1].split()[0]), "GeoPackage and GeoJSON differ")
area = sum(f["properties"]["area_m2"] for f in objects)
check(on == 0 or abs(area / (on * 9) - 1) < 0.002, f"areas {area} for {on} pixels of 9 m2")
check(all(f["properties"]["mean_probability"] >= threshold - 1e-6 for f in objects), "an object below the threshold")

# Parts, readers and views.
whole = pixels(FOLDER / "m.tif")
width = info["size"][0]
run("predict", *common, "--map", FOLDER / "plain.tif", "--no-cog", scene)
plain = pixels(FOLDER / "plain.tif")
run("predict", *common, "--map", FOLDER / "part.tif", "--part", "40,30,100,90", "--readers", 2, scene)
part = pixels(FOLDER / "part.tif")
check(part == [plain[(30 + y) * width + 40 + x] for y in range(90) for x in range(100)], "a part differs from the whole")
run("predict", *common, "--map", FOLDER / "views.tif", "--tta", "full", "--scales", "1,0.5", "--ensemble", "other", scene)
check(pixels(FOLDER / "views.tif") != plain, "views, scales and a second network change nothing")
run("predict", *common, "--map", FOLDER / "halo.tif", "--halo", 16, scene)
run("predict", *common, "--susceptibility", FOLDER / "plain.tif", "--susceptibility-threshold", 0.3, "--map", FOLDER / "second.tif", scene, says=["first stage:"])
second = pixels(FOLDER / "second.tif")
check(all(float(b) == 0 if 0 <= float(a) < 0.3 else b == a for a, b in zip(plain, second)), "the first stage changed what it kept, or kept what it should not")

# A map of any program against labels.
run("score", FOLDER / "plain.tif", data / "labels" / "region_06.tif", "--tile", 64, "--bootstrap", 20, "--json", FOLDER / "score.json", says=["objects of the whole raster"])
scored = json.loads((FOLDER / "score.json").read_text())
check([o["iou"] for o in scored["objects"]] == [0.5, 0.3, 0.1] and scored["rows"][0]["pr_auc"] is not None, "the scores' table")
run("predict", *common, "--map", FOLDER / "byte.tif", "--byte", scene)
run("score", FOLDER / "byte.tif", data / "labels" / "region_06.tif", "--tile", 64, "--bootstrap", 20, "--map-scale", 0.004)
run("score", FOLDER / "byte.tif", data / "labels" / "region_06.tif", code=3, says=["RTS-V66", "--map-scale"])
run("score", FOLDER / "part.tif", data / "labels" / "region_06.tif", code=3, says=["RTS-V65", "100 x 90"])
run("score", data / "labels" / "region_06.tif", data / "labels" / "region_06.tif", "--classes", 3, says=["mean IoU 1.000"])

# Rasters that do not fit.
coarse, shifted, tiny, wide = (FOLDER / f for f in ("coarse.tif", "shifted.tif", "tiny.tif", "wide.tif"))
subprocess.run(["gdal_translate", "-q", "-tr", "6", "6", scene, coarse], check=True)
run("predict", *common, coarse, code=3, says=["RTS-I54", "gdalwarp -tr", "--reproject"])
run("predict", *common, coarse, "--reproject", "--map", FOLDER / "resampled.tif", says=["resampled from 6 m to 3 m"])
subprocess.run(["gdal_translate", "-q", "-ot", "Float32", scene, FOLDER / "float.tif"], check=True)
run("predict", *common, FOLDER / "float.tif", code=3, says=["RTS-I63", "expected: UInt16", "found:    Float32"])
subprocess.run(["gdal_translate", "-q", "-srcwin", "8", "8", "64", "64", scene, shifted], check=True)
run("predict", *common, scene, shifted, code=3, says=["RTS-I51", "gdalwarp"])
subprocess.run(["gdal_translate", "-q", "-srcwin", "5", "5", "1", "1", scene, tiny], check=True)
run("predict", *common, tiny, "--map", FOLDER / "tiny_map.tif")
subprocess.run(["gdal_translate", "-q", "-outsize", "300000", "10", "-srcwin", "0", "0", "300", "10", "-a_ullr", "500000", "7800000", "1400000", "7799970", scene, wide], check=True)
run("predict", *common, wide, "--map", FOLDER / "wide_map.tif", "--batch", 64)
run("predict", *common, scene, "--part", "0,0,9999,10", code=2, says=["RTS-I59"])
run("predict", *common, scene, "--tta", "many", code=2, says=["RTS-I56"])
run("predict", *common, scene, "--scales", "0.5", code=2, says=["RTS-I56"])
# A full disk: nothing half written is left under the map's name.
run("predict", *common, scene, "--map", "/dev/full/map.tif", code=1)
finish()
