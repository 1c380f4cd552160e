from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawings import parse, text_of
from panel_pictures import (
    ARABIC,
    AXIS,
    HARD,
    HARD_CASES,
    LONG,
    MINUS,
    PICTURES,
    SPACE,
    Draw,
    balance,
    bins,
    contour,
    events,
    flow,
    forest,
    funnel,
    limits,
    marks,
    plane,
    schools,
    words,
    years,
)

from analysis.page.figures import panel_sensitivity
from analysis.page.figures.panel_balance import draw_love_plot
from analysis.page.figures.panel_events import draw_event_study, draw_years
from analysis.page.figures.panel_flow import draw_flow
from analysis.page.figures.panel_forest import draw_forest
from analysis.page.figures.panel_funnel import draw_dose
from analysis.page.figures.panel_sensitivity import draw_contour
from analysis.page.figures.panel_words import beyond_words, lines, reach
from analysis.quantities import SUPPRESSED


@pytest.mark.parametrize(
    ("draw", "frame"),
    [
        (lambda f: draw_forest(f, unit="pp", **words()), forest()),
        (lambda f: draw_event_study(f, unit="pp", **words()), events()),
        (lambda f: draw_love_plot(f, **words()), balance()),
        (lambda f: funnel(f, limits(), **words()), schools(9)),
        (lambda f: funnel(schools(9), f, **words()), limits()),
        (lambda f: draw_flow(f, **words()), flow()),
        (lambda f: draw_dose(f, **words()), bins()),
        (lambda f: draw_years(f, unit="%", start=2014, **words()), years()),
        (lambda f: contour(plane(), f, **words()), marks("Cohort")),
    ],
)
def test_a_missing_column_is_named(draw: Draw, frame: pd.DataFrame) -> None:
    for column in frame:
        with pytest.raises(ValueError, match=f"expected also {column}"):
            draw(frame.drop(columns=column))


def test_the_headline_is_marked_by_words_weight_and_size() -> None:
    figure = draw_forest(forest(), unit="pp", **words())
    assert "Headline: Weighted" in text_of(figure)
    assert "font-weight:700" in figure.svg.decode()
    assert f"The headline, Weighted, is 0.8{SPACE}pp, interval 0.2 to 1.4{SPACE}pp" in figure.alt
    assert "1 of 4 intervals includes zero" in figure.alt
    unmarked = draw_forest(forest().assign(main=False), unit="pp", **words())
    assert "No method is marked as the headline" in unmarked.alt
    assert "Headline" not in " ".join(text_of(unmarked))


def test_a_forest_prints_every_number_beside_its_row() -> None:
    shown = text_of(draw_forest(forest(), unit="pp", **words()))
    assert "0.5 (0.1 to 0.9)" in shown
    assert f"{MINUS}0.2 ({MINUS}0.7 to 0.3)" in shown


def test_a_long_name_of_a_method_is_shown_whole() -> None:
    shown = text_of(draw_forest(forest().assign(label=HARD), unit="pp", **words()))
    assert len(LONG) == 60
    assert {LONG, ARABIC} <= {text.removeprefix("Headline: ") for text in shown}


def test_an_interval_without_limit_has_an_arrow_and_the_caption_says_so() -> None:
    frame = forest()
    frame.loc[0, "high"] = np.inf
    figure = draw_forest(frame, unit="pp", **words())
    assert "goes on beyond it" in figure.caption
    assert "0.5 (0.1 to \N{INFINITY})" in text_of(figure)
    assert "goes on beyond" not in draw_forest(forest(), unit="pp", **words()).caption


def test_kinds_after_the_fourth_share_one_mark() -> None:
    shown = text_of(HARD_CASES["many methods and kinds"](**words()))
    assert [text for text in shown if "kind" in text] == [
        "kind 0", "kind 1", "kind 2", "kind 3", "other kinds",
    ]  # fmt: skip


def test_the_two_sides_of_joining_are_said_in_words() -> None:
    figure = draw_event_study(events(), unit="pp", **words())
    assert {"years before joining", "years since joining"} <= set(text_of(figure))
    assert "for 3 years before and 4 years since joining" in figure.alt
    assert f"In year 3 it is 1.4{SPACE}pp, interval 0.8 to 2.0{SPACE}pp" in figure.alt
    assert "band includes zero in 3 of 3" in figure.alt
    assert "band includes zero in 2 of 4" in figure.alt


def test_the_year_compared_with_is_drawn_at_zero_even_without_a_row() -> None:
    frame = events()
    there = frame.assign(n=frame["n"].where(frame["event_time"] != -1))
    gone = frame[frame["event_time"] != -1]
    drawings = [draw_event_study(one, unit="pp", **words()).svg for one in (there, gone)]
    assert drawings[0] == drawings[1]
    moved = draw_event_study(frame, unit="pp", reference=-2, **words())
    assert "for 2 years before" in moved.alt


