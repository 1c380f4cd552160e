"""A stored number as a spreadsheet shows it by its number format; dates as ISO."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_PLAIN = re.compile(r"-?[1-9]\d{0,14}|0", re.ASCII)
_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)
_DIGITS = 11
# Formats that a file need not spell out; those in a currency of the reader's system have no sign.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: "#,##0;-#,##0", 6: "#,##0;-#,##0", 7: "#,##0.00;-#,##0.00", 8: "#,##0.00;-#,##0.00",
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "dd/mm/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "dd/mm/yyyy h:mm",
    37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)", 41: "#,##0;-#,##0;-", 42: "#,##0;-#,##0;-",
    43: "#,##0.00;-#,##0.00;-", 44: "#,##0.00;-#,##0.00;-",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 48: "##0.0E+0", 49: "@",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "dd/mm/yyyy"),
}  # fmt: skip
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|(?P<pad>[_*].?)|\[(?P<bracket>[^\]]*)\]?'
    r"|(?P<general>General)|(?P<half>AM/PM|A/P)|(?P<exponent>[eE][-+])|(?P<date>[yYmMdDhHsS]+)"
    r"|(?P<digit>[0#?])|(?P<point>\.)|(?P<comma>,)|(?P<percent>%)|(?P<slash>/)|(?P<at>@)"
    r"|(?P<end>;)|(?P<literal>.)",
    re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)", re.ASCII)
_CURRENCY = re.compile(r"\$([^-\]]*)(?:-.*)?")
Token = tuple[str, str]


@dataclass(frozen=True)
class Shown:
    """What a cell shows, and what a reader of it should know.

    Parameters
    ----------
    text : str
        The number as shown; a date as ISO.
    remark : str
        Nothing, or one of "date", "rounded", "hidden", "not rendered", "negative", "nought",
        "words", "thousands", "unlike".
    full : str
        The stored number where thousands are shown.
    """

    text: str
    remark: str = ""
    full: str = ""


@dataclass(frozen=True)
class _Section:
    tokens: tuple[Token, ...]
    condition: tuple[str, Decimal] | None
    kinds: frozenset[str]

    def has(self, *kinds: str) -> bool:
        return not self.kinds.isdisjoint(kinds)


@lru_cache(maxsize=1 << 15)
def show_number(stored: str, code: str, since_1904: bool = False) -> Shown:
    """Return a stored number as shown by the number format `code`.

    Raises
    ------
    ValueError
        If it is no number, or as a date lies outside the calendar; the message says which.

    References
    ----------
    ECMA-376, Office Open XML File Formats, part 1, section 18.8.31 (5th edition, 2016).
    """
    if code == "General" and _PLAIN.fullmatch(stored):
        return Shown(stored)
    if not _NUMBER.fullmatch(stored):
        raise ValueError(f"{stored[:40]!r}, which is no number")
    if abs(float(stored)) > 1e300:
        raise ValueError(f"{stored[:40]}, which is too large for a number")
    number = Decimal(format(float(stored), ".15g"))
    if code == "General":
        return Shown(show_general(number))
    section, signed = _pick(_sections(code), number)
    if section.has("date", "elapsed"):
        return Shown(_date(float(stored), section, since_1904), "date")
    if not section.tokens:
        return Shown("", "hidden")
    number = number if signed else abs(number)
    if section.has("exponent", "slash", "at") and not _is_scientific(section):
        return Shown(show_general(number), "" if section.has("at") else "not rendered")
    return _render(number, section)


def show_text(text: str, code: str) -> str:
    """Return a text as shown by a number format: as it is, or within the format's own words."""
    if "@" not in code:
        return text
    sections = _sections(code)
    section = sections[-1] if len(sections) in (1, 4) else None
    if section is None or not section.has("at"):
        return text
    return "".join(text if kind == "at" else part for kind, part in section.tokens)


@lru_cache(maxsize=4096)
def hides_text(code: str) -> bool:
    """Return whether a number format leaves nothing of a text."""
    sections = _sections(code) if code.count(";") > 2 else ()
    return len(sections) == 4 and not any(text.strip() for _, text in sections[3].tokens)


