"""Order of printed rows: Mahonian numbers, Kendall's test as published, every order by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from analysis.methods.order import descending_order, identical_rows

NAN = math.nan


def by_enumeration(values: list[float]) -> float:
    """Return the share of all orders with at most as many rising pairs."""

    def rising(row: tuple[float, ...]) -> int:
        return sum(a < b for a, b in itertools.combinations(row, 2))

    orders = list(itertools.permutations(values))
    return sum(rising(order) <= rising(tuple(values)) for order in orders) / len(orders)


def test_p_value_is_the_published_one_of_hollander_and_wolfes_tuna() -> None:
    # Hollander and Wolfe (1973), Nonparametric Statistical Methods, p. 185, as in R's manual of
    # cor.test: nine lots of tuna, tau 0.4444, one-sided exact p 0.05972 (two-sided 0.1194)
    lightness = np.array([44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1])
    quality = np.array([2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8])
    found = descending_order(quality[np.argsort(-lightness)])
    assert found.kendall_tau == pytest.approx(0.4444444, abs=5e-8)  # seven decimals are printed
    assert found.p_value == pytest.approx(0.05972, abs=5e-6)  # five decimals are printed
    assert found.inversions == 10


def test_p_values_add_up_the_published_mahonian_numbers() -> None:
    # On-Line Encyclopedia of Integer Sequences A008302, row n = 5: orders by number of inversions
    mahonian = [1, 4, 9, 15, 20, 22, 20, 15, 9, 4, 1]
    found = {}
    for order in itertools.permutations(range(5)):
        result = descending_order(order)
        found[result.inversions] = result.p_value
    expected = np.cumsum(mahonian) / 120
    assert [found[i] for i in range(11)] == pytest.approx(expected, abs=1e-15)  # one rounding


@pytest.mark.parametrize(
    "values", [[5, 4, 3, 2, 1], [4, 4, 3, 3, 1], [1, 3, 2, 2, 3], [2, 2, 2, 1, 3, 1], [1, 2]]
)
def test_p_value_is_exact_with_and_without_ties(values: list[float]) -> None:
    assert descending_order(values).p_value == pytest.approx(by_enumeration(values), abs=1e-15)


def test_a_falling_table_has_one_chance_in_all_its_orders() -> None:
    found = descending_order([36, 20, 13, 13, 13, 7, 7, 1])
    assert found.is_sorted
    assert found.inversions == 0
    assert found.p_value == pytest.approx(
        math.factorial(3) * math.factorial(2) / math.factorial(8),
        rel=1e-15,  # one rounding
    )


def test_tau_b_agrees_with_scipy() -> None:
    rng = np.random.default_rng(23)
    values = rng.integers(0, 12, size=23).astype(float)
    theirs = stats.kendalltau(values, -np.arange(23)).statistic
    assert descending_order(values).kendall_tau == pytest.approx(theirs, abs=1e-12)  # rounding


def test_a_long_table_is_counted_without_overflow() -> None:
    assert descending_order(np.arange(77.0)[::-1]).p_value == pytest.approx(
        1 / math.factorial(77),
        rel=1e-12,  # rounding
    )
    assert descending_order(np.arange(77.0)).p_value == 1.0


def test_a_hidden_sort_is_found_and_a_shuffle_is_not() -> None:
    rng = np.random.default_rng(76)
    totals = rng.normal(20, 8, size=23)
    nearly = np.sort(totals)[::-1] + rng.normal(0, 1, size=23)
    assert descending_order(nearly).p_value < 1e-6
    p_values = [descending_order(rng.permutation(totals)).p_value for _ in range(400)]
    # an exact p-value is at most .05 in at most 5 % of shuffles; three standard errors above
    assert np.mean(np.array(p_values) <= 0.05) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_equal_values_have_no_tau() -> None:
    found = descending_order([2, 2, 2])
    assert math.isnan(found.kendall_tau)
    assert (found.is_sorted, found.p_value) == (True, 1.0)


# No published value: what is the same is a matter of definition.
def test_identical_rows_are_found_with_missing_cells_and_text() -> None:
    table: list[list[object]] = [
        ["a", 4, NAN],
        ["b", 4, NAN],
        ["a", 4, NAN],
        ["a", 4, 1],
        ["b", 4, None],
        [NAN, None, NAN],
        [None, NAN, NAN],
    ]
    assert identical_rows(table) == [(0, 2), (1, 4)]


def test_identical_rows_of_an_array_are_recovered_after_planting() -> None:
    rng = np.random.default_rng(5)
    table = rng.normal(size=(30, 6))
    assert identical_rows(table) == []
    table[[7, 29]] = table[2]
    assert identical_rows(table) == [(2, 7, 29)]


def test_impossible_inputs_are_refused() -> None:
    for values in ([1.0], [1.0, NAN], [[1.0, 2.0]]):
        with pytest.raises(ValueError, match="two numbers or more"):
            descending_order(values)
