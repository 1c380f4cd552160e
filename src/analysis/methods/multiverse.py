"""Specification curve: all defensible specifications at once, with one joint permutation test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.inference import TIE
from analysis.methods.multiverse_design import Prepared, Specification, estimated, prepare
from analysis.methods.multiverse_draws import Design, designed, drawn, observed, pooled
from analysis.methods.standard_errors import t_quantile

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

__all__ = ["Curve", "Specification", "curve", "null_t"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A specification curve; arrays have one entry a specification, in the order given.

    `slopes` are in units of y per unit of x (of ranks where asked for); `standardised` are
    partial correlations; `t` and `p_values` are classical, `p_values_hc3` for display. The
    three joint statistics come with two-sided permutation p-values.
    """

    labels: tuple[Mapping[str, str], ...]
    standardised: Floats
    slopes: Floats
    t: Floats
    p_values: Floats
    p_values_hc3: Floats
    n: Indices
    df: Indices
    median: float
    median_p: float
    share_significant: float
    share_significant_p: float
    mean_t: float
    mean_t_p: float
    draws: int
    level: float

    @property
    def joint_p(self) -> float:
        """The headline: two-sided p-value of the median standardised slope."""
        return self.median_p


def curve(
    specifications: Sequence[Specification],
    *,
    n_units: int,
    draws: int,
    seed: int,
    level: float = 0.95,
    chunk: int | None = None,
    exposure: str | None = "exposure",
) -> Curve:
    r"""Return the slopes under all choices that could have been made, with tests of them together.

    One line is fitted for each choice of outcome, exposure, control, sample and values. For the
    tests the exposures are dealt out anew among the units many times, the same way for all lines,
    and three numbers are compared with what that gives: the median slope, the share of slopes that
    are significant in the direction of that median, and the mean t. Slopes are in standard
    deviations.

    Parameters
    ----------
    specifications : sequence of Specification
    n_units : int
        Length of the list of units that `rows` point into.
    draws, seed : int
    level : float
        One less the level of significance.
    chunk : int, optional
        Draws held at once; the default bounds the largest array at 4 MB.
    exposure : str or None
        The choice in `labels` whose option names the exposure. With None each specification's
        exposure stays among its own rows: right for one sample, but specifications on nested
        samples then move together less closely than in truth, and p-values come out too small
        (8 % below 5 % for all units and half of them).

    Raises
    ------
    ValueError
        If there is no specification, one cannot be prepared (see `multiverse_design.prepare`),
        a label lacks the choice `exposure`, one exposure has two values for a unit, or `draws`
        or `chunk` is below one.

    Notes
    -----
    .. math::
        r_s = \frac{\tilde x_s^\top \tilde y_s}{\sqrt{(\tilde x_s^\top \tilde x_s)(\tilde y_s^\top
        \tilde y_s)}}

    .. math:: t_s = r_s \sqrt{\frac{d_s}{1 - r_s^2}}

    .. math:: p = \frac{1 + \operatorname{count}_b\left(|T_b| \ge |T|\right)}{1 + B}

    :math:`\tilde x_s` and :math:`\tilde y_s` are what the controls of choice :math:`s` leave of
    exposure and outcome, :math:`r_s` is the standardised slope, :math:`d_s` are the residual
    degrees of freedom, :math:`T` is any of the three numbers and :math:`T_b` the same in draw
    :math:`b` of :math:`B`.

    Each draw is one random permutation of the units, used by all choices: units exchange their
    exposures, all of them together, while outcomes, controls and samples stay where they are
    (Draper and Stoneman). So the dependence among outcomes, among exposures and among choices is
    kept. An exposure is handed out among all units for which any choice states it.

    What is tested is that exposures were handed out regardless of outcomes, controls and samples.
    Under that hypothesis the tests are exact if all exposures are known for the same units. Where
    an exposure follows a control, permuting breaks that tie too: each statistic stays right, as it
    is studentised, but choices with and without the control move together more closely in the draws
    than in truth, so that the joint p-value is too large rather than too small.

    References
    ----------
    Simonsohn, U., Simmons, J. P. and Nelson, L. D. (2020). Specification curve analysis. Nature
      Human Behaviour 4, 1208-1214.
    Draper, N. R. and Stoneman, D. M. (1966). Testing for the inclusion of variables in linear
      regression by a randomisation technique. Technometrics 8, 695-699.
    Winkler, A. M. et al. (2014). Permutation inference for the general linear model. NeuroImage 92,
      381-397.
    """
    prepared, design = _laid_out(specifications, n_units, exposure)
    critical = np.array([_critical(df, level) for df in design.df])
    seen = [float(value[0]) for value in _summary(observed(design), critical, design.df)]
    extreme = np.zeros(3, dtype=np.int64)
    for _, slopes in drawn(design, draws, seed, chunk):
        for which, null in enumerate(_summary(slopes, critical, design.df)):
            extreme[which] += np.count_nonzero(np.abs(null) >= abs(seen[which]) * (1 - TIE))
    median_p, share_p, mean_t_p = (float(p) for p in (1 + extreme) / (1 + draws))
    estimates = [estimated(one) for one in prepared]
    return Curve(
        labels=tuple(specification.labels for specification in specifications),
        standardised=np.array([one.standardised for one in estimates]),
        slopes=np.array([one.slope for one in estimates]),
        t=np.array([one.t for one in estimates]),
        p_values=np.array([one.p_value for one in estimates]),
        p_values_hc3=np.array([one.p_value_hc3 for one in estimates]),
        n=np.array([len(one.rows) for one in prepared]),
        df=np.array([one.df for one in prepared]),
        median=seen[0],
        median_p=median_p,
        share_significant=seen[1],
        share_significant_p=share_p,
        mean_t=seen[2],
        mean_t_p=mean_t_p,
        draws=draws,
        level=level,
    )