def show_general(number: Decimal) -> str:
    """Return a number as shown without a format: at most 11 signs, as in a wide column.

    Whole numbers of up to 15 digits are given in full.
    """
    if number == number.to_integral_value() and abs(number) < 10**15:
        return f"{number:.0f}" if number else "0"
    if Decimal("1e-9") <= abs(number) < 10**10:
        whole = len(str(int(abs(number))))
        rounded = _quantized(number, max(_DIGITS - 1 - whole, 0))
        text = format(rounded, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, exponent = f"{number:.5E}".partition("E")
    sign, size = exponent[0], exponent[1:].zfill(2)
    return f"{mantissa.rstrip('0').rstrip('.')}E{sign}{size}"


@lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[_Section, ...]:
    parts: list[list[Token]] = [[]]
    conditions: dict[int, tuple[str, Decimal]] = {}
    for match in _TOKEN.finditer(code[:500]):
        kind = match.lastgroup or "literal"
        text = match[kind]
        if kind == "end":
            parts.append([])
        elif kind == "bracket":
            parts[-1] += _bracket(text)
            if condition := _CONDITION.fullmatch(text.strip()):
                conditions[len(parts) - 1] = condition[1], Decimal(condition[2])
        elif kind != "pad":
            parts[-1].append((kind if kind not in ("quoted", "escaped") else "literal", text))
    return tuple(
        _Section(tuple(part), conditions.get(i), frozenset(kind for kind, _ in part))
        for i, part in enumerate(parts)
    )


def _bracket(text: str) -> list[Token]:
    if text and set(text.lower()) in ({"h"}, {"m"}, {"s"}):
        return [("elapsed", text.lower())]
    currency = _CURRENCY.fullmatch(text)
    return [("literal", currency[1])] if currency and currency[1] else []


def _pick(sections: tuple[_Section, ...], number: Decimal) -> tuple[_Section, bool]:
    """Return the section for a number, and whether it shows the number's sign."""
    sections = sections[:3]
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(number, *section.condition):
                return section, not (section.condition and _only_negative(section.condition))
        return sections[-1], True
    if number < 0 and len(sections) > 1:
        return sections[1], False
    return sections[2 if number == 0 and len(sections) > 2 else 0], True


def _holds(number: Decimal, sign: str, limit: Decimal) -> bool:
    return {
        "<": number < limit,
        "<=": number <= limit,
        ">": number > limit,
        ">=": number >= limit,
        "=": number == limit,
        "<>": number != limit,
    }[sign]


def _only_negative(condition: tuple[str, Decimal]) -> bool:
    return condition[0] in ("<", "<=") and condition[1] <= 0


def _is_scientific(section: _Section) -> bool:
    kinds = [kind for kind, _ in section.tokens]
    if kinds.count("exponent") != 1 or "slash" in kinds or "at" in kinds:
        return False
    mantissa = kinds[: kinds.index("exponent")]
    before = mantissa[: mantissa.index("point")] if "point" in mantissa else mantissa
    return before.count("digit") == 1


def _render(number: Decimal, section: _Section) -> Shown:
    tokens = list(section.tokens)
    if section.has("general"):
        text = "".join(show_general(abs(number)) if k == "general" else t for k, t in tokens)
        return Shown(_signed(number, text).strip())
    if not section.has("digit"):
        return Shown(_signed(number, "".join(text for _, text in tokens)).strip())
    exponent = 0
    if section.has("exponent"):
        exponent = number.adjusted() if number else 0
    at = [i for i, (kind, _) in enumerate(tokens) if kind == "digit"]
    point = next((i for i, (kind, _) in enumerate(tokens) if kind == "point"), None)
    if section.has("exponent"):
        mark = next(i for i, (kind, _) in enumerate(tokens) if kind == "exponent")
        width = sum(kind == "digit" for kind, _ in tokens[mark:])
        tail = f"E{'-' if exponent < 0 else '+' if '+' in tokens[mark][1] else ''}"
        rest = [token for token in tokens[mark + 1 :] if token[0] != "digit"]
        tokens = [*tokens[:mark], ("literal", tail + str(abs(exponent)).zfill(width)), *rest]
        at = [i for i in at if i < mark]
    decimals = sum(i > point for i in at) if point is not None else 0
    thousands = _scale(tokens, at)
    percents = sum(kind == "percent" for kind, _ in tokens)
    scaled = _EXACT.scaleb(abs(number), 2 * percents - 3 * thousands - exponent)
    rounded = _quantized(scaled, decimals)
    whole, _, fraction = format(rounded, "f").partition(".")
    split = point if point is not None else at[-1] + 1
    text = _whole(tokens[:split], whole.lstrip("0")) + _fraction(tokens[split:], fraction)
    return Shown(_signed(number, text).strip(), "" if rounded == scaled else "rounded")


def _signed(number: Decimal, text: str) -> str:
    return f"-{text.lstrip()}" if number < 0 else text


def _quantized(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)


def _scale(tokens: list[Token], at: list[int]) -> int:
    """Return the number of commas after the last digit, or the last whole one: each is 1,000."""
    point = next((i for i, (kind, _) in enumerate(tokens) if kind == "point"), len(tokens))
    whole = max((i for i in at if i < point), default=-1)
    return sum(_commas(tokens[last + 1 :]) for last in {whole, at[-1]} if last >= 0)


def _commas(tokens: list[Token]) -> int:
    kinds = [kind for kind, _ in tokens]
    return next((i for i, kind in enumerate(kinds) if kind != "comma"), len(kinds))


def _whole(tokens: list[Token], digits: str) -> str:
    """Return the part before the point, its digits put into their places from the right."""
    at = [i for i, (kind, _) in enumerate(tokens) if kind == "digit"]
    grouped = any(
        kind == "comma" and at and at[0] < i < at[-1] for i, (kind, _) in enumerate(tokens)
    )
    made: list[str] = []
    count = 0
    for i in range(len(tokens) - 1, -1, -1):
        kind, text = tokens[i]
        if kind == "digit":
            take = digits if i == at[0] else digits[-1:]
            digits = digits[: len(digits) - len(take)]
            for digit in reversed(take or {"0": "0", "?": " "}.get(text, "")):
                made.append("," if grouped and count and count % 3 == 0 else "")
                made.append(digit)
                count += 1
        elif kind != "comma":
            made.append(text)
    return "".join(reversed(made)) if at else "".join(reversed(made)) + digits


def _fraction(tokens: list[Token], digits: str) -> str:
    """Return the part from the point on; places marked # or ? drop zeros at the end."""
    at = [i for i, (kind, _) in enumerate(tokens) if kind == "digit"]
    cells = [text for _, text in tokens]
    for i, digit in zip(at, digits, strict=False):
        cells[i] = digit
    for i in reversed(at):
        if cells[i] != "0" or tokens[i][1] == "0":
            break
        cells[i] = " " if tokens[i][1] == "?" else ""
    return "".join(cell for cell, (kind, _) in zip(cells, tokens, strict=True) if kind != "comma")


def _date(serial: float, section: _Section, since_1904: bool) -> str:
    seconds = round((serial % 1) * 86_400)
    parts = "".join(text.lower() for kind, text in section.tokens if kind == "date")
    elapsed = next((text for kind, text in section.tokens if kind == "elapsed"), "")
    if serial < 0 or serial >= (2_957_004 if since_1904 else 2_958_466):
        raise ValueError(f"{serial:g} as a date, which is out of the calendar")
    if elapsed:
        total = round(serial * 86_400)
        text = f"{total // 3600}:{total // 60 % 60:02}"
        return f"{text}:{total % 60:02}" if "s" in parts + elapsed else text
    has_time = "h" in parts or "s" in parts or section.has("half")
    has_day = "y" in parts or "d" in parts or "mmm" in parts or not has_time
    clock = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}"
    clock += f":{seconds % 60:02}" if "s" in parts else ""
    if not has_day:
        return clock
    day = _day(int(serial) + seconds // 86_400, since_1904)
    return f"{day} {clock}" if has_time else day


def _day(serial: int, since_1904: bool) -> str:
    """Return the day of a serial number; Excel believes in a 29 February 1900."""
    if not since_1904 and serial in (0, 60):
        raise ValueError(f"{serial} as a date, which no calendar has")
    first = datetime(1899, 12, 31 if serial < 60 else 30)
    first = datetime(1904, 1, 1) if since_1904 else first
    return (first + timedelta(days=serial)).date().isoformat()
