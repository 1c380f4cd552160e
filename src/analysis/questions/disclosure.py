"""The declared disclosure rule: below which numbers a figure of single schools is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from analysis.errors import DataError, Problem, quoted

FILE = "plan.yaml"
PLACE = "disclosure"
OF_SCHOOLS = "panel_"
ENTRIES = ("collaborations", "schools", "years")


@dataclass(frozen=True)
class Rule:
    """What may be published of results of single schools.

    Parameters
    ----------
    least_schools : int
        The smallest count of schools that is shown, and the fewest schools behind a mean.
    least_pupils : int
        The same for pupils.
    least_df : int
        The fewest residual degrees of freedom of a published regression.
    complementary : bool
        Whether further cells are left out, so that small ones don't follow by subtraction.
    open : bool
        Nothing is left out, because every figure of every school is published already.
    """

    least_schools: int
    least_pupils: int
    least_df: int
    complementary: bool
    open: bool = False

    def least(self, of: str) -> int:
        """Return the smallest count of ``schools`` or ``pupils`` that is shown."""
        return self.least_pupils if of == "pupils" else self.least_schools

    def hides(self, count: float, of: str = "schools") -> bool:
        """Return whether a count is one of so few that it is left out; a true zero never is."""
        return not self.open and 0 < count < self.least(of)

    def refuses(self, base: float, of: str = "schools") -> bool:
        """Return whether a figure made of `base` schools or pupils is left out."""
        return not self.open and base < self.least(of)


def withheld(tables: Iterable[str], rule: Rule) -> list[str]:
    """Return the names of those typed tables that may not be kept where everybody can read them.

    Nor are they given to code from before the rule. They are those of single schools.
    """
    return [] if rule.open else sorted(name for name in tables if name.startswith(OF_SCHOOLS))


_NUMBERS = ("least_schools", "least_pupils", "least_df")
_FLAGS = ("complementary", "open")
_FORMS = {
    **dict.fromkeys(_NUMBERS, "a whole number, at least 1"),
    **dict.fromkeys(_FLAGS, "true or false"),
}


def rule_of(content: Mapping[str, Any], year: str) -> Rule:
    """Return the plan's disclosure rule for a year: that of `schools`, then that of the year.

    Raises
    ------
    DataError
        If the rule is absent, or an entry unknown or not of its form.
    """
    block = content.get(PLACE) if isinstance(content, Mapping) else None
    if not isinstance(block, dict) or set(block) - set(ENTRIES):
        raise _wrong(PLACE, block, f"a block with {', '.join(ENTRIES)}")
    _require_collaborations_open(block.get("collaborations"))
    entries = _entries(f"{PLACE}.schools", block.get("schools"))
    years = block.get("years") or {}
    if not isinstance(years, dict) or not all(isinstance(name, str) for name in years):
        raise _wrong(f"{PLACE}.years", years, "a block for each year, in quotation marks")
    own = {name: _of_year(name, one) for name, one in years.items()}
    return Rule(**{"open": False, **_complete(entries), **own.get(year, {})})


def _require_collaborations_open(block: Any) -> None:
    reason = block.get("reason") if isinstance(block, dict) else None
    if not reason or not isinstance(reason, str) or block.get("open") is not True:
        expected = "open: true with the reason; tables of collaborations are not held back"
        raise _wrong(f"{PLACE}.collaborations", block, expected)


def _of_year(year: str, block: Any) -> dict[str, Any]:
    reason = block.get("reason") if isinstance(block, dict) else None
    if not reason or not isinstance(reason, str):
        raise _wrong(f"{PLACE}.years.{year}.reason", reason, "why the rule is another this year")
    given = {name: value for name, value in block.items() if name != "reason"}
    return _entries(f"{PLACE}.years.{year}", given)


def _entries(place: str, block: Any) -> dict[str, Any]:
    if not isinstance(block, dict):
        raise _wrong(place, block, f"a block with {', '.join(_FORMS)}")
    for name, value in block.items():
        if name not in _FORMS:
            raise _wrong(f"{place}.{name}", value, f"one of {', '.join(_FORMS)}")
        if not _fits(name, value):
            raise _wrong(f"{place}.{name}", value, _FORMS[name])
    return block


def _fits(name: str, value: Any) -> bool:
    if name in _FLAGS:
        return isinstance(value, bool)
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _complete(entries: Mapping[str, Any]) -> Mapping[str, Any]:
    for one in fields(Rule):
        if one.name not in entries and one.name != "open":
            raise _wrong(f"{PLACE}.schools.{one.name}", None, _FORMS[one.name])
    return entries


def _wrong(entry: str, found: object, expected: str) -> DataError:
    remedy = "Correct this entry of the plan; docs/disclosure.md says what each means."
    return DataError(Problem(FILE, quoted(found), expected, remedy, column=entry, code="plan"))
