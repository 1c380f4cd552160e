"""The declared analysis plan: outcomes, exposures and questions, read once and hashed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from analysis import paths
from analysis.errors import DataError, Problem, UsageError
from analysis.files import read_yaml, sha256
from analysis.questions.disclosure import rule_of
from analysis.questions.identify import AIMS, Aim
from analysis.variables import known

FILE = "plan.yaml"
MEMBERSHIP = "membership"
BLOCKS = (
    "answers",
    "chance",
    "curve",
    "simulation",
    "families",
    "stated",
    "panel",
    "county",
    "since",
)
Data = Literal["report", "schools", "best", "next_edition", "years"]
DATA: tuple[str, ...] = get_args(Data)


@dataclass(frozen=True)
class Exposure:
    """What may go with an outcome: which money, of which school year, in which unit."""

    name: str
    label: str
    school_year: int
    scale: float
    unit: str
    per: str | None = None


@dataclass(frozen=True)
class Question:
    """One declared question: its estimand's id, how it is answered, with what aim and data.

    `data` is ``report`` for the report's own tables, ``schools`` for the panel of schools,
    ``best`` for the panel where there is one, else the report; ``next_edition`` for the tables
    that the report promises of it, ``years`` for this year and an earlier release.
    """

    id: str
    method: str
    aim: Aim
    outcome: str | None
    exposure: str | None
    data: Data = "report"


@dataclass(frozen=True, eq=False)
class Plan:
    """The analysis plan and its fingerprint."""

    sha256: str
    alpha: float
    power: float
    limits_pp: tuple[float, ...]
    headline_limit_pp: float
    outcomes: Mapping[str, str]
    exposures: Mapping[str, Exposure]
    questions: Mapping[str, Question]
    headlines: Mapping[str, str]
    answers: Mapping[str, str]
    content: Mapping[str, Any]

    def question_of(self, finding: str) -> Question:
        """Return the question that the finding with this id belongs to.

        Raises
        ------
        UsageError
            If no question of the plan has this id or a beginning of it.
        """
        parts = finding.split(".")
        for end in range(len(parts), 0, -1):
            if (name := ".".join(parts[:end])) in self.questions:
                return self.questions[name]
        for pattern, entry in self.content["questions"].items():
            if (outcome := _outcome_in(pattern, finding)) is not None:
                return _question(pattern, entry, outcome)
        raise UsageError(
            f"{FILE} has no question for the finding {finding!r}. Add it there, or use one of: "
            f"{', '.join(self.questions)}."
        )

    @property
    def limits(self) -> Mapping[str, float]:
        """The declared limits of unseen gains, pp, by the mark that stands for them in an id."""
        return {
            "narrow": min(self.limits_pp),
            "limit": self.headline_limit_pp,
            "wide": max(self.limits_pp),
        }

    def in_year(self, finding: str, number: int) -> str:
        """Return a finding's id in a year: its marks, such as ``<money>``, filled in."""
        for mark, end in (("<money>", number), ("<next_money>", number + 1)):
            finding = finding.replace(mark, f"{end - 1}_{end % 100:02d}")
        for mark, limit in self.limits.items():
            finding = finding.replace(f"<{mark}>", f"{limit:g}")
        return finding


def load_plan() -> Plan:
    """Return the plan in plan.yaml.

    Raises
    ------
    DataError
        If an entry is missing or not of the expected form.
    """
    path = paths.find_root() / FILE
    content = read_yaml(path, "plan")
    outcomes = {n: str(entry.get("label", n)) for n, entry in _entries(content, "outcomes").items()}
    exposures = {n: _exposure(n, entry) for n, entry in _entries(content, "exposures").items()}
    limits, headline = _limits(_block(content, "bounds"))
    blocks = {name: _block(content, name) for name in BLOCKS}
    rule_of(content, "")  # all years are checked
    return Plan(
        sha256=sha256(path),
        alpha=_share(content, "alpha"),
        power=_share(content, "power"),
        limits_pp=limits,
        headline_limit_pp=headline,
        outcomes=outcomes,
        exposures=exposures,
        questions=_questions(_entries(content, "questions"), outcomes, exposures),
        headlines=_headlines(_block(content, "headlines")),
        answers=blocks["answers"],
        content=content,
    )


