"""A real message for each code: made-up files, each spoilt in one way, and what is said of them.

Run as a program it writes docs/codes.md.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import hostile
import pytest
import school_world
import world
from two_years import LATER, with_a_second_year
from world import GROUPS, PROJECT, YEAR, World

from analysis.codes import CODES, page_of_codes
from analysis.errors import DataError, Problem
from analysis.params import load_params
from analysis.questions.plan import load_plan
from analysis.sources import grids
from analysis.sources.corrections import FILE as CORRECTIONS
from analysis.tables.reading import Rejected, read_one
from analysis.tables.rehearsal import rehearse

PAGE = PROJECT / "docs" / "codes.md"
Spoil = Callable[[World], object]
Said = Callable[[Path, pytest.MonkeyPatch], Sequence[Problem]]
MONEY, NEXT = "2030/31 Funding", "2032/33 Funding"
CORRECTION = (
    f"'{YEAR}':\n- {{table: funding, row: {GROUPS[1]}, column: {MONEY}, expect: '£20,00', "
    "use: '£20,000', reason: a nought is missing}\n"
)


def checked(spoil: Spoil, refresh: bool = False) -> Said:
    """Return what the rehearsal says of the made-up county, spoilt."""

    def said(root: Path, patch: pytest.MonkeyPatch) -> Sequence[Problem]:
        made = world.made_up(root, patch)
        spoil(made)
        if refresh:
            made.refresh()
        return rehearse(YEAR)

    return said


def cell(table: str, row: int, column: str, to: str) -> Spoil:
    return lambda made: made.change(table, row, column, to)


def rows(table: str, change: Callable[[list[list[str]]], object]) -> Spoil:
    def spoil(made: World) -> None:
        cells = made.cells(table)
        change(cells)
        made.write(table, cells)

    return spoil


def entry(change: Callable[[dict], object]) -> Spoil:
    """Change the year's block of data/sources.yaml."""

    def spoil(made: World) -> None:
        content = made.sources
        change(content[YEAR])
        made.write_sources(content)

    return spoil


def a_year_later(spoil: Spoil) -> Said:
    """Return what the rehearsal says of the year after, spoilt but described as it is."""

    def said(root: Path, patch: pytest.MonkeyPatch) -> Sequence[Problem]:
        later = with_a_second_year(world.made_up(root, patch))
        spoil(later)
        later.refresh()
        return rehearse(LATER)

    return said


def a_lost_table(root: Path, patch: pytest.MonkeyPatch) -> Sequence[Problem]:
    with_a_second_year(world.made_up(root, patch))
    made = World(root, LATER)
    content = made.sources
    del content[LATER]["tables"]["claims"]
    made.write_sources(content)
    return rehearse(LATER)


def of_schools(spoil: Spoil) -> Said:
    """Return what the rehearsal says of the county with results of single schools, spoilt."""

    def said(root: Path, patch: pytest.MonkeyPatch) -> Sequence[Problem]:
        made = school_world.made(root, patch)
        spoil(made)
        return rehearse(school_world.YEAR)

    return said


def keep_nobody(made: World) -> None:
    content = made.sources
    content[YEAR]["tables"]["schools"]["keep"] = {"phase": ["nursery"]}
    made.write_sources(content)


def go_in_circles(made: World) -> None:
    content = made.sources
    content[YEAR]["tables"]["successors"] = school_world.release("successors")["tables"][
        "successors"
    ]
    made.write_sources(content)
    school_world.rewrite(made, "successors", [["900001", "900002"], ["900002", "900001"]])


def other_schools(made: World) -> None:
    school_world.rewrite(made, "members", [["912345", school_world.GROUPS[0], "2030-09-01", ""]])


def other_totals(made: World) -> None:
    table = school_world.with_totals(school_world.schools())
    school_world.rewrite(made, "schools", [row for row in table if row[1] != "900002"])


def read(name: str, data: bytes, table: str = "gains") -> Said:
    """Return what `analysis read` says of a file with these contents."""

    def said(root: Path, patch: pytest.MonkeyPatch) -> Sequence[Problem]:
        world.made_up(root, patch)
        file = root / name
        file.write_bytes(data)
        result = read_one(table, file)
        return result.problems if isinstance(result, Rejected) else ()

    return said


def beyond_reading(root: Path, patch: pytest.MonkeyPatch) -> Sequence[Problem]:
    def give_up(*_: object) -> None:
        raise RecursionError

    patch.setattr(grids, "read_delimited", give_up)
    return read("gains.csv", b"name,ks2_1\n")(root, patch)


