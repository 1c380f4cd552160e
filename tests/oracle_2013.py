"""The promised findings of 2013, computed from the raw tables without the package.

Only csv, numpy, scipy and statsmodels are used: what `test_findings_2013` compares with.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels.api as sm
import yaml
from scipy import stats

ROOT = Path(__file__).parents[1]
RAW = ROOT / "data" / "raw" / "2013"
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class Group:
    """One collaboration, from the cells of the three tables."""

    schools: int
    good: int
    early: float = math.nan
    late: float = math.nan
    ks2: tuple[float, ...] = ()
    ks4: tuple[float, ...] = ()


def rows(name: str) -> list[dict[str, str]]:
    with open(RAW / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pounds(cell: str) -> float:
    return float(cell.replace("£", "").replace(",", "")) if cell.strip() else math.nan


@cache
def groups() -> dict[str, Group]:
    with open(ROOT / "data" / "names.csv", encoding="utf-8", newline="") as file:
        other_names = {line["printed"]: line["collaboration"] for line in csv.DictReader(file)}
    found = {
        line["name"]: Group(
            int(line["number of schools"]), int(line["Outstanding"]) + int(line["Good"])
        )
        for line in rows("ofsted")
    }
    for line in rows("funding"):
        name = other_names.get(line["Collaboration name"], line["Collaboration name"])
        if name:
            found[name].early = pounds(line["2012/13 Funding (if applicable)"])
            found[name].late = pounds(line["2013/14 Agreed Funding from KAH (if applicable)"])
    for line in rows("gains"):
        group = found[other_names.get(line["name"], line["name"])]
        for stage in ("ks2", "ks4"):
            cells = [line[f"{stage}_{i}"] for i in (1, 2, 3)]
            setattr(group, stage, tuple(float(cell) for cell in cells if cell))
    return found


def arrays(stage: str) -> dict[str, Floats]:
    """Return gain, both years' money, schools: an entry a collaboration, nan where blank."""
    every = list(groups().values())
    gains = [getattr(group, stage) for group in every]
    return {
        "y": np.array([sum(cells) / 3 if cells else math.nan for cells in gains]),
        "early": np.array([group.early for group in every]),
        "late": np.array([group.late for group in every]),
        "schools": np.array([float(group.schools) for group in every]),
    }


