"""Tests of tables pasted from a PDF: columns told by their places, or by what a row can hold."""

from __future__ import annotations

from pathlib import Path

import dirty
import pytest

from analysis.tables.reading import Accepted, Rejected

STRICT = {table: dirty.strict(table) for table in dirty.REPORT}
SPACED = "parted by single spaces"


def in_columns(cells: dirty.Cells, gap: int, right: bool) -> list[str]:
    """Return rows as a PDF's text holds them, numbers at the left or at the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    side = ">" if right else "<"
    sides = ["<", "<", *[side] * (len(widths) - 2)]
    lines = [
        (" " * gap).join(f"{c:{s}{w}}" for c, s, w in zip(row, sides, widths, strict=True))
        for row in cells
    ]
    return [line.rstrip() for line in lines]


def in_words(cells: dirty.Cells) -> list[str]:
    return [" ".join(cell for cell in row if cell) for row in cells]


def accepted(folder: Path, table: str, lines: list[str]) -> Accepted:
    result = dirty.read(folder, table, "\n".join(lines) + "\n")
    assert isinstance(result, Accepted), [str(problem) for problem in result.problems]
    return result


@pytest.mark.parametrize("gap", [2, 3, 8])
@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("table", dirty.REPORT)
def test_columns_of_pasted_text_are_told_by_their_places(
    table: str, right: bool, gap: int, tmp_path: Path
) -> None:
    lines = in_columns(dirty.original(table), gap, right)
    assert list(accepted(tmp_path, table, lines).rows) == STRICT[table]


@pytest.mark.parametrize("table", dirty.REPORT)
def test_titles_pages_and_notes_of_pasted_text_are_set_aside(table: str, tmp_path: Path) -> None:
    lines = in_columns(dirty.original(table), 3, True)
    pages = ["Kent County Council", "", *lines[:15], "", "          12", f"\f{lines[0]}"]
    result = accepted(tmp_path, table, [*pages, *lines[15:], "", "Source: KCC"])
    assert list(result.rows) == STRICT[table]


@pytest.mark.parametrize("table", dirty.REPORT)
def test_pasted_rows_a_little_out_of_line_are_still_placed(table: str, tmp_path: Path) -> None:
    lines = in_columns(dirty.original(table), 3, True)
    moved = [" " * (i % 2) + line for i, line in enumerate(lines)]
    assert list(accepted(tmp_path, table, moved).rows) == STRICT[table]


def test_rows_with_single_spaces_are_read_where_each_can_mean_one_thing(tmp_path: Path) -> None:
    lines = in_words(dirty.original("ofsted"))
    result = accepted(tmp_path, "ofsted", ["Appendix 3", "", *lines, "", "Source: KCC"])
    assert list(result.rows) == STRICT["ofsted"]
    assert any(SPACED in note for note in result.notes)


def test_a_heading_without_number_and_name_parts_single_spaces_too(tmp_path: Path) -> None:
    lines = in_words(dirty.original("ofsted"))
    lines[0] = lines[0].removeprefix("number name ")
    assert list(accepted(tmp_path, "ofsted", lines).rows) == STRICT["ofsted"]


def test_a_row_with_single_spaces_and_blank_cells_is_refused(tmp_path: Path) -> None:
    lines = in_words(dirty.original("gains"))
    result = dirty.read(tmp_path, "gains", "\n".join(lines) + "\n")
    assert isinstance(result, Rejected)
    [problem] = result.problems
    assert (problem.row, problem.column) == (7, "name")
    assert "18 5 10" in problem.found


def test_three_numbers_that_stand_between_two_blocks_are_refused(tmp_path: Path) -> None:
    lines = in_columns(dirty.original("gains"), 6, True)
    at = next(i for i, line in enumerate(lines) if line.startswith("EAS Hub"))
    numbers = lines[at].split()[-3:]
    lines[at] = f"{'EAS Hub':<69}" + (" " * 9).join(numbers)
    result = dirty.read(tmp_path, "gains", "\n".join(lines) + "\n")
    assert isinstance(result, Rejected)
    assert result.problems[0].row == at + 1
