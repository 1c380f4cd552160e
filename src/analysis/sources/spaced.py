"""Rows copied from a PDF with single spaces, where only one column can hold several words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.errors import DataError, Problem, quoted
from analysis.sources.dirty_cells import CellError, read_cell
from analysis.sources.registry import TABLES
from analysis.sources.vocabulary import Vocabulary, fold_heading
from analysis.variables import variable

if TYPE_CHECKING:
    from analysis.sources.grids import Grid

ONE_COLUMN = "one column"
_REMEDY = "Copy the table again with its columns apart, or write it as CSV, blank cells too."
_UNNAMED = ("number", "name")
Columns = tuple[str, ...]


def parted(grid: Grid, known: Vocabulary) -> Grid:
    """Return a grid of one column with its cells parted at spaces, if its heading can be.

    Raises
    ------
    DataError
        If a row with several numbers can't be parted in one way.
    """
    if ONE_COLUMN not in grid.notes or list(map(len, grid.rows)) != [1] * len(grid.rows):
        return grid
    of = {n: found for n, (text,) in enumerate(grid.rows) if (found := _heading(text, known))}
    if not of or known.table not in ("gains", "ofsted"):
        return grid
    first = min(of)
    columns = of[first]
    rows: list[tuple[str, ...]] = list(grid.rows[:first])
    for line, (text,) in zip(grid.lines[first:], grid.rows[first:], strict=True):
        printed = tuple(known.as_printed(column) for column in columns)
        rows.append(printed if _heading(text, known) else _row(grid.file, line, text, columns))
    note = "a guess: cells parted by single spaces, as text from a PDF"
    return replace(grid, rows=tuple(rows), notes=(*grid.notes, note))


def _heading(text: str, known: Vocabulary) -> Columns | None:
    """Return the columns that a line of headings names, if it can be read in one way."""
    ways = set(_ways(tuple(fold_heading(text).split()), known.exact))
    needed = set(TABLES.get(known.table, ()))
    whole = [way if "name" in way else (*_lead(needed), *way) for way in ways]
    whole = [way for way in whole if set(way) == needed and len(way) == len(needed)]
    return whole[0] if len(whole) == 1 else None


def _lead(needed: set[str]) -> Columns:
    return tuple(column for column in _UNNAMED if column in needed)


def _ways(words: tuple[str, ...], exact: Mapping[str, str]) -> Iterator[Columns]:
    if not words:
        yield ()
    for length in range(1, min(len(words), 6) + 1):
        if column := exact.get(" ".join(words[:length])):
            for rest in _ways(words[length:], exact):
                yield (column, *rest)


def _row(file: str, line: int, text: str, columns: Columns) -> tuple[str, ...]:
    words = text.split()
    at = columns.index("name")
    after = len(columns) - at - 1
    if len(words) >= len(columns):
        middle = words[at : len(words) - after]
        cells = (*words[:at], " ".join(middle), *words[len(words) - after :])
        if all(_fits(cell, column) for cell, column in zip(cells, columns, strict=True)):
            return cells
    if len(words) > 2 and all(_is_number(word) for word in words[-2:]):
        found = f"{quoted(text)}, with fewer values than the heading has columns"
        expected = f"{len(columns)} cells"
        raise DataError(Problem(file, found, expected, _REMEDY, line, "name", "structure"))
    return (text,)


def _fits(cell: str, column: str) -> bool:
    if column == "name":
        return not _is_number(cell)
    try:
        read_cell(cell, variable(column).cell)
    except CellError:
        return False
    return True


def _is_number(word: str) -> bool:
    return word.strip("-+%\u2212").replace(".", "", 1).isdecimal()
