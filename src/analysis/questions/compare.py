"""Members against other schools: the declared difference, and the same by every other method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.methods.adjustment import shrunken_gain
from analysis.methods.clusters import ClusterFit, cluster_ols
from analysis.methods.did_aggregate import overall
from analysis.methods.fixed_effects import two_way
from analysis.methods.matching import match_nearest
from analysis.methods.multilevel import random_intercept
from analysis.methods.randomisation import Interval, randomise_clusters, widest
from analysis.methods.weighting import ipw_estimate, weighted_difference
from analysis.methods.wild import wild_cluster_bootstrap
from analysis.questions.design import TABLES, Design
from analysis.questions.estimate import Answer, Case, without_counts
from analysis.questions.schools import (
    balanced,
    cells_of,
    clusters_of,
    refuse_improvers_only,
    without_always_exposed,
)

MEMBER = 1


def regressors(design: Design) -> tuple[tuple[str, ...], np.ndarray]:
    """Return names and columns of the declared adjustment: member, baseline and covariates."""
    before = design.frame["before"].to_numpy()
    held = design.covariates
    columns = [np.ones(len(before)), design.member.astype(float), before - before.mean()]
    columns += [held[name].to_numpy() - held[name].mean() for name in held]
    return ("constant", "member", "before", *held), np.column_stack(columns)


def fit_members(design: Design, outcome: np.ndarray, X: np.ndarray, level: float) -> ClusterFit:
    """Return a least-squares fit by school, each school's parts in its collaborations clustered."""
    parts = design.shares
    names = tuple(f"x{i}" for i in range(X.shape[1]))
    return cluster_ols(
        outcome[parts.row], X[parts.row], names, parts.cluster, weights=parts.weight, level=level
    )


def difference(case: Case) -> Answer:
    r"""Return members' result less that of other schools with the same baseline.

    Least squares of the result on membership, the baseline and the declared characteristics
    (analysis of covariance). Its interval is the widest of three that are made for few clusters:
    errors corrected for few clusters (CR2), the wild bootstrap, and dealing membership out anew
    among clusters. Counted are members, other schools, clusters, and schools in several
    collaborations.

    Notes
    -----
    .. math:: y_i = \beta_0 + \tau m_i + \gamma (b_i - \bar b) + x_i^\top \delta + e_i

    :math:`y_i` is the result of school :math:`i` and :math:`b_i` that at the baseline, :math:`m_i`
    is 1 for a member and else 0, :math:`x_i` are the declared characteristics about their means,
    and :math:`\tau` is the difference.

    References
    ----------
    Van Breukelen, G. J. P. (2006). ANCOVA versus change from baseline had more power in randomized
      studies and more bias in nonrandomized studies. Journal of Clinical Epidemiology 59, 920-925.
    """
    design = case.design
    refuse_improvers_only(case.study, design)
    intervals = _intervals(case, design)
    head = widest(*intervals.values())
    unit, level, n = design.unit, case.settings.confidence, len(design.frame)
    numbers = [
        case.quantity(
            name, one.estimate, unit, _METHODS_OF[key], TABLES,
            low=one.low, high=one.high, level=level, p_value=one.p_value, n=n,
        )
        for name, key, one in [
            ("", head.method, head), *((key, key, one) for key, one in intervals.items())
        ]
    ]  # fmt: skip
    counts = {
        "members_n": (int(design.member.sum()), "schools"),
        "others_n": (int((~design.member).sum()), "schools"),
        "clusters_n": (len(np.unique(design.shares.cluster)), "clusters"),
        "overlap_n": (int((design.frame["groups"] > 1).sum()), "schools"),
    }
    numbers += [
        case.quantity(name, value, unit, difference, TABLES, kind="description")
        for name, (value, unit) in counts.items()
    ]
    method = _WORDS_OF[head.method]
    numbers.append(case.quantity("widest", None, "count", widest, TABLES, n=n, words=method))
    return Answer(numbers, design.frame, intervals)


def _intervals(case: Case, design: Design) -> dict[str, Interval]:
    level, runs, seed = case.settings.confidence, design.rules.runs, case.settings.seed
    _, X = regressors(design)
    after, parts = design.frame["after"].to_numpy(), design.shares
    fit = fit_members(design, after, X, level)
    wild = wild_cluster_bootstrap(
        after[parts.row], X[parts.row], MEMBER, parts.cluster,
        weights=parts.weight, draws=runs, seed=seed, level=level,
    )  # fmt: skip
    drawn = randomise_clusters(
        after, design.member, homes(design),
        controls=np.delete(X, [0, MEMBER], axis=1), draws=runs, seed=seed, level=level,
    )  # fmt: skip
    ends = {
        "cr2": (fit.low[MEMBER], fit.high[MEMBER], fit.p_values[MEMBER]),
        "wild": (wild.low, wild.high, wild.p_value),
        "randomised": (drawn.low, drawn.high, drawn.p_value),
    }
    estimate = float(fit.estimates[MEMBER])
    return {name: Interval(name, estimate, *map(float, end)) for name, end in ends.items()}


def homes(design: Design) -> np.ndarray:
    """Return clusters in which all schools are members, or none: what randomisation deals out.

    A school's cluster is its own, or its collaboration, parted where some joined after the day.
    """
    return pd.factorize(pd.Series(list(zip(design.clusters, design.member, strict=True))))[0]


_METHODS_OF: dict[str, Callable[..., Any]] = {
    "cr2": cluster_ols,
    "wild": wild_cluster_bootstrap,
    "randomised": randomise_clusters,
}
_WORDS_OF = {
    "cr2": "CR2 with Satterthwaite's degrees of freedom",
    "wild": "the restricted wild cluster bootstrap",
    "randomised": "randomisation of membership over clusters",
}


