"""Colours as the web writes them, and their contrast."""

from __future__ import annotations

import re

Colour = tuple[float, float, float]
LIGHT, DARK = (255.0, 255.0, 255.0), (18.0, 23.0, 27.0)  # the pages' paper


def colour(text: str) -> Colour:
    """Return red, green and blue, 0 to 255, of ``#rrggbb``, ``#rgb`` or ``rgb(...)``."""
    if text.startswith("#"):
        digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
        return tuple(float(int(digits[i : i + 2], 16)) for i in (0, 2, 4))  # type: ignore[return-value]
    return tuple(float(part) for part in re.findall(r"[\d.]+", text)[:3])  # type: ignore[return-value]


def luminance(one: Colour) -> float:
    """Return the relative luminance of WCAG 2, 0 to 1."""
    parts = [part / 255 for part in one]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def over(top: Colour, share: float, below: Colour) -> Colour:
    """Return a colour that covers a `share` of what lies below it."""
    return tuple(share * a + (1 - share) * b for a, b in zip(top, below, strict=True))  # type: ignore[return-value]
