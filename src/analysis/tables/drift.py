"""How far a year's tables are from those of the year before: amounts, gains, rows, coverage.

Nothing here stops a run: what is far from last year's may be true, and is told to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from analysis.errors import Problem, Severity, quoted
from analysis.sources.typed import TypedTable
from analysis.tables.gathered import Gathered
from analysis.variables import school_year

FACTOR = 3.0
DEVIATIONS = 4.0
FEWEST = 8
MOST_TOLD = 5
LEAST_DEVIATION_PP = 1.0
_LOOK = "Compare both years with their publications; if the figure is right, nothing is to do."


def far_values(now: Gathered, before: Gathered, later: Mapping[str, str]) -> list[Problem]:
    """Return warnings of values far from those of the year before.

    A group's schools or its latest money more than `FACTOR` times as many or as few; a gain
    outside last year's gains of its column and more than `DEVIATIONS` median absolute deviations
    from their median; money of one school year that the two years' tables give differently.

    Parameters
    ----------
    later : mapping
        Last year's name of a group to this year's, where they differ.
    """
    return [
        *_by_factor(now, before, later, "ofsted"),
        *_by_factor(now, before, later, "funding"),
        *_restated(now, before, later),
        *_gains(now, before),
    ]


def sizes(now: Gathered, before: Gathered) -> list[Problem]:
    """Return warnings of tables with a third more or fewer rows than those of last year."""
    problems = []
    for name, table in now.typed.items():
        other = before.typed.get(name)
        if other is None or not len(other.frame) or not len(table.frame):
            continue
        rows, were = len(table.frame), len(other.frame)
        if now.sound(name) and abs(rows - were) > were / 3:
            found, expected = f"{rows} rows", f"about {were}, as in {before.release.year}"
            remedy = "See whether rows are missing or doubled; if it changed, nothing is to do."
            problems.append(_whole(table, found, expected, remedy, "count", "warning"))
    return problems


def coverage(now: Gathered, before: Gathered | None) -> list[Problem]:
    """Return how many groups of the Ofsted table the other tables cover, and where few do."""
    problems = []
    for name in ("funding", "gains"):
        counted = _covered(now, name)
        if counted is None:
            continue
        covered, groups = counted
        table = now.typed[name]
        found = f"rows for {covered} of the {groups} groups of the Ofsted table"
        were = None if before is None else _covered(before, name)
        if were is not None and covered < were[0] / 2:
            expected = f"rows for about {were[0]}, as in {_year(before)}"
            remedy = (
                "See whether names or rows are missing; if fewer are covered, nothing is to do."
            )
            problems.append(_whole(table, found, expected, remedy, "join", "warning"))
        else:
            remedy = "What has no row is missing, not nought."
            expected = f"rows for as many as the publication has ({groups} at most)"
            problems.append(_whole(table, found, expected, remedy, "join", "note"))
    return problems


def _year(made: Gathered | None) -> str:
    return "" if made is None else made.release.year


def _whole(
    table: TypedTable, found: str, expected: str, remedy: str, code: str, severity: Severity
) -> Problem:
    return Problem(table.source.file, found, expected, remedy, code=code, severity=severity)


def _covered(made: Gathered, name: str) -> tuple[int, int] | None:
    if name not in made.linked or name not in made.release.tables:
        return None
    if "ofsted" not in made.linked or not made.sound(name, "ofsted"):
        return None
    groups = set(made.linked["ofsted"]["collaboration"])
    return len(groups & set(made.linked[name]["collaboration"])), len(groups)


def _money(frame: pd.DataFrame) -> list[str]:
    return sorted(column for column in frame if column.startswith("funding_20"))


def _by_factor(
    now: Gathered, before: Gathered, later: Mapping[str, str], name: str
) -> Iterator[Problem]:
    if name not in now.linked or name not in before.linked:
        return
    frame, earlier = now.linked[name], before.linked[name]
    columns = [_compared(frame), _compared(earlier)]
    if name in now.release.tables and name in before.release.tables and all(columns):
        were = _by_group(earlier, columns[1], later)
        odd = [one for one in _beside(frame, columns[0], were) if _is_far(one.value, one.before)]
        yield from _told(now.typed[name], columns[0], odd, _year(before), "far")


def _compared(frame: pd.DataFrame) -> str:
    """Return which column of a table is compared by size: schools, or the latest money."""
    return "n_schools" if "n_schools" in frame else (_money(frame) or [""])[-1]


class _Beside(NamedTuple):
    """A value of a row beside that of the year before."""

    row: int
    name: str
    value: float
    before: float


def _beside(frame: pd.DataFrame, column: str, were: Mapping[str, float]) -> list[_Beside]:
    return [
        _Beside(line["row"], line["name"], float(line[column]), were[line["collaboration"]])
        for line in frame.to_dict("records")
        if line["collaboration"] in were and not pd.isna(line[column])
    ]


def _is_far(value: float, before: float) -> bool:
    if not value or not before:
        return False
    return value > FACTOR * before or value * FACTOR < before


def _by_group(frame: pd.DataFrame, column: str, later: Mapping[str, str]) -> dict[str, float]:
    """Return the values of last year by the names of this year, those of merged groups summed."""
    groups = frame[frame["kind"] == "name"]
    names = groups["collaboration"].map(lambda name: later.get(name, name))
    summed = groups[column].astype("float64").groupby(names).sum(min_count=1)
    return {str(name): float(value) for name, value in summed.dropna().items()}


def _restated(now: Gathered, before: Gathered, later: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the money of a school year that both years' tables state, where they differ."""
    if "funding" not in now.linked or "funding" not in before.linked:
        return
    frame, earlier = now.linked["funding"], before.linked["funding"]
    for column in (column for column in _money(frame) if column in earlier):
        values = _beside(frame, column, _by_group(earlier, column, later))
        odd = [one for one in values if one.value != one.before]
        yield from _told(now.typed["funding"], column, odd, _year(before), "restated")


