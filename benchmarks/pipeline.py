"""Time the whole pipeline against a floor: the same chapters' code as one plain script.

Run ``python benchmarks/pipeline.py``. Both run as whole processes, in turn, in this one run, on a
copy of the project without any results; quote the ratio, not the seconds.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 3
COPIED = (
    "data/raw",
    "data/names.csv",
    "data/sources.yaml",
    "notebooks",
    "src",
    ".dvc/config",
    ".dvcignore",
    "dvc.yaml",
    "params.yaml",
    "plan.yaml",
    "requirements.lock",
)
FLOOR = """
import json, pathlib
from analysis.tables.tidy import make_study, save_study
save_study(make_study("2013"))
for file in sorted(pathlib.Path("notebooks").glob("*.ipynb")):
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    exec("\\n".join(code), {})
"""


def copied(folder: Path) -> Path:
    """Return a copy of the project's inputs below `folder`."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def seconds(arguments: list[str], folder: Path) -> float:
    """Return how long a command takes in `folder`, s."""
    environment = os.environ | {"ANALYSIS_ROOT": str(folder), "MPLBACKEND": "Agg"}
    began = time.perf_counter()
    subprocess.run(arguments, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Print the medians of floor, cold run and second run, and their ratios to the floor."""
    ways = {
        "one plain script, no pages": ([sys.executable, "-c", FLOOR], True),
        "analysis build, cold": ([sys.executable, "-m", "analysis.cli", "build"], True),
        "analysis build, nothing to do": ([sys.executable, "-m", "analysis.cli", "build"], False),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            for i, (name, (arguments, cold)) in enumerate(ways.items()):
                place = Path(folder) / (str(i) if cold else "1")
                taken[name].append(seconds(arguments, copied(place) if cold else place))
    floor = statistics.median(taken["one plain script, no pages"])
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"{name:32} {middle:6.2f} s  x {middle / floor:.2f}")


if __name__ == "__main__":
    main()
