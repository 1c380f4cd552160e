"""Tests of what is said of targets, stages, gaps and grades: by hand, and never too much."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import world
from scipy.stats import beta, norm
from world import GROUPS, YEAR
from world_next import add

from analysis.errors import UnavailableError
from analysis.questions.ask import ask
from analysis.questions.estimate import Estimate, Settings
from analysis.questions.identify import judge
from analysis.questions.next_relations import facts_of_next_edition
from analysis.questions.plan import Plan, load_plan
from analysis.questions.promises import PROMISES
from analysis.tables.tidy import Study, make_study

QUICK = Settings(confidence=0.95, seed=1, permutations=1000)
DESCRIBED = ("targets.met", "stages.listed", "stages.moved", "gaps.ks2.narrowed", "grades.changed")
RELATED = ("stages.ks2.slope", "stages.ks4.slope", "gaps.ks2.funding_slope")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Plan]:
    with pytest.MonkeyPatch.context() as patch:
        add(world.made_up(tmp_path_factory.mktemp("next"), patch))
        return make_study(YEAR), load_plan()


@pytest.fixture
def study(made: tuple[Study, Plan]) -> Study:
    return made[0]


@pytest.fixture
def plan(made: tuple[Study, Plan]) -> Plan:
    return made[1]


def values(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate's numbers by the end of their id."""
    name = estimate.question.id
    return {n.removeprefix(name).lstrip("."): q.value for n, q in estimate.quantities.items()}


def with_tables(study: Study, **frames: pd.DataFrame) -> Study:
    return replace(study, next_edition={**study.next_edition, **frames})


def test_targets_are_counted_with_their_exact_interval(study: Study, plan: Plan) -> None:
    estimate = ask("targets.met", study, plan, QUICK)
    found = values(estimate)
    assert (found["n"], found["of_n"], found["pending_n"], found["missed_n"]) == (6, 15, 2, 9)
    assert found[""] == 6 / 15
    # The two quantiles of the beta distribution are the interval's definition.
    assert estimate.main.low == pytest.approx(beta.ppf(0.025, 6, 10), rel=1e-9)
    assert estimate.main.high == pytest.approx(beta.ppf(0.975, 7, 9), rel=1e-9)


def test_shortfalls_are_means_of_those_missed_by_their_unit(study: Study, plan: Plan) -> None:
    found = values(ask("targets.met", study, plan, QUICK))
    assert found["shortfall_pp"] == pytest.approx((6 + 5 + 4 + 3 + 2 + 1 + 1 + 2) / 8)
    assert found["shortfall_points"] == pytest.approx(1.5)


def test_targets_by_measure_add_up_to_all(study: Study, plan: Plan) -> None:
    estimate = ask("targets.met", study, plan, QUICK)
    table = estimate.detail.set_index("measure")
    assert table["met"].to_dict() == {
        "Expected standard": 3,
        "Persistent absence": 2,
        "Attainment score": 1,
    }
    assert table["shortfall"].tolist() == pytest.approx([3.5, 1.5, 1.5])
    assert table["results"].sum() == values(estimate)["of_n"]


def test_without_a_missed_target_no_shortfall_is_made_up(study: Study, plan: Plan) -> None:
    targets = study.next_edition["targets"].assign(result=lambda f: f["target"])
    estimate = ask("targets.met", with_tables(study, targets=targets), plan, QUICK)
    shortfall = estimate.quantities["targets.met.shortfall_pp"]
    assert shortfall.value is None
    assert shortfall.text == "no target of this kind was missed"
    assert values(estimate)[""] == 1.0


def test_targets_without_a_result_are_not_called_missed(study: Study, plan: Plan) -> None:
    targets = study.next_edition["targets"].assign(result=np.nan)
    with pytest.raises(UnavailableError, match="no agreed target has a result yet"):
        ask("targets.met", with_tables(study, targets=targets), plan, QUICK)


def test_stages_are_counted_and_their_moves(study: Study, plan: Plan) -> None:
    assert values(ask("stages.listed", study, plan, QUICK)) == {
        **{"n": 16, "emerged_n": 4, "embedded_n": 8, "enhanced_n": 4},
    }
    assert values(ask("stages.moved", study, plan, QUICK)) == {
        **{"up_n": 7, "same_n": 6, "down_n": 1, "of_n": 14, "no_stage_before_n": 2},
    }


def test_without_a_stage_before_nothing_moved_and_nothing_is_related(
    study: Study, plan: Plan
) -> None:
    stages = study.next_edition["stages"]
    missing = pd.Series([None] * len(stages), dtype="str")
    alone = with_tables(study, stages=stages.assign(framework_stage_before=missing))
    assert values(ask("stages.listed", alone, plan, QUICK))["n"] == 16
    for question in ("stages.moved", "stages.ks2.slope"):
        with pytest.raises(UnavailableError, match="of the year before"):
            ask(question, alone, plan, QUICK)


