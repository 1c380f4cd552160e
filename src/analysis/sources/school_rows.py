"""Schools and members, typed from a file of unknown origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from analysis.errors import DataError, Problem, quoted
from analysis.sources import school_codes
from analysis.sources.asides import Ledger
from analysis.sources.convert import Missing, tidy_text
from analysis.sources.dirty_cells import CellError, Read, explain, read_measure, read_name
from analysis.sources.dirty_dates import plain_date
from analysis.sources.formats import SCHOOL, SPECIAL, Format
from analysis.sources.identities import skeleton
from analysis.sources.layout import Layout
from analysis.sources.report_rows import refuse_unseen
from analysis.sources.school_formats import choose_format
from analysis.sources.torn import torn_end
from analysis.variables import STAGES, is_measure, variable

_KINDS = (SCHOOL, SPECIAL)
_OPEN = "9999"
_FAR = 2.5
_LATEST = 2050
_CENTRES = re.compile(r"(?i)\bchildren.?s.? centres?\b")
_ENOUGH = 10
_DASH = re.compile("[\u2010-\u2015]")
_PASSED = ("record",)
_REMEDY = "Compare the cell with the publication and correct the file."
Values = dict[str, object]
Reader = Callable[[str], Read]


@dataclass(frozen=True)
class SchoolRows:
    """The rows of a school-level file.

    Parameters
    ----------
    rows : tuple of dict
        Our column to the value, None where it is missing.
    missing : tuple of dict
        For each row, our column to the kind of missing value.
    """

    rows: tuple[Values, ...]
    missing: tuple[dict[str, str], ...]
    notes: tuple[str, ...]


def read_school_rows(layout: Layout, table: str) -> SchoolRows:
    """Return the typed rows of a file of schools or of members.

    Raises
    ------
    DataError
        With all cells that are not of their form, or else with all rows that contradict
        themselves or each other.
    """
    made = choose_format(layout.heading.cells, table)
    ledger = Ledger()
    if made.name:
        ledger.add(f"read as {made.name}, a format of data/sources.yaml")
    kept = _schools_only(layout, made, ledger)
    readers = _readers(layout, made, ledger)
    rows, missing, lines = _typed(layout, kept, readers, ledger)
    rows = [_described(layout, made, i, row) for i, row in zip(kept, rows, strict=True)]
    if table == "members":
        problems = [*_links(layout, rows, lines), *_alike(layout, rows, lines)]
    else:
        problems = [*_once(layout, rows, lines), *_nobody(layout, rows, lines)]
        problems += _shares(layout, kept, readers)
        if not made.name or made.plain or made.record_types:
            problems += _impossible(layout, kept, rows)
    if kept and kept[-1] == len(layout.rows) - 1:
        problems = problems or list(torn_end(layout))
    if problems:
        raise DataError(sorted(problems, key=lambda problem: problem.row or 0))
    return SchoolRows(tuple(rows), tuple(missing), ledger.lines())


def _described(layout: Layout, made: Format, i: int, row: Values) -> Values:
    """Return a row with what the format says of it: its kind, key stage and LAESTAB."""
    if "record" in layout.position:
        code = tidy_text(layout.rows[i].cells[layout.position["record"]])
        row = {**row, "kind": made.record_types[code]}
    if made.stage and "stage" not in row:
        row = {**row, "stage": made.stage}
    establishment = row.pop("establishment", None)
    if establishment and row.get("authority") and "laestab" not in row:
        row = {**row, "laestab": f"{row['authority']}{establishment}"}
    return row


def _schools_only(layout: Layout, made: Format, ledger: Ledger) -> list[int]:
    """Return which rows describe a school; those of an authority or the nation are noted."""
    at = layout.position.get("record")
    if at is None:
        return list(range(len(layout.rows)))
    kept, problems = [], []
    for i, row in enumerate(layout.rows):
        code = tidy_text(row.cells[at])
        if code not in made.record_types:
            declared = ", ".join(made.record_types) or "none: no format has all these headings"
            expected = f"a record type that the format declares: {declared}"
            problems.append(layout.problem(row.line, "record", quoted(code), expected, _REMEDY))
        elif made.record_types[code] in _KINDS:
            kept.append(i)
        else:
            text = f"a row of totals ({made.record_types[code]}) set aside"
            ledger.add(text, row.line)
    if problems:
        raise DataError(problems)
    return kept


def _readers(layout: Layout, made: Format, ledger: Ledger) -> dict[str, Reader]:
    texts = [
        plain_date(row.cells[layout.position[column]])
        for column in ("joined", "left")
        if column in layout.position
        for row in layout.rows
    ]
    shown = ("dd/mm/yyyy",) if school_codes.shows_day_first(set(texts)) else ()
    forms = (*made.dates, *shown)
    if "dd/mm/yyyy" in forms and any("/" in text for text in texts):
        why = "one of them shows" if shown else "the format says"
        ledger.add(f"dates such as 01/09/2013 read with the day first, as {why}")
    declared: Mapping[str, Reader] = {
        "urn": partial(_coded, partial(school_codes.urn, as_float=True)),
        "laestab": partial(_optional, school_codes.laestab),
        "establishment": partial(_optional, school_codes.establishment),
        "year": partial(_coded, _year),
        "stage": partial(_coded, _stage),
        "joined": partial(_joined, forms=forms),
        "left": partial(_left, forms=forms),
        "name": read_name,
    }
    if "establishment" in layout.position:
        declared = {**declared, "authority": partial(_optional, school_codes.authority)}
    if "kind" in layout.position:
        declared = {**declared, "urn": partial(_of_centres, centres=_centres(layout))}
    readers: dict[str, Reader] = {}
    for column in layout.position:
        if column == "cohort" or is_measure(column):
            readers[column] = partial(read_measure, declared=variable(column))
        elif column not in _PASSED:
            readers[column] = declared.get(column, _words)
    return readers


def _centres(layout: Layout) -> frozenset[str]:
    """Return the URNs in the rows of children's centres, which have five digits."""
    urn, kind = layout.position["urn"], layout.position["kind"]
    return frozenset(
        row.cells[urn]
        for row in layout.rows
        if _CENTRES.search(row.cells[kind]) and tidy_text(row.cells[urn]).isdigit()
    )


