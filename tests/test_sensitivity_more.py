"""Coefficient stability, E-values and leaving out clusters against truths and refits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.methods.association import fit_ols, leave_one_out
from analysis.methods.partialled import partialled_out, weighted
from analysis.methods.sensitivity_more import (
    e_value,
    e_value_difference,
    leave_one_cluster_out,
    oster,
    oster_of,
)
from analysis.methods.sensitivity_results import Oster

Floats = NDArray[np.float64]


def proportional(
    *,
    beta: float,
    delta: float,
    unseen: float = 0.8,
    r2_max: float = 0.9,
    scale: float = 1.0,
    dose: float = 1.0,
    asked: float = 0.0,
) -> Oster:
    """Return the answer for exact moments with selection `delta` and true coefficient `beta`.

    Treatment with variance 1, observed index with variance 2 and covariance .5, unobserved with
    variance `unseen` and covariance in proportion to it; with the error R2 is `r2_max`.
    `scale` is the unit of the outcome, `dose` that of the treatment.
    """
    with_seen, with_unseen = 0.5, delta * 0.5 * unseen / 2
    explained = beta**2 + 2 + unseen + 2 * beta * (with_seen + with_unseen)
    total = explained / r2_max
    left = 1 - with_seen**2 / 2
    short = beta + with_seen + with_unseen
    long = beta + with_unseen / left
    unexplained = total - explained + unseen - with_unseen**2 / left
    return oster(
        short * scale / dose,
        short**2 / total,
        long * scale / dose,
        1 - unexplained / total,
        r2_max=r2_max,
        variance_outcome=total * scale**2,
        variance_treatment=dose**2,
        variance_treatment_residual=left * dose**2,
        delta=delta,
        beta=asked,
    )


@pytest.mark.parametrize("delta", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("beta", [0.0, 0.4, -1.0])
def test_the_truth_is_among_the_solutions_and_its_ratio_is_found(beta: float, delta: float) -> None:
    found = proportional(beta=beta, delta=delta, asked=beta)
    # Exact moments: what is left is the rounding of a cubic's roots.
    assert min(abs(b - beta) for b in found.solutions) < 1e-9
    assert found.delta == pytest.approx(delta, rel=1e-9)


@pytest.mark.parametrize("beta", [0.0, 0.4, 2.0])
def test_with_equal_selection_the_true_coefficient_is_chosen(beta: float) -> None:
    found = proportional(beta=beta, delta=1.0)
    # Exact moments: the rounding of a quadratic's roots.
    assert found.adjusted_beta == pytest.approx(beta, abs=1e-9)
    assert len(found.solutions) == 2


def test_a_nearer_solution_that_ends_selection_on_the_observed_is_not_chosen() -> None:
    found = proportional(beta=0.4, delta=1.0, unseen=10.0)
    long = 0.4 + 2.5 / 0.875
    # By hand: covariance 2.5 with the unseen, biases 2.857 (the truth) and -(3 - 2.857) / .125,
    # at which the observed index has no variance left. To the rounding of the roots.
    assert found.solutions == pytest.approx((long + (3 - 2.5 / 0.875) / 0.125, 0.4), abs=1e-8)
    assert found.adjusted_beta == pytest.approx(0.4, abs=1e-8)


def test_a_ratio_that_no_coefficient_agrees_with_is_reported_as_none() -> None:
    found = oster(
        -0.25,
        0.1,
        0.0,
        0.14,
        r2_max=0.9,
        variance_outcome=1.0,
        variance_treatment=1.0,
        variance_treatment_residual=0.36,
        delta=3.0,
    )
    assert np.isnan(found.adjusted_beta)
    assert len(found.solutions) == 1


def test_ratio_and_coefficient_are_each_others_inverse() -> None:
    found = proportional(beta=0.4, delta=1.7)
    again = proportional(beta=0.4, delta=1.7, asked=found.adjusted_beta)
    # The cubic solved and put back: the rounding of its roots.
    assert again.delta == pytest.approx(1.7, rel=1e-8)


def test_scaling_the_outcome_scales_the_coefficients_only() -> None:
    first, second = (proportional(beta=0.4, delta=1.0, scale=s) for s in (1.0, 1e5))
    # Solved in standard units: rounding only.
    assert second.adjusted_beta == pytest.approx(1e5 * first.adjusted_beta, rel=1e-9)
    assert second.approximate_beta == pytest.approx(1e5 * first.approximate_beta, rel=1e-9)
    assert second.delta == pytest.approx(first.delta, rel=1e-9)


def test_scaling_the_treatment_scales_the_coefficients_inversely() -> None:
    first, second = (proportional(beta=0.4, delta=1.0, dose=d) for d in (1.0, 1e4))
    # Solved in standard units: rounding only.
    assert second.solutions == pytest.approx([b / 1e4 for b in first.solutions], rel=1e-9)
    assert second.adjusted_beta == pytest.approx(first.adjusted_beta / 1e4, rel=1e-9)
    assert second.delta == pytest.approx(first.delta, rel=1e-9)


def test_without_selection_on_the_unseen_the_controlled_coefficient_stands() -> None:
    found = proportional(beta=0.4, delta=0.0)
    # No bias to find: rounding only.
    assert found.adjusted_beta == pytest.approx(0.4, abs=1e-10)
    assert found.approximate_beta == pytest.approx(0.4, abs=1e-10)


def test_the_linear_approximation_is_the_published_formula() -> None:
    moments = {"variance_outcome": 4.0, "variance_treatment": 1.0}
    found = oster(
        2.0, 0.2, 1.5, 0.4, r2_max=0.5, **moments, variance_treatment_residual=0.9, delta=1.0
    )
    # Oster (2019): 1.5 - 1 * (2.0 - 1.5) * (0.5 - 0.4) / (0.4 - 0.2).
    assert found.approximate_beta == pytest.approx(1.25, rel=1e-12)


def test_a_simulated_omitted_variable_is_seen_through() -> None:
    draw = np.random.default_rng(20190)
    n = 40_000
    seen, unseen = draw.normal(size=(2, n)) * [[1.2], [0.8]]
    treatment = 0.4 * seen / 1.2**2 + 0.4 * unseen / 0.8**2 * (0.8 / 1.2) ** 2 + draw.normal(size=n)
    y = 3 + 0.5 * treatment + seen + unseen + 0.5 * draw.normal(size=n)
    X = np.column_stack([np.ones(n), treatment, seen])
    full = fit_ols(y, np.column_stack([X, unseen]), ["one", "d", "seen", "unseen"])
    names = ["one", "d", "seen"]
    found = oster_of(y, X, names, "d", common=["one"], r2_max=full.r_squared)
    long = fit_ols(y, X, names).estimates[1]
    # Sampling error of the covariances at 40,000 rows; the controlled estimate is .14 away.
    assert found.adjusted_beta == pytest.approx(0.5, abs=0.03)
    assert long > 0.6


def test_common_columns_may_be_partialled_out_beforehand() -> None:
    draw = np.random.default_rng(8)
    region, seen, noise = draw.normal(size=(3, 300))
    treatment = seen + 0.7 * region + draw.normal(size=300)
    y = 0.3 * treatment + seen + 2 * region + noise
    X = np.column_stack([np.ones(300), treatment, seen, region])
    whole = oster_of(y, X, ["one", "d", "s", "r"], "d", common=["one", "r"], r2_max=0.95)
    clean = partialled_out(np.column_stack([y, X[:, 1:3]]), X[:, [0, 3]])
    inner = fit_ols(y, X[:, [0, 3]], ["one", "r"]).r_squared
    columns = np.column_stack([np.ones(300), clean[:, 1:]])
    part = oster_of(
        clean[:, 0], columns, ["one", "d", "s"], "d", common=["one"],
        r2_max=1 - 0.05 / (1 - inner),
    )  # fmt: skip
    # Frisch, Waugh and Lovell: the same moments, to rounding.
    assert whole.adjusted_beta == pytest.approx(part.adjusted_beta, rel=1e-9)
    assert whole.delta == pytest.approx(part.delta, rel=1e-9)


def test_oster_of_is_the_same_for_renamed_reordered_shuffled_rows() -> None:
    draw = np.random.default_rng(9)
    X = np.column_stack([np.ones(80), draw.normal(size=(80, 3))])
    X[:, 1] += X[:, 2]
    y = X @ [1.0, 0.5, 1.0, -0.4] + draw.normal(size=80)
    first = oster_of(y, X, ["one", "d", "a", "b"], "d", common=["one"])
    rows = draw.permutation(80)
    second = oster_of(y[rows], X[rows][:, [3, 1, 0, 2]], list("pqrs"), "q", common=["r"])
    # Sums in another order: rounding only.
    assert second.adjusted_beta == pytest.approx(first.adjusted_beta, rel=1e-9)
    assert second.delta == pytest.approx(first.delta, rel=1e-9)
    assert first.r2_max == pytest.approx(min(1, 1.3 * fit_ols(y, X, list("1dab")).r_squared))


def test_oster_refuses_what_cannot_be() -> None:
    variances = {
        "variance_outcome": 4.0,
        "variance_treatment": 1.0,
        "variance_treatment_residual": 0.9,
    }
    with pytest.raises(ValueError, match="short <= long <= max"):
        oster(2.0, 0.5, 1.5, 0.4, r2_max=0.6, **variances)
    with pytest.raises(ValueError, match="short <= long <= max"):
        oster(2.0, 0.2, 1.5, 0.4, r2_max=1.1, **variances)
    with pytest.raises(ValueError, match="treatment >= residual"):
        oster(2.0, 0.2, 1.5, 0.4, r2_max=0.6, **{**variances, "variance_treatment": 0.5})
    with pytest.raises(ValueError, match="finite coefficients"):
        oster(float("nan"), 0.2, 1.5, 0.4, r2_max=0.6, **variances)
    X = np.column_stack([np.ones(9), np.arange(9.0)])
    with pytest.raises(ValueError, match="with controls left"):
        oster_of(np.arange(9.0) ** 2, X, ["one", "d"], "d", common=["one"])
    with pytest.raises(ValueError, match="no column is called 'x'"):
        oster_of(np.arange(9.0) ** 2, X, ["one", "d"], "x", common=["one"])


def test_e_values_are_the_published_ones() -> None:
    # VanderWeele and Ding (2017), bottle feeding and infant death: 3.9 (1.8, 8.7), 7.26 and 3.0.
    found = e_value(3.9, 1.8, 8.7)
    # Half a unit of the last printed digit.
    assert found.estimate == pytest.approx(7.26, abs=5e-3)
    assert found.limit == pytest.approx(3.0, abs=5e-2)


def test_a_ratio_below_one_has_the_e_value_of_its_inverse() -> None:
    first, second = e_value(0.4, 0.2, 0.8), e_value(2.5, 1.25, 5.0)
    # 1 / 0.4 is 2.5, to rounding.
    assert first.estimate == pytest.approx(second.estimate, rel=1e-12)
    assert first.limit == pytest.approx(second.limit, rel=1e-12)


def test_an_interval_that_holds_one_needs_no_confounder() -> None:
    assert e_value(1.5, 0.9, 2.4).limit == 1
    assert e_value(1.0, 1.0, 1.0).estimate == 1
    assert e_value_difference(0.1, 0.1).limit == 1


@pytest.mark.parametrize("ratio", [1.1, 2.0, 12.0])
def test_a_confounder_with_both_ratios_at_the_e_value_just_explains_the_ratio(
    ratio: float,
) -> None:
    found = e_value(ratio, ratio, ratio).estimate
    # The bounding factor of two equal ratios e is e^2 / (2 e - 1): an identity, to rounding.
    assert found**2 / (2 * found - 1) == pytest.approx(ratio, rel=1e-10)


def test_a_standardised_difference_is_read_as_a_risk_ratio() -> None:
    found = e_value_difference(-0.5, 0.1, level=0.95)
    # exp(0.91 g -+ 1.78 standard errors), VanderWeele and Ding (2017); 1.78 is rounded.
    assert found.ratio == pytest.approx(np.exp(-0.455), rel=1e-12)
    assert found.low == pytest.approx(np.exp(-0.455 - 0.178), abs=1e-3)
    assert found.high == pytest.approx(np.exp(-0.455 + 0.178), abs=1e-3)
    assert found.limit == pytest.approx(e_value(found.high, found.high, found.high).estimate)


def test_e_values_refuse_what_is_no_interval() -> None:
    with pytest.raises(ValueError, match="0 < low <= ratio <= high"):
        e_value(1.5, 1.6, 2.0)
    with pytest.raises(ValueError, match="0 < low <= ratio <= high"):
        e_value(float("nan"), 0.5, 2.0)
    with pytest.raises(ValueError, match="expected numbers"):
        e_value_difference(0.5, -0.1)


@pytest.fixture
def clustered() -> tuple[Floats, Floats, NDArray[np.str_], Floats]:
    draw = np.random.default_rng(12)
    labels = np.array([f"c{i:02d}" for i in draw.integers(0, 12, size=90)])
    X = np.column_stack([np.ones(90), draw.normal(size=(90, 2))])
    y = X @ [1.0, 0.5, -0.2] + draw.normal(size=90)
    return y, X, labels, draw.uniform(0.2, 3, size=90)


@pytest.mark.parametrize("given", [False, True], ids=["alike", "weighted"])
@pytest.mark.parametrize("which", [1, -1])
def test_leaving_a_cluster_out_is_fitting_without_its_rows(
    clustered: tuple[Floats, Floats, NDArray[np.str_], Floats], which: int, given: bool
) -> None:
    y, X, labels, weights = clustered
    used = weights if given else None
    found = leave_one_cluster_out(y, X, which, labels, weights=used)
    root = np.sqrt(weights if given else np.ones(90))
    refits = [
        np.linalg.lstsq(
            X[labels != label] * root[labels != label, np.newaxis],
            y[labels != label] * root[labels != label],
        )[0][which]
        for label in found.clusters
    ]
    # Twelve regressions run again: rounding only.
    np.testing.assert_allclose(found.estimates, refits, rtol=1e-9)
    assert list(found.clusters) == sorted(set(labels))
    assert (found.low, found.high) == (found.estimates.min(), found.estimates.max())
    far = np.argmax(np.abs(np.array(refits) - found.full))
    assert found.most_influential == far


def test_leaving_clusters_of_one_row_is_leaving_one_out() -> None:
    draw = np.random.default_rng(5)
    x, y = draw.normal(size=(2, 20))
    X = np.column_stack([np.ones(20), x])
    found = leave_one_cluster_out(y, X, 1, np.arange(20))
    other = leave_one_out(x, y)
    # The same algebra for one row: rounding only.
    np.testing.assert_allclose(found.estimates, other.estimates, rtol=1e-10)
    assert found.most_influential == other.most_influential


def test_a_clusters_own_intercept_leaves_with_it(
    clustered: tuple[Floats, Floats, NDArray[np.str_], Floats],
) -> None:
    y, X, labels, _ = clustered
    own = (labels[:, np.newaxis] == np.unique(labels)).astype(float)
    found = leave_one_cluster_out(y, np.column_stack([X[:, 1:], own]), 0, labels)
    for label, estimate in zip(found.clusters, found.estimates, strict=True):
        rows = labels != label
        left = np.column_stack([X[rows, 1:], own[rows][:, np.unique(labels) != label]])
        # Refitted without cluster and intercept: rounding only.
        assert estimate == pytest.approx(np.linalg.lstsq(left, y[rows])[0][0], rel=1e-9)


def test_shuffled_rows_and_a_scaled_outcome_leave_out_the_same_clusters(
    clustered: tuple[Floats, Floats, NDArray[np.str_], Floats],
) -> None:
    y, X, labels, weights = clustered
    rows = np.random.default_rng(1).permutation(90)
    first = leave_one_cluster_out(y, X, 1, labels, weights=weights)
    second = leave_one_cluster_out(
        1000 * y[rows], X[rows], 1, labels[rows], weights=weights[rows] * 7
    )
    # Sums in another order: rounding only.
    np.testing.assert_allclose(second.estimates, 1000 * first.estimates, rtol=1e-9)
    assert second.most_influential == first.most_influential


def test_leaving_out_refuses_what_it_cannot_answer(
    clustered: tuple[Floats, Floats, NDArray[np.str_], Floats],
) -> None:
    y, X, labels, weights = clustered
    with pytest.raises(ValueError, match="two clusters or more"):
        leave_one_cluster_out(y, X, 1, np.zeros(90))
    with pytest.raises(ValueError, match="a row has no cluster"):
        leave_one_cluster_out(y, X, 1, np.where(labels == "c01", np.nan, 1.0))
    with pytest.raises(ValueError, match="expected 90 labels"):
        leave_one_cluster_out(y, X, 1, labels[:5])
    with pytest.raises(ValueError, match="found column 3"):
        leave_one_cluster_out(y, X, 3, labels)
    with pytest.raises(ValueError, match="finite numbers above zero"):
        leave_one_cluster_out(y, X, 1, labels, weights=weights - 0.2 - weights.min())
    with pytest.raises(ValueError, match="must be finite"):
        leave_one_cluster_out(np.where(y > 0, np.nan, y), X, 1, labels)
    only = np.column_stack([X, labels == "c03"])
    with pytest.raises(ValueError, match="without cluster c03 the other rows"):
        leave_one_cluster_out(y, only, 3, labels)


def test_what_is_partialled_out_is_gone(
    clustered: tuple[Floats, Floats, NDArray[np.str_], Floats],
) -> None:
    y, X, _, weights = clustered
    # Nought against sums of 90 numbers near 1.
    np.testing.assert_allclose(X.T @ partialled_out(y, X), 0, atol=1e-11)
    np.testing.assert_array_equal(partialled_out(y, X[:, :0]), y)
    with pytest.raises(ValueError, match="linearly dependent"):
        partialled_out(y, np.column_stack([X, X[:, 1] + X[:, 2]]))
    with pytest.raises(ValueError, match="column 0 is zero"):
        partialled_out(y, np.zeros((90, 1)))
    design, outcome = weighted(y, X, weights)
    np.testing.assert_allclose(design.T @ outcome, X.T @ (weights * y), rtol=1e-12)
