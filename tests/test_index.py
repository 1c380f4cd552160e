"""Tests of the index of years: its rows, its order, what it says of gaps, and its picture."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_cards import FEW, STATES, card, practice, write_cards
from world import World

from analysis.errors import AnalysisError, GateError
from analysis.page.gate import check_page
from analysis.page.index import build_index, in_order, index
from analysis.page.years import DIFFERENCE, SLOPE
from analysis.quantities import SUPPRESSED
from analysis.sources.registry import load_release


class Cells(HTMLParser):
    """The texts of the first table's cells, row by row, and their tags."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.heads: list[dict[str, str | None]] = []
        self._in = False
        self.feed(html.partition("<table")[2].partition("</table>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
            self._in = True
        if tag == "th":
            self.heads.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        if self._in:
            self.rows[-1][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self.rows[-1][-1] = " ".join(self.rows[-1][-1].split())
            self._in = False


def table(html: str) -> list[dict[str, str]]:
    """Return the rows of the index by heading."""
    heading, *rows = Cells(html).rows
    return [dict(zip(heading, row, strict=True)) for row in rows]


def page(*cards: object) -> str:
    return index(cards)[0]  # type: ignore[arg-type]


def test_the_newest_year_comes_first_and_made_up_years_last(tmp_path: Path) -> None:
    tutorial = card("2015", status="SIMULATED")
    write_cards(tmp_path, practice(), card("2012"), tutorial, card("2013"), card("2014"))
    years = ["2013", "simulated", "2015", "2014"]
    build_index(years, tmp_path, tmp_path / "findings")
    html = (tmp_path / "findings" / "index.html").read_text(encoding="utf-8")
    order = ["2014 Final", "2013 Final", "Practice year (simulated) SIMULATED", "2015 SIMULATED"]
    assert sorted(row["Year"] for row in table(html)) == sorted(order)
    assert [row["Year"] for row in table(html)][:2] == order[:2]


def test_a_year_has_a_row_with_its_answer_number_interval_coverage_and_trust() -> None:
    (row,) = table(page(card("2013")))
    assert row["Year"] == "2013 Final"
    assert row["What the tables say"] == "In 2013 between 1 & 2 pp."
    assert row["Slope of gain on funding, pp per £10,000"] == "−0.95"
    assert row["Slope, low end of the interval, pp per £10,000"] == "−1.73"
    assert row["Slope, high end of the interval, pp per £10,000"] == "−0.18"
    assert row["Groups with a gain shown"] == "23 of 77"
    trust = row["How far to trust this as an answer"]
    assert trust == "on funding: not at all on membership: little"


def test_the_caption_says_what_the_numbers_are_and_the_level_of_their_intervals() -> None:
    html = page(card("2013"))
    said = "Slope: slope of the key stage 2 gain on funding among the groups shown"
    assert f"{said}, with 95\N{NO-BREAK SPACE}% intervals." in html
    assert f"{said}." in page(card("2013", None))


def test_a_row_leads_to_the_page_the_chapters_the_findings_and_the_tables() -> None:
    html = page(card("2013"))
    for target in ("2013/07_findings.html", "2013/01_data.html", "2013/findings.json",
                   "2013/data/gains.csv", "2013/data/collaborations-2013.xlsx", "#year-2013",
                   "#tables-2013"):  # fmt: skip
        assert f'href="{target}"' in html
    assert ">All tables of 2013 in one workbook (XLSX, 692 KB)</a>" in html
    assert {"year-2013", "tables-2013"} <= set(re.findall(r' id="([^"]+)"', html))


def test_the_table_can_be_read_aloud() -> None:
    html = page(*STATES["six years with a break and gaps"])
    cells = Cells(html)
    assert {head["scope"] for head in cells.heads} == {"col", "row"}
    assert all(cells.rows[0])
    assert len({len(row) for row in cells.rows}) == 1
    assert html.count("<caption") == html.count("<table")
    labels = re.findall(r'data-label="([^"]+)"', html)
    assert set(labels) < set(cells.rows[0])


def test_a_year_without_a_number_shows_its_symbol_and_says_why() -> None:
    html = page(card("2013", None, shown=None, missing={SLOPE.finding: FEW}))
    (row,) = table(html)
    assert row["Slope of gain on funding, pp per £10,000"] == "x"
    assert row["Groups with a gain shown"] == "x"
    assert f"Slope of gain on funding: not available; {FEW}." in row["What the tables say"]
    assert "Groups with a gain shown: not available; " in row["What the tables say"]
    assert "x means not available" in html
    assert "x means not available" not in page(card("2013"))


@pytest.mark.parametrize(("shown", "text"), [((0, 77), "0 of 77"), ((1, 1), "1 of 1"),
                         ((3, 3), "3 of 3"), ((700, 1200), "700 of 1,200")])  # fmt: skip
def test_coverage_is_computed_from_the_card(shown: tuple[int, int], text: str) -> None:
    assert table(page(card("2013", shown=shown)))[0]["Groups with a gain shown"] == text


def test_the_difference_of_members_gets_its_columns_once_a_real_year_has_it() -> None:
    heading = "Members and others differ by, pp"
    assert heading not in table(page(card("2013"), practice()))[0]
    rows = table(page(card("2014", difference=(1.0, -0.5, 2.5)), card("2013"), practice()))
    assert [row[heading] for row in rows] == ["1.0", "x", "2.9"]


def test_the_practice_year_is_marked_in_its_row_and_its_sentence() -> None:
    html = page(card("2013"), practice())
    row = table(html)[-1]
    assert "SIMULATED" in row["Year"]
    assert row["What the tables say"].startswith("SIMULATED: ")
    assert html.count('class="made-up"') == 1


def test_a_provisional_year_is_marked_in_its_row_and_its_sentence() -> None:
    (row,) = table(page(card("2013", status="provisional")))
    assert row["Year"] == "2013 PROVISIONAL"
    assert row["What the tables say"].startswith("PROVISIONAL: In 2013")


def test_a_page_that_has_been_overtaken_says_why_and_what_to_do() -> None:
    html, _ = index([card("2013")], {"2013": [("it grew old", "make it again")]})
    (row,) = table(html)
    assert row["Year"] == "2013 Final Overtaken"
    assert "Overtaken: it grew old. What to do: make it again." in row["What the tables say"]
    assert "vertaken" not in page(card("2013")).partition("</style>")[2]


def test_the_index_finds_out_by_itself_that_a_page_has_been_overtaken(nowhere: World) -> None:
    release = load_release(nowhere.year)
    sources = {source.file: source.sha256 for source in release.files}
    old = card(nowhere.year, status="provisional", sources=sources)
    write_cards(nowhere.root, old)
    findings = nowhere.root / "findings"

    def rows() -> str:
        provisional = {nowhere.year: replace(release, maturity="provisional")}
        build_index([nowhere.year], nowhere.root, findings, provisional)
        return table((findings / "index.html").read_text(encoding="utf-8"))[0]["Year"]

    assert rows() == "2031 PROVISIONAL"
    frozen = {"year": nowhere.year, "maturity": "revised", "findings": {}}
    nowhere.put(f"findings/published/{nowhere.year}.json", json.dumps(frozen))
    assert rows() == "2031 PROVISIONAL Overtaken"


def test_everything_is_escaped() -> None:
    hard = card("2013", label="<i>", headline=['<b> & "more"'], place="<u>",
                chapters=[{"name": "01_a", "title": "<b> & more"}])  # fmt: skip
    later = card("2014", missing={}, place="<u>")
    html, _ = index([later, hard], {"2013": [("<s>", "<em>")]})
    assert not re.search(r"<(i|b|u|s|em)>", html)
    assert "&lt;b&gt; &amp; more" in html


def test_no_year_at_all_is_said() -> None:
    assert "No year has been published yet." in page()


def test_one_real_year_is_a_page_state_in_words() -> None:
    html = page(*STATES["one year"])
    assert "Only one real year has been published" in html
    assert "<figure" not in html
    assert "Only one real year" not in page(*STATES["two years"])


def test_no_real_year_and_years_without_numbers_are_page_states_too() -> None:
    assert "No real year has been published" in page(practice())
    html = page(card("2014", None), card("2013", None))
    assert "Fewer than two of these years have the number" in html
    assert "<figure" not in html


@pytest.mark.parametrize("state", STATES)
def test_every_state_passes_the_gate_and_has_its_tables(state: str) -> None:
    html, tables = index(in_order(STATES[state]))
    check_page(html, ())
    for name in tables:
        assert f'href="years/{name}.csv"' in html or "<figure" not in html
    assert ("<figure" in html) == (state != "one year")
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_the_tables_behind_the_pictures_are_written_and_old_ones_removed(tmp_path: Path) -> None:
    write_cards(tmp_path, *STATES["two years"])
    old = tmp_path / "findings" / "years" / "old.csv"
    old.parent.mkdir(parents=True)
    old.write_text("old", encoding="utf-8")
    build_index(["2013", "2014", "simulated"], tmp_path, tmp_path / "findings")
    names = [file.name for file in old.parent.iterdir()]
    assert names == ["funding-ks2-slope_pp_per_10k-by-year.csv"]
    html = (tmp_path / "findings" / "index.html").read_text(encoding="utf-8")
    assert f'href="years/{names[0]}"' in html


def test_a_practice_year_alone_leaves_an_empty_folder_of_tables(tmp_path: Path) -> None:
    write_cards(tmp_path, practice())
    build_index(["simulated"], tmp_path, tmp_path / "findings")
    assert list((tmp_path / "findings" / "years").iterdir()) == []


def test_a_year_without_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"2013.json: there is no card of 2013"):
        build_index(["2013"], tmp_path, tmp_path)


@pytest.mark.parametrize("others", [(), (practice(kinds=["effect"]),)], ids=["alone", "beside"])
def test_a_headline_that_says_more_than_its_findings_is_refused(
    tmp_path: Path, others: tuple[object, ...]
) -> None:
    write_cards(tmp_path, card("2013", headline=["Money caused the gain."]), *others)  # type: ignore[arg-type]
    years = ["2013", *(["simulated"] if others else [])]
    with pytest.raises(GateError, match="causal wording"):
        build_index(years, tmp_path, tmp_path / "findings")
    assert not (tmp_path / "findings").exists()


def test_a_year_whose_gate_granted_the_word_may_use_it(tmp_path: Path) -> None:
    write_cards(tmp_path, practice(headline=["The effect is known."], kinds=["effect"]))
    build_index(["simulated"], tmp_path, tmp_path / "findings")
    assert (tmp_path / "findings" / "index.html").is_file()


def test_the_index_looks_like_the_pages_and_asks_for_nothing() -> None:
    html = page(card("2013"))
    assert "--accent:" in html
    assert "http" not in html.replace("http-equiv", "")


def test_a_suppressed_number_is_a_c_with_its_meaning_and_the_reason_beside_it() -> None:
    known = card("2013", difference=(2.9, 0.5, 5.2))
    left_out = dict.fromkeys(("value", "low", "high", "level", "p_value", "n"))
    entry = {**known.numbers[DIFFERENCE.finding], **left_out, "text": SUPPRESSED}
    numbers = {**known.numbers, DIFFERENCE.finding: {**entry, "suppressed": ["n", "value"]}}
    hidden = replace(known, year="2014", label="2014", numbers=numbers)
    html = page(hidden, known)
    first, second = table(html)
    cells = [first[name] for name in first if "embers" in name and "pp" in name]
    assert cells[:1] == ["c"]
    assert "c" not in [second[name] for name in second]
    assert "c means suppressed" in html
    assert SUPPRESSED in html
    assert "c means suppressed" not in page(known)
