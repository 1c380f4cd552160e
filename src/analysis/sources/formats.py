"""What the headings of a published school-level file mean, by the name of the format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from analysis import paths
from analysis.errors import quoted
from analysis.files import read_yaml
from analysis.sources.entries import FILE, Place, fact, flag, mapping, words, wrong
from analysis.variables import STAGES, is_measure, known

SCHOOL, SPECIAL, AUTHORITY = "school", "special school", "authority"
NATIONAL, STATE_FUNDED = "national", "national, state-funded"
RECORDS = (SCHOOL, SPECIAL, AUTHORITY, NATIONAL, STATE_FUNDED)
TABLES: Mapping[str, tuple[str, ...]] = {
    "schools": (
        *("urn", "record", "laestab", "authority", "establishment", "school", "year", "stage"),
        *("phase", "district", "cohort"),
    ),
    "members": ("urn", "name", "joined", "left", "kind", "group", "school", "authority", "phase"),
    "successors": ("urn", "successor"),
    "register": (
        *("urn", "school", "authority", "phase", "is_primary", "is_secondary", "kind"),
        *("district", "opened", "closed"),
    ),
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "schools": ("urn",),
    "members": ("urn", "name"),
    "successors": ("urn", "successor"),
    "register": ("urn",),
}
DATES = ("dd/mm/yyyy", "yyyymmdd")


@dataclass(frozen=True)
class Format:
    """How a published file is written.

    Parameters
    ----------
    name : str
        As data/sources.yaml calls it; empty for a file that declares its own headings.
    table : str
        What the file is: schools, members, successors or register.
    headings : mapping
        Printed heading to our column; other headings of the file are passed over.
    stage : str
        Key stage of all rows; empty where a column says it, or there is none.
    record_types : mapping
        Printed code to what the row describes, one of `RECORDS`.
    definition : str
        Short name of how the outcomes are defined; years of one definition can be compared.
    urn_as_float : bool
        Whether ``100000.0`` is how the file writes the number 100000.
    plain : bool
        Whether headings that are names of our measures need no entry.
    dates : tuple of str
        Forms of a date, beside ``2013-09-01``, that the file is known to use.
    blanks : tuple of str
        Words that stand for a blank in this file.
    short_rows : bool
        Whether the publisher leaves out blank cells at the end of a row.
    """

    name: str
    table: str
    headings: Mapping[str, str]
    stage: str = ""
    record_types: Mapping[str, str] = field(default_factory=dict)
    definition: str = ""
    urn_as_float: bool = False
    plain: bool = False
    dates: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    short_rows: bool = False


def load_formats() -> dict[str, Format]:
    """Return all formats that data/sources.yaml declares, by name.

    Raises
    ------
    DataError
        If one is not of its form.
    """
    content = read_yaml(paths.find_root() / FILE, "sources")
    blocks = mapping(content, "formats", ())
    return {str(name): _declared(content, str(name)) for name in blocks}


def read_format(content: Mapping[Any, Any], entry: Mapping[str, Any], place: Place) -> Format:
    """Return how the file of a table's entry is written, by its format and its own lines.

    Headings of the entry come on top of the format's; any other line replaces the format's.

    Raises
    ------
    DataError
        If the format is unknown, or a line is not of its form.
    """
    table = place[-1].partition("_")[0]
    named = Format("", table, {})
    if "format" in entry:
        named = _declared(content, fact(entry, "format", place), place)
        if named.table != table:
            expected = f"a format for {table}"
            raise wrong((*place, "format"), f"a format for {named.table}", expected)
    elif "headings" not in entry:
        raise wrong((*place, "headings"), "neither headings nor a format", "one of the two")
    own = _own(entry, place, table)
    headings = {**named.headings, **own.pop("headings", {})}
    made = replace(named, headings=headings, **own)
    _check_columns(made, (*place, "headings" if "headings" in entry else "format"))
    return made


def _declared(content: Mapping[Any, Any], name: str, place: Place | None = None) -> Format:
    blocks = content.get("formats")
    if not isinstance(blocks, dict) or name not in blocks:
        known_ones = ", ".join(map(str, blocks)) if isinstance(blocks, dict) else "none declared"
        at = (*place, "format") if place else ("formats", name)
        raise wrong(at, quoted(name), f"a format of data/sources.yaml: {known_ones}")
    here = ("formats", name)
    block = mapping(blocks, name, ("formats",))
    table = fact(block, "table", here)
    if table not in TABLES:
        raise wrong((*here, "table"), quoted(table), f"one of {', '.join(TABLES)}")
    mapping(block, "headings", here)
    made = Format(name, table, **_own(block, here, table))
    _check_columns(made, (*here, "headings"))
    return made


def _own(entry: Mapping[str, Any], place: Place, table: str) -> dict[str, Any]:
    """Return the lines that the entry itself has."""
    readers: dict[str, Callable[[], Any]] = {
        "headings": lambda: _headings(entry, place, table),
        "stage": lambda: _one_of(entry, "stage", place, STAGES),
        "record_types": lambda: _record_types(entry, place),
        "definition": lambda: fact(entry, "definition", place),
        "urn_as_float": lambda: flag(entry, "urn_as_float", place),
        "plain": lambda: flag(entry, "plain", place),
        "dates": lambda: _dates(entry, place),
        "blanks": lambda: words(entry, "blanks", place),
        "short_rows": lambda: flag(entry, "short_rows", place),
    }
    return {name: read() for name, read in readers.items() if name in entry}


def _one_of(entry: Mapping[str, Any], name: str, place: Place, allowed: tuple[str, ...]) -> str:
    value = fact(entry, name, place)
    if value not in allowed:
        raise wrong((*place, name), quoted(value), f"one of {', '.join(allowed)}")
    return value


def _dates(entry: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    forms = words(entry, "dates", place)
    for form in forms:
        if form not in DATES:
            raise wrong((*place, "dates"), quoted(form), f"of {' and '.join(DATES)}")
    return forms


def _record_types(entry: Mapping[str, Any], place: Place) -> dict[str, str]:
    codes = mapping(entry, "record_types", place)
    place = (*place, "record_types")
    for code, record in codes.items():
        if not isinstance(code, str):
            raise wrong((*place, str(code)), quoted(code), "a code in quotation marks")
        if record not in RECORDS:
            raise wrong((*place, code), quoted(record), f"one of {'; '.join(RECORDS)}")
    return codes


def _headings(entry: Mapping[str, Any], place: Place, table: str) -> dict[str, str]:
    headings = mapping(entry, "headings", place)
    for printed, ours in headings.items():
        here = (*place, "headings", str(printed))
        if not isinstance(printed, str) or not isinstance(ours, str):
            expected = "a heading and a column, both words (a heading such as 2013 quoted)"
            raise wrong(here, quoted(ours), expected)
        if printed != " ".join(printed.split()):
            raise wrong(here, quoted(printed), "a heading without spaces at its ends, or two")
        if not _allowed(ours, table):
            expected = f"a column of the {table} table: {', '.join(TABLES[table])}"
            expected += ", or a measure of src/analysis/variables.py" * (table == "schools")
            raise wrong(here, quoted(ours), expected)
    return headings


def _allowed(ours: str, table: str) -> bool:
    if ours in TABLES[table]:
        return known(ours)
    return table == "schools" and is_measure(ours)


def _check_columns(made: Format, place: Place) -> None:
    columns = list(made.headings.values())
    for ours in columns:
        if columns.count(ours) > 1:
            raise wrong(place, f"{quoted(ours)} twice", "each column once")
    for ours in REQUIRED[made.table]:
        if ours not in columns:
            raise wrong(place, "no heading for it", f"one that means {ours}")
    if made.table != "schools":
        return
    if not made.plain and not any(is_measure(ours) for ours in columns):
        raise wrong(place, "no heading for an outcome", "one that means an outcome of a school")
    if not made.plain and not made.stage and "stage" not in columns:
        raise wrong(place, "no key stage", "a line `stage:`, or a heading that means stage")
    if ("record" in columns) != bool(made.record_types):
        found = "record types without a heading" if made.record_types else "no record types"
        raise wrong(place, found, "a heading that means record, and `record_types:`, or neither")
