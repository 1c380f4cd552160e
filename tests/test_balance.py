"""Tests of the baseline table before and after weighting, and of entropy balancing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from causaldata import cps_mixtape, nsw_mixtape
from scipy.optimize import linprog, minimize

from analysis.methods.balance import (
    baseline_table,
    effective_sample_size,
    entropy_balance,
    entropy_shares,
    matrix,
    verdict,
    worst,
)
from analysis.methods.standardised import cox_index, hedges_g
from analysis.methods.weighting import weighted_difference

LALONDE = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]
SHARES = ["black", "hisp", "marr", "nodegree"]


def schools(seed: int = 1, n: int = 60) -> tuple[pd.DataFrame, np.ndarray]:
    draw = np.random.default_rng(seed)
    treated = np.arange(n) < n // 3
    frame = pd.DataFrame(
        {
            "score": draw.normal(50, 10, n) + 6 * treated,
            "size": draw.lognormal(5, 0.5, n),
            "academy": (draw.random(n) < 0.4 + 0.2 * treated).astype(float),
        }
    )
    return frame, treated


def arms_apart(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return two covariates and treatment, more likely where they are high and low."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 2))
    return x, draw.random(n) < 1 / (1 + np.exp(0.5 - 0.8 * x[:, 0] + 0.4 * x[:, 1]))


def lalonde(controls: str) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return covariates, treatment and earnings: the trial's treated and its or other controls."""
    trial = nsw_mixtape.load_pandas().data
    rest = cps_mixtape.load_pandas().data if controls == "cps" else trial[trial["treat"] == 0]
    rows = pd.concat([trial[trial["treat"] == 1], rest], ignore_index=True)
    return rows[LALONDE].astype(float), rows["treat"].to_numpy(), rows["re78"].to_numpy(float)


def test_a_mean_differs_by_hedges_g_and_a_share_by_the_cox_index() -> None:
    frame, treated = schools()
    table = baseline_table(frame, treated, proportions=["academy"]).set_index("covariate")
    score = frame["score"].to_numpy()
    assert table.loc["score", "difference"] == pytest.approx(
        hedges_g(score[treated], score[~treated]).estimate
    )
    p, q = (frame["academy"][arm].mean() for arm in (treated, ~treated))
    assert table.loc["academy", "difference"] == pytest.approx(cox_index(p, q))
    assert table["kind"].to_list() == ["mean", "mean", "proportion"]
    ratio = score[treated].var(ddof=1) / score[~treated].var(ddof=1)
    assert table.loc["score", "variance_ratio"] == pytest.approx(ratio)


def test_the_means_of_lalondes_comparison_are_those_of_dehejia_and_wahba() -> None:
    # Dehejia and Wahba (1999), JASA 94, table 1, rows NSW treated (RE74 subset) and CPS-1.
    table = baseline_table(*lalonde("cps")[:2], proportions=SHARES).set_index("covariate")
    treated = [25.81, 10.35, 0.84, 0.059, 0.19, 0.71, 2095.6, 1532.1]
    control = [33.22, 12.02, 0.07, 0.07, 0.71, 0.30, 14016.8, 13650.8]
    # Printed to two decimals or whole dollars, some cut off rather than rounded.
    tolerance = np.array([0.01] * 6 + [1, 1])
    assert (abs(table["treated"].loc[LALONDE] - treated) < tolerance).all()
    assert (abs(table["control"].loc[LALONDE] - control) < tolerance).all()
    assert worst(table) == "not comparable"
    assert table.loc["black", "difference"] == table["difference"].abs().max()


def test_a_trial_differs_far_less_than_a_survey() -> None:
    trial = baseline_table(*lalonde("trial")[:2], proportions=SHARES)
    survey = baseline_table(*lalonde("cps")[:2], proportions=SHARES)
    assert trial["difference"].abs().max() < 0.6 < 2 < survey["difference"].abs().max()


def test_weights_move_the_means_but_not_the_standard_deviation_under_g() -> None:
    frame, treated = schools()
    weights = np.where(treated, 1.0, np.exp((frame["score"] - 50) / 10))
    before = baseline_table(frame, treated).set_index("covariate")
    after = baseline_table(frame, treated, weights=weights).set_index("covariate")
    control = np.average(frame["score"][~treated], weights=weights[~treated])
    assert after.loc["score", "control"] == pytest.approx(control)
    assert after.loc["score", "sd_control"] == before.loc["score", "sd_control"]
    per_point = before.loc["score", "difference"] / (
        before.loc["score", "treated"] - before.loc["score", "control"]
    )
    gap = after.loc["score", "treated"] - control
    assert after.loc["score", "difference"] == pytest.approx(per_point * gap)
    assert after.loc["score", "variance_ratio"] != before.loc["score", "variance_ratio"]


