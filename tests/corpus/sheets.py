"""Made-up tables in the forms of the published ones: printed cells and the rows they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

PLACES = [
    "Orchard", "Bramble", "Linden", "Harbour", "Quarry", "Meadow", "Tannery", "Kestrel",
    "Beacon", "Willow", "Saltmarsh", "Chalk", "Foxglove", "Juniper", "Wharf", "Millpond",
    "Heron", "Sandling", "Thistle", "Copper", "Larkspur", "Mulberry",
]  # fmt: skip
GROUNDS = ["Vale", "Hill", "Bridge", "Common", "Green", "Marsh", "Cross", "Ford", "Heath", "Down"]
KINDS = ["Partnership", "Collaboration", "Hub", "Cluster of Schools", "Learning Alliance"]
SAINTS = ["James", "Agnes", "Martin", "Hilda", "Oswald"]
DISTRICTS = {
    "South": ["Ashford", "Dover", "Shepway"], "East": ["Canterbury", "Swale", "Thanet"],
    "North": ["Dartford", "Gravesham", "Sevenoaks"],
    "West": ["Maidstone", "Tonbridge & Malling", "Tunbridge Wells"],
}  # fmt: skip
HEADINGS = {
    "gains": {"name": "collaboration"}
    | {f"ks{k}_{i}": f"gain_ks{k}_{i}_pp" for k in (2, 4) for i in (1, 2, 3)},
    "ofsted": {
        "number": "number", "name": "collaboration", "number of schools": "n_schools",
        "Outstanding": "n_outstanding", "Good": "n_good", "RI": "n_requires_improvement",
        "Inadequate": "n_inadequate", "no Inpection yet": "n_not_inspected",
        "% good or better": "good_or_better_pct",
    },
    "funding": {
        "Area": "area", "District": "district", "Collaboration name": "collaboration",
        "2012/13 Funding (if applicable)": "funding_2012_13_gbp",
        "2013/14 Agreed Funding from KAH (if applicable)": "funding_2013_14_gbp",
        "Collabtn continuing in 2013/14": "continuing",
    },
    "schools": {
        "urn": "urn", "year": "year", "cohort": "cohort",
        "ks2_expected_pct": "ks2_expected_pct", "ks2_reading_score": "ks2_reading_score",
    },
    "members": {"urn": "urn", "collaboration": "collaboration", "joined": "joined", "left": "left"},
    "dfe": {
        "RECTYPE": "", "LEA": "", "ESTAB": "", "URN": "urn", "SCHNAME": "school", "TOWN": "",
        "TELIG": "cohort", "TKS1AVERAGE": "prior_attainment", "PTFSM6CLA1A": "disadvantaged_pct",
        "PTEALGRP2": "eal_pct", "PSENELSE": "sen_pct", "PTRWM_EXP": "ks2_expected_pct",
        "READPROG": "ks2_reading_progress", "WRITPROG": "ks2_writing_progress",
        "MATPROG": "ks2_maths_progress", "READ_AVERAGE": "ks2_reading_score",
        "MAT_AVERAGE": "ks2_maths_score",
    },
}  # fmt: skip
FIRST, SECOND = list(HEADINGS["funding"])[3:5]
CONTINUING = list(HEADINGS["funding"])[5]
PERCENT = "% good or better"


class Gap(NamedTuple):
    """A missing value and why; two gaps of other kinds must be told apart."""

    kind: str = "blank"


class OneOf(tuple[Any, ...]):
    """Any of these values is a right reading."""


Row = dict[str, Any]
KEEP = object()


@dataclass
class Sheet:
    """A table: its kind, printed headings, printed cells, and the typed rows that they mean."""

    table: str
    header: list[str]
    cells: list[list[str]]
    rows: list[Row]
    names: list[str]

    def __len__(self) -> int:
        return len(self.cells)

    def at(self, heading: str) -> int:
        return self.header.index(heading)

    def line(self, i: int) -> int:
        """Return the line of record `i` where the heading is line 1."""
        return i + 2

    @property
    def last(self) -> int:
        return self.line(len(self) - 1)

    def put(self, i: int, heading: str, printed: str, value: object = KEEP) -> None:
        j = self.at(heading)
        self.cells[i][j] = printed
        if value is not KEEP:
            self.rows[i][self.names[j]] = value

    def each(self, heading: str, change: Callable[[str], str]) -> None:
        j = self.at(heading)
        for row in self.cells:
            row[j] = change(row[j]) if row[j] else ""

    def filled(self, heading: str) -> list[int]:
        j = self.at(heading)
        return [i for i, row in enumerate(self.cells) if row[j]]

    def some(self, r: Random, heading: str) -> int:
        """Return a record, neither first nor last, whose cell under the heading is filled."""
        return r.choice([i for i in self.filled(heading) if 0 < i < len(self) - 1])

    def value(self, i: int, heading: str) -> Any:
        return self.rows[i][self.names[self.at(heading)]]

    def printed(self) -> list[list[str]]:
        return [self.header, *self.cells]


def group_names(r: Random, count: int) -> list[str]:
    """Return names in order; the first five drawn have brackets, commas, quotes, & and a colon."""
    places = r.sample(PLACES, count)
    names = []
    for i, place in enumerate(places):
        ground, kind = r.choice(GROUNDS), r.choice(KINDS)
        names.append([
            f"{place} {ground} {kind} ({place[0]}{ground[0]}{kind[0]})",
            f"{place}, St {r.choice(SAINTS)}’s and {ground} {kind}",
            f"{place} & {ground} {kind}",
            f"{place}: {ground} Post 16 {kind}",
        ][i] if i < 4 else f"{place} {ground} {kind}")  # fmt: skip
    return sorted(names)


def _sheet(form: str, printed: list[list[str]], rows: list[Row]) -> Sheet:
    table = "schools" if form == "dfe" else form
    return Sheet(table, list(HEADINGS[form]), printed, rows, list(HEADINGS[form].values()))


def gains(r: Random) -> Sheet:
    names = group_names(r, r.randint(9, 13))
    printed, rows = [], []
    for i, name in enumerate(names):
        blocks = [(1, 1), (1, 0), (0, 1)][i % 3]
        numbers = [r.randint(1, 38) for _ in range(6)]
        shown = [n if blocks[j // 3] else None for j, n in enumerate(numbers)]
        printed.append([name, *("" if n is None else str(n) for n in shown)])
        values = [Gap() if n is None else n for n in shown]
        rows.append(dict(zip(HEADINGS["gains"].values(), [name, *values], strict=True)))
    return _sheet("gains", printed, rows)


def _grades(r: Random) -> list[int]:
    """Return schools and grades whose printed percentage is no tie and not of all or none."""
    while True:
        parts = [r.randint(0, 3), r.randint(2, 9), r.randint(1, 4), r.choice([0, 0, 1, 2]),
                 r.choice([0, 0, 1])]  # fmt: skip
        total = sum(parts)
        good = parts[0] + parts[1]
        halves = shown_percent(good, total).endswith(".5")
        if total % 8 and parts[1] != parts[2] and good != total and not halves:
            return [total, *parts]


def shown_percent(good: int, total: int) -> str:
    return f"{100 * good / total:.1f}".removesuffix(".0")


def ofsted(r: Random) -> Sheet:
    names = group_names(r, r.randint(9, 13))
    printed, rows = [], []
    for i, name in enumerate(names):
        total, *parts = _grades(r)
        if i == 2:
            total, *parts = 6, 1, 3, 1, 0, 1
        pct = shown_percent(parts[0] + parts[1], total)
        printed.append([str(i + 1), name, str(total), *map(str, parts), pct])
        values = [i + 1, name, total, *parts, float(pct)]
        rows.append(dict(zip(HEADINGS["ofsted"].values(), values, strict=True)))
    return _sheet("ofsted", printed, rows)


def money(amount: int) -> str:
    return f"£{amount:,}"


def funding(r: Random) -> Sheet:
    count = r.randint(10, 14)
    names = group_names(r, count)
    districts = [(a, d) for a in r.sample(list(DISTRICTS), 3) for d in r.sample(DISTRICTS[a], 1)]
    printed, rows = [], []
    for i, name in enumerate(names):
        area, district = districts[i % 3]
        amounts: list[int | None] = [
            r.randint(20, 150) * 1000 + r.choice([0, 500, 205]) for _ in "ab"
        ]
        if i % 4 == 1:
            amounts[r.randint(0, 1)] = None
        going = "TBC" if i == 3 else "No" if i == 5 else "Yes"
        printed.append([area, district, name, *(money(a) if a else "" for a in amounts), going])
        values = [area, district, name, *(a or Gap() for a in amounts), going.lower()]
        rows.append(dict(zip(HEADINGS["funding"].values(), values, strict=True)))
    return _sheet("funding", printed, rows)


def schools(r: Random) -> Sheet:
    printed, rows = [], []
    for urn in sorted(r.sample(range(118200, 119900), r.randint(4, 5))):
        for year in (2012, 2013):
            cohort = r.randint(23, 88)
            pct = round(100 * r.randint(cohort // 3, cohort - 2) / cohort)
            values = [str(urn), year, cohort, pct, r.randint(96, 112)]
            printed.append([str(v) for v in values])
            rows.append(dict(zip(HEADINGS["schools"].values(), values, strict=True)))
    return _sheet("schools", printed, rows)


def members(r: Random) -> Sheet:
    names = group_names(r, 5)
    printed, rows = [], []
    for i, urn in enumerate(sorted(r.sample(range(118200, 119900), r.randint(10, 13)))):
        joined = f"{r.choice([2011, 2012])}-{r.randint(1, 12):02}-{r.randint(13, 28)}"
        left = f"2013-{r.randint(1, 12):02}-{r.randint(13, 28)}" if i % 3 == 1 else ""
        printed.append([str(urn), names[i % 5], joined, left])
        values = [str(urn), names[i % 5], joined, left or Gap()]
        rows.append(dict(zip(HEADINGS["members"].values(), values, strict=True)))
    return _sheet("members", printed, rows)


def _dfe_school(r: Random, i: int, urn: int, name: str) -> tuple[list[str], Row]:
    cohort = r.randint(24, 88)
    percents = [round(100 * r.randint(1, cohort - 1) / cohort) for _ in range(4)]
    prog = [round(r.uniform(-5, 5), 1) for _ in range(3)]
    scores = [r.randint(97, 111), r.randint(97, 111)]
    prior = round(r.uniform(14, 18), 1)
    values = [str(urn), name, cohort, prior, *percents, *prog, *scores]
    shown = ["1", "850", str(2100 + i), str(urn), name, "Sandling", str(cohort), str(prior),
             *(f"{p}%" for p in percents), *map(str, prog), *map(str, scores)]  # fmt: skip
    ours = [name for name in HEADINGS["dfe"].values() if name]
    return shown, dict(zip(ours, values, strict=True))


def dfe(r: Random) -> Sheet:
    """Return single schools in the form of the national tables, without rows of totals."""
    urns = sorted(r.sample(range(115800, 116900), 9))
    made = [
        _dfe_school(r, i, urn, f"{place} {r.choice(GROUNDS)} Primary School")
        for i, (urn, place) in enumerate(zip(urns, r.sample(PLACES, 9), strict=True))
    ]
    return _sheet("dfe", [shown for shown, _ in made], [row for _, row in made])


BASES: dict[str, Callable[[Random], Sheet]] = {
    "gains": gains, "ofsted": ofsted, "funding": funding,
    "schools": schools, "members": members, "dfe": dfe,
}  # fmt: skip
