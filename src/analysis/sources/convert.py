"""The words of a cell with single spaces, or a missing value that keeps its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Missing:
    """Why a cell holds no value: the kind, and what stands there."""

    kind: str
    printed: str = ""


Value = float | int | str
Converted = Value | Missing


def tidy_text(cell: str) -> str:
    """Return the cell's words joined by single spaces; a non-breaking space is a space."""
    return " ".join(cell.split())