@dataclass(frozen=True)
class _Found:
    """What a method gives back, whichever class it uses."""

    estimate: float
    low: float
    high: float
    p_value: float
    method: Callable[..., Any]


def estimators(case: Case) -> Answer:
    """Return members' difference by every method: how much hangs on the one that was declared.

    Baseline held, gain score, gains rid of chance, two kinds of weighting, matching, a multilevel
    model, school and year held, and by year of joining. The lowest and the highest of them are
    given.
    """
    design, level = case.design, case.settings.confidence
    refuse_improvers_only(case.study, design)
    unit, numbers = design.unit, []
    lines: list[dict[str, Any]] = []
    for name, (label, compute) in _ESTIMATORS.items():
        try:
            found = compute(design, level)
        except ValueError as gap:
            lines.append({"label": label, "reason": without_counts(str(gap))})
            continue
        lines.append({"label": label, "value": found.estimate, **_ends(found), "reason": ""})
        numbers.append(
            case.quantity(
                name, found.estimate, unit, found.method, TABLES, level=level,
                p_value=found.p_value, n=len(design.frame), **_ends(found),
            )
        )  # fmt: skip
    values = [float(number.value) for number in numbers if number.value is not None]
    for name, value in (("lowest", min(values)), ("highest", max(values))):
        numbers.append(case.quantity(name, value, unit, estimators, TABLES, n=len(values)))
    return Answer(numbers, pd.DataFrame(lines), None)


def _ends(found: _Found) -> dict[str, Any]:
    return {"low": found.low, "high": found.high}


def _from_fit(fit: ClusterFit) -> _Found:
    at = MEMBER
    return _Found(
        float(fit.estimates[at]), float(fit.low[at]), float(fit.high[at]),
        float(fit.p_values[at]), cluster_ols,
    )  # fmt: skip


def _from(result: Any, method: Callable[..., Any]) -> _Found:
    return _Found(
        float(result.estimate), float(result.low), float(result.high), float(result.p_value), method
    )


def _ancova(design: Design, level: float) -> _Found:
    _, X = regressors(design)
    return _from_fit(fit_members(design, design.frame["after"].to_numpy(), X, level))


def _gain(design: Design, level: float) -> _Found:
    X = np.column_stack([np.ones(len(design.frame)), design.member])
    return _from_fit(fit_members(design, design.frame["gain"].to_numpy(), X, level))


def _shrunken(design: Design, level: float) -> _Found:
    if design.unit != "pp":
        raise ValueError("the chance variance of a score needs the pupils' standard deviation")
    frame = design.frame
    found = shrunken_gain(
        frame["before"], frame["after"], design.member, frame["cohort_before"], frame["cohort"],
        clusters=design.clusters, level=level,
    )  # fmt: skip
    return _from(found, shrunken_gain)


def _entropy(design: Design, level: float) -> _Found:
    weights = balanced(design).weights
    if not weights.converged:
        raise ValueError("no weights make the other schools resemble the members")
    found = weighted_difference(
        design.frame["after"], design.member, weights.weights,
        clusters=design.clusters, level=level,
    )  # fmt: skip
    return _from(found, weighted_difference)


def _inverse(design: Design, level: float) -> _Found:
    found = ipw_estimate(
        design.frame["gain"], design.balance_on, design.member,
        clusters=design.clusters, level=level,
    )  # fmt: skip
    return _from(found, ipw_estimate)


def _matched(design: Design, level: float) -> _Found:
    found = match_nearest(
        design.balance_on, design.member, design.frame["gain"], n_matches=3, level=level
    )
    return _from(found, match_nearest)


def _multilevel(design: Design, level: float) -> _Found:
    names, X = regressors(design)
    fit = random_intercept(design.frame["after"], X, names, design.clusters, level=level)
    if not fit.converged:
        raise ValueError("the multilevel model did not converge")
    at = MEMBER
    return _Found(
        float(fit.estimates[at]), float(fit.low[at]), float(fit.high[at]),
        float(fit.p_values[at]), random_intercept,
    )  # fmt: skip


def _two_way(design: Design, level: float) -> _Found:
    long = design.long
    exposed = (long["first_exposed"] > 0) & (long["year"] >= long["first_exposed"])
    fit = two_way(
        long["outcome"], exposed.to_numpy(dtype=float)[:, None], long["urn"], long["year"],
        names=("exposed",), clusters=long["cluster"], level=level,
    )  # fmt: skip
    return _Found(
        float(fit.estimates[0]), float(fit.low[0]), float(fit.high[0]),
        float(fit.p_values[0]), two_way,
    )  # fmt: skip


def _group_time(design: Design, level: float) -> _Found:
    if without_always_exposed(design)["first_exposed"].nunique() < 2:
        raise ValueError("nobody joined between the first results and the last")
    cells = cells_of(design)
    found = overall(cells, level=level, clusters=clusters_of(design, cells.units))
    return _from(found, overall)


_ESTIMATORS: dict[str, tuple[str, Callable[[Design, float], _Found]]] = {
    "ancova": ("Baseline held (the declared one)", _ancova),
    "gain": ("Gain score", _gain),
    "shrunken": ("Gain shrunk by cohort", _shrunken),
    "entropy": ("Entropy balancing", _entropy),
    "inverse": ("Inverse probability", _inverse),
    "matched": ("Three nearest schools", _matched),
    "multilevel": ("Multilevel", _multilevel),
    "two_way": ("School and year held", _two_way),
    "group_time": ("By year of joining", _group_time),
}
