"""The verdict on a printed number: what the tables give, does it agree, and why, in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.tables.printed import PrintedNumber
from analysis.tables.recipes import Rederived

AGREES, DIFFERS = "agrees", "differs"
CONTRADICTS, UNCHECKED = "contradicts itself", "cannot be checked"
VERDICTS = (AGREES, DIFFERS, CONTRADICTS, UNCHECKED)
ABOUT = 0.1


@dataclass(frozen=True)
class Relation:
    """How a found number must lie to the printed one, and the words for it."""

    holds: Callable[[PrintedNumber, float], bool]
    words: str


RELATIONS: dict[str, Relation] = {
    "=": Relation(lambda printed, found: printed.matches(found), "as printed"),
    ">": Relation(lambda printed, found: found > printed.value, "more than the printed"),
    ">=": Relation(lambda printed, found: found >= printed.value, "at least the printed"),
    "<": Relation(lambda printed, found: found < printed.value, "less than the printed"),
    "<=": Relation(lambda printed, found: found <= printed.value, "at most the printed"),
    "about": Relation(
        lambda printed, found: abs(found - printed.value) <= ABOUT * abs(printed.value),
        "within a tenth of the printed",
    ),
}


@dataclass(frozen=True)
class Statement:
    """What a report states.

    Parameters
    ----------
    printed : str
        The number as it stands in print.
    number : PrintedNumber or None
        The same, read; None for words such as a date.
    relation : str
        A key of `RELATIONS`: how the truth would lie to the printed number.
    limits : bool
        Whether the findings are the least and the most that the tables allow.
    first_decides : bool
        Whether the other findings only explain: they stretch the statement's own words.
    """

    printed: str
    number: PrintedNumber | None
    relation: str = "="
    limits: bool = False
    first_decides: bool = False


@dataclass(frozen=True)
class Finding:
    """What one reading of a statement gives."""

    words: str
    rederived: Rederived

    @property
    def value(self) -> float:
        """The number found; nan where the cells for it are blank."""
        return self.rederived.value


@dataclass(frozen=True)
class Elsewhere:
    """The same thing in another place of the report: its value, and whether both can hold."""

    written: str
    place: str
    agrees: bool


@dataclass(frozen=True)
class Verdict:
    """One of `VERDICTS`, what was found (as text in the printed form) and why."""

    word: str
    found: str
    other_found: str
    reason: str


def judge(
    statement: Statement, findings: Sequence[Finding], elsewhere: Sequence[Elsewhere] = ()
) -> Verdict:
    """Return the verdict on a statement.

    Parameters
    ----------
    statement : Statement
        What the report states.
    findings : sequence of Finding
        What the readings give, the plain one first; empty where nothing can be re-derived.
    elsewhere : sequence of Elsewhere
        The same thing where the report states it again.
    """
    number = statement.number
    seen = [finding for finding in findings if not math.isnan(finding.value)]
    if number is None or not (seen or elsewhere):
        blank = "The cells that this needs are blank." if findings else ""
        return Verdict(UNCHECKED, "", "", blank)
    texts = [_written(statement, number, finding) for finding in seen]
    clash = [other for other in elsewhere if not other.agrees]
    if clash:
        word, reason = CONTRADICTS, _clash(statement, clash, texts)
    elif not seen:
        word, reason = UNCHECKED, _repeated(elsewhere)
    elif statement.limits:
        word, reason = _between(statement, number, [finding.value for finding in findings])
    else:
        word, reason = _compared(statement, number, seen)
    texts += [f"{other.written} ({other.place})" for other in clash]
    return Verdict(word, "; ".join(texts), "; ".join(texts[1:]), reason)


def _written(statement: Statement, number: PrintedNumber, finding: Finding) -> str:
    words = f" ({finding.words})" if finding.words else ""
    return f"{_digits(statement, number, finding.value)}{words}"


def _digits(statement: Statement, number: PrintedNumber, value: float) -> str:
    return number.write(value) if statement.relation == "=" else number.write_apart(value)


def _source(finding: Finding) -> str:
    return "The tables give" if finding.rederived.tables else "The report's own numbers give"


def _clash(statement: Statement, clash: Sequence[Elsewhere], texts: Sequence[str]) -> str:
    others = " and ".join(f"{other.written} {other.place}" for other in clash)
    reason = f"The report says {statement.printed} here, but {others}: both cannot hold."
    return f"{reason} The tables give {'; '.join(texts)}." if texts else reason


def _repeated(elsewhere: Sequence[Elsewhere]) -> str:
    places = " and ".join(other.place for other in elsewhere)
    return f"The report says the same {places}, which is no independent check."


def _between(statement: Statement, number: PrintedNumber, ends: Sequence[float]) -> tuple[str, str]:
    relation = RELATIONS[statement.relation]
    if any(map(math.isnan, ends)):
        return UNCHECKED, "The cells for one of the two limits are blank."
    low, high = (_digits(statement, number, end) for end in ends)
    span = f"The tables allow anything from {low} to {high}"
    holding = [relation.holds(number, end) for end in ends]
    if all(holding):
        return AGREES, f"{span}: {_relation(statement, held=True)} at both ends."
    inside = statement.relation in ("=", "about") and ends[0] <= number.value <= ends[1]
    if any(holding) or inside:
        return UNCHECKED, f"{span}, so {statement.printed} can be neither confirmed nor refuted."
    return DIFFERS, f"{span}, which rules out the printed {statement.printed}."


def _compared(
    statement: Statement, number: PrintedNumber, seen: Sequence[Finding]
) -> tuple[str, str]:
    relation = RELATIONS[statement.relation]
    holding = [relation.holds(number, finding.value) for finding in seen]
    clauses = [
        _clause(statement, number, finding, held)
        for finding, held in zip(seen, holding, strict=True)
    ]
    source = _source(seen[0])
    if holding[0] or not any(holding):
        return (AGREES if holding[0] else DIFFERS), f"{source} {'; '.join(clauses)}."
    first = holding.index(True)
    rest = [clause for place, clause in enumerate(clauses) if place != first]
    text = _digits(statement, number, seen[first].value)
    if statement.first_decides:
        stretched = f"The printed number comes out with {seen[first].words}."
        return DIFFERS, f"{source} {clauses[0]}. {stretched}"
    only = f"Only if read as {seen[first].words}: {text}, {_relation(statement, held=True)}."
    return AGREES, f"{only} Otherwise {source[0].lower()}{source[1:]} {'; '.join(rest)}."


def _clause(statement: Statement, number: PrintedNumber, finding: Finding, held: bool) -> str:
    text = _written(statement, number, finding)
    if statement.relation == "=" and not held:
        return f"{text}, {number.gap(finding.value)} than printed"
    return f"{text}, {_relation(statement, held)}"


def _relation(statement: Statement, held: bool) -> str:
    words = RELATIONS[statement.relation].words
    return words if statement.relation == "=" else f"{'' if held else 'not '}{words} number"
