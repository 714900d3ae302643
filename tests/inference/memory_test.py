"""Peak memory of a map of 20,000 x 20,000 pixels is within 10 % of that of 5,000 x 5,000, after 8 bytes x tile height x width."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp(prefix="rts-memory-"))
peaks = {}
for size in (5000, 20000):
    source, target = folder / f"{size}.tif", folder / f"{size}_map.tif"
    subprocess.run(["gdal_create", "-q", "-of", "GTiff", "-outsize", str(size), str(size), "-bands", "1", "-ot", "Byte", "-burn", "120", "-a_srs", "EPSG:32640", "-a_ullr", "500000", "7700000", str(500000 + size), str(7700000 - size),
                    "-co", "TILED=YES", "-co", "COMPRESS=DEFLATE", "-co", "ZLEVEL=1", source], check=True)
    peak, seconds = subprocess.run([sys.argv[1], source, target], check=True, capture_output=True, text=True).stdout.split()
    info = subprocess.run(["gdalinfo", "-stats", target], check=True, capture_output=True, text=True).stdout
    assert f"Size is {size}, {size}" in info, info
    rest = int(peak) - 8 * 512 * size
    peaks[size] = rest
    print(f"{size} x {size}: peak {int(peak) / 2**20:.0f} MiB, {rest / 2**20:.0f} MiB without the strip, {seconds} s, {size * size / 1e6 / float(seconds):.0f} Mpx/s", flush=True)
shutil.rmtree(folder)
ratio = peaks[20000] / peaks[5000]
print(f"ratio {ratio:.3f}, at most 1.10")
sys.exit(0 if ratio <= 1.10 else 1)
