"""Adjusted p-values against published tables and their own promises."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.multitest import multipletests

from analysis.methods.multiplicity import benjamini_hochberg, holm, westfall_young

Floats = NDArray[np.float64]
# Benjamini and Hochberg (1995), section 4: p-values of 15 end points of a thrombolysis trial.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip

# Westfall and Wolfinger's "mult" data as in Pesarin and Salmaso (2010), section 5.5: three
# measurements; the first seven rows are one group, the other nine the other.
MULT = np.reshape(
    [
        *(14.4, 7, 4.3, 14.6, 7.09, 3.88, 13.8, 7.06, 5.34, 10.1, 4.26, 4.26, 11.1, 5.49, 4.52),
        *(12.4, 6.13, 5.69, 12.7, 6.69, 4.45),
        *(11.8, 5.44, 3.94, 18.3, 1.28, 0.67, 18, 1.5, 0.67, 20.8, 1.51, 0.72, 18.3, 1.14, 0.67),
        *(14.8, 2.74, 0.67, 13.8, 7.08, 3.43, 11.5, 6.37, 5.64, 10.9, 6.26, 3.47),
    ],
    (16, 3),
)


def test_the_thrombolysis_trial_rejects_as_published() -> None:
    # Benjamini and Hochberg (1995), section 4: their procedure rejects the four smallest at
    # .05, Bonferroni's (and with it Holm's, .0095 being above .05/12) the three smallest.
    assert np.count_nonzero(benjamini_hochberg(THROMBOLYSIS) <= 0.05) == 4
    assert np.count_nonzero(holm(THROMBOLYSIS) <= 0.05) == 3
    # Their worked step: p(4) = .0095 is the first at or below 4/15 of .05, which is .0133.
    assert benjamini_hochberg(THROMBOLYSIS)[3] == pytest.approx(0.0095 * 15 / 4, rel=1e-12)


def test_holms_steps_are_those_of_his_procedure() -> None:
    # Holm (1979), section 3: multiply the smallest by m, the next by m - 1, and never fall.
    # The example .01 .04 .03 .005 is worked in many textbooks: only the first and last fall.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02], rel=1e-12)


@pytest.mark.parametrize(("function", "method"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_adjusted_values_are_those_of_statsmodels_in_any_order(
    function: Callable[[ArrayLike], Floats], method: str
) -> None:
    p = np.random.default_rng(4).permutation([*THROMBOLYSIS, 0.0459, 0.0, 1.0])
    np.testing.assert_allclose(function(p), multipletests(p, method=method)[1], rtol=1e-12)


def test_one_question_needs_no_adjustment() -> None:
    assert holm([0.03]) == benjamini_hochberg([0.03]) == [0.03]


@pytest.mark.parametrize("p", [[], [0.1, 1.2], [-0.1], [0.2, np.nan], [[0.1]]])
def test_what_is_no_list_of_p_values_is_refused(p: ArrayLike) -> None:
    for function in (holm, benjamini_hochberg):
        with pytest.raises(ValueError, match="numbers from 0 to 1"):
            function(p)


def test_step_down_agrees_with_the_published_values_of_the_mult_data() -> None:
    # All 11,440 ways to choose the first group. Statistics are -log p of each arrangement, so
    # that the largest statistic is the smallest p, as in the published analysis.
    sums = MULT[np.array(list(combinations(range(16), 7)))].sum(axis=1)
    gaps = np.abs(sums / 7 - (MULT.sum(axis=0) - sums) / 9)
    below = [np.searchsorted(np.sort(gap), gap - 1e-9) for gap in gaps.T]
    p = 1 - np.column_stack(below) / len(gaps)
    found = westfall_young(-np.log(p[0]), -np.log(p), exact=True)
    # statlab/permute, documentation of the example, min-p with 5,000 random permutations;
    # four standard errors of a share of .0876, .0626 and .0236 in 5,000.
    assert found == pytest.approx([0.0876, 0.0626, 0.0236], abs=0.016)


def test_step_down_compares_with_the_largest_of_those_left() -> None:
    # By hand: 3 is beaten by one row's largest of four; 2 by the largest of the last two
    # columns in two rows; 1, by column 1 alone, in one, but p-values never fall.
    null = [[0.5, 0.1, 4.0], [0.2, -2.5, 1.0], [0.3, 2.1, 0.1], [-1.5, 0.0, 0.2]]
    found = westfall_young([-1.0, 2.0, -3.0], null, exact=True)
    assert found.tolist() == [0.5, 0.5, 0.25]
    assert westfall_young([-1.0, 2.0, -3.0], null).tolist() == [3 / 5, 3 / 5, 2 / 5]


def test_perfectly_dependent_tests_need_no_adjustment_but_independent_ones_do() -> None:
    draw = np.random.default_rng(5)
    one = draw.normal(size=4999)
    same = westfall_young([2.0] * 5, np.tile(one[:, np.newaxis], 5))
    alone = westfall_young([2.0], one[:, np.newaxis])
    assert same.tolist() == [alone[0]] * 5
    independent = westfall_young([2.0] * 5, draw.normal(size=(4999, 5)))
    # 1 - .9545^5 = .208; four standard errors in 4,999 draws are .023.
    assert independent == pytest.approx([1 - 0.9545**5] * 5, abs=0.023)


def test_step_down_keeps_the_chance_of_any_false_rejection() -> None:
    draw = np.random.default_rng(6)
    root = np.linalg.cholesky(0.6 * np.ones((4, 4)) + 0.4 * np.eye(4))
    null = draw.normal(size=(1999, 4)) @ root.T
    wrong = 0
    for _ in range(1000):
        seen = draw.normal(size=4) @ root.T + [6, 0, 0, 0]
        wrong += westfall_young(seen, null)[1:].min() <= 0.05
    # Four standard errors of a share of .05 in 1,000 samples are .028.
    assert wrong / 1000 == pytest.approx(0.05, abs=0.028)


@pytest.mark.parametrize(
    ("statistics", "null"),
    [([1, 2], [[1, 2, 3]]), ([1, 2], [1, 2]), ([1], np.empty((0, 1))), ([1], [[np.nan]])],
)
def test_null_statistics_that_do_not_fit_are_refused(
    statistics: ArrayLike, null: ArrayLike
) -> None:
    with pytest.raises(ValueError, match="statistics"):
        westfall_young(statistics, null)
