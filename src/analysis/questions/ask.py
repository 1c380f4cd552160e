"""One call from a declared question, through the gate, to an estimate."""

from __future__ import annotations

from analysis.errors import UsageError
from analysis.questions import describe, limits, relate
from analysis.questions.estimate import Case, Estimate, Method, Settings
from analysis.questions.identify import judge
from analysis.questions.plan import MEMBERSHIP, Plan
from analysis.questions.samples import facts_of
from analysis.tables.tidy import Study

METHODS: dict[str, Method] = {
    "shown_gains": describe.shown_gains,
    "listed_gains": describe.listed_gains,
    "listed_funding": describe.listed_funding,
    "memberships": describe.memberships,
    "grades": describe.grades,
    "ledger": describe.ledger,
    "improved": describe.improved,
    "slope": relate.slope,
    "theil_sen": relate.theil_sen,
    "leave_one_out": relate.leave_one_out,
    "size_or_money": relate.size_or_money,
    "funded_or_not": relate.funded_or_not,
    "mean_bounds": limits.mean_bounds,
    "slope_bounds": limits.slope_bounds,
    "slope_power": limits.slope_power,
    "identification": limits.identification,
}


def ask(finding: str, study: Study, plan: Plan, settings: Settings) -> Estimate:
    """Return the estimate that the finding with this id belongs to.

    Raises
    ------
    UsageError
        If the plan has no such question, or names a method that does not exist.
    """
    question = plan.question_of(finding)
    if question.method not in METHODS:
        raise UsageError(
            f"plan.yaml asks {question.id!r} by the method {question.method!r}, which does not "
            f"exist. Known: {', '.join(sorted(METHODS))}."
        )
    facts = facts_of(study, question.outcome, question.exposure or MEMBERSHIP, dict(plan.exposures))
    case = Case(study, plan, settings, question, judge(facts, question.aim), facts)
    answer = METHODS[question.method](case)
    numbers = {quantity.id: quantity for quantity in answer.quantities}
    return Estimate(question, case.verdict, numbers, answer.rows, answer.detail)
