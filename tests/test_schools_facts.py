"""Tests of what the panel of schools establishes, and of what the gate makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from counties import (
    CLEAN,
    QUICK,
    answered,
    plan_with,
    quick_plan,
    simulated,
    study_of,
    tiny,
    without_schools,
)

from analysis.errors import UnavailableError
from analysis.questions.ask import ask
from analysis.questions.design import design_of
from analysis.questions.identify import Facts, Verdict, judge
from analysis.questions.plan import Plan, Question
from analysis.questions.schools import (
    balanced,
    events_of,
    facts_of_schools,
    shows_improvers_only,
    stage_of,
)
from analysis.tables.tidy import Study

DIFFERENCE = "membership.ks2.difference"
REFUSED = ("difference", "methods", "since", "two_way", "hidden", "standardised", "lost")
MONEY: dict[str, Any] = {
    "money_years": (2012, 2013, 2014), "award_shares": (0.5, 0.86, 0.36), "money_noise": 0.6,
}  # fmt: skip


def facts(study: Study, finding: str = DIFFERENCE, given: Plan | None = None) -> Facts:
    use = given or quick_plan()
    return facts_of_schools(study, use, use.question_of(finding))


def verdict(study: Study, finding: str = DIFFERENCE, given: Plan | None = None) -> Verdict:
    use = given or quick_plan()
    return judge(facts(study, finding, use), use.question_of(finding).aim)


def test_members_balanced_at_the_baseline_with_three_alike_earlier_years_reach_level_four() -> None:
    study = simulated(1)[1]
    found = facts(study)
    assert found == Facts(
        untreated_group=True, baseline=True, outcome_selected=False, exposure_before_outcome=True,
        pre_periods=3, comparable=True, separable=True, units_overlap=False, trends_differ=False,
    )  # fmt: skip
    said = verdict(study)
    assert (said.kind, said.maryland, said.reasons) == ("effect", 4, ())
    estimate = answered(DIFFERENCE, study)
    assert estimate.main.kind == "effect"


def test_members_unlike_others_at_the_baseline_leave_an_association_with_that_reason() -> None:
    study = simulated(1, selection=3.0)[1]
    table = balanced(design_of(study, quick_plan(), "ks2")).before
    assert table["difference"].abs().max() > 0.25
    said = verdict(study)
    assert said.kind == "association"
    assert any("alike before" in reason for reason in said.reasons)
    assert said.maryland == 2
    assert answered(DIFFERENCE, study).main.kind == "association"


def test_the_line_of_comparability_is_drawn_at_a_quarter_of_a_standard_deviation() -> None:
    verdicts = set()
    for seed in range(5):
        study = simulated(seed, selection=0.4)[1]
        table = balanced(design_of(study, quick_plan(), "ks2")).before
        comparable = bool((table["difference"].abs() <= 0.25).all())
        assert facts(study).comparable == comparable
        verdicts.add(comparable)
    assert verdicts == {True, False}


@pytest.mark.parametrize(("first_year", "periods"), [(2010, 1), (2009, 2)])
def test_fewer_than_two_earlier_years_leave_an_association(first_year: int, periods: int) -> None:
    study = simulated(3, first_year=first_year)[1]
    assert facts(study).pre_periods == periods
    said = verdict(study)
    short = any("no earlier trend" in reason for reason in said.reasons)
    assert short == (periods < 2)
    assert said.kind == ("association" if short else "effect")
    assert said.maryland == (3 if short else 4)


def test_earlier_years_of_another_definition_do_not_count_as_earlier_years() -> None:
    study = simulated(1)[1]
    assert study.panel is not None
    rows = study.panel.schools
    words = np.where(rows["year"] < 2010, "the old way", "the new way")
    changed = study_of(replace(study.panel, schools=rows.assign(definition=words)))
    assert facts(changed).pre_periods == 1
    assert verdict(changed).kind == "association"


def test_members_who_already_moved_apart_before_joining_leave_an_association() -> None:
    study = simulated(2, member_trend_pp=5.0)[1]
    assert events_of(design_of(study, quick_plan(), "ks2"), 0.95, 0).pre_trend_p < 0.05
    said = verdict(study)
    assert said.kind == "association"
    assert any("already moved apart" in reason for reason in said.reasons)
    assert said.maryland == 2


def test_trends_that_are_alike_are_seldom_called_different() -> None:
    """A test at 5 per cent: of 20 counties 1 is expected, and 5 or more come once in 390."""
    called = sum(facts(simulated(seed, **CLEAN)[1]).trends_differ for seed in range(20))
    assert called < 5


@pytest.mark.parametrize(("day", "before"), [("2013-04-30", True), ("2013-05-01", False)])
def test_a_day_of_membership_after_the_tests_makes_a_negative_control(
    day: str, before: bool
) -> None:
    study, given = simulated(1)[1], plan_with(member_by=day)
    assert facts(study, given=given).exposure_before_outcome == before
    said = verdict(study, given=given)
    assert (said.kind == "negative control") == (not before)
    estimate = answered(DIFFERENCE, study, given)
    assert estimate.main.kind == said.kind
    if not before:
        assert "comes after the outcome" in said.reasons[0]
        assert said.maryland == 0


def test_members_kept_from_before_the_baseline_have_no_baseline() -> None:
    given = plan_with(baseline_year=2011, already_members="keep")
    study = simulated(1)[1]
    assert not facts(study, given=given).baseline
    said = verdict(study, given=given)
    assert said.kind == "association"
    assert any("before the exposure" in reason for reason in said.reasons)
    assert facts(study, given=plan_with(baseline_year=2011)).baseline


def fallers(study: Study, stage: str = "ks2") -> set[str]:
    frame = design_of(study, quick_plan(), stage).frame
    return set(frame.loc[frame["gain"] < 0, "urn"])


def members_of_fallen_groups(study: Study, stage: str = "ks2") -> set[str]:
    assert study.panel is not None
    frame = design_of(study, quick_plan(), stage).frame
    spells = study.panel.members
    gains = spells.merge(frame[["urn", "gain"]], on="urn").groupby("collaboration")["gain"].mean()
    fallen = set(gains[gains < 0].index)
    assert fallen
    return set(spells.loc[spells["collaboration"].isin(fallen), "urn"])


def blanked(study: Study, urns: set[str]) -> Study:
    """Return the study with the last figures of these schools missing, their rows still there."""
    assert study.panel is not None
    rows = study.panel.schools.copy()
    last = rows["urn"].isin(urns) & (rows["year"] == rows["year"].max())
    rows.loc[last, ["ks2_expected_pct", "ks4_five_good_pct"]] = np.nan
    return replace(study, panel=replace(study.panel, schools=rows))


def refused(study: Study, stage: str = "ks2") -> None:
    """Ask every comparison to refuse a study, and its facts to call the outcome selected."""
    assert facts(study, f"membership.{stage}.difference").outcome_selected
    for name in REFUSED:
        with pytest.raises(UnavailableError, match="improvers only"):
            answered(f"membership.{stage}.{name}", study)
    for name in (f"money.{stage}.slope", f"control.{stage}.future_money_slope"):
        with pytest.raises(UnavailableError, match="improvers only"):
            answered(name, study)


@pytest.mark.parametrize("stage", ["ks2", "ks4"])
def test_where_no_school_shown_fell_every_comparison_is_refused(stage: str) -> None:
    study = simulated(1, **MONEY)[1]
    refused(without_schools(study, fallers(study, stage)), stage)


def test_where_no_member_shown_fell_while_others_did_every_comparison_is_refused() -> None:
    study = simulated(1, **MONEY)[1]
    frame = design_of(study, quick_plan(), "ks2").frame
    fallen = frame[frame["member"] & (frame["gain"] < 0)]
    left = without_schools(study, set(fallen["urn"]))
    assert (design_of(left, quick_plan(), "ks2").frame["gain"] < 0).any()
    refused(left)


@pytest.mark.parametrize("overlap", [0.0, 0.33])
@pytest.mark.parametrize("seed", [0, 4])
def test_where_only_improved_collaborations_are_shown_every_comparison_is_refused(
    seed: int, overlap: float
) -> None:
    study = simulated(seed, overlap=overlap, **MONEY)[1]
    refused(without_schools(study, members_of_fallen_groups(study)))


@pytest.mark.parametrize("stage", ["ks2", "ks4"])
def test_figures_left_blank_hide_as_much_as_rows_left_out(stage: str) -> None:
    study = simulated(1, **MONEY)[1]
    refused(blanked(study, members_of_fallen_groups(study, stage)), stage)


def test_a_selected_outcome_is_worth_an_association_at_most_and_says_why() -> None:
    study = simulated(1)[1]
    said = verdict(without_schools(study, fallers(study)))
    assert (said.kind, said.maryland) == ("association", 0)
    assert "shown because of their outcome" in said.reasons[0]
    assert "for no others" in said.words


@pytest.mark.parametrize("stage", ["ks2", "ks4"])
def test_complete_tables_are_seldom_taken_for_those_of_improvers(stage: str) -> None:
    """Collaborations of special schools, or without a stage, have no results and hide nothing."""
    taken = [
        shows_improvers_only(study, design_of(study, quick_plan(), stage))
        for study in (simulated(seed)[1] for seed in range(8))
    ]
    assert not any(taken)


def test_a_county_where_all_collaborations_rose_and_none_is_hidden_is_not_refused() -> None:
    quiet = {"trend_pp": 3.0, "missing_member_share": 0.0, "suppress_below": 0}
    rose = 0
    for seed in range(6):
        study = simulated(seed, **CLEAN, **quiet)[1]
        design = design_of(study, quick_plan(), "ks4")
        assert study.panel is not None
        known = study.panel.members.merge(design.frame[["urn", "gain"]], on="urn")
        rose += bool((known.groupby("collaboration")["gain"].mean() >= 0).all())
        assert not shows_improvers_only(study, design)
    assert rose


def test_a_release_where_fewer_than_ten_schools_all_rose_is_not_called_selected() -> None:
    panel = tiny()
    few = without_schools(study_of(panel), ["008", "009", "010", "011"])
    design = design_of(few, quick_plan(), "ks2")
    assert len(design.frame) == 9
    assert (design.frame["gain"] >= 0).all()
    assert not shows_improvers_only(few, design)


def test_money_that_is_its_formula_is_said_to_be_almost_a_function_of_size() -> None:
    exact = simulated(2, **{**MONEY, "money_noise": 0.0, "unpaid_share": 0.0})[1]
    noisy = simulated(2, **{**MONEY, "money_noise": 1.0})[1]
    for study, separable in ((exact, False), (noisy, True)):
        assert facts(study, "money.ks2.slope").separable == separable
        assert facts(study, DIFFERENCE).separable
    said = verdict(exact, "money.ks2.slope")
    assert said.kind == "association"
    assert any("so closely" in reason for reason in said.reasons)
    assert said.maryland == 2


def test_later_money_is_judged_by_its_own_separability() -> None:
    years = {"money_years": (2012, 2014), "award_shares": (1.0, 1.0), "unpaid_share": 0.0}
    study = simulated(1, money_noise=0.0, **years)[1]
    assert study.panel is not None
    paid = study.panel.payments.astype({"funding_gbp": float})
    later = paid["school_year"] == 2014
    draws = np.random.Generator(np.random.PCG64(1)).lognormal(0, 1.5, int(later.sum()))
    paid.loc[later, "funding_gbp"] = 10_000 * draws
    changed = replace(study, panel=replace(study.panel, payments=paid))
    assert not facts(changed, "money.ks2.slope").separable
    assert facts(changed, "control.ks2.future_money_slope").separable


def test_money_of_later_school_years_can_only_be_a_control() -> None:
    study = simulated(1, **MONEY)[1]
    finding = "control.ks2.future_money_slope"
    assert not facts(study, finding).exposure_before_outcome
    assert verdict(study, finding).kind == "negative control"
    kinds = {one.kind for one in answered(finding, study).quantities.values()}
    assert kinds == {"negative control", "description"}


def test_a_question_without_a_stage_is_put_to_the_first_with_a_comparison() -> None:
    study, given = simulated(1)[1], plan_with()
    question = given.questions["identification.membership"]
    assert stage_of(study, given, question) == "ks2"
    assert study.panel is not None
    rows = study.panel.schools
    only = replace(study, panel=replace(study.panel, schools=rows[rows["stage"] == "ks4"]))
    assert stage_of(only, given, question) == "ks4"


def test_membership_is_judged_by_the_panel_where_there_is_one() -> None:
    study, given = simulated(1)[1], plan_with()
    assert answered("identification.membership", study, given).verdict.kind == "effect"
    nobody = Question("q", "sample_flow", "describe", "ks2", None, "schools")
    with pytest.raises(UnavailableError, match="no results of single schools"):
        ask("q", replace(study, panel=None), replace(given, questions={"q": nobody}), QUICK)
