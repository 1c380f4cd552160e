"""The codes and forms of school-level files: why a figure is missing, and how one is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from analysis.sources.convert import Converted, Missing, Value, tidy_text
from analysis.variables import Variable

# As the performance tables, the census and the government's statistical symbols print them.
REASONS: Mapping[str, str] = {
    "": "blank",
    "supp": "suppressed: too few pupils",
    "ne": "no entries",
    "na": "not applicable",
    "n/a": "not applicable",
    "not applicable": "not applicable",
    "np": "not published",
    "new": "new school",
    "lowcov": "low coverage: too few of the pupils counted",
    "lt11": "suppressed: fewer than 11 pupils",
    "c": "confidential",
    "x": "not available",
    "..": "not available",
    "not avail": "not available",
    "not available": "not available",
    "z": "not applicable",
    "u": "low reliability",
    "low": "rounds to nought",
    "dns": "not supplied",
    "tbc": "to be confirmed",
    "*": "suppressed",
}
UNKNOWN_DAY = date(1900, 1, 1)
NEVER = ("blank", "not applicable")
_MINUS = "\N{MINUS SIGN}"
_DECIMAL = r"(?:0|[1-9]\d{0,2})(?:\.\d{1,9})?"
_PERCENT = re.compile(rf"({_DECIMAL}) ?(%?)", re.ASCII)
_SIGNED = re.compile(rf"([-+{_MINUS}]?)({_DECIMAL})", re.ASCII)
_COUNT = re.compile(r"0|[1-9]\d{0,2}(?:,\d{3}){1,2}|[1-9]\d{0,8}", re.ASCII)
_URN = re.compile(r"([1-9]\d{5})(\.0)?", re.ASCII)
_CENTRE = re.compile(r"[1-9]\d{4}", re.ASCII)
_AUTHORITY = re.compile(r"([1-9]\d{2})(?:\.0)?", re.ASCII)
_ESTABLISHMENT = re.compile(r"(\d{4})(?:\.0)?", re.ASCII)
_LAESTAB = re.compile(r"([1-9]\d{2})[/ ]?(\d{4})", re.ASCII)
_YEAR = re.compile(r"(20\d\d)(?:[/-]?((?:20)?\d\d))?", re.ASCII)
_SCHOOL_YEAR = re.compile(r"(20\d\d)/(\d\d)", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_SLASHED = re.compile(r"(\d\d)/(\d\d)/(\d{4})", re.ASCII)


def missing(text: str, blanks: Iterable[str] = ()) -> Missing | None:
    """Return why a cell holds no value, or None where it must hold one.

    Parameters
    ----------
    text : str
        The cell.
    blanks : iterable of str
        Other words that stand for a blank in this file.
    """
    code = tidy_text(text).casefold()
    bare = code[1:-1] if code.startswith("[") and code.endswith("]") and len(code) > 2 else code
    if code in {blank.casefold() for blank in blanks}:
        return Missing(REASONS[""], text)
    return Missing(REASONS[bare], text) if bare in REASONS else None


def measure(text: str, variable: Variable) -> Converted:
    """Return the number that a cell holds, in the variable's unit, or why it holds none.

    Raises
    ------
    ValueError
        If the cell is neither; the message says what is expected.
    """
    reason = missing(text)
    return reason if reason is not None else _READERS[variable.cell](tidy_text(text), variable)


def _percent(text: str, _: Variable) -> Value:
    match = _PERCENT.fullmatch(text)
    if match is None or float(match[1]) > 100:
        raise ValueError("a percentage from 0 to 100, such as 72%, or a known code such as SUPP")
    return float(match[1])


def _score(text: str, variable: Variable) -> Value:
    lowest = -100.0 if variable.lowest is None else variable.lowest
    highest = 100.0 if variable.highest is None else variable.highest
    match = _SIGNED.fullmatch(text)
    size = float(match[2]) if match else float("nan")
    value = 0.0 - size if match and match[1] in ("-", _MINUS) else size
    if not lowest <= value <= highest:
        raise ValueError(f"a number from {lowest:g} to {highest:g}, or a known code such as SUPP")
    return value


def _count(text: str, _: Variable) -> Value:
    if _COUNT.fullmatch(text) is None:
        raise ValueError("a whole number of pupils, such as 28, or a known code such as SUPP")
    return int(text.replace(",", ""))


_READERS: dict[str, Callable[[str, Variable], Value]] = {
    "percent": _percent,
    "points": _score,
    "score": _score,
    "count": _count,
}


def urn(text: str, *, as_float: bool = False) -> str:
    """Return a URN as six digits.

    Raises
    ------
    ValueError
        If the cell is not of this form.
    """
    match = _URN.fullmatch(tidy_text(text))
    if match is None or (match[2] and not as_float):
        raise ValueError("a URN of six digits, such as 118234")
    return match[1]


def centre_or_school(text: str) -> str:
    """Return a URN as six digits, or as the five of a children's centre.

    Raises
    ------
    ValueError
        If the cell is not of this form.
    """
    tidy = tidy_text(text)
    return tidy if _CENTRE.fullmatch(tidy) else urn(text, as_float=True)


def authority(text: str) -> str:
    """Return the number of an authority as three digits.

    Raises
    ------
    ValueError
        If the cell is not of this form.
    """
    match = _AUTHORITY.fullmatch(tidy_text(text))
    if match is None:
        raise ValueError("three digits for the authority, such as 886")
    return match[1]


def establishment(text: str) -> str:
    """Return the number of an establishment as four digits.

    Raises
    ------
    ValueError
        If the cell is not of this form.
    """
    match = _ESTABLISHMENT.fullmatch(tidy_text(text))
    if match is None:
        raise ValueError("four digits for the school, such as 2229")
    return match[1]


def laestab(text: str) -> str:
    """Return the number of an authority and an establishment as seven digits.

    Raises
    ------
    ValueError
        If the cell is not of this form.
    """
    match = _LAESTAB.fullmatch(tidy_text(text))
    if match is None:
        raise ValueError("three digits for the authority and four for the school, as 8862229")
    return match[1] + match[2]


def year(text: str) -> int:
    """Return the calendar year in which a school year ends: of 2013, 2012/13 or 201213.

    Raises
    ------
    ValueError
        If the cell is not of this form.
    """
    match = _YEAR.fullmatch(tidy_text(text))
    if match is None:
        raise ValueError("a year, such as 2013 or 2012/13")
    if match[2] is None:
        return int(match[1])
    ends = int(match[1]) + 1
    if match[2] not in (str(ends), str(ends)[2:]):
        raise ValueError("two years that follow each other, such as 2012/13")
    return ends


def school_year(text: str) -> int:
    """Return the calendar year in which a school year such as ``2012/13`` ends.

    Raises
    ------
    ValueError
        If the cell is not of this form.
    """
    match = _SCHOOL_YEAR.fullmatch(tidy_text(text))
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        raise ValueError("a school year, such as 2012/13")
    return int(match[1]) + 1


def day(text: str, forms: Iterable[str] = ()) -> date:
    """Return the day that a cell names.

    ``2013-09-01`` is always understood; ``13/09/2013`` too, and ``01/09/2013`` or ``20130901``
    where `forms` says that the file writes so.

    Raises
    ------
    ValueError
        If the cell is of another form, no day of the calendar, or could mean two days.
    """
    text = tidy_text(text)
    patterns = (_ISO, _COMPACT) if "yyyymmdd" in forms else (_ISO,)
    parts = next((m.groups() for pattern in patterns if (m := pattern.fullmatch(text))), None)
    if parts is None and (slashed := _SLASHED.fullmatch(text)):
        parts = slashed.groups()[::-1]
        if "dd/mm/yyyy" not in forms and _is_ambiguous(int(parts[1]), int(parts[2])):
            raise ValueError(
                "a date such as 2013-09-01 (this one can be read in two ways: where the day comes "
                "first, say `dates: [dd/mm/yyyy]` in the entry of data/sources.yaml)"
            )
    if parts is None:
        raise ValueError("a date such as 2013-09-01")
    try:
        found = date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        raise ValueError("a day of the calendar, such as 2013-09-01 or 13/09/2013") from None
    if not 1900 <= found.year < 2100:
        raise ValueError("a day between 1900 and 2099, such as 2013-09-01")
    return found


def _is_ambiguous(month: int, day: int) -> bool:
    return 1 <= day <= 12 and 1 <= month <= 12 and day != month


def shows_day_first(texts: Iterable[str]) -> bool:
    """Return whether one of the dates, such as ``13/09/2013``, shows that the day comes first."""
    found = [match for text in texts if (match := _SLASHED.fullmatch(tidy_text(text)))]
    return any(int(match[1]) > 12 for match in found)
