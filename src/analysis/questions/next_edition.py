"""Answers that describe what the report promises of its next edition, where a release gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods.inference import clopper_pearson
from analysis.methods.shrinkage import percentage_variance
from analysis.methods.standard_errors import quantile
from analysis.quantities import Quantity
from analysis.questions.estimate import Answer, Case
from analysis.sources.next_edition import FRAMEWORK_STAGES
from analysis.tables.next_edition import grades_side_by_side, stage_ranks, targets_met
from analysis.tables.tidy import Study

_TABLE_OF = {
    "targets": "agreed targets",
    "stages": "stages of the Quality Development Framework",
    "gaps": "gains of disadvantaged and of other pupils",
    "grades": "grades of the same groups in two years",
}
_MIDDLE_PCT = 50.0


def promised_table(study: Study, name: str) -> pd.DataFrame:
    """Return a promised table of this release.

    Raises
    ------
    UnavailableError
        If the release does not have it.
    """
    if name not in study.next_edition:
        raise UnavailableError(f"this release has no {_TABLE_OF[name]}")
    return study.next_edition[name]


def share_of(
    case: Case, suffix: str, some: int, n: int, table: str, method: Callable[..., Any]
) -> list[Quantity]:
    """Return a count, the number it is of, and their share with its exact interval."""
    level = case.settings.confidence
    found = clopper_pearson(some, n, level=level)
    ends: dict[str, Any] = {"low": found.low, "high": found.high, "level": level, "n": n}
    dot = f"{suffix}_" if suffix else ""
    return [
        case.quantity(suffix, found.share, "share", clopper_pearson, (table,), **ends),
        case.quantity(f"{dot}n", some, "count", method, (table,), n=n),
        case.quantity(f"{dot}of_n", n, "count", method, (table,), n=n),
    ]


def met_targets(case: Case) -> Answer:
    """Return how many targets were met, of those with a result, and how far the others fell short.

    A target is met where the result reaches it, or, for a target of a fall, is not above it. The
    mean shortfall is that of the targets missed, in percentage points, of targets in points apart.
    The exact interval of the share takes targets for draws of their own, which several of one group
    are not.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated
      in the case of the binomial. Biometrika 26, 404-413.
    """
    targets = targets_met(promised_table(case.study, "targets"))
    known = targets.dropna(subset=["met"])
    if known.empty:
        raise UnavailableError("no agreed target has a result yet")
    met, missed = int(known["met"].sum()), known.dropna(subset=["shortfall"])
    in_points = missed["target_unit"] == "points"
    numbers = share_of(case, "", met, len(known), "targets", met_targets)
    counts = {
        "pending_n": len(targets) - len(known),
        "missed_n": len(missed),
        "groups_n": targets["collaboration"].nunique(),
        "measures_n": targets["measure"].nunique(),
    }
    numbers += _counts(case, counts, "targets", met_targets)
    for name, unit, rows in (
        ("shortfall_pp", "pp", missed[~in_points]),
        ("shortfall_points", "points", missed[in_points]),
    ):
        mean = None if rows.empty else rows["shortfall"].mean()
        words = "no target of this kind was missed" if rows.empty else None
        more: dict[str, Any] = {"n": len(rows), "words": words}
        numbers.append(case.quantity(name, mean, unit, met_targets, ("targets",), **more))
    return Answer(numbers, targets, _by_measure(targets))


def _counts(
    case: Case, counts: Mapping[str, int], table: str, method: Callable[..., Any]
) -> list[Quantity]:
    return [case.quantity(name, value, "count", method, (table,)) for name, value in counts.items()]


def _by_measure(targets: pd.DataFrame) -> pd.DataFrame:
    """Return a row a measure and unit: targets, those with a result, met, mean shortfall."""
    grouped = targets.groupby(["measure", "target_unit"], sort=False)
    table = grouped.agg(
        targets=("target", "size"),
        results=("met", "count"),
        met=("met", lambda column: int(column.sum())),
        shortfall=("shortfall", "mean"),
    )
    return table.reset_index()


def listed_stages(case: Case) -> Answer:
    """Return how many groups are at each stage of the Quality Development Framework.

    As the release lists them, this year.
    """
    stages = stage_ranks(promised_table(case.study, "stages"))
    at = {f"{one}_n": int((stages["framework_stage"] == one).sum()) for one in FRAMEWORK_STAGES}
    counts = {"n": len(stages), **at}
    return Answer(_counts(case, counts, "stages", listed_stages), stages)


def moved_stages(case: Case) -> Answer:
    """Return how many groups moved up, stayed and moved down, of those with both stages.

    A group's stage of this year is compared with that of the year before. Groups without a stage of
    the year before are counted apart.
    """
    stages = stage_ranks(promised_table(case.study, "stages"))
    both = stages.dropna(subset=["moved"])
    if both.empty:
        raise UnavailableError("no group has a stage of the year before beside that of this year")
    counts = {
        "up_n": int((both["moved"] > 0).sum()),
        "same_n": int((both["moved"] == 0).sum()),
        "down_n": int((both["moved"] < 0).sum()),
        "of_n": len(both),
        "no_stage_before_n": len(stages) - len(both),
    }
    numbers = _counts(case, counts, "stages", moved_stages)
    return Answer(numbers, both.reset_index(drop=True))


def gap_rows(case: Case) -> pd.DataFrame:
    """Return the rows of the gaps table of the question's key stage whose gap is printed.

    Raises
    ------
    UnavailableError
        If there is none.
    """
    gaps = promised_table(case.study, "gaps")
    stage = str(case.question.outcome)
    rows = gaps[gaps["key_stage"] == stage].dropna(subset=["gap_pp"]).reset_index(drop=True)
    if rows.empty:
        raise UnavailableError(f"no group has a gap at key stage {stage[-1]}")
    return rows


def narrowed_gaps(case: Case) -> Answer:
    r"""Return how many gaps narrowed, and their mean change (pp) by disadvantaged pupils.

    A gap is that between disadvantaged and other pupils of a group. The mean weighs each group by
    its disadvantaged pupils, and its interval is how far chance alone would move it, with shares
    near one half, where chance moves most. The correlation of the gap before with its change comes
    out negative by chance alone, since what was wide by chance narrows afterwards (regression to
    the mean).

    Notes
    -----
    .. math:: m = \frac{\sum_i n_i d_i}{\sum_i n_i}

    .. math:: h = z \frac{\sqrt{\sum_i n_i^2 v_i}}{\sum_i n_i}

    :math:`d_i` is the change of the gap of group :math:`i`, :math:`n_i` the number of its
    disadvantaged pupils, :math:`v_i` the chance variance of the change (two years of both cohorts),
    :math:`z` the normal quantile, and the interval :math:`m \pm h`.

    References
    ----------
    Kane, T. J. and Staiger, D. O. (2002). The promise and pitfalls of using imprecise school
      accountability measures. Journal of Economic Perspectives 16, 91-114.
    Galton, F. (1886). Regression towards mediocrity in hereditary stature. Journal of the
      Anthropological Institute 15, 246-263.
    """
    rows = gap_rows(case)
    gap, pupils = rows["gap_pp"], rows["cohort_disadvantaged"].astype(float)
    variance = 2 * (_chance(rows["cohort_disadvantaged"]) + _chance(rows["cohort_other"]))
    reach = quantile(case.settings.confidence)
    rows = rows.assign(chance_pp=reach * np.sqrt(variance))
    counts = {
        "widened_n": int((gap > 0).sum()),
        "beyond_chance_n": int((gap.abs() > rows["chance_pp"]).sum()),
    }
    numbers = share_of(case, "", int((gap < 0).sum()), len(rows), "gaps", narrowed_gaps)
    numbers += _counts(case, counts, "gaps", narrowed_gaps)
    mean = float(np.average(gap, weights=pupils))
    margin = reach * float(np.sqrt((pupils**2 * variance).sum()) / pupils.sum())
    more: dict[str, Any] = {"n": len(rows)}
    ends: dict[str, Any] = {"low": mean - margin, "high": mean + margin}
    ends["level"] = case.settings.confidence
    middle = float(np.median(rows["chance_pp"]))
    numbers += [
        case.quantity("mean_pp", mean, "pp", narrowed_gaps, ("gaps",), **more, **ends),
        case.quantity("plain_mean_pp", gap.mean(), "pp", narrowed_gaps, ("gaps",), **more),
        case.quantity("chance_pp", middle, "pp", percentage_variance, ("gaps",), **more),
        case.quantity("pupils_n", pupils.sum(), "pupils", narrowed_gaps, ("gaps",), **more),
        _with_gap_before(case, rows),
    ]
    return Answer(numbers, rows)


def _chance(cohort: pd.Series) -> np.ndarray:
    """Return the largest sampling variance of a percentage of each cohort, in pp squared."""
    pupils = cohort.astype(float).to_numpy()
    return percentage_variance(np.full(len(pupils), _MIDDLE_PCT), pupils)


def _with_gap_before(case: Case, rows: pd.DataFrame) -> Quantity:
    """Return the correlation of the gap before with its change, or that there is none."""
    pair = rows.dropna(subset=["gap_before_pp"])
    spread = pair[["gap_before_pp", "gap_pp"]].nunique().min() if len(pair) else 0
    found = pair["gap_before_pp"].corr(pair["gap_pp"]) if len(pair) > 2 and spread > 1 else None
    words = None if found is not None else "not to be had: too few gaps of the year before"
    more: dict[str, Any] = {"n": len(pair), "words": words}
    name = "before_correlation"
    return case.quantity(name, found, "correlation", narrowed_gaps, ("gaps",), **more)


def changed_grades(case: Case) -> Answer:
    """Return the share (%) good or better of the same groups in two years, and the change (pp).

    Schools graded good or better, and all schools, are added up over the groups that are in both
    years. A description: whether single schools moved would take their own grades in both years,
    since a group's schools may have joined, left or been inspected in between.
    """
    grades = promised_table(case.study, "grades")
    table = grades_side_by_side(grades)
    both = table.dropna(subset=["before_pct", "after_pct"]).reset_index(drop=True)
    if both.empty:
        raise UnavailableError("no group has grades in both years")
    sums = both[["good_before", "schools_before", "good_after", "schools_after"]].sum()
    before, after = (
        100 * float(sums[f"good_{when}"] / sums[f"schools_{when}"]) for when in ("before", "after")
    )
    move = np.sign(
        both["good_after"] * both["schools_before"] - both["good_before"] * both["schools_after"]
    )
    more: dict[str, Any] = {"n": len(both)}
    numbers = [
        case.quantity("before_pct", before, "%", changed_grades, ("grades",), **more),
        case.quantity("after_pct", after, "%", changed_grades, ("grades",), **more),
        case.quantity("change_pp", after - before, "pp", changed_grades, ("grades",), **more),
    ]
    years = grades["grades_year"].agg(["min", "max"])
    for name, year in zip(("first", "second"), years, strict=True):
        numbers.append(case.quantity(name, int(year), "year", changed_grades, ("grades",)))
    counts = {
        "up_n": int((move > 0).sum()),
        "same_n": int((move == 0).sum()),
        "down_n": int((move < 0).sum()),
        "of_n": len(both),
        "one_year_n": len(table) - len(both),
        "schools_changed_n": int((both["schools_before"] != both["schools_after"]).sum()),
    }
    numbers += _counts(case, counts, "grades", changed_grades)
    return Answer(numbers, both.assign(move=move))
