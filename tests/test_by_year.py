"""Tests of the picture of a number by year, in each of its states."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from made_cards import FEW, OLD, STATES, card, practice
from test_figures import walked

from analysis.page.card import Card
from analysis.page.figures.by_year import can_be_drawn, coefficient_by_year, table_by_year
from analysis.page.figures.canvas import _DARK, ALT_LENGTH, BLUE, Figure
from analysis.page.gate import POLICY, check_page
from analysis.page.years import SLOPE, by_year

SEVERAL = {name: cards for name, cards in STATES.items() if name != "one year"}


def draw(cards: list[Card]) -> Figure:
    return coefficient_by_year(by_year(cards, SLOPE), SLOPE, "by-year", cards[0].place)


def texts(figure: Figure) -> list[str]:
    root = ElementTree.fromstring(figure.svg)
    return [element.text or "" for element in root.iter() if element.tag.endswith("}text")]


@pytest.fixture(params=SEVERAL)
def figure(request: pytest.FixtureRequest) -> Figure:
    return draw(SEVERAL[request.param])


def test_one_year_is_no_picture_and_two_are() -> None:
    assert not can_be_drawn(by_year(STATES["one year"], SLOPE))
    assert can_be_drawn(by_year(STATES["two years"], SLOPE))
    assert not can_be_drawn(by_year([card("2013"), card("2014", None)], SLOPE))


def test_a_picture_drawn_twice_has_the_same_bytes() -> None:
    once, again = (draw(STATES["three years, the last provisional"]) for _ in range(2))
    assert once.to_html() == again.to_html()


def test_the_picture_passes_the_gate_of_a_page(figure: Figure) -> None:
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    check_page(head + figure.to_html(), ())
    assert "<b>" not in figure.to_html()


def test_the_alt_text_says_chart_coverage_and_numbers(figure: Figure) -> None:
    assert figure.alt.startswith("Dot chart with intervals of the slope")
    assert ALT_LENGTH[0] <= len(figure.alt) <= ALT_LENGTH[1]
    assert re.search(r"in \d+ years from 20\d\d to 20\d\d", figure.alt)


def test_the_alt_text_of_two_years_holds_both_with_their_intervals() -> None:
    alt = draw(STATES["two years"]).alt
    assert "2013 −0.95 (−1.73 to −0.18); 2014 −0.40 (−1.20 to 0.40)" in alt
    assert "1 pair of neighbouring years is joined" in alt


def test_the_title_is_computed_from_the_intervals() -> None:
    title = "The interval of the slope excludes zero in {} of {} years"
    assert draw(STATES["two years"]).title == title.format(1, 2)
    assert draw(STATES["six years with a break and gaps"]).title == title.format(2, 5)


def lines(figure: Figure) -> int:
    """Return how many lines join two years: solid or dashed strokes of the first colour."""
    svg = figure.svg.decode()
    looks = dict(re.findall(r"\.(\w+)\{([^}]*)\}", svg.partition("@media")[0]))
    joined = [n for n, look in looks.items() if BLUE in look and "1.6" in look]
    paths = re.findall(r"<path class='(\w+)' d='([^']*)'", svg)
    return sum(path.count("M") for name, path in paths if name in joined)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("two years", 1),
        ("three years, the last provisional", 1),
        ("six years with a break and gaps", 1),
        ("twenty years, hard names", 19),
    ],
)
def test_a_line_joins_only_what_may_be_compared(state: str, expected: int) -> None:
    assert lines(draw(STATES[state])) == expected


def test_gaps_and_breaks_are_explained_in_the_caption() -> None:
    caption = draw(STATES["six years with a break and gaps"]).caption
    assert f"No number (x) of 2015: {FEW}." in caption
    assert "No number (x) of 2018: no pages of this year have been made." in caption
    assert "No line from 2016 to 2017: the outcome is defined otherwise." in caption
    assert "No line" not in draw(STATES["two years"]).caption


def test_a_year_without_number_is_marked_by_its_symbol_below_the_axis() -> None:
    assert texts(draw(STATES["six years with a break and gaps"])).count("x") == 2
    assert "x" not in texts(draw(STATES["two years"]))


def test_a_provisional_year_has_a_mark_of_its_own_and_is_named_in_words() -> None:
    figure = draw(STATES["three years, the last provisional"])
    assert "PROVISIONAL" in texts(figure)
    assert figure.svg.decode().count("<circle") == 3  # two firm years, and the legend's
    assert "PROVISIONAL: 2015." in figure.alt
    assert "Open diamonds are PROVISIONAL (2015)" in figure.caption
    firm = draw(STATES["two years"])
    assert "PROVISIONAL" not in firm.alt + firm.caption + " ".join(texts(firm))


def test_made_up_years_are_not_in_the_picture_or_its_table(figure: Figure) -> None:
    everything = figure.to_html() + figure.data.to_csv().decode()
    assert "imulated" not in everything
    assert "SIMULATED" not in everything
    assert "9.0" not in figure.data.to_csv().decode()


def test_everything_is_drawn_within_the_frame_in_colours_that_have_a_dark_one(
    figure: Figure,
) -> None:
    root = ElementTree.fromstring(figure.svg)
    _, _, width, height = (float(edge) for edge in root.get("viewBox", "").split())
    points = [
        point
        for element in root
        if element.tag.endswith("}path")
        for point in walked(element.get("d", ""))
    ]
    assert len(points) > 4
    assert all(-0.5 <= x <= width + 0.5 and -0.5 <= y <= height + 0.5 for x, y in points)
    light = figure.svg.decode().partition("@media")[0]
    assert set(re.findall(r"#[0-9a-f]{6}", light.partition("<style>")[2])) <= set(_DARK)


def test_many_years_name_no_more_of_them_than_fit() -> None:
    named = [text for text in texts(draw(STATES["twenty years, hard names"])) if text[:2] == "20"]
    assert len(named) == 10
    assert named[-1] == "2029" or named[0] == "2029"


def test_years_without_intervals_are_drawn_without_bars() -> None:
    bare = [card(year, (1.0, None, None), definition=OLD) for year in ("2013", "2014")]  # type: ignore[arg-type]
    figure = draw([*bare, practice()])
    assert figure.title == "2 years with a slope, none with an interval"
    assert "bars" not in figure.caption


def test_the_table_behind_it_has_interval_ends_in_two_columns_and_a_reason_for_each_gap() -> None:
    frame = by_year(STATES["six years with a break and gaps"], SLOPE)
    heading, *rows = table_by_year(frame, SLOPE, "by-year").to_csv().decode().splitlines()
    assert heading.startswith("Year,Status,")
    assert "Low end of the interval" in heading
    assert "High end of the interval" in heading
    assert len(rows) == 7
    assert rows[2].startswith("2015,final,x,x,x,x,")
    assert FEW.replace('"', "") in rows[2]
