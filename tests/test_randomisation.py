"""Randomisation inference for clusters against refitting, Fisher's counts, and its size."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from analysis.methods import randomisation
from analysis.methods.inference import permute_difference
from analysis.methods.randomisation import Interval, Randomised, randomise_clusters, widest

N, G = 60, 8
# Fisher (1935), The Design of Experiments, chapter III: Darwin's fifteen pairs of Zea mays, crossed
# less self-fertilised height in eighths of an inch.
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def sample(seed: int = 1, clusters: int = G, treated: int = 3) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(clusters), draw.integers(0, clusters, N - clusters)])
    controls = draw.normal(size=(N, 2)) + draw.normal(size=clusters)[labels, None]
    given = labels < treated
    y = 5 + controls[:, 0] + given + draw.normal(size=N) + draw.normal(size=clusters)[labels]
    return {"y": y, "treated": given, "clusters": labels, "controls": controls}


def randomised(data: dict[str, Any], **options: Any) -> Randomised:
    return randomise_clusters(**{**data, "seed": 1, **options})


def coefficient(y: np.ndarray, given: np.ndarray, controls: np.ndarray) -> float:
    return float(np.linalg.lstsq(np.column_stack([given, controls]), y)[0][0])


def by_refitting(data: dict[str, Any], difference: float, strata: Any = None) -> float:
    """Return the p-value of a constant difference, with a regression run for each assignment."""
    labels, given = data["clusters"], data["treated"].astype(float)
    stratum = np.zeros(N, dtype=int) if strata is None else strata
    controls = np.column_stack([data["controls"], np.eye(stratum.max() + 1)[stratum]])
    untreated = data["y"] - difference * given
    observed = abs(coefficient(untreated, given, controls))
    first = np.unique(labels, return_index=True)[1]
    before = np.bincount(stratum[first][given[first] == 1], minlength=stratum.max() + 1)
    found = []
    for chosen in itertools.combinations(range(len(first)), int(given[first].sum())):
        counts = np.bincount(stratum[first][list(chosen)], minlength=len(before))
        if (counts == before).all():
            found.append(abs(coefficient(untreated, np.isin(labels, chosen), controls)))
    # Refitting rounds: coefficients within 1e-9 are tied.
    return float(np.mean(np.array(found) >= observed - 1e-9))


def test_it_is_the_regression_run_again_for_every_assignment() -> None:
    data = sample(2)
    found = randomised(data)
    ones = np.column_stack([data["controls"], np.ones(N)])
    # Two ways of the same algebra; a p-value is a count over 56.
    estimate = coefficient(data["y"], data["treated"], ones)
    assert found.estimate == pytest.approx(estimate, rel=1e-10)
    assert found.p_value == pytest.approx(by_refitting(data, 0), abs=1e-12)
    assert (found.exact, found.draws, found.n_clusters, found.n_treated) == (True, 56, 8, 3)


@pytest.mark.parametrize("level", [0.9, 0.8])
def test_the_interval_ends_where_a_constant_difference_begins_to_be_refused(level: float) -> None:
    data = sample(3)
    found = randomised(data, level=level)
    reach = (found.high - found.low) / 1000
    # A thousandth of the interval on either side of each end.
    assert by_refitting(data, found.low + reach) > 1 - level
    assert by_refitting(data, found.high - reach) > 1 - level
    assert by_refitting(data, found.low - reach) <= 1 - level
    assert by_refitting(data, found.high + reach) <= 1 - level


def test_clusters_change_places_within_their_stratum_only() -> None:
    data = sample(4, treated=4)
    strata = data["clusters"] % 2
    found = randomised(data, strata=strata)
    assert (found.draws, found.exact) == (36, True)
    assert found.p_value == pytest.approx(by_refitting(data, 0, strata), abs=1e-12)
    drawn = randomised(data, strata=strata, exact_up_to=0, draws=20_000)
    # Three binomial standard errors of 20,000 draws are .011.
    assert drawn.p_value == pytest.approx(found.p_value, abs=0.011)
    assert drawn.low == pytest.approx(found.low, rel=1e-9)
    assert drawn.high == pytest.approx(found.high, rel=1e-9)


def test_darwins_pairs_have_fishers_p_value() -> None:
    # Two plants a pair, treated within it: 1,726 of 32,768 arrangements differ by 314 or more
    # (Fisher 1935, section 21). A count: no tolerance.
    pair = np.tile(np.arange(15), 2)
    found = randomise_clusters(
        np.concatenate([DARWIN, np.zeros(15)]),
        np.repeat([1, 0], 15),
        np.arange(30),
        strata=pair,
        seed=1,
    )
    assert (found.draws, found.exact, found.p_value) == (32_768, True, 1_726 / 32_768)
    assert found.estimate == pytest.approx(DARWIN.mean(), rel=1e-12)


def test_six_children_have_imbens_and_rubins_p_value() -> None:
    # Imbens and Rubin (2015), Causal Inference, chapter 5: the first six children of the
    # honey study, a difference of 1.00 and a p-value of 16/20. A count: no tolerance.
    found = randomise_clusters([3, 5, 0, 4, 0, 1], [1, 1, 1, 0, 0, 0], np.arange(6), seed=1)
    assert found.estimate == pytest.approx(1.0, rel=1e-12)
    assert (found.p_value, found.draws) == (16 / 20, 20)


def test_with_one_row_a_cluster_it_is_the_houses_permutation_test() -> None:
    draw = np.random.default_rng(5)
    y, given = draw.normal(size=12), np.arange(12) < 5
    found = randomise_clusters(y, given, np.arange(12), seed=1)
    other = permute_difference(y, given, seed=1)
    assert found.p_value == pytest.approx(other.p_value, abs=1e-12)
    assert found.estimate == pytest.approx(other.statistic, rel=1e-12)


def test_with_random_assignments_test_and_interval_agree_and_no_p_value_is_nought() -> None:
    data = sample(11, clusters=24, treated=9)
    found = randomised(data, draws=39)
    assert not found.exact
    reach = (found.high - found.low) / 1000
    for end, side in ((found.low, -1), (found.high, 1)):
        for step, refused in ((-reach, False), (reach, True)):
            shifted = data["y"] - (end + side * step) * data["treated"]
            # One seed gives the same 39 assignments; p-values of a fortieth are the least.
            p_value = randomised({**data, "y": shifted}, draws=39).p_value
            assert p_value >= 1 / 40
            assert (p_value <= 0.05) == refused


def test_the_draws_do_not_depend_on_the_size_of_the_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = sample(12, clusters=24, treated=9)
    whole = randomised(data, draws=499)
    monkeypatch.setattr(randomisation, "CELLS", 24 * 7)
    assert randomised(data, draws=499) == whole


def test_where_no_difference_can_be_refused_the_interval_is_endless() -> None:
    # Of 10 assignments the one at hand is always as extreme: no p-value is below .1.
    data = sample(6, clusters=5, treated=2)
    found = randomised(data)
    assert (found.draws, found.low, found.high) == (10, -math.inf, math.inf)
    assert np.isfinite(randomised({**data, "controls": None}, level=0.85).high)
    # With these controls a second assignment stays as extreme however large the difference.
    assert by_refitting(data, 1e6) == by_refitting(data, -1e6) == 0.2
    assert randomised(data, level=0.85).high == math.inf
    drawn = randomised(data, exact_up_to=0, draws=9)
    assert (drawn.low, drawn.high) == (-math.inf, math.inf)


def test_one_seed_one_answer_whatever_the_order_of_rows() -> None:
    data = sample(7, clusters=20, treated=8)
    order = np.random.default_rng(0).permutation(N)
    moved = {name: values[order] for name, values in data.items()}
    first, second = randomised(data, draws=1999), randomised(moved, draws=1999)
    assert not first.exact
    assert first.p_value == second.p_value
    # Sums in another order differ in the last bits.
    assert (first.low, first.high) == pytest.approx((second.low, second.high), rel=1e-9)
    assert randomised(data, draws=1999, seed=2).low != first.low


def test_units_direction_and_a_constant_added_turn_the_interval_with_them() -> None:
    data = sample(8)
    first = randomised(data, level=0.9)
    second = randomised({**data, "y": 1e4 - 3 * data["y"]}, level=0.9)
    assert second.p_value == first.p_value
    turned = (-3 * first.estimate, -3 * first.high, -3 * first.low)
    assert (second.estimate, second.low, second.high) == pytest.approx(turned, rel=1e-9)
    third = randomised({**data, "treated": ~data["treated"]}, level=0.9)
    assert third.p_value == first.p_value
    assert (third.low, third.high) == pytest.approx((-first.high, -first.low), rel=1e-9)


def test_controls_that_explain_the_outcome_narrow_the_interval() -> None:
    data = sample(9, clusters=12, treated=6)
    data["y"] += 2 * data["controls"][:, 0]
    with_controls, without = randomised(data), randomised({**data, "controls": None})
    assert with_controls.high - with_controls.low < 0.8 * (without.high - without.low)


def test_twelve_clusters_of_any_size_reject_a_true_null_as_often_as_stated() -> None:
    draw, runs = np.random.default_rng(10), 400
    labels = np.repeat(np.arange(12), np.arange(2, 14))
    rejected = covered = 0
    for _ in range(runs):
        given = draw.permutation(12)[labels] < 4
        y = draw.normal(size=len(labels)) + draw.normal(size=12)[labels] + 2 * given
        found = randomise_clusters(y - 2 * given, given, labels, seed=1)
        rejected += found.p_value <= 0.05
        moved = randomise_clusters(y, given, labels, seed=1)
        covered += moved.low <= 2 <= moved.high
    # The test is exact; three binomial standard errors of 400 runs at .05 are .033.
    assert 0.017 < rejected / runs < 0.083
    assert covered == runs - rejected


def interval(method: str, low: float, high: float, p_value: float = 0.5) -> Interval:
    return Interval(method, 0.0, low, high, p_value)


def test_the_headline_is_the_widest_interval() -> None:
    short, long = interval("CR2", -1, 1), interval("wild", -2, 0.5)
    assert widest(short, long) == widest(long, short) == long
    endless = interval("randomisation", -math.inf, math.inf)
    half = interval("wild", -1, math.inf, 0.9)
    assert widest(short, half, endless) == endless
    assert widest(short, half) == half


def test_of_equally_wide_intervals_the_larger_p_value_goes_first_then_the_first_named() -> None:
    first, second = interval("a", 0, 1, 0.2), interval("b", 1, 2, 0.3)
    assert widest(first, second) == widest(second, first) == second
    assert widest(first, interval("c", 4, 5, 0.2)) == first


def test_no_interval_is_no_headline() -> None:
    with pytest.raises(ValueError, match="no intervals"):
        widest()
    with pytest.raises(ValueError, match="CR2 gives no interval"):
        widest(interval("wild", 0, 1), interval("CR2", math.nan, math.nan))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.ones(3)}, "differ in shape"),
        ({"y": np.full(N, np.nan)}, "finite"),
        ({"treated": np.full(N, 2)}, "yes or no"),
        ({"treated": np.arange(N) < 20}, "treatment differs within the cluster"),
        ({"treated": np.ones(N)}, "treated and other clusters"),
        ({"controls": np.ones((3, 2))}, "do not fit 60 rows"),
        ({"strata": np.arange(N)}, "stratum differs within"),
        ({"strata": [None] * N}, "row 0 has no stratum"),
        ({"strata": [1, 2]}, "strata of shape"),
        ({"draws": 0}, "at least one"),
        ({"level": 0.0}, "between 0 and 1"),
    ],
)
def test_bad_input_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        randomised(sample(), **change)


def test_controls_that_are_the_treatment_are_refused() -> None:
    data = sample()
    data["controls"][:, 1] = data["treated"]
    with pytest.raises(ValueError, match="controls explain the treatment"):
        randomised(data)
    data["treated"] = data["clusters"] % 2
    with pytest.raises(ValueError, match="treated and other clusters are needed within"):
        randomised(data, strata=data["treated"])
