"""The tables that the report promises of its next edition, made up: of a known truth, or drawn.

`add` gives Nowhereshire all four with the truth that is written beside each. `tables_for` draws
plausible ones for any groups, such as those of a made-up later year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from world import GRADES, GROUPS, YEAR, World

HEADINGS: dict[str, dict[str, str]] = {
    "targets": {
        "Collaboration": "name",
        "Measure agreed": "measure",
        "Agreed target": "target",
        "Result": "result",
        "Unit": "target_unit",
        "Baseline": "baseline",
    },
    "stages": {
        "Collaboration": "name",
        "Stage": "framework_stage",
        "Stage last year": "framework_stage_before",
    },
    "gaps": {
        "Collaboration": "name",
        "Key stage": "key_stage",
        "Gain of disadvantaged pupils": "gain_disadvantaged_pp",
        "Gain of other pupils": "gain_other_pp",
        "Change of the gap": "gap_pp",
        "Gap last year": "gap_before_pp",
        "Disadvantaged pupils": "cohort_disadvantaged",
        "Other pupils": "cohort_other",
    },
    "grades": {
        "Collaboration": "name",
        "Year": "grades_year",
        "number of schools": "n_schools",
        "Outstanding": "n_outstanding",
        "Good": "n_good",
        "RI": "n_requires_improvement",
        "Inadequate": "n_inadequate",
        "no Inspection yet": "n_not_inspected",
        "% good or better": "good_or_better_pct",
    },
}
EXPECTED, ABSENCE, SCORE = "Expected standard", "Persistent absence", "Attainment score"
MOVES = (
    ("Emerging", "Embedded"),
    ("Embedded", "Embedded"),
    ("Emerged", "Emerging"),
    ("Embedded", "Enhanced"),
)
Rows = list[list[str]]


def add(world: World, *names: str) -> World:
    """Give a made-up county these tables, or all of them, and write down their rows and SHA-256."""
    for name in names or tuple(HEADINGS):
        put(world, name, [list(HEADINGS[name]), *TABLES[name]])
    world.refresh()
    return world


def put(world: World, name: str, cells: Rows) -> None:
    """Write a promised table and its entry in data/sources.yaml."""
    world.write(name, cells)
    content = world.sources
    headings = {printed: HEADINGS[name][printed] for printed in cells[0]}
    entry: dict[str, Any] = {"file": f"{name}.csv", "place": "nowhere", "rows": 0, "sha256": "-"}
    content[world.year]["tables"][name] = entry | {"headings": headings}
    world.write_sources(content)


def _targets() -> Rows:
    """Give 17 targets with 15 results: 6 are met; 8 percentages miss by 3 pp on average."""
    rows = [[GROUPS[i], EXPECTED, "75%", f"{69 + i}%", "%", ""] for i in range(10)]
    rows[9][3] = ""
    rows += [[GROUPS[i], ABSENCE, "5", str(4 + i), "%", "8"] for i in range(5)]
    rows[14][3] = ""
    return [
        *rows,
        [GROUPS[0], SCORE, "50.0", "51.5", "points", "49"],
        [GROUPS[1], SCORE, "50.0", "48.5", "points", ""],
    ]


def _stages() -> Rows:
    """Give 16 groups of which 14 have a stage before: 7 moved up, 6 stayed, 1 moved down."""
    rows = [[GROUPS[i], MOVES[i % 4][1], MOVES[i % 4][0]] for i in range(16)]
    rows[13] = [GROUPS[13], "embedded", "enhanced"]
    rows[14][2] = rows[15][2] = ""
    return rows


def _gaps() -> Rows:
    """Give 10 groups at key stage 2 and 4 at 4; at 2 the gap of 3 narrowed and of 4 widened."""
    return [
        [
            *(GROUPS[i], stage, str(3 + i % 3), "4", str(1 - i % 3), str(15 + 5 * (i % 3))),
            *(str(10 + i), "40"),
        ]
        for stage, groups in (("KS2", range(10)), ("Key stage 4", range(8, 12)))
        for i in groups
    ]


def _grades() -> Rows:
    """Give 12 groups in both years and one in the second only: 42 of 57 schools, then 45."""
    before = (-1, -1, 0, 1)
    rows = [_grade(i, YEAR, 0) for i in range(13)]
    return [*(_grade(i, str(int(YEAR) - 1), before[i % 4]) for i in range(12)), *rows]


def _grade(i: int, year: str, more: int) -> list[str]:
    good, poor = (int(count) for count in GRADES[i % len(GRADES)])
    schools = good + poor + 1
    share = f"{100 * (good + more + 1) / schools:.1f}"
    return [GROUPS[i], year, str(schools), "1", str(good + more), str(poor - more), "0", "0", share]


TABLES: dict[str, Rows] = {
    "targets": _targets(),
    "stages": _stages(),
    "gaps": _gaps(),
    "grades": _grades(),
}


def tables_for(groups: Sequence[str], seed: int, year: int) -> dict[str, Rows]:
    """Return made-up tables for these groups, each with its heading; the same for the same seed.

    Parameters
    ----------
    groups : sequence of str
        Names as the other tables of the year print them.
    seed : int
        Of the random numbers.
    year : int
        Year of the results; the grades are of this year and of the one before.
    """
    draw = np.random.default_rng(seed)
    rows: dict[str, Rows] = {name: [list(headings)] for name, headings in HEADINGS.items()}
    for group in groups:
        rows["targets"] += _drawn_targets(draw, group)
        rows["stages"].append(_drawn_stage(draw, group))
        rows["gaps"] += [_drawn_gap(draw, group, stage) for stage in ("KS2", "KS4")]
    for when in (year - 1, year):
        rows["grades"] += [_drawn_grades(draw, group, when) for group in groups]
    return rows


def _drawn_targets(draw: np.random.Generator, group: str) -> Rows:
    base = int(draw.integers(55, 80))
    target = min(base + int(draw.integers(2, 8)), 95)
    result = str(int(np.clip(base + draw.normal(3, 5), 0, 100))) if draw.random() > 0.08 else ""
    absence = round(float(draw.uniform(4, 9)), 1)
    fell = f"{max(absence + float(draw.normal(-0.6, 0.8)), 0):.1f}"
    return [
        [group, EXPECTED, f"{target}%", result and f"{result}%", "%", f"{base}%"],
        [group, ABSENCE, f"{absence - 0.5:.1f}", fell, "%", f"{absence:.1f}"],
    ]


def _drawn_stage(draw: np.random.Generator, group: str) -> list[str]:
    stages = ("Emerged", "Embedded", "Enhanced")
    before = int(draw.choice(3, p=(0.6, 0.35, 0.05)))
    now = int(np.clip(before + draw.choice((-1, 0, 1), p=(0.05, 0.6, 0.35)), 0, 2))
    return [group, stages[now], stages[before] if draw.random() > 0.1 else ""]


def _drawn_gap(draw: np.random.Generator, group: str, stage: str) -> list[str]:
    pupils, others = int(draw.integers(12, 60)), int(draw.integers(60, 240))
    gains = np.round(draw.normal((3, 2), (100 / np.sqrt((4 * pupils, 4 * others)))), 1)
    lower, other = (float(gain) for gain in gains)
    before = f"{draw.normal(19, 6):.1f}"
    gap = [f"{lower:.1f}", f"{other:.1f}", f"{other - lower:.1f}", before]
    return [group, stage, *gap, str(pupils), str(others)]


def _drawn_grades(draw: np.random.Generator, group: str, year: int) -> list[str]:
    size = 3 + len(group) % 6
    counts = draw.multinomial(size, (0.16, 0.58, 0.2, 0.03, 0.03))
    share = f"{100 * (counts[0] + counts[1]) / size:.1f}"
    return [group, str(year), str(size), *(str(count) for count in counts), share]
