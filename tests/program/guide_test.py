"""`baseline config` says the guide's hyperparameters value for value, and every epoch's rate and ratio."""
import json
import math
import subprocess
import sys
import tempfile

program = sys.argv[1]
with tempfile.NamedTemporaryFile(suffix=".json") as file:
    printed = subprocess.run([program, "config", "--json", file.name], check=True, capture_output=True, text=True).stdout
    epochs = json.load(open(file.name))["epochs"]

table = dict(line.strip().split("  ", 1) for line in printed.split("hyperparameters\n")[1].split("\nepoch ")[0].splitlines() if line.strip())
table = {key: value.strip() for key, value in table.items()}
GUIDE = {
    "Model": "unetplusplus/efficientnet-b7",
    "Input channels": "3 (red, green, blue)",
    "Input size": "512 x 512",
    "Loss function": "Focal",
    "Gamma": "2",
    "Alpha": "0.25",
    "Boundary ignore width": "3 pixels",
    "Optimizer": "AdamW",
    "Learning rate": "1e-04",
    "Weight decay": "0.01",
    "Gradient clipping": "max norm 1",
    "Scheduler": "WarmupCosine",
    "warmup_epochs": "5",
    "start_lr": "1e-06",
    "min_lr": "1e-06",
    "Frozen encoder epochs": "1-10",
    "Learning rate while frozen": "3e-04",
    "Learning rate after (encoder)": "1e-04 (1e-05)",
    "EMA decay": "0.999",
    "Batch size (per GPU)": "32",
    "Max epochs": "300",
    "Early stopping patience": "20 epochs",
    "Early stopping metric": "val_realistic_pr_auc at 1:500",
    "Early stopping min delta": "0.001",
    "Balanced sampling": "positive fraction per batch 0.5",
    "Validation ratios": "1:1, 1:200, 1:500, 1:1000",
    "Save every N epochs": "10",
    "Keep last N checkpoints": "3",
    "Random seed": "42",
    "Deterministic mode": "True",
}
wrong = [f"{key}: {table.get(key)!r}, the guide says {value!r}" for key, value in GUIDE.items() if table.get(key) != value]
if "FP16" not in table.get("Mixed precision", ""):
    wrong.append("mixed precision is not FP16")

# Rates and ratios from their definitions: one factor over the whole run, plateaus reached in five equal steps.
ROWS = [(1, 10, 1), (11, 30, 5), (31, 50, 10), (51, 100, 15), (101, 300, 20)]
for entry in epochs:
    epoch = entry["epoch"]
    row = next(i for i, (first, last, _) in enumerate(ROWS) if first <= epoch <= last)
    first, _, ratio = ROWS[row]
    before = ROWS[row - 1][2] if row else ratio
    ratio = before + (ratio - before) * min(1, (epoch - first + 1) / 5)
    base, t = (3e-4 if epoch <= 10 else 1e-4), epoch - 1
    if t < 5:
        rate = 1e-6 + (base - 1e-6) * t / 5
    else:
        floor = 1e-6
        # the floor holds for the decoder's base of the second phase and scales with a group's base
        floor *= base / 1e-4
        rate = floor + (base - floor) * 0.5 * (1 + math.cos(math.pi * (t - 5) / 295))
    encoder = 0 if epoch <= 10 else 0.1 * rate
    for name, found, expected in (("ratio", entry["ratio"], ratio), ("decoder's rate", entry["lr_decoder"], rate), ("encoder's rate", entry["lr_encoder"], encoder)):
        if not math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-12):
            wrong.append(f"epoch {epoch}: {name} {found}, expected {expected}")
if len(epochs) != 300:
    wrong.append(f"{len(epochs)} epochs, the guide says 300")
print("\n".join(wrong) or f"{len(GUIDE) + 1} values and {len(epochs)} epochs as the guide says")
sys.exit(bool(wrong))
