"""Made-up report tables with a known slope, whole and cut to improvers, to try the methods on."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
N_MEASURES = 3
GAINS = tuple(f"gain_{number}_pp" for number in range(1, N_MEASURES + 1))


def report_tables(
    n_groups: int,
    slope_pp_per_10k: float,
    trend_pp: float,
    sd_pp: float,
    *,
    seed: int,
    correlation: float = 0.5,
    gbp_per_primary: float = 7_000,
    gbp_per_secondary: float = 12_000,
    funding_noise: float = 0.2,
    primaries_mean: float = 5.0,
    secondaries_mean: float = 1.0,
) -> pd.DataFrame:
    """Return a simulated table, one row a group, whose true slope on funding is known.

    Money follows a formula, a sum for each primary and each secondary school, times a random
    factor. A group's true gain in every measure is the trend plus the slope times its funding
    above the mean; chance is added with `sd_pp` in each measure, equally correlated.

    Parameters
    ----------
    n_groups : int
        Number of groups, shown or not.
    slope_pp_per_10k : float
        True slope of each gain on funding, in percentage points per GBP 10,000.
    trend_pp : float
        True gain of a group with mean funding, in percentage points.
    sd_pp : float
        Standard deviation of chance in one measure of one group, in percentage points.
    seed : int
        Seed of the random numbers; the same seed gives the same table.
    correlation : float, optional
        Correlation of chance between two measures of a group, from 0 to 1.
    gbp_per_primary, gbp_per_secondary : float, optional
        The formula's sums in GBP.
    funding_noise : float, optional
        Standard deviation of the logarithm of the random factor on the formula's money.
    primaries_mean, secondaries_mean : float, optional
        Mean numbers of schools above the one primary school that every group has.

    Returns
    -------
    DataFrame
        ``n_primary``, ``n_secondary``, ``n_schools``, ``funding_gbp``, ``gain_1_pp`` to
        ``gain_3_pp``, and ``shown``: whether no measure fell, which is how improvers get into a
        table of improvers.

    Raises
    ------
    ValueError
        If there are no groups, `sd_pp` or a mean is negative, or `correlation` is outside 0 to 1.

    References
    ----------
    Morris, T. P., White, I. R. and Crowther, M. J. (2019). Using simulation studies to evaluate
    statistical methods. Statistics in Medicine 38, 2074-2102.
    """
    if n_groups < 1 or min(sd_pp, funding_noise, primaries_mean, secondaries_mean) < 0:
        raise ValueError(f"n_groups {n_groups}, sd_pp {sd_pp}: expected groups and no negative")
    if not 0 <= correlation <= 1:
        raise ValueError(f"correlation is {correlation}: expected 0 to 1")
    rng = np.random.default_rng(seed)
    primaries = 1 + rng.poisson(primaries_mean, n_groups)
    secondaries = rng.poisson(secondaries_mean, n_groups)
    formula = gbp_per_primary * primaries + gbp_per_secondary * secondaries
    funding = formula * np.exp(funding_noise * rng.standard_normal(n_groups))
    expected = trend_pp + slope_pp_per_10k * (funding - funding.mean()) / 10_000
    gains = expected[:, None] + sd_pp * _chance(rng, n_groups, correlation)
    table = pd.DataFrame(
        {
            "n_primary": primaries,
            "n_secondary": secondaries,
            "n_schools": primaries + secondaries,
            "funding_gbp": funding,
        }
    )
    table[list(GAINS)] = gains
    return table.assign(shown=(gains >= 0).all(axis=1))


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the simulated table as such a report prints it: the gains of unshown groups missing.

    Parameters
    ----------
    table : DataFrame
        As `report_tables` returns it. Funding and size stay known for every group.
    """
    printed = table.copy()
    printed[list(GAINS)] = table[list(GAINS)].where(table["shown"], axis=0)
    return printed


def _chance(rng: np.random.Generator, n_groups: int, correlation: float) -> Floats:
    """Return unit-variance normal noise, shape (n_groups, 3), equally correlated within a row."""
    common = rng.standard_normal((n_groups, 1))
    own = rng.standard_normal((n_groups, N_MEASURES))
    return np.asarray(math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own)
