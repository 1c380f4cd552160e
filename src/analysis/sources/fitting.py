"""Rows as wide as their heading, or the place where one is not."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from analysis.errors import DataError, Problem, quoted
from analysis.sources.asides import Ledger, is_remark
from analysis.sources.dirty_cells import CellError, read_cell, read_name
from analysis.sources.headings import Heading
from analysis.sources.read import Row
from analysis.variables import variable

_WIDE = 3
_SIGNS = "'\"\u2018\u2019\u201c\u201d\\\\"
_REMEDY = "Put quotation marks around a cell with a separator in it, or fill up the row."


def fitted(row: Row, heading: Heading, may_be_short: bool, ledger: Ledger) -> Row:
    """Return a row as wide as the heading.

    Parameters
    ----------
    may_be_short : bool
        Whether blank cells at the row's end may be left out.

    Raises
    ------
    DataError
        If it has more cells, or fewer, with the heading where it seems to be broken.
    """
    width, cells = len(heading.cells), row.cells
    surplus = cells[width:]
    if surplus and not any(cell.strip() for cell in surplus):
        if _may_be_shifted(cells, heading):
            found = f"{len(cells)} cells, a blank one too many, perhaps not the last"
            place = (row.line, heading.name(width - 1), "structure")
            raise DataError(Problem(heading.file, found, f"{width} cells", _REMEDY, *place))
        ledger.add("blank cells beyond the heading dropped", row.line)
        return Row(row.line, cells[:width])
    if len(cells) == width:
        return row
    filled = sum(bool(cell.strip()) for cell in cells)
    needed = max(heading.at, default=0) + 1
    may_be_short = may_be_short or is_remark(cells[0])
    if surplus or not (filled <= 1 or may_be_short or len(cells) >= needed):
        raise DataError(_width(row, heading))
    return Row(row.line, (*cells, *[""] * (width - len(cells))))


def leaves_out_blanks(row: Row, heading: Heading) -> bool:
    """Return whether a short row can be one whose publisher left out the blank cells at its end.

    Such a publisher's file is far wider than what is read of it, and a school with pupils has
    results, or codes in their place.
    """
    at = {found.column: i for i, found in heading.at.items()}
    wide = len(heading.cells) > _WIDE * len(at)
    pupils = at.get("cohort", len(row.cells))
    counted = pupils < len(row.cells) and row.cells[pupils].strip() not in ("", "0")
    return wide and not (counted and max(heading.at) >= len(row.cells))


def is_sound(row: Row, heading: Heading) -> bool:
    """Return whether every cell of a row is of the form that its heading asks for."""
    cells = [*row.cells, *[""] * (len(heading.cells) - len(row.cells))]
    return _fit(cells, heading)


def _may_be_shifted(cells: Sequence[str], heading: Heading) -> bool:
    """Return whether a row with a blank cell too many says something else without another one."""
    filled = [i for i, cell in enumerate(cells) if cell.strip()]
    blank = [i for i in range(max(filled, default=0)) if not cells[i].strip()]
    usual = _fit(cells, heading)
    return usual and any(_fit([*cells[:i], *cells[i + 1 :]], heading) for i in blank)


def _width(row: Row, heading: Heading) -> Problem:
    width, cells = len(heading.cells), row.cells
    at, found = min(len(cells), width) - 1, f"{len(cells)} cells"
    if len(cells) > width:
        cut = _cut(cells)
        broken = _broken(cells, heading) if cut is None else cut
        if broken is not None:
            at = broken
            joined = ",".join(cells[at : at + 1 + (len(cells) - width if cut is None else 1)])
            found = f"{found}, of which {quoted(joined)} makes two"
    expected = f"{width} cells, as in the heading"
    place = (row.line, heading.name(at), "structure")
    return Problem(heading.file, found, expected, _REMEDY, *place)


def _cut(cells: Sequence[str]) -> int | None:
    """Return where two cells are the halves of an amount such as £42,000."""
    for i, (left, right) in enumerate(itertools.pairwise(cells)):
        digits = left.strip().lstrip("£ " + _SIGNS).rstrip(_SIGNS)
        short = digits.isascii() and digits.isdigit() and len(digits) < 4
        if short and _three(right.strip().rstrip(_SIGNS)):
            return i
    return None


def _three(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()


def _broken(cells: Sequence[str], heading: Heading) -> int | None:
    """Return which cell a separator has parted: joined again, every cell is of its form."""
    width, more = len(heading.cells), len(cells) - len(heading.cells)
    if _fit(cells, heading):
        return None
    possible = [
        i
        for i in range(width)
        if _fit([*cells[:i], ",".join(cells[i : i + more + 1]), *cells[i + more + 1 :]], heading)
    ]
    named = [i for i in possible if i in heading.at and heading.at[i].column == "name"]
    return next(iter([*named, *possible]), None)


def _fit(cells: Sequence[str], heading: Heading) -> bool:
    return all(_fits(cells[at], found.column) for at, found in heading.at.items())


def _fits(cell: str, column: str) -> bool:
    kind = variable(column).cell
    try:
        read_name(cell) if column == "name" else read_cell(cell, kind)
    except CellError:
        return False
    return kind != "urn" or cell.strip().isdigit()
