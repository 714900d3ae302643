"""Peak memory of a map of 20,000 x 20,000 pixels is within 10 % of that of 5,000 x 5,000, after 8 bytes x tile height x width; maps of one
width need the same memory at 5,000, 20,000 and 80,000 rows."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp(prefix="rts-memory-"))


def peak(width, height):
    source, target = folder / f"{width}_{height}.tif", folder / f"{width}_{height}_map.tif"
    subprocess.run(["gdal_create", "-q", "-of", "GTiff", "-outsize", str(width), str(height), "-bands", "1", "-ot", "Byte", "-burn", "120", "-a_srs", "EPSG:32640", "-a_ullr", "500000", "7700000", str(500000 + width), str(7700000 - height),
                    "-co", "TILED=YES", "-co", "COMPRESS=DEFLATE", "-co", "ZLEVEL=1", source], check=True)
    bytes_, seconds = subprocess.run([sys.argv[1], source, target], check=True, capture_output=True, text=True).stdout.split()
    info = subprocess.run(["gdalinfo", "-stats", target], check=True, capture_output=True, text=True).stdout
    assert f"Size is {width}, {height}" in info, info
    source.unlink(), target.unlink()
    print(f"{width} x {height}: peak {int(bytes_) / 2**20:.0f} MiB, {seconds} s, {width * height / 1e6 / float(seconds):.0f} Mpx/s", flush=True)
    return int(bytes_)


squares = {n: peak(n, n) - 8 * 512 * n for n in (5000, 20000)}
strips = [peak(2048, rows) for rows in (5000, 20000, 80000)]
shutil.rmtree(folder)
ratio, spread = squares[20000] / squares[5000], max(strips) / min(strips)
print(f"squares without their strips: ratio {ratio:.3f}; heights: ratio {spread:.3f}; at most 1.10")
sys.exit(0 if ratio <= 1.10 and spread <= 1.10 else 1)
