"""Money in long form: a row for each group and school year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from analysis.errors import Problem, quoted
from analysis.sources.declared import Attempt, read_as_far
from analysis.sources.names import fold
from analysis.sources.registry import LONG_FUNDING, TableSource
from analysis.sources.typed import TypedTable

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
        With all cells that are not of their form, and all payments that are there twice.
    """
    return payments_as_far(source).finished()


def payments_as_far(source: TableSource) -> Attempt:
    """Return the rows of `read_payments` that can be read, and all that is wrong with others.

    Raises
    ------
    ValueError
        If the table is not in long form.
    """
    if not is_long(source):
        raise ValueError(f"{source.file} has no heading that means school_year")
    attempt = read_as_far(source)
    if attempt.table is None or not attempt.whole:
        return replace(attempt, table=None)
    spoilt = {problem.row for problem in attempt.problems}
    table = attempt.table
    frame = table.frame[["row", *LONG_FUNDING]]
    frame = frame[~frame["row"].isin(spoilt)].reset_index(drop=True)
    twice = _twice(source, frame)
    frame = frame[~frame["row"].isin({problem.row for problem in twice})].reset_index(drop=True)
    made = replace(table, frame=frame, missing=_amounts(table.missing))
    return Attempt(made, (*attempt.problems, *twice), whole=True)


def _amounts(missing: pd.DataFrame) -> pd.DataFrame:
    return missing[missing["column"] == "funding_gbp"].reset_index(drop=True)


def _twice(source: TableSource, frame: pd.DataFrame) -> Sequence[Problem]:
    """Return the rows of a group and year that came before."""
    problems = []
    seen: dict[tuple[str, int], int] = {}
    for line in frame.to_dict("records"):
        row, name, year = line["row"], line["name"], line["school_year"]
        if (key := (fold(name), year)) in seen:
            found = f"{quoted(name)} for the same school year as row {seen[key]}"
            place = (int(row), source.printed("name"), "duplicate")
            expected = "each name once a school year"
            problems.append(Problem(source.file, found, expected, _REMEDY, *place))
        seen.setdefault(key, row)
    return problems