def _block(content: Any, name: str) -> dict[str, Any]:
    block = content.get(name) if isinstance(content, dict) else None
    if not isinstance(block, dict):
        raise _wrong(name, repr(block), "a block of entries")
    return block


def _entries(content: Any, name: str) -> dict[str, dict[str, Any]]:
    block = _block(content, name)
    for key, entry in block.items():
        if not isinstance(entry, dict):
            raise _wrong(f"{name}.{key}", repr(entry), "a block with the entry's parts")
    return block


def _headlines(block: Mapping[Any, Any]) -> dict[str, str]:
    for name, words in block.items():
        if not isinstance(words, str) or not words:
            raise _wrong(f"headlines.{name}", repr(words), "what a reader calls the number")
    return dict(block)


def _limits(block: Mapping[str, Any]) -> tuple[tuple[float, ...], float]:
    try:
        limits = tuple(float(limit) for limit in block["limits_pp"])
        return limits, limits[limits.index(float(block["headline_pp"]))]
    except (KeyError, TypeError, ValueError):
        expected = "limits_pp, a list of numbers, and headline_pp, one of them"
        raise _wrong("bounds", repr(block), expected) from None


def _share(content: Mapping[str, Any], name: str) -> float:
    value = content.get(name)
    if not isinstance(value, float) or not 0 < value < 1:
        raise _wrong(name, repr(value), "a number between 0 and 1")
    return value


def _exposure(name: str, entry: Mapping[str, Any]) -> Exposure:
    try:
        return Exposure(
            name,
            str(entry["label"]),
            int(entry["school_year"]),
            float(entry["scale"]),
            str(entry["unit"]),
            entry.get("per"),
        )
    except (KeyError, TypeError, ValueError):
        expected = "label, school_year, scale and unit"
        raise _wrong(f"exposures.{name}", repr(entry), expected) from None


def _questions(
    block: Mapping[str, Any], outcomes: Mapping[str, str], exposures: Mapping[str, Exposure]
) -> dict[str, Question]:
    questions: dict[str, Question] = {}
    for pattern, entry in block.items():
        aim, exposure = entry.get("aim"), entry.get("exposure")
        if entry.get("data", "report") not in DATA:
            raise _wrong(f"questions.{pattern}.data", repr(entry["data"]), " or ".join(DATA))
        if aim not in AIMS:
            raise _wrong(f"questions.{pattern}.aim", repr(aim), " or ".join(AIMS))
        if exposure not in (None, MEMBERSHIP, *exposures):
            raise _wrong(f"questions.{pattern}.exposure", repr(exposure), ", ".join(exposures))
        for outcome in entry.get("outcomes") or [None]:
            if outcome is not None and outcome not in outcomes:
                raise _wrong(f"questions.{pattern}.outcomes", repr(outcome), ", ".join(outcomes))
            question = _question(pattern, entry, outcome)
            questions[question.id] = question
    return questions


def _question(pattern: str, entry: Mapping[str, Any], outcome: str | None) -> Question:
    name = pattern.replace("{outcome}", outcome or "")
    data = entry.get("data", "report")
    method = str(entry.get("method"))
    return Question(name, method, entry["aim"], outcome, entry.get("exposure"), data)


def _outcome_in(pattern: str, finding: str) -> str | None:
    """Return the outcome for which `finding` belongs to a question, if it is a declared column."""
    if "{outcome}" not in pattern:
        return None
    before, after = (re.escape(part) for part in pattern.split("{outcome}"))
    match = re.fullmatch(rf"{before}(\w+){after}(?:\..+)?", finding, re.ASCII)
    return match[1] if match and known(match[1]) else None


def _wrong(entry: str, found: str, expected: str) -> DataError:
    remedy = "Correct this entry; the others show the form."
    return DataError(Problem(FILE, found, expected, remedy, column=entry or None, code="plan"))
