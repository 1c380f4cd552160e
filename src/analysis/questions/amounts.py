"""Money by school: what its collaborations were paid for each pupil, and what a rule says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import UnavailableError
from analysis.methods.dose import FormulaShare, formula_share
from analysis.questions.design import Design
from analysis.tables.panel import Panel
from analysis.tables.tidy import Study

PER_GBP = 100.0
FEWEST_GROUPS = 3


@dataclass(frozen=True, eq=False)
class Money:
    """What was paid in the window, by collaboration and by school.

    Parameters
    ----------
    groups : pandas.DataFrame
        A row a payment: ``collaboration``, ``school_year``, ``gbp``, ``pupils`` (tested pupils of
        its members of that year), ``n_ks2``, ``n_ks4`` (members with results of the stage),
        ``predicted_gbp`` (what these numbers alone say).
    dose : numpy.ndarray
        GBP 100 a tested pupil of each school of the design; 0 where nothing was paid.
    predicted : numpy.ndarray
        The same of the part that size predicts.
    formula : FormulaShare
        How much of the money is size.
    school_years : tuple of int
        The school years, by the year they end in.
    """

    groups: pd.DataFrame
    dose: np.ndarray
    predicted: np.ndarray
    formula: FormulaShare
    school_years: tuple[int, ...]


def money_of(study: Study, design: Design, shift: int) -> Money:
    """Return what was paid to the collaborations of each school of the design.

    With `shift` 0, in school years after the baseline that ended `money_lag` years before the
    tests or earlier; with 1, in school years after the tests, which can only be a control.

    Raises
    ------
    UnavailableError
        If nothing was paid in these years, or to no more than two collaborations.
    """
    panel = study.panel
    assert panel is not None
    years = _window(panel, design, shift)
    paid = panel.payments[panel.payments["school_year"].isin(years)]
    if paid.empty:
        raise UnavailableError(_nothing(design, shift))
    groups = _groups(paid, panel, design)
    sizes = [column for column in ("n_ks2", "n_ks4") if groups[column].any()]
    formula = formula_share(groups["gbp"].to_numpy(), groups[sizes].to_numpy(float), sizes)
    groups = groups.assign(predicted_gbp=formula.fitted)
    dose, predicted = (
        _by_school(design, panel, groups, column) for column in ("gbp", "predicted_gbp")
    )
    return Money(groups, dose / PER_GBP, predicted / PER_GBP, formula, years)


def is_separable(study: Study, design: Design, shift: int) -> bool:
    """Return whether the money differs from what size alone predicts."""
    try:
        return money_of(study, design, shift).formula.separable
    except (UnavailableError, ValueError):
        return False


def _window(panel: Panel, design: Design, shift: int) -> tuple[int, ...]:
    last = design.result_year - design.rules.money_lag
    years = sorted({int(year) for year in panel.payments["school_year"]})
    if shift > 0:
        return tuple(year for year in years if year > design.result_year)
    return tuple(year for year in years if design.baseline_year < year <= last)


def _nothing(design: Design, shift: int) -> str:
    if shift > 0:
        return f"no money is listed for school years after the tests of {design.result_year}"
    last = design.result_year - design.rules.money_lag
    first = design.baseline_year
    if last <= first:
        return (
            f"the tests of {first} and {design.result_year} are too near each other for a school "
            "year of money that lay between them"
        )
    return (
        f"no money is listed for school years that ended after the tests of {first} and before "
        f"those of {design.result_year}"
    )


def _groups(paid: pd.DataFrame, panel: Panel, design: Design) -> pd.DataFrame:
    """Return each payment with the tested pupils and the numbers of its members of that year."""
    held = pd.concat([_held(panel, int(year)) for year in paid["school_year"].unique()])
    key = ["collaboration", "school_year"]
    counts = held.assign(
        n_ks2=held["stage"] == "ks2", n_ks4=held["stage"] == "ks4", pupils=held["cohort"]
    )
    sums = counts.groupby(key)[["pupils", "n_ks2", "n_ks4"]].sum().astype(float).reset_index()
    frame = paid.rename(columns={"funding_gbp": "gbp"}).merge(sums, on=key, validate="1:1")
    known = frame[frame["pupils"] > 0].reset_index(drop=True)
    if (paid_groups := known["collaboration"].nunique()) < FEWEST_GROUPS:
        raise UnavailableError(
            f"{paid_groups} collaborations with results were paid, and a slope takes at least "
            f"{FEWEST_GROUPS}"
        )
    return known


def _held(panel: Panel, year: int) -> pd.DataFrame:
    """Return the memberships that lasted for the school year ending in `year`, with its tests.

    Pupils of a school year without results yet are those of the last results.
    """
    tests = min(year, int(panel.schools["year"].max()))
    spells, start = panel.members, pd.Timestamp(year - 1, 9, 1)
    whole = (spells["joined"] <= start) & ~(spells["left"] < pd.Timestamp(year, 5, 1))
    pairs = spells.loc[whole, ["urn", "collaboration"]].drop_duplicates()
    tested = panel.schools.loc[panel.schools["year"] == tests, ["urn", "stage", "cohort"]]
    return pairs.merge(tested, on="urn", validate="m:m").assign(school_year=year)


def _by_school(design: Design, panel: Panel, groups: pd.DataFrame, column: str) -> np.ndarray:
    """Return each school's GBP a tested pupil, added up over its collaborations and years."""
    rates = groups.assign(rate=groups[column] / groups["pupils"])
    held = pd.concat([_held(panel, int(year)) for year in groups["school_year"].unique()])
    key = ["collaboration", "school_year"]
    pairs = held[["urn", *key]].drop_duplicates().merge(rates[[*key, "rate"]], on=key)
    total = pairs.groupby("urn")["rate"].sum()
    return design.frame["urn"].map(total).fillna(0).to_numpy(dtype=float)