def test_a_year_that_stands_twice_is_refused() -> None:
    twice = pd.concat([events(), events()])
    with pytest.raises(ValueError, match="stands twice"):
        draw_event_study(twice, unit="pp", **words())
    with pytest.raises(ValueError, match="stands twice"):
        draw_years(pd.concat([years(), years()]), unit="%", start=2014, **words())


def test_the_order_of_rows_does_not_matter_where_time_orders_them() -> None:
    for draw, frame in ((draw_event_study, events()), (draw_years, years())):
        more: Any = {"start": 2014.5} if draw is draw_years else {}
        mixed = frame.sample(frac=1, random_state=1)
        assert draw(frame, unit="pp", **more, **words()).svg == draw(
            mixed, unit="pp", **more, **words()
        ).svg  # fmt: skip


def test_balance_is_counted_by_size_whatever_the_sign() -> None:
    alt = draw_love_plot(balance(), **words()).alt
    assert "Before weighting 1 of 4 are at most 0.05 and 2 above 0.25" in alt
    assert "the largest is 0.55 standard deviations, in Free meals" in alt
    assert "After weighting 3 of 4 are at most 0.05 and 1 above 0.25" in alt
    flipped = balance().assign(before=lambda f: -f["before"], after=lambda f: -f["after"])
    assert draw_love_plot(flipped, **words()).alt == alt


def test_the_zones_are_said_in_words_and_follow_the_thresholds() -> None:
    shown = text_of(draw_love_plot(balance(), **words()))
    assert {"up to 0.05: passes", "up to 0.25: adjust for it", "above 0.25: too far apart"} <= set(
        shown
    )
    other = text_of(draw_love_plot(balance(), passes=0.1, adjusts=0.2, **words()))
    assert "above 0.20: too far apart" in other
    with pytest.raises(ValueError, match="expected 0 < passes < adjusts"):
        draw_love_plot(balance(), passes=0.3, adjusts=0.2, **words())


def test_a_difference_that_is_missing_is_not_shown_as_zero() -> None:
    shown = text_of(draw_love_plot(balance().assign(before=[np.nan, 0.1, 0.1, 0.1]), **words()))
    assert "x \N{RIGHTWARDS ARROW} 0.01" in shown


def test_the_strength_at_which_nothing_is_left_is_found_on_the_diagonal() -> None:
    # On this plane the estimate is zero where the shares add up to 0.2, so at 0.1 each; the search
    # goes in steps of 0.4 / 2000, so it is off by no more than that.
    found = panel_sensitivity._equal_strength(AXIS, AXIS, plane())
    assert found == pytest.approx(0.1, abs=0.0003)
    assert np.isnan(panel_sensitivity._equal_strength(AXIS, AXIS, plane(9.0)))
    assert f"10.0{SPACE}%" in contour(plane(), marks(), **words()).alt
    assert "does it reach zero" in contour(plane(9.0), marks(), **words()).alt


def test_what_a_benchmark_would_leave_is_read_from_the_right_side_of_the_grid() -> None:
    # An estimate that depends on the share of the outcome alone tells rows from columns.
    grid = 1 - AXIS[:, None] + 0 * AXIS[None, :]
    one = pd.DataFrame({"label": ["Cohort"], "x": [0.3], "y": [0.1]})
    figure = contour(grid, one, **words())
    assert figure.data.frame["left"].to_list() == pytest.approx([1.0, 0.9])
    assert f"as strong as Cohort would leave 0.9{SPACE}pp" in figure.alt


def test_a_benchmark_beyond_the_frame_stays_in_the_table_only() -> None:
    figure = contour(plane(), marks("Cohort").assign(x=0.9), **words())
    assert "Cohort" not in text_of(figure)
    assert "Cohort" in figure.data.frame["label"].to_list()
    assert "0 known variables are marked" in figure.alt


def test_a_grid_that_does_not_fit_is_refused() -> None:
    more: Any = {"benchmarks": marks(), "estimate": 1.0, "unit": "pp", **words()}
    with pytest.raises(ValueError, match=r"shape \(41, 41\); expected a row for each of 41"):
        draw_contour(AXIS[:5], AXIS, plane(), **more)
    with pytest.raises(ValueError, match="r2_treatment does not rise"):
        draw_contour(AXIS[::-1], AXIS, plane(), **more)