def test_gaps_are_counted_and_averaged_by_disadvantaged_pupils(study: Study, plan: Plan) -> None:
    estimate = ask("gaps.ks2.narrowed", study, plan, QUICK)
    found = values(estimate)
    assert (found["n"], found["of_n"], found["widened_n"]) == (3, 10, 4)
    assert found["pupils_n"] == 145
    assert found["mean_pp"] == pytest.approx((10 + 13 + 16 + 19 - 12 - 15 - 18) / 145)
    assert found["plain_mean_pp"] == pytest.approx(0.1)
    assert found["beyond_chance_n"] == 0


def test_chance_is_that_of_two_years_of_both_cohorts(study: Study, plan: Plan) -> None:
    estimate = ask("gaps.ks2.narrowed", study, plan, QUICK)
    cohorts = np.arange(10, 20)
    variance = 2 * (2500 / cohorts + 2500 / 40)
    reach = norm.ppf(0.975) * np.sqrt(variance)
    assert estimate.rows["chance_pp"].to_numpy() == pytest.approx(reach, rel=1e-9)
    margin = norm.ppf(0.975) * np.sqrt((cohorts**2 * variance).sum()) / cohorts.sum()
    mean = estimate.quantities["gaps.ks2.narrowed.mean_pp"]
    assert mean.value is not None
    assert (mean.low, mean.high) == pytest.approx((mean.value - margin, mean.value + margin))


def test_the_range_of_chance_holds_the_changes_that_chance_makes(study: Study, plan: Plan) -> None:
    draw = np.random.default_rng(5)
    n = 4000
    cohorts = draw.integers(15, 60, n), draw.integers(40, 200, n)
    shares = [draw.binomial(c, 0.5, n) / c for c in (*cohorts, *cohorts)]
    gap = 100 * ((shares[3] - shares[1]) - (shares[2] - shares[0]))
    gaps = pd.DataFrame(
        {
            "collaboration": [f"Group {i}" for i in range(n)],
            "key_stage": "ks2",
            "gap_pp": gap,
            "gap_before_pp": 100 * (shares[1] - shares[0]),
            "cohort_disadvantaged": cohorts[0],
            "cohort_other": cohorts[1],
        }
    )
    found = values(ask("gaps.ks2.narrowed", with_tables(study, gaps=gaps), plan, QUICK))
    # Four standard errors of a share of 5 % among 4,000, and what whole pupils make coarse.
    assert found["beyond_chance_n"] / n == pytest.approx(0.05, abs=0.02)
    # Two years of one variance: the change shares half of it with the year before.
    assert found["before_correlation"] == pytest.approx(-np.sqrt(0.5), abs=0.05)


def test_gaps_of_the_year_before_that_are_not_given_are_not_guessed(
    study: Study, plan: Plan
) -> None:
    gaps = study.next_edition["gaps"].assign(gap_before_pp=np.nan)
    estimate = ask("gaps.ks2.narrowed", with_tables(study, gaps=gaps), plan, QUICK)
    number = estimate.quantities["gaps.ks2.narrowed.before_correlation"]
    assert number.value is None
    assert number.text.startswith("not to be had")


def test_a_key_stage_without_gaps_is_said_to_have_none(study: Study, plan: Plan) -> None:
    gaps = study.next_edition["gaps"]
    only = with_tables(study, gaps=gaps[gaps["key_stage"] == "ks2"])
    with pytest.raises(UnavailableError, match="no group has a gap at key stage 4"):
        ask("gaps.ks4.narrowed", only, plan, QUICK)


def test_grades_are_compared_over_the_same_groups(study: Study, plan: Plan) -> None:
    found = values(ask("grades.changed", study, plan, QUICK))
    assert found["before_pct"] == pytest.approx(100 * 42 / 57)
    assert found["after_pct"] == pytest.approx(100 * 45 / 57)
    assert found["change_pp"] == pytest.approx(100 * 3 / 57)
    assert (found["first"], found["second"]) == (2030, 2031)
    counts = [found[f"{name}_n"] for name in ("up", "same", "down", "of", "one_year")]
    assert counts == [6, 3, 3, 12, 1]


def test_the_slope_on_stages_is_least_squares_over_groups_with_both(
    study: Study, plan: Plan
) -> None:
    estimate = ask("stages.ks2.slope", study, plan, QUICK)
    rows = estimate.rows
    assert set(rows["collaboration"]) == set(GROUPS[:12])
    assert set(rows["exposure"]) == {0.0, 1.0}
    slope = np.polyfit(rows["exposure"], rows["outcome"], 1)[0]
    assert estimate.main.value == pytest.approx(slope)
    assert estimate.main.unit == "pp per stage"


def test_the_slope_of_gaps_is_on_money_per_school(study: Study, plan: Plan) -> None:
    estimate = ask("gaps.ks2.funding_slope", study, plan, QUICK)
    table = study.collaborations.set_index("collaboration").loc[estimate.rows["collaboration"]]
    each = (table["funding_2030_31_gbp"] / 1000 / table["n_schools"].astype(float)).to_numpy()
    assert estimate.rows["exposure"].to_numpy() == pytest.approx(each)
    slope = np.polyfit(each, estimate.rows["outcome"], 1)[0]
    assert estimate.main.value == pytest.approx(slope)


