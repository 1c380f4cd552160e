"""A year's headline numbers, or why it gives none: asked here, or of code that is no longer here.

`python -m analysis.questions.headlines YEAR ID...` prints what this code makes of the tables below
`ANALYSIS_ROOT`, as JSON. It is how the code of a release is put to later tables: its arguments and
its answer may not change.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.errors import AnalysisError, UnavailableError, UsageError
from analysis.params import load_params
from analysis.questions.ask import ask
from analysis.questions.code import numbers_sha256
from analysis.questions.estimate import Settings
from analysis.questions.plan import Plan, load_plan
from analysis.tables.tidy import Study, load_study

REASON = "reason"
Entry = Mapping[str, Any]


def answers(
    study: Study, plan: Plan, settings: Settings, findings: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return the entry of each finding, or under ``reason`` why there is none."""
    asked: dict[str, dict[str, dict[str, Any]]] = {}
    found: dict[str, dict[str, Any]] = {}
    for finding in findings:
        try:
            question = plan.question_of(finding).id
            if question not in asked:
                estimate = ask(finding, study, plan, settings)
                entries = {name: number.entry() for name, number in estimate.quantities.items()}
                gaps = {name: {REASON: why} for name, why in estimate.gaps.items()}
                asked[question] = entries | gaps
            found[finding] = asked[question][finding]
        except KeyError as missing:
            found[finding] = {REASON: f"the tables or the answer hold no {missing}"}
        except (UnavailableError, UsageError) as gap:
            found[finding] = {REASON: str(gap).removeprefix(f"{finding}: ")}
        except AnalysisError as error:
            found[finding] = {REASON: f"these tables do not fit the question ({error})"}
    return found


def ids_of(plan: Plan, number: int) -> dict[str, str]:
    """Return the plan's headline numbers, as it lists them, with their ids in a year."""
    return {name: plan.in_year(name, number) for name in plan.headlines}


def main(arguments: Sequence[str]) -> None:
    """Print the fingerprint of this code, and its answers, as JSON."""
    year, *findings = arguments
    params = load_params()
    settings = Settings(params.confidence, params.seed, params.permutations)
    found = answers(load_study(year), load_plan(), settings, findings)
    print(json.dumps({"code": numbers_sha256(), "answers": found}, allow_nan=False))


if __name__ == "__main__":
    main(sys.argv[1:])
