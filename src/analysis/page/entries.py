"""Where each number of a page comes from: its entry at the foot, one link away from the number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from analysis.page.components import anchor, component, quoted_at
from analysis.page.method_said import MethodSaid, method_said
from analysis.quantities import Quantity, write
from analysis.questions.identify import Verdict
from analysis.questions.plan import Plan, Question

_UNIT = re.compile(r"(?<!_per)_(pp|gbp|pct|n|p)(_per_\w+)?\Z")
_SCHOOL_YEAR = re.compile(r"\b(\d{4})_(\d{2})\b")
_STAGE = re.compile(r"\bks(\d)\b")
_SAYS_SOMETHING = 20
_TOLD_IN_WORDS = ("description", "claim", "power")


@dataclass(frozen=True)
class Entry:
    """What stands of one number: its text, what it is, its facts, its files and its gate."""

    id: str
    text: str
    label: str
    facts: tuple[str, ...]
    sources: str
    kind: str
    gate: str
    back: str

    @property
    def anchor(self) -> str:
        """The place that the number's links lead to."""
        return anchor(self.id)


@dataclass(frozen=True)
class Group:
    """A method with all numbers of the page that were made by it."""

    name: str
    title: str
    said: MethodSaid
    entries: tuple[Entry, ...]

    @property
    def sources(self) -> str:
        """The files behind all of its numbers, empty where they differ."""
        files = {entry.sources for entry in self.entries}
        return files.pop() if len(files) == 1 else ""


@dataclass(frozen=True)
class Gate:
    """The gate's reasons, told once for all questions that share them."""

    anchor: str
    verdict: Verdict
    questions: list[str] = field(default_factory=list)


def entries(
    said: Mapping[str, Quantity],
    plan: Plan,
    verdict_of: Callable[[str], Verdict],
    *,
    quoted: Iterable[str],
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
    file : str
        The address of the same numbers as CSV.
    """
    gates: dict[Verdict, Gate] = {}
    by_method: dict[str, list[Entry]] = {}
    for name, quantity in said.items():
        question = plan.question_of(name)
        verdict = verdict_of(question.id)
        gate = _gate_of(quantity, verdict, gates, title_of(question, plan))
        back = quoted_at(name) if name in quoted else ""
        made = _entry(quantity, title_of(question, plan, name), gate, back)
        by_method.setdefault(quantity.method, []).append(made)
    groups = [
        Group(method, _head(method_said(method).words), method_said(method), tuple(made))
        for method, made in by_method.items()
    ]
    return component("entries", groups=groups, gates=list(gates.values()), file=file)


def title_of(question: Question, plan: Plan, finding: str = "") -> str:
    """Return a question, or one of its numbers, in words: its id's, then outcome and exposure."""
    words = [words_of(part) for part in (finding or question.id).split(".")]
    title = _titled(": ".join(filter(None, [", ".join(words[:-1]), words[-1]])))
    money = plan.exposures.get(question.exposure or "")
    if money is None or question.outcome is None:
        return title
    outcome = plan.outcomes.get(question.outcome, words_of(question.outcome))
    return f"{title} ({outcome} on {money.label})"


def _head(words: str) -> str:
    """Return the first clauses of a method's words, as many as say something."""
    clauses = re.split(r"(?<=[\w)])[,;:.](?=\s|\Z)", words)
    heads = (",".join(clauses[: n + 1]) for n in range(len(clauses)))
    return next((head for head in heads if len(head) >= _SAYS_SOMETHING), words)


def _titled(words: str) -> str:
    words = words.replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}"


def words_of(part: str) -> str:
    """Return a part of an id in words, without its unit."""
    bare = _SCHOOL_YEAR.sub(r"\1/\2", _UNIT.sub("", part))
    return _STAGE.sub(r"key stage \1", bare.replace("_", " "))


def _gate_of(
    quantity: Quantity, verdict: Verdict, gates: dict[Verdict, Gate], question: str
) -> str:
    """Return the place of the gate's reasons, empty where the kind needs none or has none."""
    if quantity.kind in _TOLD_IN_WORDS or not (verdict.reasons or verdict.assumptions):
        return ""
    gate = gates.setdefault(verdict, Gate(f"gate-{len(gates) + 1}", verdict))
    gate.questions.extend([question] if question not in gate.questions else [])
    return gate.anchor


def _entry(quantity: Quantity, label: str, gate: str, back: str) -> Entry:
    return Entry(
        quantity.id,
        quantity.text,
        label,
        tuple(_facts(quantity)),
        _sources(quantity.sources),
        quantity.kind,
        gate,
        back,
    )


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


def _sources(files: Iterable[str]) -> str:
    """Return the names of the published files behind a number."""
    return (
        ", ".join(PurePosixPath(file).name for file in files) or "the plan and this run's settings"
    )
