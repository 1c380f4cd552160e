"""Simulated counties of the validation: what each is made of, and what one run of it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from analysis.errors import UnavailableError
from analysis.methods.association import fit_ols
from analysis.methods.county import County, county
from analysis.methods.randomisation import widest
from analysis.questions import compare
from analysis.questions.design import Design, design_of
from analysis.questions.plan import Plan
from analysis.questions.schools import shows_improvers_only, without_always_exposed
from analysis.tables.panel import Panel
from analysis.tables.practice import YEAR, panel_of, settings_of
from analysis.tables.tidy import Study

STAGE = "ks2"
LEVEL = 0.95
SEEDS_APART = 1_000_000
NUMBERS = ("estimate", "standard_error", "low", "high", "p_value")
# At the end: the members' true gain in the last results. All: over all their school-years since.
TARGETS = {
    "headline": "end", "cr2": "end", "wild": "end", "randomised": "end", "entropy": "end",
    "gain": "end", "group_time": "all", "two_way": "all", "unclustered": "end",
    "unclustered_hc3": "end", "naive": "end", "naive_hc3": "end",
}  # fmt: skip
Found = dict[str, tuple[float, ...]]
Drop = Callable[[Panel, pd.DataFrame], set[str]]


@dataclass(frozen=True)
class Scenario:
    """A county to simulate: its number seeds it, `settings` differ from the plan's county.

    With `drop`, results are left out of the tables as a publisher of improvers would leave them.
    """

    key: str
    number: int
    title: str
    settings: Mapping[str, Any]
    drop: Drop | None = None


def fallen_schools(panel: Panel, compared: pd.DataFrame) -> set[str]:
    """Return the schools whose result fell."""
    return set(compared.loc[compared["gain"] < 0, "urn"])


def fallen_members(panel: Panel, compared: pd.DataFrame) -> set[str]:
    """Return the members whose result fell; others are all shown."""
    return set(compared.loc[(compared["gain"] < 0) & compared["member"], "urn"])


def fallen_collaborations(panel: Panel, compared: pd.DataFrame) -> set[str]:
    """Return the schools of which all collaborations' mean results fell."""
    spells = panel.members.merge(compared[["urn", "gain"]], on="urn")
    fell = spells.groupby("collaboration")["gain"].transform("mean") < 0
    return set(spells["urn"]) - set(spells.loc[~fell, "urn"])


_NONE = {"gain_pp": 0.0}
_GAIN = {"gain_pp": 3.0}
_APART = {"overlap": 0.0}
_FEW = {"overlap": 0.0, "n_collaborations": 12}
_LUCK = {"n_collaborations": 30, "overlap": 0.1, "sd_collaboration_year_pp": 6.0}
SCENARIOS = (
    Scenario("none", 1, "No gain", _NONE),
    Scenario("luck", 2, "No gain, and collaborations with much luck in common", {**_NONE, **_LUCK}),
    Scenario("gain", 3, "A gain of 3 pp", _GAIN),
    Scenario("growth", 4, "A gain that grows with the years", {**_GAIN, "gain_growth_pp": 2.0}),
    Scenario("weak", 5, "Weak schools join", {**_GAIN, "selection": 1.5}),
    Scenario("few", 6, "No gain, and few collaborations", {**_NONE, **_FEW}),
    Scenario("few_gain", 7, "A gain of 3 pp, and few collaborations", {**_GAIN, **_FEW}),
    Scenario("schools", 8, "schools that fell", _GAIN, fallen_schools),
    Scenario("groups", 9, "collaborations that fell", {**_NONE, **_APART}, fallen_collaborations),
    Scenario("groups_overlap", 10, "collaborations that fell, schools in others apart", _NONE,
             fallen_collaborations),
    Scenario("members", 11, "members that fell, but no other schools", _NONE, fallen_members),
)  # fmt: skip
BY_KEY = {one.key: one for one in SCENARIOS}


def with_draws(plan: Plan, draws: int) -> Plan:
    """Return the plan with so many draws of bootstrap and randomisation."""
    panel = {**plan.content["panel"], "runs": draws}
    return replace(plan, content={**plan.content, "panel": panel})


def one_run(scenario: Scenario, plan: Plan, run: int) -> Found:
    """Return what a run finds, by name: an estimate with its error, or single numbers.

    ``headline`` and its like have the five of `NUMBERS`, nan where a method has none or fails;
    ``truth_end``, ``truth_all`` and ``truth_county`` the true gains (pp) of the members compared
    and of all members of the last year; ``refused`` is 1 where the tables count as improvers only.
    """
    base, _ = settings_of(plan.content["county"])
    seed = scenario.number * SEEDS_APART + run
    settings = replace(base, **{"money_pp_per_100_gbp": 0.0, **scenario.settings})
    with pd.option_context("mode.string_storage", "python"):
        made = county(settings, seed=seed, results_only=True)
        panel = panel_of(made)
        study = _study(panel)
        design = design_of(study, plan, STAGE)
        if scenario.drop is not None:
            truth = _truths(made, design)
            return {**truth, **_improvers(panel, design, plan, scenario.drop, seed)}
        whole = float(shows_improvers_only(study, design))
        return {**_truths(made, design), **_found(design, seed), "refused": (whole,)}


