"""What a published table implies about itself, checked row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.errors import Problem, quoted
from analysis.files import sha256
from analysis.sources import next_edition
from analysis.sources.names import fold
from analysis.sources.registry import TableSource
from analysis.sources.typed import TypedTable
from analysis.variables import GRADES, STAGES

_COMPARE = "Compare the row with the publication and correct the file."
Check = Callable[[TypedTable], Iterator[Problem]]


def check_rows(table: TypedTable) -> list[Problem]:
    """Return which rows contradict themselves or each other; an empty list if none does."""
    problems = [problem for check in _CHECKS[table.source.table] for problem in check(table)]
    # A row that is there twice also breaks the running numbers: one mistake, one problem.
    return problems or (list(_numbers(table)) if "number" in table.frame else [])


def check_lost_rows(source: TableSource, lines: Sequence[int]) -> list[Problem]:
    """Return whether a file of rows at `lines` has fewer than data/sources.yaml says.

    Looked at before names are linked, which a cut table would leave without their partners.
    """
    return list(_row_count(source, lines)) if len(lines) < source.rows else []


def check_whole(source: TableSource, lines: Sequence[int]) -> list[Problem]:
    """Return whether a file of rows at `lines` is the one that data/sources.yaml describes.

    Looked at only when every row is sound and linked: this says that something changed, the
    other checks say where.
    """
    return list(_row_count(source, lines)) or list(_fingerprint(source))


def _names(table: TypedTable) -> Iterator[Problem]:
    column = "phase" if "phase" in table.frame else "name"
    seen: dict[str, int] = {}
    for row, name in zip(table.frame["row"], table.frame[column], strict=True):
        if pd.isna(name):
            yield table.problem(row, column, "no name", "a name", _COMPARE, "names")
        elif fold(name) in seen:
            found = f"{quoted(name)}, which row {seen[fold(name)]} already has"
            remedy = (
                "Remove the second row, or write the names as the publication tells them apart."
            )
            yield table.problem(row, column, found, "each name once", remedy, "duplicate")
        else:
            seen[fold(name)] = row


def _numbers(table: TypedTable) -> Iterator[Problem]:
    for i, (row, number) in enumerate(zip(table.frame["row"], table.frame["number"], strict=True)):
        if pd.isna(number) or number != i + 1:
            found = "no number" if pd.isna(number) else str(number)
            remedy = "A row is missing, doubled or out of place; compare with the publication."
            yield table.problem(row, "number", found, f"the running number {i + 1}", remedy)
            return


def _whole_counts(table: TypedTable) -> Iterator[Problem]:
    for line in table.frame.to_dict("records"):
        for column in ["n_schools", *GRADES]:
            if pd.isna(line[column]):
                yield table.problem(line["row"], column, "a blank", "a whole number", _COMPARE)
            elif column == "n_schools" and line[column] == 0:
                yield table.problem(line["row"], column, "0", "at least one school", _COMPARE)


def _grades_add_up(table: TypedTable) -> Iterator[Problem]:
    frame = table.frame.dropna(subset=["n_schools", *GRADES])
    for line in frame.to_dict("records"):
        total = sum(line[grade] for grade in GRADES)
        if total != line["n_schools"]:
            found = (
                f"{line['n_schools']} for {quoted(line['name'])}, "
                f"while the five grades add up to {total}"
            )
            expected = "the sum of the five grades"
            yield table.problem(line["row"], "n_schools", found, expected, _COMPARE)
        elif line["n_schools"] and not pd.isna(line["good_or_better_pct"]):
            yield from _percentage_follows(table, line)


def _percentage_follows(table: TypedTable, line: dict[str, Any]) -> Iterator[Problem]:
    exact = 100 * (line["n_outstanding"] + line["n_good"]) / line["n_schools"]
    printed = table.figure(line["row"], "good_or_better_pct").rstrip(" %")
    decimals = len(printed.partition(".")[2])
    if abs(exact - line["good_or_better_pct"]) > 0.5 / 10**decimals + 1e-9:
        found = f"{printed} for {quoted(line['name'])}"
        expected = f"{exact:.{decimals}f}, which follows from the grades"
        yield table.problem(line["row"], "good_or_better_pct", found, expected, _COMPARE)


def _district_in_one_area(table: TypedTable) -> Iterator[Problem]:
    lines = table.frame.dropna(subset=["area", "district"]).to_dict("records")
    rows: dict[str, dict[str, list[int]]] = {}
    for line in lines:
        rows.setdefault(fold(line["district"]), {}).setdefault(line["area"], []).append(line["row"])
    for line in lines:
        areas = rows[fold(line["district"])]
        usual = max(areas, key=lambda area: len(areas[area]))
        if line["area"] != usual:
            found = f"{quoted(line['area'])} for the district {quoted(line['district'])}"
            expected = f"{quoted(usual)}, as in row {areas[usual][0]}"
            yield table.problem(line["row"], "area", found, expected, _COMPARE)


def _some_money(table: TypedTable) -> Iterator[Problem]:
    columns = [column for column in table.frame if column.startswith("funding_")]
    for line in table.frame.to_dict("records"):
        if all(pd.isna(line[column]) for column in columns):
            found = f"no amount for {quoted(line['name'])}"
            yield table.problem(line["row"], columns[0], found, "at least one amount", _COMPARE)


def _whole_blocks(table: TypedTable) -> Iterator[Problem]:
    for line in table.frame.to_dict("records"):
        blocks = []
        for stage in STAGES:
            columns = [c for c in table.frame if c.startswith(f"gain_{stage}_")]
            filled = [c for c in columns if not pd.isna(line[c])]
            blocks.append(bool(filled))
            if filled and len(filled) < len(columns):
                blank = next(c for c in columns if c not in filled)
                found = f"a blank beside {len(filled)} numbers for {quoted(line['name'])}"
                expected = "all columns of a key stage filled, or none"
                yield table.problem(line["row"], blank, found, expected, _COMPARE)
        if not any(blocks):
            first = next(c for c in table.frame if c.startswith("gain_"))
            found = f"no gain for {quoted(line['name'])}"
            yield table.problem(line["row"], first, found, "at least one key stage", _COMPARE)


def _members_within_schools(table: TypedTable) -> Iterator[Problem]:
    for line in table.frame.to_dict("records"):
        if pd.isna(line["members"]) or pd.isna(line["schools"]):
            yield table.problem(line["row"], "members", "a blank", "a whole number", _COMPARE)
        elif line["members"] > line["schools"]:
            expected = f"at most {line['schools']}, all schools of the phase"
            yield table.problem(line["row"], "members", str(line["members"]), expected, _COMPARE)


def _row_count(source: TableSource, lines: Sequence[int]) -> Iterator[Problem]:
    expected, found = source.rows, len(lines)
    if found == expected:
        return
    last = lines[-1] if lines else 1
    yield Problem(
        source.file,
        found=f"{found} rows",
        expected=f"{expected} rows, as data/sources.yaml says",
        remedy="Compare with the publication; if it has so many, correct `rows` in "
        "data/sources.yaml.",
        row=min(expected + 2, last),
        column=next(iter(source.headings)),
        code="rows",
    )


def _fingerprint(source: TableSource) -> Iterator[Problem]:
    found = sha256(source.path)
    if found != source.sha256:
        yield Problem(
            source.file,
            found=f"bytes with the SHA-256 {found}",
            expected=f"{source.sha256}, as data/sources.yaml says",
            remedy="Restore the file; or, if the change is meant, write the new SHA-256 into "
            "data/sources.yaml.",
            code="fingerprint",
        )


_CHECKS: dict[str, tuple[Check, ...]] = {
    "ofsted": (_names, _whole_counts, _grades_add_up),
    "funding": (_names, _some_money, _district_in_one_area),
    "gains": (_names, _whole_blocks),
    "coverage": (_names, _members_within_schools),
    **next_edition.CHECKS,
    "grades": (*next_edition.CHECKS["grades"], _whole_counts, _grades_add_up),
}
