"""Colours as eyes see them: contrast (WCAG 2.2) and colour-blind sight (Machado et al. 2009)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from analysis.page.figures.canvas import _DARK, PAPER, Figure

_SHAPES = ("path", "circle", "use", "text")

# Full loss of one kind of cone, on linear red, green and blue.
SIGHTS = {
    "full": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def parts(colour: str) -> np.ndarray:
    """Return red, green and blue of a hexadecimal colour, each from 0 to 1."""
    return np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])


def linear(colour: str) -> np.ndarray:
    value = parts(colour)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted(float(_TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def mixed(colour: str, paper: str, share: float) -> str:
    """Return how a colour that is seen through looks on paper."""
    seen = share * parts(colour) + (1 - share) * parts(paper)
    return "#" + "".join(f"{round(255 * part):02x}" for part in seen)


def apart(one: str, other: str, sight: str) -> float:
    """Return how far apart two colours look (CIE 1976 difference) with a kind of sight."""
    first, second = (_lab(SIGHTS[sight] @ linear(colour)) for colour in (one, other))
    return float(np.linalg.norm(first - second))


def _lab(seen: np.ndarray) -> np.ndarray:
    whole = _TO_XYZ @ np.clip(seen, 0, 1) / _TO_XYZ.sum(axis=1)
    x, y, z = np.where(whole > 0.008856, np.cbrt(whole), 7.787 * whole + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@dataclass(frozen=True)
class Look:
    """A shape's tag and style as drawn, by the classes of the drawing's own style sheet."""

    tag: str
    style: Mapping[str, str]

    def colours(self, dark: bool) -> list[str]:
        """Return the colours of the shape as they look on paper."""
        paper = _DARK[PAPER] if dark else PAPER
        found = []
        for kind in ("fill", "stroke"):
            colour = self.style.get(kind, "none")
            if colour != "none":
                said = self.style.get(f"{kind}-opacity") or self.style.get("opacity") or "1"
                found.append(mixed(_DARK[colour] if dark else colour, paper, float(said)))
        return found

    @property
    def seen_through(self) -> bool:
        return any("opacity" in name for name in self.style)


def looks(figure: Figure) -> list[Look]:
    """Return the look of every shape and text of a drawing."""
    root = ElementTree.fromstring(figure.svg)
    sheet = next(e.text or "" for e in root.iter() if e.tag.endswith("}style"))
    rules = dict(re.findall(r"([^{}]+)\{([^{}]*)\}", sheet.partition("@media")[0]))
    shapes = [e for e in root.iter() if e.tag.rpartition("}")[2] in _SHAPES]
    return [
        Look(tag, _style(rules.get("text", "") if tag == "text" else "", rules, e.get("class")))
        for e in shapes
        for tag in [e.tag.rpartition("}")[2]]
    ]


def _style(plain: str, rules: Mapping[str, str], name: str | None) -> dict[str, str]:
    said = f"{plain};{rules.get(f'.{name}', '')}"
    return {n: v for n, _, v in (part.partition(":") for part in said.split(";")) if n}