def _of_centres(text: str, centres: frozenset[str]) -> Read:
    if text in centres:
        return _coded(school_codes.centre_or_school, text)
    return _coded(partial(school_codes.urn, as_float=True), text)


def _coded(read: Callable[[str], str | int], text: str) -> Read:
    try:
        return Read(read(text), text, _float_note(text))
    except ValueError as expected:
        raise CellError(str(expected), explain(text)) from None


def _year(text: str) -> int:
    whole = text.strip().removesuffix(".0") if text.strip()[:-2].isdecimal() else text
    return school_codes.year(_DASH.sub("-", whole))


def _float_note(text: str) -> tuple[str, ...]:
    return ("a code written with a decimal nought",) if text.strip().endswith(".0") else ()


def _optional(read: Callable[[str], str | int], text: str) -> Read:
    return Read(Missing("blank", text), text) if not text.strip() else _coded(read, text)


def _stage(text: str) -> str:
    stage = "".join(text.split()).casefold().replace("keystage", "ks")
    if stage not in STAGES:
        raise ValueError(f"a key stage: {' or '.join(STAGES)}")
    return stage


def _words(text: str) -> Read:
    tidy = tidy_text(text)
    notes = ("spaces tidied",) if tidy != text else ()
    return Read(tidy if tidy else Missing("blank", text), tidy, notes)


def _joined(text: str, forms: Sequence[str]) -> Read:
    if reason := school_codes.missing(text):
        return Read(reason, text)
    found = _day(text, forms)
    unknown = found == school_codes.UNKNOWN_DAY
    return Read(Missing("unknown", text) if unknown else found.isoformat(), text)


