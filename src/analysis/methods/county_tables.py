"""The tables of a simulated county: words for codes, a report's tables, and cells as printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.methods.county_parts import (
    AREAS,
    DISTRICTS,
    PHASES,
    CountySettings,
    Floats,
    Ints,
    Results,
    Rng,
    Roster,
    Schools,
)

OUTCOMES = {"ks2": "ks2_expected_pct", "ks4": "ks4_five_good_pct"}
GRADES = ("n_outstanding", "n_good", "n_requires_improvement", "n_inadequate", "n_not_inspected")
GAINS = tuple(f"gain_{stage}_{number}_pp" for stage in OUTCOMES for number in (1, 2, 3))
# As the report prints them, misprint included.
OFSTED = dict(
    zip(
        ("number", "collaboration", "n_schools", *GRADES, "good_or_better_pct"),
        ("number", "name", "number of schools", "Outstanding", "Good", "RI", "Inadequate",
         "no Inpection yet", "% good or better"),
        strict=True,
    )
)  # fmt: skip


def words(of: Sequence[str], codes: Ints) -> pd.Series:
    """Return a word for each code of a `county`."""
    return pd.Series(np.array(of, dtype=object)[codes], dtype="str")


def names(groups: Ints) -> pd.Series:
    """Return the made-up name of each group of a `county`."""
    numbers = range(1, int(groups.max(initial=0)) + 2)
    return words([f"Simulated collaboration {number:02d}" for number in numbers], groups)


def collaboration_table(
    s: CountySettings, schools: Schools, roster: Roster, money: Ints, rng: Rng
) -> pd.DataFrame:
    """Return the groups of a `county` as of the autumn after the last tests."""
    n = len(roster.start)
    now = roster.held(s.last_year + 1)
    district = schools.district[roster.school[np.unique(roster.group, return_index=True)[1]]]
    graded = np.zeros((n, len(GRADES)), dtype=np.int64)
    np.add.at(graded, (roster.group[now], schools.grade[roster.school[now]]), 1)
    total = graded.sum(axis=1)
    frame = pd.DataFrame({"collaboration": names(np.arange(n))})
    frame["area"] = words(AREAS, district * len(AREAS) // len(DISTRICTS))
    frame["district"] = words(DISTRICTS, district)
    for at, year in enumerate(s.money_years):
        frame[f"funding_{year - 1}_{year % 100:02d}_gbp"] = np.where(
            money[:, at] > 0, money[:, at], np.nan
        )
    answers = np.searchsorted([66 / 72, 70 / 72], rng.random(n))
    frame["continuing"] = words(("Yes", "No", "TBC"), answers)
    frame["n_schools"] = total
    frame[list(GRADES)] = graded
    good = graded[:, :2].sum(axis=1)
    frame["good_or_better_pct"] = (200 * good + total) // np.maximum(2 * total, 1)
    return frame[total > 0].reset_index(drop=True)


def gains_table(
    s: CountySettings, schools: Schools, roster: Roster, results: Results, rng: Rng
) -> pd.DataFrame:
    """Return the rises of the groups of a `county` in three measures a stage, all or improvers."""
    now = roster.held(s.last_year + 1)
    group, school = roster.group[now], roster.school[now]
    measures = _measures(s, schools, results, rng)
    there = (results.missing[:, -2:] == 0).all(axis=1)
    blocks = []
    for phase in (0, 1):
        use = (schools.phase[school] == phase) & there[school]
        counts = np.bincount(group[use], minlength=len(roster.start)).astype(float)
        counts[counts == 0] = np.nan
        for change in measures[school[use]].T:
            total = np.bincount(group[use], change, minlength=len(roster.start))
            blocks.append(np.floor(total / counts + 0.5))
    table = np.stack(blocks, axis=1)
    shown = ~np.isnan(table).all(axis=1)
    if s.improvers_only:
        shown &= ~(table < 0).any(axis=1)
    frame = pd.DataFrame(table[shown], columns=list(GAINS))
    frame.insert(0, "collaboration", names(np.flatnonzero(shown)))
    return frame


def _measures(s: CountySettings, schools: Schools, results: Results, rng: Rng) -> Floats:
    """Return each school's change in three measures: the published one, and two made up."""
    true = 100 * np.diff(results.share[:, -2:], axis=1)
    first = np.diff(results.published_pct[:, -2:], axis=1)
    chance = 1e4 * results.share * (1 - results.share) / schools.cohort
    own = rng.standard_normal((len(first), 2)) * np.sqrt(chance[:, -2:].sum(axis=1))[:, None]
    r = s.measure_correlation
    return np.hstack([first, true + r * (first - true) + math.sqrt(1 - r**2) * own])


def coverage_table(s: CountySettings, schools: Schools, roster: Roster) -> pd.DataFrame:
    """Return the schools of a `county` that take part after the last tests, by phase."""
    now = np.unique(roster.school[roster.held(s.last_year + 1)])
    order = [PHASES.index(phase) for phase in ("secondary", "primary", "special")]
    members = np.bincount(schools.phase[now], minlength=len(PHASES))[order]
    total = np.bincount(schools.phase, minlength=len(PHASES))[order]
    frame = pd.DataFrame({"phase": words(PHASES, np.array(order))})
    frame["members"], frame["schools"] = members, total
    frame["printed_pct"] = (200 * members + total) // np.maximum(2 * total, 1)
    return frame[total > 0].reset_index(drop=True)


def money_heading(column: str, last_year: int) -> str:
    """Return the printed heading of a funding column of a `county`."""
    year = column[8:15].replace("_", "/")
    agreed = " Agreed" if int(year[:4]) >= last_year else ""
    return f"{year}{agreed} Funding (if applicable)"


def printed_schools(schools: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of schools of a `county` with codes in place of missing figures."""
    table = printed(schools.drop(columns="missing"))
    table["cohort"] = table["cohort"].where(schools["cohort"].notna(), schools["missing"])
    for stage, column in OUTCOMES.items():
        code = schools["missing"].where(schools["stage"] == stage, "NA")
        table[column] = table[column].where(schools[column].notna(), code)
    return table


def printed(frame: pd.DataFrame, heading: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return columns of a `county` as text under their headings; a missing cell is blank."""
    headings = heading or {column: column for column in frame}
    cells = {name: _cells(frame[column], column) for column, name in headings.items()}
    return pd.DataFrame(cells, dtype="str")


def _cells(values: pd.Series, column: str) -> list[str]:
    form = "{}" if pd.api.types.is_string_dtype(values) else "{:.0f}"
    form = "£{:,.0f}" if column.endswith("_gbp") else form
    form = "{:.0f}%" if column.endswith("_pct") else form
    return ["" if pd.isna(value) else form.format(value) for value in values]
