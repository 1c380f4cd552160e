"""What is known of a release: where its tables are, who published them, what headings mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis import paths
from analysis.errors import DataError, Problem
from analysis.variables import known

FILE = "data/sources.yaml"
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
    block = _load().get(year)
    if not isinstance(block, dict):
        raise _wrong(year, "no block for this year", f'a block "{year}:" that describes its tables')
    facts = {name: _fact(block, name, year) for name in _FACTS}
    if facts["maturity"] not in MATURITIES:
        raise _wrong(f"{year}.maturity", repr(facts["maturity"]), " or ".join(MATURITIES))
    tables = {name: _table(year, name, entry) for name, entry in _fact_map(block, "tables", year)}
    labels = {str(k): str(v) for k, v in (block.get("labels") or {}).items() if v is not None}
    return Release(year=year, tables=tables, labels=labels, **facts)


def _load() -> dict[str, Any]:
    path = paths.find_root() / FILE
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong(
            "", f"no readable file ({error.strerror})", "the register of sources"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the file"
        raise _wrong("", f"text at {where} that is not YAML", "YAML in UTF-8") from None
    if not isinstance(content, dict):
        raise _wrong("", "no blocks", "a block for each year")
    return content


def _fact(block: Mapping[str, Any], name: str, year: str) -> str:
    value = block.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(f"{year}.{name}", repr(value), "words in quotation marks")
    return value


def _fact_map(block: Mapping[str, Any], name: str, year: str) -> list[tuple[str, Any]]:
    value = block.get(name)
    if not isinstance(value, dict) or not value:
        raise _wrong(f"{year}.{name}", repr(value), "a block with a line for each")
    return list(value.items())


def _table(year: str, name: str, entry: Any) -> TableSource:
    place = f"{year}.tables.{name}"
    if not isinstance(entry, dict):
        raise _wrong(place, repr(entry), "a block with file, place, sha256, rows and headings")
    file, rows = entry.get("file"), entry.get("rows")
    if not isinstance(file, str) or re.fullmatch(r"[\w-]+\.csv", file, re.ASCII) is None:
        raise _wrong(f"{place}.file", repr(file), "the name of a csv file in the year's folder")
    if not isinstance(rows, int) or isinstance(rows, bool):
        raise _wrong(f"{place}.rows", repr(rows), "the number of rows below the heading")
    headings = {str(printed): str(ours) for printed, ours in _fact_map(entry, "headings", place)}
    for printed, ours in headings.items():
        _check_heading(f"{place}.headings", printed, ours, name)
    return TableSource(
        table=name,
        path=paths.raw(year) / file,
        place=_fact(entry, "place", place),
        sha256=_fact(entry, "sha256", place),
        rows=rows,
        headings=headings,
        note=str(entry.get("note") or ""),
    )


def _check_heading(place: str, printed: str, ours: str, table: str) -> None:
    if table != "claims" and not known(ours):
        raise _wrong(f"{place}[{printed!r}]", repr(ours), "a column of src/analysis/variables.py")
    years = _SCHOOL_YEAR.search(printed)
    if years and ours.startswith("funding_") and ours != f"funding_{years[1]}_{years[2]}_gbp":
        raise _wrong(f"{place}[{printed!r}]", repr(ours), f"funding_{years[1]}_{years[2]}_gbp")


def _wrong(entry: str, found: str, expected: str) -> DataError:
    return DataError(
        Problem(
            FILE,
            column=entry or None,
            found=found,
            expected=expected,
            remedy="Correct this entry; the blocks of other years show the form.",
            code="sources",
        )
    )
