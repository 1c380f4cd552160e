"""Which groups appeared, vanished, or may go on under another name since the year before."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from analysis.errors import Problem, quoted
from analysis.sources.names import Nearest
from analysis.sources.successions import FILE, Succession
from analysis.tables.gathered import Gathered

ALIKE = 80
_EXPECTED = f"a group of {{}}, or a line in {FILE} that says which one it continues"


def moved_groups(now: Gathered, before: Gathered, lines: Collection[Succession]) -> list[Problem]:
    """Return warnings of groups that only one of two years has, each with the line to paste.

    Parameters
    ----------
    lines : collection of Succession
        The reviewed lines of data/groups.csv, in their order.
    """
    here, there = _rows(now), _rows(before)
    if here is None or there is None:
        return []
    year = now.release.year
    own = {line.earlier: line.later for line in lines if line.year == year}
    known = {own.get(name, name) for name in there}
    appeared = [name for name in here if name not in known]
    vanished = [name for name in there if own.get(name, name) not in here]
    return [
        *_stale(year, lines, here, there, before.release.year),
        *_told(now, before.release.year, here, appeared, vanished),
    ]


def _rows(made: Gathered) -> dict[str, int] | None:
    """Return the groups of the Ofsted table with their rows, where all of them are known."""
    if "ofsted" not in made.release.tables or made.names is None:
        return None
    frame = made.typed["ofsted"].frame
    return dict(zip(frame["name"], frame["row"], strict=True))


def _told(
    now: Gathered, last: str, here: Mapping[str, int], appeared: list[str], vanished: list[str]
) -> Iterator[Problem]:
    file, column = now.typed["ofsted"].source.file, now.typed["ofsted"].source.printed("name")
    left = list(vanished)
    nearest = Nearest([*here, *vanished])
    for name in appeared:
        alike = nearest(name, left, ALIKE)
        left = [other for other in left if other not in alike]
        found = f"{quoted(name)}, a group that the tables of {last} do not name"
        if alike:
            gone = "is gone" if len(alike) == 1 else "are gone"
            found += f", while {' and '.join(map(quoted, alike))} of {last} {gone}"
        remedy = _remedy(now.release.year, name, alike, nearest(name, left))
        place = (here[name], column, "groups")
        expected = _EXPECTED.format(last)
        yield Problem(file, found, expected, remedy, *place, severity="warning")
    for name in left:
        others = nearest(name, appeared or list(here))
        line = _line(now.release.year, name, others[0] if others else "LATER NAME", "merged")
        found = f"no row for {quoted(name)}, a group of {last}"
        expected = f"the groups of {last}, or a line in {FILE} that says what became of one"
        remedy = (
            "If it has ended, nothing is to do; if it goes on in another group (the nearest: "
            f"{'; '.join(map(quoted, others))}), add to {FILE} so: {line}"
        )
        problem = Problem(file, found, expected, remedy, column=column, code="groups")
        yield replace(problem, severity="warning")


def _remedy(year: str, name: str, alike: list[str], near: list[str]) -> str:
    kind = "merged" if len(alike) > 1 else "renamed"
    lines = [_line(year, other, name, kind) for other in alike or near[:1]]
    if not lines:
        return "If it is new, nothing is to do."
    which = "them" if len(alike) > 1 else "that group"
    if not alike:
        which = f"one that is gone (the nearest: {'; '.join(map(quoted, near))})"
    added = " and so: ".join(lines)
    return f"If it is new, nothing is to do; if it continues {which}, add to {FILE} so: {added}"


def _line(year: str, earlier: str, later: str, kind: str) -> str:
    text = io.StringIO()
    row = [year, earlier, later, kind, "WHY YOU KNOW"]
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()


def _stale(
    year: str,
    lines: Collection[Succession],
    here: Mapping[str, int],
    there: Mapping[str, int],
    last: str,
) -> Iterator[Problem]:
    """Yield the lines of data/groups.csv for this year whose names are in no table."""
    for row, line in enumerate(lines, start=2):
        for column, names, when in (("earlier", there, last), ("later", here, year)):
            name = getattr(line, column)
            if line.year == year and name not in names:
                near = Nearest(names)(name, names)
                found = f"{quoted(name)}, which the Ofsted table of {when} does not name"
                expected = f"a group of {when}; the nearest: "
                expected += "; ".join(quoted(other) for other in near)
                remedy = "Correct the name in this line, or delete the line."
                place = (row, column, "groups")
                yield Problem(FILE, found, expected, remedy, *place, severity="warning")
