"""How a chapter's numbers are listed, recorded and quoted, and how a gap is worded."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from analysis.page.tables import Table
from analysis.quantities import Quantity, write

# What is read off the tables has no interval and no p-value that could be known.
EXACT = ("description", "bound", "power", "claim")
COLUMNS = ("question", "value", "low", "high", "p", "rows", "called")


def gap_words(reasons: Iterable[str]) -> str:
    """Return in HTML why something is not shown."""
    return html.escape(f"Not available: {'; '.join(dict.fromkeys(reasons))}.")


def line(words: str, quantity: Quantity) -> dict[str, object]:
    """Return a number as a row of a comparison: words, value, interval, p, rows, kind."""
    low, high = (
        None if end is None else write(end, quantity.unit, bare=True)
        for end in (quantity.low, quantity.high)
    )
    return {
        "question": words,
        "value": quantity.text if quantity.value is not None else None,
        "low": low,
        "high": high,
        "p": None if quantity.p_value is None else write(quantity.p_value, "probability"),
        "rows": None if quantity.n is None else f"{quantity.n:,}",
        "called": quantity.kind,
    }


def numbers(said: Mapping[str, Quantity], slug: str) -> Table:
    """Return every number of a chapter with its kind, rows, method and sources."""
    frame = pd.DataFrame(
        [
            {
                "number": name,
                "value": quantity.text,
                "called": quantity.kind,
                "rows": quantity.n,
                "method": quantity.method,
                "from": ", ".join(Path(source).name for source in quantity.sources) or "x",
            }
            for name, quantity in sorted(said.items())
        ]
    ).astype({"rows": "Int64"})
    return Table(frame, slug, "Every number of this chapter, and how it was made.")
