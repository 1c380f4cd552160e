"""A stored number beside what its cell shows: which of both is taken, and what is said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from analysis.sources.number_formats import Shown, show_number

_RUN = re.compile(
    "(?:[0-9]{1,3}(?:[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}'][0-9]{3})+(?![0-9])"
    r"|[0-9][0-9,]*)(?:\.[0-9]*)?|\.[0-9]+"
)
_SCIENTIFIC = re.compile(r"-?\d(?:\.\d+)?E[-+]\d+", re.ASCII)
_NOUGHT = re.compile("[£ ]*[-\N{EN DASH}\N{EM DASH}][£ ]*")
_MINUS = ("-", "\N{MINUS SIGN}")
_PRECISE = 4
_SETTLED = ("date", "hidden", "not rendered")


@lru_cache(maxsize=1 << 15)
def stored_number(
    stored: str, code: str, since_1904: bool = False, *, computed: bool = False
) -> Shown:
    """Return what is taken of a number in a cell with the number format `code`.

    Raises
    ------
    ValueError
        If it is no number, or as a date lies outside the calendar; the message says which.
    """
    shown = show_number(stored, code, since_1904)
    if code == "General" or shown.remark in _SETTLED:
        return shown
    return taken(Decimal(format(float(stored), ".15g")), shown.text, computed=computed)


def taken(stored: Decimal, shown: str, *, computed: bool = False) -> Shown:
    """Return what is taken of a stored number that is shown as a text.

    That is the text, but a sign is not left to brackets or a colour, a dash is nought, and digits
    that a person typed and the format hides are given; those that a formula made are not.

    Parameters
    ----------
    stored : Decimal
        As stored: 0.75 where 75% is shown.
    shown : str
        As a person sees it.
    computed : bool
        Whether a formula made it.
    """
    text = shown.strip()
    if not text:
        return Shown("", "hidden")
    if _SCIENTIFIC.fullmatch(text) and Decimal(text) == stored:
        return Shown(f"{stored.normalize():f}")
    runs = list(_RUN.finditer(text))
    if not runs and not stored and _NOUGHT.fullmatch(text):
        return Shown("£0" if "£" in text else "0", "nought")
    if len(runs) != 1 or text[runs[0].end() :][:1] in ("E", "/", ":"):
        return Shown(text, "" if runs else "words")
    run = runs[0]
    parts = _Parts(text[: run.start()], run[0], text[run.end() :])
    size = abs(stored) * (100 if parts.percent else 1)
    found = _compared(size, stored < 0, parts, computed)
    if found.remark == "unlike" and parts.percent:  # a percent sign that is only a letter
        found = _compared(abs(stored), stored < 0, parts, computed)
    if found.remark == "unlike" and run[0].count(",") == 1 and "." not in run[0]:
        parts = replace(parts, digits=run[0].replace(",", "."))
        found = _compared(size, stored < 0, parts, computed)
    return found


@dataclass(frozen=True)
class _Parts:
    """A shown number: what stands before its digits, they, and what stands behind them."""

    before: str
    digits: str
    behind: str

    @property
    def percent(self) -> bool:
        return "%" in self.before + self.behind

    @property
    def size(self) -> Decimal:
        return Decimal(re.sub(r"[^0-9.]", "", self.digits))

    @property
    def half_a_unit(self) -> Decimal:
        return Decimal("0.5").scaleb(-len(self.digits.partition(".")[2]))

    @property
    def brackets(self) -> bool:
        return self.before.count("(") == self.behind.count(")") == 1

    @property
    def minus(self) -> bool:
        return self.brackets or any(m in self.before + self.behind[:1] for m in _MINUS)

    def signed(self, negative: bool, size: Decimal | None = None) -> str:
        """Return the text with another size, and with a minus sign where it is negative."""
        before, behind = self.before, self.behind
        if negative and (self.brackets or not self.minus):
            before, behind = f"-{before.replace('(', '')}", behind.replace(")", "")
        return f"{before}{self._written(size)}{behind}"

    def _written(self, size: Decimal | None) -> str:
        digits = re.sub(r"[^0-9.]", ",", self.digits)
        if size is None:
            return digits
        return f"{size:,f}" if "," in digits else f"{size:f}"


def _compared(size: Decimal, negative: bool, parts: _Parts, computed: bool) -> Shown:
    gap = abs(parts.size - size)
    if parts.minus and not negative and size:
        return Shown(parts.signed(False), "unlike")
    if gap <= parts.half_a_unit:
        exact = _typed(size, parts) if gap and not computed else None
        remark = "rounded" if gap else "negative" if negative and not parts.minus else ""
        return Shown(parts.signed(negative, exact), remark)
    for places in (3, 6):
        if abs(parts.size - size.scaleb(-places)) <= parts.half_a_unit:
            sign = "-" * negative + "£" * ("£" in parts.before)
            return Shown(parts.signed(negative), "thousands", f"{sign}{size.normalize():f}")
    return Shown(parts.signed(negative), "unlike")


def _typed(size: Decimal, parts: _Parts) -> Decimal | None:
    """Return a number with the decimals that a person typed and the format leaves out.

    None where the format shows some decimals, or where a formula has made them.
    """
    if "." in parts.digits:
        return None
    exact = size.normalize()
    decimals = max(-int(exact.as_tuple().exponent), 0)
    money = "£" in parts.before or "," in parts.digits
    if decimals > (2 if money else _PRECISE):
        return None
    return exact.quantize(Decimal("0.01")) if money else exact
