"""Gain score, ANCOVA and shrunken gain in worlds whose truth is known, and against statsmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.regression.linear_model as lm
from numpy.typing import NDArray

from analysis.methods import adjustment
from analysis.methods.adjustment import (
    Adjusted,
    ancova,
    gain_score,
    net_gains,
    regression_to_mean,
    shrunken_gain,
)
from analysis.methods.clusters import cluster_ols

Floats = NDArray[np.float64]
World = tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]
SCHOOLS = 300


def county(seed: int, *, true: float = 0.0, chosen_on: str = "printed", n: int = SCHOOLS) -> World:
    """Draw percentages of small cohorts; the weakest 30 %, as printed or in truth, are members."""
    rng = np.random.default_rng(seed)
    cohorts = rng.integers(12, 60, (2, n))
    level = np.clip(rng.normal(65, 10, n), 10, 97)
    before = 100 * rng.binomial(cohorts[0], level / 100) / cohorts[0]
    weak = before if chosen_on == "printed" else level
    member = weak < np.quantile(weak, 0.3)
    later = np.clip(level + 2 + true * member + rng.normal(0, 4, n), 1, 99)
    after = 100 * rng.binomial(cohorts[1], later / 100) / cohorts[1]
    return before, after, member, cohorts[0], cohorts[1]


def averaged(true: float, chosen_on: str) -> pd.DataFrame:
    worlds = [
        regression_to_mean(*county(seed, true=true, chosen_on=chosen_on)) for seed in range(60)
    ]
    together = pd.concat(worlds)
    together["covers"] = (together["low"] <= true) & (true <= together["high"])
    return together.groupby("method")[["estimate", "covers", "slope_on_before"]].mean()


@pytest.mark.parametrize("true", [0.0, 5.0])
def test_where_low_baselines_are_chosen_gains_mislead_and_the_others_do_not(true: float) -> None:
    found = averaged(true, "printed")
    estimate, covers = found["estimate"], found["covers"]
    # Standard errors of means of 60: about .19, .29 and .20; the bias of the gain is near 10.
    assert estimate["gain score"] > true + 8
    assert estimate["ANCOVA"] == pytest.approx(true, abs=1.0)
    assert estimate["shrunken gain"] == pytest.approx(true, abs=0.9)
    # Binomial standard error of 60: .03.
    assert covers["gain score"] < 0.1
    assert covers["ANCOVA"] > 0.86
    assert covers["shrunken gain"] > 0.86


def test_where_arms_differ_lastingly_the_gain_score_is_right_and_the_others_are_not() -> None:
    found = averaged(0.0, "truth")
    # Lord's paradox: standard error of a mean of 60 about .2.
    assert found["estimate"]["gain score"] == pytest.approx(0, abs=0.7)
    assert found["estimate"]["ANCOVA"] < -5
    assert found["estimate"]["shrunken gain"] < -3
    assert found["covers"]["gain score"] > 0.86


def test_the_slope_on_the_baseline_is_one_estimated_and_the_reliability() -> None:
    found = averaged(0.0, "printed")["slope_on_before"]
    assert found["gain score"] == 1
    # Variance 100 of true levels against about 77 of cohorts of 12 to 59 pupils.
    assert found["shrunken gain"] == pytest.approx(0.58, abs=0.05)
    # Standard error of a mean of 60 slopes: .01, and ANCOVA sees reliability on one side only.
    assert found["ANCOVA"] == pytest.approx(found["shrunken gain"], abs=0.1)


def test_with_scores_the_shrunken_gain_has_no_bias_under_the_model() -> None:
    estimates = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        cohort = rng.integers(8, 60, (2, 200))
        level = rng.normal(100, 3, 200)
        before = level + 15 * rng.normal(size=200) / np.sqrt(cohort[0])
        member = before < 99
        after = level + 1.5 * member + rng.normal(size=200)
        after += 15 * rng.normal(size=200) / np.sqrt(cohort[1])
        found = shrunken_gain(before, after, member, cohort[0], cohort[1], sd_pupil=15.0)
        estimates.append(found.estimate)
    # Standard error of a mean of 150: .045; the gain score is off by 2.4.
    assert np.mean(estimates) == pytest.approx(1.5, abs=0.2)


def clustered(seed: int, *, n_clusters: int = 20) -> tuple[Floats, Floats, Any, Any]:
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(n_clusters), rng.integers(2, 9, n_clusters))
    treated = clusters % 2 == 0
    level = rng.normal(60, 8, clusters.size) + rng.normal(0, 4, n_clusters)[clusters]
    before = level + rng.normal(0, 5, clusters.size)
    common = rng.normal(0, 4, n_clusters)[clusters]
    return before, level + common + rng.normal(0, 5, clusters.size), treated, clusters


def test_clustered_ancova_rejects_a_true_null_in_five_per_cent() -> None:
    p_values, blind = [], []
    for seed in range(600):
        before, after, treated, clusters = clustered(seed)
        p_values.append(ancova(before, after, treated, clusters=clusters).p_value)
        blind.append(ancova(before, after, treated).p_value)
    # Binomial standard error of 600: .009.
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.025)
    # Errors that know of no clusters reject too often.
    assert np.mean(np.array(blind) <= 0.05) > 0.1


def test_without_clusters_ancova_is_least_squares_with_hc3() -> None:
    before, after, treated, _ = clustered(1)
    extra = np.random.default_rng(0).normal(size=(len(before), 2))
    weights = np.random.default_rng(1).uniform(0.5, 3, len(before))
    X = np.column_stack([np.ones(len(before)), treated, before, extra])
    other = lm.WLS(after, X, weights=weights).fit(cov_type="HC3", use_t=True)
    found = ancova(before, after, treated, covariates=extra, weights=weights, level=0.9)
    # Two ways of solving one regression, baselines centred in one: ten digits.
    assert found.estimate == pytest.approx(other.params[1], rel=1e-10)
    assert found.standard_error == pytest.approx(other.bse[1], rel=1e-10)
    assert found.p_value == pytest.approx(other.pvalues[1], rel=1e-8)
    assert (found.low, found.high) == pytest.approx(other.conf_int(0.1)[1], rel=1e-9)
    assert found.slope_on_before == pytest.approx(other.params[2], rel=1e-10)
    assert (found.df, found.n, found.n_clusters) == (len(X) - 5, len(X), len(X))


def test_with_clusters_the_errors_are_those_of_cluster_ols() -> None:
    before, after, treated, clusters = clustered(2)
    X = np.column_stack([np.ones(len(before)), treated])
    names = ("one", "treated")
    fit = cluster_ols(after - before, X, names, clusters)
    found = gain_score(before, after, treated, clusters=clusters)
    # The same function: rounding alone.
    assert found.standard_error == pytest.approx(fit.standard_errors[1], rel=1e-12)
    assert (found.df, found.high) == pytest.approx((fit.df[1], fit.high[1]), rel=1e-12)
    assert (found.n, found.n_clusters, found.method) == (len(before), 20, "gain score")
    # CR2 without statsmodels' correction: near its CR1 with twenty clusters.
    other = lm.OLS(after - before, X).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    assert found.standard_error == pytest.approx(other.bse[1], rel=0.15)


def test_without_covariates_the_gain_score_is_a_difference_of_means() -> None:
    before, after, treated, _ = clustered(3)
    gain = after - before
    found = gain_score(before, after, treated)
    # Sums in another order: rounding alone.
    assert found.estimate == pytest.approx(gain[treated].mean() - gain[~treated].mean(), rel=1e-10)
    assert found.slope_on_before == 1


def test_ancova_with_slope_one_and_gain_score_with_the_baseline_are_the_same() -> None:
    before, after, treated, clusters = clustered(4)
    direct = ancova(before, after, treated, clusters=clusters)
    by_gain = gain_score(before, after, treated, covariates=before, clusters=clusters)
    # Laird (1983): the change adjusted for its baseline is ANCOVA; rounding alone.
    assert by_gain.estimate == pytest.approx(direct.estimate, rel=1e-9)
    assert by_gain.standard_error == pytest.approx(direct.standard_error, rel=1e-9)


def test_baselines_are_shrunk_by_the_size_of_their_cohort() -> None:
    before, after, _, first, last = county(5)
    gains = net_gains(before, after, first, last)
    assert gains.net == pytest.approx(after - gains.baseline.values, rel=1e-12)
    small, large = first < 20, first > 50
    reliability = gains.baseline.reliability
    assert reliability[small].max() < reliability[large].min()
    assert np.std(gains.gain.values) < np.std(gains.net) < np.std(after - before)
    assert gains.precision[small & (last < 20)].max() < gains.precision[large & (last > 50)].min()


def test_the_precision_of_a_net_gain_counts_both_cohorts() -> None:
    before, after, _, first, last = county(5)
    gains = net_gains(before, after, first, last, sd_pupil=40.0)
    noise = 1600 / last + gains.baseline.reliability * 1600 / first
    # The same formula written out: rounding alone.
    expected = 1 / (noise + gains.gain.between_variance)
    assert gains.precision == pytest.approx(expected, rel=1e-12)


def test_weights_and_clusters_go_together() -> None:
    before, after, treated, clusters = clustered(5)
    weights = np.random.default_rng(5).uniform(0.2, 5, len(before))
    X = np.column_stack([np.ones(len(before)), treated, before])
    fit = cluster_ols(after, X, ("one", "treated", "before"), clusters, weights=weights)
    found = ancova(before, after, treated, clusters=clusters, weights=weights)
    # Baselines centred in one: ten digits.
    assert found.estimate == pytest.approx(fit.estimates[1], rel=1e-10)
    assert found.standard_error == pytest.approx(fit.standard_errors[1], rel=1e-10)


def test_a_single_treated_cluster_has_an_estimate_and_no_interval() -> None:
    before, after, _, clusters = clustered(6)
    found = gain_score(before, after, clusters == 3, clusters=clusters)
    assert np.isfinite(found.estimate)
    assert np.isnan([found.standard_error, found.low, found.high, found.p_value, found.df]).all()


def test_large_cohorts_leave_a_baseline_as_it_is() -> None:
    before, after, member = county(6)[:3]
    many = np.full(SCHOOLS, 10**7)
    shrunk = shrunken_gain(before, after, member, many, many)
    plain = gain_score(before, after, member)
    # Noise of 1e-4 of a point against gains of several: reliability 1 - 1e-6.
    assert shrunk.estimate == pytest.approx(plain.estimate, rel=1e-4)
    assert shrunk.standard_error == pytest.approx(plain.standard_error, rel=1e-3)


def test_three_methods_stand_side_by_side_with_all_their_fields() -> None:
    before, after, member, first, last = county(7)
    clusters = np.arange(SCHOOLS) // 6
    weights = np.random.default_rng(7).uniform(1, 2, SCHOOLS)
    options: dict[str, Any] = {"clusters": clusters, "weights": weights, "level": 0.8}
    options["covariates"] = np.random.default_rng(8).normal(size=SCHOOLS)
    table = regression_to_mean(before, after, member, first, last, **options)
    assert table["method"].tolist() == ["gain score", "ANCOVA", "shrunken gain"]
    rows: list[Adjusted] = [
        gain_score(before, after, member, **options),
        ancova(before, after, member, **options),
        shrunken_gain(before, after, member, first, last, **options),
    ]
    for row, expected in zip(table.to_dict("records"), rows, strict=True):
        assert row == vars(expected)
    assert (table["n_clusters"] == 50).all()


@pytest.mark.parametrize("clusters", [True, False])
def test_the_answer_does_not_depend_on_order_or_unit(clusters: bool) -> None:
    before, after, member, first, last = county(8)
    groups = np.arange(SCHOOLS) // 5
    order = np.random.default_rng(1).permutation(SCHOOLS)
    plain: dict[str, Any] = {"clusters": groups if clusters else None, "sd_pupil": 45.0}
    other: dict[str, Any] = {"clusters": groups[order] if clusters else None, "sd_pupil": 90.0}
    found = regression_to_mean(before, after, member, first, last, **plain)
    moved = regression_to_mean(
        *(3 + 2 * x[order] for x in (before, after)),
        member[order], first[order], last[order], **other,
    )  # fmt: skip
    for column in ("estimate", "standard_error", "low", "high"):
        # Rounding in sums of another order.
        assert moved[column].to_numpy() == pytest.approx(2 * found[column].to_numpy(), rel=1e-7)
    assert moved["p_value"].to_numpy() == pytest.approx(found["p_value"].to_numpy(), rel=1e-6)


def test_an_unshrunken_baseline_would_fail_the_test_of_bias(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    true_shrinking = adjustment.empirical_bayes

    def none(values: Any, variances: Any) -> Any:
        return true_shrinking(values, np.full(len(values), 1e-9))

    monkeypatch.setattr(adjustment, "empirical_bayes", none)
    found = shrunken_gain(*county(1))
    assert found.estimate > 6


def changed(**changes: Any) -> dict[str, Any]:
    before, after, member, first, last = county(9, n=40)
    given = {
        "before": before, "after": after, "treated": member,
        "cohort_before": first, "cohort_after": last,
    }  # fmt: skip
    return {**given, **changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"before": np.full(40, np.nan)}, "finite"),
        ({"after": np.ones(39)}, "differ"),
        ({"treated": np.zeros(40)}, "both sides"),
        ({"treated": np.full(40, 0.5)}, "yes or no"),
        ({"cohort_before": np.zeros(40)}, "cohort"),
        ({"cohort_after": np.ones(39)}, "cohorts"),
        ({"after": np.full(40, 101.0)}, "percentage"),
        ({"sd_pupil": 0.0}, "sd_pupil"),
        ({"sd_pupil": 9.0, "cohort_after": np.zeros(40)}, "cohorts"),
        ({"covariates": np.ones((39, 2))}, "covariates"),
        ({"covariates": np.ones(40)}, "dependent"),
        ({"weights": np.zeros(40)}, "weights"),
        ({"weights": np.ones(39)}, "weights"),
        ({"clusters": np.zeros(40)}, "cluster"),
        ({"level": 95}, "level"),
    ],
)
def test_what_cannot_be_compared_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        regression_to_mean(**changed(**changes))
