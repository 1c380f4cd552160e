from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import markupsafe
import numpy as np
import pandas as pd
import pytest
from drawings import PICTURES, chapter_of, draw, parse, text_of

from analysis.page.chapter import Chapter
from analysis.page.figures.canvas import (
    _DARK,
    ALT_LENGTH,
    TEXT_POINTS,
    Figure,
    short_names,
    shorten,
)
from analysis.page.gate import check_page
from analysis.page.say import check_words
from analysis.questions.estimate import Estimate
from analysis.tables.tidy import Study, make_study

HARD_NAMES = ("A & B <b>\"C\"</b> 'D' $x_1$ {E} 100%" + 25 * "w", "تعاون مدارس المقاطعة", "学校 🎓")


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study("2013")


@pytest.fixture(scope="module")
def chapter(study: Study) -> Chapter:
    return chapter_of(study)


@pytest.fixture(scope="module")
def drawn(chapter: Chapter) -> dict[str, Figure]:
    return {name: draw(chapter, name) for name in PICTURES}


@pytest.fixture(params=PICTURES)
def figure(drawn: dict[str, Figure], request: pytest.FixtureRequest) -> Figure:
    return drawn[request.param]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_drawn_twice_has_the_same_bytes(
    name: str, study: Study, drawn: dict[str, Figure]
) -> None:
    again = draw(chapter_of(study), name)
    assert again.svg == drawn[name].svg
    assert again.to_html() == drawn[name].to_html()


@pytest.mark.parametrize("name", PICTURES)
def test_the_alt_text_says_the_kind_of_chart_and_the_claim_s_numbers(
    name: str, chapter: Chapter, drawn: dict[str, Figure]
) -> None:
    _, _, kind, findings, _ = PICTURES[name]
    alt = drawn[name].alt
    assert alt.startswith(kind)
    assert ALT_LENGTH[0] <= len(alt) <= ALT_LENGTH[1]
    for finding in findings:
        assert chapter.quantity(finding).text in alt
    assert re.search(r"\d", alt)


@pytest.mark.parametrize("name", PICTURES)
def test_the_table_behind_a_picture_holds_what_is_drawn(
    name: str, drawn: dict[str, Figure]
) -> None:
    data = drawn[name].data
    found = list(data.frame)
    expected = PICTURES[name][4].split()
    assert found[: len(expected)] == expected
    assert len(data.frame) > 0
    assert data.slug == drawn[name].slug
    assert not any("_" in data.heading(column) for column in found)


def test_the_subtitle_says_place_and_time(figure: Figure) -> None:
    if "simulated" in figure.slug:
        assert "no real place or year" in figure.subtitle
    else:
        assert "Kent" in figure.subtitle
        assert re.search(r"20\d\d", figure.subtitle)


def test_no_picture_speaks_of_causes(figure: Figure, study: Study) -> None:
    words = " ".join([figure.title, figure.subtitle, figure.alt, figure.caption])
    words += " ".join(text_of(figure))
    for name in study.collaborations["collaboration"]:
        words = words.replace(name, "")
    check_words(words)


def test_a_figure_passes_the_gate_of_a_page(figure: Figure, study: Study) -> None:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    check_page(head + figure.to_html(), (), list(study.collaborations["collaboration"]))


def test_the_drawing_has_text_as_text_and_asks_for_nothing(figure: Figure) -> None:
    svg = figure.svg.decode()
    assert len(text_of(figure)) >= 4
    assert svg.count("http") == 1
    assert "xmlns='http://www.w3.org/2000/svg'" in svg
    assert not re.search(r"<metadata|<image|date|creator|matplotlib|clip-path|url\(", svg, re.I)
    assert "system-ui" in svg


def test_no_text_is_smaller_than_eleven_points(figure: Figure) -> None:
    style = figure.svg.decode().partition("</style>")[0]
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:(\d+)px", style)]
    assert min(sizes) == TEXT_POINTS == 11
    assert parse(figure).get("width") == "417.6pt"


