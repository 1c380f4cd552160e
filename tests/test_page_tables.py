"""Tests of tables: read by people, by screen readers and by spreadsheets."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.page.gate import check_page
from analysis.page.tables import NOT_AVAILABLE, SYMBOLS, Table
from analysis.quantities import UNITS

MINUS = "\N{MINUS SIGN}"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://x.example","x")',
    "A name that goes on for sixty characters, and then some more",
    "مدرسة",
    '&<">',
    "'single'",
    "</td></tr></table><script>alert(1)</script>",
    "{{ 7 * 7 }} {year}",
    "comma, and\nnew line",
]


class Reader(HTMLParser):
    """Reads one table: its caption, its headings with their scope, and its rows."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.caption = ""
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "caption" in self._open:
            self.caption += data
        elif {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "collaboration": ["Ash", "Beech", "Cedar"],
            "n_schools": pd.array([4, 12, None], dtype="Int64"),
            "funding_2012_13_gbp": [42000.0, np.nan, 0.0],
            "gain_ks2_1_pp": [-3.25, 0.0, 7.0],
            "note": pd.Series(["plain", None, ""], dtype="str"),
        }
    )


def table(**more: Any) -> Table:
    given = {"frame": frame(), "slug": "groups", "caption": "Groups, Kent 2013.", **more}
    return Table(**given)


def cells_of_csv(one: Table) -> list[list[str]]:
    text = one.to_csv().decode("utf-8")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_table_has_a_caption_one_header_row_and_a_scope_on_every_heading() -> None:
    read = Reader(table().to_html())
    assert read.caption.startswith("Groups, Kent 2013.")
    assert len(read.named("caption")) == len(read.named("table")) == 1
    assert len(read.named("thead")) == len(read.named("tbody")) == 1
    scopes = [attributes["scope"] for attributes in read.named("th")]
    assert scopes == ["col"] * 5 + ["row"] * 3
    assert {len(row) for row in read.rows} == {5}
    assert not [a for _, a in read.tags if "colspan" in a or "rowspan" in a]
    assert all(heading.strip() for heading in read.rows[0])


def test_headings_name_the_unit_and_cells_do_not() -> None:
    read = Reader(table().to_html())
    assert read.rows[0] == [
        "Collaboration",
        "Schools",
        "2012/13 funding, £",
        "Key stage 2 gain, column 1, pp",
        "Note",
    ]
    assert read.rows[1][1:4] == ["4", "42,000", f"{MINUS}3.2"]


@pytest.mark.parametrize(
    ("unit", "heading"),
    [
        ("share", "Part, %"),
        ("%", "Part, %"),
        ("GBP", "Part, £"),
        ("pp per GBP 10,000", "Part, pp per £10,000"),
        ("count", "Part"),
        ("probability", "Part"),
        ("correlation", "Part"),
        ("groups", "Part"),
    ],
)
def test_a_unit_is_written_in_a_heading_as_it_is_in_a_sentence(unit: str, heading: str) -> None:
    assert table(units={"part": unit}).heading("part") == heading


def test_every_unit_of_the_register_can_head_a_column() -> None:
    for unit in UNITS:
        heading = table(labels={"part": "part"}, units={"part": unit}).heading("part")
        assert heading.startswith("Part")
        assert heading == heading.strip(" ,")


def test_a_share_has_the_same_number_on_the_page_and_in_the_file() -> None:
    one = table(frame=pd.DataFrame({"k": ["three"], "share": [0.875]}), units={"share": "share"})
    assert Reader(one.to_html()).rows == [["K", "Share, %"], ["three", "87.5"]]
    assert cells_of_csv(one) == [["K", "Share, %"], ["three", "87.5"]]


def test_a_missing_value_is_an_x_and_never_a_nought_and_the_caption_says_so() -> None:
    read = Reader(table().to_html())
    assert NOT_AVAILABLE == "x"
    assert read.rows[2] == ["Beech", "12", "x", "0.0", "x"]
    assert read.rows[3] == ["Cedar", "x", "0", "7.0", ""]
    assert "x means not available" in read.caption
    assert "nan" not in table().to_html().lower()


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA, np.nan])
def test_every_way_to_be_missing_is_shown_alike(missing: object) -> None:
    assert table().cell(missing, "n_schools") == "x"
    assert table().cell(missing, "note") == "x"


