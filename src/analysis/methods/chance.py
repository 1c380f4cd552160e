"""What chance alone shows: improvement in any of several measures, and tables of improvers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from scipy.special import log_ndtr

ShownIf = Literal["any", "all", "mean"]
_INTEGRATION_ERROR = 1e-12


@dataclass(frozen=True)
class SignTest:
    """An exact test that going up and going down are equally likely.

    Parameters
    ----------
    n_up, n_down : int
        Groups that went up in all their measures, and groups that went down in all.
    share : float
        Share of those that went up.
    p_value : float
        Two-sided probability under one half each.
    p_one_sided : float
        Probability of at least `n_up` going up under one half each.
    """

    n_up: int
    n_down: int
    share: float
    p_value: float
    p_one_sided: float
    null: str = "a group is as likely to go up in all its measures as to go down in all of them"

    @property
    def n(self) -> int:
        """Number of groups in the test."""
        return self.n_up + self.n_down


@dataclass(frozen=True)
class Benchmark:
    """What a table of changes shows when no group differs from another but by chance.

    Parameters
    ----------
    expected_share_improving : float
        Expected share of groups with at least one measure above zero.
    expected_share_shown : float
        Expected share of groups that meet the condition for being shown.
    expected_mean_of_improvers : float
        Expected mean change of the groups shown, in the unit of the trend.
    expected_mean_of_all : float
        Expected mean change of all groups, in the unit of the trend.
    n_groups : int
        Number of all groups.
    """

    expected_share_improving: float
    expected_share_shown: float
    expected_mean_of_improvers: float
    expected_mean_of_all: float
    n_groups: int

    @property
    def expected_number_improving(self) -> float:
        """Expected number of groups with at least one measure above zero."""
        return self.n_groups * self.expected_share_improving

    @property
    def expected_number_shown(self) -> float:
        """Expected number of groups shown."""
        return self.n_groups * self.expected_share_shown


def any_of_k(k: int, correlation: float, shift: float = 0.0) -> float:
    r"""Return the probability that chance puts at least one of several changes above zero.

    Each measure goes up or down as chance has it, by a normal distribution, and every two measures
    of a group go together as closely as is assumed. Unless a common shift is stated, nothing has
    changed at all.

    Parameters
    ----------
    k : int
        Number of measures.
    correlation : float
        Correlation between two of the changes, above ``-1 / (k - 1)`` and at most 1.
    shift : float, optional
        Mean of each change in standard deviations.

    Raises
    ------
    ValueError
        If `k` is below one, or no `k` variables can have that correlation.

    Notes
    -----
    .. math::
        P = 1 - \int_{-\infty}^{\infty} \Phi\left(\frac{\sqrt{\rho}\, z - \delta}{\sqrt{1 -
        \rho}}\right)^k \varphi(z)\, d z

    :math:`k` is the number of measures, :math:`\rho` the correlation between the changes of two of
    them, :math:`\delta` the common shift in standard deviations (none: zero), :math:`\Phi` the
    normal distribution and :math:`\varphi` its density. For a negative correlation the root is
    imaginary, and the integral's real part is the probability.

    References
    ----------
    Dunnett, C. W. and Sobel, M. (1955). Approximations to the probability integral and certain
      percentage points of a multivariate analogue of Student's t-distribution. Biometrika 42,
      258-260.
    Steck, G. P. and Owen, D. B. (1962). A note on the equicorrelated multivariate normal
      distribution. Biometrika 49, 269-271 (negative correlations).
    """
    return 1.0 - _all_above(k, correlation, -shift)


def all_up_against_all_down(n_up: int, n_down: int) -> SignTest:
    r"""Return the exact sign test of groups that went up throughout against those that went down.

    If chance alone moved them, a group whose measures all moved the same way would be as likely to
    be all up as all down, whatever the number of its measures and however they go together. The
    p-value is the probability of a split at least as uneven. Groups are taken as independent.

    Parameters
    ----------
    n_up, n_down : int
        Groups all of whose measures rose, and groups all of whose measures fell.

    Raises
    ------
    ValueError
        If a number is negative or both are zero.

    Notes
    -----
    .. math:: p = \min\left(1, 2 \sum_{j=m}^{n} \binom{n}{j} \frac{1}{2^n}\right)

    :math:`n` groups moved the same way in all their measures, and :math:`m` is the larger of the
    two numbers, those all up and those all down. The test is two-sided.

    References
    ----------
    Dixon, W. J. and Mood, A. M. (1946). The statistical sign test. Journal of the American
      Statistical Association 41, 557-566.
    """
    n = n_up + n_down
    if min(n_up, n_down) < 0 or n == 0:
        raise ValueError(f"{n_up} up and {n_down} down: expected counts, not both of them zero")
    upper = _upper_tail(n, n_up)
    lower = _upper_tail(n, n_down)
    two_sided = min(Fraction(1), 2 * min(upper, lower))
    return SignTest(n_up, n_down, n_up / n, float(two_sided), float(upper))


def benchmark(
    trend: float,
    sd: float,
    n_groups: int,
    k: int,
    correlation: float,
    *,
    shown_if: ShownIf = "all",
) -> Benchmark:
    r"""Return what chance and a common trend alone put into a table of improvers, in outcome units.

    Every group has the same expected change, and what it shows beyond that is chance: normal, as
    widely spread as is assumed, its measures going together as closely as is assumed. A group is
    shown if every one of its measures is above zero, unless another rule is stated.

    Parameters
    ----------
    trend : float
        Mean change of every group in every measure, such as the county's own change.
    sd : float
        Standard deviation of one measure's change between groups, in the unit of `trend`.
    n_groups : int
        Number of all groups.
    k : int
        Number of measures of each group.
    correlation : float
        Correlation between two measures' changes within a group.
    shown_if : {"all", "any", "mean"}
        A group is shown when all of its measures, any of them, or their mean is above zero.

    Raises
    ------
    ValueError
        If `sd` is not above zero, `n_groups` or `k` is below one, the correlation is impossible,
        or `shown_if` is unknown.

    Notes
    -----
    .. math:: P = \int_{-\infty}^{\infty} \Phi(u_z)^k \varphi(z)\, d z

    .. math:: M = \frac{\sigma}{P} \int_{-\infty}^{\infty} h_z \Phi(u_z)^{k - 1} \varphi(z)\, d z

    .. math:: h_z = c_z \Phi(u_z) + \sqrt{1 - \rho}\, \varphi(u_z)

    :math:`P` is the share of groups shown and :math:`M` their mean change, with :math:`c_z = \mu /
    \sigma + \sqrt{\rho}\, z` and :math:`u_z = c_z / \sqrt{1 - \rho}`; :math:`\mu` is the trend,
    :math:`\sigma` the spread of one measure's change, :math:`k` the number of measures,
    :math:`\rho` their correlation, :math:`\Phi` the normal distribution and :math:`\varphi` its
    density.

    References
    ----------
    Steck, G. P. and Owen, D. B. (1962). A note on the equicorrelated multivariate normal
      distribution. Biometrika 49, 269-271.
    Johnson, N. L., Kotz, S. and Balakrishnan, N. (1994). Continuous Univariate Distributions, vol.
      1, section 13.10 (the mean of a truncated normal).
    """
    if not sd > 0 or n_groups < 1:
        raise ValueError(f"sd is {sd} and n_groups {n_groups}: expected both above zero")
    shift = trend / sd
    share, total = _shown(k, correlation, shift, shown_if)
    return Benchmark(
        expected_share_improving=any_of_k(k, correlation, shift),
        expected_share_shown=share,
        expected_mean_of_improvers=sd * total / share if share > 0 else math.nan,
        expected_mean_of_all=trend,
        n_groups=n_groups,
    )


def _shown(k: int, correlation: float, shift: float, shown_if: str) -> tuple[float, float]:
    """Return the probability of being shown and the mean change times that probability."""
    if shown_if == "all":
        return _all_above(k, correlation, shift), _mean_if_all_above(k, correlation, shift)
    if shown_if == "any":
        below = _mean_if_all_above(k, correlation, -shift)
        return any_of_k(k, correlation, shift), shift + below
    if shown_if == "mean":
        _check(k, correlation)
        spread = math.sqrt((1 + (k - 1) * correlation) / k)
        z = shift / spread
        return _cdf(z), shift * _cdf(z) + spread * _pdf(z)
    raise ValueError(f"shown_if is {shown_if!r}: expected 'all', 'any' or 'mean'")


def _all_above(k: int, correlation: float, shift: float) -> float:
    """Return the probability that all `k` unit-variance changes of mean `shift` exceed zero."""
    _check(k, correlation)
    if k == 1 or correlation == 1:
        return _cdf(shift)
    loading, own = complex(correlation) ** 0.5, math.sqrt(1 - correlation)

    def density(z: float) -> float:
        u = (shift + loading * z) / own
        return float((_exp(k * complex(log_ndtr(u)) - z * z / 2)).real) / math.sqrt(2 * math.pi)

    return min(1.0, max(0.0, _integral(density, shift, correlation)))


def _mean_if_all_above(k: int, correlation: float, shift: float) -> float:
    """Return the expectation of the mean change where all changes exceed zero, else nothing."""
    _check(k, correlation)
    if k == 1 or correlation == 1:
        return shift * _cdf(shift) + _pdf(shift)
    loading, own = complex(correlation) ** 0.5, math.sqrt(1 - correlation)

    def density(z: float) -> float:
        centre = shift + loading * z
        u = centre / own
        log_others = (k - 1) * complex(log_ndtr(u)) - z * z / 2
        inside = centre * _exp(log_others + complex(log_ndtr(u)))
        edge = own * _exp(log_others - u * u / 2) / math.sqrt(2 * math.pi)
        return float((inside + edge).real) / math.sqrt(2 * math.pi)

    return _integral(density, shift, correlation)


def _integral(density: Callable[[float], float], shift: float, correlation: float) -> float:
    """Return the integral over the line, cut where the product of probabilities turns steep."""
    from scipy.integrate import quad

    turn = -shift / math.sqrt(correlation) if correlation > 0 else 0.0
    cut = min(8.0, max(-8.0, turn))
    pieces = ((-math.inf, cut), (cut, math.inf))
    return math.fsum(
        float(quad(density, low, high, epsabs=_INTEGRATION_ERROR, epsrel=1e-10, limit=400)[0])
        for low, high in pieces
    )


def _exp(exponent: complex) -> complex:
    size = math.exp(exponent.real) if exponent.real > -745 else 0.0
    return complex(size * math.cos(exponent.imag), size * math.sin(exponent.imag))


def _check(k: int, correlation: float) -> None:
    if k < 1:
        raise ValueError(f"k is {k}: expected one measure or more")
    floor = -1 / (k - 1) if k > 1 else -math.inf
    if not floor < correlation <= 1:
        raise ValueError(
            f"correlation is {correlation}: {k} measures need one above {floor:.3f}, at most 1"
        )


def _upper_tail(n: int, at_least: int) -> Fraction:
    return Fraction(sum(math.comb(n, count) for count in range(at_least, n + 1)), 2**n)


def _cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _pdf(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
