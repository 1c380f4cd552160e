"""Where each number of a page comes from: its entry at the foot, one link away from the number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath

from analysis.page.components import anchor, component, question_anchor, quoted_at
from analysis.page.method_said import MethodSaid, method_said
from analysis.quantities import Quantity, write
from analysis.questions.identify import Verdict
from analysis.questions.plan import Plan, Question

_UNIT = re.compile(r"(?<!_per)_(pp|gbp|pct|n|p)(_per_\w+)?\Z")
_SCHOOL_YEAR = re.compile(r"\b(\d{4})_(\d{2})\b")
_STAGE = re.compile(r"\bks(\d)\b")
_TOLD_IN_WORDS = ("description", "claim", "power")


@dataclass(frozen=True)
class Entry:
    """What stands of one number: its text, what it is, its interval, p-value and rows."""

    id: str
    text: str
    label: str
    facts: tuple[str, ...]
    back: str

    @property
    def anchor(self) -> str:
        """The place that the number's links lead to."""
        return anchor(self.id)


@dataclass(frozen=True)
class MethodEntries:
    """Numbers of one question that were made in one way from the same files."""

    name: str
    said: MethodSaid
    sources: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Group:
    """A question with its numbers, method by method, and what the gate says of it."""

    id: str
    title: str
    kind: str
    words: str
    gate: str
    methods: tuple[MethodEntries, ...]

    @property
    def anchor(self) -> str:
        """The place that a picture's link leads to."""
        return question_anchor(self.id)


@dataclass(frozen=True)
class Gate:
    """The gate's reasons, told once for all questions that share them."""

    anchor: str
    verdict: Verdict


def entries(
    said: Mapping[str, Quantity],
    plan: Plan,
    verdict_of: Callable[[str], Verdict],
    *,
    quoted: Iterable[str],
    places: Mapping[str, str],
    file: str,
) -> str:
    """Return the section of a page that says where each of its numbers comes from, as HTML.

    Parameters
    ----------
    said : mapping of str to Quantity
        The numbers of the page, by id.
    plan : Plan
        The plan that the numbers' questions stand in.
    verdict_of : callable
        What the gate says of a question, by the question's id.
    quoted : iterable of str
        Ids of the numbers that the page's sentences quote.
    places : mapping of str to str
        Where in the publication each raw file stands, by the file.
    file : str
        The address of the same numbers as CSV.
    """
    gates: dict[Verdict, Gate] = {}
    by_question = groupby(_in_order(said, plan), key=lambda pair: pair[0].id)
    groups = [
        _group([*pairs], plan, verdict_of(question), gates, set(quoted), places)
        for question, pairs in by_question
    ]
    return component("entries", groups=groups, gates=list(gates.values()), file=file)


def title_of(question: Question, plan: Plan) -> str:
    """Return a question in words: its id's, then its outcome and exposure."""
    words = [words_of(part) for part in question.id.split(".")]
    title = ": ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    money = plan.exposures.get(question.exposure or "")
    if money is None or question.outcome is None:
        return f"{title[:1].upper()}{title[1:]}"
    outcome = plan.outcomes.get(question.outcome, words_of(question.outcome))
    return f"{title[:1].upper()}{title[1:]} ({outcome} on {money.label})"


def words_of(part: str) -> str:
    """Return a part of an id in words, without its unit."""
    bare = _SCHOOL_YEAR.sub(r"\1/\2", _UNIT.sub("", part))
    return _STAGE.sub(r"key stage \1", bare.replace("_", " "))


def _in_order(said: Mapping[str, Quantity], plan: Plan) -> list[tuple[Question, Quantity]]:
    pairs = [(plan.question_of(name), said[name]) for name in said]
    return sorted(pairs, key=lambda pair: (pair[0].id, pair[1].method, pair[1].id))


def _group(
    pairs: list[tuple[Question, Quantity]],
    plan: Plan,
    verdict: Verdict,
    gates: dict[Verdict, Gate],
    quoted: set[str],
    places: Mapping[str, str],
) -> Group:
    question = pairs[0][0]
    made = groupby((quantity for _, quantity in pairs), key=lambda one: (one.method, one.sources))
    methods = tuple(
        MethodEntries(
            method,
            method_said(method),
            _sources(files, places),
            tuple(_entry(one, question, verdict, quoted) for one in numbers),
        )
        for (method, files), numbers in made
    )
    reasons = _gate_of(verdict, gates) if verdict.kind not in _TOLD_IN_WORDS else ""
    title = title_of(question, plan)
    return Group(question.id, title, verdict.kind, verdict.words, reasons, methods)


def _gate_of(verdict: Verdict, gates: dict[Verdict, Gate]) -> str:
    """Return the place of the gate's reasons, empty where there are none."""
    if not verdict.reasons and not verdict.assumptions:
        return ""
    return gates.setdefault(verdict, Gate(f"gate-{len(gates) + 1}", verdict)).anchor


def _entry(quantity: Quantity, question: Question, verdict: Verdict, quoted: set[str]) -> Entry:
    rest = quantity.id.removeprefix(question.id).lstrip(".")
    label = words_of(rest.replace(".", ", ")) or words_of(question.id.rpartition(".")[2])
    back = quoted_at(quantity.id) if quantity.id in quoted else ""
    facts = (*_facts(quantity), *([quantity.kind] if quantity.kind != verdict.kind else []))
    return Entry(quantity.id, quantity.text, label, facts, back)


def _facts(quantity: Quantity) -> list[str]:
    """Return the interval, the p-value and the number of rows of a number, where it has them."""
    facts = []
    if quantity.low is not None and quantity.high is not None and quantity.value is not None:
        level = "" if quantity.level is None else f"{100 * quantity.level:g}\N{NO-BREAK SPACE}% "
        facts.append(f"{level}interval {quantity.interval}")
    if quantity.p_value is not None and quantity.unit != "probability":
        facts.append(f"p {write(quantity.p_value, 'probability')}")
    if quantity.n is not None:
        facts.append(f"rows: {write(quantity.n, 'count')}")
    return facts


def _sources(files: Iterable[str], places: Mapping[str, str]) -> str:
    """Return the published files behind numbers, each with its place in the publication."""
    named = []
    for file in files:
        place = places.get(file, "")
        named.append(f"{PurePosixPath(file).name}{f' ({place})' if place else ''}")
    return f"From {', '.join(named)}." if named else "From the plan and the settings of this run."
