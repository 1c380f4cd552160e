"""A made-up 2014 of the county of 2013: what happened to its groups, and the true tables.

Names are those of 2013, for the new year's tables must be held against them; every number is made
up from a seed, and everything says SIMULATED. It is never put into data/raw of the project.
`python tests/world_2014.py FOLDER` writes the workbooks of the tutorial.
"""

from __future__ import annotations

import csv
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RAW = Path(__file__).parents[1] / "data" / "raw" / "2013"
MARK = "SIMULATED"
YEAR = "2014"
SEED = 2014
VANISHED = ("Educant", "Mosaic Collaborative")
RENAMED = {"Hawkinge Hub Plan": "Hawkinge and District Made-Up Hub"}
MERGED = {
    "Tunbridge Wells Grammar Collaboration": "Tunbridge Wells Made-Up Joint Collaboration",
    "Tunbridge Wells Mini Collaboration": "Tunbridge Wells Made-Up Joint Collaboration",
}
APPEARED = {
    "Hop Garden Made-Up Partnership": ("West", "Maidstone"),
    "Oyster Bay Made-Up Circle": ("East", "Swale"),
}
WITHOUT_MONEY = 12
GRADES = ("n_outstanding", "n_good", "n_requires_improvement", "n_inadequate", "n_not_inspected")
GAINS = tuple(f"gain_ks{stage}_{n}_pp" for stage in (2, 4) for n in (1, 2, 3))
EARLIER, LATER = "funding_2013_14_gbp", "funding_2014_15_gbp"
SHORT = {
    "BRESIC (Broadstairs & Ramsgate Ethos in Schools Committee)": "BRESIC",
    "West Ramsgate Achievement Partnership (WRAP)": "West Ramsgate Ach Partnership (WRAP)",
    "Temple Hill & Oakfield Collaborative Reading Project": "Temple Hill & Oakfield Collaborative "
    "Reading Proj",
    "Maidstone Collaborative: Oakwood Park Post 16 Partnership": "Maidstone Col Oakwood Pk Post 16",
}
OTHER = ("North Area Attendance Project", "Funding to support collaboration of Special Schools")
Row = dict[str, Any]


@dataclass
class Truth:
    """The tables of the made-up year, a row a mapping of our column to its value.

    `names` are the groups of the Ofsted table; a name printed otherwise stands for one of them by
    `SHORT`.
    """

    ofsted: list[Row] = field(default_factory=list)
    funding: list[Row] = field(default_factory=list)
    gains: list[Row] = field(default_factory=list)
    coverage: list[Row] = field(default_factory=list)
    without_money: list[str] = field(default_factory=list)
    restated: list[str] = field(default_factory=list)

    def table(self, name: str) -> list[Row]:
        """Return a table by its name."""
        rows: list[Row] = getattr(self, name)
        return rows


def truth(seed: int = SEED) -> Truth:
    """Return the true tables of the made-up year."""
    chance = random.Random(seed)
    made = Truth()
    made.ofsted = [_ofsted(i, *one, chance) for i, one in enumerate(_groups(), start=1)]
    _fund(made, [row["name"] for row in made.ofsted], chance)
    _gain(made, chance)
    made.coverage = [
        {"phase": phase, "members": members, "schools": schools}
        | {"printed_pct": round(100 * members / schools, 1)}
        for phase, members, schools in (
            *(("Secondary", 60 + chance.randrange(9), 101), ("PRU", 3, 14), ("Special", 22, 24)),
            ("Primary", 380 + chance.randrange(20), 449),
        )
    ]
    return made


def published(table: str) -> list[dict[str, str]]:
    """Return the rows of a table of 2013 as they are printed."""
    with (RAW / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _groups() -> list[tuple[str, int]]:
    """Return each group of 2014 and its number of schools of 2013, by name."""
    sizes: dict[str, int] = dict.fromkeys(APPEARED, 5)
    for row in published("ofsted"):
        name = row["name"]
        if name not in VANISHED:
            later = RENAMED.get(name) or MERGED.get(name) or name
            sizes[later] = sizes.get(later, 0) + int(row["number of schools"])
    return sorted(sizes.items(), key=lambda one: one[0].casefold())


def _ofsted(number: int, name: str, size: int, chance: random.Random) -> Row:
    schools = max(1, size + chance.choice((-1, 0, 0, 0, 1, 2)))
    odds = chance.choices(GRADES, (15, 55, 20, 4, 6), k=schools)
    counts = {grade: odds.count(grade) for grade in GRADES}
    good = 100 * (counts["n_outstanding"] + counts["n_good"]) / schools
    row = {"number": number, "name": name, "n_schools": schools, **counts}
    return {**row, "good_or_better_pct": float(f"{good:.1f}")}


def _fund(made: Truth, names: list[str], chance: random.Random) -> None:
    was = {_later(row["Collaboration name"]): row for row in published("funding")}
    places = {name: (row["Area"], row["District"]) for name, row in was.items()} | APPEARED
    paid = [name for name in names if name in places]
    had = [name for name in paid if _amount(was.get(name, {}))]
    made.without_money = sorted(chance.sample(had, WITHOUT_MONEY))
    made.restated = sorted(chance.sample([n for n in had if n not in made.without_money], 3))
    for name in paid:
        earlier = _amount(was.get(name, {}))
        if name in made.restated and earlier:
            earlier += 1500.0
        usual = (earlier or 20_000.0) * chance.uniform(0.75, 1.3)
        later = None if name in made.without_money else 500.0 * round(usual / 500)
        goes_on = chance.choices(("yes", "no", "tbc"), (50, 4, 2))[0]
        row = {"area": places[name][0], "district": places[name][1], "name": SHORT.get(name, name)}
        if earlier or later:
            made.funding.append({**row, EARLIER: earlier, LATER: later, "continuing": goes_on})
    for name, place in zip(OTHER, (("North", "North KAH"), ("All", "All")), strict=True):
        money = {EARLIER: None, LATER: 1000.0 * chance.randrange(40, 200), "continuing": None}
        made.funding.append({"area": place[0], "district": place[1], "name": name, **money})
    made.funding.sort(key=lambda row: (row["area"], row["district"], row["name"].casefold()))


def _later(name: str) -> str:
    return RENAMED.get(name) or MERGED.get(name) or name


def _amount(row: dict[str, str]) -> float | None:
    printed = row.get("2013/14 Agreed Funding from KAH (if applicable)", "")
    return float(printed.replace("£", "").replace(",", "")) if printed else None


def _gain(made: Truth, chance: random.Random) -> None:
    """Make the gains, some of them declines, of groups with either key stage or both."""
    names = [row["name"] for row in made.ofsted]
    shown = sorted({*chance.sample(names, 22), *SHORT, *RENAMED.values()}, key=str.casefold)
    for name in shown:
        blocks = chance.choice(("gain_ks2", "gain_ks2", "gain_ks4", "gain_ks"))
        values = {
            column: float(round(chance.gauss(3, 5))) if column.startswith(blocks) else None
            for column in GAINS
        }
        made.gains.append({"name": SHORT.get(name, name), **values})


if __name__ == "__main__":
    from world_2014_books import write_workbooks

    if len(sys.argv) != 2:
        sys.exit("Say where to: python tests/world_2014.py FOLDER")
    for path in write_workbooks(Path(sys.argv[1])):
        print(path)
