"""Simulated report tables: the known slope comes back whole, and is lost among improvers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.methods.bounds import slope_bounds
from analysis.methods.chance import benchmark
from analysis.methods.simulate import GAINS, as_printed, report_tables
from analysis.methods.truncation import tobit_slope


def slope_pp_per_10k(table: pd.DataFrame) -> tuple[float, float]:
    """Return slope and standard error of the mean gain on funding."""
    x = table["funding_gbp"].to_numpy() / 10_000
    y = table[list(GAINS)].mean(axis=1).to_numpy()
    coefficients, covariance = np.polyfit(x, y, 1, cov=True)
    return float(coefficients[0]), math.sqrt(float(covariance[0, 0]))


def large(slope: float = 1.0, trend: float = 1.0) -> pd.DataFrame:
    return report_tables(20_000, slope, trend, 6.0, seed=2013, correlation=0.4)


def test_the_whole_table_gives_back_the_true_slope_and_trend() -> None:
    table = large()
    slope, error = slope_pp_per_10k(table)
    assert abs(slope - 1.0) < 4 * error  # four standard errors
    spread = table[list(GAINS)].to_numpy().std() / math.sqrt(len(table))
    assert table[list(GAINS)].to_numpy().mean() == pytest.approx(1.0, abs=4 * spread)


def test_improvers_alone_give_a_slope_far_too_small() -> None:
    table = large()
    slope, error = slope_pp_per_10k(table[table["shown"]])
    assert slope < 1.0 - 10 * error
    assert 0 < slope < 0.6  # attenuated, not reversed


def test_chance_has_the_spread_and_the_correlation_asked_for() -> None:
    gains = large(slope=0.0)[list(GAINS)].to_numpy()
    # four standard errors: 6 / sqrt(2 n) and about 1 / sqrt(n)
    assert gains.std(axis=0) == pytest.approx([6.0] * 3, abs=4 * 6 / math.sqrt(40_000))
    pairs = np.corrcoef(gains.T)[np.triu_indices(3, k=1)]
    assert pairs == pytest.approx([0.4] * 3, abs=4 / math.sqrt(20_000))


def test_a_quarter_is_shown_by_chance_at_a_correlation_of_one_half() -> None:
    # Dunnett and Sobel (1955), Biometrika 42: all of k equicorrelated normals at one half exceed
    # zero with probability 1 / (k + 1)
    table = report_tables(20_000, 0.0, 0.0, 5.0, seed=1, correlation=0.5)
    error = 4 * math.sqrt(0.25 * 0.75 / 20_000)  # four standard errors
    assert table["shown"].mean() == pytest.approx(0.25, abs=error)


def test_the_benchmark_foretells_the_improvers_of_a_table_without_money() -> None:
    table = large(slope=0.0, trend=2.0)
    shown = table.loc[table["shown"], list(GAINS)].to_numpy().mean(axis=1)
    found = benchmark(2.0, 6.0, 20_000, 3, 0.4)
    error = 4 * shown.std() / math.sqrt(shown.size)  # four standard errors
    assert shown.mean() == pytest.approx(found.expected_mean_of_improvers, abs=error)


def test_bounds_from_the_printed_table_hold_the_slope_of_the_whole_one() -> None:
    table = report_tables(77, 1.0, 1.0, 6.0, seed=4)
    printed = as_printed(table)
    x = table["funding_gbp"].to_numpy() / 10_000
    y = printed[list(GAINS)].mean(axis=1, skipna=False).to_numpy()
    limit = float(table[list(GAINS)].mean(axis=1).abs().max())
    found = slope_bounds(x, y, limit)
    assert found.low < slope_pp_per_10k(table)[0] < found.high
    assert found.n_seen == int(table["shown"].sum()) < found.n_all == 77


def test_tobit_recovers_the_slope_when_one_measure_decides_who_is_shown() -> None:
    table = report_tables(5_000, 1.0, 1.0, 6.0, seed=9, correlation=1.0)
    printed = as_printed(table)
    fit = tobit_slope(table["funding_gbp"] / 10_000, printed[GAINS[0]])
    assert abs(fit.estimate - 1.0) < 4 * fit.standard_error  # four standard errors


def test_money_follows_the_formula_without_noise() -> None:
    table = report_tables(50, 0.0, 0.0, 1.0, seed=3, funding_noise=0.0)
    formula = 7_000 * table["n_primary"] + 12_000 * table["n_secondary"]
    assert (table["funding_gbp"] == formula).all()
    assert (table["n_schools"] == table["n_primary"] + table["n_secondary"]).all()
    assert (table["n_primary"] >= 1).all()


def test_the_printed_table_hides_only_the_gains_of_unshown_groups() -> None:
    table = report_tables(60, 0.5, 0.0, 5.0, seed=8)
    printed = as_printed(table)
    hidden = printed[list(GAINS)].isna().to_numpy()
    assert (hidden.all(axis=1) == ~table["shown"]).all()
    assert (hidden.any(axis=1) == ~table["shown"]).all()
    assert printed["funding_gbp"].notna().all()
    assert table[list(GAINS)].notna().to_numpy().all()  # the original is left as it was


def test_the_same_seed_gives_the_same_table() -> None:
    pd.testing.assert_frame_equal(
        report_tables(30, 1.0, 1.0, 5.0, seed=1), report_tables(30, 1.0, 1.0, 5.0, seed=1)
    )
    other = report_tables(30, 1.0, 1.0, 5.0, seed=2)
    assert not other.equals(report_tables(30, 1.0, 1.0, 5.0, seed=1))


def test_impossible_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="correlation"):
        report_tables(10, 1.0, 1.0, 5.0, seed=1, correlation=-0.2)
    with pytest.raises(ValueError, match="n_groups"):
        report_tables(0, 1.0, 1.0, 5.0, seed=1)
