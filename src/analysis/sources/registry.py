"""What is known of a release: where its tables are, who published them, what headings mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import Problem, quoted
from analysis.files import read_yaml
from analysis.sources import formats
from analysis.sources.corrections import Correction, load_corrections
from analysis.sources.entries import FILE, Place, fact, mapping, words, wrong
from analysis.sources.formats import Format
from analysis.sources.scales import scales
from analysis.sources.standing import definitions, replaced_years
from analysis.variables import GRADES, STAGES, gain_columns, known, variable

TABLES: Mapping[str, tuple[str, ...]] = {
    "ofsted": ("number", "name", "n_schools", *GRADES, "good_or_better_pct"),
    "funding": ("area", "district", "name", "continuing"),
    "gains": ("name", *(column for stage in STAGES for column in gain_columns(stage))),
    "coverage": ("phase", "members", "schools", "printed_pct"),
    "claims": (),
    "payments": (),
    "targets": ("name", "measure", "target", "result", "target_unit"),
    "stages": ("name", "framework_stage"),
    "gaps": (
        *("name", "key_stage", "gain_disadvantaged_pp", "gain_other_pp", "gap_pp"),
        *("cohort_disadvantaged", "cohort_other"),
    ),
    "grades": ("name", "grades_year", "n_schools", *GRADES, "good_or_better_pct"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "targets": ("baseline",),
    "stages": ("framework_stage_before",),
    "gaps": ("gap_before_pp",),
}
# What the report promises of its next edition: a table that a release may have, or not.
NEXT_EDITION = ("targets", "stages", "gaps", "grades")
LONG_FUNDING = ("name", "school_year", "funding_gbp")
REQUIRED = ("ofsted", "funding")
SCHOOL_LEVEL = ("schools", "members", "successors", "register")
MATURITIES = ("provisional", "revised", "final", "simulated", "SIMULATED")
PanelSource = Mapping[str, object]
_FACTS = ("title", "place", "publisher", "published", "document", "accessed", "licence", "maturity")
_REPORT_CELLS = ("text", "money", "count", "percent", "points", "answer", "figure")
_SCHOOL_ENTRY = re.compile(r"(schools|members)(_[a-z0-9_]+)?|successors|register", re.ASCII)
_SCHOOL_YEAR = re.compile(r"(20\d\d)/(\d\d)", re.ASCII)


@dataclass(frozen=True)
class TableSource:
    """One published table: its file, its place in the publication, its printed headings.

    Parameters
    ----------
    format : Format, optional
        How a school-level file is written; None for a table of the report.
    results_year : int, optional
        Calendar year of the results of a file that does not say it.
    keep : mapping
        Our column to the values of the rows that are kept; the others are counted.
    scale : mapping
        Printed heading to the factor by which its amounts are multiplied: 1 or 1,000.
    decisions : tuple of str
        What was accepted when the file was taken in.
    corrections : tuple of Correction
        What is read instead of printed cells.
    """

    table: str
    path: Path
    place: str
    sha256: str
    rows: int
    headings: Mapping[str, str]
    note: str = ""
    format: Format | None = None
    results_year: int | None = None
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scale: Mapping[str, int] = field(default_factory=dict)
    decisions: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()

    @property
    def file(self) -> str:
        """The file's path from the project's root."""
        return paths.relative(self.path)

    def printed(self, column: str) -> str:
        """Return the heading under which our `column` is printed."""
        return next(printed for printed, ours in self.headings.items() if ours == column)


@dataclass(frozen=True)
class Release:
    """A year's publication: its origin, its tables, and the school-level files beside them.

    Parameters
    ----------
    tables : mapping
        The report's own tables.
    number : int
        The year as a number, also where its name is a word.
    panel : mapping, optional
        What the year says of its school-level panel, as it stands there.
    definitions : mapping
        How each outcome is defined, where the release states it.
    replaces : tuple of str
        Other years whose results this release gives anew.
    faults : tuple of Problem
        What is wrong with the year's entries in data/corrections.yaml.
    """

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
    number: int
    panel: PanelSource | None = None
    schools: tuple[TableSource, ...] = ()
    members: tuple[TableSource, ...] = ()
    successors: TableSource | None = None
    register: TableSource | None = None
    definitions: Mapping[str, str] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    faults: tuple[Problem, ...] = ()

    @property
    def files(self) -> tuple[TableSource, ...]:
        """Every published file: the report's tables, then the school-level ones."""
        single = tuple(one for one in (self.successors, self.register) if one is not None)
        return (*self.tables.values(), *self.schools, *self.members, *single)


def known_years() -> tuple[str, ...]:
    """Return the years that data/sources.yaml has a block for.

    Raises
    ------
    DataError
        If the file can't be read.
    """
    content = read_yaml(paths.find_root() / FILE, "sources")
    return tuple(str(name) for name in content if name != "formats")


