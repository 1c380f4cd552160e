"""Tests of what single pictures must have: marks, numbers and flags that a reader looks for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from drawings import PICTURES, chapter_of, draw, text_of

from analysis.page.chapter import Chapter
from analysis.page.figures.canvas import Figure, drawing
from analysis.page.figures.ticks import tidy_ticks
from analysis.quantities import write
from analysis.tables.tidy import Study, make_study


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study("2013")


@pytest.fixture(scope="module")
def chapter(study: Study) -> Chapter:
    return chapter_of(study)


def with_table(study: Study, **columns: Any) -> Chapter:
    return chapter_of(replace(study, collaborations=study.collaborations.assign(**columns)))


def drawn_in_order(figure: Figure) -> list[str]:
    """Return what is drawn, from behind to the front: a text, or the tag of a shape."""
    root = ElementTree.fromstring(figure.svg)
    shapes = [e for e in root if e.tag.rpartition("}")[2] in ("path", "circle", "use", "text")]
    return [e.text or e.tag.rpartition("}")[2] for e in shapes]


@pytest.mark.parametrize("maturity", ["provisional", "SIMULATED"])
@pytest.mark.parametrize("name", PICTURES)
def test_the_mark_of_a_release_lies_behind_all_that_is_drawn(
    name: str, maturity: str, study: Study
) -> None:
    release = replace(study.release, maturity=maturity)
    order = drawn_in_order(draw(chapter_of(replace(study, release=release)), name))
    marks = [place for place, text in enumerate(order) if text in ("SIMULATED", "PROVISIONAL")]
    assert maturity.upper() in order
    assert marks == list(range(len(marks)))


def test_groups_one_by_one_bear_their_number_of_schools(study: Study, chapter: Chapter) -> None:
    figure = draw(chapter, "shown")
    frame = figure.data.frame
    sizes = study.collaborations.set_index("collaboration")["n_schools"]
    assert list(frame["n_schools"]) == [sizes[name] for name in frame["collaboration"]]
    said = text_of(figure)
    assert said.count("Schools") == 1
    numbers = [text for text in said if re.fullmatch(r"\d+", text)]
    for size, of in frame["n_schools"].astype(str).value_counts().items():
        assert numbers.count(str(size)) >= of


def test_a_group_of_no_known_number_of_schools_has_the_symbol_for_it(study: Study) -> None:
    size = study.collaborations["n_schools"].copy()
    size[:] = pd.NA
    figure = draw(with_table(study, n_schools=size), "shown")
    assert text_of(figure).count("x") == len(figure.data.frame)


def test_rows_with_the_same_printed_gains_are_flagged_in_words(chapter: Chapter) -> None:
    figure = draw(chapter, "shown")
    assert text_of(figure).count("same gains") == 2
    same = "Tunbridge Wells Mini Collaboration and Tunbridge Wells Schools Collaboration"
    assert same in figure.alt
    assert same in figure.caption
    assert list(figure.data.frame["same"]).count("yes") == 2


def test_gains_with_the_same_mean_but_other_columns_are_not_the_same(study: Study) -> None:
    table = study.collaborations
    turned = {f"gain_ks2_{i}_pp": table[f"gain_ks2_{i}_pp"].copy() for i in (1, 2, 3)}
    place = table.index[table["collaboration"] == "Tunbridge Wells Mini Collaboration"][0]
    first, last = turned["gain_ks2_1_pp"][place], turned["gain_ks2_3_pp"][place]
    turned["gain_ks2_1_pp"][place], turned["gain_ks2_3_pp"][place] = last + 1, first - 1
    figure = draw(with_table(study, **turned), "shown")
    assert "same gains" not in text_of(figure)
    assert "No two groups have the same printed gains." in figure.alt


def test_several_sets_of_identical_rows_are_told_apart(study: Study) -> None:
    table = study.collaborations
    shown = table.index[table["gain_ks2_1_pp"].notna() & table["gain_ks4_1_pp"].isna()]
    gains = [column for column in table if column.startswith("gain_")]
    copied = table.copy()
    first = [i for i in shown if "Tunbridge" not in table["collaboration"][i]]
    copied.loc[first[1], gains] = copied.loc[first[0], gains].to_numpy()
    said = text_of(draw(chapter_of(replace(study, collaborations=copied)), "shown"))
    assert [said.count(f"same gains, set {number}") for number in (1, 2, 3)] == [2, 2, 0]


def test_the_missing_map_numbers_its_rows_and_runs(study: Study, chapter: Chapter) -> None:
    figure = draw(chapter, "missing")
    said, shown = text_of(figure), figure.data.frame.drop(columns="collaboration")
    for column in shown:
        assert f"{(shown[column] == 'printed').sum()} of {len(shown)}" in said
    whole = int((shown == "printed").all(axis=1).sum())
    assert f"{whole} groups have a value in every row" in figure.alt
    sizes = shown.value_counts(sort=False)
    assert str(max(sizes)) in said
    assert {text for text in said if re.fullmatch(r"\d+", text)} <= set(map(str, sizes))


def test_both_key_stages_stand_in_the_scatter_by_mark_and_colour(
    study: Study, chapter: Chapter
) -> None:
    figure = draw(chapter, "scatter")
    funded = study.collaborations["funding_2012_13_gbp"].notna()
    counts = [
        int((funded & study.collaborations[f"gain_{stage}_1_pp"].notna()).sum())
        for stage in ("ks2", "ks4")
    ]
    said = text_of(figure)
    assert [f"key stage 2 ({counts[0]})" in said, f"key stage 4 ({counts[1]})" in said] == [
        True
    ] * 2
    assert int(figure.data.frame["ks4"].notna().sum()) == counts[1]
    assert "through which no line is drawn" in figure.caption
    assert f"the key stage 4 gain of {counts[1]} groups" in figure.alt


def test_a_year_of_one_key_stage_has_a_scatter_of_it_alone(study: Study) -> None:
    none = {f"gain_ks4_{i}_pp": np.nan for i in (1, 2, 3)}
    figure = draw(with_table(study, **none), "scatter")
    assert "key stage 4" not in " ".join([*text_of(figure), figure.alt, figure.caption])
    assert list(figure.data.frame) == ["collaboration", "exposure", "outcome"]
    assert "Key stage 2 gain, percentage points, where shown" in text_of(figure)


def test_the_bounds_mark_the_lowest_and_highest_slope_of_the_headline_s_range(
    chapter: Chapter,
) -> None:
    figure = draw(chapter, "bounds")
    headline = chapter.quantity("bounds.ks2.slope_pp_per_10k.range_30")
    for end in (headline.low, headline.high):
        number = write(end, headline.unit, bare=True)
        assert f"\N{PLUS-MINUS SIGN}30 pp: {number}" in text_of(figure)


def test_a_mean_that_is_known_for_all_groups_bears_one_number(study: Study) -> None:
    table = study.collaborations.iloc[[2]].reset_index(drop=True)
    said = text_of(draw(chapter_of(replace(study, collaborations=table)), "means"))
    assert [said.count(number) for number in ("15.3", "7.0")] == [3, 3]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0, 1_000, 2_000], ["0", "1,000", "2,000"]),
        ([-2_500_000, 0, 2_500_000], ["\N{MINUS SIGN}2,500,000", "0", "2,500,000"]),
        ([1_000.25, 1_000.5], ["1,000.25", "1,000.50"]),
        ([0.00012, 0.00024], ["0.00012", "0.00024"]),
    ],
)
def test_numbers_along_an_axis_are_written_plainly(
    numbers: list[float], expected: list[str]
) -> None:
    with drawing(2.0) as (canvas, axes):
        axes.set_xlim(min(numbers), max(numbers))
        axes.set_xticks(numbers)
        tidy_ticks(canvas, 11)
        canvas.draw_without_rendering()
        assert [label.get_text() for label in axes.get_xticklabels()] == expected
