"""A number with its unit, method, rows and source, and the one place where it becomes text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

Kind = Literal[
    "description",
    "association",
    "bound",
    "negative control",
    "power",
    "claim",
    "effect",
    "not identified",
]
KINDS: tuple[str, ...] = get_args(Kind)
SIGNIFICANT_DIGITS = 10
MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"
SUPPRESSED = "[suppressed]"


@dataclass(frozen=True)
class Unit:
    """How a number of one unit is written: decimals, what stands before it and after it."""

    decimals: int
    after: str = ""
    before: str = ""
    signed: bool = False
    scale: float = 1.0
    grouped: bool = True


UNITS: dict[str, Unit] = {
    "pp": Unit(1, f"{SPACE}pp"),
    "pp per GBP 10,000": Unit(2, f"{SPACE}pp per £10,000"),
    "pp per GBP 1,000 per school": Unit(2, f"{SPACE}pp per £1,000 a{SPACE}school"),
    "pp per stage": Unit(2, f"{SPACE}pp a{SPACE}stage"),
    "pp per GBP 100 per pupil": Unit(2, f"{SPACE}pp per £100 a{SPACE}pupil"),
    "points per GBP 100 per pupil": Unit(2, f" points per £100 a{SPACE}pupil"),
    "GBP per pupil": Unit(0, f" a{SPACE}pupil", before="£"),
    "GBP": Unit(0, before="£"),
    "GBP per school": Unit(0, " a school", before="£"),
    "GBP per pp": Unit(0, f" per{SPACE}pp", before="£"),
    "%": Unit(1, f"{SPACE}%"),
    "log-odds per GBP 1,000 per school": Unit(3, " log-odds per £1,000 a school"),
    "log-odds per GBP 10,000": Unit(3, " log-odds per £10,000"),
    "probability": Unit(3),
    "correlation": Unit(2),
    "share": Unit(1, f"{SPACE}%", scale=100),
    "ratio": Unit(2),
    "standard deviations": Unit(2, " standard deviations"),
    "points": Unit(1, " points"),
    "figure": Unit(1),
    "groups": Unit(0),
    "pupils": Unit(0),
    "schools": Unit(0),
    "clusters": Unit(0),
    "months": Unit(0, " months"),
    "year": Unit(0, grouped=False),
    "memberships": Unit(0),
    "count": Unit(0),
}


def unit_words(unit: str) -> str:
    """Return a unit as a column of units names it: its words or sign, else its name."""
    rule = UNITS[unit]
    return f"{rule.before}{rule.after}".replace(SPACE, " ").strip() or unit


def write(value: float | None, unit: str, *, bare: bool = False) -> str:
    """Return `value` as text in `unit`; with ``bare=True`` without the unit's words.

    Raises
    ------
    KeyError
        If the unit is not in the register `UNITS`.
    """
    rule = UNITS[unit]
    if value is None or math.isnan(value):
        return "not available"
    if math.isinf(value):
        return f"{MINUS if value < 0 else ''}\N{INFINITY}"
    if unit == "probability" and 0 <= value < 0.001:
        return "less than 0.001"
    digits = f"{abs(value) * rule.scale:{',' if rule.grouped else ''}.{rule.decimals}f}"
    sign = MINUS if value < 0 and float(digits.replace(",", "")) != 0 else ""
    if not sign and rule.signed:
        sign = "+"
    before, after = ("", "") if bare else (rule.before, rule.after)
    return f"{sign}{before}{digits}{after}"


@dataclass(frozen=True)
class Quantity:
    """A published number, with all that a reader needs to find and redo it.

    Parameters
    ----------
    id : str
        Name of the number in `findings.json`.
    value : float or None
        Full-precision value in `unit`; None where nothing is identified.
    unit : str
        A key of `UNITS`.
    kind : Kind
        What the identification gate allows the number to be called.
    method : str
        Dotted name, from the package, of the function behind the number.
    sources : tuple of str
        Raw files behind it, as paths from the project's root.
    n : int, optional
        Number of rows used.
    suppressed : tuple of str
        Which of ``value`` and ``n`` are left out by the disclosure rule.
    """

    id: str
    value: float | None
    unit: str
    kind: Kind
    method: str
    sources: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    level: float | None = None
    p_value: float | None = None
    n: int | None = None
    words: str | None = field(default=None)
    suppressed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.id}: {self.kind!r} is not one of {', '.join(KINDS)}")
        if self.unit not in UNITS:
            raise ValueError(f"{self.id}: {self.unit!r} is not in the register of units")

    @property
    def text(self) -> str:
        """The number as it stands in a sentence, with its unit."""
        if self.words is not None:
            return self.words
        if self.value is None and self.low is not None:
            return self.interval
        return write(self.value, self.unit)

    @property
    def interval(self) -> str:
        """The interval's two ends as text, the unit on the second; ends that print alike once."""
        low, high = (write(end, self.unit, bare=True) for end in (self.low, self.high))
        last = write(self.high, self.unit)
        return last if low == high else f"{low} to {last}"

    @property
    def is_suppressed(self) -> bool:
        """Whether the number itself is left out by the disclosure rule."""
        return "value" in self.suppressed

    def without(self, *parts: str) -> Quantity:
        """Return the number with its ``value`` or its ``n`` left out by the disclosure rule."""
        kept_out = tuple(sorted({*self.suppressed, *parts}))
        if "value" not in kept_out:
            return replace(self, n=None, suppressed=kept_out)
        return replace(
            self, value=None, low=None, high=None, level=None, p_value=None, n=None,
            words=SUPPRESSED, suppressed=("n", "value"),
        )  # fmt: skip

    def entry(self) -> dict[str, object]:
        """Return the number as it stands in `findings.json`, rounded to ten digits.

        What the disclosure rule leaves out is null, and named under ``suppressed``.
        """
        left_out = {"suppressed": list(self.suppressed)} if self.suppressed else {}
        return {
            "value": rounded(self.value),
            "unit": self.unit,
            "low": rounded(self.low),
            "high": rounded(self.high),
            "level": self.level,
            "p_value": rounded(self.p_value),
            "n": self.n,
            "method": self.method,
            "kind": self.kind,
            "sources": list(self.sources),
            "text": self.text,
            **left_out,
        }


def quoted(name: str, entry: Mapping[str, Any]) -> Quantity:
    """Return a recorded number as the quantity that it was, at ten digits."""
    more = {key: value for key, value in entry.items() if key != "text"}
    more |= {key: tuple(entry.get(key, ())) for key in ("sources", "suppressed")}
    without_number = entry["value"] is None and entry["low"] is None
    words = entry["text"] if without_number else None
    return Quantity(name, **more, words=words)


def rounded(value: float | None) -> float | None:
    """Return `value` at ten significant digits, so that no processor's last bits show."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0
