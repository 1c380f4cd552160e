"""Formula money: what the formula gives, the slope on the rest, and when it is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.regression.linear_model as lm
from numpy.typing import NDArray
from scipy import stats

from analysis.methods.association import fit_ols, slope
from analysis.methods.dose import dose_bins, dose_response, formula_share

Floats = NDArray[np.float64]
# Outcome per pound in the made-up county; its size adds .5 a school by itself.
TRUTH = 0.002
NAMES = ("primary", "secondary")


def county(seed: int, *, noise: float, n: int = 240, groups: int = 40) -> dict[str, Any]:
    """Return rows of a county whose groups get 900 a primary, 2,500 a secondary, and noise."""
    draw = np.random.default_rng(seed)
    group = np.arange(n) % groups
    counts = np.column_stack([draw.integers(2, 15, groups), draw.integers(0, 5, groups)])
    award = 900.0 * counts[:, 0] + 2500.0 * counts[:, 1] + noise * draw.normal(size=groups)
    shock = draw.normal(size=groups)[group]
    size = counts[group].astype(float)
    y = TRUTH * award[group] + 0.5 * size.sum(axis=1) + shock + draw.normal(size=n)
    return {"y": y, "dose": award[group], "controls": size, "clusters": group, "names": NAMES}


def test_the_formula_is_found_where_money_is_the_formula() -> None:
    rows = county(1, noise=0)
    found = formula_share(rows["dose"], rows["controls"], NAMES)
    # Exact data: rounding only, in pounds of up to 20,000.
    assert found.r_squared == pytest.approx(1, abs=1e-12)
    assert found.names == ("constant", *NAMES)
    np.testing.assert_allclose(found.coefficients, [0, 900, 2500], atol=1e-8)
    np.testing.assert_allclose(found.residual, 0, atol=1e-8)
    assert not found.separable


def test_no_slope_is_given_where_money_is_the_formula() -> None:
    with pytest.raises(ValueError, match="money and its formula are one variable"):
        dose_response(**county(1, noise=0))


def test_no_slope_is_given_from_what_rounding_leaves() -> None:
    rows = county(1, noise=0)
    rows["dose"] = np.round(rows["dose"], -1) + np.arange(240) % 2
    with pytest.raises(ValueError, match="no slope can be told"):
        dose_response(**rows)


def test_the_truth_is_recovered_from_formula_and_noise_and_the_raw_slope_misses_it() -> None:
    found = dose_response(**county(2, noise=3000))
    assert found.low < TRUTH < found.high
    assert found.raw_estimate > found.high
    assert found.share.separable
    assert (found.n, found.n_clusters, found.df) == (240, 40, 39)


def test_the_interval_covers_the_truth_in_nineteen_of_twenty_counties() -> None:
    found = [dose_response(**county(seed, noise=3000)) for seed in range(300)]
    covered = np.mean([answer.low < TRUTH < answer.high for answer in found])
    # Three standard errors of a share of .95 in 300 counties are .038.
    assert covered == pytest.approx(0.95, abs=0.038)
    errors = np.array([answer.estimate - TRUTH for answer in found])
    assert abs(errors.mean()) < 4 * errors.std() / len(found) ** 0.5
    assert min(answer.raw_estimate for answer in found) > TRUTH


def test_the_slope_is_that_of_the_whole_regression() -> None:
    rows = county(3, noise=3000)
    weights = np.random.default_rng(4).uniform(0.5, 2, size=240)
    X = np.column_stack([np.ones(240), rows["dose"], rows["controls"]])
    found = dose_response(**rows, weights=weights)
    # Frisch, Waugh and Lovell: rounding of pounds in the thousands.
    assert found.estimate == pytest.approx(
        lm.WLS(rows["y"], X, weights=weights).fit().params[1], rel=1e-9
    )
    bare = dose_response(**rows)
    assert bare.estimate == pytest.approx(lm.OLS(rows["y"], X).fit().params[1], rel=1e-9)
    picture = slope(bare.share.residual, bare.outcome_residual)
    assert picture.estimate == pytest.approx(bare.estimate, rel=1e-9)
    for answer, given in [(found, weights), (bare, np.ones(240))]:
        other = lm.WLS(rows["y"], X[:, [0, 2, 3]], weights=given).fit()
        np.testing.assert_allclose(answer.outcome_residual, other.resid, atol=1e-9)
    assert bare.raw_estimate == pytest.approx(slope(rows["dose"], rows["y"]).estimate, rel=1e-9)


def test_without_clusters_the_error_is_hc3() -> None:
    rows = county(5, noise=3000) | {"clusters": None}
    found = dose_response(**rows)
    X = np.column_stack([rows["dose"], np.ones(240), rows["controls"]])
    other = fit_ols(rows["y"], X, ["dose", "one", *NAMES], covariance="HC3")
    # The jackknife is HC3 times (n - 1) / n: rounding only.
    expected = other.standard_errors[0] * (239 / 240) ** 0.5
    assert found.standard_error == pytest.approx(expected, rel=1e-9)
    assert found.df == 239


def test_the_clustered_error_is_the_jackknife_of_refits() -> None:
    rows = county(6, noise=3000)
    found = dose_response(**rows, level=0.9)
    X = np.column_stack([np.ones(240), rows["dose"], rows["controls"]])
    refits = [
        lm.OLS(rows["y"][rows["clusters"] != g], X[rows["clusters"] != g]).fit().params[1]
        for g in range(40)
    ]
    expected = (39 / 40 * ((np.array(refits) - found.estimate) ** 2).sum()) ** 0.5
    # Forty regressions run again: rounding of pounds in the thousands.
    assert found.standard_error == pytest.approx(expected, rel=1e-8)
    margin = stats.t.ppf(0.95, 39) * expected
    assert found.high - found.estimate == pytest.approx(margin, rel=1e-8)
    p_value = 2 * stats.t.sf(abs(found.estimate) / expected, 39)
    assert found.p_value == pytest.approx(p_value, rel=1e-7)


def test_a_copy_in_pence_shuffled_and_reordered_gives_the_slope_per_penny() -> None:
    rows = county(7, noise=3000)
    order = np.random.default_rng(8).permutation(240)
    copy = {
        "y": 10 * rows["y"][order] + 3,
        "dose": 100 * rows["dose"][order],
        "controls": rows["controls"][order][:, ::-1],
        "clusters": np.array([f"g{g}" for g in rows["clusters"]])[order],
        "names": ("b", "a"),
    }
    first, second = dose_response(**rows), dose_response(**copy)
    # Sums in another order: rounding only.
    assert second.estimate == pytest.approx(first.estimate / 10, rel=1e-9)
    assert second.standard_error == pytest.approx(first.standard_error / 10, rel=1e-9)
    assert second.share.r_squared == pytest.approx(first.share.r_squared, rel=1e-10)


def test_a_constant_among_the_columns_is_not_put_in_twice() -> None:
    rows = county(9, noise=3000)
    own = np.column_stack([rows["controls"], np.full(240, 7.0)])
    first = formula_share(rows["dose"], rows["controls"], NAMES)
    second = formula_share(rows["dose"], own, (*NAMES, "sevens"))
    assert second.names == (*NAMES, "sevens")
    # One column space: rounding only.
    assert second.r_squared == pytest.approx(first.r_squared, rel=1e-10)
    longer = dose_response(**rows | {"controls": own, "names": (*NAMES, "sevens")})
    assert longer.estimate == pytest.approx(dose_response(**rows).estimate, rel=1e-9)


def test_money_and_formula_are_separable_up_to_a_correlation_of_nine_tenths() -> None:
    draw = np.random.default_rng(10)
    size = draw.normal(size=400)
    left = draw.normal(size=400)
    left -= np.polyval(np.polyfit(size, left, 1), size)
    size, left = (values / values.std() for values in (size - size.mean(), left))
    for correlation, separable in [(0.899, True), (0.901, False)]:
        amount = correlation * size + (1 - correlation**2) ** 0.5 * left
        found = formula_share(amount, size[:, np.newaxis], ["size"])
        # Built to this correlation: rounding only.
        assert found.r_squared == pytest.approx(correlation**2, rel=1e-10)
        assert found.separable is separable


def test_the_weighted_share_is_that_of_repeated_rows() -> None:
    draw = np.random.default_rng(11)
    size, times = draw.normal(size=(30, 1)), draw.integers(1, 4, size=30)
    amount = size[:, 0] + draw.normal(size=30)
    first = formula_share(amount, size, ["size"], weights=times)
    second = formula_share(np.repeat(amount, times), np.repeat(size, times, axis=0), ["size"])
    # Sums in another order: rounding only.
    assert first.r_squared == pytest.approx(second.r_squared, rel=1e-10)
    np.testing.assert_allclose(first.coefficients, second.coefficients, rtol=1e-10)


def test_bins_hold_all_rows_and_their_means() -> None:
    draw = np.random.default_rng(12)
    dose = draw.gamma(2, 100, size=103)
    y = 0.01 * dose + draw.normal(size=103)
    found = dose_bins(dose, y, 5, level=0.9)
    assert found.counts.sum() == 103
    assert found.counts.max() - found.counts.min() <= 1
    # A mean of means, weighted by rows: rounding only.
    assert (found.means * found.counts).sum() == pytest.approx(y.sum(), rel=1e-12)
    rows = dose >= found.edges[-2]
    assert found.doses[-1] == pytest.approx(dose[rows].mean(), rel=1e-12)
    assert found.standard_errors[-1] == pytest.approx(stats.sem(y[rows]), rel=1e-10)
    low, high = stats.t.interval(0.9, rows.sum() - 1, y[rows].mean(), stats.sem(y[rows]))
    assert (found.low[-1], found.high[-1]) == pytest.approx((low, high), rel=1e-10)


def test_given_edges_close_below_and_the_last_above_and_tied_cuts_join() -> None:
    found = dose_bins([0, 1, 1, 2, 4], [1.0, 2, 4, 8, 10], [0, 1, 4])
    assert found.counts.tolist() == [1, 4]
    assert found.means.tolist() == [1, 6]
    assert np.isnan(found.standard_errors[0])
    assert np.isnan(found.low[0])
    tied = dose_bins([0, 0, 0, 0, 1, 2], np.arange(6.0), 3)
    assert tied.counts.sum() == 6
    assert len(tied.counts) < 3


def test_what_makes_no_dose_is_refused_in_words() -> None:
    rows = county(13, noise=3000)
    with pytest.raises(ValueError, match="the amount is the same in all rows"):
        formula_share(np.ones(240), rows["controls"], NAMES)
    with pytest.raises(ValueError, match="expected a share from 0 to 1"):
        formula_share(rows["dose"], rows["controls"], NAMES, separable_up_to=81)
    with pytest.raises(ValueError, match="1 names for 2 columns"):
        formula_share(rows["dose"], rows["controls"], ["size"])
    with pytest.raises(ValueError, match="must be finite"):
        formula_share(np.where(rows["dose"] > 9000, np.nan, rows["dose"]), rows["controls"], NAMES)
    with pytest.raises(ValueError, match="must be finite"):
        dose_response(**rows | {"y": np.full(240, np.nan)})
    with pytest.raises(ValueError, match="linearly dependent"):
        dose_response(**rows | {"controls": rows["controls"][:, [0, 0]]})
    with pytest.raises(ValueError, match="finite numbers above zero"):
        dose_response(**rows, weights=np.zeros(240))
    with pytest.raises(ValueError, match="two clusters or more"):
        dose_response(**rows | {"clusters": np.zeros(240)})


@pytest.mark.parametrize(
    ("dose", "y", "bins", "words"),
    [
        ([1, 2, 3], [1, 2], 2, "differ in shape"),
        ([1, 2, np.nan], [1, 2, 3], 2, "must be finite"),
        ([1, 1, 1], [1, 2, 3], 2, "doses that vary"),
        ([1, 2, 3], [1, 2, 3], 0, "0 bins"),
        ([1, 2, 3], [1, 2, 3], [0, 0, 4], "ascending"),
        ([1, 2, 3], [1, 2, 3], [0, 2], "no dose may fall outside"),
        ([1, 2, 3], [1, 2, 3], [0, 0.5, 4], "bin 0 holds no row"),
    ],
)
def test_bins_that_cannot_be_are_refused_in_words(dose: Any, y: Any, bins: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        dose_bins(dose, y, bins)
