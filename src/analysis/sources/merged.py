"""Merged cells of a workbook that make the meaning of a value uncertain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from analysis.errors import Problem, quoted
from analysis.sources.asides import Ledger
from analysis.sources.draft import Block, place
from analysis.sources.headings import Heading
from analysis.sources.read import Row

if TYPE_CHECKING:
    from analysis.sources.grids import Grid

_SHARED = ("area", "district")
_REMEDY = "Unmerge the cells, write each value into its own, and save the file again."


def merged_problems(grid: Grid, heading: Heading, rows: Sequence[Row]) -> list[Problem]:
    """Return values of the table that one merged cell gives to several.

    An area or a district may span the rows of its groups.

    Parameters
    ----------
    rows : sequence of Row
        The rows of the table.
    """
    of = {row.line: row for row in rows} if grid.merged else {}
    return [found for block in grid.merged for found in _of_block(block, grid.file, heading, of)]


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


def _of_block(
    block: Block, file: str, heading: Heading, of: Mapping[int, Row]
) -> Iterator[Problem]:
    top, left, last, right = block
    lines = [line for line in of if top <= line <= last]
    at = [i for i in range(left - 1, right) if i in heading.at]
    values = [i for i in at if heading.at[i].column not in _SHARED]
    if lines and values and (len(lines) > 1 or len(at) > 1):
        row = of[lines[0]]
        where = f"{place(top, left)}:{place(last, right)}"
        found = f"one value, {quoted(row.cells[values[0]])}, over the cells {where}"
        spot = (row.line, heading.name(values[0]), "structure")
        yield Problem(file, found, "a value for each cell", _REMEDY, *spot)