def _left(text: str, forms: Sequence[str]) -> Read:
    reason = school_codes.missing(text)
    if reason and reason.kind in school_codes.NEVER:
        return Read(reason, text)
    found = None if reason else _day(text, forms)
    if found is None or found == school_codes.UNKNOWN_DAY or found.year >= _LATEST:
        raise CellError("a date such as 2013-09-01, or a blank for a school that is a member")
    return Read(found.isoformat(), text)


def _day(text: str, forms: Sequence[str]) -> date:
    try:
        return school_codes.day(plain_date(text), forms)
    except ValueError as expected:
        why = "the number of a day, as spreadsheets count" if text.strip().isdecimal() else ""
        remedy = "Write the date as year-month-day, such as 2013-09-01."
        raise CellError(str(expected), why or "", remedy) from None


def _typed(
    layout: Layout, kept: Sequence[int], readers: Mapping[str, Reader], ledger: Ledger
) -> tuple[list[Values], list[dict[str, str]], list[int]]:
    problems: list[Problem] = []
    rows: list[Values] = [{} for _ in kept]
    missing: list[dict[str, str]] = [{} for _ in kept]
    lines = [layout.rows[i].line for i in kept]
    for column, reader in readers.items():
        at = layout.position[column]
        seen: dict[str, Read | CellError] = {}
        for n, i in enumerate(kept):
            cell = layout.rows[i].cells[at]
            made = seen.setdefault(cell, seen.get(cell) or _tried(reader, cell))
            if isinstance(made, CellError):
                found = f"{quoted(cell)} ({made.why})" if made.why else quoted(cell)
                place = (lines[n], column, found)
                problems.append(layout.problem(*place, made.expected, made.remedy))
                continue
            for note in made.notes:
                ledger.add(f'{note} in column "{layout.heading.name(at)}"', lines[n])
            absent = made.value if isinstance(made.value, Missing) else None
            rows[n][column] = None if absent else made.value
            if absent:
                missing[n][column] = absent.kind
    if problems:
        raise DataError(sorted(problems, key=lambda problem: problem.row or 0))
    return rows, missing, lines


def _tried(reader: Reader, cell: str) -> Read | CellError:
    try:
        refuse_unseen(cell)
        return reader(cell)
    except CellError as error:
        return error


def _once(layout: Layout, rows: Sequence[Values], lines: Sequence[int]) -> list[Problem]:
    seen: dict[tuple[object, ...], int] = {}
    problems = []
    for line, row in zip(lines, rows, strict=True):
        key = (row["urn"], row.get("year"), row.get("stage"))
        if key in seen:
            found = f"{quoted(row['urn'])}, which row {seen[key]} already has"
            expected = "each school once a year and key stage"
            remedy = "Remove the row that is wrong."
            problems.append(layout.problem(line, "urn", found, expected, remedy, "duplicate"))
        seen.setdefault(key, line)
    return problems


def _impossible(layout: Layout, kept: Sequence[int], rows: Sequence[Values]) -> list[Problem]:
    """Return percentages that are far from any that a number of pupils gives.

    Near ones are let pass: published cohorts count some pupils half, or otherwise. So are several
    that few other small schools contradict: they are no shares of the cohort then.
    """
    problems: list[Problem] = []
    columns = [c for c in layout.position if c[:3] in ("ks2", "ks4") and c.endswith("_pct")]
    telling = 0
    for i, row in zip(kept, rows, strict=True):
        for column in (c for c in columns if row.get("cohort") and row[c] is not None):
            cohort, percent = float(str(row["cohort"])), float(str(row[column]))
            telling += 50 / cohort > _FAR and percent not in (0, 100)
            if abs(100 * round(percent * cohort / 100) / cohort - percent) > _FAR:
                cell = layout.rows[i].cells[layout.position[column]]
                found = f"{quoted(cell)} of {cohort:.0f} pupils"
                expected = "a percentage that some number of pupils gives"
                place = (layout.rows[i].line, column, found)
                problems.append(layout.problem(*place, expected, _REMEDY, "identity"))
    return problems if len(problems) == 1 or telling > _ENOUGH * len(problems) else []


