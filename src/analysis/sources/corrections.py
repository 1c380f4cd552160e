"""Known errors of a source: what is used instead of a printed cell, as a person decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from analysis import paths
from analysis.errors import DataError, Problem, quoted
from analysis.files import read_yaml
from analysis.sources.convert import tidy_text
from analysis.sources.read import Row, Sheet

FILE = "data/corrections.yaml"
FIELDS = ("table", "row", "column", "expect", "use", "reason")
APPLIED = ("file", "row", "column", "published", "used", "reason")
_FORM = "Correct this entry; the comment at the top of the file shows the form."


@dataclass(frozen=True)
class Correction:
    """An entry of data/corrections.yaml.

    Parameters
    ----------
    row : str
        The name as printed, the running number, or the name and another cell of the row.
    column : str
        The heading as printed.
    expect, use : str
        The cell as published, and the text that is read instead. Where both are the same, a cell
        that looks odd is confirmed.
    line : int
        The line of the entry in data/corrections.yaml.
    """

    table: str
    row: str
    column: str
    expect: str
    use: str
    reason: str
    line: int

    def problem(self, field: str, found: str, expected: str, remedy: str = _FORM) -> Problem:
        """Return a problem of this entry's `field`."""
        return _problem(self.line, field, found, expected, remedy)


