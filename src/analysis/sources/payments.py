"""Money in long form: a row for each group and school year."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis.errors import DataError, Problem, quoted
from analysis.sources.convert import Missing, convert, tidy_text
from analysis.sources.names import fold
from analysis.sources.read import read_sheet
from analysis.sources.registry import LONG_FUNDING, TableSource
from analysis.sources.school_codes import school_year
from analysis.sources.typed import TypedTable

_READERS: dict[str, Callable[[str], Any]] = {
    "name": lambda text: convert(text, "text"),
    "school_year": school_year,
    "funding_gbp": lambda text: convert(text, "money"),
}
_REMEDY = "Compare the cell with the publication and correct the file."


def is_long(source: TableSource) -> bool:
    """Return whether a table of money has a row for each group and school year."""
    return "school_year" in source.headings.values()


def read_payments(source: TableSource) -> TypedTable:
    """Return the money of each group and school year, in GBP.

    The columns are `row`, `name`, `school_year` (the calendar year in which it ends) and
    `funding_gbp`.

    Raises
    ------
    ValueError
        If the table is not in long form.
    DataError
        With all cells that are not of their form, or all payments that are there twice.
    """
    if not is_long(source):
        raise ValueError(f"{source.file} has no heading that means school_year")
    sheet = read_sheet(source.path)
    at = {ours: _position(sheet.heading, source, ours) for ours in LONG_FUNDING}
    problems: list[Problem] = []
    lines: list[dict[str, object]] = []
    for row in sheet.rows:
        line: dict[str, object] = {"row": row.line}
        for ours, position in at.items():
            try:
                line[ours] = _READERS[ours](row.cells[position])
            except ValueError as expected:
                found, printed = quoted(row.cells[position]), source.printed(ours)
                problem = (source.file, found, str(expected), _REMEDY, row.line, printed)
                problems.append(Problem(*problem))
        lines.append(line)
    problems += [] if problems else _unfit(source, lines)
    if problems:
        raise DataError(problems)
    return _table(source, sheet, lines)


def _position(heading: tuple[str, ...], source: TableSource, ours: str) -> int:
    printed = source.printed(ours)
    if heading.count(printed) == 1:
        return heading.index(printed)
    found = "the same heading twice" if printed in heading else f"the headings {quoted(heading)}"
    expected = "one column with this heading, as data/sources.yaml says"
    remedy = "Restore the column, or change the headings of this table in data/sources.yaml."
    raise DataError(Problem(source.file, found, expected, remedy, 1, printed, "heading"))


def _unfit(source: TableSource, lines: list[dict[str, object]]) -> list[Problem]:
    """Return the rows without a name, and those of a group and year that came before."""
    problems = []
    seen: dict[tuple[str, object], object] = {}
    for line in lines:
        row, name, year = line["row"], line["name"], line["school_year"]
        if isinstance(name, Missing):
            found, expected, code = "no name", "a name", "names"
        elif (key := (fold(tidy_text(str(name))), year)) in seen:
            found = f"{quoted(name)} for the same school year as row {seen[key]}"
            expected, code = "each name once a school year", "duplicate"
        else:
            seen[key] = row
            continue
        place = (int(str(row)), source.printed("name"))
        problems.append(Problem(source.file, found, expected, _REMEDY, *place, code))
    return problems


def _table(source: TableSource, sheet: Any, lines: list[dict[str, object]]) -> TypedTable:
    missing = [
        {"row": line["row"], "column": "funding_gbp", "printed": why.printed, "reason": why.kind}
        for line in lines
        if isinstance(why := line["funding_gbp"], Missing)
    ]
    amounts = [None if isinstance(a := ln["funding_gbp"], Missing) else a for ln in lines]
    frame = pd.DataFrame(
        {
            "row": pd.Series([line["row"] for line in lines], dtype="int64"),
            "name": pd.Series([line["name"] for line in lines], dtype="str"),
            "school_year": pd.Series([line["school_year"] for line in lines], dtype="Int64"),
            "funding_gbp": pd.Series(amounts, dtype="float64"),
        }
    )
    columns = ["row", "column", "printed", "reason"]
    return TypedTable(source, frame, pd.DataFrame(missing, columns=columns), sheet)
