"""One call from a declared question, through the gate, to an estimate."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import UnavailableError, UsageError
from analysis.methods.multiplicity import benjamini_hochberg, holm
from analysis.quantities import Quantity
from analysis.questions import (
    compare,
    curve,
    describe,
    forensics,
    grades,
    limits,
    money,
    next_edition,
    next_relations,
    paid,
    promises,
    regression,
    relate,
    reported,
    scrutiny,
    simulated,
    timing,
)
from analysis.questions.estimate import (
    Answer,
    Case,
    Estimate,
    Method,
    Settings,
    without_counts,
)
from analysis.questions.identify import Facts, Verdict, judge
from analysis.questions.plan import MEMBERSHIP, Plan, Question
from analysis.questions.protect import protected
from analysis.questions.refusals import in_words
from analysis.questions.samples import facts_of
from analysis.questions.schools import facts_of_schools
from analysis.tables.tidy import Study

METHODS: dict[str, Method] = {
    "shown_gains": describe.shown_gains,
    "listed_gains": describe.listed_gains,
    "listed_funding": describe.listed_funding,
    "memberships": describe.memberships,
    "taking_part": describe.taking_part,
    "grades": describe.grades,
    "ledger": describe.ledger,
    "improved": reported.improved,
    "all_up": reported.all_up,
    "any_of_k": reported.any_of_k,
    "chance_benchmark": reported.chance_benchmark,
    "who_got": money.who_got,
    "formula": money.formula,
    "price": money.price,
    "next_study": money.next_study,
    "share_on_money": grades.share_on_money,
    "printed_order": forensics.printed_order,
    "specification_curve": curve.specification_curve,
    "truncated": limits.truncated,
    "truncation_shown": simulated.truncation_shown,
    "slope": relate.slope,
    "theil_sen": relate.theil_sen,
    "leave_one_out": relate.leave_one_out,
    "size_or_money": relate.size_or_money,
    "funded_or_not": relate.funded_or_not,
    "mean_bounds": limits.mean_bounds,
    "slope_bounds": limits.slope_bounds,
    "slope_power": limits.slope_power,
    "identification": limits.identification,
    "sample_flow": scrutiny.sample_flow,
    "reconciled": scrutiny.reconciled,
    "known_truth": scrutiny.known_truth,
    "suppressed": scrutiny.suppressed,
    "balance": scrutiny.balance,
    "difference": compare.difference,
    "estimators": compare.estimators,
    "by_year": timing.by_year,
    "by_years_since": timing.by_years_since,
    "two_way_mix": timing.two_way_mix,
    "funnel": regression.funnel,
    "hidden": scrutiny.hidden,
    "in_standard_deviations": scrutiny.in_standard_deviations,
    "lost_results": scrutiny.lost_results,
    "detectable": scrutiny.detectable,
    "money_rule": paid.money_rule,
    "slope_on_money": paid.slope_on_money,
    "kept_promises": promises.kept_promises,
    "met_targets": next_edition.met_targets,
    "listed_stages": next_edition.listed_stages,
    "moved_stages": next_edition.moved_stages,
    "narrowed_gaps": next_edition.narrowed_gaps,
    "changed_grades": next_edition.changed_grades,
    "promised_slope": next_relations.promised_slope,
}


FAMILY = "family"


def since_last_year(case: Case) -> Answer:
    """Return what moved since the nearest earlier year that was released.

    The headline numbers of both years are set side by side, each difference is parted into method,
    groups and data, and its seriousness is judged by the plan's rule.
    """
    from analysis.questions import since  # which asks this module

    return since.since_last_year(case)


def since_its_release(case: Case) -> Answer:
    """Return what moved since the last less mature release of the same year.

    The headline numbers of both releases are set side by side, each difference is parted into
    method, groups and data, and its seriousness is judged by the plan's rule.
    """
    from analysis.questions import since  # which asks this module

    return since.since_its_release(case)


METHODS |= {"since_last_year": since_last_year, "since_its_release": since_its_release}


def ask(finding: str, study: Study, plan: Plan, settings: Settings) -> Estimate:
    """Return the estimate that the finding with this id belongs to.

    Raises
    ------
    UsageError
        If the plan has no such question, or names a method that does not exist.
    UnavailableError
        If this year's tables do not give the number, such as a slope through two groups.
    """
    question = plan.question_of(finding)
    if question.method not in (*METHODS, FAMILY):
        raise UsageError(
            f"plan.yaml asks {question.id!r} by the method {question.method!r}, which does not "
            f"exist. Known: {', '.join(sorted(METHODS))}."
        )
    facts = _facts(study, plan, question)
    case = Case(study, plan, settings, question, judge(facts, question.aim), facts)
    try:
        answer = family(case) if question.method == FAMILY else METHODS[question.method](case)
    except ValueError as error:
        why = in_words(error)
        of_schools = is_of_schools(study, question)
        raise UnavailableError(without_counts(why) if of_schools else why) from error
    if is_of_schools(study, question):
        answer = protected(case, answer)
    return Estimate(
        question=question,
        verdict=case.verdict,
        quantities={quantity.id: quantity for quantity in answer.quantities},
        rows=answer.rows,
        detail=answer.detail,
        gaps={f"{question.id}.{end}".rstrip("."): why for end, why in answer.gaps.items()},
        secrets=answer.secrets,
        is_withheld=answer.is_withheld,
    )


def verdict_of(finding: str, study: Study, plan: Plan) -> Verdict:
    """Return what the gate says of the question that a finding belongs to; nothing is fitted."""
    question = plan.question_of(finding)
    return judge(_facts(study, plan, question), question.aim)


def _facts(study: Study, plan: Plan, question: Question) -> Facts:
    """Return what the data that a question is put to establish about it."""
    if is_of_schools(study, question):
        return facts_of_schools(study, plan, question)
    if question.data == "next_edition" and question.exposure is not None:
        return next_relations.facts_of_next_edition(study, plan, question)
    return facts_of(study, question.outcome, question.exposure or MEMBERSHIP, dict(plan.exposures))


def is_of_schools(study: Study, question: Question) -> bool:
    """Return whether a question is answered from results of single schools."""
    best = question.data == "best" and _has_schools(study, question)
    return question.data == "schools" or best


def _has_schools(study: Study, question: Question) -> bool:
    """Return whether the panel of schools can take a question: one on money needs payments."""
    if study.panel is None:
        return False
    return question.exposure in (None, MEMBERSHIP) or len(study.panel.payments) > 0


def family(case: Case) -> Answer:
    """Return the p-values of a family of questions, corrected for being read together.

    Each question of the family is asked by itself, and its p-value counted; one that gives none
    counts as 1. Holm bounds the chance of any false finding, Benjamini and Hochberg the share of
    false ones.
    """
    name = case.question.id.rsplit(".", 1)[-1]
    ids = case.plan.content["families"][name]
    members = _asked(case, ids)
    p = [float(member.p_value or 1) for member in members.values()]
    words = [_in_words(case.plan, case.plan.question_of(one)) for one in members]
    rows = pd.DataFrame({"question": words, "p": p, "holm": holm(p), "bh": benjamini_hochberg(p)})
    tables = ("gains", "funding", "ofsted")
    numbers = [case.quantity("n", len(p), "count", family, tables)]
    for suffix, method in (("holm", holm), ("bh", benjamini_hochberg)):
        least = float(rows[suffix].min())
        numbers.append(
            case.quantity(f"{suffix}_least_p", least, "probability", method, tables, p_value=least)
        )
    return Answer(numbers, rows)


def _asked(case: Case, ids: Sequence[str]) -> dict[str, Quantity]:
    """Return the family's members that this year's tables give.

    Raises
    ------
    UnavailableError
        If they give none.
    """
    found: dict[str, Quantity] = {}
    gaps: list[UnavailableError] = []
    for one in ids:
        try:
            found[one] = ask(one, case.study, case.plan, case.settings).quantities[one]
        except UnavailableError as gap:
            gaps.append(gap)
    if not found:
        raise gaps[0]
    return found


def _in_words(plan: Plan, question: Question) -> str:
    outcome = plan.outcomes.get(str(question.outcome), str(question.outcome))
    exposure = plan.exposures.get(str(question.exposure))
    return f"{outcome} on {exposure.label}" if exposure else outcome
