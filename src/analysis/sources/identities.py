"""What a table of unknown origin implies about itself, beyond what every year's tables must."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.errors import DataError, Problem, quoted
from analysis.sources.asides import is_county, is_mean
from analysis.sources.convert import Missing
from analysis.sources.dirty_cells import CellError, Read, read_cell
from analysis.sources.names import fold
from analysis.sources.read import Row
from analysis.sources.registry import NEXT_EDITION
from analysis.sources.typed import TypedTable
from analysis.sources.vocabulary import is_sum
from analysis.variables import variable

if TYPE_CHECKING:
    from analysis.sources.layout import Layout

_COMPARE = "Compare the row with the publication and correct the file."
_TOTALLED = ("money", "count", "points", "percent")
_SKELETON = str.maketrans({"i": "l", "ı": "l", "1": "l", "|": "l", "0": "o", "&": " and "})


def check_more(table: TypedTable, layout: Layout) -> list[Problem]:
    """Return which rows contradict each other, beyond `analysis.sources.check.check_rows`.

    Parameters
    ----------
    table : TypedTable
        The rows, of which each is sound by itself.
    layout : Layout
        Where they stand.
    """
    if "school_year" in table.frame:
        return list(_payments_twice(table))
    if table.source.table in NEXT_EDITION:
        return []
    return [
        *_near_doubles(table),
        *_place_and_area_exchanged(table),
        *_place_and_name_exchanged(table),
        *_percentages_cut(table, layout),
    ]


def skeleton(name: str) -> str:
    """Return a name without what the eye takes for the same: signs, I and 1, O and 0."""
    parts = unicodedata.normalize("NFD", fold(name))
    bare = "".join(letter for letter in parts if not unicodedata.combining(letter))
    plain = bare.translate(_SKELETON).replace("rn", "m")
    return re.sub(r"[\W_]+", "", plain)


def _near_doubles(table: TypedTable) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    names = table.frame.get("name", ())
    for row, name in zip(table.frame["row"], names, strict=False):
        bones = skeleton(name) or name
        if bones in seen:
            found = f"{quoted(name)}, which looks like that of row {seen[bones]}"
            remedy = "Remove the second row, or write the names as the publication does."
            expected = "each name once"
            yield table.problem(row, "name", found, expected, remedy, "duplicate")
        seen.setdefault(bones, row)


def _payments_twice(table: TypedTable) -> Iterator[Problem]:
    seen: dict[tuple[str, int], int] = {}
    for line in table.frame.to_dict("records"):
        key = (fold(line["name"]), line["school_year"])
        if key in seen:
            found = f"{quoted(line['name'])}, which row {seen[key]} already has for this year"
            expected = "each name once a school year"
            yield table.problem(line["row"], "name", found, expected, _COMPARE, "duplicate")
        seen.setdefault(key, line["row"])


def _place_and_area_exchanged(table: TypedTable) -> Iterator[Problem]:
    """Return the rows whose district is an area of other rows, and whose area is none."""
    if not {"area", "district"} <= set(table.frame):
        return
    lines = table.frame.dropna(subset=["area", "district"]).to_dict("records")
    areas = Counter(fold(line["area"]) for line in lines)
    for line in lines:
        area, district = fold(line["area"]), fold(line["district"])
        if area != district and areas[district] > areas[area]:
            found = f"the area {quoted(line['area'])} for the district {quoted(line['district'])}"
            expected = "an area, then a district that lies in it"
            yield table.problem(line["row"], "area", found, expected, _COMPARE)


def _place_and_name_exchanged(table: TypedTable) -> Iterator[Problem]:
    """Return the rows whose name is the district of other rows, and whose district is none."""
    if not {"district", "name"} <= set(table.frame):
        return
    lines = table.frame.dropna(subset=["district", "name"]).to_dict("records")
    districts = Counter(fold(line["district"]) for line in lines)
    for line in lines:
        name, district = fold(line["name"]), fold(line["district"])
        if name != district and districts[name] and districts[district] == 1:
            found = f"the district {quoted(line['district'])} for the name {quoted(line['name'])}"
            expected = "a district, then the name of a group there"
            yield table.problem(line["row"], "district", found, expected, _COMPARE)


def _percentages_cut(table: TypedTable, layout: Layout) -> Iterator[Problem]:
    """Return percentages with fewer decimals than usual that are not those of the grades."""
    column = "good_or_better_pct"
    if column not in table.frame:
        return
    lines = table.frame.dropna(subset=[column, "n_schools"]).to_dict("records")
    printed = {line["row"]: table.printed(line["row"], column) for line in lines}
    decimals = {row: len(text.partition(".")[2]) for row, text in printed.items()}
    counts = Counter(decimals.values())
    usual = max(counts, key=lambda n: (counts[n], n), default=0)
    for line in lines:
        exact = 100 * (line["n_outstanding"] + line["n_good"]) / line["n_schools"]
        if decimals[line["row"]] < usual and round(exact, usual) != line[column]:
            found = f"{printed[line['row']]} for {quoted(line['name'])}"
            expected = f"{exact:.{usual}f}, with decimals like the others of the column"
            yield table.problem(line["row"], column, found, expected, _COMPARE)


def check_sums(table: TypedTable, layout: Layout) -> list[str]:
    """Return notes on columns that give the sum of the others; money of both years is one.

    Raises
    ------
    DataError
        If a sum is not that of its row.
    """
    notes, problems = [], []
    money = [column for column in table.frame if column.startswith("funding_20")]
    sums = table.frame[money].sum(axis=1)
    for i in (i for i in layout.heading.unknown if is_sum(layout.heading.cells[i])):
        scale = min(found.scale for found in layout.heading.at.values() if found.scale)
        name = layout.heading.name(i)
        for row, expected in zip(layout.rows, sums, strict=True):
            if not _is_amount(row.cells[i], expected, scale):
                place = (_COMPARE, row.line, name, "identity")
                found, right = quoted(row.cells[i]), f"£{expected:,.0f}, the sum of the row"
                problems.append(Problem(layout.file, found, right, *place))
        notes.append(f'column "{name}" is the sum of the amounts, checked and passed over')
    if problems:
        raise DataError(problems)
    return notes


def _is_amount(cell: str, expected: float, scale: int) -> bool:
    try:
        value = read_cell(cell, "money", scale).value
    except CellError:
        return False
    return expected == 0 if isinstance(value, Missing) else abs(float(value) - expected) < 0.005


def check_totals(
    table: TypedTable, layout: Layout, totals: Mapping[str, Sequence[Read]]
) -> list[Problem]:
    """Return which rows of totals or averages do not follow from the rows of the table.

    Parameters
    ----------
    totals : mapping
        Our column to what the rows of totals hold, in the order of `layout.totals`.
    """
    problems: list[Problem] = []
    before = 0
    for i, row in enumerate(layout.totals):
        for column, reads in totals.items():
            if not isinstance(reads[i].value, Missing) and variable(column).cell in _TOTALLED:
                problems += _total(table, layout, row, column, reads[i], before)
        before = row.line
    return problems


def _total(
    table: TypedTable, layout: Layout, row: Row, column: str, read: Read, before: int
) -> Iterator[Problem]:
    label = next((cell for cell in row.cells if cell.strip()), "")
    if column == "number" and read.value == len(table.frame):
        return
    value = float(str(read.value))
    labels = [label, "mean"] if is_county(label) else [label]
    parts = list(_parts(table, row, label, before))
    right = [_expected(part, column, kind) for kind in labels for part in parts]
    decimals = len(read.printed.rstrip(" %p").partition(".")[2])
    margin = 0.5 / 10**decimals + 1e-9
    if not any(abs(value - expected) <= margin for expected in right):
        found = f"{quoted(row.cells[layout.position[column]])} in the row {quoted(label)}"
        expected = " or ".join(dict.fromkeys(f"{one:,.10g}" for one in right))
        expected = f"{expected}, which follows from the rows"
        remedy = "Compare the table with the publication: a row is missing or wrong, or the total."
        yield layout.problem(row.line, column, found, expected, remedy, "identity")


def _parts(table: TypedTable, row: Row, label: str, before: int) -> Iterator[pd.DataFrame]:
    """Return the rows that a total may be the total of: all, those since the last, an area's."""
    frame = table.frame
    above = frame[frame["row"] < row.line]
    yield above if len(above) else frame
    if before and (since := above[above["row"] > before]) is not None and len(since):
        yield since
    if "area" in frame:
        words = {fold(cell) for cell in row.cells if cell.strip()} | set(fold(label).split())
        inside = frame[frame["area"].map(lambda area: not pd.isna(area) and fold(area) in words)]
        if len(inside):
            yield inside


def _expected(part: pd.DataFrame, column: str, label: str) -> float:
    values: Any = part[column].dropna().astype("float64")
    if column == "good_or_better_pct" and not is_mean(label):
        return float(100 * (part["n_outstanding"] + part["n_good"]).sum() / part["n_schools"].sum())
    if not is_mean(label):
        return float(values.sum())
    return float(values.median() if "median" in label.casefold() else values.mean())
