"""A small complete project for tests: a made-up county with a known truth, or a copy of 2013.

The made-up county is Nowhereshire, in the year 2031. Its truth: the slope of the mean key stage 2
gain on funding is exactly `SLOPE_PP_PER_10K`, since the scatter around the line is orthogonal to
it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis import cli

PROJECT = Path(__file__).parents[1]
YEAR = "2031"
SLOPE_PP_PER_10K = 1.0
WOODS = (
    *("Acorn", "Briar", "Cobnut", "Damson", "Elder", "Fennel", "Gorse", "Hazel", "Ivy", "Juniper"),
    *("Knapweed", "Larch", "Medlar", "Nettle", "Osier", "Privet", "Quince", "Rowan"),
)
GROUPS = tuple(f"{wood} Made-Up Group" for wood in WOODS)
SHORT = "Acorn M-U Grp"
OTHER = "Made-up money for nobody in particular"
GRADES = (("3", "1"), ("2", "1"), ("4", "0"), ("2", "2"))
HEADINGS = {
    "ofsted": {
        "number": "number",
        "name": "name",
        "number of schools": "n_schools",
        "Outstanding": "n_outstanding",
        "Good": "n_good",
        "RI": "n_requires_improvement",
        "Inadequate": "n_inadequate",
        "no Inspection yet": "n_not_inspected",
        "% good or better": "good_or_better_pct",
    },
    "funding": {
        "Area": "area",
        "District": "district",
        "Collaboration name": "name",
        "2030/31 Funding": "funding_2030_31_gbp",
        "2031/32 Funding": "funding_2031_32_gbp",
        "continuing": "continuing",
    },
    "gains": {
        "name": "name",
        **{f"ks{stage}_{n}": f"gain_ks{stage}_{n}_pp" for stage in (2, 4) for n in (1, 2, 3)},
    },
    "coverage": {
        "phase": "phase",
        "members": "members",
        "schools": "schools",
        "printed percentage": "printed_pct",
    },
}
CLAIMS = (
    *("claim_id", "paragraph", "claim", "printed", "relation", "recipe", "reading"),
    *("other_recipe", "other_reading", "readings", "against", "reason"),
)


@dataclass(frozen=True)
class World:
    """A project tree in a temporary folder."""

    root: Path
    year: str

    def file(self, table: str) -> Path:
        """Return a raw table's file."""
        return self.root / "data" / "raw" / self.year / f"{table}.csv"

    def cells(self, table: str) -> list[list[str]]:
        """Return a raw table's cells, the heading first."""
        return list(csv.reader(io.StringIO(self.file(table).read_text(encoding="utf-8"))))

    def write(self, table: str, cells: list[list[str]]) -> None:
        """Write a raw table; its fingerprint stays as it was."""
        self.file(table).write_bytes(as_csv(cells))

    def change(self, table: str, row: int, column: str, to: str) -> None:
        """Change one cell; `row` counts as a spreadsheet does. The fingerprint stays."""
        cells = self.cells(table)
        cells[row - 1][cells[0].index(column)] = to
        self.write(table, cells)

    def replace(self, table: str, old: bytes, new: bytes) -> None:
        """Change bytes that stand in a raw table once."""
        data = self.file(table).read_bytes()
        assert data.count(old) == 1, (table, old, data.count(old))
        self.file(table).write_bytes(data.replace(old, new))

    @property
    def sources(self) -> dict[str, Any]:
        """What data/sources.yaml says."""
        content: dict[str, Any] = yaml.safe_load(self.read("data/sources.yaml"))
        return content

    def write_sources(self, content: dict[str, Any]) -> None:
        """Write data/sources.yaml."""
        self.put("data/sources.yaml", yaml.safe_dump(content, allow_unicode=True, sort_keys=False))

    def refresh(self) -> None:
        """Write every raw table's rows and SHA-256 into data/sources.yaml."""
        content = self.sources
        for name, table in content[self.year]["tables"].items():
            data = self.file(name).read_bytes()
            table["sha256"] = hashlib.sha256(data).hexdigest()
            table["rows"] = len(data.splitlines()) - 1
        self.write_sources(content)

    def read(self, path: str) -> str:
        """Return a text file of the project."""
        return (self.root / path).read_text(encoding="utf-8")

    def put(self, path: str, text: str) -> None:
        """Write a text file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def made(self) -> dict[str, bytes]:
        """Return everything that a run makes, by path."""
        tops = (self.root / "data" / "processed", self.root / "findings")
        files = sorted(file for top in tops for file in top.rglob("*") if file.is_file())
        return {file.relative_to(self.root).as_posix(): file.read_bytes() for file in files}

    def build_once(self) -> None:
        """Make the processed tables, and stand-ins for the last good pages."""
        with kept_environment():
            assert cli.main(["stage", "tables", "--year", self.year]) == 0
        self.put(f"findings/{self.year}/07_findings.html", "<p>the last good page</p>")
        self.put("findings/index.html", "<p>the last good index</p>")


@contextmanager
def kept_environment() -> Iterator[None]:
    """Leave this process' environment as it was found."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def as_csv(cells: list[list[str]]) -> bytes:
    """Return cells as the bytes of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(cells)
    return text.getvalue().encode("utf-8")


def real(root: Path, patch: pytest.MonkeyPatch) -> World:
    """Return a copy of the project's 2013 inputs, to which `ANALYSIS_ROOT` points."""
    shutil.copytree(PROJECT / "data" / "raw" / "2013", root / "data" / "raw" / "2013")
    for file in ("data/sources.yaml", "data/names.csv", "plan.yaml"):
        shutil.copy(PROJECT / file, root / file)
    patch.setenv("ANALYSIS_ROOT", str(root))
    world = World(root, "2013")
    world.put("params.yaml", only("2013"))
    return world


