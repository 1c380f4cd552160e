"""From the study's tables to the outcome and the exposure of a question, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DataError, Problem, UnavailableError
from analysis.questions.identify import Facts
from analysis.questions.plan import MEMBERSHIP, Exposure
from analysis.tables.tidy import Study
from analysis.variables import STAGES, funding_column, gain_columns

INSEPARABLE = 0.9


@dataclass(frozen=True)
class Sample:
    """The rows of a question.

    Parameters
    ----------
    frame : pandas.DataFrame
        `collaboration_id`, `collaboration`, `n_schools`, `outcome` (pp) and `exposure` (in the
        exposure's unit); only rows in which both are known.
    everyone : pandas.DataFrame
        The same columns for all rows in which the exposure is known; the outcome may be missing.
    """

    frame: pd.DataFrame
    everyone: pd.DataFrame

    @property
    def x(self) -> np.ndarray:
        """Exposure of the rows in which both are known."""
        return self.frame["exposure"].to_numpy(dtype=float)

    @property
    def y(self) -> np.ndarray:
        """Outcome of the rows in which both are known, pp."""
        return self.frame["outcome"].to_numpy(dtype=float)


def outcome_pp(study: Study, outcome: str) -> pd.Series:
    """Return each collaboration's outcome in pp: the mean of its columns, missing where one is."""
    return outcome_columns(study, outcome).mean(axis="columns", skipna=False)


def outcome_columns(study: Study, outcome: str) -> pd.DataFrame:
    """Return the printed columns of an outcome: a key stage's gains, or the column of that name."""
    columns = gain_columns(outcome) if outcome in STAGES else [outcome]
    return study.collaborations[columns].astype(float)


def funding_gbp(study: Study, exposure: Exposure) -> pd.Series:
    """Return each collaboration's money of the exposure's school year in GBP; blank is missing.

    Raises
    ------
    DataError
        If the release's funding table has no column for that school year.
    UnavailableError
        If it has no such table.
    """
    column = funding_column(study.release.number + exposure.school_year)
    if column not in study.collaborations and not _prints_two_years(study):
        raise UnavailableError(f"this release lists no {exposure.label} by collaboration")
    if column not in study.collaborations:
        raise DataError(
            Problem(
                "data/sources.yaml",
                found=f"no heading that means {column}",
                expected="the money of the school year that the plan names",
                remedy="Map the heading in the funding table of this year.",
                column=f"{study.year}.tables.funding.headings",
                code="sources",
            )
        )
    return study.collaborations[column]


def _prints_two_years(study: Study) -> bool:
    """Return whether the release has a funding table with a column for each school year."""
    table = study.release.tables.get("funding")
    return table is not None and "school_year" not in table.headings.values()


def exposure_of(study: Study, exposure: Exposure) -> pd.Series:
    """Return each collaboration's exposure in the plan's unit; blank money is missing, not 0."""
    money = funding_gbp(study, exposure) / exposure.scale
    return money / study.collaborations[exposure.per].astype(float) if exposure.per else money


def sample_of(study: Study, outcome: str, exposure: Exposure) -> Sample:
    """Return the rows of a question, formed before anything is fitted."""
    table = study.collaborations[["collaboration_id", "collaboration", "n_schools"]].assign(
        outcome=outcome_pp(study, outcome), exposure=exposure_of(study, exposure)
    )
    everyone = table.dropna(subset=["exposure"]).reset_index(drop=True)
    return Sample(everyone.dropna(subset=["outcome"]).reset_index(drop=True), everyone)


def facts_of(study: Study, outcome: str | None, exposure: str, plan: dict[str, Exposure]) -> Facts:
    """Return what the tables themselves establish about a question.

    Where no value of its outcome is shown, it is judged by both key stages.
    The outcome counts as selected where gains of some collaborations only are shown and none of
    the shown is a decline. Money counts as separable from size where their correlation is at most
    0.9, among all funded groups and among those shown.
    """
    outcomes = [outcome] if outcome else list(STAGES)
    values = pd.concat([outcome_columns(study, name) for name in outcomes], axis=1)
    if values.isna().all(axis=None):
        outcomes = list(STAGES)
        values = pd.concat([outcome_columns(study, name) for name in outcomes], axis=1)
    shown = values.notna().any(axis=1)
    selected = bool((~shown).any() and (values.min().min() >= 0))
    money = plan.get(exposure)
    return Facts(
        untreated_group=exposure != MEMBERSHIP and _some_without(study, money, shown),
        baseline=False,
        outcome_selected=selected,
        exposure_before_outcome=money is None or money.school_year <= 0,
        pre_periods=0,
        comparable=False,
        separable=money is None or _separable(study, outcomes, money),
        units_overlap=members_twice(study),
        outcome_known=bool(shown.any()),
    )


def size_correlation(study: Study, exposure: Exposure, shown: str | None = None) -> float:
    """Return the correlation of a group's money with its number of schools, where funded.

    With `shown`, among the groups whose gain of this outcome is shown.
    """
    pair = pd.DataFrame(
        {
            "money": funding_gbp(study, exposure),
            "size": study.collaborations["n_schools"].astype(float),
        }
    )
    if shown is not None:
        pair = pair[outcome_pp(study, shown).notna()]
    pair = pair.dropna()
    return float(pair["money"].corr(pair["size"])) if len(pair) > 2 else float("nan")


def _separable(study: Study, outcomes: list[str], money: Exposure) -> bool:
    """Say whether money differs from size, among all funded groups and among those shown."""
    among = [None, *outcomes] if len(outcomes) == 1 else [None]
    return all(not abs(size_correlation(study, money, one)) > INSEPARABLE for one in among)


def _some_without(study: Study, exposure: Exposure | None, shown: pd.Series) -> bool:
    if exposure is None:
        return False
    return bool((funding_gbp(study, exposure).isna() & shown).any())


def members_twice(study: Study) -> bool:
    """Return whether there are more memberships than member schools, where both are known."""
    if study.coverage.empty:
        return False
    memberships = int(study.collaborations["n_schools"].sum())
    return memberships > int(study.coverage["members"].sum())
