"""Shares with overdispersion: two published germination trials, statsmodels, a known slope."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from analysis.methods.proportions import ShareFit, fit_shares

NAMES = ("one", "first", "second", "both")

# Crowder (1978), Applied Statistics 27, table 3: seeds of Orobanche germinated and sown on 21
# plates; seed type 73 or not, cucumber extract or not.
ORO_HITS = [10, 23, 23, 26, 17, 5, 53, 55, 32, 46, 10, 8, 10, 8, 23, 0, 3, 22, 15, 32, 3]
ORO_SOWN = [39, 62, 81, 51, 39, 6, 74, 72, 51, 79, 13, 16, 30, 28, 45, 4, 12, 41, 30, 51, 7]
ORO_73 = np.repeat([0, 1], [11, 10])
ORO_CUCUMBER = np.repeat([0, 1, 0, 1], [5, 6, 5, 5])

# SAS/STAT User's Guide, the LOGISTIC procedure, example "Overdispersion": sown, germinated.
SAS_SOWN = [16, 51, 45, 39, 36, 81, 30, 39, 28, 62, 51, 72, 41, 12, 13, 79, 30, 51, 74, 56]
SAS_HITS = [8, 26, 23, 10, 9, 23, 10, 17, 8, 23, 32, 55, 22, 3, 10, 46, 15, 32, 53, 12]
SAS_CULTIVAR = np.tile(np.repeat([0, 1], 5), 2)
SAS_SOIL = np.repeat([0, 1], 10)


def factorial(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(first.size), first, second, first * second])


def orobanche() -> ShareFit:
    return fit_shares(ORO_HITS, ORO_SOWN, factorial(ORO_73, ORO_CUCUMBER), NAMES)


def test_crowders_seeds_give_the_published_logit_fit() -> None:
    # Breslow and Clayton (1993), Journal of the American Statistical Association 88, table 3,
    # logistic regression: -.558 (.126), .146 (.223), 1.318 (.177), -.778 (.306)
    fit = orobanche()
    assert fit.estimates == pytest.approx([-0.558, 0.146, 1.318, -0.778], abs=5e-4)  # printed
    binomial = fit.standard_errors / math.sqrt(fit.dispersion)
    assert binomial == pytest.approx([0.126, 0.223, 0.177, 0.306], abs=6e-4)  # .3064 printed .306


def test_crowders_seeds_give_the_published_dispersion() -> None:
    fit = orobanche()
    assert fit.dispersion == pytest.approx(1.862, abs=5e-4)  # R's quasibinomial, four digits
    assert fit.deviance == pytest.approx(33.28, abs=5e-3)  # R prints 33.278 on 17 df
    assert (fit.n, fit.df) == (21, 17)


def test_the_sas_manuals_overdispersed_seeds_are_reproduced() -> None:
    # Output "Results of the Model Fit for the Two-Way Layout": deviance 68.3465, Pearson 66.7617,
    # 16 df, Pearson / df 4.1726
    fit = fit_shares(SAS_HITS, SAS_SOWN, factorial(SAS_CULTIVAR, SAS_SOIL), NAMES)
    assert [fit.deviance, fit.dispersion] == pytest.approx([68.3465, 4.1726], abs=5e-5)  # printed
    # SAS stops its iterations sooner; the next line gives the chi-squared that is meant
    assert fit.pearson == pytest.approx(66.7617, abs=5e-4)
    assert fit.pearson == pytest.approx(cellwise_chi_squared(), abs=1e-9)  # rounding
    assert fit.df == 16


def cellwise_chi_squared() -> float:
    """Return Pearson's chi-squared of the SAS seeds from the four cells' own shares."""
    hits, sown = np.array(SAS_HITS), np.array(SAS_SOWN)
    cell = 2 * SAS_SOIL + SAS_CULTIVAR
    share = (np.bincount(cell, hits) / np.bincount(cell, sown))[cell]
    return float(((hits - sown * share) ** 2 / (sown * share * (1 - share))).sum())


def test_fit_agrees_with_statsmodels() -> None:
    rng = np.random.default_rng(71)
    trials = rng.integers(2, 20, size=71)
    design = np.column_stack([np.ones(71), rng.normal(size=71), rng.integers(0, 2, size=71)])
    hits = rng.binomial(trials, expit(design @ [0.5, 0.4, -0.3]))
    fit = fit_shares(hits, trials, design, ("one", "money", "area"))
    # shares with weights: statsmodels 0.15 leaves the trials out of scale="X2" for two columns
    shares = GLM(hits / trials, design, family=Binomial(), var_weights=trials)
    theirs = shares.fit(scale="X2", tol=1e-13)
    # both stop when the deviance has settled to 12 digits or more
    assert fit.estimates == pytest.approx(theirs.params, abs=1e-8)
    assert fit.standard_errors == pytest.approx(theirs.bse, abs=1e-8)
    assert fit.dispersion == pytest.approx(theirs.scale, abs=1e-8)
    assert fit.deviance == pytest.approx(theirs.deviance, abs=1e-8)


def overdispersed(seed: int, n: int, slope: float) -> ShareFit:
    rng = np.random.default_rng(seed)
    x, trials = rng.normal(size=n), 20
    share = expit(0.3 + slope * x)
    # a beta-binomial with variance 1 + 19 / 5 times the binomial one
    hits = rng.binomial(trials, rng.beta(4 * share, 4 * (1 - share)))
    return fit_shares(hits, np.full(n, trials), np.column_stack([np.ones(n), x]), ("one", "x"))


def test_a_true_slope_and_its_dispersion_are_recovered() -> None:
    fit = overdispersed(1, 5_000, 0.5)
    assert abs(fit.estimates[1] - 0.5) < 4 * fit.standard_errors[1]  # four standard errors
    assert fit.dispersion == pytest.approx(1 + 19 / 5, rel=0.1)  # its own error is about 3 %


def test_intervals_hold_no_slope_as_often_as_they_say() -> None:
    p_values = np.array([overdispersed(seed, 70, 0.0).p_values[1] for seed in range(600)])
    # three standard errors of a simulated share
    assert abs(np.mean(p_values < 0.05) - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 600)


def test_interval_and_p_value_tell_the_same() -> None:
    fit = orobanche()
    excluded = (fit.low > 0) | (fit.high < 0)
    assert (excluded == (fit.p_values < 0.05)).all()
    assert fit.fitted[0] == pytest.approx(99 / 272, abs=1e-9)  # the cell's own share


def test_impossible_inputs_are_refused() -> None:
    one = np.ones((4, 1))
    with pytest.raises(ValueError, match="0 <= successes <= trials"):
        fit_shares([1, 2, 3, 9], [5, 5, 5, 5], one, ("one",))
    with pytest.raises(ValueError, match="0 <= successes <= trials"):
        fit_shares([0, 2, 3, 4], [0, 5, 5, 5], one, ("one",))
    with pytest.raises(ValueError, match="a name for each column"):
        fit_shares([1, 2, 3, 4], [5, 5, 5, 5], one, ("one", "x"))
    with pytest.raises(ValueError, match="collinear"):
        fit_shares([1, 2, 3, 4], [5, 5, 5, 5], np.ones((4, 2)), ("one", "again"))
    with pytest.raises(ValueError, match="4 rows for 4 columns"):
        fit_shares([1, 2, 3, 4], [5, 5, 5, 5], np.eye(4), NAMES)
    half = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    for hits in ([0, 0, 0, 5, 5, 5], [2, 3, 1, 5, 5, 5]):  # wholly and partly separated
        with pytest.raises(ValueError, match="did not settle"):
            fit_shares(hits, [5] * 6, half, ("one", "x"))
