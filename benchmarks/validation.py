"""Validate the school-level chapter on simulated counties whose truth is known.

Run ``python benchmarks/validation.py``. It writes docs/validation.json and docs/validation.md,
and does nothing where they are of today's plan, code and settings already. For a quick look:
``python benchmarks/validation.py --runs 40 --scenario none luck``, which prints and writes nothing.
"""
# ruff: noqa: E402 - the number of threads must be set before numpy is imported

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from scenarios import BY_KEY, SCENARIOS, Found, Scenario, one_run, with_draws
from validation_report import document
from validation_summary import ROOT, inputs_of, is_current, summarised

from analysis.files import write_together
from analysis.questions.plan import Plan, load_plan

RUNS = 1_000
DRAWS = 399
CHUNK = 10
QUIET_SECONDS = 2


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of each scenario")
    parser.add_argument("--draws", type=int, default=DRAWS, help="draws of each bootstrap")
    parser.add_argument("--scenario", nargs="+", choices=list(BY_KEY), help="only these")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, help="folder to write to; docs for a whole run")
    parser.add_argument("--afresh", action="store_true", help="run although nothing changed")
    found = parser.parse_args(given)
    if found.runs < 2 or found.draws < 19 or found.workers < 1:
        parser.error("expected at least 2 runs, 19 draws and 1 worker")
    return found


@contextmanager
def mapped(workers: int) -> Iterator[Any]:
    """Yield a lazy map over so many processes, in the order of what it is given."""
    if workers == 1:
        yield map
        return
    with Pool(workers) as pool:
        yield partial(pool.imap, chunksize=CHUNK)


def all_runs(scenario: Scenario, plan: Plan, runs: int, run: Any) -> list[Found]:
    """Return what each run finds, with a line on the progress if it takes long."""
    found, began = [], time.monotonic()
    said = began
    for one in run(partial(one_run, scenario, plan), range(runs)):
        found.append(one)
        if (now := time.monotonic()) - said >= QUIET_SECONDS:
            said = now
            progress(f"{scenario.key}: {len(found):,} of {runs:,} runs, {now - began:.0f} s")
    progress(f"{scenario.key}: {runs:,} runs, {time.monotonic() - began:.0f} s", end="\n")
    return found


def progress(line: str, end: str = "") -> None:
    """Write a line over the last one; in a file, only lines that are finished."""
    if sys.stderr.isatty():
        print(f"\r{line:<60}", end=end, file=sys.stderr, flush=True)
    elif end:
        print(line, file=sys.stderr, flush=True)


def cached(folder: Path) -> dict[str, Any]:
    path = folder / "validation.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def main(given: Sequence[str] | None = None) -> int:
    """Run the scenarios and write or print what they add up to."""
    asked = arguments(given)
    plan = load_plan()
    inputs = inputs_of(plan, asked.runs, asked.draws)
    chosen = [one for one in SCENARIOS if not asked.scenario or one.key in asked.scenario]
    whole = len(chosen) == len(SCENARIOS) and asked.runs >= RUNS
    folder = asked.out or (ROOT / "docs" if whole else None)
    summary = cached(folder) if folder else {}
    if (
        asked.afresh
        or not is_current(summary, inputs)
        or {*summary["scenarios"]} != {one.key for one in chosen}
    ):
        drawn = with_draws(plan, asked.draws)
        with mapped(asked.workers) as run:
            results = {
                one.key: summarised(one, all_runs(one, drawn, asked.runs, run)) for one in chosen
            }
        summary = {"inputs": inputs, "scenarios": results}
    else:
        print("Nothing to run: code, plan and settings are those of the summary.")
    text = document(summary)
    if folder is None:
        print(text)
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(summary, indent=1, ensure_ascii=False) + "\n"
    written = {folder / "validation.json": data.encode(), folder / "validation.md": text.encode()}
    write_together(written)
    print(f"Written: {', '.join(path.name for path in written)} in {folder.name}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