def _nobody(layout: Layout, rows: Sequence[Values], lines: Sequence[int]) -> Iterator[Problem]:
    """Yield the schools with a result and not one pupil."""
    for line, row in zip(lines, rows, strict=True):
        results = [c for c, value in row.items() if is_measure(c) and value is not None]
        if row.get("cohort") == 0 and results:
            found = f"0 pupils, but a result below {quoted(layout.printed(results[0]))}"
            yield layout.problem(line, "cohort", found, "at least one pupil", _REMEDY, "identity")


def _alike(layout: Layout, rows: Sequence[Values], lines: Sequence[int]) -> Iterator[Problem]:
    """Yield the first of each name that looks like one of an earlier row but is another.

    Groups with numbers of their own are told apart by them.
    """
    if "group" in layout.position:
        return
    seen: dict[str, tuple[object, int]] = {}
    told: set[object] = set()
    for line, row in zip(lines, rows, strict=True):
        name = str(row["name"])
        first, where = seen.setdefault(skeleton(name) or name, (name, line))
        if first != name and name not in told:
            told.add(name)
            found = f"{quoted(name)}, which looks like {quoted(first)} of row {where}"
            remedy = "Write the name of a group in one way in all its rows."
            place = (line, "name", found, "one way to write each name", remedy, "duplicate")
            yield layout.problem(*place)


def _links(layout: Layout, rows: Sequence[Values], lines: Sequence[int]) -> list[Problem]:
    """Return links that are there twice, and those that end before they begin."""
    seen: dict[tuple[object, ...], int] = {}
    of: dict[tuple[object, ...], list[tuple[Values, int]]] = {}
    problems = []
    for line, row in zip(lines, rows, strict=True):
        key = tuple(row.get(c) for c in ("urn", "name", "joined", "left", "kind", "group"))
        if key in seen:
            found = f"the link of {quoted(row['urn'])} to {quoted(row['name'])}, as in row "
            found += str(seen[key])
            place = (line, "urn", found, "each link once", "Remove the second row.", "duplicate")
            problems.append(layout.problem(*place))
        elif other := _overlapping(row, of.setdefault(key[:2] + key[4:], [])):
            found = f"the link of {quoted(row['urn'])} to {quoted(row['name'])} in days that row "
            found += f"{other} covers too"
            expected = "links that follow each other"
            problems.append(layout.problem(line, "urn", found, expected, _REMEDY, "duplicate"))
        seen.setdefault(key, line)
        of.setdefault(key[:2] + key[4:], []).append((row, line))
        joined, left = row.get("joined"), row.get("left")
        if joined and left and str(left) < str(joined):
            found = f"{left}, before the day of joining, {joined}"
            expected = "a day of leaving after that of joining"
            problems.append(layout.problem(line, "left", found, expected, _REMEDY, "identity"))
    return problems


def _overlapping(row: Values, others: Sequence[tuple[Values, int]]) -> int:
    """Return the row of another link of the same school and group in the same days, or 0."""
    for other, line in others:
        first, last = sorted((row, other), key=lambda link: str(link.get("joined") or ""))
        if str(first.get("left") or _OPEN) > str(last.get("joined") or ""):
            return line
    return 0


def _shares(layout: Layout, kept: Sequence[int], readers: Mapping[str, Reader]) -> list[Problem]:
    """Return the first cell of each column of percentages that is written in shares of 1."""
    problems = []
    for column in (c for c in readers if is_measure(c) and variable(c).cell == "percent"):
        at = layout.position[column]
        cells = {i: layout.rows[i].cells[at] for i in kept}
        numbers = {i: value for i, cell in cells.items() if (value := _number(cell)) is not None}
        inside = [i for i, value in numbers.items() if 0 < value < 1]
        if inside and max(numbers.values()) <= 1:
            expected = "percentages from 0 to 100; no cell of this column is over 1"
            line = layout.rows[inside[0]].line
            found = quoted(cells[inside[0]])
            problems.append(layout.problem(line, column, found, expected, _REMEDY))
    return problems


def _number(cell: str) -> float | None:
    text = cell.strip()
    plain = text.replace(".", "", 1)
    return float(text) if plain.isascii() and plain.isdigit() else None
