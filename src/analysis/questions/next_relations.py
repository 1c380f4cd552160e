"""What the promised tables are related to, with the facts that the gate judges it by."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods import association, inference
from analysis.questions.estimate import FEWEST, Answer, Case
from analysis.questions.identify import Facts
from analysis.questions.next_edition import gap_rows, promised_table
from analysis.questions.plan import Exposure, Plan, Question
from analysis.questions.samples import INSEPARABLE, exposure_of, members_twice, outcome_pp
from analysis.sources.next_edition import FRAMEWORK_STAGES
from analysis.tables.next_edition import stage_ranks
from analysis.tables.tidy import Study

STAGE = "stage_before"
_LAST_YEARS = (
    "the stage of this year is settled with the results in hand, and no group has one of the "
    "year before"
)


def facts_of_next_edition(study: Study, plan: Plan, question: Question) -> Facts:
    """Return what the promised tables establish about a question.

    The outcome is a gap's change where the exposure is money, and a gain where it is a stage. It
    counts as selected where some groups only are shown and none of them does worse: no gap that
    widened, no gain below zero. Groups at the framework's first stage stand in for those without
    the exposure.
    """
    table = _table(study, question, plan.exposures.get(str(question.exposure)))
    shown = table.dropna(subset=["outcome"])
    known = shown.dropna(subset=["exposure"])
    staged = question.exposure == STAGE
    least = known["exposure"].eq(0).any() if staged else shown["exposure"].isna().any()
    return Facts(
        untreated_group=bool(least),
        baseline=False,
        outcome_selected=_selected(table["outcome"], better=1 if staged else -1),
        exposure_before_outcome=_declared_before(plan, question),
        pre_periods=0,
        comparable=False,
        separable=not _follows_size(known),
        units_overlap=members_twice(study),
    )


def _selected(outcome: pd.Series, better: int) -> bool:
    return bool(outcome.isna().any() and (better * outcome.dropna() >= 0).all())


def _declared_before(plan: Plan, question: Question) -> bool:
    exposure = plan.exposures.get(str(question.exposure))
    return exposure is None or exposure.school_year <= 0


def _follows_size(known: pd.DataFrame) -> bool:
    pair = known[["money", "n_schools"]].dropna().astype(float)
    if len(pair) < FEWEST or pair.nunique().min() < 2:
        return False
    return abs(float(pair["money"].corr(pair["n_schools"]))) > INSEPARABLE


def _table(study: Study, question: Question, exposure: Exposure | None) -> pd.DataFrame:
    """Return a row a collaboration: size, outcome (pp), exposure, and the exposure undivided."""
    columns = ["collaboration_id", "collaboration", "n_schools"]
    table = study.collaborations[columns].copy()
    if question.exposure == STAGE:
        ranks = _by_name(study, "stages", table).get("before", pd.Series(dtype=float))
        outcome = outcome_pp(study, question.outcome) if question.outcome else float("nan")
        return table.assign(outcome=outcome, exposure=ranks, money=ranks)
    gaps = _by_name(study, "gaps", table, question.outcome)
    money = pd.Series(float("nan"), index=table.index)
    try:
        money = exposure_of(study, exposure) if exposure else money
    except UnavailableError:
        pass
    whole = money * table["n_schools"].astype(float) if exposure and exposure.per else money
    return table.assign(outcome=gaps["gap_pp"], exposure=money, money=whole)


def _by_name(
    study: Study, name: str, table: pd.DataFrame, key_stage: str | None = None
) -> pd.DataFrame:
    """Return a promised table with a row for each of the collaborations, blank where it has none."""
    found = study.next_edition.get(name, pd.DataFrame({"collaboration": [], "gap_pp": []}))
    if name == "stages" and len(found):
        found = stage_ranks(found)
    if key_stage is not None and "key_stage" in found:
        found = found[found["key_stage"] == key_stage]
    rows = found.set_index("collaboration").reindex(table["collaboration"])
    return rows.reset_index(drop=True).set_index(table.index)
