"""Which collaboration a printed name stands for: a reviewed list, with proposals but no guesses."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from analysis import paths
from analysis.errors import DataError, Problem
from analysis.sources.convert import tidy_text
from analysis.sources.read import read_sheet

FILE = "data/names.csv"
HEADING = ("printed", "collaboration", "kind", "reason")
KINDS = ("name", "no collaboration")


@dataclass(frozen=True)
class Link:
    """A reviewed line of data/names.csv."""

    printed: str
    collaboration: str
    kind: str
    reason: str


def load_links() -> dict[str, Link]:
    """Return the reviewed lines by printed name.

    Raises
    ------
    DataError
        If a line has an unknown kind, no reason, or stands there twice.
    """
    sheet = read_sheet(paths.find_root() / FILE)
    if sheet.heading != HEADING:
        raise DataError(_wrong(1, "printed", ",".join(sheet.heading), ",".join(HEADING)))
    links: dict[str, Link] = {}
    for row in sheet.rows:
        link = Link(*(tidy_text(cell) for cell in row.cells))
        if link.kind not in KINDS:
            raise DataError(_wrong(row.line, "kind", repr(link.kind), " or ".join(KINDS)))
        if not link.reason:
            raise DataError(_wrong(row.line, "reason", "no reason", "why the two are the same"))
        if (link.kind == "name") != bool(link.collaboration):
            expected = "a name as in the Ofsted table, and only for the kind 'name'"
            raise DataError(_wrong(row.line, "collaboration", repr(link.collaboration), expected))
        if link.printed in links:
            raise DataError(_wrong(row.line, "printed", f"{link.printed!r} again", "one line each"))
        links[link.printed] = link
    return links


def _wrong(row: int, column: str, found: str, expected: str) -> Problem:
    remedy = "Correct this line; the others show the form."
    return Problem(FILE, found, expected, remedy, row, column, "names")


def fold(name: str) -> str:
    """Return `name` without differences of case, space and look-alike characters.

    References
    ----------
    Unicode Standard Annex 15, normalisation form KC.
    """
    text = unicodedata.normalize("NFKC", name).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(text.casefold().split())


def resolve(name: str, links: Mapping[str, Link], names: Collection[str]) -> Link | None:
    """Return what a printed name stands for, or None where nobody has said so yet."""
    if name in links:
        return links[name]
    return Link(name, name, "name", "printed alike") if name in names else None


def unlinked(file: str, row: int, column: str, name: str, names: Collection[str]) -> Problem:
    """Return the problem of a name that nobody has linked, with the line to paste."""
    near = [found for found, *_ in process.extract(name, names, scorer=fuzz.WRatio, limit=3)]
    quoted = ",".join(f'"{part}"' if "," in part else part for part in (name, *near[:1]))
    nearest = "; ".join(repr(found) for found in near)
    remedy = (
        f"The nearest names: {nearest}. If one is meant, add to {FILE} a line such as: "
        f"{quoted},name,WHY YOU KNOW"
    )
    expected = "a name as in the Ofsted table, or one that data/names.csv links"
    return Problem(file, repr(name), expected, remedy, row, column, "names")
