"""Tests of a year's workbook: text stays text, numbers stay numbers, and every sheet is sound."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from books import ENTRY, made_edition
from spreadsheets import as_shown, lines, opened, parts

from analysis.errors import AnalysisError
from analysis.page.edition import Edition
from analysis.page.maturity import mark_of, with_mark
from analysis.page.say import CAUSAL_WORDS
from analysis.page.shown import Number, Shown, keep, kept, shown
from analysis.page.tables import Cell, Table
from analysis.page.workbook import number_format, workbook
from analysis.page.workbook_sheets import LONGEST_NAME, distinct
from analysis.quantities import UNITS, Quantity, write

EDITION = replace(
    made_edition("01_data", "02_claims"),
    title="Results of Nowhere",
    place="Nowhere",
    publisher="Nobody",
    published="2014",
    licence="free to use",
)
HOSTILE = [
    '=HYPERLINK("http://x.example","x")',
    "=1+1",
    "{=1+1}",
    "+1",
    "-3",
    "@x",
    "\tcmd",
    "<img src=x onerror=alert(1)>",
    "A name that goes on for sixty characters, and then some more",
    "مدرسة",
    '&<">',
    "'single",
    "http://x.example",
    "mailto:a@x.example",
    "internal:Cover!A1",
    "[x](http://x.example)",
    "$$note$$",
    "two\nlines",
    "  spaces  ",
    "_x0041_",
    "007",
    "1e5",
    "TRUE",
    "=== heading",
    "# no heading",
]
SMALL = 0.0000123


def table(frame: pd.DataFrame | None = None, **more: Any) -> Table:
    if frame is None:
        frame = pd.DataFrame(
            {
                "collaboration": ["Ash", "Beech", "Cedar"],
                "n_schools": pd.array([4, 1200, None], dtype="Int64"),
                "gain_ks2_1_pp": [-3.25, np.nan, 1 / 3],
                "note": pd.Series(["plain", None, ""], dtype="str"),
            }
        )
    return Table(frame, **{"slug": "01_data-groups", "caption": "Groups, Nowhere.", **more})


def made(*tables: Shown, edition: Edition = EDITION, **findings: Any) -> bytes:
    return workbook(edition, {"01_data": tables, "02_claims": []}, {}, findings)


def own(data: bytes) -> Any:
    """Return the sheet of the first table."""
    return opened(data).worksheets[3]


def test_a_missing_cell_bears_its_symbol_and_a_number_is_a_number() -> None:
    sheet = own(made(shown(table())))
    heads, ash, beech, cedar = lines(sheet)
    assert [cell.value for cell in heads] == [
        "Collaboration",
        "Schools",
        "Key stage 2 gain, column 1, pp",
        "Note",
    ]
    assert [cell.value for cell in ash] == ["Ash", 4, -3.25, "plain"]
    assert [cell.value for cell in beech] == ["Beech", 1200, "x", "x"]
    assert [cell.value for cell in cedar] == ["Cedar", "x", 0.3333333333, "z"]
    assert [as_shown(cell) for cell in (beech[1], ash[2], cedar[2])] == ["1,200", "-3.2", "0.3"]
    assert sheet["A1"].value == "Groups, Nowhere."
    said = "This sheet holds one table. x: not available. z: not applicable."
    assert sheet["A2"].value.startswith(said)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_text_wherever_it_stands(name: str) -> None:
    frame = pd.DataFrame({"collaboration": [name, "Ash"], "gain": [1.5, 2.5]})
    one = table(frame, caption=name, labels={"gain": f"{name}?"}, units={"gain": "pp"})
    edition = replace(EDITION, title=name, licence=name, publisher=name)
    data = made(shown(one, picture=name), edition=edition, **{name: {**ENTRY, "text": name}})
    book = opened(data)
    sheet = book.worksheets[3]
    heads, first, second = lines(sheet)
    assert [first[0].value, second[0].value, sheet["A1"].value] == [name, "Ash", name]
    assert heads[1].value.replace("\r", "") == f"{name[:1].upper()}{name[1:]}?, pp"
    assert {first[0].data_type, sheet["A1"].data_type} == {"s"}
    finding = lines(book["All findings"])[1]
    assert (finding[0].value, finding[11].value) == (name, name)
    assert_is_inert(data)


def assert_is_inert(data: bytes) -> None:
    """Ask that nothing in a workbook runs, loads or leads outside it."""
    for name, part in parts(data).items():
        assert not {"vba", "external", "drawing", "media"} & set(name.lower().split("/")), name
        assert "TargetMode" not in part, name
        if name.startswith("xl/worksheets/sheet"):
            assert "<f>" not in part
            assert "<f " not in part
            assert "r:id=" not in part.replace("<tablePart r:id=", "")


def test_a_name_that_would_be_cut_by_a_spreadsheet_is_refused() -> None:
    long = shown(table(pd.DataFrame({"collaboration": ["a" * 32_768]})))
    with pytest.raises(AnalysisError, match="a text is too long for a cell: aaa"):
        made(long)


def test_the_same_tables_give_the_same_bytes_and_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    one = made(shown(table()), a=ENTRY)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    assert made(shown(table()), a=ENTRY) == one
    core = parts(one)["docProps/core.xml"]
    assert core.count("1980-01-01T00:00:00Z") == 2


class Suppressed(Table):
    """A table that shows `c` in the place of small numbers."""

    @property
    def lines(self) -> Iterator[list[Cell]]:
        for line in super().lines:
            yield [replace(cell, text="c") if cell.text == "3.2" else cell for cell in line]


def test_a_value_that_the_page_hides_is_nowhere_in_the_workbook(tmp_path: Path) -> None:
    frame = pd.DataFrame({"collaboration": ["Ash", "Beech"], "gain_ks2_1_pp": [3.187, 7.5]})
    keep(tmp_path, "01_data", [shown(Suppressed(frame, "groups", "Groups."))])
    stored = (tmp_path / "tables" / "01_data.json").read_text(encoding="utf-8")
    data = made(*kept(tmp_path, "01_data"))
    cells = lines(own(data))
    assert [cells[1][1].value, cells[2][1].value] == ["c", 7.5]
    assert "c: suppressed" in own(data)["A2"].value
    assert "3.187" not in stored + "".join(parts(data).values())


def test_what_is_kept_is_read_as_it_was_and_each_name_once(tmp_path: Path) -> None:
    first, second = shown(table(), picture="Twelve of 18"), shown(table(slug="other"))
    keep(tmp_path, "01_data", [replace(first, caption="Older."), second, first])
    assert kept(tmp_path, "01_data") == [first, second]
    assert kept(tmp_path, "02_claims") == []


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_a_number_is_shown_as_the_page_shows_it_and_held_to_ten_digits(unit: str) -> None:
    values = [12345.678912345, -0.987654321012, 0.0, SMALL]
    values = [abs(value) if unit == "probability" else value for value in values]
    said = [Quantity("a", value, unit, "bound", "m", low=value, high=-value) for value in values]
    bare = [write(value, unit, bare=True) for value in values]
    frame = pd.DataFrame({"question": "q", "value": [one.text for one in said], "low": bare})
    frame["high"] = [write(one.high, unit, bare=True) for one in said]
    rows = lines(own(made(shown(Table(frame, "01_data-compare-1", "Compared."), said))))[1:]
    for (_, whole, low, high), one in zip(rows, said, strict=True):
        ends = [write(end, unit, bare=True) for end in (one.low, one.high)]
        texts = [re.sub("^-", "\N{MINUS SIGN}", as_shown(cell)) for cell in (whole, low, high)]
        assert texts == [one.text, *ends]
        for cell, value in ((whole, one.value), (low, one.low), (high, one.high)):
            assert value is not None
            assert cell.value == pytest.approx(value * UNITS[unit].scale, rel=1e-9, abs=1e-99)
            assert cell.value == float(f"{cell.value:.10g}")


def test_a_number_without_a_unit_or_an_end_is_shown_as_it_is() -> None:
    frame = pd.DataFrame({"k": ["a", "b"], "paragraph": [9, 16], "end": [np.inf, 0.5]})
    cells = lines(own(made(shown(table(frame, units={"end": "pp"})))))[1:]
    assert [[cell.value for cell in row[1:]] for row in cells] == [[9, "∞"], [16, 0.5]]
    assert number_format(Number(9, "", True, "9")) == "General"


def test_truth_is_a_word_and_not_a_number() -> None:
    frame = pd.DataFrame({"k": ["a"], "is_paid": [True]})
    assert lines(own(made(shown(table(frame)))))[1][1].value == "True"


def test_a_list_of_findings_holds_a_number_only_where_the_page_shows_it() -> None:
    about = Quantity("a", 1.234, "pp", "description", "m", p_value=SMALL, n=1500)
    said = {"value": "1.2\N{NO-BREAK SPACE}pp", "p": "less than 0.001", "rows": "1,500"}
    good = pd.DataFrame([{"question": "q", **said}])
    other = pd.DataFrame([{"question": "q", **dict.fromkeys(said, "c")}])
    one = lines(own(made(shown(table(good), [about]))))[1]
    assert [cell.value for cell in one[1:]] == [1.234, SMALL, 1500]
    assert [as_shown(cell) for cell in one[1:]] == list(said.values())
    hidden = lines(own(made(shown(table(other), [about]))))[1]
    assert [cell.value for cell in hidden[1:]] == ["c"] * 3
    assert [cell.value for cell in lines(own(made(shown(table(good), [None]))))[1][1:]] == [
        *said.values()
    ]


def test_names_of_sheets_and_headings_are_told_apart_and_fit() -> None:
    names = ["5.1 Slopes of the gain on money paid", "5.1 Slopes of the gain on money up", "A", "a"]
    told = distinct(names, LONGEST_NAME)
    assert told == [
        "5.1 Slopes of the gain on money",
        "5.1 Slopes of the gain on (2)",
        "A",
        "a (2)",
    ]
    frame = pd.DataFrame([["q", 1, 2]], columns=["k", "groups", "n"])
    heads = lines(own(made(shown(table(frame, labels={"n": "groups"})))))[0]
    assert [cell.value for cell in heads] == ["K", "Groups", "Groups (2)"]


def test_tables_of_like_names_have_sheets_and_ranges_of_their_own() -> None:
    slugs = ["01_data-a-b", "01_data-a_b", "simulated-01_data-a-b", "01_data-" + "long " * 20]
    book = opened(made(*(shown(table(slug=slug)) for slug in slugs)))
    sheets = book.sheetnames
    assert len({name.lower() for name in sheets}) == len(sheets) == 4 + len(slugs)
    assert all(0 < len(name) <= LONGEST_NAME for name in sheets)
    ranges = [name for sheet in book.worksheets for name in sheet.tables]
    assert len({name.lower() for name in ranges}) == len(ranges) == 3 + len(slugs)


def test_a_table_without_rows_has_one_that_says_so() -> None:
    cells = lines(own(made(shown(table(table().frame.head(0))))))
    assert [cell.value for cell in cells[1]] == ["z"] * 4
    assert len(cells) == 2


@pytest.mark.parametrize("status", ["provisional", "SIMULATED", "final", "revised"])
def test_cover_and_every_sheet_bear_the_mark_of_the_release(status: str) -> None:
    edition, mark = replace(EDITION, status=status), mark_of(status)
    one = shown(table(caption=with_mark("Groups, Nowhere.", mark)))
    book = opened(made(one, edition=edition, a=ENTRY))
    titles = [sheet["A1"].value for sheet in book.worksheets]
    assert len(titles) == 5
    assert all(title.startswith(f"{mark}: ") for title in titles) == bool(mark)
    assert f"Status: {status}." in book["Cover"]["A2"].value
    cover = " ".join(str(row[0].value) for row in book["Cover"].iter_rows())
    assert ("Made-up data" in cover) == (status == "SIMULATED")
    assert ("write “provisional”" in cover) == (status == "provisional")
    assert edition.workbook == (
        "simulated-collaborations-2013.xlsx"
        if status == "SIMULATED"
        else "collaborations-2013.xlsx"
    )


def test_the_name_of_a_made_up_years_workbook_says_simulated_once() -> None:
    edition = replace(EDITION, status="SIMULATED", year="simulated")
    assert edition.workbook == "collaborations-simulated.xlsx"


def test_the_cover_says_what_whence_how_to_cite_and_what_is_not_here() -> None:
    edition = replace(EDITION, apart=frozenset({"02_claims"}))
    book = opened(workbook(edition, {"01_data": [shown(table())]}, {}, {"a": ENTRY}))
    cover = "\n".join(str(row[0].value) for row in book["Cover"].iter_rows())
    for words in (
        "School-to-school collaborations, 2013: all tables and findings",
        "Source: Results of Nowhere; Nobody; 2014.",
        "Of the source: free to use.",
        "How to cite",
        "collaborations-2013.xlsx",
        "plan.yaml: SHA-256 bbbbbbbbbbbb",
        "Not here: the tables of the page “Title of 02_claims”",
    ):
        assert words in cover
    contents = [str(row[0].value) for row in book["Contents"].iter_rows()]
    assert any("“Title of 02_claims”" in line for line in contents)
    assert not CAUSAL_WORDS.search(cover)


def test_the_document_names_its_title_subject_and_language() -> None:
    about = opened(made(a=ENTRY)).properties
    assert about.title == "School-to-school collaborations, 2013: all tables and findings"
    assert about.subject == "School-to-school collaborations, Nowhere, 2013"
    assert about.language == "en-GB"


def test_titles_are_marked_as_headings_and_not_only_set_in_bold() -> None:
    data = made(shown(table()), a=ENTRY)
    for sheet in opened(data).worksheets:
        assert sheet["A1"].style == "Heading 1"
        assert sheet["A1"].font.b
    cover = opened(data)["Cover"]
    heads = [row[0].value for row in cover.iter_rows() if row[0].style == "Heading 2"]
    assert heads[0] == "What this workbook holds"
    assert len(heads) == 5


def test_a_finding_without_a_number_says_why_and_a_share_is_held_as_recorded() -> None:
    bare = {"value": None, "low": None, "high": None}
    found = {
        "bound": ENTRY
        | bare
        | {"low": -1.5, "high": 2.5, "text": "−1.5 to 2.5 pp", "level": 0.95}
        | {"kind": "bound"},
        "lost": ENTRY | bare | {"text": "not available", "n": None, "sources": []},
        "share": ENTRY | {"value": 0.87654, "unit": "share", "p_value": SMALL},
        "words": ENTRY | bare | {"text": "not identified"},
    }
    rows = lines(opened(made(**found))["All findings"])[1:]
    bound, lost, share, words = ([cell.value for cell in row] for row in rows)
    assert bound[:8] == ["bound", "z", "pp", -1.5, 2.5, 0.95, "z", 3]
    assert (lost[1], lost[3], lost[6], lost[7], lost[10]) == ("x", "x", "x", "z", "z")
    assert (share[1], share[6]) == (0.87654, SMALL)
    assert (as_shown(rows[2][1]), as_shown(rows[2][6])) == ("87.7%", "less than 0.001")
    assert (words[1], words[11]) == ("z", "not identified")


def test_a_finding_that_is_left_out_is_suppressed_in_each_of_its_cells() -> None:
    none = dict.fromkeys(("value", "low", "high", "level", "p_value", "n"))
    found = {
        "all": ENTRY | none | {"text": "[suppressed]", "suppressed": ["n", "value"]},
        "rows": ENTRY | {"n": None, "suppressed": ["n"]},
    }
    sheet = opened(made(**found))["All findings"]
    whole, rows = ([cell.value for cell in row] for row in lines(sheet)[1:])
    assert [whole[at] for at in (1, 3, 4, 5, 6, 7)] == ["c"] * 6
    assert (rows[1], rows[7]) == (1.5, "c")
    assert "c: suppressed" in sheet["A3"].value
