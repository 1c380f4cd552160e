"""The claims ledger: every number that a report states about itself, re-derived, with a verdict.

A line of ``claims.csv`` holds the claim in our own words, the number as printed, and the recipe
that re-derives it (see `analysis.tables.recipes`). Where the words allow several readings,
`other_recipe` and `other_reading` hold the rest, parted by semicolons. With ``limits`` in
`readings`, the first recipe gives the least and the second the most that the tables allow; with
``first decides`` the others only explain, because they stretch the claim's own words.
`against` names claims that state the same thing elsewhere, parted by spaces, or holds one recipe
made of the report's other printed numbers.

Verdicts, first to last: `contradicts itself` (the report prints two values that can't both
hold), `agrees`, `differs`, `cannot be checked` (no recipe, blank cells, or limits that leave both
open). A number agrees if, rounded to the decimals in print, it is the printed one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import pandas as pd

from analysis.errors import DataError, Problem
from analysis.tables.logic import RecipeError
from analysis.tables.printed import PrintedNumber, read_printed
from analysis.tables.recipes import Rederived, evaluate
from analysis.tables.verdicts import RELATIONS, Elsewhere, Finding, Statement, judge

COLUMNS = (
    "claim_id",
    "paragraph",
    "claim",
    "printed",
    "relation",
    "recipe",
    "reading",
    "other_recipe",
    "other_reading",
    "readings",
    "against",
    "reason",
)
LEDGER = (
    "claim_id",
    "paragraph",
    "claim",
    "printed",
    "found",
    "verdict",
    "reason",
    "rows",
    "reading",
    "other_found",
    "found_value",
    "recipe",
)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_NOTHING = Rederived(math.nan, (), (), ())
NAMED_ROWS = 6


_OTHERS = ("other_recipe", "other_reading")


@dataclass(frozen=True)
class Claim:
    """A line of the ledger before it is judged: its row in the file, its cells, its number."""

    row: int
    cells: Mapping[str, str]
    number: PrintedNumber | None

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def statement(self) -> Statement:
        """What the report states, without where and how it is re-derived."""
        how = self["readings"]
        limits, first = how == "limits", how == "first decides"
        return Statement(self["printed"], self.number, self["relation"], limits, first)

    @property
    def place(self) -> str:
        """Where in the report the claim stands, in words."""
        paragraph = self["paragraph"]
        return f"in paragraph {paragraph}" if paragraph.isdigit() else f"in the {paragraph}"

    @property
    def readings(self) -> Iterator[tuple[str, str, str]]:
        """Column, recipe and words of each reading, the plain one first."""
        if self["recipe"]:
            yield "recipe", self["recipe"], self["reading"]
        for recipe, words in zip(*(_parts(self[column]) for column in _OTHERS), strict=True):
            yield "other_recipe", recipe, words


def check_claims(
    claims: pd.DataFrame, tables: Mapping[str, pd.DataFrame], file: str = "claims.csv"
) -> pd.DataFrame:
    """Return the ledger: each claim with what the tables give, a verdict and its reason.

    Parameters
    ----------
    claims : DataFrame
        All text, the columns of `COLUMNS`; `row` too, where the file's rows are known.
    tables : mapping of str to DataFrame
        Tables that recipes may look at; `collaborations` is meant where none is named.
    file : str
        Name of the claims' file for messages.

    Returns
    -------
    DataFrame
        Columns of `LEDGER`, one row a claim in the given order. `found_value` is the plain
        reading's number, unrounded, in pounds, per cent or things counted; `rows` are the
        rows behind it.

    Raises
    ------
    DataError
        With every line that can't be followed: file, row, column, what was found, what is known.
    """
    desk = _Desk(_read(claims, file), tables, file)
    lines = [desk.line(claim) for claim in desk.entries.values()]
    if desk.problems:
        raise DataError(desk.problems)
    types = {column: "float64" if column == "found_value" else "str" for column in LEDGER}
    return pd.DataFrame(lines, columns=list(LEDGER)).astype(types)


def faulty_lines(claims: pd.DataFrame, file: str = "claims.csv") -> list[Problem]:
    """Return which lines are not of the form of a claim, whatever the tables hold."""
    try:
        _read(claims, file)
    except DataError as error:
        return list(error.problems)
    return []


def shorten(names: Sequence[str]) -> str:
    """Return how many rows there are and the names of the first few, parted by semicolons."""
    if not names:
        return ""
    shown = "; ".join(names[:NAMED_ROWS])
    more = len(names) - NAMED_ROWS
    return f"{len(names)}: {shown}{f' and {more} more' if more > 0 else ''}"


class _Desk:
    """Follows recipes one claim after the other, and collects what is wrong with them."""

    def __init__(
        self, entries: Mapping[str, Claim], tables: Mapping[str, pd.DataFrame], file: str
    ) -> None:
        self.entries, self.tables, self.file = entries, tables, file
        self.problems: list[Problem] = []
        numbers = {name: claim.number for name, claim in entries.items()}
        self.printed = {name: one.value for name, one in numbers.items() if one is not None}

    def line(self, claim: Claim) -> tuple[object, ...]:
        findings = [
            Finding(words, self.follow(claim, column, recipe))
            for column, recipe, words in claim.readings
        ]
        verdict = judge(claim.statement, findings, list(self.elsewhere(claim)))
        plain = findings[0].rederived if findings else _NOTHING
        return (
            *(claim[column] for column in ("claim_id", "paragraph", "claim", "printed")),
            verdict.found,
            verdict.word,
            " ".join(part for part in (verdict.reason, claim["reason"]) if part),
            shorten(plain.rows),
            claim["reading"],
            verdict.other_found,
            plain.value,
            claim["recipe"],
        )

    def follow(self, claim: Claim, column: str, recipe: str) -> Rederived:
        try:
            return evaluate(recipe, self.tables, self.printed)
        except RecipeError as error:
            place = (self.file, claim.row, column)
            self.problems.append(_problem(*place, error.found, error.expected))
            return _NOTHING

    def elsewhere(self, claim: Claim) -> Iterator[Elsewhere]:
        if claim.number is None:
            return
        if "(" not in claim["against"]:
            others = [self.entries[name] for name in claim["against"].split()]
            yield from (_other(claim.number, other) for other in others)
            return
        sum_up = self.follow(claim, "against", claim["against"])
        if not math.isnan(sum_up.value):
            places = dict.fromkeys(self.entries[name].place for name in sum_up.cites)
            written = claim.number.write(sum_up.value)
            place = f"by its other numbers {' and '.join(places)}"
            yield Elsewhere(written, place, claim.number.matches(sum_up.value))


def _other(number: PrintedNumber, other: Claim) -> Elsewhere:
    if other.number is None:
        return Elsewhere(other["printed"], other.place, agrees=False)
    coarse, fine = sorted((number, other.number), key=lambda one: one.step, reverse=True)
    return Elsewhere(other["printed"], other.place, coarse.matches(fine.value))


def _read(claims: pd.DataFrame, file: str) -> dict[str, Claim]:
    absent = [column for column in COLUMNS if column not in claims.columns]
    if absent:
        expected = f"the columns {', '.join(COLUMNS)}"
        raise DataError(_problem(file, 1, absent[0], "no such column", expected))
    texts = claims[list(COLUMNS)].astype("object").fillna("").to_dict("records")
    rows = claims["row"] if "row" in claims.columns else range(2, len(texts) + 2)
    entries: dict[str, Claim] = {}
    problems: list[Problem] = []
    for row, text in zip(rows, texts, strict=True):
        cells = {str(column): str(cell).strip() for column, cell in text.items()}
        claim = Claim(int(row), cells, read_printed(cells["printed"]))
        faults = _faults(claim, entries, set(claims["claim_id"]))
        problems += [_problem(file, claim.row, *fault) for fault in faults]
        entries[claim["claim_id"]] = claim
    if problems:
        raise DataError(problems)
    return entries


def _faults(
    claim: Claim, before: Mapping[str, Claim], known: Set[str]
) -> Iterator[tuple[str, str, str]]:
    name = claim["claim_id"]
    if not _SLUG.fullmatch(name):
        yield "claim_id", repr(name), "small letters and digits, parted by hyphens"
    elif name in before:
        yield "claim_id", f"{name!r}, as in row {before[name].row}", "each claim once"
    for column in ("paragraph", "claim", "printed"):
        if not claim[column]:
            yield column, "a blank", "words or a number"
    if claim["relation"] not in RELATIONS:
        yield "relation", repr(claim["relation"]), f"one of {' '.join(RELATIONS)}"
    if claim.number is None and (claim["recipe"] or claim["against"]):
        yield "printed", repr(claim["printed"]), "a number such as 26, 12.5%, £5.2 million, nine"
    for other in claim["against"].split() if "(" not in claim["against"] else ():
        if other not in known or other == name:
            yield "against", repr(other), "the claim_id of another line"
    yield from _faults_of_readings(claim)


def _faults_of_readings(claim: Claim) -> Iterator[tuple[str, str, str]]:
    recipes, words = (_parts(claim[column]) for column in _OTHERS)
    if len(recipes) != len(words) or not all((*recipes, *words)):
        found = f"{len(recipes)} recipes with {len(words)} readings"
        yield "other_reading", found, "one for each other_recipe, parted by semicolons"
    if recipes and not (claim["recipe"] and claim["reading"]):
        yield "reading", "another reading, but no plain one", "a recipe and its reading too"
    if claim["readings"] not in ("", "limits", "first decides"):
        yield "readings", repr(claim["readings"]), "limits, first decides or a blank"
    elif claim["readings"] == "limits" and len(recipes) != 1:
        yield "other_recipe", f"{len(recipes)} recipes", "one: the most that the tables allow"


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";")] if cell else []


def _problem(file: str, row: int, column: str, found: str, expected: str) -> Problem:
    remedy = "Correct this line; src/analysis/tables/ describes claims and recipes."
    return Problem(file, found, expected, remedy, row=row, column=column, code="claims")
