"""Test of the tables that a chapter keeps for the year's workbook."""

from __future__ import annotations

from pathlib import Path

from test_chapter import SLOPE, chapter, open_chapter, picture, record, staging, study

from analysis.page import listings
from analysis.page.chapter import Chapter
from analysis.page.shown import Number, kept

__all__ = ["chapter", "open_chapter", "staging", "study"]  # its fixtures, here for this module


def test_a_chapter_keeps_its_tables_as_it_shows_them_in_order_with_numbers_as_numbers(
    chapter: Chapter, staging: Path
) -> None:
    chapter.table(listings.groups)
    chapter.show(picture)
    chapter.compare("Slopes.", ("Slope", SLOPE))
    chapter.close()
    groups, dots, slopes, all_numbers = kept(staging, "05_test")
    assert [one.slug for one in (groups, dots, slopes, all_numbers)] == [
        "05_test-groups", "05_test-dots", "05_test-compare-1", "05_test-numbers"
    ]  # fmt: skip
    assert [one.picture for one in (groups, dots, slopes)] == ["", "Title", ""]
    assert (groups.caption, len(groups.rows)) == ("The 77 collaborations, as published.", 77)
    slope = record(staging)["findings"][SLOPE]
    shown = [cell.value if isinstance(cell, Number) else cell for cell in slopes.rows[0]]
    parts = [slope[part] for part in ("value", "low", "high", "p_value", "n")]
    assert shown == ["Slope", "pp per £10,000", *parts, "association"]
    listed = {row[0]: row[1] for row in all_numbers.rows}
    assert isinstance(listed[SLOPE], Number)
    assert listed[SLOPE].value == slope["value"]