def _study(panel: Panel) -> Study:
    return Study(YEAR, None, *[pd.DataFrame()] * 6, panel=panel)  # type: ignore[arg-type]


def _case(design: Design, seed: int, study: Study | None = None) -> Any:
    settings = SimpleNamespace(confidence=LEVEL, seed=seed)
    return SimpleNamespace(settings=settings, study=study, design=design, quantity=_unread)


def _unread(*given: object, **more: object) -> None:
    """Return nothing for a number: what a chapter would print."""


def _found(design: Design, seed: int) -> Found:
    """Return every method's estimate, as the chapter makes it, and those that a reader might."""
    intervals = compare._intervals(_case(design, seed), design)
    head = widest(*intervals.values())
    _, X = compare.regressors(design)
    after = design.frame["after"].to_numpy()
    error = float(compare.fit_members(design, after, X, LEVEL).standard_errors[compare.MEMBER])
    errors = {"cr2": error, "wild": np.nan, "randomised": np.nan}
    found: Found = {
        key: (one.estimate, errors[key], one.low, one.high, one.p_value)
        for key, one in intervals.items()
    }
    found["headline"] = (head.estimate, np.nan, head.low, head.high, head.p_value)
    t = float(stdtrit(len(np.unique(design.clusters)) - 1, (1 + LEVEL) / 2))
    for name in ("entropy", "gain", "group_time", "two_way"):
        found[name] = _estimated(design, name, t)
    simple = X[:, : compare.MEMBER + 1]
    for name, columns in (("unclustered", X), ("naive", simple)):
        found[name] = _as_independent(after, columns, "classical")
        found[f"{name}_hc3"] = _as_independent(after, columns, "HC3")
    return found


def _estimated(design: Design, name: str, t: float) -> tuple[float, ...]:
    """Return an estimator's numbers; its error from the half interval of `t` errors."""
    try:
        found = compare._ESTIMATORS[name][1](design, LEVEL)
    except ValueError:
        return (np.nan,) * len(NUMBERS)
    error = (found.high - found.low) / 2 / t
    if name == "gain":
        X = np.column_stack([np.ones(len(design.frame)), design.member])
        fit = compare.fit_members(design, design.frame["gain"].to_numpy(), X, LEVEL)
        error = float(fit.standard_errors[compare.MEMBER])
    return found.estimate, error, found.low, found.high, found.p_value


def _as_independent(outcome: np.ndarray, X: np.ndarray, covariance: Any) -> tuple[float, ...]:
    """Return least squares as if schools were independent."""
    names = [f"x{i}" for i in range(X.shape[1])]
    fit = fit_ols(outcome, X, names, level=LEVEL, covariance=covariance)
    columns = (fit.estimates, fit.standard_errors, fit.low, fit.high, fit.p_values)
    return tuple(float(column[compare.MEMBER]) for column in columns)


def _truths(made: County, design: Design) -> Found:
    """Return the true gains of the members compared, at the end and over their school-years."""
    latest = dict(made.successors.itertuples(index=False, name=None))
    exact = made.truth["results"]
    urn = exact["urn"].map(lambda one: str(latest.get(one, one)))
    gain = pd.Series(
        (exact["true_pct"] - exact["true_without_pct"]).to_numpy(), [urn, exact["year"]]
    )
    members = design.frame.loc[design.member, "urn"]
    long = without_always_exposed(design)
    since = long[(long["first_exposed"] > 0) & (long["year"] >= long["first_exposed"])]
    at_end = pd.MultiIndex.from_product([members, [design.result_year]])
    over = pd.MultiIndex.from_frame(since[["urn", "year"]])
    of_county = made.truth["mean_gain_last_year_pp"][STAGE]
    return {
        "truth_end": (float(gain.loc[at_end].mean()),),
        "truth_all": (float(gain.loc[over].mean()),),
        "truth_county": (float(of_county),),
    }


def _improvers(panel: Panel, design: Design, plan: Plan, drop: Drop, seed: int) -> Found:
    """Return whether tables without `drop` are refused, and what they would have shown."""
    gone = drop(panel, design.frame)
    shown = replace(panel, schools=panel.schools[~panel.schools["urn"].isin(gone)])
    study = _study(shown)
    left = design_of(study, plan, STAGE)
    X = np.column_stack([np.ones(len(left.frame)), left.member])
    return {
        "refused": (_refuses(study, left, seed),),
        "left_out": (len(gone) / len(design.frame),),
        "shown": _as_independent(left.frame["gain"].to_numpy(), X, "classical"),
    }


def _refuses(study: Study, design: Design, seed: int) -> float:
    try:
        compare.difference(_case(design, seed, study))
    except UnavailableError:
        return 1.0
    return 0.0