def test_a_table_without_a_gap_says_nothing_of_gaps() -> None:
    assert "not available" not in table(frame=frame().head(1)).to_html()


MARKED = pd.DataFrame(
    {
        "group": ["Ash", "Beech", "Cedar", "Damson"],
        "share": [0.0004, np.nan, 0.0, np.nan],
        "gain": [np.nan, -0.04, 2.0, np.nan],
        "p": [0.0001, 0.5, np.nan, 1e-12],
    }
)
WHY = {(1, "share"): "c", (3, "share"): "u", (0, "gain"): "z"}


def marked(**more: Any) -> Table:
    units = {"share": "share", "gain": "pp", "p": "probability"}
    return table(**{"frame": MARKED, "units": units, "symbols": WHY, **more})


def test_the_symbols_stand_on_the_page_and_in_the_file_alike() -> None:
    shown, filed = Reader(marked().to_html()).rows, cells_of_csv(marked())
    for page_row, file_row in zip(shown[1:], filed[1:], strict=True):
        for on_page, in_file in zip(page_row, file_row, strict=True):
            assert (on_page in SYMBOLS) == (in_file in SYMBOLS)
            assert on_page not in SYMBOLS or on_page == in_file
    assert [row[1] for row in shown[1:]] == ["low", "c", "0.0", "u"]
    assert [row[2] for row in shown[1:]] == ["z", "low", "2.0", "x"]
    assert [row[3] for row in shown[1:]] == ["less than 0.001", "0.500", "x", "less than 0.001"]


@pytest.mark.parametrize(
    ("rows", "explained"), [(slice(0, 1), "low z"), (slice(1, 2), "c low"), (slice(2, 3), "x")]
)
def test_the_caption_explains_the_symbols_that_are_used_and_no_other(
    rows: slice, explained: str
) -> None:
    at = {(row - (rows.start), column): sign for (row, column), sign in WHY.items()}
    one = marked(frame=MARKED.iloc[rows].reset_index(drop=True), symbols=at)
    caption = Reader(one.to_html()).caption
    assert [sign for sign in SYMBOLS if f"{sign} means" in caption] == explained.split()


def test_a_symbol_is_for_a_missing_cell_and_never_hides_a_number() -> None:
    one = table(frame=pd.DataFrame({"k": ["a"], "n": [4.0]}), symbols={(0, "n"): "c"})
    assert Reader(one.to_html()).rows[1] == ["a", "4.0"]


@pytest.mark.parametrize(
    ("value", "unit", "cell"),
    [
        (0.04, "pp", "low"), (-0.04, "pp", "low"), (0.0, "pp", "0.0"), (0.05, "pp", "0.1"),
        (0.4, "GBP", "low"), (0.0004, "share", "low"), (0.0006, "share", "0.1"),
        (0.0004, "probability", "less than 0.001"), (1e-12, "ratio", "0.00"),
        (float("inf"), "pp", "\N{INFINITY}"), (0.3, "count", "low"),
    ],
)  # fmt: skip
def test_a_number_that_is_not_zero_is_not_written_as_zero(
    value: float, unit: str, cell: str
) -> None:
    one = table(frame=pd.DataFrame({"k": ["a"], "n": [value]}), units={"n": unit})
    assert Reader(one.to_html()).rows[1][1] == cell
    assert (cells_of_csv(one)[1][1] == "low") == (cell == "low")


def test_a_negative_number_has_a_true_minus_on_the_page_and_a_plain_one_in_the_file() -> None:
    assert f"{MINUS}3.2" in table().to_html()
    assert cells_of_csv(table())[1][3] == "-3.25"


