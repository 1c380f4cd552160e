"""What the schools of a file add up to, beside the row that it prints for their authority."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, Problem
from analysis.sources.performance import Results
from analysis.sources.registry import TableSource
from analysis.tables.successors import outcome_columns
from analysis.variables import known, variable

AUTHORITY = "authority"
COLUMNS = [
    "file", "row", "authority", "year", "stage", "column", "printed", "from_schools", "gap",
    "low", "high", "tolerance", "pupils", "pupils_unseen", "schools", "agrees",
]  # fmt: skip


def reconcile(results: Results) -> pd.DataFrame:
    """Return what a file's schools add up to beside the file's own row for their authority.

    Percentages and averages are weighted by cohort, special schools included. Schools whose
    figure is suppressed leave an interval: `low` to `high` is what the authority's figure could
    be if theirs lay anywhere in the column's range. `agrees` says whether the printed figure lies
    in it, give or take the rounding of printed figures. One row a figure, and one for the cohort,
    which must agree exactly. Without cohorts nothing can be weighted, and no figure is compared.
    """
    totals = results.totals[results.totals["record"] == AUTHORITY]
    lines = []
    for total in totals.to_dict("records"):
        schools = _schools(results.schools, total)
        if schools.empty:
            continue
        place = {"file": results.source.file, "row": total.get("row"), **_identity(total)}
        lines.append({**place, **_cohort(schools, total)})
        if not schools["cohort"].fillna(0).any():
            continue
        for column in outcome_columns(results.schools):
            if _is_share(column) and not pd.isna(total.get(column)):
                lines.append({**place, **_figure(schools, total, column)})
    return pd.DataFrame(lines, columns=COLUMNS)


def check_reconciled(gaps: pd.DataFrame, results: Sequence[Results]) -> None:
    """Raise DataError for each figure that the schools of its file do not add up to."""
    sources = {one.source.file: one.source for one in results}
    lines = gaps[~gaps["agrees"].astype(bool)].to_dict("records")
    problems = [_problem(line, sources[line["file"]]) for line in lines]
    if problems:
        raise DataError(problems)


def _problem(line: dict[str, Any], source: TableSource) -> Problem:
    label = variable(line["column"]).label
    return Problem(
        line["file"],
        found=f"{label} {line['printed']:g} in the authority's own row",
        expected=f"{line['from_schools']:.2f} from its {line['schools']} schools "
        f"({line['low']:.2f} to {line['high']:.2f} with suppressed figures), "
        f"within {line['tolerance']:g}",
        remedy="Rows of schools are missing, doubled or of another authority, or a heading is "
        "mapped to the wrong column: compare with the publication.",
        row=None if pd.isna(line["row"]) else int(line["row"]),
        column=source.printed(line["column"]),
        code="reconciliation",
    )


def _schools(schools: pd.DataFrame, total: dict[str, Any]) -> pd.DataFrame:
    same = (schools["year"] == total["year"]) & (schools["stage"] == total["stage"])
    if not pd.isna(total["authority"]) and schools["authority"].notna().any():
        same &= schools["authority"] == total["authority"]
    return schools[same]


def _identity(total: dict[str, Any]) -> dict[str, Any]:
    return {name: total[name] for name in ("authority", "year", "stage")}


def _is_share(column: str) -> bool:
    """Say whether an authority's figure is the cohort-weighted mean of its schools' figures."""
    return known(column) and variable(column).unit == "%" and column.endswith("_pct")


def _cohort(schools: pd.DataFrame, total: dict[str, Any]) -> dict[str, Any]:
    found, printed = int(schools["cohort"].fillna(0).sum()), total["cohort"]
    stated = None if pd.isna(printed) else int(printed)
    return {
        "column": "cohort", "printed": stated, "from_schools": found,
        "gap": None if stated is None else found - stated, "low": found, "high": found,
        "tolerance": 0.0, "pupils": found, "pupils_unseen": 0, "schools": len(schools),
        "agrees": stated is None or found == stated,
    }  # fmt: skip


def _figure(schools: pd.DataFrame, total: dict[str, Any], column: str) -> dict[str, Any]:
    weights = schools["cohort"].fillna(0).to_numpy(dtype=float)
    values = schools[column].to_numpy(dtype=float)
    seen = ~np.isnan(values) & (weights > 0)
    unseen = float(weights[np.isnan(values)].sum())
    pupils = float(weights[seen].sum())
    inside = float(values[seen] @ weights[seen])
    mean = inside / pupils if pupils else float("nan")
    low, high = inside / (pupils + unseen), (inside + 100 * unseen) / (pupils + unseen)
    tolerance = _rounding(_step(total[column], values[seen]), weights[seen])
    printed = float(total[column])
    return {
        "column": column, "printed": printed, "from_schools": mean, "gap": mean - printed,
        "low": low, "high": high, "tolerance": tolerance, "pupils": int(pupils),
        "pupils_unseen": int(unseen), "schools": int(seen.sum()),
        "agrees": low - tolerance <= printed <= high + tolerance,
    }  # fmt: skip


def _rounding(step: float, weights: np.ndarray) -> float:
    """Return how far rounding alone may move the printed figure from that of the schools.

    Half a step in the authority's own figure, and three standard deviations of the weighted mean
    of the schools' rounding errors, each uniform over a step.
    """
    spread = float(np.sqrt((weights**2).sum()) / weights.sum()) if len(weights) else 0.0
    return 0.5 * step + 3 * step / np.sqrt(12) * spread


def _step(printed: float, values: np.ndarray) -> float:
    """Return the last place of the printed figures: 1 where all are whole numbers, else 0.1."""
    whole = bool(np.all(values == np.round(values))) and printed == round(printed)
    return 1.0 if whole else 0.1
