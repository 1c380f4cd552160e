"""Where in a grid the heading of a table stands: in one row, or in up to four rows joined."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.sources.headings import Heading, read_heading
from analysis.sources.vocabulary import Vocabulary, fold_heading

if TYPE_CHECKING:
    from analysis.sources.grids import Grid

LOOKED_AT = 200
HIGHEST = 4
_UNITS = re.compile(r"(?i)[£%\d]|thousand|million")
_LIKE_UNITS = {"£", "%", "gbp", "no", "000s", "000", "k", "#", "number", "pp", "in", "thousands"}


def find_heading(grid: Grid, known: Vocabulary) -> Heading | None:
    """Return what comes nearest to a table's heading: a row, or up to four rows joined."""
    best: Heading | None = None
    for heading in _candidates(grid, known):
        if best is None or _rank(heading) < _rank(best):
            best = heading
        if not best.absent and best.line == best.last:
            break
    if best is None:
        return None
    below = _below_a_banner(grid, known, best)
    return below or _upwards(grid, known, _extended(grid, known, best))


def _below_a_banner(grid: Grid, known: Vocabulary, heading: Heading) -> Heading | None:
    """Return the row below a heading that was read by position, if it names every column."""
    at = grid.lines.index(heading.last) + 1
    if at >= len(grid.rows) or not any("by position" in note for note in heading.notes):
        return None
    below = read_heading(grid.rows[at], known, grid.file, grid.lines[at])
    named = not any("by position" in note for note in below.notes)
    return below if named and not below.absent else None


def _rank(heading: Heading) -> tuple[int, int, int]:
    return len(heading.absent), heading.last, heading.last - heading.line


def _candidates(grid: Grid, known: Vocabulary) -> Iterator[Heading]:
    filled = [i for i, row in enumerate(grid.rows) if any(cell.strip() for cell in row)]
    for start, i in enumerate(filled[:LOOKED_AT]):
        for height in range(1, HIGHEST + 1):
            of = filled[start : start + height]
            if len(of) < height or of[-1] - i >= HIGHEST:
                break
            for cells in _joined([grid.rows[j] for j in of], known.table):
                heading = read_heading(cells, known, grid.file, grid.lines[i], grid.lines[of[-1]])
                if len(heading.at) > 1:
                    yield heading


def _joined(rows: Sequence[Sequence[str]], table: str) -> Iterator[tuple[str, ...]]:
    """Return rows as one, cell by cell; for the gains, the first may span the cells below."""
    if len(rows) == 1:
        yield tuple(rows[0])
        return
    width = max(map(len, rows))
    filled = [[*row, *[""] * (width - len(row))] for row in rows]
    yield _stacked(filled)
    if table == "gains":
        yield _stacked([_spread(filled[0]), *filled[1:]])


def _stacked(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    columns = zip(*rows, strict=True)
    return tuple(
        " ".join(dict.fromkeys(cell.strip() for cell in cells)).strip() for cells in columns
    )


def _spread(cells: Sequence[str]) -> list[str]:
    made: list[str] = []
    for cell in cells:
        made.append(cell if cell.strip() or not made else made[-1])
    return made


def _extended(grid: Grid, known: Vocabulary, heading: Heading) -> Heading:
    """Return the heading with a row of units or of numbers of columns below it, if there is one."""
    at = grid.lines.index(heading.last) + 1
    if heading.absent or at >= len(grid.rows):
        return heading
    below = grid.rows[at]
    words = {word for cell in below for word in fold_heading(cell).split()}
    if not words or not (words <= _LIKE_UNITS or _goes_on(below, heading, known)):
        return heading
    for cells in _joined([heading.cells, below], known.table):
        longer = read_heading(cells, known, grid.file, heading.line, grid.lines[at])
        if not longer.absent:
            return longer
    return heading


def _upwards(grid: Grid, known: Vocabulary, heading: Heading) -> Heading:
    """Return the heading with the row above it, if cells merged over both rows tie them."""
    at = grid.lines.index(heading.line) - 1
    if heading.absent or at < 0 or grid.lines[at] != heading.line - 1:
        return heading
    above, own = grid.rows[at], heading.cells
    others = [a for a, b in zip(above, own, strict=False) if a.strip() and a.strip() != b.strip()]
    if sum(bool(cell.strip()) for cell in above) - len(others) < 2:
        return heading
    joined = _stacked([[*above, *[""] * (len(own) - len(above))], own])
    longer = read_heading(joined, known, grid.file, grid.lines[at], heading.last)
    if not longer.absent:
        return longer
    units = any(_UNITS.search(cell) for cell in others)
    return heading if units else replace(heading, line=grid.lines[at])


def _goes_on(below: Sequence[str], heading: Heading, known: Vocabulary) -> bool:
    """Return whether the row below a heading has a heading of the name too."""
    names = [i for i, meaning in heading.at.items() if meaning.column == "name"]
    found = [known.meaning(below[i]) for i in names if i < len(below)]
    return any(meaning is not None and meaning.column == "name" for meaning in found)
