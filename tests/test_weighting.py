"""Tests of chances of treatment, weights from them and the differences that use them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels
from causaldata import nsw_mixtape
from statsmodels.discrete.discrete_model import Logit, Probit
from statsmodels.regression.linear_model import WLS
from statsmodels.treatment.tests.results import results_teffects as stata

from analysis.methods import balance, weighting
from analysis.methods.weighting import (
    aipw_estimate,
    inverse_probability,
    ipw_estimate,
    propensity,
    ra_estimate,
    weighted_difference,
)
from analysis.methods.weighting_results import StackedDifference

BIRTHS = pd.read_csv(Path(statsmodels.__file__).parent / "treatment/tests/results/cataneo2.csv")
SCORED = BIRTHS[["mmarried_", "mage", "mage2", "fbaby_", "medu"]]
ADJUSTED = BIRTHS[["prenatal1_", "mmarried_", "mage", "fbaby_"]]
SMOKED, WEIGHT = BIRTHS["mbsmoke_"], BIRTHS["bweight"]
Sample = tuple[np.ndarray, np.ndarray, np.ndarray]


def confounded(seed: int, n: int = 400, gap: float = 2.0) -> Sample:
    """Return y, two covariates and treatment: the gap is the same for all, the arms are not."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 2))
    treated = draw.random(n) < 1 / (1 + np.exp(0.5 - 0.8 * x[:, 0] + 0.4 * x[:, 1]))
    y = 10 + 3 * x[:, 0] - x[:, 1] + gap * treated + draw.normal(size=n)
    return y, x, treated


def test_the_trial_itself_finds_the_published_difference() -> None:
    trial = nsw_mixtape.load_pandas().data
    found = weighted_difference(trial["re78"], trial["treat"], np.ones(len(trial)))
    # Dehejia and Wahba (1999), table 3: 1,794 (633). Cents more from the same public file.
    assert found.estimate == pytest.approx(1794.34, abs=0.01)
    # The published error is classical, ours robust: 633 and 671.
    assert found.standard_error == pytest.approx(633, rel=0.07)


@pytest.mark.parametrize(("link", "model"), [("logit", Logit), ("probit", Probit)])
def test_chances_are_those_of_statsmodels(link: Any, model: Any) -> None:
    design = np.column_stack([np.ones(len(SCORED)), SCORED])
    other = model(SMOKED.to_numpy(), design).fit(disp=0, maxiter=100)
    found = propensity(SCORED, SMOKED, link=link)
    assert found.converged
    # Both are at the maximum; statsmodels' gradient, of columns up to 2,000, stops first.
    np.testing.assert_allclose(found.coefficients, other.params, rtol=1e-5)
    np.testing.assert_allclose(found.scores, other.predict(), rtol=1e-5)
    assert found.names == ("constant", *SCORED.columns)


def test_chances_of_a_yes_or_no_are_the_shares_treated() -> None:
    x, treated = np.repeat([0.0, 1], 10)[:, None], np.array([1] * 3 + [0] * 7 + [1] * 6 + [0] * 4)
    found = propensity(x, treated)
    np.testing.assert_allclose(found.scores, np.repeat([0.3, 0.6], 10))
    assert found.coefficients[1] == pytest.approx(math.log(1.5 / (3 / 7)))


@pytest.mark.parametrize("link", ["logit", "probit"])
@pytest.mark.parametrize("x", [[1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 1]], ids=["all", "one row"])
def test_separated_arms_are_reported_or_refused(x: list[float], link: Any) -> None:
    columns, treated = np.array(x, dtype=float)[:, None], [0, 0, 0, 1, 1, 1]
    found = propensity(columns, treated, link=link)
    assert not found.converged
    with pytest.raises(ValueError, match="separate"):
        ipw_estimate(np.arange(6.0), columns, treated, link=link)


def test_columns_that_cannot_be_told_apart_are_refused() -> None:
    _, x, treated = confounded(7)
    with pytest.raises(ValueError, match="dependent"):
        propensity(np.column_stack([x, x[:, 0] + x[:, 1]]), treated)
    with pytest.raises(ValueError, match="constant"):
        propensity(np.column_stack([x, np.ones(len(x))]), treated)
    with pytest.raises(ValueError, match="logit, probit"):
        propensity(x, treated, link="identity")  # type: ignore[arg-type]


def test_the_weights_of_all_kinds_are_found_in_one_place() -> None:
    assert weighting.entropy_balance is balance.entropy_balance
    assert weighting.Weights is balance.Weights