def both(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    keep = ~np.isnan(x) & ~np.isnan(y)
    return x[keep], y[keep]


def exposed(stage: str, name: str = "total") -> tuple[Floats, Floats]:
    table = arrays(stage)
    exposure = {
        "total": table["early"] / 10_000,
        "per school": table["early"] / table["schools"] / 1_000,
        "late": table["late"] / 10_000,
    }[name]
    return both(exposure, table["y"])


def slope(x: Floats, y: Floats) -> dict[str, float]:
    fit = sm.OLS(y, sm.add_constant(x)).fit(cov_type="HC3", use_t=True)
    low, high = fit.conf_int()[1]
    return {
        "value": fit.params[1], "low": low, "high": high, "p_value": fit.pvalues[1],
        "n": len(x), "error": fit.bse[1],
    }  # fmt: skip


def of(stage: str, name: str = "total") -> Callable[[], dict[str, float]]:
    def numbers() -> dict[str, float]:
        return {k: v for k, v in slope(*exposed(stage, name)).items() if k != "error"}

    return numbers


def shuffled_p() -> dict[str, float]:
    x, y = exposed("ks2")
    rng = np.random.default_rng(77)
    draws = rng.permuted(np.tile(y, (400_000, 1)), axis=1) @ (x - x.mean())
    seen = abs(float(y @ (x - x.mean())))
    p = float((np.abs(draws) >= seen - 1e-9).mean())
    return {"value": p, "p_value": p, "n": len(x)}


def funded_minus_unfunded() -> dict[str, float]:
    table = arrays("ks2")
    seen = ~np.isnan(table["y"])
    y, funded = table["y"][seen], ~np.isnan(table["early"][seen])
    difference = y[funded].mean() - y[~funded].mean()
    choices = np.array(list(combinations(range(len(y)), int((~funded).sum()))))
    low = y[choices].sum(axis=1)
    others = (y.sum() - low) / funded.sum() - low / choices.shape[1]
    p = float((np.abs(others) >= abs(difference) - 1e-9).mean())
    return {"value": difference, "p_value": p, "n": len(y)}


def leave_one_out() -> dict[str, float]:
    x, y = exposed("ks2")
    without = [np.polyfit(np.delete(x, i), np.delete(y, i), 1)[0] for i in range(len(x))]
    return {"value": np.polyfit(x, y, 1)[0], "low": min(without), "high": max(without), "n": 14}


def theil_sen() -> dict[str, float]:
    x, y = exposed("ks2")
    found = stats.theilslopes(y, x, alpha=0.95)
    return {"value": found[0], "low": found[2], "high": found[3], "n": len(x)}


def improved_share() -> dict[str, float]:
    found = stats.binomtest(47, 76)
    interval = found.proportion_ci(0.95, method="exact")
    return {
        "value": 47 / 76, "low": interval.low, "high": interval.high, "n": 76,
        "p_value": found.pvalue,
    }  # fmt: skip


def all_up() -> dict[str, float]:
    p = stats.binomtest(23, 23 + 14).pvalue
    return {"value": p, "p_value": p, "n": 37}


def mean_range() -> dict[str, float]:
    y = arrays("ks2")["y"]
    fill = [np.where(np.isnan(y), end, y).mean() for end in (-30, 30)]
    return {"low": fill[0], "high": fill[1], "n": len(y)}


def slope_between(limit: float) -> tuple[float, float, int]:
    """Return the least and the greatest slope, each unseen gain at the end that gives it."""
    table = arrays("ks2")
    funded = ~np.isnan(table["early"])
    x, y = table["early"][funded] / 10_000, table["y"][funded]
    ends = []
    for sign in (-1, 1):
        filled = np.where(np.isnan(y), sign * limit * np.sign(x - x.mean()), y)
        ends.append(float(np.polyfit(x, filled, 1)[0]))
    return ends[0], ends[1], len(x)


def slope_range() -> dict[str, float]:
    low, high, n = slope_between(30)
    return {"low": low, "high": high, "n": n}


def breakdown() -> dict[str, float]:
    """Search for the smallest limit at which the range holds zero."""
    low, high = 0.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        ends = slope_between(middle)
        low, high = (low, middle) if ends[0] <= 0 <= ends[1] else (middle, high)
    return {"value": high, "n": 58}


def detectable() -> dict[str, float]:
    x, y = exposed("ks2")
    df = len(x) - 2
    reach = stats.t.ppf(0.975, df) + stats.t.ppf(0.8, df)  # Bloom (1995)
    return {"value": reach * slope(x, y)["error"], "n": len(x)}


def row_order() -> dict[str, float]:
    """Return 1 over the number of different orders, as the rows stand in falling order."""
    totals = [sum(int(c) for k, c in line.items() if k != "name" and c) for line in rows("gains")]
    assert totals == sorted(totals, reverse=True)
    repeats = math.prod(math.factorial(n) for n in Counter(totals).values())
    p = repeats / math.factorial(len(totals))
    return {"value": p, "p_value": p, "n": 23}


def grades() -> dict[str, float]:
    every = [group for group in groups().values() if not math.isnan(group.early)]
    good = np.array([group.good for group in every])
    schools = np.array([group.schools for group in every])
    money = np.array([group.early / group.schools / 1_000 for group in every])
    model = sm.GLM(
        np.column_stack([good, schools - good]), sm.add_constant(money), sm.families.Binomial()
    )
    fit = model.fit(tol=1e-13)
    df = len(every) - 2
    # Not scale="X2": statsmodels 0.15 leaves the numbers of schools out of that sum.
    error = fit.bse[1] * math.sqrt(fit.pearson_chi2 / df)
    value, reach = fit.params[1], stats.t.ppf(0.975, df) * error
    p = 2 * stats.t.sf(abs(value / error), df)
    return {"value": value, "low": value - reach, "high": value + reach, "p_value": p, "n": 58}


def specifications() -> Iterator[tuple[str, Floats, Floats, Floats | None, bool]]:
    """Give exposure's name, rows, x and y, the control and whether to rank, as declared."""
    declared = yaml.safe_load((ROOT / "plan.yaml").read_text(encoding="utf-8"))["curve"]
    table = {stage: arrays(stage) for stage in ("ks2", "ks4")}
    early, late = table["ks2"]["early"], table["ks2"]["late"]
    schools = table["ks2"]["schools"]
    cells = {f"{s}_{i + 1}": np.array([g[i] if g else math.nan for g in
             (getattr(group, s) for group in groups().values())])
             for s in ("ks2", "ks4") for i in range(3)}  # fmt: skip
    outcomes = {**{stage: table[stage]["y"] for stage in table}, **cells}
    exposures = {
        "funding_total": early / 10_000,
        "funding_per_school": early / schools / 1_000,
        "log_funding": np.log(early),
    }
    shown = ~np.isnan(outcomes["ks2"]) | ~np.isnan(outcomes["ks4"])
    largest = np.nanargmax(np.where(shown, early, np.nan))
    samples = {
        "all shown": np.ones(len(early), bool),
        "without the largest grant shown": np.arange(len(early)) != largest,
        "paid in both years": ~np.isnan(late),
    }
    for outcome, exposure, size, sample, values in product(
        *(declared[name] for name in ("outcome", "exposure", "size", "sample", "values"))
    ):
        y, x = outcomes[outcome], exposures[exposure]
        keep = np.flatnonzero(~np.isnan(x) & ~np.isnan(y) & samples[sample])
        held = size == "schools held"
        if len(keep) - 2 - held >= declared["least_df"]:
            yield exposure, keep, x, y, schools if held else None, values == "ranks"


def correlations(x: Floats, y: Floats, control: Floats | None, ranks: bool) -> tuple[Floats, int]:
    """Return the (partial) correlations of y with each row of x, and the degrees of freedom.

    With `ranks` x is given in ranks already.
    """
    y = ranked(y, ranks)
    control = None if control is None else ranked(control, ranks)
    held = np.ones((len(y), 1)) if control is None else sm.add_constant(control)
    out = np.eye(len(y)) - held @ np.linalg.pinv(held)
    left_x, left_y = x @ out, out @ y
    lengths = np.linalg.norm(left_x, axis=1) * np.linalg.norm(left_y)
    # Drawn money that size explains to the last pound has no slope of its own.
    steep = np.divide(left_x @ left_y, lengths, out=np.zeros(len(x)), where=lengths > 1e-9)
    return steep, len(y) - held.shape[1] - 1


def ranked(values: Floats, ranks: bool) -> Floats:
    return np.asarray(stats.rankdata(values, axis=-1)) if ranks else values


@cache
def curve() -> dict[str, Any]:
    found, significant = [], []
    for _, keep, x, y, control, ranks in specifications():
        held = None if control is None else control[keep]
        (r,), df = correlations(ranked(x[keep], ranks)[None], y[keep], held, ranks)
        t = r * math.sqrt(df / (1 - r**2))
        found.append(r)
        significant.append(2 * stats.t.sf(abs(t), df) < 0.05)
    median = float(np.median(found))
    with_the_median = np.array(significant) & (np.sign(found) == np.sign(median))
    return {"n": len(found), "median": median, "share": float(with_the_median.mean())}


def joint_p(chunks: int = 2, draws: int = 20_000) -> dict[str, float]:
    """Return how often shuffled money gives a median as far from zero, of all specifications."""
    listed = list(specifications())
    rng = np.random.default_rng(5)
    least = abs(curve()["median"]) - 1e-12
    extreme = sum(int((np.abs(medians(listed, rng, draws)) >= least).sum()) for _ in range(chunks))
    p = (1 + extreme) / (1 + chunks * draws)
    return {"value": p, "p_value": p, "n": len(listed)}


def medians(listed: list[Any], rng: np.random.Generator, draws: int) -> Floats:
    """Return the median of all specifications for each of `draws` ways to hand out the money.

    Money is handed out anew among all groups from which a specification takes it; a group
    outside an exposure's list passes on to the next in the order drawn.
    """
    used = np.unique(np.concatenate([keep for _, keep, *_ in listed]))
    order = used[rng.permuted(np.tile(np.arange(len(used)), (draws, 1)), axis=1)]
    place = np.full(used.max() + 1, -1)
    place[used] = np.arange(len(used))
    drawn = {}
    for name in {name for name, *_ in listed}:
        pool = np.unique(np.concatenate([keep for other, keep, *_ in listed if other == name]))
        donor = order[:, place[pool]]
        while (outside := ~np.isin(donor, pool)).any():
            line, column = np.nonzero(outside)
            donor[line, column] = order[line, place[donor[line, column]]]
        drawn[name] = np.full((draws, used.max() + 1), -1)
        drawn[name][:, pool] = donor
    found = []
    handed: dict[Any, Floats] = {}
    for name, keep, x, y, control, ranks in listed:
        held = None if control is None else control[keep]
        key = (name, keep.tobytes(), ranks)
        if key not in handed:
            handed[key] = ranked(x[drawn[name][:, keep]], ranks)
        found.append(correlations(handed[key], y[keep], held, ranks)[0])
    return np.asarray(np.median(found, axis=0))


def shown_n(stage: str) -> dict[str, float]:
    n = int((~np.isnan(arrays(stage)["y"])).sum())
    return {"value": n, "n": n}


def listed(column: str) -> dict[str, float]:
    amounts = [pounds(line[column]) for line in rows("funding")]
    return {"value": float(np.nansum(amounts)), "n": int((~np.isnan(amounts)).sum())}


EXPECTED: dict[str, Callable[[], dict[str, float]]] = {
    "gains.ks2.shown.n": lambda: shown_n("ks2"),
    "gains.ks2.shown.mean_pp": lambda: {"value": np.nanmean(arrays("ks2")["y"]), "n": 19},
    "gains.ks4.shown.n": lambda: shown_n("ks4"),
    "gains.ks4.shown.mean_pp": lambda: {"value": np.nanmean(arrays("ks4")["y"]), "n": 9},
    "funding.listed.2012_13_gbp": lambda: listed("2012/13 Funding (if applicable)"),
    "funding.listed.2013_14_gbp": lambda: listed("2013/14 Agreed Funding from KAH (if applicable)"),
    "schools.memberships": lambda: {"value": arrays("ks2")["schools"].sum(), "n": 77},
    "funding.ks2.slope_pp_per_10k": of("ks2"),
    "funding.ks2.slope_pp_per_10k.permutation_p": shuffled_p,
    "funding.ks2.theil_sen_pp_per_10k": theil_sen,
    "funding.ks2.leave_one_out_pp_per_10k": leave_one_out,
    "funding.ks2.slope_pp_per_1k_per_school": of("ks2", "per school"),
    "funding.ks4.slope_pp_per_10k": of("ks4"),
    "control.ks2.future_funding_slope_pp_per_10k": of("ks2", "late"),
    "control.ks2.funded_minus_unfunded_pp": funded_minus_unfunded,
    "improved.share": improved_share,
    "improved.all_up_p": all_up,
    "bounds.ks2.mean_pp.range_30": mean_range,
    "bounds.ks2.slope_pp_per_10k.range_30": slope_range,
    "bounds.ks2.slope_pp_per_10k.breakdown_pp": breakdown,
    "power.ks2.slope_mde_pp_per_10k": detectable,
    "curve.n_specifications": lambda: {"value": curve()["n"], "n": curve()["n"]},
    "curve.median_standardised_slope": lambda: {"value": curve()["median"], "n": curve()["n"]},
    "curve.share_significant": lambda: {"value": curve()["share"], "n": curve()["n"]},
    "curve.joint_p": joint_p,
    "forensics.row_order_p": row_order,
    "grades.good_or_better.schools_pct": lambda: {
        "value": 100
        * sum(group.good for group in groups().values())
        / sum(group.schools for group in groups().values()),
        "n": 635,
    },
    "grades.funding_per_school.slope": grades,
    "identification.membership": lambda: {},
    "identification.funding": lambda: {},
}