def test_too_few_groups_make_no_line(study: Study, plan: Plan) -> None:
    few = with_tables(study, gaps=study.next_edition["gaps"].head(2))
    with pytest.raises(UnavailableError, match="2 groups have both figures"):
        ask("gaps.ks2.funding_slope", few, plan, QUICK)


@pytest.mark.parametrize("question", DESCRIBED)
def test_what_is_described_is_called_a_description(question: str, study: Study, plan: Plan) -> None:
    estimate = ask(question, study, plan, QUICK)
    assert {number.kind for number in estimate.quantities.values()} == {"description"}


@pytest.mark.parametrize("question", RELATED)
def test_what_is_related_is_an_association_and_would_be_no_effect(
    question: str, study: Study, plan: Plan
) -> None:
    estimate = ask(question, study, plan, QUICK)
    assert {number.kind for number in estimate.quantities.values()} == {"association"}
    facts = facts_of_next_edition(study, plan, estimate.question)
    assert judge(facts, "cause").kind == "not identified"
    assert judge(facts, "compare").kind == "association"


def test_improvers_only_are_seen_as_such(study: Study, plan: Plan) -> None:
    question = plan.questions["gaps.ks2.funding_slope"]
    assert not facts_of_next_edition(study, plan, question).outcome_selected
    gaps = study.next_edition["gaps"]
    improvers = with_tables(study, gaps=gaps[gaps["gap_pp"] <= 0])
    assert facts_of_next_edition(improvers, plan, question).outcome_selected
    estimate = ask(question.id, improvers, plan, QUICK)
    assert "among the groups that are shown" in estimate.verdict.words
    assert estimate.verdict.maryland == 0
    for aim in ("cause", "compare", "relate"):
        assert judge(facts_of_next_edition(improvers, plan, question), aim).kind != "effect"


def test_gains_shown_of_improvers_select_the_groups_of_a_stage_too(
    study: Study, plan: Plan
) -> None:
    question = plan.questions["stages.ks2.slope"]
    assert facts_of_next_edition(study, plan, question).outcome_selected
    table = study.collaborations.copy()
    table.loc[0, [f"gain_ks2_{i}_pp" for i in (1, 2, 3)]] = -1.0
    fell = replace(study, collaborations=table)
    assert not facts_of_next_edition(fell, plan, question).outcome_selected


def test_a_stage_that_follows_size_is_not_told_apart_from_it(study: Study, plan: Plan) -> None:
    question = plan.questions["stages.ks2.slope"]
    assert facts_of_next_edition(study, plan, question).separable
    ranks = study.next_edition["stages"]["framework_stage_before"].map(
        {"emerged": 2, "embedded": 5, "enhanced": 9}
    )
    size = study.collaborations["n_schools"].copy()
    size[: len(ranks)] = ranks.fillna(4).astype("Int64").to_numpy()
    table = study.collaborations.assign(n_schools=size)
    followed = replace(study, collaborations=table)
    assert not facts_of_next_edition(followed, plan, question).separable


def test_a_stage_declared_later_than_the_results_is_a_control_at_most(
    study: Study, plan: Plan
) -> None:
    later = replace(plan.exposures["stage_before"], school_year=1)
    changed = replace(plan, exposures={**plan.exposures, "stage_before": later})
    assert ask("stages.ks2.slope", study, changed, QUICK).verdict.kind == "negative control"


@pytest.mark.parametrize("question", [*DESCRIBED, *RELATED])
def test_a_release_without_these_tables_says_so(question: str) -> None:
    with pytest.raises(UnavailableError, match="this release has no"):
        ask(question, make_study("2013"), load_plan(), QUICK)


def test_promises_count_the_groups_that_have_what_they_take(study: Study, plan: Plan) -> None:
    estimate = ask("promises", study, plan, QUICK)
    assert estimate.rows["groups"].tolist() == [0, 14, 14, 12, 12, 14, 9, 16]
    assert set(estimate.rows["of"]) == {18}
    found = values(estimate)
    assert (found["whole_n"], found["part_n"], found["none_n"]) == (0, 7, 1)
    assert found["tables_n"] == 4


def test_the_release_of_2013_gives_none_of_the_new_tables() -> None:
    estimate = ask("promises", make_study("2013"), load_plan(), QUICK)
    assert estimate.rows["groups"].tolist() == [0, 23, 16, 0, 0, 20, 0, 0]
    assert values(estimate)["tables_n"] == 0
    assert estimate.rows["given"].tolist().count("not given") == 5


def test_every_promise_names_a_paragraph_and_files_that_the_guide_explains() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "tables.md").read_text(encoding="utf-8")
    for promise in PROMISES:
        assert promise.paragraph[0].isdigit()
        files = [word.strip(",:") for word in promise.takes.split() if ".csv" in word]
        assert files
        assert all(f"`{file}`" in guide for file in files), files
