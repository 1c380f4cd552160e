"""Clustered standard errors against definitions, closed forms, Stata's values and libraries."""

from __future__ import annotations

import math
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.methods.association import fit_ols
from analysis.methods.clusters import ClusterFit, cluster_ols, coded

N, G = 60, 9
# Two ways of the same double-precision algebra on 60 well-conditioned rows.
ROUNDING = 1e-9


def sample(seed: int = 1, weighted: str = "no") -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    clusters = np.concatenate([np.arange(G), draw.integers(0, G, N - G)])
    X = np.column_stack([np.ones(N), draw.normal(size=N), clusters < 4, draw.uniform(size=N)])
    y = draw.normal(size=N) + draw.normal(size=G)[clusters]
    weights = {
        "no": None,
        "by row": draw.uniform(0.2, 3, N),
        "by cluster": draw.uniform(0.2, 3, G)[clusters],
    }[weighted]
    return {"y": y, "X": X, "clusters": clusters, "weights": weights}


def fit(data: dict[str, Any], **options: Any) -> ClusterFit:
    names = [f"x{column}" for column in range(data["X"].shape[1])]
    return cluster_ols(
        data["y"], data["X"], names, data["clusters"], weights=data["weights"], **options
    )


def by_definition(data: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return CR2 covariance and Satterthwaite df from n x n matrices, as the papers write them."""
    X, n = data["X"], len(data["y"])
    W = np.eye(n) if data["weights"] is None else np.diag(data["weights"])
    M = np.linalg.inv(X.T @ W @ X)
    left = np.eye(n) - X @ M @ X.T @ W
    residuals, scores, vectors = left @ data["y"], [], []
    for cluster in np.unique(data["clusters"]):
        rows = np.flatnonzero(data["clusters"] == cluster)
        values, axes = np.linalg.eigh(left[rows] @ left[rows].T)
        power = [value**-0.5 if value > 1e-10 else 0.0 for value in values]
        a = axes @ np.diag(power) @ axes.T @ W[np.ix_(rows, rows)] @ X[rows] @ M
        scores.append(a.T @ residuals[rows])
        vectors.append(left[rows].T @ a)
    p = np.array(vectors)
    moments = [p[:, :, c] @ p[:, :, c].T for c in range(X.shape[1])]
    df = [np.trace(P) ** 2 / np.sum(P * P) for P in moments]
    return np.array(scores).T @ np.array(scores), np.array(df)


@pytest.mark.parametrize("weighted", ["no", "by row", "by cluster"])
def test_cr2_and_its_df_are_those_of_the_definition(weighted: str) -> None:
    data = sample(2, weighted)
    found = fit(data)
    covariance, df = by_definition(data)
    np.testing.assert_allclose(found.covariance, covariance, rtol=ROUNDING, atol=1e-12)
    np.testing.assert_allclose(found.df, df, rtol=ROUNDING)
    np.testing.assert_allclose(found.standard_errors**2, np.diag(covariance), rtol=ROUNDING)


@pytest.mark.parametrize("weighted", ["no", "by row"])
def test_with_indicators_of_the_clusters_the_pseudo_inverse_is_the_definitions(
    weighted: str,
) -> None:
    data = sample(3, weighted)
    data["X"] = np.column_stack([data["X"][:, [1, 3]], data["clusters"][:, None] == np.arange(G)])
    found = fit(data)
    covariance, df = by_definition(data)
    np.testing.assert_allclose(found.covariance[:2, :2], covariance[:2, :2], rtol=ROUNDING)
    np.testing.assert_allclose(found.df[:2], df[:2], rtol=ROUNDING)
    assert np.isfinite(found.estimates).all()
    assert np.isnan(found.standard_errors[2:]).all()


def test_indicators_of_the_clusters_do_what_subtracting_cluster_means_does() -> None:
    # Pustejovsky and Tipton (2018), theorem 2, unweighted.
    data = sample(4)
    means = np.eye(G)[data["clusters"]]
    means = means / means.sum(axis=0)
    of = np.eye(G)[data["clusters"]] @ means.T
    within = {**data, "y": data["y"] - of @ data["y"]}
    within["X"] = data["X"][:, [1, 3]] - of @ data["X"][:, [1, 3]]
    data["X"] = np.column_stack([data["X"][:, [1, 3]], np.eye(G)[data["clusters"]]])
    with_indicators, demeaned = fit(data), fit(within)
    np.testing.assert_allclose(
        with_indicators.standard_errors[:2], demeaned.standard_errors, rtol=ROUNDING
    )
    np.testing.assert_allclose(with_indicators.df[:2], demeaned.df, rtol=ROUNDING)


def kolesar() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the data of the tests of Kolesar's R package dfadjust, `tests/test_clustervar.R`."""
    count = np.arange(1, 11)
    y = np.concatenate([np.cos(count - 1), np.tan(count)])
    x = np.concatenate([np.sin(count), np.sin(count + 1)])
    return y, np.column_stack([np.ones(20), x]), np.tile([2, 1, 3, 2, 2, 3, 3, 1, 1, 2], 2)


def test_cr1_is_statas_clustered_standard_error() -> None:
    # Stata's `regress y x, cluster(clusters)`, quoted in dfadjust's test_clustervar.R.
    y, X, clusters = kolesar()
    found = cluster_ols(y, X, ["one", "x"], clusters, kind="CR1")
    # Printed with ten decimals.
    np.testing.assert_allclose(found.estimates, [-0.4456202905, 0.3241183110], atol=6e-11)
    np.testing.assert_allclose(found.standard_errors, [0.4827602183, 0.1814501834], atol=6e-11)
    assert (found.df == 2).all()


def test_cr2_with_one_row_a_cluster_is_statas_hc2() -> None:
    # Stata's `regress y x, vce(hc2)`, quoted in the same file; printed with ten decimals.
    y, X, _ = kolesar()
    found = cluster_ols(y, X, ["one", "x"], np.arange(20))
    np.testing.assert_allclose(found.standard_errors, [0.4227339762, 0.4421048122], atol=6e-11)


def test_degrees_of_freedom_are_those_of_dfadjust() -> None:
    # The test "HC1 and HC2 formulas match sandwich" of Kolesar's dfadjust, which implements Imbens
    # and Kolesar (2016), Review of Economics and Statistics 98: eight decimals, its own tolerance.
    count = np.arange(1, 11)
    X = np.column_stack([np.ones(10), np.sin(count), np.sin(count + 1)])
    found = cluster_ols(count, X, ["one", "a", "b"], count)
    np.testing.assert_allclose(found.df, [4.94624731, 3.90754737, 4.77265484], atol=1e-8)


def test_one_row_a_cluster_gives_hc2_and_hc3_of_the_house_and_of_statsmodels() -> None:
    from statsmodels.regression.linear_model import OLS

    data = {**sample(5), "clusters": np.arange(N)}
    other = OLS(data["y"], data["X"]).fit()
    for kind, covariance in (("CR2", "HC2"), ("CR3", "HC3")):
        found = fit(data, kind=kind)
        house = fit_ols(data["y"], data["X"], found.names, covariance=covariance)
        np.testing.assert_allclose(found.standard_errors, house.standard_errors, rtol=ROUNDING)
        theirs = getattr(other, f"{covariance}_se")
        np.testing.assert_allclose(found.standard_errors, theirs, rtol=ROUNDING)


@pytest.mark.parametrize("weighted", ["no", "by row"])
def test_cr1_is_that_of_statsmodels(weighted: str) -> None:
    from statsmodels.regression.linear_model import WLS

    data = sample(6, weighted)
    weights = np.ones(N) if data["weights"] is None else data["weights"]
    other = WLS(data["y"], data["X"], weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": data["clusters"]}, use_t=True
    )
    found = fit(data, kind="CR1")
    np.testing.assert_allclose(found.covariance, other.cov_params(), rtol=ROUNDING, atol=1e-12)
    np.testing.assert_allclose(found.p_values, other.pvalues, rtol=ROUNDING)
    np.testing.assert_allclose(np.c_[found.low, found.high], other.conf_int(), rtol=ROUNDING)
    plain = fit(data, kind="CR0").covariance
    factor = G / (G - 1) * (N - 1) / (N - 4)
    np.testing.assert_allclose(found.covariance, plain * factor, rtol=ROUNDING)


@pytest.mark.parametrize("weighted", ["no", "by row", "by cluster"])
def test_cr2_is_that_of_diff_diff(weighted: str) -> None:
    linalg = pytest.importorskip("diff_diff.linalg")
    data = sample(7, weighted)
    found = fit(data)
    covariance, df = linalg.compute_robust_vcov(
        data["X"],
        found.residuals,
        data["clusters"],
        weights=data["weights"],
        vcov_type="hc2_bm",
        return_dof=True,
    )
    # An independent port of clubSandwich, which works with n x n matrices where weighted.
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.df, df, rtol=1e-8)