def book(value: str) -> bytes:
    """Return a workbook with a table of gains, one cell of it as given in XML."""
    named = ["name", *(f"ks{stage}_{n}" for stage in (2, 4) for n in (1, 2, 3))]
    places = zip("ABCDEFG", named, strict=True)
    heading = [hostile.text(f"{letter}1", name) for letter, name in places]
    numbers = [hostile.cell(f"{letter}2", 5) for letter in "CDEFG"]
    row = hostile.row(2, hostile.text("A2", "Ash"), value, *numbers)
    return hostile.xlsx(hostile.row(1, *heading) + row)


def caught(load: Callable[[], object], spoil: Spoil) -> Said:
    """Return what is said when a file of settings is spoilt."""

    def said(root: Path, patch: pytest.MonkeyPatch) -> Sequence[Problem]:
        spoil(world.made_up(root, patch))
        try:
            load()
        except DataError as error:
            return error.problems
        return ()

    return said


def put(path: str, old: str, new: str) -> Spoil:
    return lambda made: made.put(path, made.read(path).replace(old, new, 1))


HEADED = (
    "Funding in £000s,,,,,\n"
    "Area,District,Collaboration name,2030/31 Funding,2031/32 Funding,continuing\n"
    "N,D,Ash,42,43,Yes\n"
)
OUTSIDE = hostile.xlsx(hostile.SOUND + hostile.row(3, hostile.text("XFD3", "x")))
EXAMPLES: dict[str, Said] = {
    "value": checked(cell("gains", 3, "ks2_1", "1e1")),
    "identity": checked(cell("ofsted", 4, "Good", "9")),
    "heading": checked(rows("gains", lambda cells: cells[0].__setitem__(2, "ks2 second"))),
    "structure": checked(rows("gains", lambda cells: cells[4].pop())),
    "unit": read("funding.csv", HEADED.encode(), "funding"),
    "names": checked(cell("gains", 4, "name", "Cobnut Group")),
    "duplicate": checked(cell("gains", 4, "name", GROUPS[1])),
    "rows": checked(rows("gains", lambda cells: cells.pop())),
    "fingerprint": checked(lambda made: made.replace("gains", b"\nBriar", b"\n Briar")),
    "file": checked(lambda made: made.file("gains").unlink()),
    "kind": read("gains.csv", hostile.NO_TABLES["paper.pdf"][0]),
    "encoding": checked(lambda made: made.replace("gains", b"\nBriar", b"\nBri\xe2r")),
    "damaged": read("gains.xlsx", hostile.xlsx(hostile.SOUND)[:700]),
    "size": read("gains.xlsx", OUTSIDE),
    "unsafe": read("gains.xlsx", hostile.overlapping()),
    "locked": read("gains.xlsx", hostile.NO_TABLES["locked.xlsx"][0]),
    "macros": read("gains.xlsm", hostile.REFUSED["macros"][0]()),
    "error": read("gains.xlsx", book(hostile.cell("B2", "#REF!", "e"))),
    "formula": read("gains.xlsx", book(hostile.cell("B2", None, formula="C2+1"))),
    "reader": beyond_reading,
    "keep": of_schools(keep_nobody),
    "corrections": checked(lambda made: made.put(CORRECTIONS, CORRECTION)),
    "sources": checked(entry(lambda block: block.pop("licence"))),
    "params": caught(load_params, put("params.yaml", f"'{YEAR}'", YEAR)),
    "plan": caught(load_plan, put("plan.yaml", "alpha: 0.05", "alpha: five in a hundred")),
    "claims": checked(cell("claims", 3, "relation", "?")),
    "join": of_schools(other_schools),
    "successors": of_schools(go_in_circles),
    "reconciliation": of_schools(other_totals),
    "groups": a_year_later(
        lambda made: [
            made.change(table, 6, column, "Elder Partnership")
            for table, column in (
                *(("ofsted", "name"), ("gains", "name")),
                ("funding", "Collaboration name"),
            )
        ]
    ),
    "far": a_year_later(cell("gains", 3, "ks2_1", "70")),
    "restated": a_year_later(cell("funding", 3, "2031/32 Funding", "£5,600")),
    "count": a_year_later(rows("gains", lambda cells: cells.__delitem__(slice(9, None)))),
    "absent": a_lost_table,
    "maturity": checked(entry(lambda block: block.update(maturity="provisional"))),
    "seen": checked(cell("funding", 3, MONEY, "20,000"), refresh=True),
}


def example(code: str) -> Problem:
    """Return the first problem of the kind that the made-up files give.

    Raises
    ------
    LookupError
        If they give none.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for problem in EXAMPLES[code](Path(folder), patch):
            if problem.code == code:
                return problem
    raise LookupError(f"found no problem with the code {code}; expected one of the made-up files")


def page() -> str:
    """Return docs/codes.md as it should be."""
    return page_of_codes({code: str(example(code)) for code in CODES})


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
