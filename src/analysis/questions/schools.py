"""What the panel of schools establishes about a question: the facts that the gate decides on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.errors import UnavailableError
from analysis.methods.balance import baseline_table
from analysis.methods.did import GroupTime, group_time
from analysis.methods.did_aggregate import event_study
from analysis.methods.did_results import EventStudy
from analysis.methods.weighting import Weights, entropy_balance
from analysis.questions.amounts import is_separable
from analysis.questions.design import Design, design_of
from analysis.questions.identify import Facts
from analysis.questions.plan import MEMBERSHIP, Plan, Question
from analysis.tables.tidy import Study
from analysis.variables import STAGES

ENOUGH_GROUPS = 10
UNLIKELY = 0.001
ALPHA = 0.05
NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, eq=False)
class Balanced:
    """The baseline of members and others: weights, and the table before and after weighting."""

    weights: Weights
    before: pd.DataFrame
    after: pd.DataFrame


def facts_of_schools(study: Study, plan: Plan, question: Question) -> Facts:
    """Return what the panel establishes about a question.

    Comparable by the rules of the What Works Clearinghouse: no baseline difference above a
    quarter of a standard deviation. Earlier trends differ where a joint test of the periods
    before joining says so at 5 per cent. Schools in several collaborations are no obstacle: the
    plan declares the rule for them.

    Raises
    ------
    UnavailableError
        If there is no comparison to make, or only improvers are shown.
    """
    design = design_of(study, plan, stage_of(study, plan, question))
    is_dose = question.exposure not in (None, MEMBERSHIP)
    future = is_dose and plan.exposures[str(question.exposure)].school_year > 0
    before_tests = design.member_by < pd.Timestamp(design.result_year, 5, 1)
    return Facts(
        untreated_group=True,
        baseline=bool((first := _first_exposed(design)) > design.baseline_year),
        outcome_selected=shows_improvers_only(study, design),
        exposure_before_outcome=before_tests and not future,
        pre_periods=sum(year < first for year in design.years),
        comparable=NOT_COMPARABLE not in set(balanced(design).before["verdict"]),
        separable=not is_dose or is_separable(study, design, int(future)),
        units_overlap=False,
        trends_differ=_trends_differ(design),
    )


def stage_of(study: Study, plan: Plan, question: Question) -> str:
    """Return the stage that a question is about: its own, else the first with a comparison."""
    if question.outcome is not None:
        return question.outcome
    for stage in STAGES:
        try:
            design_of(study, plan, stage)
        except UnavailableError:
            continue
        return stage
    return STAGES[0]


def refuse_improvers_only(study: Study, design: Design) -> None:
    """Raise UnavailableError where the results are those of improvers only."""
    if shows_improvers_only(study, design):
        raise UnavailableError(
            "no school or group among these results fell, as if improvers only were shown, and "
            "a comparison of them says nothing about members"
        )


def shows_improvers_only(study: Study, design: Design) -> bool:
    """Return whether schools, or members' collaborations, are shown because they improved.

    So it is where none of the schools compared fell; where no member did, though among normal
    gains of their mean and spread this has a chance below one in a thousand; or where none of
    the collaborations whose members all have results did, while others have no results at all.
    Schools that never have any, such as special schools, make no collaboration incomplete.
    """
    gain, member = design.frame["gain"].to_numpy(), design.member
    if len(gain) >= ENOUGH_GROUPS and bool((gain >= 0).all()):
        return True
    if bool((gain[member] >= 0).all()) and _would_be_rare(gain[member]):
        return True
    assert study.panel is not None
    rows, spells = study.panel.schools, study.panel.members
    figures = rows[rows[design.outcome].notna()]
    never = set(rows["urn"]) - set(figures["urn"])
    spells = spells[~spells["urn"].isin(never)]
    seen = spells["urn"].isin(figures.loc[figures["year"] == design.result_year, "urn"])
    shown = seen.groupby(spells["collaboration"]).mean()
    known = spells.merge(design.frame[["urn", "gain"]], on="urn", how="inner", validate="m:1")
    means = known.groupby("collaboration")["gain"].mean()
    means = means[shown.reindex(means.index) == 1]
    absent = bool((shown == 0).any())
    return len(means) >= ENOUGH_GROUPS and absent and bool((means >= 0).all())


def _would_be_rare(gains: np.ndarray) -> bool:
    """Return whether none below zero is unlikely among normal gains of this mean and spread."""
    spread = float(gains.std(ddof=1)) if len(gains) > 1 else 0.0
    return spread > 0 and float(ndtr(gains.mean() / spread)) ** len(gains) < UNLIKELY


@lru_cache(maxsize=8)
def balanced(design: Design) -> Balanced:
    """Return the weights that make others resemble members at the baseline, with both tables."""
    covariates, member = design.balance_on, design.member
    weights = entropy_balance(covariates, member)
    shares = [name for name in covariates if name.endswith("_flag")]
    return Balanced(
        weights,
        baseline_table(covariates, member, proportions=shares),
        baseline_table(covariates, member, weights=weights.weights, proportions=shares),
    )


@lru_cache(maxsize=8)
def cells_of(design: Design) -> GroupTime:
    """Return the group-time differences of the panel (pp), against schools not yet exposed."""
    long = without_always_exposed(design)
    return group_time(
        long["outcome"].to_numpy(),
        long["urn"].to_numpy(),
        long["year"].to_numpy(),
        long["first_exposed"].to_numpy(),
        control="not_yet",
        base="universal",
    )


def clusters_of(design: Design, units: np.ndarray) -> np.ndarray:
    """Return the cluster of each of `units`."""
    known = design.long.drop_duplicates("urn").set_index("urn")["cluster"]
    return known.loc[list(units)].to_numpy()


@lru_cache(maxsize=8)
def events_of(design: Design, level: float, seed: int) -> EventStudy:
    """Return the differences by years since joining (pp), with a simultaneous band."""
    cells = cells_of(design)
    return event_study(
        cells,
        level=level,
        draws=max(design.rules.runs, 199),
        seed=seed,
        clusters=clusters_of(design, cells.units),
    )


def without_always_exposed(design: Design) -> pd.DataFrame:
    """Return the rows of schools that were not exposed from the first year on.

    A school whose first exposure lies after the last year counts as never exposed.
    """
    first = design.long["first_exposed"]
    long = design.long[(first == 0) | (first > design.years[0])].copy()
    long.loc[long["first_exposed"] > design.years[-1], "first_exposed"] = 0
    return long.reset_index(drop=True)


def _first_exposed(design: Design) -> int:
    return int(design.frame.loc[design.frame["member"], "first_exposed"].min())


def _trends_differ(design: Design) -> bool:
    try:
        p = events_of(design, 0.95, 0).pre_trend_p
    except ValueError:
        return False
    return bool(p is not None and np.isfinite(p) and p < ALPHA)
