"""The headings that are known for each table, and what a single one of them means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from analysis import paths
from analysis.files import read_yaml
from analysis.sources import next_edition
from analysis.sources.entries import FILE
from analysis.sources.formats import TABLES as SCHOOL_TABLES
from analysis.sources.formats import load_formats
from analysis.sources.registry import NEXT_EDITION, TABLES
from analysis.variables import funding_column, is_measure

READABLE = ("gains", "ofsted", "funding", "schools", "members", *NEXT_EDITION)
_GROUP = (
    "collaboration; collaborations; collaboration name; name of collaboration; collaborative; "
    "name of the collaboration; group; group name; name of group; partnership; cluster; hub"
)
_SYNONYMS: Mapping[str, Mapping[str, str]] = {
    "gains": {"name": f"name; {_GROUP}"},
    "ofsted": {
        "number": "number; running number; row number; #; no",
        "name": f"name; {_GROUP}",
        "n_schools": "number of schools; no of schools; schools; # of schools; # schools; "
        "total schools; total number of schools; all schools",
        "n_outstanding": "outstanding; number outstanding; no outstanding",
        "n_good": "good; number good; no good",
        "n_requires_improvement": "ri; r i; requires improvement; number ri",
        "n_inadequate": "inadequate; number inadequate; no inadequate",
        "n_not_inspected": "no inspection yet; not inspected yet; not yet inspected; "
        "not inspected; no inspection",
        "good_or_better_pct": "% good or better; good or better %; percentage good or better; "
        "% good or outstanding; % good +; good or better; good or better pct; % good better; "
        "% good and better; % good outstanding; % outstanding or good; percent good or better",
    },
    "funding": {
        "area": "area; area board; kah area",
        "district": "district; district name",
        "name": f"name; {_GROUP}",
        "continuing": "continuing; collabtn continuing; collaboration continuing",
        "school_year": "school year; academic year",
        "funding_gbp": "funding; amount; funding £; amount £; funding gbp",
    },
    "schools": {
        "urn": "urn; school urn",
        "year": "year; academic year; school year; yr",
        "cohort": "cohort; cohort size; pupils in cohort; number in cohort",
    },
    "members": {
        "urn": "urn; school urn",
        "name": _GROUP,
        "joined": "joined; date joined; joined date; joining date; date of joining; start date",
        "left": "left; date left; left date; leaving date; date of leaving; end date",
    },
    **next_edition.HEADINGS,
}
_UNITS = re.compile(
    r"(?i)\s*(?:[(\[]\s*(?:%|pp|ppts?|n|no\.?|number|count|percent|per ?cent|percentage points?|\d)"
    r"\s*[)\]]|\bin (?:pp|percentage points?|%))\s*$"
)
_SHORT_YEARS = re.compile(r"(?<![\d/])([0-4]\d)/([0-4]\d)(?![\d/])", re.ASCII)
_A_THOUSAND = re.compile(r"(?<!\d)1,?000(?!\d)", re.ASCII)
_FOOTNOTES = re.compile(r"[*†‡§¹²³⁰⁴-⁹]|\[\d{1,2}\]")
_TOKEN = re.compile(r"[^\W_]+|[%£#+€$]")
YEARS = re.compile(r"(?<!\d)(20\d\d) ?[/_‐-―-] ?(20\d\d|\d\d)(?!\d)", re.ASCII)
_GAIN = re.compile(
    r"(?:gain )?(?:ks|key stage) ?([24]) (?:gain )?(?:pp )?(?:column |col )?([123])(?: pp| %)?"
)
_BLANK = re.compile(r"|unnamed \d+(?: level \d+)?|(?:column|col|field) ?\d+")
_THOUSANDS = {"000", "000s", "k", "thousand", "thousands"}
_OTHER_UNITS = {
    *("m", "mn", "million", "millions", "€", "$", "eur", "usd", "euro", "euros", "dollars"),
    *("pence", "p"),
}
_MONEY_WORDS = {
    *("funding", "grant", "grants", "allocation", "allocations", "allocated", "amount", "award"),
    *("awarded", "agreed", "if", "applicable", "from", "kah", "in", "for", "of", "the", "school"),
    *("academic", "year", "£", "gbp", "pounds"),
}
_SUMS = {"total", "total funding", "overall total", "total £", "sum", "total amount"}
_GOING_ON = {"continuing", "continues", "continue", "continued"}
_GOING_ON_WORDS = {"collabtn", "collaboration", "group", "in", "is", "the", "y", "n", "yes", "no"}


@dataclass(frozen=True)
class Meaning:
    """What a heading means: our column, by how much its numbers are multiplied, its year.

    Parameters
    ----------
    fault : str
        What the heading should be, where it looks like one of ours and is not.
    """

    column: str
    scale: int = 1
    year: int | None = None
    fault: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """The headings that are known for a table.

    Parameters
    ----------
    exact : mapping
        Folded heading to our column.
    printed : mapping
        Our column to the heading under which data/sources.yaml has it first.
    declared : frozenset of str
        All headings as data/sources.yaml has them.
    """

    table: str
    exact: Mapping[str, str]
    printed: Mapping[str, str]
    declared: frozenset[str]

    def meaning(self, heading: str) -> Meaning | None:
        """Return what a heading means, or None where nobody knows."""
        if self.table == "funding" and (found := _of_years(heading)) is not None:
            return found
        for printed in (heading, _UNITS.sub("", heading)):
            folded = fold_heading(printed)
            if folded in self.exact:
                return Meaning(self.exact[folded])
            if self.table == "gains" and (match := _GAIN.fullmatch(folded)):
                return Meaning(f"gain_ks{match[1]}_{match[2]}_pp")
        if self.table == "schools" and is_measure(heading.strip()):
            return Meaning(heading.strip())
        return None

    def as_printed(self, column: str) -> str:
        """Return how `column` is usually headed."""
        return self.printed.get(column, column)


@lru_cache(maxsize=100_000)
def fold_heading(text: str) -> str:
    """Return a heading without differences of case, space, punctuation and footnote marks."""
    plain = unicodedata.normalize("NFKC", _FOOTNOTES.sub("", text)).casefold()
    return " ".join(_TOKEN.findall(plain))


def is_blank_heading(text: str) -> bool:
    """Return whether a heading has no words, or only those that software puts there."""
    return _BLANK.fullmatch(fold_heading(text)) is not None


def is_sum(heading: str) -> bool:
    """Return whether a heading of a table of money is that of the sum of the years."""
    return fold_heading(heading) in _SUMS


@cache
def _vocabulary(table: str, root: str) -> Vocabulary:
    content = read_yaml(paths.find_root() / FILE, "sources")
    exact: dict[str, set[str]] = {}
    printed: dict[str, str] = {}
    declared = dict(_declared(content, table))
    for heading, column in declared.items():
        printed.setdefault(column, heading)
        exact.setdefault(fold_heading(heading), set()).add(column)
    for column, synonyms in _SYNONYMS.get(table, {}).items():
        for heading in synonyms.split("; "):
            exact.setdefault(heading, {column})
    for column in _own_columns(table):
        exact.setdefault(fold_heading(column), {column})
    clear = {heading: next(iter(columns)) for heading, columns in exact.items() if len(columns) < 2}
    return Vocabulary(table, clear, printed, frozenset(declared))


def vocabulary(table: str) -> Vocabulary:
    """Return the headings known for a table: of data/sources.yaml, synonyms, our own names.

    Raises
    ------
    DataError
        If data/sources.yaml can't be read.
    """
    return _vocabulary(table, str(paths.find_root()))


def _own_columns(table: str) -> Sequence[str]:
    """Return our own names; of members, `name` could as well be that of the school."""
    if table in TABLES:
        return TABLES[table]
    return [c for c in SCHOOL_TABLES[table] if (table, c) != ("members", "name")]


def _declared(content: Mapping[str, Any], table: str) -> Iterable[tuple[str, str]]:
    if table in SCHOOL_TABLES:
        for made in load_formats().values():
            if made.table == table:
                yield from made.headings.items()
    for block in content.values():
        entries = block.get("tables") if isinstance(block, dict) else None
        entry = entries.get(table) if isinstance(entries, dict) else None
        headings = entry.get("headings") if isinstance(entry, dict) else None
        if isinstance(headings, dict):
            yield from ((str(heading), str(column)) for heading, column in headings.items())


def _in_full(match: re.Match[str]) -> str:
    """Return a school year such as 12/13 with all its digits; others stay as they are."""
    follows = int(match[2]) == int(match[1]) + 1
    return f"20{match[0]}" if follows else match[0]


def _of_years(heading: str) -> Meaning | None:
    """Return what a heading with a school year in it means in a table of money."""
    if not YEARS.search(heading):
        heading = _SHORT_YEARS.sub(_in_full, heading)
    heading = _A_THOUSAND.sub("000", heading)
    years = YEARS.findall(heading)
    if not years:
        return None
    words = set(fold_heading(YEARS.sub(" ", heading)).split())
    going_on = bool(words & _GOING_ON)
    begins, ends = int(years[0][0]), int(years[0][1])
    column = "continuing" if going_on else funding_column(begins + 1)
    if len(years) > 1 or (begins + 1) % 100 != ends % 100 or (ends > 99 and ends != begins + 1):
        return Meaning(column, fault="a school year, such as 2012/13")
    if going_on:
        return Meaning(column, 1, begins + 1) if words <= _GOING_ON | _GOING_ON_WORDS else None
    if words & _OTHER_UNITS:
        return Meaning(column, fault="amounts in pounds, or in thousands of pounds (£000s)")
    scale = 1000 if words & _THOUSANDS else 1
    return Meaning(column, scale, begins + 1) if words <= _MONEY_WORDS | _THOUSANDS else None