def load_release(year: str) -> Release:
    """Return what data/sources.yaml says of a year.

    Raises
    ------
    DataError
        If the year, a fact or a heading is missing or not of the expected form.
    """
    return read_release(year, read_yaml(paths.find_root() / FILE, "sources"))


def read_release(year: str, content: Mapping[Any, Any]) -> Release:
    """Return what the content of a file such as data/sources.yaml says of a year.

    Raises
    ------
    DataError
        As `load_release` does.
    """
    block = content.get(year)
    if not isinstance(block, dict):
        unquoted = year.isdecimal() and int(year) in content
        found = f"the key {year} without quotation marks" if unquoted else "no block for this year"
        others = ", ".join(str(name) for name in content if name != "formats")
        raise wrong((year,), found, f'a block "{year}": beside those of {others}')
    facts = {name: fact(block, name, (year,)) for name in _FACTS}
    if facts["maturity"] not in MATURITIES:
        expected = " or ".join(MATURITIES)
        raise wrong((year, "maturity"), quoted(facts["maturity"]), expected)
    entries = mapping(block, "tables", (year,))
    _check_names(year, entries)
    if "ofsted" in entries and "funding" in entries:
        _check_wide(year, entries["funding"])
    files = {n: _file(content, year, n, entries[n]) for n in entries if n not in TABLES}
    tables, faults = _tables(year, entries)
    return Release(
        year=year,
        tables=tables,
        faults=faults,
        labels=_labels(block, year),
        number=_number(block, year),
        panel=mapping(block, "panel", (year,)) if "panel" in block else None,
        schools=tuple(files[name] for name in files if name.startswith("schools")),
        members=tuple(files[name] for name in files if name.startswith("members")),
        successors=files.get("successors"),
        register=files.get("register"),
        definitions=definitions(block, (year,)),
        replaces=replaced_years(block, (year,)),
        **facts,
    )


def _check_names(year: str, entries: Mapping[Any, Any]) -> None:
    """Ask for the report's tables or for schools and members, and for no other."""
    for name in entries:
        if name not in TABLES and _SCHOOL_ENTRY.fullmatch(str(name)) is None:
            allowed = ", ".join((*TABLES, *SCHOOL_LEVEL, "schools_... and members_..."))
            raise wrong((year, "tables", str(name)), quoted(name), f"one of {allowed}")
    kinds = {str(name).partition("_")[0] for name in entries}
    if {"schools", "members"} <= kinds:
        return
    for name in REQUIRED:
        if name not in entries:
            raise wrong((year, "tables", name), "no entry", "an entry for this table")


def _check_wide(year: str, entry: Any) -> None:
    """Ask for a column of money a school year where the report's own tables are joined."""
    headings = entry.get("headings") if isinstance(entry, dict) else None
    if isinstance(headings, dict) and "school_year" in headings.values():
        expected = "the money of each school year in a column of its own, beside an ofsted table"
        place = (year, "tables", "funding", "headings")
        raise wrong(place, "a row for each school year", expected)


def _number(block: Mapping[str, Any], year: str) -> int:
    if "results_of" not in block and re.fullmatch(r"20\d\d", year, re.ASCII):
        return int(year)
    return _year(block, "results_of", (year,))


def _year(block: Mapping[str, Any], name: str, place: Place) -> int:
    value = block.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 2000 <= value <= 2099:
        raise wrong((*place, name), quoted(value), "a year as a number, such as 2013")
    return value


def _labels(block: Mapping[str, Any], year: str) -> dict[str, str]:
    labels = block.get("labels") or {}
    if not isinstance(labels, dict):
        raise wrong((year, "labels"), quoted(labels), "a block with a line for each column")
    for name, value in labels.items():
        place = (year, "labels", str(name))
        if not known(str(name)):
            raise wrong(place, quoted(name), "a column of src/analysis/variables.py")
        if value is not None and not isinstance(value, str):
            raise wrong(place, quoted(value), "words in quotation marks, or null")
    return {name: value for name, value in labels.items() if value is not None}


def _tables(
    year: str, entries: Mapping[Any, Any]
) -> tuple[dict[str, TableSource], tuple[Problem, ...]]:
    """Return the report's tables with their corrections, and the corrections that fit none."""
    made = {name: _table(year, name, entries[name]) for name in entries if name in TABLES}
    good, faults = load_corrections(year, [name for name in made if name != "claims"])
    by_table = {name: tuple(c for c in good if c.table == name) for name in made}
    return {name: replace(made[name], corrections=by_table[name]) for name in made}, faults


