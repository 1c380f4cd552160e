"""Which collaboration a printed name stands for: a reviewed list, with proposals but no guesses."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from analysis import paths
from analysis.errors import DataError, Problem, quoted
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
        raise DataError(_wrong(1, "printed", quoted(",".join(sheet.heading)), ",".join(HEADING)))
    links: dict[str, Link] = {}
    for row in sheet.rows:
        link = Link(*(tidy_text(cell) for cell in row.cells))
        if not link.printed:
            raise DataError(_wrong(row.line, "printed", "no name", "a name as printed"))
        if link.kind not in KINDS:
            raise DataError(_wrong(row.line, "kind", quoted(link.kind), " or ".join(KINDS)))
        if not link.reason:
            raise DataError(_wrong(row.line, "reason", "no reason", "why the two are the same"))
        if (link.kind == "name") != bool(link.collaboration):
            expected = "a name as in the Ofsted table, and only for the kind 'name'"
            raise DataError(_wrong(row.line, "collaboration", quoted(link.collaboration), expected))
        if link.printed in links:
            found = f"{quoted(link.printed)} again"
            raise DataError(_wrong(row.line, "printed", found, "one line each"))
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
    text = unicodedata.normalize("NFKC", name).casefold().translate(_ALIKE)
    return " ".join(text.split())


# Small letters, Cyrillic and Greek, that look like Latin ones; then apostrophes and dashes.
_ALIKE = str.maketrans(
    "авеіјкмнорѕстухԁԛԝαβεζηικμνορτυχ‘’ʼ`′‐‒–—−",
    "abeijkmhopsctyxdqwabezhikmvoptyx'''''-----",
)


class Nearest:
    """Finds the nearest of some names, by the words that few groups bear.

    Parameters
    ----------
    names : collection of str
        All names; a word that a tenth of them bear tells no group from another.
    """

    def __init__(self, names: Collection[str]) -> None:
        borne = Counter(word for name in names for word in set(_words(name)))
        many = max(3, len(names) / 10)
        self.usual = _USUAL | {word for word, count in borne.items() if count >= many}

    def __call__(self, name: str, others: Collection[str], least: int = 0) -> list[str]:
        """Return the three nearest of `others` that are alike by `least` of 100 at least."""
        bare = {other: self._bare(other) for other in sorted(others)}
        wanted = self._bare(name)
        near = process.extract(wanted, bare, scorer=fuzz.WRatio, limit=3, score_cutoff=least)
        return [other for _, _, other in near]

    def _bare(self, name: str) -> str:
        return " ".join(word for word in _words(name) if word not in self.usual) or fold(name)


_USUAL = {
    *("a", "an", "and", "at", "collaboration", "collaborative", "for", "group", "hub", "in", "of"),
    *("partnership", "project", "school", "schools", "the", "to", "with"),
}


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", fold(name))


def resolve(name: str, links: Mapping[str, Link], names: Collection[str]) -> Link | None:
    """Return what a printed name stands for, or None where nobody has said so yet.

    A name of this year's Ofsted table stands for itself, whatever it meant in another year. A
    link must lead to one of these names, or to one that the list links to itself.
    """
    if name in names:
        return Link(name, name, "name", "printed alike")
    link = links.get(name)
    if link is None or link.kind != "name" or link.collaboration in names:
        return link
    own = links.get(link.collaboration)
    return link if own is not None and own.collaboration == link.collaboration else None


def unlinked(
    file: str, row: int, column: str, name: str, links: Mapping[str, Link], names: Collection[str]
) -> Problem:
    """Return the problem of a name that nobody has linked, with the line to paste."""
    alike = [other for other in sorted(names) if fold(other) == fold(name)]
    near = [*alike, *(one for one in Nearest(names)(name, names) if one not in alike)][:3]
    found = quoted(name)
    if name in links:
        found += f", which {FILE} links to the unknown {quoted(links[name].collaboration)}"
    elif alike:
        found += f", written with other characters than {quoted(alike[0])}"
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([name, *near[:1], "name", "WHY YOU KNOW"])
    verb = "correct its line in" if name in links else "add to"
    remedy = (
        f"The nearest names: {'; '.join(map(quoted, near))}. If one is meant, {verb} {FILE} so: "
        f"{line.getvalue()}"
    )
    expected = f"a name as in the Ofsted table, or one that {FILE} links to it"
    return Problem(file, found, expected, remedy, row, column, "names")