def _gains(now: Gathered, before: Gathered) -> Iterator[Problem]:
    if "gains" not in now.linked or "gains" not in before.linked:
        return
    frame, earlier = now.linked["gains"], before.linked["gains"]
    for column in (c for c in frame if c.startswith("gain_") and c in earlier):
        values = earlier[column].dropna()
        if len(values) < FEWEST:
            continue
        middle = float(values.median())
        spread = max(float((values - middle).abs().median()), LEAST_DEVIATION_PP)
        least = min(middle - DEVIATIONS * spread, float(values.min()))
        most = max(middle + DEVIATIONS * spread, float(values.max()))
        far = (frame[column] < least) | (frame[column] > most)
        expected = f"{least:g} to {most:g}, judging by the median and the spread of {_year(before)}"
        odd = [
            (line["row"], f"{line[column]:g} for {quoted(line['name'])}")
            for line in frame[far.fillna(False)].to_dict("records")
        ]
        yield from _capped(now.typed["gains"], column, [(*one, expected) for one in odd], "far")


def _told(
    table: TypedTable, column: str, odd: Sequence[_Beside], year: str, code: str
) -> Iterator[Problem]:
    """Yield a warning for each value beside that of the year before."""
    unit = "£" if column.startswith("funding_") else ""
    restated = code == "restated"
    of, about = (f" for {school_year(column)}", "") if restated else ("", "about ")
    lines = [
        (
            one.row,
            f"{unit}{one.value:,.0f}{of} for {quoted(one.name)}",
            f"{about}{unit}{one.before:,.0f}, as in {year}",
        )
        for one in odd
    ]
    yield from _capped(table, column, lines, code)


def _capped(
    table: TypedTable, column: str, lines: Sequence[tuple[int, str, str]], code: str
) -> Iterator[Problem]:
    """Yield a warning for each of the first lines, and one that counts the others."""
    if column not in table.source.headings.values():
        column = "funding_gbp"
    for row, found, expected in lines[:MOST_TOLD]:
        problem = table.problem(row, column, found, expected, _LOOK, code)
        yield replace(problem, severity="warning")
    if len(lines) > MOST_TOLD:
        rows = ", ".join(str(row) for row, *_ in lines[MOST_TOLD:])
        found = f"{len(lines) - MOST_TOLD} more such values, in the rows {rows}"
        expected = "values like those of the year before"
        problem = table.problem(lines[MOST_TOLD][0], column, found, expected, _LOOK, code)
        yield replace(problem, severity="warning")