def test_every_colour_has_one_for_the_dark(figure: Figure) -> None:
    light, _, dark = figure.svg.decode().partition("@media screen and (prefers-color-scheme:dark)")
    colours = set(re.findall(r"#[0-9a-f]{6}", light.partition("<style>")[2]))
    assert colours <= set(_DARK)
    used = set(re.findall(r"#[0-9a-f]{6}", dark.partition("</style>")[0]))
    assert used == {_DARK[colour] for colour in colours}


def test_everything_is_drawn_within_the_frame(figure: Figure) -> None:
    root = parse(figure)
    _, _, width, height = (float(edge) for edge in root.get("viewBox", "").split())
    points = [
        (float(element.get(x, 0)), float(element.get(y, 0)))
        for element in root.iter()
        for x, y in (("x", "y"), ("cx", "cy"))
        if element.get(x)
    ]
    points += [
        point
        for element in root
        if element.tag.endswith("}path")
        for point in walked(element.get("d", ""))
    ]
    assert len(points) > 4
    for x, y in points:
        # Half a point is the width of a line that lies on the edge.
        assert -0.5 <= x <= width + 0.5, (x, y)
        assert -0.5 <= y <= height + 0.5, (x, y)


def walked(path: str) -> list[tuple[float, float]]:
    """Return the corners of a path of moves and relative steps."""
    x = y = 0.0
    found = []
    for command, rest in re.findall(r"([Mlhvcqz])([^Mlhvcqz]*)", path):
        numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", rest)]
        if command == "M":
            x, y = numbers
        elif command == "h":
            x += numbers[0]
        elif command == "v":
            y += numbers[0]
        elif command != "z":
            x, y = x + numbers[-2], y + numbers[-1]
        found.append((x, y))
    return found


def test_no_drawing_is_heavy(drawn: dict[str, Figure]) -> None:
    sizes = {name: len(figure.svg) for name, figure in drawn.items()}
    assert max(sizes.values()) < 22_000, sizes
    assert sum(sizes.values()) < 140_000


def test_the_page_shows_the_drawing_title_and_data_escaped(study: Study) -> None:
    table = renamed(study.collaborations, HARD_NAMES[0])
    figure = draw(chapter_of(replace(study, collaborations=table)), "shown")
    markup = figure.to_html()
    assert "<b>" not in markup
    source = re.search(r'src="data:image/svg\+xml,([^"]*)"', markup)
    assert source is not None
    assert not re.search(r"[\s<>{}%](?![0-9A-F]{2})", source[1])
    assert unquote(html.unescape(source[1])).encode() == figure.svg
    assert str(markupsafe.escape(f"{HARD_NAMES[0]} 2")) in markup


