"""What a question gets to work with, and what an answer is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.errors import DataError, Problem, UnavailableError
from analysis.quantities import Kind, Quantity
from analysis.questions.design import Design, design_of
from analysis.questions.identify import Facts, Verdict
from analysis.questions.plan import Exposure, Plan, Question
from analysis.questions.samples import Sample, sample_of
from analysis.sources.registry import TableSource
from analysis.tables.printed import read_printed
from analysis.tables.tidy import Study

FEWEST = 3
NO_CLAIMS = "no number that the report states of itself is listed in this release"
TOO_FEW = "the schools are too few, or too much alike, for this method"


@dataclass(frozen=True)
class Settings:
    """What a run may vary: the intervals' level, the generator's seed, the permutations drawn."""

    confidence: float
    seed: int
    permutations: int


@dataclass(frozen=True)
class Estimate:
    """The answer to a declared question.

    Parameters
    ----------
    question : Question
        What was asked.
    verdict : Verdict
        What the gate allows it to be called, and why.
    quantities : mapping of str to Quantity
        The numbers, by id.
    rows : pandas.DataFrame
        The rows used.
    detail : object
        The method's own result, for a picture.
    gaps : mapping of str to str
        Why some of the numbers say nothing in this year, by id; no sentence may quote those.
    secrets : mapping of str to tuple of str
        What the disclosure rule has left out, by name, each as the texts that must stand nowhere.
    is_withheld : bool
        The rule leaves out the answer as a whole, so that no picture of it can be drawn.
    """

    question: Question
    verdict: Verdict
    quantities: Mapping[str, Quantity]
    rows: pd.DataFrame
    detail: Any = None
    gaps: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_withheld: bool = False

    @property
    def main(self) -> Quantity:
        """The number that bears the question's own id."""
        return self.quantities[self.question.id]


@dataclass(frozen=True)
class Case:
    """A question with all that a method needs to answer it."""

    study: Study
    plan: Plan
    settings: Settings
    question: Question
    verdict: Verdict
    facts: Facts

    @property
    def exposure(self) -> Exposure:
        """The declared exposure of the question."""
        return self.plan.exposures[str(self.question.exposure)]

    @property
    def sample(self) -> Sample:
        """The rows in which the question's exposure and outcome are known."""
        return sample_of(self.study, str(self.question.outcome), self.exposure)

    @property
    def fitted(self) -> Sample:
        """The rows through which a line can be fitted.

        Raises
        ------
        UnavailableError
            If there are fewer than three.
        """
        sample = self.sample
        n = len(sample.frame)
        if n < FEWEST:
            label = self.plan.outcomes.get(str(self.question.outcome), self.question.outcome)
            groups = {0: "no group", 1: "only 1 group"}.get(n, f"only {n} groups")
            raise UnavailableError(
                f"{groups} with {self.exposure.label} {'have' if n > 1 else 'has'} a {label} shown"
                f"{f', and a line takes at least {FEWEST}' if n else ''}"
            )
        return sample

    @property
    def design(self) -> Design:
        """The comparison of schools that the plan declares for the question's outcome."""
        return design_of(self.study, self.plan, str(self.question.outcome))

    def sources(self, *tables: str) -> tuple[str, ...]:
        """Return the raw files of these tables; `schools` and `members` may be several files."""
        release = self.study.release
        files: dict[str, tuple[TableSource, ...]] = {n: (t,) for n, t in release.tables.items()}
        files |= {"schools": release.schools, "members": release.members}
        return tuple(one.file for table in tables for one in files.get(table, ()))

    def stated(self, name: str) -> float:
        """Return the number of the claim that plan.yaml names under `stated`, as printed.

        Raises
        ------
        DataError
            If the plan names no such claim, or the claim's printed value is no number.
        UnavailableError
            If the release has no claims.
        """
        if self.study.claims.empty:
            raise UnavailableError(NO_CLAIMS)
        claim = self.plan.content["stated"].get(name)
        printed = self.study.claims.set_index("claim_id")["printed"].get(claim)
        number = None if printed is None else read_printed(printed)
        if number is None:
            found = f"{claim!r}, whose printed value is {printed!r}"
            raise DataError(
                Problem(
                    "plan.yaml",
                    found,
                    expected="the id of a claim with a printed number",
                    remedy="Name a line of this year's claims.csv.",
                    column=f"stated.{name}",
                    code="plan",
                )
            )
        return number.value

    def quantity(
        self,
        suffix: str,
        value: float | None,
        unit: str,
        method: Callable[..., Any],
        tables: tuple[str, ...],
        *,
        kind: Kind | None = None,
        **more: Any,
    ) -> Quantity:
        """Return a number of this question; `suffix` is added to the question's id."""
        return Quantity(
            id=f"{self.question.id}.{suffix}" if suffix else self.question.id,
            value=None if value is None else float(value),
            unit=unit,
            kind=kind or self.verdict.kind,
            method=f"{method.__module__.removeprefix('analysis.')}.{method.__qualname__}",
            sources=self.sources(*tables),
            **more,
        )


@dataclass(frozen=True)
class Answer:
    """What a method gives back: numbers, rows, its own result, and the numbers that say nothing.

    `gaps` says why, by the suffix that the number adds to the question's id.
    """

    quantities: list[Quantity]
    rows: pd.DataFrame
    detail: Any = None
    gaps: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_withheld: bool = False


Method = Callable[[Case], Answer]


def without_counts(said: str) -> str:
    """Return why a method gave nothing; a reason that counts schools or pupils in general words."""
    return TOO_FEW if any(letter.isdigit() for letter in said) else said
