"""Tables as the pages show them: each cell a number with its unit, or the text that stands there.

A number is kept only where the page shows that number. Whatever else a cell shows, such as the
symbol of a suppressed value, is kept as the text that it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from pathlib import Path

from analysis.files import write_atomically
from analysis.page.tables import Table
from analysis.quantities import UNITS, Quantity, rounded, write


@dataclass(frozen=True)
class Number:
    """A number as a cell shows it.

    Parameters
    ----------
    value : float or int
        In the unit of the heading, so 87.5 for a share of 0.875; ten significant digits.
    unit : str
        A key of `UNITS`, or empty where the page shows all digits.
    bare : bool
        Whether the heading and not the cell names the unit.
    text : str
        What the page shows.
    """

    value: float | int
    unit: str
    bare: bool
    text: str


Cell = str | Number


@dataclass(frozen=True)
class Shown:
    """A table of a page.

    Parameters
    ----------
    picture : str
        Title of the picture whose data these are, empty for a table in its own right.
    """

    slug: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    picture: str = ""


def shown(table: Table, said: Sequence[Quantity | None] = (), picture: str = "") -> Shown:
    """Return a table as its page shows it; `said` are the findings that its rows are about."""
    about = [*said, *[None] * (len(table.frame) - len(said))]
    lines = table.frame.itertuples(index=False, name=None)
    rows = tuple(
        tuple(
            _cell(cell.text, value, (column, table.unit(column)), one)
            for cell, value, column in zip(texts, line, table.frame, strict=True)
        )
        for texts, line, one in zip(table.lines, lines, about, strict=True)
    )
    headings = tuple(head.text for head in table.heads)
    return Shown(table.slug, table.caption, headings, rows, picture)


def keep(folder: Path, chapter: str, tables: Sequence[Shown]) -> None:
    """Write the tables of a chapter in the order of its page, each name once: as shown last."""
    once = {table.slug: table for table in tables}
    text = json.dumps([asdict(table) for table in once.values()], ensure_ascii=False, indent=1)
    write_atomically(folder / "tables" / f"{chapter}.json", f"{text}\n".encode())


def kept(folder: Path, chapter: str) -> list[Shown]:
    """Return the tables that a chapter kept, none where it kept none."""
    file = folder / "tables" / f"{chapter}.json"
    if not file.is_file():
        return []
    return [
        Shown(
            **{
                **table,
                "headings": tuple(table["headings"]),
                "rows": tuple(tuple(map(_read, row)) for row in table["rows"]),
            }
        )
        for table in json.loads(file.read_text(encoding="utf-8"))
    ]


def _read(cell: str | dict[str, object]) -> Cell:
    return cell if isinstance(cell, str) else Number(**cell)  # type: ignore[arg-type]


def _cell(text: str, value: object, where: tuple[str, str], about: Quantity | None) -> Cell:
    """Return the number that a cell shows, else its text; `where` is its column and unit."""
    column, unit = where
    numbers = [*_said(about, column), *_number(value, unit)]
    return next((number for number in numbers if number.text == text), text)


def _said(about: Quantity | None, column: str) -> Iterator[Number]:
    """Give the number that a column of a list of findings shows of one of them."""
    if about is None:
        return
    if column == "value":
        for bare in (False, True):
            yield from _number(about.value, about.unit, bare=bare)
    elif column in ("low", "high"):
        yield from _number(getattr(about, column), about.unit)
    elif column == "p":
        yield from _number(about.p_value, "probability")
    elif column == "rows":
        yield from _number(about.n, "count")


def _number(value: object, unit: str, *, bare: bool = True) -> Iterator[Number]:
    if isinstance(value, bool) or not isinstance(value, Real):
        return
    rule = UNITS.get(unit)
    held = int(value) if isinstance(value, Integral) else rounded(float(value))
    if rule is not None and held is not None and rule.scale != 1:
        held = rounded(held * rule.scale)
    if held is not None:
        text = str(value) if rule is None else write(float(value), unit, bare=bare)
        yield Number(held, unit if rule else "", bare, text)