def null_t(
    specifications: Sequence[Specification],
    *,
    n_units: int,
    draws: int,
    seed: int,
    chunk: int | None = None,
    exposure: str | None = "exposure",
) -> Floats:
    """Return classical t statistics under permutation, of shape (draws, specifications).

    The draws are those of `curve` with the same seed. With the observed t they are what
    `multiplicity.westfall_young` needs. All draws are held at once. Errors as in `curve`.
    """
    _, design = _laid_out(specifications, n_units, exposure)
    found = np.empty((max(draws, 0), len(specifications)))
    for first, slopes in drawn(design, draws, seed, chunk):
        found[first : first + len(slopes)] = _studentized(slopes, design.df)[:, design.position]
    return found


def _laid_out(
    specifications: Sequence[Specification], n_units: int, exposure: str | None
) -> tuple[list[Prepared], Design]:
    if not specifications:
        raise ValueError("a curve needs at least one specification")
    labels = [specification.labels for specification in specifications]
    if exposure is not None and any(exposure not in label for label in labels):
        raise ValueError(
            f'a specification has no label "{exposure}": name its exposure there, or pass '
            "exposure=None to keep exposures among each specification's own rows"
        )
    prepared = [prepare(specification, n_units) for specification in specifications]
    names = (
        [str(index) for index in range(len(labels))]
        if exposure is None
        else [label[exposure] for label in labels]
    )
    return prepared, designed(prepared, pooled(prepared, names))


def _summary(slopes: Floats, critical: Floats, df: Floats) -> tuple[Floats, Floats, Floats]:
    count = slopes.shape[1]
    half = count // 2
    ordered = np.partition(slopes, (half - 1, half) if half else 0, axis=1)
    low = ordered[:, half] if count % 2 else ordered[:, half - 1]
    median = (low + ordered[:, half]) / 2
    above = np.count_nonzero(slopes > critical, axis=1)
    below = np.count_nonzero(slopes < -critical, axis=1)
    share = np.where(median > 0, above, np.where(median < 0, below, 0)) / count
    return median, share, _studentized(slopes, df).mean(axis=1)


def _studentized(slopes: Floats, df: Floats) -> Floats:
    left = np.square(slopes)
    np.subtract(1, left, out=left)
    np.maximum(left, np.finfo(float).eps, out=left)
    np.sqrt(left, out=left)
    np.divide(slopes, left, out=left)
    left *= np.sqrt(df)
    return left


def _critical(df: float, level: float) -> float:
    t = t_quantile(level, int(df))
    return float(t / np.sqrt(t**2 + df))
