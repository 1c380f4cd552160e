"""Merged and hidden cells of a workbook that make the meaning of a value uncertain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from analysis.errors import Problem, quoted
from analysis.sources.asides import Ledger
from analysis.sources.headings import Heading
from analysis.sources.read import Row

if TYPE_CHECKING:
    from analysis.sources.grids import Grid

_SPREAD = "merged cells, their value spread: "
_HIDDEN = "numbers that their format hides: "
_BLOCK = re.compile(r"([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)", re.ASCII)
_PLACE = re.compile(r"([A-Z]{1,3})(\d+) \(", re.ASCII)
_SHARED = ("area", "district")
_REMEDY = "Unmerge the cells, write each value into its own, and save the file again."


def merged_problems(grid: Grid, heading: Heading, rows: Sequence[Row]) -> list[Problem]:
    """Return values of the table that one merged cell gives to several, and hidden numbers.

    An area or a district may span the rows of its groups.

    Parameters
    ----------
    grid : Grid
        Whose notes name the merged cells.
    rows : sequence of Row
        The rows of the table.
    """
    of = {row.line: row for row in rows}
    spread = "".join(note for note in grid.notes if note.startswith(_SPREAD))
    problems = [
        problem
        for match in _BLOCK.finditer(spread)
        for problem in _of_block(match, grid.file, heading, of)
    ]
    more = re.search(r" and ([\d,]+) more", spread)
    if more and not problems and not _of_places(spread, more[1], heading, rows):
        problems = list(_alike(grid.file, heading, rows))
    return problems or list(_hidden(grid, heading, of))


def fill_places(rows: Sequence[Row], heading: Heading, ledger: Ledger) -> list[Row]:
    """Return the rows, each with its area and district where only the first of several has it.

    It is so only where every place is given once, and most rows have none: then each blank is
    that of a cell merged over the rows of one place.
    """
    filled = [list(row.cells) for row in rows]
    for i in (i for i, found in heading.at.items() if found.column in _SHARED):
        cells = [row.cells[i].strip() for row in rows]
        named = [cell for cell in cells if cell]
        once = len(set(named)) == len(named) > 1
        if not (once and cells[0] and len(cells) >= 2 * len(named)):
            continue
        for above, row in pairwise(filled):
            row[i] = row[i] if row[i].strip() else above[i]
        name = heading.name(i)
        ledger.add(f'blank cells in column "{name}" filled from above, as of merged cells')
    return [Row(row.line, tuple(cells)) for row, cells in zip(rows, filled, strict=True)]


def _of_places(spread: str, more: str, heading: Heading, rows: Sequence[Row]) -> bool:
    """Return whether there are as many merged cells as runs of one area, of one district, or both.

    Of many merged cells only the first are named.
    """
    blocks = len(_BLOCK.findall(spread)) + int(more.replace(",", ""))
    runs = [
        _runs([row.cells[i].strip() for row in rows])
        for i, found in heading.at.items()
        if found.column in _SHARED
    ]
    return blocks in (*runs, sum(runs))


def _runs(cells: Sequence[str]) -> int:
    return sum(len(list(group)) > 1 for _, group in groupby(cells))


def _of_block(
    match: re.Match[str], file: str, heading: Heading, of: Mapping[int, Row]
) -> Iterator[Problem]:
    columns = range(_number(match[1]), _number(match[3]) + 1)
    lines = [line for line in of if int(match[2]) <= line <= int(match[4])]
    at = [i for i in columns if i in heading.at]
    values = [i for i in at if heading.at[i].column not in _SHARED]
    if lines and values and (len(lines) > 1 or len(at) > 1):
        yield _problem(file, heading, of[lines[0]], values[0], f" over the cells {match[0]}")


def _alike(file: str, heading: Heading, rows: Sequence[Row]) -> Iterator[Problem]:
    """Return the first value that stands below an equal one, where merged cells are not listed."""
    for i, found in heading.at.items():
        for above, row in pairwise(rows):
            text = row.cells[i].strip()
            if found.column not in _SHARED and text and above.cells[i].strip() == text:
                yield _problem(file, heading, row, i, ", perhaps of a merged cell, again")
                return


def _problem(file: str, heading: Heading, row: Row, at: int, where: str) -> Problem:
    found = f"one value, {quoted(row.cells[at])},{where}".replace(",,", ",")
    place = (row.line, heading.name(at), "structure")
    return Problem(file, found, "a value for each cell", _REMEDY, *place)


def _hidden(grid: Grid, heading: Heading, of: Mapping[int, Row]) -> Iterator[Problem]:
    said = "".join(note for note in grid.notes if note.startswith(_HIDDEN))
    for match in _PLACE.finditer(said):
        at, line = _number(match[1]), int(match[2])
        if at in heading.at and line in of:
            remedy = "Give the cell a number format that shows it, or empty it."
            place = (line, heading.name(at), "value")
            expected = "numbers that can be seen"
            yield Problem(grid.file, "a number that its format hides", expected, remedy, *place)


def _number(letters: str) -> int:
    number = 0
    for sign in letters:
        number = number * 26 + ord(sign) - 64
    return number - 1
