"""What spoils the tables of 2013, for tests of the reader of files of unknown origin."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.sources.declared import read_typed
from analysis.sources.registry import load_release
from analysis.tables.reading import Accepted, Rejected, read_one

RAW = Path(__file__).parents[1] / "data" / "raw"
REPORT = ("gains", "ofsted", "funding")
MONEY = "2012/13 Funding (if applicable)"
LATER = "2013/14 Agreed Funding from KAH (if applicable)"
GOES_ON = "Collabtn continuing in 2013/14"
SHARE = "% good or better"
Cells = list[list[str]]
Spoil = Callable[[Cells], object]
Rows = list[dict[str, Any]]


def original(table: str) -> Cells:
    """Return the cells of a table of 2013, the heading first."""
    text = (RAW / "2013" / f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.reader(io.StringIO(text)))


def spoilt(table: str, spoil: Spoil) -> Cells:
    """Return the cells of a table of 2013 with one thing done to them."""
    cells = original(table)
    spoil(cells)
    return cells


def as_text(cells: Cells, separator: str = ",", end: str = "\n") -> str:
    """Return cells as the text of a file."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(cells)
    return text.getvalue()


def strict(table: str, year: str = "2013") -> Rows:
    """Return the rows of a table as the strict path reads them."""
    frame = read_typed(load_release(year).tables[table]).frame.drop(columns="row")
    frame = frame.rename(columns={"name": "collaboration"})
    return [
        {str(column): None if pd.isna(value) else value for column, value in line.items()}
        for line in frame.to_dict("records")
    ]


def put(folder: Path, table: str, data: str | bytes) -> Path:
    """Write a file and return its path."""
    file = folder / f"{table}.csv"
    file.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return file


def read(folder: Path, table: str, data: str | bytes) -> Accepted | Rejected:
    """Return what the reader makes of a file with these contents."""
    return read_one(table, put(folder, table, data))


def as_rows(result: Accepted) -> Rows:
    """Return the rows, their columns in one order."""
    return [dict(sorted(row.items())) for row in result.rows]


def both(*spoils: Spoil) -> Spoil:
    """Do one thing after the other."""
    return lambda cells: [spoil(cells) for spoil in spoils]


def each(change: Callable[[list[str]], object]) -> Spoil:
    """Change every row, the heading too."""
    return lambda cells: [change(row) for row in cells]


def numbered(change: Callable[[int, list[str]], object]) -> Spoil:
    """Change every row by its number; the heading is number 0."""
    return lambda cells: [change(i, row) for i, row in enumerate(cells)]


def cell(row: int, name: str, to: str) -> Spoil:
    """Change the cell of the file's row below a heading."""
    return lambda cells: cells[row - 1].__setitem__(cells[0].index(name), to)


def column(name: str, change: Callable[[str], str]) -> Spoil:
    """Change all cells below a heading."""

    def spoil(cells: Cells) -> None:
        at = cells[0].index(name)
        for row in cells[1:]:
            row[at] = change(row[at])

    return spoil


def gains(change: Callable[[str], str]) -> Spoil:
    """Change all gains that are not blank."""

    def spoil(cells: Cells) -> None:
        for row in cells[1:]:
            row[1:] = [change(text) if text else "" for text in row[1:]]

    return spoil


def money(form: Callable[[int], str]) -> Spoil:
    """Write all amounts of money another way."""

    def change(text: str) -> str:
        return form(int(text.replace("£", "").replace(",", ""))) if text else ""

    return both(column(MONEY, change), column(LATER, change))


def heading(old: str, new: str) -> Spoil:
    """Change a heading."""
    return lambda cells: cells[0].__setitem__(cells[0].index(old), new)


def headed(*rows: list[str]) -> Spoil:
    """Put other rows in place of the heading."""
    return lambda cells: cells.__setitem__(slice(0, 1), [list(row) for row in rows])


def row(at: int, *new: str) -> Spoil:
    """Put a row in as the file's row `at`."""
    return lambda cells: cells.insert(at - 1, list(new))


def below(*new: str) -> Spoil:
    """Add a row as wide as the table, the given cells first."""
    return lambda cells: cells.append([*new, *[""] * (len(cells[0]) - len(new))])


def totals(table: str, label: str, at: int) -> Spoil:
    """Add a row with the right sums, its label in cell `at`."""

    def spoil(cells: Cells) -> None:
        new = [""] * at + [label] + [_sum(cells, i) for i in range(at + 1, len(cells[0]))]
        if table == "ofsted":
            good = sum(int(line[3]) + int(line[4]) for line in cells[1:])
            new[-1] = f"{100 * good / int(new[2].replace(',', '')):.1f}"
        if table == "funding":
            new = [f"£{text}" if text[:1].isdigit() else text for text in new]
        cells.append(new)

    return spoil


def _sum(cells: Cells, at: int) -> str:
    printed = [line[at].replace("£", "").replace(",", "") for line in cells[1:]]
    numbers = [float(text) for text in printed if text[:1].isdigit()]
    return f"{sum(numbers):,.0f}" if numbers else ""
