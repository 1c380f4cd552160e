"""The wild cluster bootstrap against refitting, Fisher's enumeration, libraries and its size."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.methods.association import fit_ols
from analysis.methods.clusters import cluster_ols
from analysis.methods.wild import WildBootstrap, wild_cluster_bootstrap

N, G = 48, 6
# Fisher (1935), The Design of Experiments, chapter III: Darwin's fifteen pairs of Zea mays, crossed
# less self-fertilised height in eighths of an inch.
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def sample(seed: int = 1, clusters: int = G, *, weighted: bool = False) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(clusters), draw.integers(0, clusters, N - clusters)])
    X = np.column_stack([np.ones(N), draw.normal(size=N), labels < clusters // 2])
    y = 20 + draw.normal(size=N) + draw.normal(size=clusters)[labels] + X[:, 2]
    return {
        "y": y, "X": X, "clusters": labels,
        "weights": draw.uniform(0.3, 3, N) if weighted else None,
    }  # fmt: skip


def boot(data: dict[str, Any], which: int = 2, **options: Any) -> WildBootstrap:
    options = {"weights": data["weights"], "seed": 1, **options}
    return wild_cluster_bootstrap(data["y"], data["X"], which, data["clusters"], **options)


def t_statistic(data: dict[str, Any], which: int, null: float) -> float:
    fit = cluster_ols(
        data["y"], data["X"], list("abc"), data["clusters"], weights=data["weights"], kind="CR1"
    )
    return float((fit.estimates[which] - null) / fit.standard_errors[which])


def by_refitting(data: dict[str, Any], which: int, null: float) -> tuple[float, float]:
    """Return t and the p-value of all sign vectors, with a regression run for each."""
    X, root = data["X"], np.sqrt(1.0 if data["weights"] is None else data["weights"])
    others = np.delete(X, which, axis=1)
    shifted = data["y"] - null * X[:, which]
    scaled = others * np.reshape(root, (-1, 1))
    restricted = null * X[:, which] + others @ np.linalg.lstsq(scaled, shifted * root)[0]
    t = t_statistic(data, which, null)
    extreme = total = 0
    for signs in itertools.product([1, -1], repeat=len(np.unique(data["clusters"]))):
        drawn = restricted + (data["y"] - restricted) * np.array(signs)[data["clusters"]]
        # Refitting rounds: statistics that differ by 1e-8 of themselves are tied.
        star = abs(t_statistic({**data, "y": drawn}, which, null))
        extreme += star >= abs(t) * (1 - 1e-8)
        total += 1
    return t, extreme / total


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("which", "null"), [(2, 0.0), (2, -1.5), (1, 0.3)])
def test_the_listed_bootstrap_is_that_of_refitting_every_sign_vector(
    which: int, null: float, weighted: bool
) -> None:
    data = sample(2, weighted=weighted)
    found = boot(data, which, null=null, interval=False)
    t, p_value = by_refitting(data, which, null)
    # The same algebra twice in double precision; a p-value is a count over 64.
    assert found.t == pytest.approx(t, rel=1e-9)
    assert found.p_value == p_value
    assert (found.enumerated, found.draws, found.n_clusters) == (True, 2**G, G)
    assert np.isnan([found.low, found.high]).all()


def test_darwins_pairs_have_fishers_p_value() -> None:
    # With one row a cluster and a mean alone, t grows with the sum of the signed differences, so
    # that the test is Fisher's: in 1,726 of 32,768 arrangements the sum is 314 or more either way
    # (Fisher 1935, section 21). A count: no tolerance.
    found = wild_cluster_bootstrap(
        DARWIN, np.ones((15, 1)), 0, np.arange(15), seed=1, enumerate_up_to=15
    )
    assert DARWIN.sum() == 314
    assert (found.draws, found.p_value) == (32_768, 1_726 / 32_768)
    assert found.t == pytest.approx(stats.ttest_1samp(DARWIN, 0).statistic, rel=1e-12)


def test_it_agrees_with_diff_diff_but_for_ties() -> None:
    utils = pytest.importorskip("diff_diff.utils")
    data = sample(3, 8)
    fit = cluster_ols(data["y"], data["X"], list("abc"), data["clusters"], kind="CR1")
    other = utils.wild_bootstrap_se(
        data["X"], data["y"], fit.residuals, data["clusters"], 2, n_bootstrap=999
    )
    found = boot(data)
    # The library counts what is more extreme; the two sign vectors that give t itself count here.
    assert found.p_value == pytest.approx(other.p_value + 2 / 2**8, abs=1e-12)
    assert found.t == pytest.approx(fit.estimates[2] / other.se, rel=1e-9)


def test_the_interval_ends_where_the_test_begins_to_refuse() -> None:
    for data, options in ((sample(4, 8), {}), (sample(5, 24), {"draws": 999})):
        found = boot(data, **options)
        reach = found.high - found.low
        assert found.low < found.estimate < found.high
        for end, side in ((found.low, -1), (found.high, 1)):
            # A thousandth of the interval, to either side of an end found by bisection.
            inside, outside = end - side * reach / 1000, end + side * reach / 1000
            assert boot(data, null=inside, interval=False, **options).p_value > 0.05
            assert boot(data, null=outside, interval=False, **options).p_value <= 0.05


def test_with_so_few_clusters_that_nothing_is_refused_the_interval_is_endless() -> None:
    # 2 of 2^5 sign vectors give t itself: no p-value is below .0625.
    found = boot(sample(6, 5))
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert found.p_value >= 2 / 2**5
    narrower = boot(sample(6, 5), level=0.9)
    assert np.isfinite([narrower.low, narrower.high]).all()


def test_random_signs_and_webbs_points_come_near_the_list() -> None:
    data = sample(7, 10)
    listed = boot(data, interval=False).p_value
    signs = boot(data, interval=False, enumerate_up_to=0, draws=20_000)
    webb = boot(data, interval=False, weights_kind="webb", draws=20_000)
    assert (signs.enumerated, webb.enumerated) == (False, False)
    # Three binomial standard errors of 20,000 draws are .011; Webb's points have another limit.
    assert signs.p_value == pytest.approx(listed, abs=0.011)
    assert webb.p_value == pytest.approx(listed, abs=0.08)
    assert webb.p_value != signs.p_value


def test_a_p_value_of_random_signs_counts_the_data_among_the_draws() -> None:
    data = sample(12, 30)
    found = boot({**data, "y": data["y"] + 100 * data["X"][:, 2]}, draws=199, interval=False)
    # None of the draws comes near a difference of a hundred standard deviations.
    assert found.p_value == 1 / 200


def test_one_seed_one_answer_whatever_the_order_of_rows() -> None:
    data = sample(8, 16, weighted=True)
    order = np.random.default_rng(0).permutation(N)
    moved = {name: values[order] for name, values in data.items()}
    first, second = boot(data, draws=999), boot(moved, draws=999)
    assert first.p_value == second.p_value
    # Sums in another order differ in the last bits.
    assert (first.low, first.high) == pytest.approx((second.low, second.high), rel=1e-9)
    assert boot(data, draws=999, seed=2).p_value != first.p_value


def test_units_and_direction_of_the_outcome_turn_the_interval_with_them() -> None:
    data = sample(9, 8, weighted=True)
    first = boot(data)
    data["X"][:, 2] *= -1
    second = boot({**data, "y": 5 * data["y"]})
    assert second.p_value == first.p_value
    turned = (-5 * first.estimate, -5 * first.high, -5 * first.low)
    assert (second.estimate, second.low, second.high) == pytest.approx(turned, rel=1e-9)


def test_an_outcome_far_from_zero_loses_no_digits() -> None:
    data = sample(10, 8)
    first, second = boot(data), boot({**data, "y": data["y"] + 1e6 * (1 + data["X"][:, 2])})
    assert second.p_value == boot(data, null=-1e6, interval=False).p_value
    # Six of sixteen digits go into the shift.
    assert second.low - 1e6 == pytest.approx(first.low, abs=1e-6)


def test_twelve_clusters_reject_a_true_null_as_often_as_stated_and_cover_the_truth() -> None:
    draw, runs = np.random.default_rng(11), 300
    labels = np.repeat(np.arange(12), 6)
    X = np.column_stack([np.ones(72), labels < 6])
    wild = naive = covered = 0
    for _ in range(runs):
        y = draw.normal(size=72) + draw.normal(size=12)[labels] + 2 * X[:, 1]
        found = wild_cluster_bootstrap(y, X, 1, labels, seed=1, null=2.0, interval=False)
        wild += found.p_value <= 0.05
        fit = fit_ols(y, X, ["one", "treated"], covariance="classical")
        naive += abs(fit.estimates[1] - 2) > 1.99 * fit.standard_errors[1]
    for _ in range(40):
        y = draw.normal(size=72) + draw.normal(size=12)[labels] + 2 * X[:, 1]
        found = wild_cluster_bootstrap(y, X, 1, labels, seed=1)
        covered += found.low <= 2 <= found.high
    # Three binomial standard errors of 300 runs at .05 are .038; of 40 at .95, 4.1 runs.
    assert 0.012 < wild / runs < 0.088
    assert naive / runs > 0.15
    assert covered >= 34


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"which": 3}, "X has columns 0 to 2"),
        ({"draws": 0}, "at least one"),
        ({"enumerate_up_to": 30}, "too many to list"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"weights_kind": "mammen"}, "not one of"),
        ({"null": np.nan}, "finite"),
        ({"weights": -np.ones(N)}, "positive"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        boot(sample(), **options)


def test_a_fit_that_is_exact_in_every_cluster_is_refused() -> None:
    data = sample()
    with pytest.raises(ValueError, match="no clustered variance"):
        boot({**data, "y": np.zeros(N)})
    with pytest.raises(ValueError, match="at least two"):
        boot({**data, "clusters": np.zeros(N)})
