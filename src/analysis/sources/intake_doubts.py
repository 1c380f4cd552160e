"""What is not sure about the tables of a new year, put as questions with their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.errors import DataError, quoted
from analysis.sources.formats import REQUIRED as SCHOOL_COLUMNS
from analysis.sources.grids import Grid
from analysis.sources.headings import Heading, check_unknown
from analysis.sources.intake_last import Last, alike, likeness
from analysis.sources.intake_words import LEAVE_OUT, SURE, Instructed, Option, Question, Told
from analysis.sources.vocabulary import fold_heading

LEAST_LIKE = 55
MOST_SHOWN = 4


@dataclass(frozen=True)
class Found:
    """A table, or what may be one, on a sheet.

    Parameters
    ----------
    absent : tuple of str
        Our columns that are lacking yet.
    """

    table: str
    grid: Grid
    heading: Heading
    known: Instructed
    absent: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """File and sheet, as options and messages call them."""
        return self.grid.file


def which_sheet(table: str, seen: Sequence[Found]) -> Question:
    """Return the question which of several sheets is a table."""
    options = tuple(
        Option(f"{table} is read from {one.place}", 0, tables=(f"{table}={one.place}",))
        for one in seen
    )
    return Question(f"{len(seen)} sheets could be the table {table}. Which is it?", options)


def which_table(one: Found, other: Found) -> Question:
    """Return the question which of two tables a sheet is."""
    options = tuple(
        Option(
            f"{kept.place} is {kept.table}, and not {left.table}",
            0,
            tables=(f"{kept.table}={kept.place}", f"{left.table}=none"),
        )
        for kept, left in ((one, other), (other, one))
    )
    return Question(f"{one.place} could be {one.table} or {other.table}. Which is it?", options)


def _candidates(found: Found, column: str, last: Last) -> list[tuple[float, int]]:
    """Return how like the unknown headings are to a column's, the likest first."""
    heading = found.heading
    scored = [(likeness(heading.name(i), column, found.known, last), i) for i in heading.unknown]
    return sorted((one for one in scored if one[0] >= LEAST_LIKE), key=lambda o: (-o[0], o[1]))


def may_be(found: Found, last: Last) -> bool:
    """Return whether every column that is lacking has a heading that could be meant for it."""
    return all(_candidates(found, column, last) for column in found.absent)


def which_columns(found: Found, last: Last) -> Iterator[Question]:
    """Yield which of the unknown headings means each column that is lacking."""
    scores = {column: _candidates(found, column, last) for column in found.absent}
    for column, candidates in scores.items():
        rivals = [
            i for other, ones in scores.items() if other != column for s, i in ones if s >= SURE
        ]
        options = tuple(
            _means(found, column, score if i not in rivals else min(score, SURE - 1), i)
            for score, i in candidates[:MOST_SHOWN]
        )
        usual = last.printed(found.table).get(column) or found.known.as_printed(column)
        text = f'{found.place}, table {found.table}: no column is headed "{usual}" ({column}).'
        yield Question(f"{text} Which is it?", options)


def _means(found: Found, column: str, score: float, at: int) -> Option:
    printed = found.heading.name(at)
    words = f'"{printed}" in {found.place} means {column} (likeness {score:.0f} of 100)'
    return Option(words, score, headings=(f"{found.table}:{printed}={column}",))


def doubts(found: Found, said: Told, last: Last) -> Iterator[Question]:
    """Yield what is not sure in a table that is whole: doubles, odd years, headings like ours."""
    if found.table in SCHOOL_COLUMNS:
        return
    yield from _doubles(found, last)
    yield from _odd_years(found, said, last)
    for i in found.heading.unknown:
        if _is_like_ours(found, i):
            printed = found.heading.name(i)
            text = f'{found.place}, table {found.table}: nobody knows the column "{printed}".'
            words = f'"{printed}" in {found.place} is none of our columns and is left out'
            yield Question(
                text, (Option(words, 100, headings=(f"{found.table}:{printed}={LEAVE_OUT}",)),)
            )


def _is_like_ours(found: Found, at: int) -> bool:
    """Return whether the reader would refuse a column that nobody knows as too like ours."""
    one = replace(found.heading, unknown=(at,))
    try:
        check_unknown(one, found.known)
    except DataError:
        return True
    return False


def _doubles(found: Found, last: Last) -> Iterator[Question]:
    places: dict[str, list[int]] = {}
    for i, meaning in found.heading.at.items():
        places.setdefault(meaning.column, []).append(i)
    for column, at in places.items():
        names = [found.heading.name(i) for i in at]
        if len(at) > 1 and len(set(map(fold_heading, names))) == len(names):
            usual = fold_heading(last.printed(found.table).get(column, column))
            scores = [alike(fold_heading(name), usual) for name in names]
            best = [scores.count(s) == 1 and s == max(scores) for s in scores]
            options = tuple(
                _keep(found, column, names, name, score if good else min(score, SURE - 1))
                for name, score, good in zip(names, scores, best, strict=True)
            )
            text = f"{found.place}, table {found.table}: {len(at)} columns could be {column}."
            yield Question(f"{text} Which is it?", options)


def _keep(found: Found, column: str, names: Sequence[str], kept: str, score: float) -> Option:
    others = [name for name in names if name != kept]
    words = f'"{kept}" in {found.place} is {column}; left out: ' + ", ".join(map(quoted, others))
    return Option(words, score, headings=tuple(f"{found.table}:{n}={LEAVE_OUT}" for n in others))


def _odd_years(found: Found, said: Told, last: Last) -> Iterator[Question]:
    """Yield whether money of other school years than follow from the last year's is meant."""
    expected = last.money() if found.table == "funding" else []
    money = {m.column: i for i, m in found.heading.at.items() if m.column.startswith("funding_20")}
    odd = [c for c in money if c not in expected]
    names_ = {fold_heading(found.heading.name(money[c])) for c in odd}
    if not expected or not odd or all(("funding", name) in said.headings for name in names_):
        return
    names = ", ".join(quoted(found.heading.name(i)) for i in money.values())
    text = f"{found.place}: the money is of other years than follow on {last.year}: {names}."
    flags = tuple(f"funding:{found.heading.name(money[c])}={c}" for c in odd)
    yield Question(text, (Option(f"these years are meant: {names}", 0, headings=flags),))