def only(year: str) -> str:
    """Return the project's params.yaml with this one year."""
    params = yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump({**params, "years": [year]}, sort_keys=False)


def made_up(root: Path, patch: pytest.MonkeyPatch, *, notebooks: bool = False) -> World:
    """Return a new project about Nowhereshire, to which `ANALYSIS_ROOT` points."""
    world = World(root, YEAR)
    (root / "data" / "raw" / YEAR).mkdir(parents=True)
    for name, rows in _tables().items():
        heading = list(CLAIMS if name == "claims" else HEADINGS[name])
        world.write(name, [heading, *rows])
    world.put("data/names.csv", as_csv(_names()).decode("utf-8"))
    params = yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8"))
    world.put("params.yaml", yaml.safe_dump({**params, "years": [YEAR], "permutations": 1000}))
    shutil.copy(PROJECT / "plan.yaml", root / "plan.yaml")
    if notebooks:
        shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    published = yaml.safe_load((PROJECT / "data" / "sources.yaml").read_text(encoding="utf-8"))
    world.write_sources({YEAR: _release(), "formats": published["formats"]})
    world.refresh()
    patch.setenv("ANALYSIS_ROOT", str(root))
    return world


def _release() -> dict[str, Any]:
    claims = {name: name for name in CLAIMS}
    return {
        "title": "Made-up results of Nowhereshire",
        "place": "Nowhereshire",
        "publisher": "Nobody",
        "published": YEAR,
        "document": "A report that nobody wrote",
        "accessed": "2026-11-23",
        "licence": "made up",
        "maturity": "SIMULATED",
        "tables": {
            name: {"file": f"{name}.csv", "place": "nowhere", "rows": 0, "sha256": "-"}
            | {"headings": HEADINGS.get(name, claims)}
            for name in (*HEADINGS, "claims")
        },
    }


def _tables() -> dict[str, list[list[str]]]:
    return {
        "ofsted": [_ofsted(i, name) for i, name in enumerate(GROUPS)],
        "funding": [_funding(i, name) for i, name in enumerate(GROUPS[:15])]
        + [["All", "All", OTHER, "£100,000", "", "n/a"]],
        "gains": [_gain(i, SHORT if i == 0 else name) for i, name in enumerate(GROUPS[:14])],
        "coverage": [["Primary", "90", "120", "75%"], ["Secondary", "6", "8", "75 %"]],
        "claims": _claims(),
    }


def _ofsted(i: int, name: str) -> list[str]:
    good, poor = GRADES[i % len(GRADES)]
    schools = int(good) + int(poor) + 1
    share = f"{100 * (int(good) + 1) / schools:.1f}"
    return [str(i + 1), name, str(schools), "1", good, poor, "0", "0", share]


def _funding(i: int, name: str) -> list[str]:
    district = f"Nodistrict {i % 5 + 1}"
    later = "" if i % 4 == 3 else f"£{5000 + 500 * i:,}"
    area = "North" if i % 5 < 3 else "South"
    return [area, district, name, f"£{10000 * (i + 1):,}", later, "Yes"]


def _gain(i: int, name: str) -> list[str]:
    scatter = (1, -1, -1, 1)[i % 4]
    mean = i + 3 + scatter
    ks2 = [str(mean), str(mean + 1), str(mean - 1)] if i < 12 else [""] * 3
    ks4 = [str(n + i % 3) for n in (4, 2, 3)] if i >= 9 else [""] * 3
    return [name, *ks2, *ks4]


def _claims() -> list[list[str]]:
    plan = yaml.safe_load((PROJECT / "plan.yaml").read_text(encoding="utf-8"))
    groups = "count(known(n_schools))"
    printed = {"p16-improved-count": "14", "p16-improved-of": "18"}
    lines = [
        ["p9-too-few", "9", "Groups in all, one too few", "17", "=", groups],
        ["p9-groups", "9", "Groups in all", "18", "=", groups],
        *(
            [claim, "16", f"What the plan calls {name}", printed.get(claim, "4"), "=", ""]
            for name, claim in plan["stated"].items()
        ),
    ]
    return [[*line, *[""] * 5, "Made up."] for line in lines]


def _names() -> list[list[str]]:
    return [
        ["printed", "collaboration", "kind", "reason"],
        [SHORT, GROUPS[0], "name", "made up so"],
        [OTHER, "", "no collaboration", "made up so"],
    ]
