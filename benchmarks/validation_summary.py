"""What many runs of a scenario add up to, and what the cached summary was made from."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scenarios import (
    BY_KEY,
    LEVEL,
    SEEDS_APART,
    STAGE,
    TARGETS,
    Found,
    Scenario,
    one_run,
    with_draws,
)

from analysis.methods.inference import clopper_pearson
from analysis.questions.plan import Plan

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python benchmarks/validation.py"
REPLAYED = 2
DIGITS = 8
# Estimates and errors come again to rounding; draws may tie otherwise on another machine.
SAME = {"estimate": 1e-6, "standard_error": 1e-6, "low": 0.1, "high": 0.1, "p_value": 0.01}
SOURCES = (
    *(
        f"src/analysis/methods/{name}.py"
        for name in (
            "association", "balance", "clusters", "county", "county_parts", "county_tables", "did",
            "did_aggregate", "fixed_effects", "inference", "overlap", "randomisation",
            "weighting", "wild",
        )
    ),
    *(f"src/analysis/questions/{name}.py" for name in ("compare", "design", "rules", "schools")),
    "src/analysis/tables/practice.py",
    "src/analysis/tables/successors.py",
    "benchmarks/scenarios.py",
)  # fmt: skip
Summary = dict[str, Any]


def summarised(scenario: Scenario, runs: Sequence[Found]) -> Summary:
    """Return a scenario's counts, means (pp) and Monte Carlo errors, and its first runs."""
    truths = {name: _column(runs, name) for name in ("truth_end", "truth_all", "truth_county")}
    shown = [name for name in (*TARGETS, "shown") if name in runs[0]]
    of = {
        name: _performance(
            np.array([run[name] for run in runs]), truths[f"truth_{TARGETS.get(name, 'end')}"]
        )
        for name in shown
    }
    more = {"left_out": _rounded(_column(runs, "left_out").mean())} if scenario.drop else {}
    return {
        "title": scenario.title,
        "number": scenario.number,
        "settings": dict(scenario.settings),
        "runs": len(runs),
        "refused": int(_column(runs, "refused").sum()),
        **more,
        **{name: _rounded(values.mean()) for name, values in truths.items()},
        "methods": of,
        "first": [
            {name: [_rounded(x) for x in run[name]] for name in run} for run in runs[:REPLAYED]
        ],
    }


def _column(runs: Sequence[Found], name: str) -> np.ndarray:
    return np.array([run[name][0] for run in runs])


def _rounded(value: float) -> float | None:
    """Return a number short enough to be the same again; none for nan, which JSON lacks."""
    return None if not np.isfinite(value) else float(f"{value:.{DIGITS}g}")


def _performance(numbers: np.ndarray, truth: np.ndarray) -> Summary:
    """Return how often a method finds a difference and holds the truth, and how far it is off."""
    done = np.isfinite(numbers[:, 0])
    estimate, error, low, high, p = numbers[done].T
    off = estimate - truth[done]
    n = int(done.sum())
    spread = float(off.std(ddof=1)) if n > 1 else np.nan
    return {
        "n": n,
        "failed": int((~done).sum()),
        "rejected": int((p <= 1 - LEVEL + 1e-12).sum()),
        "covered": int(((low <= truth[done]) & (truth[done] <= high)).sum()),
        "mean_pp": _rounded(estimate.mean()),
        "bias_pp": _rounded(off.mean()),
        "bias_error_pp": _rounded(spread / np.sqrt(n)),
        "sd_pp": _rounded(spread),
        "mean_error_pp": _rounded(error.mean()),
        "mean_width_pp": _rounded((high - low).mean()),
    }


def interval(count: int, n: int) -> tuple[float, float]:
    """Return the Monte Carlo interval of a share, from 0 to 1 (Clopper and Pearson)."""
    found = clopper_pearson(count, n, level=LEVEL)
    return found.low, found.high


def side(count: int, n: int, share: float) -> str:
    """Return whether a Monte Carlo interval holds `share`, or lies above or below it."""
    low, high = interval(count, n)
    return "above" if low > share else "below" if high < share else "inside"


def inputs_of(plan: Plan, runs: int, draws: int, root: Path = ROOT) -> Summary:
    """Return what the numbers depend on: plan, sources, runs, draws and seeds."""
    return {
        "plan": plan.sha256[:12],
        "declared": declared(plan),
        "sources": sources(root),
        "stage": STAGE,
        "level": LEVEL,
        "runs": runs,
        "draws": draws,
        "seeds": f"{SEEDS_APART} x number of the scenario + number of the run",
    }


def declared(plan: Plan) -> str:
    """Return the fingerprint of the plan's blocks that the runs read; other edits leave it."""
    panel = {**plan.content["panel"], "runs": None, "years": None}
    county = {**plan.content["county"], "seed": None}
    return _short(json.dumps([panel, county], sort_keys=True, default=str))


def sources(root: Path = ROOT) -> str:
    """Return the fingerprint of the code in `SOURCES`; docstrings, comments and layout leave it."""
    texts = ((root / name).read_text(encoding="utf-8") for name in SOURCES)
    return _short("".join(_code(text) for text in texts))


def _code(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return ast.dump(tree)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def is_current(cached: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Return whether a cached summary was made from the same code, settings and draws."""
    return {**cached.get("inputs", {}), "plan": None} == {**inputs, "plan": None}


def staleness(cached: Mapping[str, Any], plan: Plan) -> list[str]:
    """Return why a cached summary is not of today's plan and code: an empty list if it is.

    The first runs of each scenario are run again; a change of the code that leaves their numbers
    as they were does not count.
    """
    if cached["inputs"]["declared"] != declared(plan):
        return [f"docs/validation.json is of another plan (blocks panel, county): run {COMMAND}"]
    drawn = with_draws(plan, cached["inputs"]["draws"])
    told = "changed" if cached["inputs"]["sources"] != sources() else "did not change"
    found = []
    for key, kept in cached["scenarios"].items():
        scenario = BY_KEY[key]
        for run, first in enumerate(kept["first"]):
            again = one_run(scenario, drawn, run)
            found += [
                f"docs/validation.json is stale: {key}, run {run}, {name} is now "
                f"{again.get(name)}, was {numbers} (its sources {told} since): run {COMMAND}"
                for name, numbers in first.items()
                if not _same(numbers, again.get(name))
            ]
    return found


def _same(kept: Sequence[float | None], again: Sequence[float] | None) -> bool:
    if again is None or len(kept) != len(again):
        return False
    was = np.array([np.nan if x is None else x for x in kept], dtype=float)
    now = np.array([x if np.isfinite(x) else np.nan for x in again])
    within = list(SAME.values())[: len(kept)]
    return bool(np.all((np.abs(was - now) <= within) | (np.isnan(was) & np.isnan(now))))