@pytest.mark.parametrize("weighted", ["no", "by row"])
def test_cr3_is_the_jackknife_over_clusters(weighted: str) -> None:
    data = sample(8, weighted)
    root = np.sqrt(np.ones(N) if data["weights"] is None else data["weights"])
    found = fit(data, kind="CR3")
    total = np.zeros((4, 4))
    for cluster in range(G):
        kept = data["clusters"] != cluster
        scaled = data["X"] * root[:, None]
        without = np.linalg.lstsq(scaled[kept], (data["y"] * root)[kept], rcond=None)[0]
        total += np.outer(without - found.estimates, without - found.estimates)
    np.testing.assert_allclose(found.covariance, total, rtol=ROUNDING, atol=1e-12)
    assert (found.df == G - 1).all()


def of_equal_size(treated: int, clusters: int, seed: int = 9) -> tuple[ClusterFit, np.ndarray]:
    draw = np.random.default_rng(seed)
    labels = np.repeat(np.arange(clusters), 5)
    y = draw.normal(size=5 * clusters) + draw.normal(size=clusters)[labels]
    X = np.column_stack([np.ones(len(y)), labels < treated])
    return cluster_ols(y, X, ["one", "treated"], labels), y.reshape(clusters, 5).mean(axis=1)


def test_a_treatment_of_half_the_clusters_gives_the_t_test_of_their_means() -> None:
    # Equal sizes: H is 1 / (5 G_1) within a treated cluster, thus each arm's part is s^2 / G_1.
    found, means = of_equal_size(6, 12)
    other = stats.ttest_ind(means[:6], means[6:])
    assert found.df[1] == pytest.approx(10, rel=ROUNDING)
    assert found.p_values[1] == pytest.approx(other.pvalue, rel=ROUNDING)
    interval = other.confidence_interval()
    assert (found.low[1], found.high[1]) == pytest.approx(tuple(interval), rel=ROUNDING)


