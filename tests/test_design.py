"""Tests of the design: which schools, which years, who is a member and who is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import (
    OUTCOME,
    designed,
    panel_from,
    plan_with,
    school,
    simulated,
    spell,
    study_of,
    tiny,
)

from analysis.errors import UnavailableError
from analysis.questions.compare import homes
from analysis.questions.design import Design, design_of, first_exposed
from analysis.tables.panel import Panel

MEMBERS = [f"{at:03d}" for at in range(1, 7)]
OTHERS = [f"{at:03d}" for at in range(7, 13)]


def county_design(stage: str = "ks2", seed: int = 1, **entries: Any) -> Design:
    return design_of(simulated(seed)[1], plan_with(**entries), stage)


def member_of(design: Design) -> dict[str, bool]:
    return dict(zip(design.frame["urn"], design.member.tolist(), strict=True))


@pytest.mark.parametrize(
    ("day", "year"),
    [
        ("2011-09-02", 2013), ("2011-12-31", 2013), ("2012-01-01", 2013), ("2012-08-31", 2013),
        ("2012-09-01", 2013), ("2012-09-02", 2014), ("2012-10-01", 2014), ("2013-05-01", 2014),
    ],
)  # fmt: skip
def test_exposure_begins_with_the_first_tests_after_a_whole_school_year(
    day: str, year: int
) -> None:
    assert first_exposed(pd.Timestamp(day)) == year
    whole_year = pd.Timestamp(year - 1, 9, 1)
    assert pd.Timestamp(day) <= whole_year


def test_whoever_never_joined_is_never_exposed() -> None:
    assert first_exposed(pd.NaT) == 0


def test_each_school_is_set_aside_once_with_its_own_reason() -> None:
    flow = designed(tiny()).flow
    assert flow["schools"].tolist() == [17, 16, 15, 14, 14, 13]
    assert flow["set_aside"].tolist() == [0, 1, 1, 1, 0, 1]
    assert flow["reason"].tolist() == [
        "", "special schools, unlike the others", "no figure then",
        "members whose day is not known", "members from before the baseline", "no figure then",
    ]  # fmt: skip


def test_who_is_compared_is_whom_the_steps_left_and_later_joiners_are_others() -> None:
    design = designed(tiny())
    assert member_of(design) == {
        **dict.fromkeys(MEMBERS, True), **dict.fromkeys([*OTHERS, "105"], False)
    }  # fmt: skip
    later = design.frame.set_index("urn").loc["105"]
    assert later["first_exposed"] == 2014 > design.result_year
    assert design.unseen["urn"].tolist() == ["103"]
    assert design.unseen["member"].tolist() == [True]


def test_members_from_before_the_baseline_are_set_aside_or_kept_as_declared() -> None:
    panel = tiny()
    spells = panel.members.copy()
    spells.loc[spells["urn"].isin(["001", "002"]), "joined"] = pd.Timestamp(2010, 9, 1)
    early = replace(panel, members=spells)
    aside = designed(early, baseline_year=2011)
    assert not set(aside.frame["urn"]) & {"001", "002"}
    assert aside.flow.iloc[4].to_dict() == {
        "step": "not yet exposed at the baseline", "schools": 12, "set_aside": 2,
        "reason": "members from before the baseline",
    }  # fmt: skip
    kept = designed(early, baseline_year=2011, already_members="keep")
    assert member_of(kept)["001"]
    assert kept.flow["set_aside"].tolist() == [0, 1, 1, 1, 0, 1]


@pytest.mark.parametrize("stage", ["ks2", "ks4"])
@pytest.mark.parametrize(
    "entries", [{}, {"already_members": "keep"}, {"baseline_year": 2011}, {"result_year": 2012}]
)
def test_every_school_is_counted_once_at_each_step_and_the_steps_add_up(
    stage: str, entries: dict[str, Any]
) -> None:
    study = simulated(1)[1]
    design = design_of(study, plan_with(**entries), stage)
    flow = design.flow
    assert study.panel is not None
    rows = study.panel.schools[study.panel.schools["stage"] == stage]
    assert flow["schools"].iloc[0] == rows["urn"].nunique()
    assert (flow["schools"].diff().fillna(0) == -flow["set_aside"]).all()
    assert flow["schools"].iloc[0] - flow["set_aside"].sum() == len(design.frame)
    assert design.frame["urn"].is_unique
    assert len(design.unseen) == flow["set_aside"].iloc[-1]
    assert not set(design.unseen["urn"]) & set(design.frame["urn"])
    assert design.frame[["before", "after"]].notna().all(axis=None)
    assert (flow["reason"] == "").tolist() == [True] + [False] * (len(flow) - 1)


def test_a_member_is_exposed_after_the_baseline_and_no_later_than_the_results() -> None:
    for entries in ({}, {"baseline_year": 2011}, {"result_year": 2012}):
        design = county_design(**entries)
        first = design.frame.loc[design.member, "first_exposed"]
        assert design.baseline_year < first.min()
        assert first.max() <= design.result_year
        others = design.frame.loc[~design.member, "first_exposed"]
        assert ((others == 0) | (others > design.result_year)).all()


def test_by_default_the_baseline_is_the_last_before_anybody_joined_and_the_result_the_last() -> (
    None
):
    design = designed(tiny())
    assert (design.baseline_year, design.result_year) == (2011, 2013)
    assert design.member_by == pd.Timestamp(2012, 9, 1)
    assert design.pre_periods == 2
    row = design.frame.set_index("urn").loc["001"]
    assert (row["before"], row["after"], row["gain"]) == (60.0, 69.0, 9.0)


def test_the_declared_years_and_day_are_used() -> None:
    design = designed(tiny(), baseline_year=2010, result_year=2012, member_by="2011-09-01")
    assert (design.baseline_year, design.result_year) == (2010, 2012)
    row = design.frame.set_index("urn").loc["001"]
    assert (row["before"], row["after"]) == (59.0, 64.5)
    with pytest.raises(UnavailableError, match="fewer than 3 members"):
        designed(tiny(), member_by="2011-08-31")


def test_the_year_of_the_release_may_declare_its_own_years() -> None:
    own = {"simulated": {"baseline_year": 2010}, "2014": {"baseline_year": 2012}}
    assert designed(tiny(), years=own).baseline_year == 2010


@pytest.mark.parametrize(
    "entries",
    [{"baseline_year": 2009}, {"result_year": 2014}, {"baseline_year": 2013},
     {"baseline_year": 2012, "result_year": 2011}],
)  # fmt: skip
def test_years_without_results_or_in_the_wrong_order_are_refused(entries: dict[str, Any]) -> None:
    with pytest.raises(UnavailableError, match="no comparable results of both"):
        designed(tiny(), **entries)


def redefined(years: tuple[int, ...]) -> Panel:
    panel = tiny()
    rows, late = panel.schools, pd.Timestamp(2012, 9, 1)
    words = np.where(rows["year"].isin(years), "the old way", "the new way")
    spells = panel.members.assign(joined=panel.members["joined"].clip(lower=late))
    return replace(panel, schools=rows.assign(definition=words), members=spells)


def test_figures_of_two_definitions_are_never_subtracted() -> None:
    design = designed(redefined((2010,)))
    assert design.years == (2011, 2012, 2013)
    assert design.other_definition == (2010,)
    assert set(design.long["year"]) == {2011, 2012, 2013}
    assert "earlier" not in design.covariates
    with pytest.raises(UnavailableError, match="of both 2010 and 2013"):
        designed(redefined((2010,)), baseline_year=2010)


def test_a_definition_that_came_back_does_not_bridge_the_years_between() -> None:
    design = designed(redefined((2011,)))
    assert design.years == (2012, 2013)
    assert design.other_definition == (2010, 2011)


def test_a_year_of_mixed_definitions_is_like_no_other() -> None:
    panel = redefined(())
    rows = panel.schools.copy()
    rows.loc[(rows["year"] == 2011) & (rows["urn"] == "001"), "definition"] = "the old way"
    assert designed(replace(panel, schools=rows)).years == (2012, 2013)


def test_one_year_of_the_last_definition_makes_no_comparison() -> None:
    with pytest.raises(UnavailableError, match="at least two years"):
        designed(redefined((2010, 2011, 2012)))


def test_parts_in_several_collaborations_add_to_one_for_each_school() -> None:
    design = county_design()
    total = pd.Series(design.shares.weight).groupby(design.shares.row).sum()
    assert total.index.tolist() == list(range(len(design.frame)))
    assert np.allclose(total, 1)
    counts = pd.Series(design.shares.row).value_counts().sort_index().to_numpy()
    assert (counts == np.maximum(design.frame["groups"], 1)).all()
    assert (design.frame["groups"] > 1).any()


def test_a_school_in_two_collaborations_is_half_in_each() -> None:
    panel = tiny()
    both = pd.concat([panel.members, pd.DataFrame([spell("001", "Group 2", "2012-09-01")])])
    dated = both.assign(joined=pd.to_datetime(both["joined"]), joined_unknown=both["joined"].isna())
    design = designed(replace(panel, members=dated))
    assert design.frame["groups"].tolist()[0] == 2
    mine = design.shares.row == 0
    assert design.shares.weight[mine].tolist() == [0.5, 0.5]
    own = set(design.shares.cluster[mine])
    second, third = (set(design.shares.cluster[design.shares.row == row]) for row in (1, 2))
    assert own == second | third
    assert design.clusters[0] == design.clusters[1] != design.clusters[2]
    tied = designed(replace(panel, members=dated), overlap="components")
    assert len(set(tied.clusters[:4])) == 1
    assert tied.clusters[4] not in set(tied.clusters[:4])
    assert tied.shares.weight.tolist() == [1.0] * len(tied.frame)
    assert (tied.shares.cluster == tied.clusters).all()


def test_by_components_no_collaboration_is_in_two_clusters_and_loners_stand_alone() -> None:
    study = simulated(1)[1]
    design = design_of(study, plan_with(overlap="components"), "ks2")
    assert study.panel is not None
    cluster = design.frame.set_index("urn")["cluster"]
    spells = study.panel.members
    known = spells[spells["urn"].isin(cluster.index)]
    per_group = known["urn"].map(cluster).groupby(known["collaboration"]).nunique()
    assert (per_group == 1).all()
    alone = design.frame.loc[design.frame["groups"] == 0, "cluster"]
    assert not cluster.duplicated(keep=False)[design.frame["groups"].to_numpy() == 0].any()
    assert len(alone) > 10


@pytest.mark.parametrize("overlap", ["fractional", "components"])
@pytest.mark.parametrize("stage", ["ks2", "ks4"])
def test_what_randomisation_deals_out_never_mixes_members_and_others(
    stage: str, overlap: str
) -> None:
    design = county_design(stage, overlap=overlap, member_by="2011-09-01")
    by_home = design.frame.groupby(homes(design))
    assert (by_home["member"].nunique() == 1).all()
    assert (by_home["cluster"].nunique() == 1).all()


@pytest.mark.parametrize("overlap", ["fractional", "components"])
def test_a_collaboration_that_some_joined_after_the_day_is_dealt_out_in_two_parts(
    overlap: str,
) -> None:
    design = designed(tiny(), overlap=overlap)
    home = dict(zip(design.frame["urn"], homes(design), strict=True))
    cluster = dict(zip(design.frame["urn"], design.clusters, strict=True))
    assert cluster["005"] == cluster["006"] == cluster["105"]
    assert home["005"] == home["006"] != home["105"]
    assert len(set(home.values())) == len(set(cluster.values())) + 1


def test_only_covariates_that_all_schools_have_are_held_and_the_others_are_named() -> None:
    panel = tiny()
    rows = panel.schools.assign(eal_pct=10.0 + np.arange(len(panel.schools)), fsm_pct=7.0)
    rows.loc[rows.index[1], "eal_pct"] = np.nan
    rows["disadvantaged_pct"] = np.arange(len(rows), dtype=float) % 7
    wanted = ["cohort", "disadvantaged_pct", "eal_pct", "fsm_pct", "prior_attainment"]
    design = designed(replace(panel, schools=rows), covariates=wanted)
    assert list(design.covariates) == ["cohort", "disadvantaged_pct", "earlier"]
    assert design.not_held == ("eal_pct", "fsm_pct", "prior_attainment")
    assert list(design.balance_on) == [*design.covariates, "before"]
    at_baseline = rows[rows["year"] == 2011].set_index("urn")["disadvantaged_pct"]
    held = design.covariates["disadvantaged_pct"].to_numpy()
    assert (held == at_baseline.loc[design.frame["urn"]].to_numpy()).all()


def test_the_mean_of_earlier_years_is_held_and_nothing_from_after_the_baseline() -> None:
    design = designed(tiny(), covariates=[])
    earlier = dict(zip(design.frame["urn"], design.covariates["earlier"], strict=True))
    assert (earlier["001"], earlier["105"]) == (59.0, 60.0)
    late = designed(redefined(()), covariates=[])
    assert late.baseline_year == 2012
    assert late.covariates["earlier"].tolist()[0] == pytest.approx((59 + 60) / 2)
    assert list(designed(tiny(), baseline_year=2010, covariates=[]).covariates) == []


def test_the_order_of_rows_and_spells_changes_nothing() -> None:
    study = simulated(1)[1]
    assert study.panel is not None
    shuffled = replace(
        study.panel,
        schools=study.panel.schools.sample(frac=1, random_state=3),
        members=study.panel.members.sample(frac=1, random_state=4),
    )
    one = design_of(study, plan_with(), "ks2")
    other = design_of(study_of(shuffled), plan_with(), "ks2")
    pd.testing.assert_frame_equal(one.frame, other.frame)
    pd.testing.assert_frame_equal(one.flow, other.flow)
    pd.testing.assert_frame_equal(one.covariates, other.covariates)


def test_releases_without_what_a_comparison_takes_say_so() -> None:
    study = study_of(tiny())
    with pytest.raises(UnavailableError, match="no results of single schools"):
        design_of(replace(study, panel=None), plan_with(), "ks2")
    with pytest.raises(UnavailableError, match="no key stage 4 results"):
        design_of(study, plan_with(), "ks4")
    with pytest.raises(UnavailableError, match="no key stage 2 results"):
        design_of(study, plan_with(outcomes={"ks2": "ks2_level4_pct"}), "ks2")


def test_another_outcome_stands_for_the_stage_where_the_plan_says_so() -> None:
    panel = tiny()
    rows = panel.schools.assign(ks2_maths_score=90 + panel.schools[OUTCOME] / 5)
    both = replace(panel, schools=rows)
    ranked = ["ks2_level4_pct", "ks2_maths_score", OUTCOME]
    assert designed(both, outcomes={"ks2": ranked}).outcome == "ks2_maths_score"
    assert designed(both, outcomes={"ks4": ["ks4_attainment_8"]}).outcome == OUTCOME
    design = designed(both, outcomes={"ks2": "ks2_maths_score"})
    assert (design.outcome, design.unit) == ("ks2_maths_score", "points")
    assert design.frame["before"].tolist()[0] == pytest.approx(102.0)
    assert designed(tiny()).unit == "pp"


@pytest.mark.parametrize(
    ("n_members", "few"), [(0, "members"), (2, "members"), (6, "other schools")]
)
def test_too_few_schools_on_a_side_make_no_comparison_and_how_few_is_not_said(
    n_members: int, few: str
) -> None:
    figures = {2011: 60.0, 2012: 61.0, 2013: 62.0}
    rows = [row for at in range(8) for row in school(f"{at}", figures)]
    spells = [spell(f"{at}", "One", "2011-09-01") for at in range(n_members)]
    with pytest.raises(UnavailableError, match=f"fewer than 3 {few} have results") as caught:
        designed(panel_from(rows, spells))
    assert not {"0", "2"} & set(str(caught.value))
