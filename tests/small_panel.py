"""A made-up county with so few schools in places that figures of it must be suppressed.

It is Nowhereshire of `world`, with results of 34 schools in 2028 to 2031. Ten members joined in
2029 and two in 2030; one school has no figure at the baseline, one member no known day of joining,
two schools no figure at the end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import world
from school_world import ENTRIES, HEADINGS, Rows, school, with_totals
from world import GROUPS, YEAR, World

from analysis.page.disclosed import Page, check_disclosure
from analysis.questions.estimate import Estimate

YEARS = (2028, 2029, 2030, 2031)
OTHERS = tuple(str(urn) for urn in range(910001, 910019))
FIRST = tuple(str(urn) for urn in range(910101, 910111))
SECOND = ("910201", "910202")
NO_BASELINE, NO_DAY, NO_END = "910301", "910302", ("910303", "910304")
SWING = (3, -9, 11, 0, -4, 7, -2, 14, -6, 5)


def figures(at: int, gain: int) -> dict[int, int | str]:
    """Return a school's percentage in each year: a level, a swing of its own, a gain at the end."""
    level, swing = 52 + 5 * (at % 6), SWING[at % 10]
    return {2028: level + SWING[(at + 3) % 10] // 2, 2029: level, 2030: level + gain // 2,
            2031: level + gain + swing}  # fmt: skip


def schools() -> Rows:
    """Return the county's schools, each in each year."""
    rows: Rows = []
    for at, urn in enumerate((*OTHERS, *FIRST, *SECOND, NO_BASELINE, NO_DAY, *NO_END)):
        shown = figures(at, 2 if urn in OTHERS else 6)
        if urn == NO_BASELINE:
            shown[2029] = "SUPP"
        if urn in NO_END:
            shown[2031] = "SUPP"
        rows += [school(urn, year, 17 + 3 * (at % 9), shown[year]) for year in YEARS]
    return rows


def members() -> Rows:
    """Return who joined which collaboration when."""
    rows = [[urn, GROUPS[at % 4], "2029-09-01", ""] for at, urn in enumerate(FIRST)]
    rows += [[urn, GROUPS[4], "2030-09-01", ""] for urn in SECOND]
    return [*rows, [NO_DAY, GROUPS[5], "", ""]]


def made(root: Path, patch: pytest.MonkeyPatch) -> World:
    """Return a new project with the reports' tables and these schools."""
    made = world.made_up(root, patch, notebooks=True)
    content = made.sources
    entries = {
        name: {"file": f"{name}.csv", "place": "nowhere", "rows": 0, "sha256": "-", **ENTRIES[name]}
        for name in ("schools", "members")
    }
    content[YEAR]["tables"] |= entries
    made.write_sources(content)
    for name, rows in (("schools", with_totals(schools())), ("members", members())):
        made.write(name, [HEADINGS[name], *rows])
    made.refresh()
    return made


@dataclass(frozen=True)
class Made:
    """What was made of the small county: its project, and the true answers."""

    root: Path
    truth: dict[str, Estimate]
    released: str

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    @property
    def pages(self) -> dict[str, str]:
        return {
            f.stem: f.read_text("utf-8") for f in (self.root / f"findings/{YEAR}").glob("*.html")
        }

    @property
    def files(self) -> dict[str, bytes]:
        return {f.name: f.read_bytes() for f in (self.root / f"findings/{YEAR}/data").glob("*.csv")}

    @property
    def records(self) -> list[dict[str, Any]]:
        folder = self.root / f"build/staging/{YEAR}/records"
        return [json.loads(f.read_text("utf-8")) for f in sorted(folder.glob("*.json"))]

    @property
    def findings(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read(f"findings/{YEAR}/findings.json"))["findings"]
        return found

    @property
    def card(self) -> dict[str, Any]:
        card: dict[str, Any] = json.loads(self.read(f"build/{YEAR}.json"))
        return card

    @property
    def book(self) -> bytes:
        (file,) = (self.root / f"findings/{YEAR}/data").glob("*.xlsx")
        return file.read_bytes()

    def cells(self, slug: str) -> list[list[str]]:
        shown = [
            Page(page).tables[slug] for page in self.pages.values() if slug in Page(page).tables
        ]
        return shown[0]

    def check(self, **changed: Any) -> None:
        """Put the lint to all that was published, with some of it changed."""
        parts = {name: getattr(self, name) for name in ("records", "findings", "pages", "files")}
        given = {**parts, "card": self.card, "book": self.book, **changed}
        check_disclosure(**given)
