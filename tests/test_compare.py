"""Tests of members against other schools: the declared difference, and every other method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from counties import (
    CLEAN,
    QUICK,
    STRONG,
    answered,
    designed,
    number,
    panel_from,
    plan_with,
    quick_plan,
    said,
    school,
    simulated,
    spell,
    study_of,
    tiny,
)

from analysis.errors import UnavailableError
from analysis.methods.adjustment import shrunken_gain
from analysis.methods.clusters import cluster_ols
from analysis.methods.did import group_time
from analysis.methods.did_aggregate import overall
from analysis.methods.fixed_effects import two_way
from analysis.methods.matching import match_nearest
from analysis.methods.multilevel import random_intercept
from analysis.methods.randomisation import randomise_clusters
from analysis.methods.weighting import entropy_balance, ipw_estimate, weighted_difference
from analysis.methods.wild import wild_cluster_bootstrap
from analysis.questions.compare import MEMBER, estimators, fit_members, homes, regressors
from analysis.questions.design import Design, design_of
from analysis.questions.estimate import Case, Estimate
from analysis.questions.identify import judge
from analysis.questions.plan import Plan
from analysis.questions.schools import facts_of_schools
from analysis.tables.tidy import Study

LEVEL = 0.95
SEEDS = range(40)
NAMES = (
    *("ancova", "gain", "shrunken", "entropy", "inverse", "matched", "multilevel", "two_way"),
    "group_time",
)


@dataclass(frozen=True)
class Drawn:
    """What 40 counties give: each method's estimates less the truth, and the headline's hits."""

    errors: dict[str, np.ndarray]
    covered: float


def drawn(names: tuple[str, ...], headline: bool, **settings: Any) -> Drawn:
    from analysis.questions.compare import _ESTIMATORS

    errors: dict[str, list[float]] = {name: [] for name in names}
    hits = 0
    for seed in SEEDS:
        county, study = simulated(seed, **settings)
        truth = county.truth["mean_gain_last_year_pp"]["ks2"]
        design = design_of(study, quick_plan(), "ks2")
        for name in names:
            errors[name].append(_ESTIMATORS[name][1](design, LEVEL).estimate - truth)
        if headline:
            main = answered("membership.ks2.difference", study).main
            assert main.low is not None
            assert main.high is not None
            hits += main.low <= truth <= main.high
    return Drawn({name: np.array(values) for name, values in errors.items()}, hits / len(SEEDS))


@pytest.fixture(scope="module")
def unselected() -> Drawn:
    return drawn(("ancova", "entropy", "group_time"), headline=True, **CLEAN)


@pytest.fixture(scope="module")
def selected() -> Drawn:
    return drawn(("ancova", "gain"), headline=False, selection=1.5, **CLEAN)


def off(errors: np.ndarray) -> float:
    """Return how many Monte Carlo standard errors the mean lies from nought."""
    return float(errors.mean() / (errors.std(ddof=1) / np.sqrt(len(errors))))


@pytest.mark.parametrize("name", ["ancova", "entropy", "group_time"])
def test_the_truth_of_a_county_is_recovered_on_average(unselected: Drawn, name: str) -> None:
    # Three Monte Carlo standard errors: a sound method strays farther once in 370 times.
    assert abs(off(unselected.errors[name])) < 3


def test_the_headline_interval_holds_the_truth_nearly_as_often_as_it_says(
    unselected: Drawn,
) -> None:
    # At 95 per cent, 34 of 40 or fewer hits come once in 70 times.
    assert unselected.covered >= 0.85


def test_where_weak_schools_join_the_gain_score_flatters_and_the_baseline_held_does_not(
    selected: Drawn,
) -> None:
    assert off(selected.errors["gain"]) > 5
    assert selected.errors["gain"].mean() > 1.5
    assert abs(selected.errors["ancova"].mean()) < selected.errors["gain"].mean() / 2


def test_the_difference_is_that_of_plain_least_squares_on_a_hand_made_panel() -> None:
    study, given = study_of(tiny()), plan_with(covariates=[], baseline_year=2010)
    estimate = answered("membership.ks2.difference", study, given)
    rows = tiny().schools.pivot(index="urn", columns="year", values="ks2_expected_pct")
    kept = rows.drop(["101", "103", "104"])
    member = kept.index.isin([f"00{at}" for at in range(1, 7)]).astype(float)
    X = np.column_stack([np.ones(len(kept)), member, kept[2010]])
    by_hand = np.linalg.lstsq(X, kept[2013].to_numpy(), rcond=None)[0][1]
    assert len(kept) == estimate.main.n == 14
    # The same regression with the baseline centred: equal but for rounding.
    assert number(estimate) == pytest.approx(by_hand, abs=1e-9)
    assert estimate.main.unit == "pp"


@pytest.mark.parametrize("overlap", ["fractional", "components"])
def test_the_rule_for_overlap_moves_the_interval_and_not_the_difference(overlap: str) -> None:
    study = simulated(1)[1]
    design = design_of(study, plan_with(overlap=overlap), "ks2")
    after = design.frame["after"].to_numpy()
    names, X = regressors(design)
    assert names == ("constant", "member", "before", "cohort", "earlier")
    whole = np.linalg.lstsq(X, after, rcond=None)[0]
    fit = fit_members(design, after, X, LEVEL)
    # Parts of a school add to one, so that the weighted fit is the plain one but for rounding.
    assert np.allclose(fit.estimates, whole, atol=1e-8)


@pytest.mark.parametrize(("stage", "seed"), [("ks2", 1), ("ks2", 3), ("ks4", 1), ("ks4", 4)])
def test_the_headline_is_the_widest_of_three_intervals_and_says_which(
    stage: str, seed: int
) -> None:
    estimate = answered(f"membership.{stage}.difference", simulated(seed)[1])
    name = estimate.question.id
    three = {key: estimate.quantities[f"{name}.{key}"] for key in ("cr2", "wild", "randomised")}
    widths = {key: one.high - one.low for key, one in three.items()}  # type: ignore[operator]
    widest = max(widths, key=lambda key: widths[key])
    main = estimate.main
    assert (main.low, main.high) == (three[widest].low, three[widest].high)
    assert main.p_value == three[widest].p_value
    assert len({round(float(one.value or 0), 9) for one in (main, *three.values())}) == 1
    words = {"cr2": "Satterthwaite", "wild": "bootstrap", "randomised": "randomisation"}
    assert words[widest] in estimate.quantities[f"{name}.widest"].text
    assert main.method == three[widest].method


def test_each_of_the_three_intervals_is_the_methods_own() -> None:
    study = simulated(2)[1]
    estimate = answered("membership.ks2.difference", study)
    design = design_of(study, quick_plan(), "ks2")
    _, X = regressors(design)
    after, parts = design.frame["after"].to_numpy(), design.shares
    fit = fit_members(design, after, X, LEVEL)
    wild = wild_cluster_bootstrap(
        after[parts.row], X[parts.row], 1, parts.cluster, weights=parts.weight,
        draws=design.rules.runs, seed=QUICK.seed, level=LEVEL,
    )  # fmt: skip
    dealt = randomise_clusters(
        after, design.member, homes(design), controls=X[:, 2:], draws=design.rules.runs,
        seed=QUICK.seed, level=LEVEL,
    )  # fmt: skip
    ends = {
        "cr2": (fit.low[MEMBER], fit.high[MEMBER]),
        "wild": (wild.low, wild.high),
        "randomised": (dealt.low, dealt.high),
    }
    for key, (low, high) in ends.items():
        one = estimate.quantities[f"{estimate.question.id}.{key}"]
        assert (one.low, one.high) == (pytest.approx(low), pytest.approx(high))


def test_the_counts_beside_the_difference_are_those_of_the_schools_compared() -> None:
    study = simulated(1)[1]
    estimate = answered("membership.ks2.difference", study)
    design = design_of(study, quick_plan(), "ks2")
    assert number(estimate, "members_n") + number(estimate, "others_n") == len(design.frame)
    assert number(estimate, "members_n") == design.member.sum()
    assert number(estimate, "overlap_n") == (design.frame["groups"] > 1).sum() > 0
    assert study.panel is not None
    known = study.panel.members[study.panel.members["urn"].isin(design.frame["urn"])]
    alone = (~design.frame["urn"].isin(known["urn"])).sum()
    assert number(estimate, "clusters_n") == known["collaboration"].nunique() + alone


def _least_squares(design: Design, outcome: str, X: np.ndarray) -> tuple[float, float]:
    parts, y = design.shares, design.frame[outcome].to_numpy()
    fit = cluster_ols(
        y[parts.row], X[parts.row], tuple(map(str, range(X.shape[1]))), parts.cluster,
        weights=parts.weight, level=LEVEL,
    )  # fmt: skip
    return float(fit.estimates[1]), float(fit.low[1])


def _gain(design: Design) -> tuple[float, float]:
    ones = np.ones(len(design.frame))
    return _least_squares(design, "gain", np.column_stack([ones, design.member]))


def _shrunken(design: Design) -> tuple[float, float]:
    frame = design.frame
    found = shrunken_gain(
        frame["before"], frame["after"], design.member, frame["cohort_before"], frame["cohort"],
        clusters=design.clusters, level=LEVEL,
    )  # fmt: skip
    return found.estimate, found.low


def _entropy(design: Design) -> tuple[float, float]:
    weights = entropy_balance(design.balance_on, design.member).weights
    found = weighted_difference(
        design.frame["after"], design.member, weights, clusters=design.clusters, level=LEVEL
    )
    return found.estimate, found.low


def _inverse(design: Design) -> tuple[float, float]:
    found = ipw_estimate(
        design.frame["gain"], design.balance_on, design.member, clusters=design.clusters
    )
    return found.estimate, found.low


def _matched(design: Design) -> tuple[float, float]:
    found = match_nearest(design.balance_on, design.member, design.frame["gain"], n_matches=3)
    return found.estimate, found.low


def _multilevel(design: Design) -> tuple[float, float]:
    names, X = regressors(design)
    fit = random_intercept(design.frame["after"], X, names, design.clusters)
    return float(fit.estimates[1]), float(fit.low[1])


def _two_way(design: Design) -> tuple[float, float]:
    long = design.long
    first = long["first_exposed"].to_numpy()
    exposed = ((first > 0) & (long["year"] >= first)).to_numpy(float)
    fit = two_way(
        long["outcome"], exposed[:, None], long["urn"], long["year"], names=("x",),
        clusters=long["cluster"],
    )  # fmt: skip
    return float(fit.estimates[0]), float(fit.low[0])


def _group_time(design: Design) -> tuple[float, float]:
    long = design.long
    first = long["first_exposed"].where(long["first_exposed"] <= 2013, 0)
    cells = group_time(
        long["outcome"], long["urn"], long["year"], first, control="not_yet",
        clusters=long["cluster"],
    )  # fmt: skip
    found = overall(cells, level=LEVEL)
    return found.estimate, found.low


BY_HAND: dict[str, Callable[[Design], tuple[float, float]]] = {
    "ancova": lambda design: _least_squares(design, "after", regressors(design)[1]),
    "gain": _gain, "shrunken": _shrunken, "entropy": _entropy, "inverse": _inverse,
    "matched": _matched, "multilevel": _multilevel, "two_way": _two_way,
    "group_time": _group_time,
}  # fmt: skip


@pytest.fixture(scope="module")
def methods() -> tuple[Estimate, Design]:
    study = simulated(1)[1]
    return answered("membership.ks2.methods", study), design_of(study, quick_plan(), "ks2")


@pytest.mark.parametrize("name", NAMES)
def test_every_methods_number_is_that_of_the_method_called_by_hand(
    methods: tuple[Estimate, Design], name: str
) -> None:
    estimate, design = methods
    value, low = BY_HAND[name](design)
    found = estimate.quantities[f"membership.ks2.methods.{name}"]
    # The same function on the same rows: equal but for the last bits.
    assert found.value == pytest.approx(value, rel=1e-9)
    assert found.low == pytest.approx(low, rel=1e-9)


def test_the_range_is_that_of_all_methods_and_every_method_has_a_line(
    methods: tuple[Estimate, Design],
) -> None:
    estimate, _ = methods
    values = [number(estimate, name) for name in NAMES]
    assert number(estimate, "lowest") == min(values)
    assert number(estimate, "highest") == max(values)
    assert len(estimate.rows) == len(NAMES)
    assert (estimate.rows["reason"] == "").all()
    assert estimate.rows["value"].tolist() == values


def few() -> Study:
    """Return four members and three others: too few for some methods, with scores no shares."""
    figures = [(60.0, 66), (70.0, 71), (55.0, 64), (65.0, 69), (62.0, 63), (68.0, 70), (58.0, 61)]
    rows = []
    for at, (before, after) in enumerate(figures):
        rows += school(f"{at}", {2011: before, 2012: before + at % 3, 2013: after}, cohort=20 + at)
    spells = [spell(f"{at}", f"Group {at // 2}", "2012-09-01") for at in range(4)]
    panel = panel_from(rows, spells)
    schools = panel.schools.assign(ks2_maths_score=90 + panel.schools["ks2_expected_pct"] / 5)
    return study_of(replace(panel, schools=schools.drop(columns="ks2_expected_pct")))


def test_a_method_that_cannot_be_used_is_listed_with_its_reason_and_the_others_remain() -> None:
    given = plan_with(covariates=[], outcomes={"ks2": "ks2_maths_score"})
    estimate = answered("membership.ks2.methods", few(), given)
    lines = estimate.rows.set_index("label")
    assert "pupils' standard deviation" in lines.loc["Gain shrunk by cohort", "reason"]
    assert np.isnan(lines.loc["Gain shrunk by cohort", "value"])
    assert "membership.ks2.methods.shrunken" not in estimate.quantities
    left = lines[lines["reason"] == ""]
    assert {"Baseline held (the declared one)", "Gain score"} <= set(left.index)
    assert len(lines) == len(NAMES)
    assert number(estimate, "lowest") == left["value"].min()
    assert not [text for text in estimate.rows["reason"] if STRONG.search(text)]


def case(study: Study, finding: str, given: Plan) -> Case:
    question = given.question_of(finding)
    facts = facts_of_schools(study, given, question)
    return Case(study, given, QUICK, question, judge(facts, question.aim), facts)


def test_weights_that_cannot_balance_are_a_reason_and_no_number() -> None:
    rows = []
    for at in range(16):
        start = 70.0 + at if at < 8 else 50.0 + at / 2
        rows += school(f"{at:02d}", {2012: start, 2013: start + at % 3 - 1}, cohort=30 + at)
    spells = [spell(f"{at:02d}", f"Group {at // 2}", "2012-09-01") for at in range(8)]
    study = study_of(panel_from(rows, spells))
    answer = estimators(case(study, "membership.ks2.methods", plan_with(covariates=[])))
    lines = answer.rows.set_index("label")
    assert "no weights make" in lines.loc["Entropy balancing", "reason"]
    assert lines.loc["Gain score", "reason"] == ""


def test_no_method_of_averages_by_joining_where_nobody_joined_in_between() -> None:
    given = plan_with(already_members="keep", baseline_year=2010)
    panel = tiny()
    early = panel.members.assign(joined=panel.members["joined"].min().replace(year=2009))
    spells = early.assign(joined=early["joined"].where(~panel.members["joined_unknown"]))
    study = study_of(replace(panel, members=spells))
    lines = answered("membership.ks2.methods", study, given).rows.set_index("label")
    assert "nobody joined" in lines.loc["By year of joining", "reason"]
    assert lines.loc["Baseline held (the declared one)", "reason"] == ""


def test_a_comparison_that_no_method_can_make_is_unavailable_and_no_traceback() -> None:
    rows = [row for at in range(8) for row in school(f"{at}", {2012: 60.0, 2013: 61.0 + at})]
    spells = [spell(f"{at}", "One", "2012-09-01") for at in range(4)]
    with pytest.raises(UnavailableError, match="too few groups, or they differ too little"):
        answered("membership.ks2.difference", study_of(panel_from(rows, spells)))


def test_no_word_is_stronger_than_the_gate_allows_in_any_answer() -> None:
    money = {"money_years": (2012, 2014), "award_shares": (0.9, 0.5)}
    study = simulated(1, selection=3.0, **money)[1]
    asked = [name for name, one in quick_plan().questions.items() if one.data == "schools"]
    assert len(asked) > 30
    for name in asked:
        estimate = answered(name, study)
        assert "effect" not in {one.kind for one in estimate.quantities.values()}, name
        assert not [text for text in said(estimate) if STRONG.search(text)], name


def test_the_order_of_rows_does_not_move_the_difference() -> None:
    panel = tiny()
    shuffled = replace(
        panel,
        schools=panel.schools.sample(frac=1, random_state=5),
        members=panel.members.sample(frac=1, random_state=6),
    )
    one, other = (
        answered("membership.ks2.difference", study_of(each)) for each in (panel, shuffled)
    )
    assert number(one) == pytest.approx(number(other), rel=1e-12)
    assert one.main.interval == other.main.interval
    assert designed(panel).flow.equals(designed(shuffled).flow)
