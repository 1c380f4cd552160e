"""What the promised tables are related to, and the facts that the gate judges it by."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods import association, inference
from analysis.questions.estimate import FEWEST, Answer, Case
from analysis.questions.identify import Facts
from analysis.questions.next_edition import promised_table
from analysis.questions.plan import Plan, Question
from analysis.questions.samples import INSEPARABLE, exposure_of, members_twice, outcome_pp
from analysis.tables.next_edition import stage_ranks
from analysis.tables.tidy import Study

STAGE = "stage_before"
_NO_STAGE_BEFORE = (
    "no group has a stage of the year before, and that of this year is settled with the results "
    "in hand"
)


def facts_of_next_edition(study: Study, plan: Plan, question: Question) -> Facts:
    """Return what the promised tables establish about a question.

    The outcome is a gain where the exposure is a stage, else the change of a gap. It counts as
    selected where some groups only are shown and none of them did worse: no gain below zero, no
    gap that widened. Groups at the framework's first stage stand for those without the exposure.
    The exposure is separable where its correlation with the group's size is at most 0.9.
    """
    table = _table(study, plan, question)
    shown = table.dropna(subset=["outcome"])
    staged = question.exposure == STAGE
    without = shown["exposure"].eq(0) if staged else shown["exposure"].isna()
    worse = shown["outcome"].lt(0) if staged else shown["outcome"].gt(0)
    return Facts(
        untreated_group=bool(without.any()),
        baseline=False,
        outcome_selected=bool(len(shown) < len(table) and not worse.any()),
        exposure_before_outcome=plan.exposures[str(question.exposure)].school_year <= 0,
        pre_periods=0,
        comparable=False,
        separable=not _follows_size(table),
        units_overlap=members_twice(study),
    )


def _follows_size(table: pd.DataFrame) -> bool:
    pair = table[["whole", "n_schools"]].dropna().astype(float)
    if len(pair) < FEWEST or pair.nunique().min() < 2:
        return False
    return abs(float(pair["whole"].corr(pair["n_schools"]))) > INSEPARABLE


def _table(study: Study, plan: Plan, question: Question) -> pd.DataFrame:
    """Return a row a collaboration: size, outcome (pp), exposure, and the latter not per school.

    Raises
    ------
    UnavailableError
        If the release does not have the tables that the question takes.
    """
    table = study.collaborations[["collaboration_id", "collaboration", "n_schools"]]
    if question.exposure == STAGE:
        ranks = _by_name(stage_ranks(promised_table(study, "stages")), table)["before"]
        if ranks.isna().all():
            raise UnavailableError(_NO_STAGE_BEFORE)
        outcome = outcome_pp(study, str(question.outcome))
        return table.assign(outcome=outcome, exposure=ranks, whole=ranks)
    gaps = promised_table(study, "gaps")
    gaps = gaps[gaps["key_stage"] == question.outcome]
    exposure = plan.exposures[str(question.exposure)]
    each = exposure_of(study, exposure)
    whole = each * table["n_schools"].astype(float) if exposure.per else each
    return table.assign(outcome=_by_name(gaps, table)["gap_pp"], exposure=each, whole=whole)


def _by_name(promised: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a promised table in the order of the collaborations, blank without one."""
    return (
        promised.set_index("collaboration").reindex(table["collaboration"]).set_index(table.index)
    )


def promised_slope(case: Case) -> Answer:
    """Return the slope of a gain, or of a gap's change, on the exposure (pp per unit).

    A least-squares line through the groups that have both, with an interval that does not assume
    that all groups scatter alike (HC3), and a permutation p-value. Steps between stages count
    alike.

    Raises
    ------
    UnavailableError
        If fewer than three groups have both, or all have the same exposure.
    """
    rows = _table(case.study, case.plan, case.question).dropna(subset=["outcome", "exposure"])
    rows = rows.reset_index(drop=True)
    if len(rows) < FEWEST or rows["exposure"].nunique() < 2:
        raise UnavailableError(
            f"{len(rows)} groups have both figures, and a line takes at least {FEWEST} and two "
            f"different values of the {case.exposure.label}"
        )
    x, y = (rows[name].to_numpy(dtype=float) for name in ("exposure", "outcome"))
    fit = association.slope(x, y, level=case.settings.confidence)
    permuted = inference.permute_slope(
        x, y, draws=case.settings.permutations, seed=case.settings.seed
    )
    tables = ("stages", "gains") if case.question.exposure == STAGE else ("gaps", "funding")
    more: dict[str, Any] = {"low": fit.low, "high": fit.high, "level": fit.level}
    numbers = [
        case.quantity(
            "", fit.estimate, case.exposure.unit, association.slope, tables,
            p_value=fit.p_value, n=fit.n, **more,
        ),
        case.quantity(
            "permutation_p", permuted.p_value, "probability", inference.permute_slope, tables,
            p_value=permuted.p_value, n=fit.n,
        ),
    ]  # fmt: skip
    return Answer(numbers, rows.drop(columns="whole"), fit)
