from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawings import PICTURES, changed, chapter_of, draw

from analysis.page.chapter import Chapter
from analysis.page.figures import (
    chance,
    curve,
    document,
    gains,
    grades_money,
    membership,
    missing,
    overview,
    simulated,
)
from analysis.tables.tidy import Study, make_study


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study("2013")


@pytest.fixture(scope="module")
def chapter(study: Study) -> Chapter:
    return chapter_of(study)


def with_table(study: Study, **columns: Any) -> Chapter:
    return chapter_of(replace(study, collaborations=study.collaborations.assign(**columns)))


def given(chapter: Chapter, name: str, **values: Any) -> Any:
    """Return the estimates of a picture, the first with other numbers."""
    first, *others = (chapter.ask(question) for question in PICTURES[name][1])
    return [changed(first, **values), *others]


def test_gains_are_called_above_zero_only_while_all_are(study: Study, chapter: Chapter) -> None:
    assert draw(chapter, "shown").title.startswith("Every gain shown is above zero; 54 of 77")
    fallen = {
        f"gain_ks2_{i}_pp": study.collaborations[f"gain_ks2_{i}_pp"].copy() for i in (1, 2, 3)
    }
    for column in fallen.values():
        column[column.first_valid_index()] = -1.0
    figure = draw(with_table(study, **fallen), "shown")
    assert figure.title.startswith("1 of 28 gains shown is not above zero")
    assert "above zero." in figure.alt
    assert "Every" not in figure.title + figure.alt


def test_no_group_is_said_to_be_missing_where_all_are_shown(study: Study) -> None:
    shown = study.collaborations.dropna(subset=["gain_ks2_1_pp", "gain_ks4_1_pp"])
    table = shown.reset_index(drop=True)
    title = draw(chapter_of(replace(study, collaborations=table)), "shown").title
    assert title.endswith(f"no group of {len(table)} is left out")


def test_all_groups_have_grades_only_while_all_have(study: Study, chapter: Chapter) -> None:
    assert draw(chapter, "missing").title.startswith("All 77 groups have grades; ")
    size = study.collaborations["n_schools"].copy()
    size[:2] = pd.NA
    table = study.collaborations.assign(n_schools=size)
    figure = missing.missing_map(chapter_of(replace(study, collaborations=table)))
    assert figure.title.startswith("75 of 77 have grades; ")
    assert "gains are shown for 19 at key stage 2 and 9 at key stage 4" in figure.title


def test_money_of_one_school_year_is_drawn_alone(study: Study) -> None:
    table = study.collaborations.drop(columns="funding_2013_14_gbp")
    figure = draw(chapter_of(replace(study, collaborations=table)), "money")
    assert "2013/14" not in figure.subtitle
    assert "58 funded collaborations" in figure.title


def test_half_of_the_money_is_counted_from_the_largest(study: Study) -> None:
    money = pd.Series([9.0, 1.0, 1.0, 1.0], dtype=float)
    table = study.collaborations.iloc[:4].assign(
        funding_2012_13_gbp=money, funding_2013_14_gbp=np.nan
    )
    figure = draw(chapter_of(replace(study, collaborations=table)), "money")
    assert figure.title == "1 of 4 funded collaborations shares half of the money"


@pytest.mark.parametrize(
    ("low", "value", "high", "said"),
    [
        (-2, -1, -0.1, "a smaller"),
        (-2, -1, 0.5, "no clear slope of the"),
        (-1, 1, 3, "no clear slope of the"),
        (1, 2, 3, "a larger"),
    ],
)
def test_the_slope_s_sign_and_its_interval_are_said_as_they_are(
    chapter: Chapter, low: float, value: float, high: float, said: str
) -> None:
    number = {"low": low, "value": value, "high": high}
    title = gains.funding_against_gain(chapter, *given(chapter, "scatter", main=number)).title
    assert f"{said} key stage 2 gain" in title
    assert f"the interval {'includes' if low <= 0 <= high else 'excludes'} zero" in title
    assert ("shuffled money" in title) == (not low <= 0 <= high)


def test_a_slope_without_an_interval_is_not_said_to_exclude_zero(chapter: Chapter) -> None:
    estimates = given(chapter, "scatter", main={"low": None, "high": None})
    assert "no interval can be given" in gains.funding_against_gain(chapter, *estimates).title


