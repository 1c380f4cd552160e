"""How a chapter's numbers are listed, recorded and quoted, and how a gap is worded."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from analysis.page.tables import NOT_APPLICABLE, NOT_AVAILABLE, SUPPRESSED, Table
from analysis.quantities import Quantity, unit_words, write

# What is read off the tables has no interval and no p-value that could be known.
EXACT = ("description", "bound", "power", "claim")
COLUMNS = ("question", "unit", "value", "low", "high", "p", "rows", "called")


def gap_words(reasons: Iterable[str]) -> str:
    """Return in HTML why something is not shown."""
    return html.escape(f"Not available: {'; '.join(dict.fromkeys(reasons))}.")


def line(words: str, quantity: Quantity) -> dict[str, object]:
    """Return a number as a row of a comparison: words, unit, value, interval, p, rows, kind."""
    value = quantity.value
    low, high = (
        None if end is None else write(end, quantity.unit, bare=True)
        for end in (quantity.low, quantity.high)
    )
    return {
        "question": words,
        "unit": unit_words(quantity.unit),
        "value": None if value is None else write(value, quantity.unit, bare=True),
        "low": low,
        "high": high,
        "p": None if quantity.p_value is None else write(quantity.p_value, "probability"),
        "rows": None if quantity.n is None else f"{quantity.n:,}",
        "called": quantity.kind,
    }


def symbols_of(quantity: Quantity) -> dict[str, str]:
    """Return why parts of a number's row are missing, by column, as symbols.

    What is read off the tables has no interval and no p-value that could be known; of what is
    inferred they could be, and are not.
    """
    if quantity.is_suppressed:
        return dict.fromkeys(("value", "low", "high", "p", "rows"), SUPPRESSED)
    ends = NOT_APPLICABLE if quantity.kind in EXACT else NOT_AVAILABLE
    rows = SUPPRESSED if "n" in quantity.suppressed else NOT_APPLICABLE
    has_range = quantity.low is not None
    value = NOT_APPLICABLE if has_range else NOT_AVAILABLE
    return {"value": value, "low": ends, "high": ends, "p": ends, "rows": rows}


def numbers(said: Mapping[str, Quantity], slug: str) -> Table:
    """Return every number of a chapter with its kind, rows, method and sources."""
    ordered = sorted(said.items())
    frame = pd.DataFrame(
        [
            {
                "number": name,
                "value": None if quantity.is_suppressed else quantity.text,
                "called": quantity.kind,
                "rows": quantity.n,
                "method": quantity.method,
                "from": ", ".join(Path(source).name for source in quantity.sources) or None,
            }
            for name, quantity in ordered
        ]
    ).astype({"rows": "Int64"})
    symbols = {
        (row, column): symbol
        for row, (_, quantity) in enumerate(ordered)
        for column, symbol in (*symbols_of(quantity).items(), ("from", NOT_APPLICABLE))
        if column in frame and pd.isna(frame[column].iloc[row])
    }
    caption = "Every number of this chapter, and how it was made."
    return Table(frame, slug, caption, symbols=symbols)
