"""A number as a report prints it: what it is worth, to which decimal, and how to write another."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from analysis.quantities import MINUS

_NUMBER = re.compile(
    r"(?P<sign>[+\N{MINUS SIGN}-]?)(?P<before>£?)(?P<whole>\d{1,3}(?:,\d{3})+|\d+)"
    r"(?:\.(?P<part>\d+))?(?P<after> ?%| million)?",
    re.ASCII,
)
_COUNTS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_SHARES = {"half": 50.0, "most": 50.0, "all": 100.0}
_NOISE = 1e-9
_MOST_DECIMALS = 4


def round_half_up(value: float, decimals: int) -> float:
    """Return `value` rounded as people round: a half goes away from zero."""
    power = 10.0**decimals
    return math.copysign(math.floor(abs(value) * power + 0.5 + _NOISE) / power, value)


@dataclass(frozen=True)
class PrintedNumber:
    """A printed number and its way of being written.

    Parameters
    ----------
    value : float
        In pounds, per cent or things counted: ``£5.2 million`` is 5200000.
    decimals : int
        Decimals that stand in print.
    scale : float
        1000000 where the print says million, otherwise 1.
    before, after : str
        What stands before and after the digits.
    """

    value: float
    decimals: int
    scale: float = 1.0
    before: str = ""
    after: str = ""

    @property
    def step(self) -> float:
        """The smallest difference that the print can show, in the number's unit."""
        return self.scale / 10.0**self.decimals

    @property
    def places(self) -> int:
        """Decimals of a found number beside this one; a share in whole per cent gets one."""
        return max(self.decimals, 1) if self.after.strip() == "%" else self.decimals

    def matches(self, found: float) -> bool:
        """Return whether `found`, rounded to the decimals in print, is the printed number."""
        shown = round_half_up(found / self.scale, self.decimals)
        return math.isclose(shown, self.value / self.scale, rel_tol=_NOISE, abs_tol=_NOISE)

    def write(self, found: float, decimals: int | None = None) -> str:
        """Return `found` as text of the printed number's form, such as ``£3.7 million``."""
        places = self.places if decimals is None else decimals
        shown = round_half_up(found / self.scale, places)
        sign = MINUS if shown < 0 else ""
        return f"{sign}{self.before}{abs(shown):,.{places}f}{self.after}"

    def write_apart(self, found: float) -> str:
        """Return `found` as text with enough decimals to tell it from the printed number."""
        places = self.places
        while (
            self.write(found, places) == self.write(self.value, places)
            and not math.isclose(found, self.value, rel_tol=_NOISE)
            and places < _MOST_DECIMALS
        ):
            places += 1
        return self.write(found, places)

    def gap(self, found: float) -> str:
        """Return in words how far `found` is from print: ``3 more``, ``£1.5 million less``."""
        shown = round_half_up(found / self.scale, self.places) * self.scale
        size = self.write(abs(shown - self.value))
        if self.after.strip() == "%":
            size = f"{size.removesuffix(self.after)} points"
        less = "less" if self.before or self.after or self.decimals else "fewer"
        return f"{size} {'more' if shown > self.value else less}"


def read_printed(text: str) -> PrintedNumber | None:
    """Return the printed number that `text` is, or None where it isn't one.

    Digits, ``£``, ``%`` and ``million`` are read, the number words to ten, and the shares
    ``half``, ``most`` (both 50 %) and ``all`` (100 %).
    """
    word = text.strip().casefold()
    if word in _COUNTS:
        return PrintedNumber(float(_COUNTS.index(word)), 0)
    if word in _SHARES:
        return PrintedNumber(_SHARES[word], 1, after="%")
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    part, after = match["part"] or "", match["after"] or ""
    scale = 1e6 if after == " million" else 1.0
    size = float(f"{match['whole'].replace(',', '')}.{part or 0}") * scale
    value = -size if match["sign"] in ("-", MINUS) else size
    return PrintedNumber(value, len(part), scale, match["before"], after)