def test_a_funnel_says_how_many_lie_outside_and_what_is_suppressed_it_does_not() -> None:
    figure = funnel(schools(200), limits(), **words())
    assert f"of 63 members 7 lie outside the 95{SPACE}% limits" in figure.alt
    assert f"and {SUPPRESSED} outside the 99.8{SPACE}% limits" in figure.alt
    assert f"of 274 others 12 lie outside the 95{SPACE}% limits and 3 outside" in figure.alt
    assert figure.data.frame["members"].isna().tolist() == [False, True, False]
    heads = [figure.data.heading(column) for column in figure.data.frame]
    assert f"Outside the 95{SPACE}% limits" in heads


def test_a_funnel_in_which_no_school_may_be_drawn_still_shows_the_limits() -> None:
    figure = funnel(schools(0), limits(), **words())
    assert f"99.8{SPACE}%" in text_of(figure)
    assert not {"members", "others"} & set(text_of(figure))


def test_a_step_that_is_suppressed_says_so_and_no_sum_gives_it_away() -> None:
    frame = flow().assign(schools=[600, np.nan, 410], set_aside=[0, np.nan, np.nan])
    figure = draw_flow(frame, **words())
    said = " ".join([*text_of(figure), figure.alt])
    assert f"{SUPPRESSED} set aside: special schools" in text_of(figure)
    assert "suppressed where they are few" in figure.alt
    assert not {"560", "40", "150", "190", "93.3"} & set(re.findall(r"[\d.]+", said))


def test_a_flow_names_every_step_and_accounts_for_every_school() -> None:
    figure = draw_flow(flow(), **words())
    shown = text_of(figure)
    assert "600 schools" in shown
    assert f"410 (68.3{SPACE}%)" in shown
    assert "40 set aside: special schools" in shown
    assert "Set aside in all: 190. Most at one step: 150 (no figure then)." in figure.alt
    with pytest.raises(ValueError, match="150 schools are gone and 149 set aside"):
        draw_flow(flow().assign(set_aside=[0, 40, 149]), **words())


def test_bars_of_a_flow_are_as_long_as_their_share() -> None:
    svg = draw_flow(flow(), **words()).svg.decode()
    # A bar is 7 units high, a box 33.
    bars = [float(wide) for wide in re.findall(r"M[\d.]+,[\d.]+h([\d.]+)v7\.", svg)]
    assert [bar / bars[0] for bar in bars[1::2]] == pytest.approx(
        [1, 560 / 600, 410 / 600],
        abs=0.001,  # rounded to hundredths of a unit in 391
    )


def test_money_and_gain_of_the_outer_bins_and_the_slope_are_said() -> None:
    figure = PICTURES["Dot plot of the mean gain"](**words())
    assert f"0.2{SPACE}pp at £0 and 1.1{SPACE}pp at £90" in figure.alt
    assert "slope is 1.00 pp per £100 a pupil" in figure.alt
    assert "1,258 schools" in figure.alt
    assert "1,200" in text_of(figure)
    assert "slope" not in draw_dose(bins(), **words()).alt


def test_a_year_without_a_row_breaks_the_lines() -> None:
    whole = years().assign(year=[2012, 2013, 2014, 2015, 2016])
    moves = [
        sum(path.get("d", "").count("M") for path in parse(figure) if path.tag.endswith("}path"))
        for figure in (
            draw_years(frame, unit="%", start=2014.5, **words()) for frame in (years(), whole)
        )
    ]
    # Two lines in two parts each; both have the same marks and the gap's year a tick more.
    assert moves[0] >= moves[1] + 2


def test_both_sides_are_named_beside_their_lines_and_the_start_is_marked() -> None:
    figure = draw_years(years(), unit="%", start=2014.5, **words())
    assert {"members 68.3", "others 66.1", "first members join"} <= set(text_of(figure))
    assert f"Members: 60.0{SPACE}% in 2012, 68.3{SPACE}% in 2017." in figure.alt


def test_limits_hold_what_is_known_and_do_not_follow_an_interval_far_beyond() -> None:
    value, half = np.array([0.2, 0.5, 0.8]), np.array([0.3, 0.3, 0.3])
    low, high = reach(value, value - half, value + half)
    assert low < -0.1
    assert high > 1.1
    assert beyond_words((low, high), value - half, value + half) == ""
    far = reach(value, value - half, np.array([0.5, 0.8, 500.0]))
    assert 0.8 < far[1] < 5
    assert beyond_words(far, np.array([500.0])) != ""
    none = np.full(3, np.nan)
    assert reach(none, none, none) == pytest.approx((-0.0, 0.0), abs=3)


def test_a_text_in_lines_loses_nothing_while_it_fits() -> None:
    assert lines("one two three", 7, 2) == ["one two", "three"]
    assert lines("", 7, 2) == [""]
    cut = lines(10 * "word ", 12, 2)
    assert len(cut) == 2
    assert cut[1].endswith("…")
    assert all(len(line) <= 12 for line in cut)