def test_a_treatment_of_three_clusters_gives_welchs_standard_error_with_few_df() -> None:
    found, means = of_equal_size(3, 12)
    welch = math.sqrt(means[:3].var(ddof=1) / 3 + means[3:].var(ddof=1) / 9)
    assert found.standard_errors[1] == pytest.approx(welch, rel=ROUNDING)
    # Satterthwaite's formula for equal variances in both arms.
    df = (1 / 3 + 1 / 9) ** 2 / (1 / (3**2 * 2) + 1 / (9**2 * 8))
    assert found.df[1] == pytest.approx(df, rel=ROUNDING)


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_a_single_treated_cluster_has_an_estimate_but_no_standard_error(kind: Any) -> None:
    data = sample(10)
    data["X"][:, 2] = data["clusters"] == 5
    found = fit(data, kind=kind)
    assert np.isfinite(found.estimates).all()
    for array in (found.standard_errors, found.df, found.low, found.high, found.p_values):
        assert np.isnan(array).tolist() == [False, False, True, False]
    assert np.isfinite(fit(data, kind="CR1").standard_errors).all()


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2", "CR3"])
def test_order_of_rows_labels_units_and_scale_of_weights_do_not_matter(kind: Any) -> None:
    data = sample(11, "by row")
    order = np.random.default_rng(0).permutation(N)
    moved = {name: values[order] for name, values in data.items()}
    moved |= {"y": -3 * moved["y"], "weights": 7 * moved["weights"]}
    moved["clusters"] = np.array(list("zyxwvutsr"))[moved["clusters"]]
    moved["X"] = moved["X"] * np.array([1, 1000, 1, 1])
    first, second = fit(data, kind=kind), fit(moved, kind=kind)
    scale = np.array([3, 0.003, 3, 3])
    np.testing.assert_allclose(second.estimates, -first.estimates * scale, rtol=ROUNDING)
    np.testing.assert_allclose(second.high, -first.low * scale, rtol=ROUNDING)
    np.testing.assert_allclose(second.df, first.df, rtol=ROUNDING)
    np.testing.assert_allclose(second.residuals, -3 * first.residuals[order], atol=1e-12)