def test_equal_weights_of_any_size_change_nothing() -> None:
    frame, treated = schools()
    plain = baseline_table(frame, treated, proportions=["academy"])
    weighted = baseline_table(
        frame, treated, weights=np.full(len(frame), 7.0), proportions=["academy"]
    )
    pd.testing.assert_frame_equal(plain, weighted, rtol=1e-12)


def test_order_of_rows_and_units_and_names_do_not_matter() -> None:
    frame, treated = schools()
    order = np.random.default_rng(0).permutation(len(frame))
    plain = baseline_table(frame, treated)
    other = baseline_table((1000 * frame - 3).iloc[order].rename(columns=str.upper), treated[order])
    np.testing.assert_allclose(other["difference"], plain["difference"], rtol=1e-10)
    np.testing.assert_allclose(other["variance_ratio"], plain["variance_ratio"], rtol=1e-9)
    assert other["covariate"].to_list() == ["SCORE", "SIZE", "ACADEMY"]


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (0.0, "passes"),
        (-0.05, "passes"),
        (0.0500001, "must adjust"),
        (0.25, "must adjust"),
        (-0.2500001, "not comparable"),
        (math.inf, "not comparable"),
    ],
)
def test_verdicts_turn_at_the_two_limits_of_the_handbook(difference: float, said: str) -> None:
    assert verdict(difference) == said


def test_the_worst_covariate_decides() -> None:
    frame, treated = schools(n=600)
    frame["same"] = 3.0
    assert worst(baseline_table(frame[["same"]], treated)) == "passes"
    assert worst(baseline_table(frame[["same", "score"]], treated)) == "not comparable"
    with pytest.raises(ValueError, match="no verdict"):
        worst(baseline_table(frame[["same"]], treated).iloc[:0])
    with pytest.raises(ValueError, match="nan"):
        verdict(math.nan)


