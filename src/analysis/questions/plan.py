"""The declared analysis plan: outcomes, exposures and questions, read once and hashed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from analysis import paths
from analysis.errors import DataError, Problem, UsageError
from analysis.files import sha256
from analysis.questions.identify import AIMS, Aim

FILE = "plan.yaml"
MEMBERSHIP = "membership"


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
    """One declared question: its estimand's id, how it is answered and with what aim."""

    id: str
    method: str
    aim: Aim
    outcome: str | None
    exposure: str | None


@dataclass(frozen=True)
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
        raise UsageError(
            f"{FILE} has no question for the finding {finding!r}. Add it there, or use one of: "
            f"{', '.join(self.questions)}."
        )


def load_plan() -> Plan:
    """Return the plan in plan.yaml.

    Raises
    ------
    DataError
        If an entry is missing or not of the expected form.
    """
    path = paths.find_root() / FILE
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        first = str(error).splitlines()[0]
        raise _wrong("", first, "a readable plan in YAML") from None
    outcomes = {name: str(entry["label"]) for name, entry in _block(content, "outcomes").items()}
    exposures = {n: _exposure(n, entry) for n, entry in _block(content, "exposures").items()}
    bounds = _block(content, "bounds")
    return Plan(
        sha256=sha256(path),
        alpha=_share(content, "alpha"),
        power=_share(content, "power"),
        limits_pp=tuple(float(limit) for limit in bounds["limits_pp"]),
        headline_limit_pp=float(bounds["headline_pp"]),
        outcomes=outcomes,
        exposures=exposures,
        questions=_questions(_block(content, "questions"), outcomes, exposures),
        answers=_block(content, "answers"),
        content=content,
    )


def _block(content: Any, name: str) -> dict[str, Any]:
    block = content.get(name) if isinstance(content, dict) else None
    if not isinstance(block, dict):
        raise _wrong(name, repr(block), "a block of entries")
    return block


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
        if aim not in AIMS:
            raise _wrong(f"questions.{pattern}.aim", repr(aim), " or ".join(AIMS))
        if exposure not in (None, MEMBERSHIP, *exposures):
            raise _wrong(f"questions.{pattern}.exposure", repr(exposure), ", ".join(exposures))
        for outcome in entry.get("outcomes") or [None]:
            if outcome is not None and outcome not in outcomes:
                raise _wrong(f"questions.{pattern}.outcomes", repr(outcome), ", ".join(outcomes))
            name = re.sub(r"\{outcome\}", outcome or "", pattern)
            questions[name] = Question(name, str(entry.get("method")), aim, outcome, exposure)
    return questions


def _wrong(entry: str, found: str, expected: str) -> DataError:
    remedy = "Correct this entry; the others show the form."
    return DataError(Problem(FILE, found, expected, remedy, column=entry or None, code="plan"))