def test_a_contrast_is_the_coefficient_of_a_model_written_for_it() -> None:
    data = sample(12, "by row")
    found = cluster_ols(
        data["y"], data["X"], ["a less b", "b"], data["clusters"],
        weights=data["weights"], contrasts=[[0, 1, 0, -1], [0, 0, 0, 1]],
    )  # fmt: skip
    # a x + b z = (a - b) x + b (x + z)
    data["X"][:, 3] += data["X"][:, 1]
    other = fit(data)
    np.testing.assert_allclose(found.estimates, other.estimates[[1, 3]], rtol=ROUNDING)
    np.testing.assert_allclose(found.standard_errors, other.standard_errors[[1, 3]], rtol=ROUNDING)
    np.testing.assert_allclose(found.df, other.df[[1, 3]], rtol=ROUNDING)


def test_equal_weights_are_none() -> None:
    data = sample(13)
    other = fit({**data, "weights": np.full(N, 4.0)})
    np.testing.assert_allclose(other.covariance, fit(data).covariance, rtol=ROUNDING)


def test_twelve_clusters_reject_a_true_null_as_often_as_stated_and_plain_ols_does_not() -> None:
    draw, runs = np.random.default_rng(14), 500
    labels = np.repeat(np.arange(12), 8)
    X = np.column_stack([np.ones(96), labels < 4])
    clustered = naive = 0
    for _ in range(runs):
        y = draw.normal(size=96) + draw.normal(size=12)[labels]
        clustered += cluster_ols(y, X, ["one", "treated"], labels).p_values[1] < 0.05
        naive += fit_ols(y, X, ["one", "treated"], covariance="classical").p_values[1] < 0.05
    # Three binomial standard errors of 500 runs at .05 are .029; Satterthwaite is approximate.
    assert 0.02 < clustered / runs < 0.08
    assert naive / runs > 0.3


def test_twenty_thousand_rows_take_neither_n_by_n_memory_nor_long() -> None:
    draw = np.random.default_rng(15)
    X = np.column_stack([np.ones(20_000), draw.normal(size=(20_000, 8))])
    labels = draw.integers(0, 400, 20_000)
    tracemalloc.start()
    start = time.perf_counter()
    cluster_ols(draw.normal(size=20_000), X, list("abcdefghi"), labels, weights=X[:, 1] ** 2 + 1)
    taken, peak = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 0.05 s and 30 MB when written; n x n numbers alone are 3,200 MB.
    assert peak < 200e6
    assert taken < 5


def test_labels_are_numbered_in_their_own_order_whatever_that_of_the_rows() -> None:
    codes, count = coded(["b", "c", "a", "b"], 4)
    assert (codes.tolist(), count) == ([1, 2, 0, 1], 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.ones(5)}, "does not fit X"),
        ({"X": np.full((N, 4), np.nan)}, "finite"),
        ({"X": np.ones((N, 4))}, "linearly dependent"),
        ({"X": np.zeros((N, 4))}, "column 0 of X is zero"),
        ({"weights": np.zeros(N)}, "positive"),
        ({"weights": np.ones(3)}, "weights of shape"),
        ({"clusters": np.zeros(N)}, "at least two"),
        ({"clusters": np.r_[np.nan, np.arange(N - 1)]}, "row 0 has no cluster"),
        ({"clusters": np.arange(3)}, "do not fit 60 rows"),
    ],
)
def test_bad_data_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit({**sample(), **change})


def test_bad_options_are_refused() -> None:
    data = sample()
    for options, message in (
        ({"kind": "HC2"}, "is not one of CR0"),
        ({"level": 95}, "between 0 and 1"),
        ({"contrasts": np.ones((4, 2))}, "do not fit 4 columns"),
        ({"contrasts": np.ones((1, 4))}, "4 names for 1"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(data, **options)
    few = {name: values[:4] for name, values in sample(1, "by row").items()}
    with pytest.raises(ValueError, match="too few"):
        fit(few)
