"""Made-up years in every state that a page may be in, and the pages that the pipeline makes."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import school_world
import two_releases
import world
from world import GROUPS, OTHER, YEAR, World, kept_environment

from analysis import cli
from analysis.page import release as release_module

LATER = two_releases.NEXT
LONG = "The Whole Downs and Marsh Partnership of Primary and Special Schools"[:60]
HOSTILE = (
    'Ash & "Oak" <b>Hub</b>',
    LONG,
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://x.example","y")',
    "+cmd",
    "مجموعة مدارس كنت",
    "Fennel's {year} & IMPACT Group",
    f"{LONG[:-7]}Schemes",
)
Rows = list[list[str]]


def county(root: Path, patch: pytest.MonkeyPatch, maturity: str = "final") -> World:
    """Return the made-up county with all chapters, its release of a maturity."""
    made = world.made_up(root, patch, notebooks=True)
    two_releases.standing(made, maturity)
    return made


def without(made: World, *tables: str) -> World:
    """Take whole tables out of a release."""
    content = made.sources
    for table in tables:
        del content[made.year]["tables"][table]
        made.file(table).unlink()
    made.write_sources(content)
    return made


def stated(made: World, **printed: str) -> None:
    """Change what the report states, by the name of the claim in plan.yaml."""
    cells = made.cells("claims")
    at = cells[0].index("claim")
    for row in cells[1:]:
        for name, value in printed.items():
            if row[at] == f"What the plan calls {name}":
                row[at + 1] = value
    made.write("claims", cells)


def first_rows(made: World, groups: int) -> World:
    """Keep the first groups only, and what the report says of them."""
    kept = {*GROUPS[:groups], world.SHORT, OTHER}
    for table, at in (("ofsted", 1), ("funding", 2), ("gains", 0)):
        heading, *rows = made.cells(table)
        made.write(table, [heading, *(row for row in rows if row[at] in kept)])
    heading, *rows = made.cells("claims")
    said = {"p9-groups": str(groups), "p9-too-few": str(groups - 1)}
    made.write("claims", [heading, *([*r[:3], said.get(r[0], r[3]), *r[4:]] for r in rows)])
    stated(made, improved=str(min(groups, 2)), of=str(groups), declined=str(groups // 3))
    made.refresh()
    return made


def one_collaboration(root: Path, patch: pytest.MonkeyPatch) -> World:
    """One group, its money, grades and gains."""
    return first_rows(county(root, patch), 1)


def blanked(stage: int, root: Path, patch: pytest.MonkeyPatch) -> World:
    """Return the county without any gain at a key stage."""
    made = county(root, patch)
    heading, *rows = made.cells("gains")
    gone = [i for i, name in enumerate(heading) if name.startswith(f"ks{stage}")]
    cells = [["" if i in gone else cell for i, cell in enumerate(row)] for row in rows]
    made.write("gains", [heading, *(row for row in cells if any(row[1:]))])
    made.refresh()
    return made


def three_of_twelve(root: Path, patch: pytest.MonkeyPatch) -> World:
    """Twelve groups that were released, and a year later three of them."""
    first = first_rows(county(root, patch), 12)
    patch.setattr(release_module, "out_of_date", lambda stages: [])
    patch.setattr(release_module, "uncommitted", list)
    run(first, "tables", "chapters")
    assert cli.main(["release", YEAR]) == 0
    later = two_releases.add_year(first, restated)
    params = first.read("params.yaml").replace(f"- '{YEAR}'", f"- '{YEAR}'\n- '{LATER}'")
    first.put("params.yaml", params)
    return first_rows(later, 3)


def restated(table: str, cells: Rows) -> None:
    """State the money of one group £3,000 lower than a year before."""
    if table == "funding":
        cells[1][3] = "£2,000"


def hostile(root: Path, patch: pytest.MonkeyPatch) -> World:
    """Names that a page, a picture or a spreadsheet could take for something else."""
    made = county(root, patch)
    names = {**dict(zip(GROUPS, HOSTILE, strict=False)), world.SHORT: HOSTILE[0]}
    for table in ("ofsted", "funding", "gains"):
        cells = made.cells(table)
        made.write(table, [[names.get(cell, cell) for cell in row] for row in cells])
    link = f"{world.SHORT},{GROUPS[0]},name,made up so\n"
    made.put("data/names.csv", made.read("data/names.csv").replace(link, ""))
    made.refresh()
    return made


def below_zero(root: Path, patch: pytest.MonkeyPatch) -> World:
    """Gains that sum to less than nothing."""
    made = county(root, patch)
    heading, *rows = made.cells("gains")
    made.write("gains", [heading, *([r[0], *(c and str(-int(c)) for c in r[1:])] for r in rows)])
    made.refresh()
    return made


def schools_only(root: Path, patch: pytest.MonkeyPatch) -> World:
    """Results of single schools, of which some fell, and money by school year; no report."""
    schools, members = panel()
    money = [[name, year, f"£{6000 + 500 * i:,}"] for i, name in enumerate(school_world.GROUPS)
             for year in ("2028/29", "2029/30", "2030/31")]  # fmt: skip
    return with_books(school_world.made(root, patch, schools=schools, members=members,
                                        funding=money))  # fmt: skip


def no_money(root: Path, patch: pytest.MonkeyPatch) -> World:
    """Grades of groups and results of schools; no money, no gains by group, no claims."""
    schools, members = panel()
    grades = [[str(i), name, "3", "1", "1", "1", "0", "0", "66.7"]
              for i, name in enumerate(school_world.GROUPS, start=1)]  # fmt: skip
    tables = {"schools": schools, "members": members, "ofsted": grades}
    made = without(with_books(school_world.made(root, patch, **tables)), "funding")
    made.put("data/names.csv", "printed,collaboration,kind,reason\n")
    return made


def panel() -> tuple[Rows, Rows]:
    """Return 60 schools in four years, every third a member since 2030, and who is a member."""
    draw = random.Random(1)
    urns = [str(urn) for urn in range(900001, 900061)]
    rows: Rows = []
    for i, urn in enumerate(urns):
        level, more = draw.gauss(62, 8), 2 if i % 3 == 0 else 0
        for year in (2028, 2029, 2030, 2031):
            share = level + draw.gauss(0, 4) + (more if year == 2031 else 0)
            rows.append(school_world.school(urn, year, 20 + i % 25, round(min(95, share))))
    joined = [(urn, school_world.GROUPS[i % 3]) for i, urn in enumerate(urns[::3])]
    members = [[urn, name, "2030-09-01", ""] for urn, name in joined]
    return school_world.with_totals(rows), members


def with_books(made: World) -> World:
    """Give a made-up world the chapters."""
    shutil.copytree(world.PROJECT / "notebooks", made.root / "notebooks")
    return made


STATES: dict[str, Callable[[Path, pytest.MonkeyPatch], World]] = {
    "no gains": lambda root, patch: without(county(root, patch), "gains"),
    "one collaboration": one_collaboration,
    "no key stage 2": lambda root, patch: blanked(2, root, patch),
    "no key stage 4": lambda root, patch: blanked(4, root, patch),
    "three of twelve": three_of_twelve,
    "hostile names": hostile,
    "below zero": below_zero,
    "no panel": county,
    "schools only": schools_only,
    "two tables": lambda root, patch: without(county(root, patch), "gains", "claims", "coverage"),
    "no money": no_money,
}


def run(made: World, *stages: str) -> None:
    """Run stages of the pipeline on a year."""
    for stage in stages:
        year = [] if stage == "index" else ["--year", made.year]
        assert cli.main(["stage", stage, *year]) == 0, stage


def make(state: str, root: Path) -> None:
    """Make a state's world and all its pages."""
    with pytest.MonkeyPatch.context() as patch, kept_environment():
        made = STATES[state](root, patch)
        run(made, "tables", "chapters", "since", "index")


def pages_of(state: str, top: Path) -> World:
    """Return a state's world with its pages, made once for all test processes.

    Parameters
    ----------
    top : Path
        The temporary folder of this process' tests.
    """
    shared = top.parent if os.environ.get("PYTEST_XDIST_WORKER") else top
    folder, ready = shared / f"state {state}", shared / f"state {state}.ready"
    try:
        folder.mkdir()
    except FileExistsError:
        for _ in range(1200):
            if ready.is_file():
                break
            time.sleep(0.25)
    else:
        try:
            make(state, folder)
        finally:
            ready.touch()
    assert (folder / "findings" / "index.html").is_file(), f"{state} could not be made"
    return World(folder, LATER if state == "three of twelve" else YEAR)