def test_shares_of_nought_and_one_and_covariates_that_do_not_vary_are_said_plainly() -> None:
    treated = np.array([1, 1, 0, 0])
    frame = pd.DataFrame({"all": [1, 1, 1, 1], "apart": [1, 1, 0, 0], "some": [0, 0, 0, 1]})
    table = baseline_table(frame, treated, proportions=list(frame)).set_index("covariate")
    assert table.loc["all", "difference"] == 0
    assert math.isnan(table.loc["all", "variance_ratio"])
    assert table.loc["apart", "difference"] == math.inf
    assert table.loc["some", "difference"] == -math.inf
    means = baseline_table(frame, treated).set_index("covariate")
    assert means.loc["all", "difference"] == 0
    assert means.loc["apart", "verdict"] == "not comparable"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"covariates": pd.DataFrame({"a": [1.0, np.nan, 2, 3]})}, "a: values are missing"),
        ({"covariates": pd.DataFrame({"a": list("wxyz")})}, "must be numbers"),
        ({"covariates": pd.DataFrame({"a": [1.0, 2]})}, "expected 4 rows"),
        ({"covariates": pd.DataFrame(index=range(4))}, "expected 4 rows"),
        ({"treated": [1, 0, 0, 0]}, "two an arm"),
        ({"treated": [1, 0, 0, 2]}, "yes or no"),
        ({"weights": [1, 1, 1]}, "weights have shape"),
        ({"weights": [1, 1, 1, -1]}, "not negative"),
        ({"weights": [1, 1, 0, 0]}, "weight zero"),
        ({"proportions": ["b"]}, "b are no covariates"),
        ({"proportions": ["a"]}, "not 0 to 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], said: str) -> None:
    given = {"covariates": pd.DataFrame({"a": [1.0, 4, 2, 3]}), "treated": [1, 1, 0, 0]} | change
    with pytest.raises(ValueError, match=said):
        baseline_table(given.pop("covariates"), given.pop("treated"), **given)


def test_the_effective_sample_size_is_kishs() -> None:
    assert effective_sample_size([2, 2, 2]) == pytest.approx(3)
    assert effective_sample_size([1, 0, 0]) == 1
    assert effective_sample_size([3, 1]) == pytest.approx(16 / 10)
    assert effective_sample_size([3e200, 1e200]) == pytest.approx(16 / 10)
    for bad in ([0, 0], [1, -1], [np.nan, 1]):
        with pytest.raises(ValueError, match="weights"):
            effective_sample_size(bad)


def test_columns_of_an_array_are_named_by_number() -> None:
    names, values, given = matrix(np.ones((2, 3)), [True, False])
    assert names == ("0", "1", "2")
    assert values.shape == (2, 3)
    assert given.tolist() == [True, False]


def test_shares_that_tip_a_die_to_a_mean_are_the_exponential_ones_of_jaynes() -> None:
    # Jaynes (1978), the Brandeis dice problem: a mean of 4.5 gives 0.05435 ... 0.34749.
    faces = np.arange(1.0, 7)[:, None] - 4.5
    shares, gap = entropy_shares(faces, np.ones(6), tolerance=1e-12, max_iterations=50)
    # Printed to five decimals.
    expected = [0.05435, 0.07877, 0.11416, 0.16545, 0.23977, 0.34749]
    np.testing.assert_allclose(shares, expected, atol=5.1e-6)
    assert gap < 1e-12


def test_three_moments_of_lalondes_survey_give_what_another_program_prints() -> None:
    # README of the R package entbal (Vegetabile): svyglm 1392.2 (722.5), constant 4957.0,
    # effective sample size 116.46, on the same 185 and 15,992 rows.
    rows, treated, earned = lalonde("cps")
    found = entropy_balance(rows, treated, moments=3)
    assert found.converged
    # It stops at gaps near 1e-5; two decimals are printed.
    assert found.effective_n == pytest.approx(116.46, abs=0.02)
    difference = weighted_difference(earned, treated, found.weights)
    # Printed to one decimal; its own gaps (RE75 1532.05 for .06) move the estimate by less.
    assert difference.estimate == pytest.approx(1392.2, abs=0.15)
    # Survey error has n / (n - 1) where HC1 has n / (n - 2): nothing at 16,177 rows.
    assert difference.standard_error == pytest.approx(722.5, abs=0.15)
    control = np.average(earned[treated == 0], weights=found.weights[treated == 0])
    assert control == pytest.approx(4957.0, abs=0.15)


@pytest.mark.parametrize("moments", [1, 2, 3])
def test_balanced_arms_do_not_differ_where_the_raw_ones_could_not_be_compared(moments: int) -> None:
    rows, treated, _ = lalonde("cps")
    shares = ["black", "hisp", "marr", "nodegree"]
    found = entropy_balance(rows, treated, moments=moments)
    assert found.converged
    assert found.largest_gap < 1e-6
    before = baseline_table(rows, treated, proportions=shares)
    after = baseline_table(rows, treated, weights=found.weights, proportions=shares)
    assert (worst(before), worst(after)) == ("not comparable", "passes")
    assert after["difference"].abs().max() < 1e-6
    if moments > 1:
        # Kish's correction of a weighted variance is one part in its effective number of rows.
        np.testing.assert_allclose(after["variance_ratio"], 1, atol=0.01)


def test_weights_solve_the_primal_problem_as_a_general_optimiser_does() -> None:
    draw = np.random.default_rng(2)
    x = draw.normal(size=(36, 2)) + np.arange(36)[:, None] // 26 * 0.4
    treated, base = np.arange(36) >= 26, draw.uniform(0.5, 2, 36)
    found = entropy_balance(x, treated, base_weights=base)
    prior, target = base[~treated], np.average(x[treated], axis=0, weights=base[treated])
    total = base[treated].sum()
    solved = minimize(
        lambda w: float(w @ np.log(w / prior)),
        prior * total / prior.sum(),
        jac=lambda w: np.log(w / prior) + 1,
        bounds=[(1e-9, None)] * 26,
        constraints=[
            {
                "type": "eq",
                "fun": lambda w: w @ (x[~treated] - target),
                "jac": lambda w: (x[~treated] - target).T,
            },
            {"type": "eq", "fun": lambda w: w.sum() - total, "jac": lambda w: np.ones(26)},
        ],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    # A general optimiser stops at about the square root of its tolerance.
    np.testing.assert_allclose(found.weights[~treated], solved.x, atol=1e-5)
    np.testing.assert_array_equal(found.weights[treated], base[treated])


def test_weights_solve_the_dual_problem_as_a_general_optimiser_does() -> None:
    x, treated = arms_apart(3)
    found = entropy_balance(x, treated, moments=2)
    features = np.column_stack([x, x**2])
    gaps = features[~treated] - features[treated].mean(axis=0)
    dual = minimize(
        lambda z: float(np.log(np.exp(gaps @ z).sum())),
        np.zeros(4),
        jac=lambda z: np.exp(gaps @ z) @ gaps / np.exp(gaps @ z).sum(),
        method="BFGS",
        options={"gtol": 1e-9},
    )
    raised = np.exp(gaps @ dual.x)
    # BFGS stops at a slope of 1e-9, or a little before where it cannot improve.
    np.testing.assert_allclose(
        found.weights[~treated], raised / raised.sum() * treated.sum(), rtol=1e-5
    )


def test_balanced_moments_are_those_of_the_treated() -> None:
    x, treated = arms_apart(4)
    found = entropy_balance(x, treated, moments=3)
    w = found.weights
    assert w[~treated].sum() == pytest.approx(treated.sum())
    assert (w[treated] == 1).all()
    for power in (1, 2, 3):
        control = np.average(x[~treated] ** power, axis=0, weights=w[~treated])
        np.testing.assert_allclose(control, (x[treated] ** power).mean(axis=0), atol=1e-7)


def test_weights_ignore_units_order_names_and_columns_that_say_nothing_new() -> None:
    x, treated = arms_apart(5)
    plain = entropy_balance(x, treated, moments=2).weights
    order = np.random.default_rng(0).permutation(len(x))
    moved = entropy_balance(1e6 * x[order] - 4e6, treated[order], moments=2).weights
    np.testing.assert_allclose(moved, plain[order], rtol=1e-6)
    more = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 0] - 2 * x[:, 1], "d": 1.0})
    first = entropy_balance(x, treated).weights
    np.testing.assert_allclose(entropy_balance(more, treated).weights, first, rtol=1e-6)


