"""Made-up cards of years: one year, several, a break of definition, a gap, a provisional year."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.page.card import Card
from analysis.page.years import DIFFERENCE, SLOPE

OLD = "level 4 or above in reading, writing and mathematics"
NEW = "the expected standard in reading, writing and mathematics"
FEW = "2 groups with funding have a key stage 2 gain shown, and a line takes at least 3"
SOURCE = "data/raw/{year}/gains.csv"


def number(
    value: float, low: float | None = None, high: float | None = None, unit: str = SLOPE.unit
) -> dict[str, Any]:
    """Return a finding's entry."""
    level = None if low is None else 0.95
    return {"value": value, "low": low, "high": high, "unit": unit, "n": 14, "level": level,
            "kind": "association", "text": f"{value}", "method": "made", "p_value": None,
            "sources": []}  # fmt: skip


def card(
    year: str,
    slope: tuple[float, float, float] | None = (-0.95, -1.73, -0.18),
    *,
    shown: tuple[int, int] | None = (23, 77),
    difference: tuple[float, float, float] | None = None,
    definition: str | None = None,
    **more: Any,
) -> Card:
    """Return a year's card; `shown` is how many groups of how many have a gain shown."""
    numbers: dict[str, Any] = {}
    if slope is not None:
        numbers[SLOPE.finding] = number(*slope)
    if difference is not None:
        numbers[DIFFERENCE.finding] = number(*difference, unit="pp")
    if shown is not None:
        counts = {"all_n": shown[1], "unseen_n": shown[1] - shown[0]}
        numbers |= {f"gains.listed.{n}": number(v, unit="count") for n, v in counts.items()}
    names = ("01_data", "07_findings")
    words = {"funding": ("not at all", 0), "membership": ("little", 2)}
    trust = {f"identification.{on}": dict(zip(("word", "maryland"), said, strict=True))
             for on, said in words.items()}  # fmt: skip
    facts: dict[str, Any] = {
        "label": year,
        "status": "final",
        "headline": [f"In {year} between 1 & 2 pp."],
        "chapters": [{"name": name, "title": f"About {name}"} for name in names],
        "kinds": ["association"],
        "downloads": ["gains.csv"],
        "workbook": f"collaborations-{year}.xlsx",
        "workbook_bytes": 691_946,
        "place": "Nowhereshire",
        "numbers": numbers,
        "trust": trust,
        "definitions": {"ks2": definition} if definition else {},
        "sources": {SOURCE.format(year=year): "a" * 64},
    }
    return Card(year, **facts | more)


def practice(**more: Any) -> Card:
    """Return the practice year's card."""
    facts: dict[str, Any] = {"status": "SIMULATED", "label": "Practice year (simulated)"}
    return card("simulated", (9.0, 8.0, 9.9), difference=(2.9, 0.5, 5.2), **facts | more)


def write_cards(folder: Path, *cards: Card) -> Path:
    """Write cards as the pipeline leaves them, and return their folder."""
    for one in cards:
        text = json.dumps(asdict(one))
        (folder / f"{one.year}.json").write_text(text, encoding="utf-8")
    return folder


# The states of the index and of its picture.
STATES: dict[str, list[Card]] = {
    "one year": [card("2013", definition=OLD), practice()],
    "two years": [
        card("2013", definition=OLD),
        card("2014", (-0.4, -1.2, 0.4), definition=OLD),
        practice(),
    ],
    "three years, the last provisional": [
        card("2013"),
        card("2014", (-0.4, -1.2, 0.4), definition=OLD, status="revised"),
        card("2015", (0.2, -0.6, 1.0), definition=OLD, status="provisional"),
        practice(),
    ],
    "six years with a break and gaps": [
        card("2013", definition=OLD),
        card("2014", (-0.4, -1.2, 0.4), definition=OLD),
        card("2015", None, shown=None, definition=OLD, missing={SLOPE.finding: FEW}),
        card("2016", (0.2, -0.6, 1.0), definition=OLD, difference=(1.0, -0.5, 2.5)),
        card("2017", (0.6, 0.3, 0.9), definition=NEW, difference=(2.0, 0.5, 3.5)),
        card("2019", (0.4, -0.1, 0.9), definition=NEW, status="provisional"),
        practice(),
    ],
    "twenty years, hard names": [
        *(
            card(str(2010 + i), (i / 10 - 1, i / 10 - 2, i / 10), definition=OLD, place="A & B <b>")
            for i in range(20)
        ),
        practice(),
    ],
}
