"""Tests of what the comparison has to withstand: balance, hidden reasons, lost results, power."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import (
    CLEAN,
    OUTCOME,
    answered,
    number,
    plan_with,
    quick_plan,
    simulated,
    study_of,
    tiny,
)

from analysis.errors import UnavailableError
from analysis.methods import power, sensitivity, sensitivity_more, standardised
from analysis.methods.association import fit_ols
from analysis.methods.balance import baseline_table, entropy_balance
from analysis.methods.multilevel import icc_anova
from analysis.methods.shrinkage import empirical_bayes, percentage_variance
from analysis.questions.compare import MEMBER, fit_members, regressors
from analysis.questions.design import Design, design_of
from analysis.questions.regression import shrunken_gains
from analysis.tables.tidy import Study

LEVEL = 0.95


def designed(study: Study, stage: str = "ks2") -> Design:
    return design_of(study, quick_plan(), stage)


@pytest.mark.parametrize("stage", ["ks2", "ks4"])
def test_the_numbers_of_the_flow_are_its_first_and_last_line(stage: str) -> None:
    study = simulated(1)[1]
    estimate = answered(f"schools.{stage}.flow", study)
    assert number(estimate) == len(designed(study, stage).frame)
    assert number(estimate, "in_tables") == {"ks2": 473, "ks4": 101}[stage]
    assert number(estimate) + number(estimate, "set_aside") == number(estimate, "in_tables")
    assert estimate.main.kind == "description"


def test_the_truth_is_stated_for_a_simulated_year_and_for_no_other() -> None:
    one, study = simulated(1)
    truth = one.truth["mean_gain_last_year_pp"]["ks4"]
    assert number(answered("schools.ks4.truth", study)) == pytest.approx(truth)
    with pytest.raises(UnavailableError, match="nobody knows the true difference"):
        answered("schools.ks2.truth", study_of(tiny()))


def test_the_gap_to_the_authoritys_row_is_the_largest_of_its_stage() -> None:
    estimate = answered("schools.ks2.reconciled", simulated(1)[1])
    assert number(estimate) == 0.5
    assert number(estimate, "figures_n") == 2
    assert number(estimate, "pupils_n") == 12_000
    assert number(estimate, "unseen_n") == 12
    study = simulated(1)[1]
    assert study.panel is not None
    none = replace(study.panel, reconciliation=study.panel.reconciliation.iloc[:0])
    with pytest.raises(UnavailableError, match="no row for the authority"):
        answered("schools.ks2.reconciled", replace(study, panel=none))


def test_missing_figures_are_counted_by_reason_for_members_and_others() -> None:
    panel = tiny()
    lines = [
        ("102", 2011, "ks2", OUTCOME, "SUPP"), ("103", 2013, "ks2", OUTCOME, "SUPP"),
        ("007", 2010, "ks2", OUTCOME, "NE"), ("007", 2005, "ks2", OUTCOME, "NE"),
        ("007", 2011, "ks4", "ks4_five_good_pct", "NE"), ("007", 2011, "ks2", "fsm_pct", "NE"),
    ]  # fmt: skip
    missing = pd.DataFrame(lines, columns=["urn", "year", "stage", "column", "reason"])
    estimate = answered("schools.ks2.suppressed", study_of(replace(panel, suppressed=missing)))
    assert number(estimate) == 3
    assert estimate.rows.set_index("reason").to_dict("index") == {
        "NE": {"ever_members": 0, "never_members": 1},
        "SUPP": {"ever_members": 1, "never_members": 1},
    }


@pytest.mark.parametrize(
    ("seed", "selection", "words"),
    [(1, 0.0, "alike enough to compare as they are"), (1, 3.0, "too different to be called"),
     (3, 0.0, "once the differences are held")],
)  # fmt: skip
def test_balance_is_the_table_before_and_after_entropy_weights(
    seed: int, selection: float, words: str
) -> None:
    study = simulated(seed, selection=selection)[1]
    estimate = answered("schools.ks2.balance", study)
    design = designed(study)
    table = baseline_table(design.balance_on, design.member)
    weights = entropy_balance(design.balance_on, design.member)
    assert number(estimate) == pytest.approx(table["difference"].abs().max())
    assert words in estimate.quantities["schools.ks2.balance.word"].text
    assert number(estimate, "largest_gap") == weights.largest_gap < 1e-6
    assert number(estimate, "like_n") == pytest.approx(weights.effective_n)
    assert number(estimate, "like_n") <= (~design.member).sum()
    assert abs(number(estimate, "weighted")) < 1e-4
    assert estimate.rows["covariate"].tolist() == [*design.covariates, "before"]


@pytest.fixture(scope="module")
def study() -> Study:
    return simulated(1)[1]


def classical(design: Design) -> tuple[Any, np.ndarray, tuple[str, ...], np.ndarray]:
    names, X = regressors(design)
    after = design.frame["after"].to_numpy()
    return fit_ols(after, X, names, covariance="classical"), X, names, after


def test_sensitivity_is_that_of_the_classical_errors(study: Study) -> None:
    estimate = answered("membership.ks2.hidden", study)
    design = designed(study)
    fit, X, names, after = classical(design)
    found = sensitivity.sensitivity(
        float(fit.estimates[1]), float(fit.standard_errors[1]), len(after) - X.shape[1]
    )
    assert number(estimate) == pytest.approx(found.robustness_value)
    assert number(estimate, "significance") == pytest.approx(found.robustness_value_significance)
    assert number(estimate, "partial_r2") == pytest.approx(found.partial_r2)
    bounds = sensitivity.benchmark_bounds(after, X, names, "member", ["before"])
    for times in (1, 2, 3):
        one = estimate.quantities[f"membership.ks2.hidden.as_baseline_{times}"]
        assert one.value == pytest.approx(bounds["adjusted_estimate"][times - 1])
        assert one.low == pytest.approx(bounds["adjusted_low"][times - 1])
    clustered = fit_members(design, after, X, LEVEL)
    assert clustered.standard_errors[1] != pytest.approx(fit.standard_errors[1], rel=0.01)


@pytest.mark.parametrize("stage", ["ks2", "ks4"])
def test_osters_ratio_the_e_value_and_the_range_without_each_group_are_finite(
    study: Study, stage: str
) -> None:
    estimate = answered(f"membership.{stage}.hidden", study)
    design = designed(study, stage)
    fit, X, names, after = classical(design)
    oster = sensitivity_more.oster_of(after, X, names, "member", common=["constant"])
    assert number(estimate, "oster") == pytest.approx(oster.delta)
    value = float(fit.estimates[1])
    n, members = len(after), int(design.member.sum())
    g = value / after.std(ddof=1) * standardised.small_sample_correction(n - 2)
    ratio = sensitivity_more.e_value_difference(g, 0.0)
    assert number(estimate, "e_value") == pytest.approx(ratio.estimate)
    assert number(estimate, "e_value") > 1
    spread = estimate.quantities[f"membership.{stage}.hidden.leave_one_out"]
    assert spread.low is not None
    assert spread.high is not None
    assert spread.low < value < spread.high
    assert spread.value == pytest.approx(value)
    assert members < n
    for one in estimate.quantities.values():
        assert one.value is not None
        assert np.isfinite(one.value), one.id


def test_without_one_collaboration_the_difference_is_that_of_the_rest() -> None:
    """Groups apart from each other: leaving one out is leaving out its schools."""
    separate = simulated(2, **CLEAN)[1]
    estimate = answered("membership.ks2.hidden", separate)
    design = designed(separate)
    fit, X, _, after = classical(design)
    left = [
        np.linalg.lstsq(X[design.clusters != one], after[design.clusters != one], rcond=None)[0][1]
        for one in np.unique(design.clusters)
    ]
    spread = estimate.quantities["membership.ks2.hidden.leave_one_out"]
    assert spread.low == pytest.approx(min(left))
    assert spread.high == pytest.approx(max(left))
    assert min(left) < fit.estimates[1] < max(left)


def test_in_standard_deviations_it_is_the_difference_over_the_spread_of_all_schools(
    study: Study,
) -> None:
    estimate = answered("membership.ks2.standardised", study)
    design = designed(study)
    _, X = regressors(design)
    after = design.frame["after"].to_numpy()
    fit = fit_members(design, after, X, LEVEL)
    g = standardised.from_difference(
        float(fit.estimates[MEMBER]), float(fit.standard_errors[MEMBER]),
        float(np.std(after, ddof=1)), int(design.member.sum()), int((~design.member).sum()),
    )  # fmt: skip
    assert number(estimate) == pytest.approx(g.estimate)
    assert (estimate.main.low, estimate.main.high) == (
        pytest.approx(g.low), pytest.approx(g.high)
    )  # fmt: skip


def test_months_are_refused_in_words_where_the_spread_is_one_between_schools(study: Study) -> None:
    estimate = answered("membership.ks2.standardised", study)
    months = estimate.quantities["membership.ks2.standardised.months"]
    assert months.value is None
    assert "months are for pupils" in months.text


def test_months_are_given_by_the_table_where_the_plan_says_the_spread_is_pupils(
    study: Study,
) -> None:
    estimate = answered("membership.ks2.standardised", study, plan_with(months=True))
    months = estimate.quantities["membership.ks2.standardised.months"]
    by_table = standardised.months_of_progress(number(estimate), pupil_level=True)
    assert months.value == by_table > 0
    assert months.words is None
    assert "months" in months.text


def test_bounds_on_lost_results_hold_the_difference_of_those_seen(study: Study) -> None:
    for stage in ("ks2", "ks4"):
        estimate = answered(f"membership.{stage}.lost", study)
        design = designed(study, stage)
        gain, member = design.frame["gain"].to_numpy(), design.member
        main = estimate.main
        assert main.value is None
        assert main.kind == "bound"
        assert main.low is not None
        assert main.high is not None
        complete = number(estimate, "complete")
        assert complete == pytest.approx(gain[member].mean() - gain[~member].mean())
        assert main.low < complete < main.high
        lost = number(estimate, "members_lost"), number(estimate, "others_lost")
        assert sum(lost) == len(design.unseen) == design.flow["set_aside"].iloc[-1]
        assert (number(estimate, "worst"), number(estimate, "best")) == (gain.min(), gain.max())
        sums = gain[member].sum() + lost[0] * gain.min(), gain[~member].sum() + lost[1] * gain.max()
        least = sums[0] / (member.sum() + lost[0]) - sums[1] / ((~member).sum() + lost[1])
        assert main.low == pytest.approx(least)


def test_where_nothing_is_lost_the_bounds_are_the_difference() -> None:
    panel = tiny()
    whole = replace(panel, schools=panel.schools[panel.schools["urn"] != "103"])
    main = answered("membership.ks2.lost", study_of(whole)).main
    assert main.low == pytest.approx(main.high)


def test_what_is_detectable_is_the_clustered_formula_on_the_harmonic_mean_size(
    study: Study,
) -> None:
    estimate = answered("membership.ks2.detectable", study)
    design, given = designed(study), quick_plan()
    _, X = regressors(design)
    held = np.delete(X, MEMBER, axis=1)
    after = design.frame["after"].to_numpy()
    left = after - held @ np.linalg.lstsq(held, after, rcond=None)[0]
    icc = icc_anova(left, design.clusters)
    sizes = np.bincount(design.clusters)
    treated = pd.Series(design.member).groupby(design.clusters).mean() > 0.5
    found = power.clustered_mde(
        len(sizes), len(sizes) / (1 / sizes).sum(), max(icc.icc, 0), float(treated.mean()),
        sd=float(np.sqrt(left @ left / (len(left) - held.shape[1]))),
        power=given.power, alpha=given.alpha,
    )  # fmt: skip
    assert number(estimate) == pytest.approx(found.mde)
    assert number(estimate, "icc") == pytest.approx(icc.icc)
    assert estimate.main.kind == "power"
    assert len(set(sizes)) > 1


def test_more_schools_make_smaller_differences_detectable() -> None:
    small = {"n_primary": 150, "n_collaborations": 30, "n_secondary": 40}
    few, many = (
        number(answered("membership.ks2.detectable", simulated(1, **settings)[1]))
        for settings in (small, {})
    )
    assert many < few


def test_gains_are_shrunk_by_the_chance_of_their_cohorts(study: Study) -> None:
    design = designed(study)
    frame = design.frame
    chance = percentage_variance(frame["before"], frame["cohort_before"])
    chance = chance + percentage_variance(frame["after"], frame["cohort"])
    found, by_hand = shrunken_gains(design), empirical_bayes(frame["gain"], chance)
    assert np.allclose(found.values, by_hand.values)
    assert found.values.std() < frame["gain"].std()
    smallest = frame["cohort"].to_numpy().argmin()
    assert found.reliability[smallest] < np.median(found.reliability)
    estimate = answered("schools.ks2.funnel", study)
    assert number(estimate, "reliability") == pytest.approx(np.median(by_hand.reliability))
    z = np.abs(frame["gain"] - np.average(frame["gain"], weights=1 / chance)) / np.sqrt(chance)
    assert number(estimate, "outside_95") == (z > 1.96).sum()
    assert number(estimate, "outside_998") == (z > 3.09).sum()
    assert np.allclose(estimate.rows["shrunken"], by_hand.values)


def test_scores_have_no_funnel_and_say_why() -> None:
    panel = tiny()
    rows = panel.schools.assign(ks2_maths_score=90 + panel.schools[OUTCOME] / 5)
    given = plan_with(outcomes={"ks2": "ks2_maths_score"})
    with pytest.raises(UnavailableError, match="pupils' standard deviation"):
        answered("schools.ks2.funnel", study_of(replace(panel, schools=rows)), given)
