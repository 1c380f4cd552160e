"""Tests of docs/tables.md: it is the register's own, and its examples are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.sources import formats
from analysis.sources.convert import Missing
from analysis.sources.dirty_cells import read_cell
from analysis.sources.registry import OPTIONAL, TABLES
from analysis.sources.vocabulary import READABLE
from analysis.tables.guide import EXPLAINED, as_csv, columns_of, headings_of, table_guide
from analysis.tables.reading import Accepted, read_one
from analysis.variables import known, variable

FILE = Path(__file__).parents[1] / "docs" / "tables.md"
# Two years that follow each other are the whole of a table of grades.
ROWS = {"grades": ("2013", "2014")}


def test_the_guide_is_what_the_register_says_today() -> None:
    write = "Path('docs/tables.md').write_text(table_guide())"
    assert FILE.read_text(encoding="utf-8") == table_guide(), f"write it anew: {write}"


def test_every_table_of_a_release_is_explained_with_all_of_its_columns() -> None:
    assert set(EXPLAINED) == {*TABLES, *formats.TABLES}
    text = FILE.read_text(encoding="utf-8")
    for table in EXPLAINED:
        section = text.partition(f"## `{table}.csv`\n")[2].partition("\n## ")[0]
        for column in (*TABLES.get(table, ()), *OPTIONAL.get(table, ()), *columns_of(table)):
            assert f"`{column}`" in section, (table, column)


@pytest.mark.parametrize("table", EXPLAINED)
def test_an_example_row_fills_columns_of_its_table(table: str) -> None:
    columns = columns_of(table)
    for column, cell in EXPLAINED[table].example.items():
        assert column in columns
        if table != "claims":
            assert known(column)
        if table in TABLES and table not in ("claims", "payments"):
            assert not isinstance(read_cell(cell, variable(column).cell).value, Missing)


@pytest.mark.parametrize("table", [table for table in EXPLAINED if table in READABLE])
def test_an_example_row_is_read_as_it_stands(table: str, tmp_path: Path) -> None:
    example = EXPLAINED[table].example
    rows = [tuple({**example, "grades_year": year}.values()) for year in ROWS.get(table, ())]
    file = tmp_path / f"{table}.csv"
    cells = rows or [tuple(example.values())]
    file.write_text(as_csv(headings_of(table), cells), encoding="utf-8")
    result = read_one(table, file)
    assert isinstance(result, Accepted), result.as_dict()
    assert len(result.rows) == len(cells)