def test_the_sign_is_kept_only_if_it_is_the_same_without_each_group(chapter: Chapter) -> None:
    assert "keeps its sign" in draw(chapter, "left out").title
    estimates = given(chapter, "left out", main={"low": -1.0, "high": 0.2})
    assert "does not keep its sign" in gains.leave_one_out(chapter, *estimates).title


def test_bounds_without_unseen_groups_have_no_breakdown(chapter: Chapter) -> None:
    (bounded,) = given(chapter, "bounds", breakdown_pp=np.inf)
    rows = bounded.rows.assign(outcome=bounded.rows["outcome"].fillna(1.0))
    figure = gains.bounds_by_range(chapter, replace(bounded, rows=rows))
    assert figure.title.startswith("No funded group is unseen")
    assert "never lost" in figure.alt
    assert "the sign is lost" not in figure.svg.decode()


@pytest.mark.parametrize(
    ("share", "place"), [(0.3, "below"), (0.5, "within"), (0.7, "within"), (0.99, "above")]
)
def test_the_reported_share_is_placed_where_it_lies(
    chapter: Chapter, share: float, place: str
) -> None:
    any_of, improved = given(chapter, "any of k")
    figure = chance.any_of_k(chapter, any_of, changed(improved, share=share))
    assert f" lies {place} what no change at all gives" in figure.title


def test_chance_needs_the_spread_at_which_its_line_meets_the_mean(chapter: Chapter) -> None:
    benchmark, shown = given(chapter, "chance")
    # Without change the expected mean is the spread times a constant: 1.941009 / 2 at 2 pp.
    for mean in (4.0, 9.0):
        figure = chance.chance_benchmark(chapter, benchmark, changed(shown, mean_pp=mean))
        assert f"move by {mean / 0.9705:.1f}\N{NO-BREAK SPACE}pp" in figure.title


@pytest.mark.parametrize(("mean", "said"), [(1.0, "less than 2.0"), (40.0, "more than 12.0")])
def test_a_mean_beyond_the_range_drawn_is_said_to_be_so(
    chapter: Chapter, mean: float, said: str
) -> None:
    benchmark, shown = given(chapter, "chance")
    figure = chance.chance_benchmark(chapter, benchmark, changed(shown, mean_pp=mean))
    assert f"only where results move by {said}" in figure.title
    assert "not met in the range drawn" in figure.alt


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.55, "in 55\N{NO-BREAK SPACE}% of shuffles"), (0.00001, "fewer than one in a thousand")],
)
def test_the_joint_probability_is_said_in_words(chapter: Chapter, p: float, said: str) -> None:
    assert said in curve.specification_curve(chapter, *given(chapter, "curve", joint_p=p)).title


def test_the_curve_counts_slopes_above_zero_from_what_it_draws(chapter: Chapter) -> None:
    (estimate,) = given(chapter, "curve")
    rows = estimate.rows.assign(standardised=np.linspace(-1, -0.1, len(estimate.rows)))
    rows.loc[0, "standardised"] = 0.3
    title = curve.specification_curve(chapter, replace(estimate, rows=rows)).title
    assert title.startswith(f"1 slope of {len(rows)} is above zero")


def test_slopes_that_stand_more_than_once_are_told(chapter: Chapter) -> None:
    caption = draw(chapter, "curve").caption
    (estimate,) = given(chapter, "curve")
    apart = estimate.rows[["n", "standardised", "p"]].round(9).drop_duplicates()
    assert f"{len(apart)} of the {len(estimate.rows)} slopes differ" in caption
    once = replace(estimate, rows=estimate.rows.loc[apart.index])
    assert "stand more than once" not in curve.specification_curve(chapter, once).caption


def test_grades_are_said_to_rise_or_fall_with_money_as_the_curve_does(chapter: Chapter) -> None:
    falling = {"value": -0.2, "low": -0.3, "high": -0.1}
    (estimate,) = given(chapter, "grades on money", slope=falling)
    figure = grades_money.grades_on_money(chapter, estimate)
    assert "a lower share" in figure.title
    assert figure.title.endswith("excludes zero")
    assert "0.82 times as high" in figure.alt
    assert "No clear slope" in draw(chapter, "grades on money").title