def renamed(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Return the table with these names in turn, numbered."""
    return table.assign(collaboration=[f"{names[i % len(names)]} {i}" for i in range(len(table))])


# What other tables than that of the collaborations say is the same in every state.
OF_OTHER_TABLES = {"taking part", "verdicts", "any of k", "rows", "simulated"}
STATES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "one collaboration": lambda t: t.iloc[[2]],
    "one without gains": lambda t: t.iloc[[60]],
    "three collaborations": lambda t: t.iloc[[2, 8, 11]],
    "no key stage 4": lambda t: t.assign(**dict.fromkeys(columns(t, "gain_ks4"), np.nan)),
    "no gains": lambda t: t.assign(**dict.fromkeys(columns(t, "gain_"), np.nan)),
    "sums below zero": lambda t: t.assign(**{c: -t[c] for c in columns(t, "gain_")}),
    "hard names": lambda t: renamed(t, *HARD_NAMES),
    "no area": lambda t: t.assign(area=pd.Series([None] * len(t), dtype="str")),
}


def columns(table: pd.DataFrame, beginning: str) -> list[str]:
    return [column for column in table if column.startswith(beginning)]


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_page_is_drawn_or_says_that_there_is_nothing(
    state: str, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYSIS_STAGING", str(tmp_path))
    table = STATES[state](study.collaborations).reset_index(drop=True)
    chapter = chapter_of(replace(study, collaborations=table))
    for name in PICTURES.keys() - OF_OTHER_TABLES:
        picture, questions, *_ = PICTURES[name]
        shown = chapter.show(picture, *questions).text
        assert "<figure" in shown or "Not available" in shown
        assert not re.search(r">[^<]*\b(nan|NaN|None)\b", shown)


@pytest.mark.parametrize("name", ["shown", "scatter", "bounds", "left out", "curve", "chance"])
def test_an_estimate_without_rows_is_an_empty_picture_that_says_why(
    name: str, chapter: Chapter
) -> None:
    picture, questions, *_ = PICTURES[name]
    empty = [emptied(chapter.ask(question)) for question in questions]
    figure = picture(chapter, *empty)
    assert figure.title.startswith("Nothing to show: ")
    assert "Nothing to show" in text_of(figure)
    assert "nothing to show, because" in figure.alt


def emptied(estimate: Estimate) -> Estimate:
    missing = {
        n: replace(q, value=None, low=None, high=None) for n, q in estimate.quantities.items()
    }
    return replace(estimate, rows=estimate.rows.iloc[:0], quantities=missing)


@pytest.mark.parametrize("maturity", ["provisional", "SIMULATED", "simulated"])
@pytest.mark.parametrize("name", PICTURES)
def test_a_release_that_is_not_firm_says_so_in_every_picture(
    name: str, maturity: str, study: Study
) -> None:
    mark = maturity.upper()
    release = replace(study.release, maturity=maturity)
    figure = draw(chapter_of(replace(study, release=release)), name)
    for words in (figure.title, figure.subtitle, figure.caption, figure.data.caption):
        assert words.startswith(mark)
    assert figure.alt.startswith(mark)
    assert mark in text_of(figure)
    assert "simulated" in figure.slug or mark == "PROVISIONAL"


@pytest.mark.parametrize("name", PICTURES)
def test_a_revised_release_is_firm_and_its_pictures_are_those_of_a_final_one(
    name: str, study: Study, drawn: dict[str, Figure]
) -> None:
    release = replace(study.release, maturity="revised")
    again = draw(chapter_of(replace(study, release=release)), name)
    assert again.to_html() == drawn[name].to_html()


def test_the_made_up_county_says_that_it_is_made_up(drawn: dict[str, Figure]) -> None:
    figure = drawn["simulated"]
    for words in (figure.title, figure.subtitle, figure.alt, figure.caption, figure.data.caption):
        assert words.startswith("SIMULATED")
    assert "SIMULATED" in text_of(figure)
    assert "simulated" in figure.slug


def test_names_that_would_look_alike_keep_their_ends() -> None:
    names = ["Alliance of Schools in the North", "Alliance of Schools in the South", "Short"]
    assert short_names(names, 20) == ["Alliance…the North", "Alliance…the South", "Short"]
    assert all(len(name) <= 20 for name in short_names([f"{'w' * 60}{i}" for i in range(9)], 20))


@pytest.mark.parametrize(
    ("name", "length", "expected"),
    [
        ("Deal Learning Alliance", 30, "Deal Learning Alliance"),
        ("Sevenoaks Cluster of Schools", 24, "Sevenoaks Cluster of…"),
        ("West Malling & Malling School", 27, "West Malling & Malling…"),
        ("Collaboration of Schools", 20, "Collaboration of…"),
        ("wwwwwwwwww", 5, "wwww…"),
    ],
)
def test_a_long_name_ends_at_a_word_where_one_is_near(
    name: str, length: int, expected: str
) -> None:
    assert shorten(name, length) == expected
