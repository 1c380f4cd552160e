"""Which school belongs to which group and when, what became of it, and the register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from analysis.errors import DataError, Problem, quoted
from analysis.sources import school_codes
from analysis.sources.cells import OR_KEEP, Cells, read_cells, set_aside
from analysis.sources.registry import TableSource

_DAY = "datetime64[us]"
_PHASES = {
    ("1", "0"): "primary",
    ("0", "1"): "secondary",
    ("1", "1"): "all-through",
}


@dataclass(frozen=True)
class Roster:
    """The members of groups, a row a link.

    Parameters
    ----------
    source : TableSource
        Where it comes from.
    frame : pandas.DataFrame
        `row`, `urn`, `name` (the group, as printed), `joined`, `left` (missing for a member),
        `joined_unknown`, `kind` and `group` (what tells groups of one name apart), both missing
        where the file has no such column.
    set_aside : pandas.DataFrame
        How many rows the entry's `keep` left out: `reason`, `rows`.
    """

    source: TableSource
    frame: pd.DataFrame
    set_aside: pd.DataFrame


def read_members(source: TableSource) -> Roster:
    """Return the links of schools to groups that a published file holds.

    A school may have several links. A day of joining that is blank, a code, or 1 January 1900
    is unknown.

    Raises
    ------
    DataError
        With all cells that are not of their form, or with all links that are there twice or end
        before they begin.
    """
    cells = read_cells(source)
    set_aside(cells)
    forms = _forms(cells, ("joined", "left"))
    frame = pd.DataFrame({"row": cells.frame["row"], "urn": _urns(cells, "urn")})
    frame["name"] = _names(cells)
    frame["joined"] = _days(cells, "joined", lambda text: _joined(text, forms))
    frame["left"] = _days(cells, "left", lambda text: _left(text, forms))
    frame["joined_unknown"] = frame["joined"].isna()
    frame["kind"], frame["group"] = cells.words("kind"), cells.words("group")
    cells.finish()
    _check_links(cells, frame)
    cells.finish()
    return Roster(source, frame, cells.set_aside)


def _urns(cells: Cells, column: str) -> pd.Series:
    read = partial(school_codes.urn, as_float=cells.format.urn_as_float)
    return cells.typed(column, read, remedy=OR_KEEP).astype("str")


def _names(cells: Cells) -> pd.Series:
    def read(text: str) -> str:
        if school_codes.missing(text, cells.format.blanks):
            raise ValueError("the name of the group")
        return text

    return cells.typed("name", read).astype("str")


def _forms(cells: Cells, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return in which forms the file writes its dates, as declared or as its dates show."""
    texts = [text for column in columns if column in cells.frame for text in cells.frame[column]]
    shown = ("dd/mm/yyyy",) if school_codes.shows_day_first(set(texts)) else ()
    return (*cells.format.dates, *shown)


def _days(cells: Cells, column: str, read: Callable[[str], date | None]) -> pd.Series:
    if column not in cells.frame:
        return pd.Series(np.datetime64("NaT"), index=cells.frame.index, dtype=_DAY)
    return pd.to_datetime(cells.typed(column, read)).astype(_DAY)


def _joined(text: str, forms: tuple[str, ...]) -> date | None:
    if school_codes.missing(text):
        return None
    found = school_codes.day(text, forms)
    return None if found == school_codes.UNKNOWN_DAY else found


def _left(text: str, forms: tuple[str, ...]) -> date | None:
    if reason := school_codes.missing(text):
        if reason.kind not in school_codes.NEVER:
            raise ValueError("a date such as 2013-09-01, or a blank for a school that is a member")
        return None
    found = school_codes.day(text, forms)
    if found == school_codes.UNKNOWN_DAY:
        raise ValueError("the day of leaving, or a blank for a school that is a member")
    return found


def _check_links(cells: Cells, frame: pd.DataFrame) -> None:
    for line in frame[frame["left"] < frame["joined"]].to_dict("records"):
        found = f"{line['left']:%Y-%m-%d}, before the day of joining, {line['joined']:%Y-%m-%d}"
        cells.wrong(line["row"], "left", found, "a day of leaving after that of joining")
    key = ["urn", "name", "joined", "left", "kind", "group"]
    twice = frame[frame.duplicated(key)]
    first = frame.groupby(key, dropna=False)["row"].transform("first")
    for index, line in twice.iterrows():
        what = f"the link of {quoted(line['urn'])} to {quoted(line['name'])}"
        found = f"{what}, as in row {first[index]}"
        remedy = "Remove the second row, or declare the column that tells the two apart (group)."
        expected = "each link once"
        cells.wrong(int(line["row"]), "urn", found, expected, remedy, "duplicate")


