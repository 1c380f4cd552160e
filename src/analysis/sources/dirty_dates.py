"""Dates as people and software write them, in the forms that the reader of codes understands."""

from __future__ import annotations

import re

from analysis.sources.convert import tidy_text

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("sept", "october", "november", "december"),
)
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?Z?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[- ]([A-Za-z]{3,9})[- ,]{1,2}(\d{4}|\d\d)", re.ASCII)


def plain_date(text: str) -> str:
    """Return a date as ``2013-09-01`` or ``01/09/2013``, or the text as it is.

    Midnight, as software adds it, is left out; which number is the day is not decided here.
    """
    text = _MIDNIGHT.sub("", tidy_text(text))
    if match := _YEAR_FIRST.fullmatch(text):
        return f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}"
    if match := _YEAR_LAST.fullmatch(text):
        return f"{match[1]:0>2}/{match[3]:0>2}/{match[4]}"
    if (match := _NAMED.fullmatch(text)) and (month := _month(match[2])):
        year = match[3] if len(match[3]) == 4 else f"20{match[3]}"
        return f"{year}-{month:02d}-{match[1]:0>2}"
    return text


def _month(word: str) -> int:
    short = word.casefold()
    known = short in _MONTHS or short in _LONG
    return _MONTHS.index(short[:3]) + 1 if known else 0
