"""The dress rehearsal: everything that would stop or bend a run of a year, all of it at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from analysis.errors import DataError, Problem, Severity
from analysis.sources.registry import known_years, load_release
from analysis.sources.successions import Succession, load_successions
from analysis.tables.drift import coverage, far_values, sizes
from analysis.tables.gathered import Gathered, Say, gather
from analysis.tables.moved import moved_groups
from analysis.tables.tidy import study_of

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
_HEADINGS = {
    "error": "Errors: each stops a run.",
    "warning": "Warnings: each may bend a result.",
    "note": "Notes: what was decided or counted.",
}
_FINAL = ("final", "revised")
_MAY_LACK = ("gains", "coverage", "claims")


def rehearse(year: str, say: Say = lambda _: None) -> list[Problem]:
    """Return all problems of a year's files: errors, then warnings, then notes.

    Parameters
    ----------
    say : callable, optional
        Told what is being done, in words.
    """
    try:
        release = load_release(year)
    except DataError as error:
        return list(error.problems)
    made = gather(release, lambda words: say(f"{year}: {words}"))
    problems = [*made.problems, *_claims(made)]
    lines: Sequence[Succession] = ()
    try:
        lines = load_successions()
    except DataError as error:
        problems += error.problems
    say(f"{year}: comparing with the year before")
    told = {(one.file, one.row) for one in problems if one.row is not None}
    drift = [*_drift(made, lines), *_notes(made)]
    problems += [one for one in drift if (one.file, one.row) not in told]
    return in_order(problems)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems once each, errors first, in their order otherwise."""
    once = dict.fromkeys(problems)
    return [one for severity in SEVERITIES for one in once if one.severity == severity]


def year_before(year: str) -> str | None:
    """Return the nearest earlier year of data/sources.yaml; None for one that is no number."""
    earlier = [one for one in known_years() if re.fullmatch(r"20\d\d", one) and one < year]
    return max(earlier, default=None) if re.fullmatch(r"20\d\d", year) else None


def _claims(made: Gathered) -> list[Problem]:
    """Return the claims that can't be followed, where the tables are such that they could be."""
    if made.problems:
        return []
    try:
        study_of(made)
    except DataError as error:
        return list(error.problems)
    return []


def _drift(made: Gathered, lines: Sequence[Succession]) -> Iterator[Problem]:
    last = year_before(made.release.year)
    before = None if last is None else _gathered(last)
    if before is not None:
        later = {one.earlier: one.later for one in lines if one.year == made.release.year}
        yield from moved_groups(made, before, lines)
        yield from far_values(made, before, later)
        yield from sizes(made, before)
        yield from _absent(made, before)
    yield from coverage(made, before)


def _gathered(year: str) -> Gathered | None:
    """Return the report's tables of another year, as far as they can be read."""
    try:
        return gather(load_release(year), schools=False)
    except DataError:
        return None


def _absent(made: Gathered, before: Gathered) -> Iterator[Problem]:
    tables, were = made.release.tables, before.release.tables
    absent = [name for name in were if name not in tables]
    if absent:
        yield Problem(
            "data/sources.yaml",
            found=f"no table of {', '.join(absent)}",
            expected=f"the tables of {before.release.year}, or fewer",
            remedy="If the publication has none, nothing is to do; the pages say so.",
            column=f"{made.release.year}.tables",
            code="absent",
            severity="note",
        )


def _notes(made: Gathered) -> Iterator[Problem]:
    maturity = made.release.maturity
    if maturity not in _FINAL:
        yield Problem(
            "data/sources.yaml",
            found=f"the figures are {maturity}",
            expected="revised or final ones, once they are published",
            remedy="All pages and pictures of the year say so.",
            column=f"{made.release.year}.maturity",
            code="maturity",
            severity="note",
        )
    for table in made.typed.values():
        for note in table.notes:
            remedy = "If it was read wrongly, say so in data/corrections.yaml."
            expected = "cells in the plain form of their column"
            file = table.source.file
            yield Problem(file, note, expected, remedy, code="seen", severity="note")


def counted(problems: Iterable[Problem]) -> str:
    """Return how many errors, warnings and notes there are, in words."""
    every = list(problems)
    numbers = [sum(one.severity == severity for one in every) for severity in SEVERITIES]
    parts = [
        f"{n} {name}{'' if n == 1 else 's'}" for n, name in zip(numbers, SEVERITIES, strict=True)
    ]
    return f"{parts[0]}, {parts[1]} and {parts[2]}."


def shown(problems: Sequence[Problem], command: str) -> str:
    """Return problems as a person reads them: by severity and file, then what to do next.

    Parameters
    ----------
    command : str
        What was typed, to be typed again.
    """
    lines: list[str] = []
    for severity in SEVERITIES:
        some = [problem for problem in problems if problem.severity == severity]
        if some:
            lines += [_HEADINGS[severity], *_by_file(some), ""]
    return "\n".join([*lines, counted(problems), _next(problems, command)])


def _by_file(problems: Sequence[Problem]) -> Iterator[str]:
    for file, some in groupby(sorted(problems, key=lambda one: one.file), lambda one: one.file):
        yield f"  {file}"
        for one in sorted(some, key=lambda one: one.row or 0):
            yield f"    [{one.code}] {_place(one)}{one.said}"


def _place(problem: Problem) -> str:
    row = None if problem.row is None else f"row {problem.row}"
    column = None if problem.column is None else f'column "{problem.column}"'
    place = ", ".join(filter(None, (row, column)))
    return f"{place}: " if place else ""


def _next(problems: Sequence[Problem], command: str) -> str:
    if any(problem.severity == "error" for problem in problems):
        return f"Next: do what the errors say, then again: {command}"
    if any(problem.severity == "warning" for problem in problems):
        return (
            "Nothing found that would stop a run. Next: look at the warnings, then: make findings"
        )
    return "Nothing found that would stop a run. Next: make findings"


def as_json(problems: Sequence[Problem]) -> str:
    """Return problems as a list of JSON objects."""
    return json.dumps([one.as_dict() for one in problems], indent=2, ensure_ascii=False)