def _problem(line: int | None, field: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(FILE, found, expected, remedy, line, field, "corrections")


def load_corrections(
    year: str, tables: Sequence[str]
) -> tuple[tuple[Correction, ...], tuple[Problem, ...]]:
    """Return a year's corrections, and what is wrong with entries that can't be followed.

    Parameters
    ----------
    tables : sequence of str
        The tables of the year that can be corrected.
    """
    path = paths.find_root() / FILE
    if not path.is_file():
        return (), ()
    try:
        content = read_yaml(path, "corrections")
    except DataError as error:
        return (), tuple(error.problems)
    entries, lines = content.get(year, []), _lines(path, year)
    if year.isdecimal() and int(year) in content:
        found, expected = f"the key {year} without quotation marks", f'"{year}":'
        return (), (_problem(None, year, found, expected, _FORM),)
    if not isinstance(entries, list):
        found, expected = quoted(entries), "a list, each entry beginning with a hyphen"
        return (), (_problem(None, year, found, expected, _FORM),)
    good, bad = [], []
    for entry, line in zip(entries, lines, strict=True):
        faults = list(_faults(entry, line, tables))
        bad += faults
        if not faults:
            words = {name: str(entry[name]) for name in FIELDS}
            good.append(Correction(**words, line=line))
    return tuple(good), tuple(bad)


def _lines(path: paths.Path, year: str) -> list[int]:
    top = yaml.compose(path.read_text(encoding="utf-8"))
    pairs = top.value if isinstance(top, yaml.MappingNode) else []
    lists = [v for key, v in pairs if key.value == year and isinstance(v, yaml.SequenceNode)]
    return [item.start_mark.line + 1 for node in lists for item in node.value]


def _faults(entry: Any, line: int, tables: Sequence[str]) -> Iterator[Problem]:
    if not isinstance(entry, dict):
        expected = f"an entry with {', '.join(FIELDS)}"
        yield _problem(line, "table", quoted(entry), expected, _FORM)
        return
    for name in FIELDS:
        value = entry.get(name)
        number = name == "row" and isinstance(value, int) and not isinstance(value, bool)
        blank = name in ("expect", "use") and value == ""
        if not number and not blank and (not isinstance(value, str) or not value.strip()):
            found = f"no {name}" if value is None else quoted(value)
            yield _problem(line, name, found, _EXPECTED[name], _FORM)
    for name in entry:
        if name not in FIELDS:
            yield _problem(line, str(name), quoted(name), f"one of {', '.join(FIELDS)}", _FORM)
    if isinstance(entry.get("table"), str) and entry["table"] not in tables:
        expected = f"a table of this year: {', '.join(tables)}"
        yield _problem(line, "table", quoted(entry["table"]), expected, _FORM)


_EXPECTED = {
    "table": "the name of the table in data/sources.yaml, such as funding",
    "row": "the row's name as printed, or its running number",
    "column": "the heading as printed, in quotation marks",
    "expect": "the cell as published, in quotation marks",
    "use": "the text to be read instead, in quotation marks",
    "reason": "why the publication is wrong, in words",
}


@dataclass(frozen=True)
class Corrected:
    """A sheet as it is read, and what was changed in it.

    Parameters
    ----------
    cells : mapping
        Row of the file and position of the cell to the entry that was followed.
    lines : tuple of mapping
        A line for each cell that was changed: `APPLIED`.
    """

    sheet: Sheet
    cells: Mapping[tuple[int, int], Correction]
    lines: tuple[Mapping[str, object], ...] = ()
    problems: tuple[Problem, ...] = ()


def correct(
    sheet: Sheet, headings: Mapping[str, str], corrections: Sequence[Correction]
) -> Corrected:
    """Return the sheet with its corrections made; those that don't fit are problems.

    Parameters
    ----------
    headings : mapping
        Printed heading to our column.
    """
    if not corrections:
        return Corrected(sheet, {})
    problems: list[Problem] = []
    cells: dict[tuple[int, int], Correction] = {}
    for one in corrections:
        place = _place(sheet, headings, one, problems)
        if place is None:
            continue
        if place in cells:
            found, expected = f"the same cell as in line {cells[place].line}", "each cell once"
            problems.append(one.problem("row", found, expected))
        cells.setdefault(place, one)
    rows = tuple(_corrected(row, cells) for row in sheet.rows)
    published = {row.line: row.cells for row in sheet.rows}
    lines = tuple(
        {
            "file": sheet.file, "row": row, "column": sheet.heading[at],
            "published": published[row][at], "used": one.use, "reason": one.reason,
        }
        for (row, at), one in sorted(cells.items())
    )  # fmt: skip
    return Corrected(replace(sheet, rows=rows), cells, lines, tuple(problems))


def _corrected(row: Row, cells: Mapping[tuple[int, int], Correction]) -> Row:
    made = [
        cells[row.line, i].use if (row.line, i) in cells else cell
        for i, cell in enumerate(row.cells)
    ]
    return Row(row.line, tuple(made))


def _place(
    sheet: Sheet, headings: Mapping[str, str], one: Correction, problems: list[Problem]
) -> tuple[int, int] | None:
    """Return row and position of the cell that an entry is about."""
    if one.column not in sheet.heading:
        expected = f"a heading of {sheet.file}: {', '.join(map(quoted, sheet.heading))}"
        problems.append(one.problem("column", quoted(one.column), expected))
        return None
    at = sheet.heading.index(one.column)
    found = [row for row in sheet.rows if tidy_text(one.row) in _keys(sheet, headings, row)]
    if len(found) != 1:
        many = f"{len(found)} rows {quoted(one.row)}" if found else f"no row {quoted(one.row)}"
        expected = f"one row of {sheet.file}: its name as printed, its running number, or the "
        expected += "name, a comma and another cell of the row"
        problems.append(one.problem("row", f"{many} in {sheet.file}", expected))
        return None
    row = found[0]
    if tidy_text(row.cells[at]) != tidy_text(one.expect):
        place = f"in {sheet.file} row {row.line}, column {quoted(one.column)}"
        remedy = "If the publication has been put right, delete this entry; else correct `expect`."
        expected = f"{quoted(one.expect)}, which is to be corrected"
        problems.append(one.problem("expect", f"{quoted(row.cells[at])} {place}", expected, remedy))
        return None
    return row.line, at


def _keys(sheet: Sheet, headings: Mapping[str, str], row: Row) -> set[str]:
    """Return by what a person may call a row."""
    cells = {
        headings.get(printed, ""): tidy_text(cell)
        for printed, cell in zip(sheet.heading, row.cells, strict=True)
    }
    name = cells.get("name", cells.get("phase", tidy_text(row.cells[0])))
    keys = {name, *(f"{name}, {cell}" for cell in cells.values())}
    return keys | ({cells["number"]} if "number" in cells else set())
