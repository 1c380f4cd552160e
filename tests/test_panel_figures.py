from __future__ import annotations

import re

import pytest
from drawings import parse, text_of
from panel_pictures import (
    HARD,
    HARD_CASES,
    NOTHING,
    PICTURES,
    flow,
    words,
)

from analysis.page.figures.canvas import _DARK, ALT_LENGTH, TEXT_POINTS, Figure
from analysis.page.figures.panel_flow import draw_flow
from analysis.page.gate import check_page
from analysis.page.say import check_words

EDGE = 0.5  # half a point: a line's own width may lie over the frame's edge


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    return {name: draw(**words()) for name, draw in (PICTURES | HARD_CASES).items()}


@pytest.fixture(params=[*PICTURES, *HARD_CASES])
def figure(drawn: dict[str, Figure], request: pytest.FixtureRequest) -> Figure:
    return drawn[request.param]


def said_by(figure: Figure) -> str:
    heads = [figure.data.heading(column) for column in figure.data.frame]
    shown = [figure.title, figure.subtitle, figure.alt, figure.caption, figure.data.caption]
    return " ".join([*shown, *heads, *text_of(figure)])


@pytest.mark.parametrize("name", PICTURES)
def test_the_alt_text_begins_with_the_kind_of_chart(name: str, drawn: dict[str, Figure]) -> None:
    assert drawn[name].alt.startswith(name)
    assert re.search(r"\d", drawn[name].alt)


def test_words_are_whole_and_of_a_readable_length(figure: Figure) -> None:
    assert ALT_LENGTH[0] <= len(figure.alt) <= ALT_LENGTH[1]
    assert not re.search(r"\b(nan|NaN|None|inf)\b|\{|  ", figure.alt)
    check_words(said_by(figure))


def test_a_figure_passes_the_gate_of_a_page(figure: Figure) -> None:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    check_page(head + figure.to_html(), (), HARD)


def test_no_text_is_smaller_than_eleven_units_of_a_width_that_a_phone_shows(
    figure: Figure,
) -> None:
    style = figure.svg.decode().partition("</style>")[0]
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:(?:\w+ )*([\d.]+)px", style)]
    assert min(sizes) == TEXT_POINTS
    # A phone shows the drawing 358 px wide, and text should have 9 px there.
    assert TEXT_POINTS * 358 / float(parse(figure).get("width", "").removesuffix("pt")) >= 9


def test_every_colour_has_one_for_the_dark(figure: Figure) -> None:
    light, _, dark = figure.svg.decode().partition("@media screen and (prefers-color-scheme:dark)")
    colours = set(re.findall(r"#[0-9a-f]{6}", light.partition("<style>")[2]))
    assert colours <= set(_DARK)
    used = set(re.findall(r"#[0-9a-f]{6}", dark.partition("</style>")[0]))
    assert used == {_DARK[colour] for colour in colours}


def test_a_drawing_is_light_and_asks_for_nothing(figure: Figure) -> None:
    svg = figure.svg.decode()
    assert len(svg) < 22_000
    assert svg.count("http") == 1
    assert not re.search(r"<metadata|<image|<date|matplotlib|clip-path|url\(", svg, re.I)


def test_everything_is_drawn_within_the_frame(figure: Figure) -> None:
    root = parse(figure)
    _, _, width, height = (float(edge) for edge in root.get("viewBox", "").split())
    points = [
        (float(element.get(x, 0)), float(element.get(y, 0)))
        for element in root.iter()
        for x, y in (("x", "y"), ("cx", "cy"))
        if element.get(x)
    ]
    for element in root:
        if element.tag.endswith("}path"):
            points += walked(element.get("d", ""))
    assert len(points) > 4
    for x, y in points:
        assert -EDGE <= x <= width + EDGE, (x, y)
        assert -EDGE <= y <= height + EDGE, (x, y)


def walked(path: str) -> list[tuple[float, float]]:
    """Return the corners of a path of moves and relative steps."""
    x = y = 0.0
    found = []
    for command, rest in re.findall(r"([Mlhvcqz])([^Mlhvcqz]*)", path):
        numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", rest)]
        if command == "M":
            x, y = numbers
        elif command in "hv":
            x, y = (x + numbers[0], y) if command == "h" else (x, y + numbers[0])
        elif command != "z":
            x, y = x + numbers[-2], y + numbers[-1]
        found.append((x, y))
    return found


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_drawn_twice_has_the_same_bytes(name: str, drawn: dict[str, Figure]) -> None:
    assert PICTURES[name](**words()).to_html() == drawn[name].to_html()


@pytest.mark.parametrize("name", [*PICTURES, *NOTHING, "one step", "one method"])
def test_a_simulated_picture_says_so_everywhere(name: str) -> None:
    figure = (PICTURES | NOTHING | HARD_CASES)[name](**words("05_panel-x", simulated=True))
    shown = (figure.title, figure.subtitle, figure.alt, figure.caption, figure.data.caption)
    assert all(text.startswith("SIMULATED") for text in shown)
    assert figure.slug == figure.data.slug == "simulated-05_panel-x"
    assert "SIMULATED" in text_of(figure)
    assert "font-size:38px" in figure.svg.decode()
    # Behind all else: the word comes before the first line that is drawn.
    svg = figure.svg.decode()
    assert svg.index("SIMULATED") < svg.index("</style>") + 400


@pytest.mark.parametrize("name", PICTURES | NOTHING)
def test_a_provisional_picture_says_so_everywhere_and_keeps_its_name(name: str) -> None:
    figure = (PICTURES | NOTHING)[name](**{**words("05_panel-x"), "mark": "PROVISIONAL"})
    said = (figure.title, figure.subtitle, figure.alt, figure.caption, figure.data.caption)
    assert all(text.startswith("PROVISIONAL: ") for text in said)
    assert "PROVISIONAL" in text_of(figure)
    assert figure.slug == figure.data.slug == "05_panel-x"


def test_a_real_picture_is_not_said_to_be_simulated(figure: Figure) -> None:
    assert "simulated" not in (figure.to_html() + figure.svg.decode()).lower()


def test_a_slug_that_says_simulated_is_not_marked_twice() -> None:
    assert draw_flow(flow(), **words("simulated-flow", True)).slug == "simulated-flow"


@pytest.mark.parametrize("name", NOTHING)
def test_where_nothing_can_be_drawn_the_picture_says_why(name: str) -> None:
    figure = NOTHING[name](**words())
    assert figure.title.startswith("Nothing to show: ")
    assert text_of(figure) == ["Nothing to show"]
    assert "nothing to show, because" in figure.alt
    assert figure.slug == "made"
    check_words(said_by(figure))
