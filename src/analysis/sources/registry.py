"""What is known of a release: where its tables are, who published them, what headings mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import DataError, Problem, quoted
from analysis.files import line_of_entry, read_yaml
from analysis.variables import GRADES, STAGES, gain_columns, known

FILE = "data/sources.yaml"
TABLES: Mapping[str, tuple[str, ...]] = {
    "ofsted": ("number", "name", "n_schools", *GRADES, "good_or_better_pct"),
    "funding": ("area", "district", "name", "continuing"),
    "gains": ("name", *(column for stage in STAGES for column in gain_columns(stage))),
    "coverage": ("phase", "members", "schools", "printed_pct"),
    "claims": (),
}
REQUIRED = ("ofsted", "funding")
MATURITIES = ("provisional", "revised", "final", "SIMULATED")
_FACTS = ("title", "place", "publisher", "published", "document", "accessed", "licence", "maturity")
_SCHOOL_YEAR = re.compile(r"(20\d\d)/(\d\d)", re.ASCII)


@dataclass(frozen=True)
class TableSource:
    """One published table: its file, its place in the publication, its printed headings."""

    table: str
    path: Path
    place: str
    sha256: str
    rows: int
    headings: Mapping[str, str]
    note: str = ""

    @property
    def file(self) -> str:
        """The file's path from the project's root."""
        return paths.relative(self.path)

    def printed(self, column: str) -> str:
        """Return the heading under which our `column` is printed."""
        return next(printed for printed, ours in self.headings.items() if ours == column)


@dataclass(frozen=True)
class Release:
    """A year's publication: its origin and its tables."""

    year: str
    title: str
    place: str
    publisher: str
    published: str
    document: str
    accessed: str
    licence: str
    maturity: str
    tables: Mapping[str, TableSource]
    labels: Mapping[str, str]


def load_release(year: str) -> Release:
    """Return what data/sources.yaml says of a year.

    Raises
    ------
    DataError
        If the year, a fact or a heading is missing or not of the expected form.
    """
    content = read_yaml(paths.find_root() / FILE, "sources")
    block = content.get(year)
    if not isinstance(block, dict):
        unquoted = year.isdecimal() and int(year) in content
        found = f"the key {year} without quotation marks" if unquoted else "no block for this year"
        expected = f'a block "{year}": beside those of {", ".join(map(str, content))}'
        raise _wrong((year,), found, expected)
    facts = {name: _fact(block, name, (year,)) for name in _FACTS}
    if facts["maturity"] not in MATURITIES:
        expected = " or ".join(MATURITIES)
        raise _wrong((year, "maturity"), quoted(facts["maturity"]), expected)
    entries = _mapping(block, "tables", (year,))
    for name in entries:
        if name not in TABLES:
            raise _wrong((year, "tables", str(name)), quoted(name), f"one of {', '.join(TABLES)}")
    for name in REQUIRED:
        if name not in entries:
            raise _wrong((year, "tables", name), "no entry", "an entry for this table")
    tables = {name: _table(year, name, entries[name]) for name in entries}
    return Release(year=year, tables=tables, labels=_labels(block, year), **facts)


def _fact(block: Mapping[str, Any], name: str, place: tuple[str, ...]) -> str:
    value = block.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _wrong((*place, name), quoted(value), "words in quotation marks")
    return value


def _mapping(block: Mapping[str, Any], name: str, place: tuple[str, ...]) -> dict[str, Any]:
    value = block.get(name)
    if not isinstance(value, dict) or not value:
        raise _wrong((*place, name), quoted(value), "a block with a line for each")
    return value


def _labels(block: Mapping[str, Any], year: str) -> dict[str, str]:
    labels = block.get("labels") or {}
    if not isinstance(labels, dict):
        raise _wrong((year, "labels"), quoted(labels), "a block with a line for each column")
    for name, value in labels.items():
        place = (year, "labels", str(name))
        if not known(str(name)):
            raise _wrong(place, quoted(name), "a column of src/analysis/variables.py")
        if value is not None and not isinstance(value, str):
            raise _wrong(place, quoted(value), "words in quotation marks, or null")
    return {name: value for name, value in labels.items() if value is not None}


def _table(year: str, name: str, entry: Any) -> TableSource:
    place = (year, "tables", name)
    if not isinstance(entry, dict):
        expected = "a block with file, place, sha256, rows and headings"
        raise _wrong(place, quoted(entry), expected)
    file, rows = entry.get("file"), entry.get("rows")
    if not isinstance(file, str) or re.fullmatch(r"[\w-]+\.csv", file, re.ASCII) is None:
        expected = "the name of a csv file in the year's folder"
        raise _wrong((*place, "file"), quoted(file), expected)
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise _wrong((*place, "rows"), quoted(rows), "the number of rows below the heading")
    return TableSource(
        table=name,
        path=paths.raw(year) / file,
        place=_fact(entry, "place", place),
        sha256=_fact(entry, "sha256", place),
        rows=rows,
        headings=_headings(entry, name, place),
        note=str(entry.get("note") or ""),
    )


def _headings(entry: Mapping[str, Any], table: str, place: tuple[str, ...]) -> dict[str, str]:
    headings = _mapping(entry, "headings", place)
    place = (*place, "headings")
    seen: set[str] = set()
    for printed, ours in headings.items():
        expected = _expected(printed, ours, table)
        if expected is None and ours in seen:
            expected = "each column once"
        if expected:
            raise _wrong((*place, str(printed)), quoted(ours), expected)
        seen.add(ours)
    absent = [column for column in TABLES[table] if column not in seen]
    if table == "funding" and sum(ours.startswith("funding_") for ours in seen) != 2:
        absent.append("the money (funding_2012_13_gbp and the like) of each of two school years")
    if absent:
        raise _wrong(place, "no heading for it", f"one that means {absent[0]}")
    return headings


def _expected(printed: Any, ours: Any, table: str) -> str | None:
    """Return what should stand for `ours`, or None where it is right."""
    if not isinstance(printed, str) or not isinstance(ours, str):
        return "a heading and a column, both words (headings such as 2013 or No in quotation marks)"
    if table == "claims":
        return None
    if not known(ours) or ours == "collaboration":
        return "a column of src/analysis/variables.py that a table can hold"
    money = ours.startswith("funding_")
    owner = "funding" if money else next((t for t in TABLES if ours in TABLES[t]), table)
    if owner != table and ours not in TABLES[table]:
        return f"no column of the {owner} table"
    years = _SCHOOL_YEAR.search(printed)
    if money and years and ours != (right := f"funding_{years[1]}_{years[2]}_gbp"):
        return right
    return None


def _wrong(place: tuple[str, ...], found: str, expected: str) -> DataError:
    return DataError(
        Problem(
            FILE,
            row=line_of_entry(paths.find_root() / FILE, place),
            column=".".join(place),
            found=found,
            expected=expected,
            remedy="Correct this entry; the blocks of other years show the form.",
            code="sources",
        )
    )
