"""From a printed cell to a typed value, or to a missing value that keeps its reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from analysis.variables import CellType


@dataclass(frozen=True)
class Missing:
    """Why a cell holds no value: the kind, and what stands there."""

    kind: str
    printed: str = ""


Value = float | int | str
Converted = Value | Missing

_MINUS = "\N{MINUS SIGN}"
# No leading zeros, and no more digits than a float holds exactly.
_WHOLE = r"(?:0|[1-9]\d{0,2}(?:,\d{3}){1,3}|[1-9]\d{0,11})"
_MONEY = re.compile(rf"£({_WHOLE})(\.\d\d)?", re.ASCII)
_COUNT = re.compile(_WHOLE, re.ASCII)
_DECIMAL = r"(?:0|[1-9]\d{0,2})(?:\.\d{1,9})?"
_PERCENT = re.compile(rf"({_DECIMAL}) ?%?", re.ASCII)
_POINTS = re.compile(rf"([-+{_MINUS}]?)({_DECIMAL})", re.ASCII)
_FIGURE = re.compile(rf"([-+{_MINUS}]?)((?:0|[1-9]\d{{0,3}})(?:\.\d{{1,9}})?) ?%?", re.ASCII)
_ANSWERS = {"yes": "yes", "no": "no", "tbc": "tbc"}
MISSING_CODES = {
    "": "blank",
    "n/a": "not applicable",
    "tbc": "to be confirmed",
}


def tidy_text(cell: str) -> str:
    """Return the cell's words joined by single spaces; a non-breaking space is a space."""
    return " ".join(cell.split())


def convert(cell: str, kind: CellType) -> Converted:
    """Return the typed value of a printed cell: pounds, a count, per cent, points or words.

    A blank, ``n/a`` or (outside yes-or-no columns) ``TBC`` gives a `Missing` with its kind.

    Raises
    ------
    ValueError
        If the whole cell is not of the column's form; the message says which form that is.
    """
    text = tidy_text(cell)
    code = MISSING_CODES.get(text.casefold())
    if code is not None and not (kind == "answer" and text.casefold() in _ANSWERS):
        return Missing(code, text)
    return _READERS[kind](text)


def _money(text: str) -> Value:
    match = _MONEY.fullmatch(text)
    if match is None:
        raise ValueError("an amount: £ and groups of three digits, such as £42,000, or a blank")
    return float(match[1].replace(",", "") + (match[2] or ""))


def _count(text: str) -> Value:
    if _COUNT.fullmatch(text) is None:
        raise ValueError("a whole number, such as 12")
    return int(text.replace(",", ""))


def _percent(text: str) -> Value:
    match = _PERCENT.fullmatch(text)
    if match is None or float(match[1]) > 100:
        raise ValueError("a percentage from 0 to 100, such as 66.7")
    return float(match[1])


def _points(text: str) -> Value:
    match = _POINTS.fullmatch(text)
    if match is None or float(match[2]) > 100:
        raise ValueError("a change in percentage points from -100 to 100, such as 7, or a blank")
    size = float(match[2])
    return 0.0 - size if match[1] in ("-", _MINUS) else size


def _figure(text: str) -> Value:
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise ValueError("a figure with its sign, such as 75, 75% or -2.5, or a blank")
    size = float(match[2])
    return 0.0 - size if match[1] in ("-", _MINUS) else size


def _answer(text: str) -> Value:
    answer = _ANSWERS.get(text.casefold())
    if answer is None:
        raise ValueError("Yes, No, TBC, n/a or a blank")
    return answer


_READERS: dict[str, Callable[[str], Value]] = {
    "text": lambda text: text,
    "money": _money,
    "count": _count,
    "percent": _percent,
    "points": _points,
    "answer": _answer,
    "figure": _figure,
}