def test_arms_already_alike_keep_even_weights() -> None:
    x = np.array([[1.0], [2], [3], [1], [2], [3], [1], [2], [3]])
    found = entropy_balance(x, [1, 1, 1, 0, 0, 0, 0, 0, 0], moments=2)
    np.testing.assert_allclose(found.weights, [1, 1, 1] + [0.5] * 6)
    assert found.effective_n == pytest.approx(6)


@pytest.mark.parametrize(
    "x",
    [
        [[0.0], [1], [2], [3], [10]],
        [[0.0, 0], [1, 1], [2, 2], [3, 3], [1, 2]],
        [[0.0], [0], [0], [0], [1]],
        [[0.0], [1e150], [2e150], [3e150], [1e153]],
    ],
    ids=["beyond", "off the line", "constant", "huge"],
)
def test_a_target_outside_all_controls_is_reported_and_nothing_overflows(x: list[Any]) -> None:
    found = entropy_balance(x, [0, 0, 0, 0, 1], moments=1)
    assert not found.converged
    assert found.largest_gap > 0.1
    assert np.isfinite(found.weights).all()
    assert found.weights[:4].sum() == pytest.approx(1)


def test_it_converges_exactly_where_linear_programming_finds_some_weights() -> None:
    draw = np.random.default_rng(0)
    said = []
    for _ in range(80):
        k, m = draw.integers(1, 4), draw.integers(4, 40)
        x = np.vstack([draw.normal(size=(5, k)), draw.normal(size=(m, k))])
        equal = np.vstack([x[5:].T, np.ones(m)])
        target = np.append(x[:5].mean(axis=0), 1)
        possible = linprog(np.zeros(m), A_eq=equal, b_eq=target).status == 0
        assert entropy_balance(x, np.arange(len(x)) < 5).converged == possible
        said.append(possible)
    assert 0 < sum(said) < 80


def test_a_share_that_no_treated_row_has_is_met_at_the_edge() -> None:
    x = np.array([[0, 1.0], [0, 2], [0, 0], [0, 1], [1, 2], [0, 3]])
    found = entropy_balance(x, [1, 1, 0, 0, 0, 0])
    assert found.converged
    assert found.weights[4] < 1e-6


def test_newtons_steps_are_few() -> None:
    x, treated = arms_apart(6)
    assert entropy_balance(x + 0.5 * treated[:, None], treated, max_iterations=5).converged


def test_too_few_iterations_are_said_and_not_hidden() -> None:
    x, treated = arms_apart(6)
    assert not entropy_balance(x + treated[:, None], treated, max_iterations=1).converged


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"moments": 4}, "moments 4"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"max_iterations": 0}, "0 iterations"),
        ({"base_weights": [1, 1, 1]}, "weights have shape"),
        ({"covariates": [[1.0], [np.nan], [2], [3]]}, "missing"),
        ({"treated": [0, 0, 0, 0]}, "both arms"),
    ],
)
def test_bad_arguments_of_the_balance_are_refused(change: dict[str, Any], said: str) -> None:
    given = {"covariates": [[1.0], [2], [2], [3]], "treated": [1, 0, 1, 0]} | change
    with pytest.raises(ValueError, match=said):
        entropy_balance(given.pop("covariates"), given.pop("treated"), **given)
