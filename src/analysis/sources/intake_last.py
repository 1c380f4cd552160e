"""The year before: what its tables were headed, and how like these a new heading is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from analysis import paths
from analysis.files import read_yaml
from analysis.sources.entries import FILE
from analysis.sources.headings import Heading
from analysis.sources.vocabulary import YEARS, Vocabulary, fold_heading
from analysis.variables import funding_column, school_year

_OF_THE_YEAR = 75
_YEAR = re.compile(r"20\d\d", re.ASCII)


@dataclass(frozen=True)
class Last:
    """The last year before a new one.

    Parameters
    ----------
    year : str
        Its name; empty where there is none.
    later : int
        By how many years the new one is later.
    block : mapping
        What data/sources.yaml says of it.
    """

    year: str
    later: int
    block: Mapping[str, Any]

    def printed(self, table: str) -> dict[str, str]:
        """Return our column to the heading that follows from that year, school years moved on."""
        return {self.moved(c): shifted(text, self.later) for text, c in self._of(table).items()}

    def as_it_was(self, table: str) -> dict[str, str]:
        """Return our column, school years moved on, to that year's heading."""
        return {self.moved(c): text for text, c in self._of(table).items()}

    def money(self) -> list[str]:
        """Return the columns of money that follow from that year's, in order."""
        return sorted(c for c in self.printed("funding") if c.startswith("funding_20"))

    def moved(self, column: str) -> str:
        """Return a column of that year as it is called in the new one."""
        if not column.startswith("funding_20"):
            return column
        return funding_column(int(school_year(column)[:4]) + 1 + self.later)

    def _of(self, table: str) -> dict[str, str]:
        tables = self.block.get("tables")
        entry = tables.get(table) if isinstance(tables, dict) else None
        headings = entry.get("headings") if isinstance(entry, dict) else None
        return {str(k): str(v) for k, v in headings.items()} if isinstance(headings, dict) else {}


def last_before(year: str) -> Last:
    """Return the last year before `year` that data/sources.yaml has.

    Raises
    ------
    DataError
        If data/sources.yaml can't be read.
    """
    content = read_yaml(paths.find_root() / FILE, "sources")
    earlier = [y for y in content if isinstance(y, str) and _YEAR.fullmatch(y) and y < year]
    if not earlier:
        return Last("", 0, {})
    found = max(earlier)
    block = content[found]
    return Last(found, int(year) - int(found), block if isinstance(block, dict) else {})


def shifted(text: str, by: int) -> str:
    """Return words with their school years moved on, such as 2012/13 to 2013/14."""

    def moved(match: re.Match[str]) -> str:
        begins, ends = int(match[1]) + by, int(match[1]) + by + 1
        last = str(ends) if len(match[2]) == 4 else f"{ends % 100:02d}"
        return match[0].replace(match[1], str(begins), 1)[: -len(match[2])] + last

    return YEARS.sub(moved, text)


def likeness(heading: str, column: str, known: Vocabulary, last: Last) -> float:
    """Return how like a heading is to those that are known for a column, from 0 to 100."""
    folded = fold_heading(heading)
    forms = {form for form, ours in known.exact.items() if ours == column}
    printed = (last.printed(known.table).get(column), known.printed.get(column))
    forms |= {fold_heading(text) for text in printed if text}
    score = max((alike(folded, form) for form in forms), default=0.0)
    if column.startswith("funding_20") and _is_of(heading, column):
        return max(score, float(_OF_THE_YEAR))
    return score


def alike(one: str, other: str) -> float:
    """Return how like two folded headings are, from 0 to 100."""
    return float(max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)))


def _is_of(heading: str, column: str) -> bool:
    years = YEARS.findall(heading)
    return len(years) == 1 and funding_column(int(years[0][0]) + 1) == column


def drift(heading: Heading, table: str, last: Last) -> list[str]:
    """Return how the headings of a table differ from the last year's, a line a heading."""
    was, expected = last.as_it_was(table), last.printed(table)
    if not was:
        return ["no heading of an earlier year to compare with"]
    now = {found.column: heading.name(i) for i, found in heading.at.items()}
    lines = [_line(column, was, expected, now) for column in {**was, **now}]
    lines += [f'"{heading.name(i)}" is new' for i in heading.unknown]
    same = [line for line in lines if not line]
    if [c for c in was if c in now] != [c for c in now if c in was]:
        lines.append("the columns stand in another order")
    kept = [f"{len(same)} of {len(was)} headings as they were"]
    return [*kept, *(line for line in lines if line)]


def _line(
    column: str, was: Mapping[str, str], expected: Mapping[str, str], now: Mapping[str, str]
) -> str:
    if column not in now:
        return f'"{was[column]}" ({column}) is gone'
    if column not in was:
        return f'"{now[column]}" is new, and means {column}'
    if now[column] in (was[column], expected[column]):
        return ""
    return f'"{was[column]}" is now "{now[column]}" ({column})'
