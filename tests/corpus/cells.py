"""Cases that change one cell, or all cells under one heading, declared as rows of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, NamedTuple

from .cases import Case, at, declare
from .sheets import HEADINGS, KEEP, Sheet
from .text import plain

Printed = str | Callable[[Any], str]


class Cell(NamedTuple):
    """A way of printing a value: what is printed for it, and what it then means."""

    label: str
    form: str
    heading: str
    verdict: str
    printed: Printed
    value: object = KEEP
    everywhere: bool = False
    also: tuple[str, ...] = ()


def _change(t: Sheet, i: int, cell: Cell) -> None:
    old = t.value(i, cell.heading)
    printed = cell.printed if isinstance(cell.printed, str) else cell.printed(old)
    value = cell.value(old) if callable(cell.value) else cell.value
    t.put(i, cell.heading, printed, value)


def _maker(cell: Cell) -> Callable[[Sheet, Random], Any]:
    def one_cell(t: Sheet, r: Random) -> Any:
        rows = t.filled(cell.heading) if cell.everywhere else [t.some(r, cell.heading)]
        for i in rows:
            _change(t, i, cell)
        content = plain(t)
        if cell.verdict == "sound":
            return content
        return content, at([t.line(i) for i in rows], cell.heading, *cell.also)

    def every_cell(t: Sheet, r: Random) -> Any:
        return one_cell(t, r)

    return every_cell if cell.everywhere else one_cell


def declare_cells(family: str, cells: Iterable[Cell]) -> None:
    """Declare a case for each way of printing."""
    for cell in cells:
        column = HEADINGS[cell.form][cell.heading] or cell.heading
        label = f"{column.replace('_', '-')}-{cell.label}"
        declare(Case(family, cell.form, cell.verdict, _maker(cell), label))
