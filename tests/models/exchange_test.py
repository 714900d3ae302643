"""Weights written by rts load in Python with weights_only=True, with the same names, shapes, dtypes and bytes in both formats."""
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import torch
except ImportError:
    print("torch is not installed for this Python: skipped")
    sys.exit(77)

folder = Path(tempfile.mkdtemp(prefix="rts-exchange-"))
subprocess.run([sys.argv[1], str(folder)], check=True)
state = torch.load(folder / "ours.pth", weights_only=True)
raw = (folder / "ours.safetensors").read_bytes()
size = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8 : 8 + size])
header.pop("__metadata__")
dtypes = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64, "U8": torch.uint8}
assert set(state) == set(header), set(state) ^ set(header)
for name, entry in header.items():
    begin, end = entry["data_offsets"]
    here = torch.frombuffer(bytearray(raw[8 + size + begin : 8 + size + end]), dtype=dtypes[entry["dtype"]]).reshape(entry["shape"]) if end > begin else torch.empty(entry["shape"], dtype=dtypes[entry["dtype"]])
    assert state[name].dtype == here.dtype and state[name].shape == here.shape, name
    assert torch.equal(state[name], here), name
assert torch.equal(state["extra.transposed"], torch.arange(6.0).view(2, 3).t())
assert torch.equal(state["extra.bfloat16"].float(), torch.arange(5.0))
print(f"{len(state)} tensors are the same in both files and load with weights_only=True")