def test_grades_and_money_are_read_in_both_ways(chapter: Chapter) -> None:
    caption = draw(chapter, "grades on money").caption
    assert "money may have followed weak grades, or may have lifted grades" in caption
    assert "for other reasons" in caption
    assert "claims neither" in caption


def test_one_area_is_compared_with_no_other(study: Study) -> None:
    figure = draw(with_table(study, area="West"), "areas")
    assert figure.title.startswith("The middle group of West got £7,000 a school")
    assert "that of" not in figure.title


def test_rows_out_of_order_are_counted(chapter: Chapter) -> None:
    assert "fewer than one in a thousand orders would" in draw(chapter, "rows").title
    estimates = given(chapter, "rows", row_order_inversions=3.0, row_order_p=0.2)
    title = document.row_order(chapter, *estimates).title
    assert title.startswith("3 pairs of rows stand out of falling order")
    assert "20\N{NO-BREAK SPACE}% of orders" in title


def test_a_sum_below_zero_is_written_with_a_minus(chapter: Chapter) -> None:
    (estimate,) = given(chapter, "rows")
    rows = estimate.rows.assign(total=np.linspace(9.0, -12.5, len(estimate.rows)))
    figure = document.row_order(chapter, replace(estimate, rows=rows))
    assert "\N{MINUS SIGN}12.5\N{NO-BREAK SPACE}pp in the last" in figure.alt
    assert ">\N{MINUS SIGN}12.5</text>" in figure.svg.decode()


def test_rows_that_are_the_same_are_marked_in_words_too(chapter: Chapter) -> None:
    figure = draw(chapter, "rows")
    assert figure.svg.decode().count("the same gains") == 2
    same = figure.data.frame[figure.data.frame["same"] == "yes"]
    assert list(same["name"]) == [
        "Tunbridge Wells Mini Collaboration",
        "Tunbridge Wells Schools Collaboration",
    ]


def test_one_grant_follows_and_several_follow(chapter: Chapter) -> None:
    title = document.money_on_size(chapter, *given(chapter, "size", exact_n=1.0)).title
    assert title == "1 of 58 grants follows the guide sums to the pound"
    assert " follow the" in draw(chapter, "size").title


def test_improvers_miss_the_true_slope_only_if_they_do(chapter: Chapter) -> None:
    assert "misses the true 0.50" in draw(chapter, "simulated").title
    estimates = given(chapter, "simulated", shown_slope_pp_per_10k=0.5)
    assert "meets the true 0.50" in simulated.truncation(chapter, *estimates).title


def test_the_sign_of_the_mean_is_open_only_while_its_bounds_hold_zero(study: Study) -> None:
    chapter = chapter_of(study)
    assert "even the sign of the mean of all 77 groups is open" in draw(chapter, "means").title
    gain = {f"gain_ks2_{i}_pp": 50.0 for i in (1, 2, 3)}
    title = draw(with_table(study, **gain), "means").title
    assert "above zero at key stage 2 and of either sign at key stage 4" in title
    gain |= {f"gain_ks4_{i}_pp": 50.0 for i in (1, 2, 3)}
    assert draw(with_table(study, **gain), "means").title.endswith("all 77 groups is above zero")


def test_bounds_of_one_key_stage_stand_alone(chapter: Chapter) -> None:
    figure = membership.mean_bounds(chapter, chapter.ask("bounds.ks4.mean_pp"))
    assert set(figure.data.frame["outcome"]) == {"Key stage 4 gain"}


def test_a_claim_s_verdicts_are_counted_from_the_ledger(study: Study) -> None:
    claims = study.claims.assign(verdict="agrees")
    figure = overview.verdicts(chapter_of(replace(study, claims=claims)))
    assert figure.title.startswith("Of 76 claims 76 agree with the report's own tables, 0 do not")


def test_the_breakdown_is_the_one_that_was_computed(chapter: Chapter) -> None:
    title = gains.bounds_by_range(chapter, *given(chapter, "bounds", breakdown_pp=2.0)).title
    assert title.startswith("If unseen groups moved by no more than 2.0\N{NO-BREAK SPACE}pp")