def _table(year: str, name: str, entry: Any) -> TableSource:
    place = (year, "tables", name)
    facts = _file_facts(year, name, entry)
    headings = _headings(entry, name, place)
    return TableSource(**facts, headings=headings, scale=scales(entry, headings, place))


def _file(content: Mapping[Any, Any], year: str, name: str, entry: Any) -> TableSource:
    """Return a school-level file's entry."""
    place = (year, "tables", name)
    facts = _file_facts(year, name, entry)
    made = formats.read_format(content, entry, place)
    results_year = _year(entry, "results_year", place) if "results_year" in entry else None
    if made.table == "schools" and (results_year is None) == ("year" not in made.headings.values()):
        found = "no year of the results" if results_year is None else "it beside a column of years"
        expected = "a line `results_year:`, or a heading that means year"
        raise wrong((*place, "results_year"), found, expected)
    return TableSource(
        **facts,
        headings=made.headings,
        format=made,
        results_year=results_year,
        keep=_keep(entry, made, place),
    )


def _keep(entry: Mapping[str, Any], made: Format, place: Place) -> dict[str, tuple[str, ...]]:
    if "keep" not in entry:
        return {}
    columns = set(made.headings.values()) | ({"kind"} if made.record_types else set())
    columns |= set(formats.TABLES[made.table]) if made.plain else set()
    block = mapping(entry, "keep", place)
    for column in block:
        if column not in columns:
            expected = f"one of the columns {', '.join(sorted(columns))}"
            raise wrong((*place, "keep", str(column)), quoted(column), expected)
    kept = {column: words(block, column, (*place, "keep")) for column in block}
    for column, values in kept.items():
        if not values:
            raise wrong((*place, "keep", column), "an empty list", "the values of the rows kept")
    return kept


def _file_facts(year: str, name: str, entry: Any) -> dict[str, Any]:
    place = (year, "tables", name)
    if not isinstance(entry, dict):
        expected = "a block with file, place, sha256, rows and headings"
        raise wrong(place, quoted(entry), expected)
    file, rows = entry.get("file"), entry.get("rows")
    if not isinstance(file, str) or re.fullmatch(r"[\w-]+\.csv", file, re.ASCII) is None:
        expected = "the name of a csv file in the year's folder"
        raise wrong((*place, "file"), quoted(file), expected)
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise wrong((*place, "rows"), quoted(rows), "the number of rows below the heading")
    return {
        "table": name,
        "path": paths.raw(year) / file,
        "place": fact(entry, "place", place),
        "sha256": fact(entry, "sha256", place),
        "rows": rows,
        "note": str(entry.get("note") or ""),
        "decisions": words(entry, "decisions", place),
    }


def _headings(entry: Mapping[str, Any], table: str, place: tuple[str, ...]) -> dict[str, str]:
    headings = mapping(entry, "headings", place)
    place = (*place, "headings")
    seen: set[str] = set()
    for printed, ours in headings.items():
        expected = _expected(printed, ours, table)
        if expected is None and ours in seen:
            expected = "each column once"
        if expected:
            raise wrong((*place, str(printed)), quoted(ours), expected)
        seen.add(ours)
    long = table == "payments" or (table == "funding" and not seen.isdisjoint(LONG_FUNDING[1:]))
    needed = LONG_FUNDING if long else TABLES[table]
    absent = [column for column in needed if column not in seen]
    if table == "funding" and not long and sum(ours.startswith("funding_") for ours in seen) != 2:
        absent.append("the money (funding_2012_13_gbp and the like) of each of two school years")
    if absent:
        raise wrong(place, "no heading for it", f"one that means {absent[0]}")
    return headings


def _expected(printed: Any, ours: Any, table: str) -> str | None:
    """Return what should stand for `ours`, or None where it is right."""
    if not isinstance(printed, str) or not isinstance(ours, str):
        return "a heading and a column, both words (headings such as 2013 or No in quotation marks)"
    if table == "claims":
        return None
    if table in ("funding", "payments") and ours in LONG_FUNDING:
        return None
    unfit = not known(ours) or variable(ours).cell not in _REPORT_CELLS
    if unfit or ours in ("collaboration", "funding_gbp"):
        return "a column of src/analysis/variables.py that a table can hold"
    money = ours.startswith("funding_")
    owner = "funding" if money else next((t for t in TABLES if ours in _columns(t)), table)
    if owner != table and ours not in _columns(table):
        return f"no column of the {owner} table"
    years = _SCHOOL_YEAR.search(printed)
    if money and years and ours != (right := f"funding_{years[1]}_{years[2]}_gbp"):
        return right
    return None


def _columns(table: str) -> tuple[str, ...]:
    return (*TABLES[table], *OPTIONAL.get(table, ()))
