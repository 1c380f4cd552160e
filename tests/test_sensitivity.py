"""Robustness values, benchmark bounds and contours against the Darfur example and real fits."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from analysis.methods.association import fit_ols
from analysis.methods.sensitivity import (
    adjusted_estimate,
    adjusted_standard_error,
    adjusted_t,
    benchmark_bounds,
    bias,
    partial_r2,
    robustness_value,
    sensitivity,
)
from analysis.methods.sensitivity_contour import contour

Floats = NDArray[np.float64]
Regression = tuple[Floats, Floats, list[str]]
TREATMENT = "directlyharmed"
CONTROLS = ["female", "age", "farmer_dar", "herder_dar", "pastvoted", "hhsize_darfur"]


@pytest.fixture(scope="module")
def darfur() -> Regression:
    found = importlib.util.find_spec("sensemakr")
    if found is None or found.origin is None:
        pytest.skip("sensemakr, whose data this needs, is not installed")
    data = pd.read_csv(Path(found.origin).parent / "data" / "darfur.csv")
    villages = pd.get_dummies(data["village"], dtype=float, drop_first=True)
    known = data[[TREATMENT, *CONTROLS]].to_numpy(float)
    X = np.column_stack([np.ones(len(data)), known, villages.to_numpy()])
    return data["peacefactor"].to_numpy(), X, ["one", TREATMENT, *CONTROLS, *villages.columns]


@pytest.fixture
def confounded() -> Regression:
    """Return outcome, columns and names of a regression whose last column can be left out."""
    draw = np.random.default_rng(41)
    hidden, age = draw.normal(size=(2, 150))
    treatment = 0.6 * hidden + 0.5 * age + draw.normal(size=150)
    y = 1 + 0.5 * treatment + 0.8 * hidden - 0.3 * age + draw.normal(size=150)
    X = np.column_stack([np.ones(150), treatment, age, hidden])
    return y, X, ["one", "treatment", "age", "hidden"]


def test_darfur_has_the_published_sensitivity_statistics(darfur: Regression) -> None:
    fit = fit_ols(*darfur, covariance="classical")
    found = sensitivity(float(fit.estimates[1]), float(fit.standard_errors[1]), fit.df)
    # Cinelli and Hazlett (2020), table 1. Tolerances: half a unit of the last printed digit.
    assert found.df == 783
    assert found.estimate == pytest.approx(0.097, abs=5e-4)
    assert found.standard_error == pytest.approx(0.023, abs=5e-4)
    assert found.t == pytest.approx(4.18, abs=5e-3)
    assert found.partial_r2 == pytest.approx(0.022, abs=5e-4)
    assert found.robustness_value == pytest.approx(0.139, abs=5e-4)
    assert found.robustness_value_significance == pytest.approx(0.076, abs=5e-4)


def test_darfur_has_the_published_bounds_of_confounders_like_female(darfur: Regression) -> None:
    found = benchmark_bounds(*darfur, TREATMENT, ["female"]).set_index("bound_label")
    assert list(found.index) == ["1x female", "2x female", "3x female"]
    # Cinelli and Hazlett (2020), table 1: 0.9 % and 12.5 %; the rest as printed in the vignette
    # of the authors' R package. Tolerances: half a unit of the last printed digit.
    assert found["r2_treatment"].tolist() == pytest.approx([0.0092, 0.0183, 0.0275], abs=5e-5)
    assert found["r2_outcome"].tolist() == pytest.approx([0.1246, 0.2493, 0.3741], abs=6e-5)
    assert found["adjusted_estimate"].tolist() == pytest.approx([0.0752, 0.0529, 0.0304], abs=5e-5)
    assert found["adjusted_se"].tolist() == pytest.approx([0.0219, 0.0204, 0.0187], abs=6e-5)
    assert found["adjusted_low"].tolist() == pytest.approx([0.0323, 0.0130, -0.0063], abs=5e-5)
    assert found["adjusted_high"].tolist() == pytest.approx([0.1182, 0.0929, 0.0670], abs=5e-5)
    assert not found["capped"].any()


def test_a_renamed_reordered_shuffled_copy_has_the_same_bounds(darfur: Regression) -> None:
    y, X, names = darfur
    draw = np.random.default_rng(3)
    rows, columns = draw.permutation(len(y)), draw.permutation(len(names))
    copy = [f"v{names[j]}" for j in columns]
    kept = ["female", "pastvoted"]
    asked = [f"v{name}" for name in kept]
    first = benchmark_bounds(y, X, names, TREATMENT, kept)
    second = benchmark_bounds(7 * y[rows], X[rows][:, columns], copy, f"v{TREATMENT}", asked)
    scaled = ["adjusted_estimate", "adjusted_se", "adjusted_low", "adjusted_high"]
    # Other order of sums: ten of fifteen digits with 493 columns.
    np.testing.assert_allclose(second[scaled], 7 * first[scaled], rtol=1e-9)
    same = ["r2_treatment", "r2_outcome", "adjusted_t"]
    np.testing.assert_allclose(second[same], first[same], rtol=1e-9)
    assert second["bound_label"].tolist() == [
        label.replace("x ", "x v") for label in first["bound_label"]
    ]


def test_adding_the_confounder_gives_the_adjusted_estimate_error_and_t(
    confounded: Regression,
) -> None:
    y, X, names = confounded
    short = fit_ols(y, X[:, :3], names[:3], covariance="classical")
    long = fit_ols(y, X, names, covariance="classical")
    treated = fit_ols(X[:, 1], X[:, [0, 2, 3]], ["one", "age", "hidden"], covariance="classical")
    strength = (
        partial_r2(float(treated.estimates[2] / treated.standard_errors[2]), treated.df),
        partial_r2(float(long.estimates[3] / long.standard_errors[3]), long.df),
    )
    given = float(short.estimates[1]), float(short.standard_errors[1]), short.df
    # The formulas are identities of least squares, so nearly all digits agree.
    assert float(adjusted_estimate(*given, *strength)) == pytest.approx(long.estimates[1], 1e-10)
    error = adjusted_standard_error(given[1], given[2], *strength)
    assert float(error) == pytest.approx(long.standard_errors[1], rel=1e-10)
    t = long.estimates[1] / long.standard_errors[1]
    assert float(adjusted_t(*given, *strength)) == pytest.approx(t, rel=1e-10)
    assert float(bias(*strength, given[1], given[2])) == pytest.approx(
        short.estimates[1] - long.estimates[1], rel=1e-10
    )


@pytest.mark.parametrize("estimate", [2.0, -2.0])
def test_a_confounder_pulls_towards_zero_or_away_from_it(estimate: float) -> None:
    moved = float(bias(0.1, 0.2, 0.5, 60))
    pulled = float(adjusted_estimate(estimate, 0.5, 60, 0.1, 0.2))
    pushed = float(adjusted_estimate(estimate, 0.5, 60, 0.1, 0.2, reduce=False))
    # Sums of a few numbers: rounding only.
    assert pulled == pytest.approx(np.sign(estimate) * (2 - moved), rel=1e-12)
    assert pushed == pytest.approx(np.sign(estimate) * (2 + moved), rel=1e-12)


@pytest.mark.parametrize("q", [0.5, 1.0, 1.5])
def test_at_the_robustness_value_the_share_q_of_the_estimate_is_gone(q: float) -> None:
    value = robustness_value(4.2, 120, q=q)
    left = float(adjusted_estimate(4.2, 1.0, 120, value, value))
    # An identity, to rounding.
    assert left == pytest.approx((1 - q) * 4.2, abs=1e-10)


@pytest.mark.parametrize(("t", "df"), [(4.2, 120), (-4.2, 120), (2.2, 40), (9.0, 6), (30.0, 3)])
def test_no_weaker_confounder_brings_the_estimate_within_reach_of_zero(t: float, df: int) -> None:
    value = robustness_value(t, df, alpha=0.05)
    assert 0 < value < 1
    critical = stats.t.ppf(0.975, df - 1)

    def least(limit: float) -> float:
        across, up = np.meshgrid(np.linspace(0, limit, 401), np.linspace(0, limit, 401))
        return float((np.sign(t) * adjusted_t(t, 1.0, df, across, up)).min())

    # The grid misses the least t by less than a thousandth of the limit.
    assert least(value * 0.999) > critical > least(value * 1.001)


def test_both_forms_of_the_robustness_value_are_tried() -> None:
    critical = stats.t.ppf(0.975, 2) / 2**0.5
    assert 30 / 3**0.5 * critical > 1
    assert 4.2 / 120**0.5 * stats.t.ppf(0.975, 119) / 119**0.5 < 1


def test_an_estimate_that_is_not_significant_needs_no_confounder() -> None:
    assert robustness_value(1.5, 200, alpha=0.05) == 0
    assert robustness_value(0.0, 200) == 0
    assert robustness_value(1.5, 200) > 0


def test_statistics_are_those_of_the_authors_package() -> None:
    pytest.importorskip("sensemakr")
    from sensemakr import bias_functions, sensitivity_statistics

    for t, df, q, alpha in [(4.18, 783, 1, 1.0), (4.18, 783, 0.5, 0.05), (9.0, 6, 1, 0.05)]:
        with np.errstate(divide="ignore"):
            other = sensitivity_statistics.robustness_value(t_statistic=t, dof=df, q=q, alpha=alpha)
        # One formula in two programs: rounding only.
        assert robustness_value(t, df, q=q, alpha=alpha) == pytest.approx(other.iloc[0], rel=1e-10)
    given = {"estimate": 0.0973, "se": 0.0232, "dof": 783, "r2dz_x": 0.1, "r2yz_dx": 0.2}
    strength = 0.0973, 0.0232, 783, 0.1, 0.2
    other = bias_functions.adjusted_estimate(**given)
    assert float(adjusted_estimate(*strength)) == pytest.approx(float(other), rel=1e-12)
    assert float(adjusted_t(*strength)) == pytest.approx(
        float(bias_functions.adjusted_t(**given)), rel=1e-12
    )


def test_a_group_of_controls_counts_together(confounded: Regression) -> None:
    y, X, names = confounded
    alone = benchmark_bounds(y, X, names, "treatment", ["age", "hidden"], multiples=[0.5])
    mapped = benchmark_bounds(
        y, X, names, "treatment", {"both": ["age", "hidden"], "old": ["age"]}, multiples=[0.5]
    )
    assert mapped["bound_label"].tolist() == ["0.5x both", "0.5x old"]
    # The same projections in another order: rounding only.
    np.testing.assert_allclose(mapped.iloc[1, 1:7].astype(float), alone.iloc[0, 1:7].astype(float))
    full = fit_ols(X[:, 1], X[:, [0, 2, 3]], ["one", "age", "hidden"])
    group = 0.5 * full.r_squared / (1 - full.r_squared)
    assert mapped["r2_treatment"][0] == pytest.approx(group, rel=1e-10)


def test_the_bounds_of_one_control_come_from_its_two_t_values(confounded: Regression) -> None:
    y, X, names = confounded
    found = benchmark_bounds(y, X, names, "treatment", ["age"], multiples=[0.2]).iloc[0]
    on_y = fit_ols(y, X, names, covariance="classical")
    on_d = fit_ols(X[:, 1], X[:, [0, 2, 3]], ["one", "age", "hidden"], covariance="classical")
    r2_y = partial_r2(float(on_y.estimates[2] / on_y.standard_errors[2]), on_y.df)
    r2_d = partial_r2(float(on_d.estimates[1] / on_d.standard_errors[1]), on_d.df)
    r2_z = 0.2 * r2_d**2 / ((1 - 0.2 * r2_d) * (1 - r2_d))
    eta = (0.2**0.5 + r2_z**0.5) / (1 - r2_z) ** 0.5
    # The paper's formulas from t values instead of projections: rounding only.
    assert found["r2_treatment"] == pytest.approx(0.2 * r2_d / (1 - r2_d), rel=1e-10)
    assert not found["capped"]
    assert found["r2_outcome"] == pytest.approx(eta**2 * r2_y / (1 - r2_y), rel=1e-10)


def test_a_bound_on_the_outcome_beyond_all_of_it_is_capped_and_says_so(
    confounded: Regression,
) -> None:
    y, X, names = confounded
    y = y + 20 * X[:, 2]
    found = benchmark_bounds(y, X, names, "treatment", ["age"], multiples=[1]).iloc[0]
    assert found["capped"]
    assert found["r2_outcome"] == 1
    assert found["adjusted_se"] == 0


def test_the_contour_holds_the_answer_at_each_point_and_starts_at_the_estimate() -> None:
    found = contour(0.097, 0.023, 783, limit=0.3, points=7, level=0.9)
    # Without a confounder only the lost degree of freedom tells: rounding only.
    assert found.adjusted_estimates[0, 0] == pytest.approx(0.097, rel=1e-12)
    assert found.adjusted_t.shape == (7, 7)
    point = 0.097, 0.023, 783, found.r2_treatment[4], found.r2_outcome[2]
    assert found.adjusted_estimates[2, 4] == pytest.approx(float(adjusted_estimate(*point)))
    assert found.adjusted_t[2, 4] == pytest.approx(float(adjusted_t(*point)))
    assert found.critical_t == pytest.approx(stats.t.ppf(0.95, 782), rel=1e-10)
    assert (np.diff(found.adjusted_estimates[1:, 1:], axis=1) < 0).all()


@pytest.mark.parametrize("factor", [1e-6, 40.0])
def test_the_unit_of_the_outcome_does_not_matter(factor: float) -> None:
    first = sensitivity(0.4, 0.1, 50, q=0.8, alpha=0.1)
    second = sensitivity(0.4 * factor, 0.1 * factor, 50, q=0.8, alpha=0.1)
    # A ratio of two scaled numbers: rounding only.
    assert second.robustness_value == pytest.approx(first.robustness_value, rel=1e-12)
    assert second.partial_r2 == pytest.approx(first.partial_r2, rel=1e-12)
    assert second.robustness_value_significance == pytest.approx(
        first.robustness_value_significance, rel=1e-12
    )


def test_what_is_out_of_range_is_refused_in_words(confounded: Regression) -> None:
    y, X, names = confounded
    with pytest.raises(ValueError, match="r2_treatment: expected shares"):
        bias(1.0, 0.5, 0.1, 10)
    with pytest.raises(ValueError, match="r2_outcome: expected shares"):
        bias(0.5, float("nan"), 0.1, 10)
    with pytest.raises(ValueError, match="standard error 0"):
        sensitivity(1.0, 0.0, 10)
    with pytest.raises(ValueError, match="expected finite t"):
        robustness_value(float("nan"), 10)
    with pytest.raises(ValueError, match="0 < alpha <= 1"):
        robustness_value(2.0, 10, alpha=0)
    with pytest.raises(ValueError, match="takes one of at least two"):
        adjusted_standard_error(0.1, 1, 0.1, 0.1)
    with pytest.raises(ValueError, match="0 < limit < 1"):
        contour(1.0, 0.1, 10, limit=1.0)
    with pytest.raises(ValueError, match="no column is called 'height'"):
        benchmark_bounds(y, X, names, "treatment", ["height"])
    with pytest.raises(ValueError, match="other than the treatment"):
        benchmark_bounds(y, X, names, "treatment", ["treatment"])
    with pytest.raises(ValueError, match="found one string"):
        benchmark_bounds(y, X, names, "treatment", "age")
    with pytest.raises(ValueError, match="9x hidden: nothing so strong can be"):
        benchmark_bounds(y, X, names, "treatment", ["hidden"], multiples=[9])
    with pytest.raises(ValueError, match="must be finite"):
        benchmark_bounds(np.where(y > 1, np.nan, y), X, names, "treatment", ["age"])