def test_the_file_holds_the_same_rows_with_numbers_in_full_and_the_symbols_of_the_page() -> None:
    assert cells_of_csv(table()) == [
        Reader(table().to_html()).rows[0],
        ["Ash", "4", "42000", "-3.25", "plain"],
        ["Beech", "12", "x", "0", "x"],
        ["Cedar", "x", "0", "7", ""],
    ]
    long = table(frame=pd.DataFrame({"k": ["a"], "third": [1 / 3]}))
    assert cells_of_csv(long)[1] == ["a", "0.3333333333"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_letter_by_letter_and_runs_nowhere(name: str) -> None:
    one = table(
        frame=pd.DataFrame({"collaboration": [name, "Ash"], "note": ["plain", name]}),
        caption=f"Caption {name}",
        labels={"note": name},
    )
    markup = one.to_html()
    read = Reader(markup)
    assert read.rows[1] == [name, "plain"]
    assert read.rows[2] == ["Ash", name]
    assert name in read.caption
    assert not read.named("img")
    assert not read.named("script")
    page = f'<meta http-equiv="Content-Security-Policy" content="{policy()}">{markup}'
    if "{year}" not in name:
        check_page(page, ())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_comes_back_from_the_file_as_it_was(name: str) -> None:
    one = table(frame=pd.DataFrame({"collaboration": [name], "note": ["plain"]}))
    (_, (first, second)) = cells_of_csv(one)
    assert (first.removeprefix("'") if name[0] in "=+-@" else first) == name
    assert second == "plain"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_words_that_a_spreadsheet_would_run_are_words_in_the_file(start: str) -> None:
    risky = f'{start}HYPERLINK("x")'
    one = table(
        frame=pd.DataFrame({"k": [risky], "gain": [-3.5]}),
        labels={"k": risky},
        units={"gain": "pp"},
    )
    headings, line = cells_of_csv(one)
    assert headings[0] == f"'{risky}"
    assert line == [f"'{risky}", "-3.5"]


def test_the_file_is_utf8_with_plain_line_ends() -> None:
    one = table(frame=pd.DataFrame({"k": ["مدرسة £"]}))
    assert one.to_csv() == "K\nمدرسة £\n".encode()


@pytest.mark.parametrize("text", ["-3", "+0.5", "-1,234.5", "-12%", "−3", "-.5"])
def test_a_number_written_as_text_is_a_number_in_the_file(text: str) -> None:
    _, (cell,) = cells_of_csv(table(frame=pd.DataFrame({"k": [text]})))
    assert cell == text


@pytest.mark.parametrize("text", ["-3+cmd|' /c calc'!A0", "--3", "-3 schools", "-", "+"])
def test_what_only_begins_like_a_number_is_words_in_the_file(text: str) -> None:
    _, (cell,) = cells_of_csv(table(frame=pd.DataFrame({"k": [text]})))
    assert cell == f"'{text}"


def test_the_file_is_linked_and_the_region_that_scrolls_is_named_by_its_caption() -> None:
    read = Reader(table().to_html())
    (link,) = read.named("a")
    assert link["href"] == "data/groups.csv"
    (region,) = [a for tag, a in read.tags if a.get("role") == "region"]
    assert region["tabindex"] == "0"
    assert region["aria-labelledby"] == read.named("caption")[0]["id"]


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    classes = [a.get("class") for a in Reader(table().to_html()).named("th")[:5]]
    assert classes == [None, "num", "num", "num", None]


def test_a_verdict_and_a_kind_are_labels_in_words_and_not_in_colour_alone() -> None:
    one = table(
        frame=pd.DataFrame(
            {"claim": ["c"], "verdict": ["contradicts itself"], "called": ["not identified"]}
        )
    )
    read = Reader(one.to_html())
    classes = [attributes["class"] for attributes in read.named("span")]
    assert classes == ["verdict verdict-contradicts-itself", "kind kind-not-identified"]
    assert read.rows[1] == ["c", "contradicts itself", "not identified"]


def test_a_table_without_rows_is_said_in_words_and_keeps_its_file() -> None:
    empty = table(frame=frame().head(0))
    assert "Nothing to list." in empty.to_html()
    assert not Reader(empty.to_html()).named("table")
    assert len(cells_of_csv(empty)) == 1


def policy() -> str:
    return "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_long_words_get_room_and_numbers_stand_to_the_right() -> None:
    notes = pd.DataFrame({"group": ["Ash"], "gain": [1.0], "note": ["word " * 20], "of": ["Kent"]})
    one = table(frame=notes, units={"gain": "pp"})
    assert [cell.setting for cell in next(one.lines)] == ["", "num", "long", ""]
    assert '<td class="long">word' in one.to_html()


def test_compared_findings_are_set_as_numbers_though_each_has_a_unit_of_its_own() -> None:
    one = table(frame=pd.DataFrame({"question": ["a"], "unit": ["pp"], "value": ["1.0"]}))
    assert [cell.numeric for cell in next(one.lines)] == [False, False, False]
    assert [cell.numeric for cell in next(replace(one, by_unit=True).lines)] == [
        False, False, True,
    ]  # fmt: skip
