from __future__ import annotations

import itertools

import pytest
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text

from analysis.page.figures.canvas import drawing
from analysis.page.figures.labels import name_points, spread
from analysis.page.figures.phrases import counted, listed, rarely, share_in_words

SPACE = "\N{NO-BREAK SPACE}"


def placed(
    names: list[str], at: list[tuple[float, float]], others: list[tuple[float, float]]
) -> tuple[list[tuple[float, float, float, float]], list[tuple[float, float]]]:
    """Return the boxes of the names and the places of all points, in pixels."""
    with drawing(4.0) as (canvas, axes):
        axes.set_xlim(0, 10)
        axes.set_ylim(0, 10)
        name_points(canvas, axes, names, at, [*at, *others])
        boxes = [box_of(canvas, text) for text in axes.texts]
        points = [tuple(axes.transData.transform(point)) for point in (*at, *others)]
    return boxes, points


def box_of(canvas: Canvas, text: Text) -> tuple[float, float, float, float]:
    """Return the box of a name without its line, in pixels."""
    canvas.draw_without_rendering()
    left, low, right, high = Text.get_window_extent(text).extents
    return left, low, right, high


def apart(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_names_cover_neither_each_other_nor_a_point() -> None:
    at = [(2.0, 5.0), (2.3, 5.2), (2.1, 4.7)]
    others = [(3.0, 5.0), (2.5, 5.8), (3.2, 4.6)]
    boxes, points = placed(["North Alliance", "South Hub", "Rural Group"], at, others)
    for one, other in itertools.combinations(boxes, 2):
        assert apart(one, other)
    for box in boxes:
        assert all(apart(box, (x - 1, y - 1, x + 1, y + 1)) for x, y in points)


def test_a_name_at_the_edge_goes_inwards() -> None:
    (box,), _ = placed(["A name of some length"], [(9.8, 5.0)], [])
    with drawing(4.0) as (canvas, _):
        assert box[2] <= canvas.bbox.width


def test_a_name_beside_its_point_has_no_line_and_one_away_has() -> None:
    crowd = [(x / 4, y / 4) for x in range(12, 28) for y in range(18, 23)]
    for others, lines in (([], 0), (crowd, 1)):
        with drawing(4.0) as (canvas, axes):
            axes.set_xlim(0, 10)
            axes.set_ylim(0, 10)
            name_points(canvas, axes, ["A hub"], [(5.0, 5.0)], others)
            assert sum(text.arrow_patch is not None for text in axes.texts) == lines


@pytest.mark.parametrize(("lowest", "above"), [(None, False), (0.0, True)])
def test_no_name_goes_below_the_line_it_is_given(lowest: float | None, above: bool) -> None:
    crowd = [(x / 4, y / 4) for x in range(8, 33) for y in range(2, 10)]
    with drawing(4.0) as (canvas, axes):
        axes.set_xlim(0, 10)
        axes.set_ylim(-5, 10)
        name_points(canvas, axes, ["A hub"], [(5.0, 0.3)], crowd, lowest=lowest)
        box = box_of(canvas, axes.texts[0])
        assert (box[1] >= axes.transData.transform((0, 0))[1]) == above


@pytest.mark.parametrize(
    ("heights", "expected"),
    [([1.0, 5.0], [1.0, 5.0]), ([1.0, 1.5, 9.0], [1, 3, 9]), ([5.0, 1.0, 4.5], [6.5, 1.0, 4.5])],
)
def test_spread_moves_up_only_what_is_too_near(heights: list[float], expected: list[float]) -> None:
    assert spread(heights, 2.0) == pytest.approx(expected)


def test_counts_agree_with_their_nouns() -> None:
    assert counted(1, "group") == "1 group"
    assert counted(0, "group") == "0 groups"
    assert counted(1200, "county", "counties") == "1,200 counties"


def test_words_are_enumerated() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.55, f"in 55{SPACE}% of shuffles"),
        (0.0012, f"in 0.1{SPACE}% of shuffles"),
        (0.0009, "in fewer than one in a thousand shuffles"),
    ],
)
def test_a_probability_is_said_as_a_share(p: float, said: str) -> None:
    assert rarely(p, "shuffles") == said
    assert f"in {share_in_words(p, 'shuffles')}" == said