def read_successors(source: TableSource) -> pd.DataFrame:
    """Return under which URN a school went on: `row`, `urn`, `successor`, six digits each.

    Raises
    ------
    DataError
        If a URN is not of its form, or has two successors.
    """
    cells = read_cells(source)
    set_aside(cells)
    frame = pd.DataFrame({"row": cells.frame["row"], "urn": _urns(cells, "urn")})
    frame["successor"] = _urns(cells, "successor")
    cells.finish()
    _once(cells, frame, "each school with one successor")
    cells.finish()
    frame.attrs["file"] = source.file
    return frame


def follow(successors: pd.DataFrame) -> dict[str, str]:
    """Return the latest URN of each school, chains followed to their ends.

    Parameters
    ----------
    successors : pandas.DataFrame
        `urn` and `successor`; a school that is its own successor has not changed.

    Raises
    ------
    DataError
        If schools succeed each other in a circle; the URNs are named.
    """
    step = {u: s for u, s in zip(successors["urn"], successors["successor"], strict=True) if u != s}
    latest: dict[str, str] = {}
    circles: list[list[str]] = []
    for start in step:
        path: dict[str, None] = {}
        at = start
        while at in step and at not in latest and at not in path:
            path[at] = None
            at = step[at]
        if at in path:
            circles.append(list(path)[list(path).index(at) :])
        latest |= dict.fromkeys(path, latest.get(at, at))
    if circles:
        raise DataError([_circle(successors, urns) for urns in circles])
    return {urn: latest.get(urn, urn) for urn in successors["urn"]}


def _circle(successors: pd.DataFrame, urns: list[str]) -> Problem:
    rows = successors.loc[successors["urn"] == urns[0], "row"] if "row" in successors else ()
    return Problem(
        str(successors.attrs.get("file", "the table of successors")),
        found=f"a circle of successors: {', '.join([*urns, urns[0]])}",
        expected="chains that end",
        remedy="Correct the row that leads back to an earlier URN.",
        row=int(next(iter(rows))) if len(rows) else None,
        column="successor",
        code="successors",
    )


def read_register(source: TableSource) -> pd.DataFrame:
    """Return the schools of a register: `row`, `urn`, `authority`, `phase`, `kind` and more.

    These are `school`, `district`, `opened` and `closed`; what the file does not have is
    missing. The phase follows from the marks of primary and secondary pupils where the file has
    those.

    Raises
    ------
    DataError
        If a cell is not of its form, or a school is there twice.
    """
    cells = read_cells(source)
    set_aside(cells)
    frame = pd.DataFrame({"row": cells.frame["row"], "urn": _urns(cells, "urn")})
    frame["authority"] = cells.words("authority")
    frame["phase"] = _phases(cells)
    for column in ("kind", "school", "district"):
        frame[column] = cells.words(column)
    forms = _forms(cells, ("opened", "closed"))
    for column in ("opened", "closed"):
        frame[column] = _days(cells, column, lambda text: _joined(text, forms))
    cells.finish()
    _once(cells, frame, "each school once")
    cells.finish()
    return frame


def _phases(cells: Cells) -> pd.Series:
    marks = ("is_primary", "is_secondary")
    if "phase" in cells.frame or not set(marks) <= set(cells.frame):
        return cells.words("phase")
    for column in marks:
        cells.typed(column, _mark)
    pairs = zip(*(cells.frame[column] for column in marks), strict=True)
    return pd.Series([_PHASES.get(pair) for pair in pairs], index=cells.frame.index, dtype="str")


def _mark(text: str) -> str:
    if text not in ("0", "1"):
        raise ValueError("1 or 0")
    return text


def _once(cells: Cells, frame: pd.DataFrame, expected: str) -> None:
    first = frame.groupby("urn")["row"].transform("first")
    for index, line in frame[frame.duplicated("urn")].iterrows():
        found = f"{quoted(line['urn'])}, which row {first[index]} already has"
        remedy = "Remove the row that is wrong."
        cells.wrong(int(line["row"]), "urn", found, expected, remedy, "duplicate")