def test_inverse_probabilities_stand_for_the_treated_or_for_all() -> None:
    p, treated = np.array([0.2, 0.5, 0.5, 0.8]), [1, 1, 0, 0]
    plain = inverse_probability(p, treated, normalise=False)
    np.testing.assert_allclose(plain.weights, [1, 1, 1, 4])
    assert plain.effective_n == pytest.approx(25 / 17)
    att = inverse_probability(p, treated)
    np.testing.assert_allclose(att.weights, [1, 1, 0.4, 1.6])
    ate = inverse_probability(p, treated, estimand="ate", normalise=False)
    np.testing.assert_allclose(ate.weights, [5, 2, 2, 5])
    both = inverse_probability(p, treated, estimand="ate").weights
    assert both[:2].sum() == pytest.approx(4) == both[2:].sum()
    assert math.isnan(ate.largest_gap)


@pytest.mark.parametrize(
    ("scores", "estimand", "said"),
    [([0.0, 0.5], "att", "between 0 and 1"), ([0.5, 1.0], "att", "between 0 and 1"),
     ([0.5], "att", "expected 2"), ([0.5, 0.5], "atc", "att, ate")],
)  # fmt: skip
def test_scores_that_are_no_chances_are_refused(scores: Any, estimand: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        inverse_probability(scores, [1, 0], estimand=estimand)


@pytest.mark.parametrize("clustered", [False, True])
def test_a_weighted_difference_is_that_of_weighted_least_squares(clustered: bool) -> None:
    y, x, treated = confounded(8, n=120)
    weights = np.exp(x[:, 1] / 2)
    clusters = np.arange(120) % 15
    model = WLS(y, np.column_stack([np.ones(120), treated]), weights=weights)
    kind: dict[str, Any] = {"cov_type": "HC1"}
    if clustered:
        kind = {"cov_type": "cluster", "cov_kwds": {"groups": clusters}}
    other = model.fit(use_t=True, **kind)
    found = weighted_difference(y, treated, weights, clusters=clusters if clustered else None)
    assert found.df == (14 if clustered else 118)
    assert found.estimate == pytest.approx(other.params[1], rel=1e-10)
    assert found.standard_error == pytest.approx(other.bse[1], rel=1e-10)
    np.testing.assert_allclose([found.low, found.high], other.conf_int()[1], rtol=1e-9)
    assert found.p_value == pytest.approx(other.pvalues[1], rel=1e-6)


def test_rows_of_weight_zero_count_nowhere() -> None:
    y, x, treated = confounded(9, n=60)
    weights = np.where(np.arange(60) < 40, np.exp(x[:, 0]), 0.0)
    found = weighted_difference(y, treated, weights, clusters=np.arange(60) // 4)
    kept = weighted_difference(y[:40], treated[:40], weights[:40], clusters=np.arange(40) // 4)
    assert found == kept
    assert found.n == 40


def test_a_weighted_difference_scales_with_y_and_not_with_the_weights() -> None:
    y, x, treated = confounded(10, n=60)
    weights = np.exp(x[:, 0])
    plain = weighted_difference(y, treated, weights)
    order = np.random.default_rng(1).permutation(60)
    other = weighted_difference(5 * y[order] - 2, treated[order], 9 * weights[order])
    assert other.estimate == pytest.approx(5 * plain.estimate)
    assert other.standard_error == pytest.approx(5 * plain.standard_error)
    assert other.p_value == pytest.approx(plain.p_value)


@pytest.mark.parametrize(
    ("y", "treated", "weights", "clusters", "said"),
    [
        ([1, 2, np.nan], [1, 0, 0], [1, 1, 1], None, "finite"),
        ([1, 2], [1, 0, 0], [1, 1, 1], None, "y of shape"),
        ([1, 2, 3], [1, 0, 0], [1, 1, 0], None, "too few"),
        ([1, 2, 3], [1, 0, 0], [1, 1, 1], [1, 1, 1], "too few"),
        ([1, 2, 3], [1, 0, 0], [0, 1, 1], None, "weight zero"),
        ([1, 2, 3], [1, 0, 0], [1, 1, 1], [1, 1], "clusters have shape"),
    ],
)
def test_a_difference_of_too_little_is_refused(
    y: Any, treated: Any, weights: Any, clusters: Any, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        weighted_difference(y, treated, weights, clusters=clusters)


def teffects(estimator: str, estimand: Any) -> StackedDifference:
    if estimator == "ipw":
        return ipw_estimate(WEIGHT, SCORED, SMOKED, estimand=estimand, link="probit")
    if estimator == "ra":
        return ra_estimate(WEIGHT, ADJUSTED, SMOKED, estimand=estimand)
    return aipw_estimate(
        WEIGHT, ADJUSTED, SMOKED, score_covariates=SCORED, estimand=estimand, link="probit"
    )


@pytest.mark.parametrize(
    ("estimator", "estimand", "table"),
    [
        ("ipw", "ate", stata.results_ipw.table),
        ("ipw", "att", stata.results_ipw.table_t),
        ("ra", "ate", stata.results_ra.table),
        ("ra", "att", stata.results_ra.table_t),
        ("aipw", "ate", stata.results_aipw.table),
    ],
)
def test_estimates_and_errors_are_statas(estimator: str, estimand: str, table: np.ndarray) -> None:
    # Stata's teffects on Cattaneo's (2010) births, as shipped in statsmodels' own tests: first row
    # the difference, second the mean of the controls; columns b, se, z, p, ll, ul.
    found = teffects(estimator, estimand)
    # Stata's iterations stop at a part in 1e9 or so; everything else has all digits.
    ours = [found.estimate, found.standard_error, found.low, found.high]
    np.testing.assert_allclose(ours, table[0, [0, 1, 4, 5]], rtol=1e-8)
    control = [found.mean_control, found.mean_control_error]
    np.testing.assert_allclose(control, table[1, :2], rtol=1e-8)
    # A p-value of 1e-19 multiplies the error of z by z squared.
    assert found.p_value == pytest.approx(table[0, 3], rel=1e-6)


def test_a_weight_of_known_scores_would_give_another_error_than_of_fitted_ones() -> None:
    scores = propensity(SCORED, SMOKED, link="probit").scores
    weights = inverse_probability(scores, SMOKED).weights
    taken = weighted_difference(WEIGHT, SMOKED, weights)
    stacked = teffects("ipw", "att")
    assert taken.estimate == pytest.approx(stacked.estimate, rel=1e-10)
    assert abs(taken.standard_error / stacked.standard_error - 1) > 1e-3


@pytest.mark.parametrize("estimand", ["att", "ate"])
@pytest.mark.parametrize("estimate", [ipw_estimate, ra_estimate, aipw_estimate])
def test_each_estimate_finds_the_truth_and_its_interval_covers_it(
    estimate: Any, estimand: str
) -> None:
    found = [estimate(*confounded(seed), estimand=estimand, level=0.9) for seed in range(100, 350)]
    estimates = np.array([one.estimate for one in found])
    # Three errors of the mean of 250, and weighting's own bias of a part in n.
    assert abs(estimates.mean() - 2) < 3 * estimates.std() / math.sqrt(250) + 0.03
    # Three binomial errors of 250 draws at 0.9 are 0.057; sandwiches run a little short.
    assert 0.83 < np.mean([one.low <= 2 <= one.high for one in found]) <= 0.96


@pytest.mark.parametrize("wrong", ["outcome", "chances"])
def test_the_doubly_robust_one_is_right_if_either_model_is(wrong: str) -> None:
    estimates = []
    for seed in range(60):
        y, x, treated = confounded(seed, n=1_000)
        bad = x[:, 1:]
        good, scored = (bad, x) if wrong == "outcome" else (x, bad)
        estimates.append(aipw_estimate(y, good, treated, score_covariates=scored).estimate)
        biased = ra_estimate(y, bad, treated).estimate
        assert biased > 2.8
    # Three errors of the mean of 60 draws.
    assert abs(np.mean(estimates) - 2) < 3 * np.std(estimates) / math.sqrt(60) + 0.02


@pytest.mark.parametrize("estimate", [ipw_estimate, ra_estimate, aipw_estimate])
def test_doubled_rows_in_clusters_of_two_add_no_information(estimate: Any) -> None:
    y, x, treated = confounded(11, n=150)
    single = estimate(y, x, treated, clusters=np.arange(150))
    double = estimate(
        np.tile(y, 2), np.tile(x, (2, 1)), np.tile(treated, 2), clusters=np.tile(np.arange(150), 2)
    )
    assert double.estimate == pytest.approx(single.estimate)
    assert double.standard_error == pytest.approx(single.standard_error)
    assert (single.df, double.n) == (149, 300)
    plain = estimate(y, x, treated)
    factor = math.sqrt(150 / 149)
    assert single.standard_error == pytest.approx(factor * plain.standard_error)
    assert plain.df == math.inf
    with pytest.raises(ValueError, match="one cluster"):
        estimate(y, x, treated, clusters=np.zeros(150))


@pytest.mark.parametrize("estimate", [ipw_estimate, ra_estimate, aipw_estimate])
def test_stacked_estimates_ignore_units_and_order(estimate: Any) -> None:
    y, x, treated = confounded(12, n=200)
    plain = estimate(y, x, treated)
    order = np.random.default_rng(3).permutation(200)
    other = estimate(10 * y[order] + 7, 1000 * x[order] - 5, treated[order])
    assert other.estimate == pytest.approx(10 * plain.estimate, rel=1e-8)
    assert other.standard_error == pytest.approx(10 * plain.standard_error, rel=1e-8)


def test_a_regression_that_an_arm_is_too_small_for_is_refused() -> None:
    y, x, treated = confounded(13, n=40)
    few = np.arange(40) < 3
    with pytest.raises(ValueError, match="3 rows of an arm"):
        ra_estimate(y, x, few)
    with pytest.raises(ValueError, match="att, ate"):
        ra_estimate(y, x, treated, estimand="atc")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite"):
        ra_estimate(np.where(few, np.nan, y), x, treated)
