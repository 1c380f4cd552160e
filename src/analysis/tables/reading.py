"""One file through one reader: its typed rows, or every reason why it can't be read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import DataError, Problem
from analysis.sources.grids import Grid, open_grids
from analysis.sources.layout import find_layout
from analysis.sources.placing import with_heading
from analysis.sources.report_rows import LooseTable, read_report
from analysis.sources.school_formats import short_rows
from analysis.sources.school_rows import read_school_rows
from analysis.sources.vocabulary import READABLE

_SCHOOL_LEVEL = ("schools", "members")
_OF_GROUPS = ("gains", "ofsted", "funding", "members")
_SHOWN = ("file", "row", "column", "found", "expected", "remedy")


@dataclass(frozen=True)
class Accepted:
    """A file that was read.

    Parameters
    ----------
    rows : tuple of dict
        Our column to the value, None where it is missing; the group's name is `collaboration`.
    missing : tuple of dict
        For each row, our column to the kind of missing value.
    notes : tuple of str
        What was decided on the way.
    """

    rows: tuple[dict[str, object], ...]
    missing: tuple[dict[str, str], ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return the rows as one mapping, ready for JSON."""
        pairs = zip(self.rows, self.missing, strict=True)
        rows = [{**row, "_missing": absent} if absent else dict(row) for row, absent in pairs]
        return {"status": "accepted", "rows": rows, "notes": list(self.notes)}


@dataclass(frozen=True)
class Rejected:
    """A file that can't be used, and all that is wrong with it."""

    problems: tuple[Problem, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the problems as one mapping, ready for JSON."""
        errors = [
            {name: value for name, value in problem.as_dict().items() if name in _SHOWN}
            for problem in self.problems
        ]
        return {"status": "rejected", "errors": errors}


def read_one(table: str, path: Path) -> Accepted | Rejected:
    """Return the typed rows of the file at `path`, or the reasons why it can't be read.

    Nothing is written, and no year is asked for.

    Parameters
    ----------
    table : str
        What the file is: gains, ofsted, funding, schools or members.
    path : Path
        The file: text or a workbook.

    Raises
    ------
    ValueError
        If `table` is none of these.
    """
    if table not in READABLE:
        raise ValueError(f"found the table {table!r}; expected one of {', '.join(READABLE)}")
    try:
        return _read(table, path)
    except DataError as error:
        return Rejected(tuple(dict.fromkeys(error.problems)))


def _read(table: str, path: Path) -> Accepted:
    grids = _opened(table, path)
    if table in _SCHOOL_LEVEL:
        layout = find_layout(grids, table, lambda heading: short_rows(heading.cells, table))
        made = read_school_rows(layout, table)
        return _accepted(table, made.rows, made.missing, (*layout.notes, *made.notes))
    layout = find_layout(grids, table)
    report, notes = read_report(layout, table, path)
    rows, missing = _plain_rows(report)
    return _accepted(table, rows, missing, (*layout.notes, *notes))


def _accepted(
    table: str,
    rows: Sequence[Mapping[str, object]],
    missing: Sequence[Mapping[str, str]],
    notes: tuple[str, ...],
) -> Accepted:
    """Return what was read, under the names that other people know the columns by."""
    outside = {"name": "collaboration"} if table in _OF_GROUPS else {}
    called = tuple({outside.get(c, c): value for c, value in row.items()} for row in rows)
    absent = tuple({outside.get(c, c): kind for c, kind in kinds.items()} for kinds in missing)
    return Accepted(called, absent, notes)


def _opened(table: str, path: Path) -> list[Grid]:
    try:
        return open_grids(path)
    except DataError as error:
        problems = [with_heading(problem, table, path) for problem in error.problems]
        raise DataError(problems) from None


def _plain_rows(
    made: LooseTable,
) -> tuple[tuple[dict[str, object], ...], tuple[dict[str, str], ...]]:
    frame = made.frame.drop(columns="row")
    rows = tuple(
        {str(column): _plain(value) for column, value in line.items()}
        for line in frame.to_dict("records")
    )
    kinds: dict[int, dict[str, str]] = {int(row): {} for row in made.frame["row"]}
    for line in made.missing.to_dict("records"):
        kinds[int(line["row"])][line["column"]] = line["reason"]
    return rows, tuple(kinds.values())


def _plain(value: Any) -> object:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def shown(result: Accepted | Rejected, *, as_json: bool = False) -> str:
    """Return a result as a person reads it, or as one JSON object.

    Parameters
    ----------
    result : Accepted or Rejected
        What `read_one` returned.
    as_json : bool
        Whether one JSON object is asked for.
    """
    if as_json:
        return json.dumps(result.as_dict(), indent=2, ensure_ascii=False, allow_nan=False)
    if isinstance(result, Rejected):
        return "\n".join(map(str, result.problems))
    lines = ["\t".join(result.rows[0])] if result.rows else []
    lines += [
        "\t".join(_cell(value, absent.get(column)) for column, value in row.items())
        for row, absent in zip(result.rows, result.missing, strict=True)
    ]
    return "\n".join([*lines, *(f"Note: {note}" for note in result.notes)])


def _cell(value: object, reason: str | None) -> str:
    return f"[{reason or 'missing'}]" if value is None else str(value)
