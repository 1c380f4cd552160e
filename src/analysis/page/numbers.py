"""The numbers that a chapter may name: answered from the plan, or quoted from other chapters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UnavailableError, UsageError
from analysis.quantities import Quantity, quoted, write
from analysis.questions.ask import ask, verdict_of
from analysis.questions.estimate import Estimate, Settings
from analysis.questions.identify import Verdict
from analysis.questions.plan import Plan, load_plan
from analysis.tables.tidy import Study, load_study
from analysis.variables import variable


class Numbers:
    """What a chapter knows: the year's tables, the plan, and every number asked so far.

    Parameters
    ----------
    name : str
        The notebook's name without its ending, such as ``05_funding``.
    year : str
        The year of the tables.
    confidence, seed, permutations
        What a run may vary.
    outcomes : sequence of str
        The outcomes of this run.
    quotes : bool
        Nothing is computed: the numbers are those that the other chapters recorded.
    """

    def __init__(
        self,
        name: str,
        year: str,
        *,
        confidence: float = 0.95,
        seed: int = 0,
        permutations: int = 100_000,
        outcomes: tuple[str, ...] | list[str] = ("ks2", "ks4"),
        quotes: bool = False,
    ) -> None:
        self.name = name
        self.year = year
        self.outcomes = tuple(outcomes)
        self.quotes = quotes
        self.settings = Settings(confidence, seed, permutations)
        self._asked: dict[str, Estimate] = {}
        self._said: dict[str, Quantity] = {}
        self._gaps: dict[str, str] = {}

    @cached_property
    def study(self) -> Study:
        """The year's tables."""
        return load_study(self.year)

    @cached_property
    def plan(self) -> Plan:
        """The declared plan."""
        return load_plan()

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The words of this year that a sentence may name, such as its school years."""
        year = self.study.release.number
        return {
            "year": self.year.replace("_", "/") if self.year[:1].isdigit() else "practice year",
            "year_before": str(year - 1),
            "money_year": f"{year - 1}/{year % 100:02d}",
            "next_money_year": f"{year}/{(year + 1) % 100:02d}",
            "level": f"{100 * self.settings.confidence:g}\N{NO-BREAK SPACE}%",
            "power": f"{100 * self.plan.power:g}\N{NO-BREAK SPACE}%",
            "title": self.study.release.title,
            "place": self.study.release.place,
            "publisher": self.study.release.publisher,
            **{name: f"±{write(limit, 'pp')}" for name, limit in self.plan.limits.items()},
        }

    def ask(self, finding: str) -> Estimate:
        """Return the estimate of a declared question, computed once in a chapter."""
        name = self._year_in(finding)
        question = self.plan.question_of(name).id
        self._refuse_gap(name)
        if question not in self._asked:
            try:
                self._asked[question] = ask(name, self.study, self.plan, self.settings)
            except UnavailableError as gap:
                self._gaps[question] = str(gap)
                raise
            self._gaps |= self._asked[question].gaps
        return self._asked[question]

    def _verdict(self, finding: str) -> Verdict:
        """Return what the gate says of the question that a finding belongs to."""
        return verdict_of(finding, self.study, self.plan)

    def _answer(self, finding: str) -> Estimate | None:
        try:
            return self.ask(finding)
        except UnavailableError:
            return None

    def _refuse_gap(self, finding: str) -> None:
        """Raise UnavailableError if this chapter, or one that it quotes, could not answer."""
        for name in (finding, self.plan.question_of(finding).id):
            if name in self._gaps:
                raise UnavailableError(self._gaps[name])

    def quantity(self, finding: str) -> Quantity:
        """Return the number with this id.

        Raises
        ------
        UsageError
            If its question gives no such number.
        """
        name = self._year_in(finding)
        numbers = self._recorded if self.quotes else self.ask(name).quantities
        if name not in numbers or name in self._gaps:
            self._refuse_gap(name)
            near = get_close_matches(name, numbers, n=8, cutoff=0.4)
            raise UsageError(f"No number {name!r}; there are {', '.join(near) or 'none like it'}.")
        self._said[name] = numbers[name]
        return numbers[name]

    def _require(self, finding: str) -> None:
        """Raise UnavailableError where neither a number nor an answer of this id is to be had."""
        if not self.quotes:
            self.ask(finding)
        elif (name := self._year_in(finding)) not in self._recorded:
            self._refuse_gap(name)
            raise UnavailableError("no chapter of this year gives it")

    @cached_property
    def _recorded(self) -> Mapping[str, Quantity]:
        """The numbers of the other chapters of this year: of this run, or else as published."""
        files = sorted((paths.staging() / "records").glob("*.json"))
        records = [_read(file) for file in files if file.stem != self.name]
        records = [record for record in records if record["year"] == self.year]
        published = paths.findings(self.year) / "findings.json"
        if not records and published.is_file():
            records = [_read(published)]
        found: dict[str, Quantity] = {}
        for record in records:
            self._gaps |= record.get("gaps", {})
            entries = record["findings"]
            found |= {name: quoted(name, entry) for name, entry in entries.items()}
        return found

    def gaps_of(self, findings: Iterable[str]) -> list[str]:
        """Return why some of these findings are not available."""
        known = [self._year_in(finding) for finding in findings]
        asked = [(name, self.plan.question_of(name).id) for name in known]
        return [self._gaps[name] for pair in asked for name in pair if name in self._gaps]

    def _each(self, said: str, finding: str) -> list[tuple[str, str]]:
        """Return words and finding once for each outcome of the run, where they name <outcome>."""
        if "<outcome>" not in finding:
            return [(said, finding)]
        return [
            (said.replace("<outcome>", self._label(name)), finding.replace("<outcome>", name))
            for name in self.outcomes
        ]

    def _stage(self, outcome: str) -> str:
        """Return what a reader calls the results of an outcome's stage."""
        return re.sub(r"ks(\d)", r"Key stage \1", outcome)

    def _label(self, outcome: str) -> str:
        label = self.plan.outcomes.get(outcome) or variable(outcome).label
        return f"{label[:1].upper()}{label[1:]}"

    def _year_in(self, finding: str) -> str:
        return self.plan.in_year(finding, self.study.release.number)


def _read(file: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return record
