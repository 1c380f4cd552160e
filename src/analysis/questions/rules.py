"""What plan.yaml declares of the school-level comparison, before any result is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pandas as pd

from analysis.errors import DataError, Problem, quoted
from analysis.questions.plan import FILE, Plan
from analysis.variables import is_measure

Already = Literal["set aside", "keep"]
Overlap = Literal["fractional", "components"]
PLACE = "panel"


@dataclass(frozen=True)
class Rules:
    """The declared comparison of member schools with others.

    Parameters
    ----------
    member_by : pandas.Timestamp or None
        Schools that joined on or before this day are the members; None means the 1 September
        before the last results, so that a whole school year lies between joining and tests.
    baseline_year, result_year : int or None
        Years of the tests compared; None means the last before the first school joined, and the
        last of all.
    already_members : {"set aside", "keep"}
        What becomes of schools that joined before the baseline.
    money_lag : int
        How many school years must lie between the money and the tests: 1 counts money of school
        years that ended before the year of the tests.
    covariates : tuple of str
        Columns of the baseline year that are held, where every school of the sample has them.
    months : bool
        Whether the outcome's standard deviation is one between pupils.
    outcomes : mapping of str to tuple of str
        The columns that may stand for a stage: the first of them that holds figures does.
    overlap : {"fractional", "components"}
        Schools in several collaborations: a part of each, or clusters joined by such schools.
    runs : int
        Draws of the wild bootstrap, the randomisation test and the simultaneous band.
    """

    member_by: pd.Timestamp | None
    baseline_year: int | None
    result_year: int | None
    already_members: Already
    money_lag: int
    covariates: tuple[str, ...]
    months: bool
    outcomes: Mapping[str, tuple[str, ...]]
    runs: int
    overlap: Overlap


def rules_of(plan: Plan, year: str) -> Rules:
    """Return the plan's rules for the panel of a year: those of `panel`, then those of the year.

    Raises
    ------
    DataError
        If an entry is unknown or not of its form.
    """
    block = plan.content.get(PLACE)
    if not isinstance(block, dict):
        raise _wrong(PLACE, block, "a block of entries")
    years = block.get("years") or {}
    pairs = years.items() if isinstance(years, dict) else [(None, None)]
    if not all(isinstance(name, str) and isinstance(one, dict) for name, one in pairs):
        raise _wrong(f"{PLACE}.years", years, "a block of entries for each year in quotation marks")
    entries = {name: value for name, value in block.items() if name != "years"}
    entries |= years.get(year, {})
    for name in entries:
        if name not in _FORMS:
            raise _wrong(f"{PLACE}.{name}", entries[name], f"one of {', '.join(_FORMS)}")
    return Rules(**{name: _read(name, entries.get(name)) for name in _FORMS})


def _read(name: str, value: Any) -> Any:
    reader, expected = _FORMS[name]
    try:
        return reader(value)
    except (TypeError, ValueError):
        raise _wrong(f"{PLACE}.{name}", value, expected) from None


def _day(value: Any) -> pd.Timestamp | None:
    return None if value is None else pd.Timestamp(pd.to_datetime(str(value), format="%Y-%m-%d"))


def _year(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not 1990 <= int(value) <= 2100):
        raise ValueError(value)
    return None if value is None else int(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value


def _already(value: Any) -> Already:
    if value not in get_args(Already):
        raise ValueError(value)
    return value  # type: ignore[no-any-return]


def _overlap(value: Any) -> Overlap:
    if value not in get_args(Overlap):
        raise ValueError(value)
    return value  # type: ignore[no-any-return]


def _columns(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(c, str) and _held(c) for c in value):
        raise ValueError(value)
    return tuple(value)


def _held(column: str) -> bool:
    return column == "cohort" or is_measure(column)


def _outcomes(value: Any) -> Mapping[str, tuple[str, ...]]:
    if value is not None and not isinstance(value, dict):
        raise ValueError(value)
    found = {s: (c,) if isinstance(c, str) else tuple(c) for s, c in (value or {}).items()}
    if not all(columns and all(map(is_measure, columns)) for columns in found.values()):
        raise ValueError(value)
    return found


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


_FORMS: dict[str, tuple[Any, str]] = {
    "member_by": (_day, "a day such as '2012-09-01', or null"),
    "baseline_year": (_year, "a year such as 2010, or null"),
    "result_year": (_year, "a year such as 2013, or null"),
    "already_members": (_already, "'set aside' or 'keep'"),
    "money_lag": (_count, "a whole number, such as 1"),
    "covariates": (_columns, "a list of cohort and measures of src/analysis/variables.py"),
    "months": (_flag, "true or false"),
    "outcomes": (_outcomes, "a stage and its column, such as ks2: ks2_expected_pct"),
    "runs": (_count, "a whole number, such as 1999"),
    "overlap": (_overlap, "'fractional' or 'components'"),
}


def _wrong(entry: str, found: object, expected: str) -> DataError:
    remedy = "Correct this entry of the plan."
    return DataError(Problem(FILE, quoted(found), expected, remedy, column=entry, code="plan"))
