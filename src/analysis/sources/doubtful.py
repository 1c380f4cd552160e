"""Cells of a workbook's table that can't be taken as they are: at fault, unseen, no words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from analysis.errors import Problem, quoted
from analysis.sources.draft import letter
from analysis.sources.headings import Heading
from analysis.sources.merged import merged_problems
from analysis.sources.read import Row
from analysis.variables import known, variable

if TYPE_CHECKING:
    from analysis.sources.grids import Grid

MOST_NAMED = 3
_SHOW = "Give the cell a number format that shows it, or empty it."
_RETYPE = "Format the cell as text, and type it again as the publication has it."
_NO_WORDS = {"date": "which is stored as a date", "truth": "which is stored as true or false"}


def cell_problems(
    grid: Grid, heading: Heading, rows: Sequence[Row], totals: Sequence[Row]
) -> list[Problem]:
    """Return what a workbook's reader noticed that spoils cells of the table.

    These are errors, formulas without a value and the like; or else merged values, numbers that
    can't be seen, and dates in place of words.

    Parameters
    ----------
    rows, totals : sequence of Row
        The rows of the table, and those of its totals.
    """
    lines = {row.line for row in (*rows, *totals)} | {*range(heading.line, heading.last + 1)}
    faults = [
        _named(problem, heading, at)
        for (line, at), problem in sorted(grid.faults.items())
        if line in lines and at in heading.at
    ]
    return faults or [*merged_problems(grid, heading, rows), *_unlike(grid, heading, rows)]


def faults_below(grid: Grid, heading: Heading) -> list[Problem]:
    """Return the cells at fault below a heading, where the rows can't be told apart."""
    return [
        _named(problem, heading, at)
        for (line, at), problem in sorted(grid.faults.items())
        if line >= heading.line and at in heading.at
    ]


def faults_outside(grid: Grid, heading: Heading, lines: Collection[int]) -> list[str]:
    """Return a note on cells at fault that are no part of the table.

    Parameters
    ----------
    lines : collection of int
        The lines of the table.
    """
    outside = [
        f"{letter(at)}{line}"
        for line, at in sorted(grid.faults)
        if line not in lines or at not in heading.at
    ]
    more = len(outside) - MOST_NAMED
    named = ", ".join(outside[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return [f"cells outside the table that hold no value, as of an error: {named}"] * bool(named)


def as_stored(grid: Grid, heading: Heading, rows: Sequence[Row]) -> list[Row]:
    """Return the rows, with numbers that are shown in thousands as they are stored.

    Where the heading says thousands, they are given in thousands, but unrounded; so are whole
    pounds that are stored in thousands and shown rounded.
    """
    shown = {place: full for place, (kind, full) in grid.unlike.items() if kind == "thousands"}
    for (line, at), (kind, full) in grid.unlike.items():
        meaning = heading.at.get(at)
        if kind == "rounded" and meaning is not None and meaning.scale > 1:
            pounds = Decimal(format(float(full), ".15g")) * meaning.scale
            if pounds == pounds.to_integral_value():
                shown[line, at] = str(pounds)
    lines = {line for line, _ in shown}
    return [_with_stored(row, heading, shown) if row.line in lines else row for row in rows]


def _with_stored(row: Row, heading: Heading, shown: Mapping[tuple[int, int], str]) -> Row:
    cells = list(row.cells)
    for i, meaning in heading.at.items():
        if full := shown.get((row.line, i)):
            sign = "£" if "£" in full else ""
            number = Decimal(full.replace("£", "")) / meaning.scale
            cells[i] = f"{sign}{number.normalize():f}"
    return replace(row, cells=tuple(cells))


def _named(problem: Problem, heading: Heading, at: int) -> Problem:
    return replace(problem, column=heading.name(at))


def _unlike(grid: Grid, heading: Heading, rows: Sequence[Row]) -> Iterator[Problem]:
    """Return cells whose value is hidden, or of another kind than the column's words."""
    of = {row.line: row for row in rows} if grid.unlike else {}
    for (line, at), (kind, _) in sorted(grid.unlike.items()):
        if line not in of or at not in heading.at:
            continue
        place = (line, heading.name(at), "value")
        if kind == "hidden":
            found, expected = "a value that its number format hides", "values that can be seen"
            yield Problem(grid.file, found, expected, _SHOW, *place)
        elif kind in _NO_WORDS and _of_words(heading.at[at].column):
            found = f"{quoted(of[line].cells[at])}, {_NO_WORDS[kind]}"
            yield Problem(grid.file, found, "words", _RETYPE, *place)


def _of_words(column: str) -> bool:
    return known(column) and variable(column).cell == "text"
