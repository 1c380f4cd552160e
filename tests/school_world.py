"""A small made-up release with results of single schools: schools, members and funding, no more.

The county is Nowhereshire, its tests those of 2029 to 2031. Its truth: from 2030 to 2031 each
member school gains exactly `MEMBER_GAIN_PP`, each other school `OTHER_GAIN_PP`.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from world import PROJECT, World, as_csv

from analysis.sources.performance import Results, read_results
from analysis.sources.registry import load_release

YEAR = "2031"
YEARS = (2029, 2030, 2031)
REAL = PROJECT.parent / "shared" / "real"
GROUPS = tuple(f"{wood} Made-Up Group" for wood in ("Alder", "Birch", "Cedar"))
OTHER = "Made-up money for nobody in particular"
DEFINITION = "the made-up standard"
MEMBER_GAIN_PP, OTHER_GAIN_PP = 7, 3
OTHERS = tuple(str(urn) for urn in range(900001, 900009))
MEMBERS = tuple(str(urn) for urn in range(900009, 900015))
SPECIAL = "900015"
NAMES = ["printed", "collaboration", "kind", "reason"]
SCHOOLS = ["record", "urn", "name", "year", "phase", "district", "cohort", "pct"]
ROSTER = ["urn", "collaboration", "joined", "left"]
FUNDING = ["name", "school year", "amount"]
ENTRIES: dict[str, dict[str, Any]] = {
    "schools": {
        "stage": "ks2",
        "definition": DEFINITION,
        "record_types": {"S": "school", "X": "special school", "LA": "authority"},
        "headings": {
            **{"record": "record", "urn": "urn", "name": "school", "year": "year"},
            **{"phase": "phase", "district": "district", "cohort": "cohort"},
            "pct": "ks2_expected_pct",
        },
    },
    "members": {
        "headings": {"urn": "urn", "collaboration": "name", "joined": "joined", "left": "left"}
    },
    "funding": {
        "headings": {"name": "name", "school year": "school_year", "amount": "funding_gbp"}
    },
    "payments": {
        "headings": {"name": "name", "school year": "school_year", "amount": "funding_gbp"}
    },
    "successors": {"headings": {"urn": "urn", "successor": "successor"}},
    "ofsted": {
        "headings": {
            **{"number": "number", "name": "name", "schools": "n_schools"},
            **{"outstanding": "n_outstanding", "good": "n_good"},
            **{"improve": "n_requires_improvement", "inadequate": "n_inadequate"},
            **{"none": "n_not_inspected", "share": "good_or_better_pct"},
        }
    },
}
HEADINGS = {name: list(entry["headings"]) for name, entry in ENTRIES.items()}
Rows = list[list[str]]


def school(urn: str, year: int, cohort: int | str, pct: int | str, record: str = "S") -> list[str]:
    """Return a row of the table of schools."""
    share = f"{pct}%" if isinstance(pct, int) else pct
    place = f"Nodistrict {int(urn) % 3 + 1}"
    return [record, urn, f"School {urn}", str(year), "primary", place, str(cohort), share]


def schools() -> Rows:
    """Return the county's schools, each in each year."""
    rows = []
    for i, urn in enumerate((*OTHERS, *MEMBERS)):
        gain = MEMBER_GAIN_PP if urn in MEMBERS else OTHER_GAIN_PP
        base = 50 + 3 * (i % 5)
        for year, pct in zip(YEARS, (base - 1 - i % 2, base, base + gain), strict=True):
            rows.append(school(urn, year, 20 + 2 * i, pct))
    rows += [school(SPECIAL, year, 8, "NE", "X") for year in YEARS]
    return rows


def with_totals(rows: Rows) -> Rows:
    """Return rows of schools, then the row of the authority for each year."""
    totals = []
    for year in sorted({row[3] for row in rows}):
        of_year = [row for row in rows if row[3] == year]
        seen = [(int(r[6]), int(r[7][:-1])) for r in of_year if r[7].endswith("%")]
        pupils = sum(cohort for cohort, _ in seen)
        mean = sum(cohort * pct for cohort, pct in seen) / pupils
        whole = sum(int(row[6]) for row in of_year if row[6].isdecimal())
        totals.append(["LA", "", "", year, "", "", str(whole), f"{round(mean)}%"])
    return [*rows, *totals]


def members() -> Rows:
    """Return the roster: all join on the same day, one of them two groups."""
    rows = [[urn, GROUPS[i % 3], "2030-09-01", ""] for i, urn in enumerate(MEMBERS)]
    return [*rows, [MEMBERS[0], GROUPS[1], "2030-09-01", ""]]


def funding() -> Rows:
    """Return payments in two school years, one of them to nobody in particular."""
    return [
        [GROUPS[0], "2029/30", "£1,000"],
        [GROUPS[0], "2030/31", "£2,500"],
        [GROUPS[1], "2030/31", "£4,000"],
        [OTHER, "2030/31", "£9,000"],
    ]


def made(root: Path, patch: pytest.MonkeyPatch, **tables: Rows) -> World:
    """Return a new project about Nowhereshire, to which `ANALYSIS_ROOT` points.

    Parameters
    ----------
    **tables
        Rows of tables that are other than usual, or there in addition.
    """
    world = World(root, YEAR)
    (root / "data" / "raw" / YEAR).mkdir(parents=True)
    known = {"schools": with_totals(schools()), "members": members(), "funding": funding()}
    content = {**known, **tables}
    names = [NAMES, [OTHER, "", "no collaboration", "made up so"]]
    world.put("data/names.csv", as_csv(names).decode("utf-8"))
    params = yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
    world.put("params.yaml", yaml.safe_dump({**params, "years": [YEAR]}))
    shutil.copy(PROJECT / "plan.yaml", root / "plan.yaml")
    world.write_sources({YEAR: release(*content)})
    for name, rows in content.items():
        world.write(name, [HEADINGS[name.partition("_")[0]], *rows])
    world.refresh()
    patch.setenv("ANALYSIS_ROOT", str(root))
    return world


def release(*tables: str) -> dict[str, Any]:
    """Return a year's block of data/sources.yaml; rows and fingerprints are still to be filled."""
    facts = ("title", "publisher", "published", "document", "accessed", "licence")
    return {
        **dict.fromkeys(facts, "made up"),
        "place": "Nowhereshire",
        "maturity": "SIMULATED",
        "tables": {
            name: {"file": f"{name}.csv", "place": "nowhere", "rows": 0, "sha256": "-"}
            | ENTRIES[name.partition("_")[0]]
            for name in tables
        },
    }


def rewrite(world: World, table: str, rows: Rows) -> None:
    """Write a table's rows under its heading, and describe the file anew."""
    world.write(table, [HEADINGS[table.partition("_")[0]], *rows])
    world.refresh()


def results(world: World) -> Results:
    """Return what the table of schools holds."""
    return read_results(load_release(YEAR).schools[0])


def link(world: World, printed: str, collaboration: str) -> None:
    """Add a reviewed line to data/names.csv."""
    with (world.root / "data" / "names.csv").open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerow([printed, collaboration, "name", "made up so"])
