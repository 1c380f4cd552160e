"""The specification curve: every declared choice crossed with every other, tested jointly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError, UsageError
from analysis.methods.multiverse import Curve, curve
from analysis.methods.multiverse_design import Specification
from analysis.quantities import Quantity
from analysis.questions.estimate import Answer, Case
from analysis.questions.samples import exposure_of, funding_gbp, outcome_pp
from analysis.tables.tidy import Study
from analysis.variables import STAGES, funding_column, gain_columns

_GAINS = [column for stage in STAGES for column in gain_columns(stage)]


@dataclass(frozen=True)
class Curved:
    """The curve with the choices behind each of its points, and how many were left out."""

    curve: Curve
    choices: pd.DataFrame
    n_left_out: int


def specification_curve(case: Case) -> Answer:
    """Return the slopes under every declared choice, in standard deviations, tested together.

    Every declared choice of outcome, exposure, control for size, sample and values is crossed with
    every other, and one line is fitted for each. Those that leave too few groups are left out and
    counted. All are tested together by dealing the exposures out anew.

    References
    ----------
    Simonsohn, U., Simmons, J. P. and Nelson, L. D. (2020). Specification curve analysis. Nature
      Human Behaviour 4, 1208-1214.
    """
    declared = case.plan.content["curve"]
    crossed = list(_crossed(declared))
    if case.study.collaborations[_GAINS].isna().all(axis=None):
        raise UnavailableError("no gain is shown for any group, so no specification can be fitted")
    made = [_specification(case, choice) for choice in crossed]
    kept = [s for s in made if _df(s) >= declared["least_df"]]
    if not kept:
        raise UnavailableError("too few groups are shown for any of the declared specifications")
    settings = case.settings
    found = curve(
        kept,
        n_units=len(case.study.collaborations),
        draws=settings.permutations,
        seed=settings.seed,
        level=1 - case.plan.alpha,
    )
    choices = pd.DataFrame([dict(label) for label in found.labels]).assign(
        standardised=found.standardised, t=found.t, p=found.p_values, n=found.n
    )
    detail = Curved(found, choices, len(made) - len(kept))
    return Answer(_numbers(case, detail), choices, detail)


def _numbers(case: Case, found: Curved) -> list[Quantity]:
    joint = found.curve
    n = len(found.choices)
    tables = ("gains", "funding", "ofsted")
    rising = int((joint.standardised > 0).sum())
    values = (
        ("n_specifications", n, "count", None),
        ("n_left_out", found.n_left_out, "count", None),
        ("median_standardised_slope", joint.median, "standard deviations", joint.median_p),
        ("share_significant", joint.share_significant, "share", joint.share_significant_p),
        ("mean_t", joint.mean_t, "ratio", joint.mean_t_p),
        ("share_above_zero", rising / n, "share", None),
        ("joint_p", joint.joint_p, "probability", joint.joint_p),
    )
    return [
        case.quantity(name, value, unit, curve, tables, p_value=p, n=n)
        for name, value, unit, p in values
    ]


def _crossed(declared: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    names = ("outcome", "exposure", "size", "sample", "values")
    options = [declared[name] for name in names]
    for choice in product(*options):
        yield dict(zip(names, choice, strict=True))


def _df(specification: Specification) -> int:
    controls = specification.controls
    width = 0 if controls is None else np.asarray(controls).shape[1]
    return len(np.asarray(specification.rows)) - 2 - width


def _specification(case: Case, choice: dict[str, str]) -> Specification:
    y = _outcome(case.study, choice["outcome"])
    x = _exposure(case, choice["exposure"])
    keep = np.isfinite(y) & np.isfinite(x) & _sample(case, choice["sample"], x)
    rows = np.flatnonzero(keep)
    size = case.study.collaborations["n_schools"].to_numpy(dtype=float)
    controls = size[rows, None] if choice["size"] == "schools held" else None
    ranks = choice["values"] == "ranks"
    return Specification(choice, y[rows], x[rows], rows, controls, ranks)


def _outcome(study: Study, name: str) -> np.ndarray:
    stage, _, column = name.partition("_")
    if not column:
        return outcome_pp(study, stage).to_numpy(dtype=float)
    return study.collaborations[gain_columns(stage)[int(column) - 1]].to_numpy(dtype=float)


def _exposure(case: Case, name: str) -> np.ndarray:
    if name == "log_funding":
        money = funding_gbp(case.study, case.plan.exposures["funding_total"])
        return np.log(money.to_numpy(dtype=float))
    exposure = case.plan.exposures[name]
    if exposure.school_year > 0:
        raise UsageError(
            f"plan.yaml names {name} as an exposure of the curve: it is paid after the tests and "
            "can be a negative control only."
        )
    return exposure_of(case.study, exposure).to_numpy(dtype=float)


def _sample(case: Case, name: str, x: np.ndarray) -> np.ndarray:
    table = case.study.collaborations
    if name == "all shown":
        return np.ones(len(table), dtype=bool)
    if name == "without the largest grant shown":
        shown = outcome_pp(case.study, "ks2").notna() | outcome_pp(case.study, "ks4").notna()
        money = funding_gbp(case.study, case.plan.exposures["funding_total"]).where(shown)
        return np.asarray(table.index != money.idxmax())
    if name == "paid in both years":
        later = funding_column(case.study.release.number + 1)
        return table[later].notna().to_numpy()
    raise UsageError(f"plan.yaml names the sample {name!r} for the curve, which is not known.")
