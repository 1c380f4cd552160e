"""Tests of the rows of one school under several numbers, brought together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.tables.successors import KEY, one_row_a_school, outcome_columns

MEASURES = ("ks2_expected_pct", "ks2_maths_score")
MEMBER_OF = {"100001": "100009", "100002": "100009", "100009": "100009"}
Line = tuple[str, int, float | None, float | None, float | None]


def rows(*lines: Line) -> pd.DataFrame:
    """Return rows as a file of results gives them: URN, year, cohort and two measures."""
    urn, year, cohort, pct, score = zip(*lines, strict=True)
    return pd.DataFrame(
        {
            "row": range(2, len(lines) + 2),
            "urn": pd.Series(urn, dtype="str"),
            "school": [f"School {one}" for one in urn],
            "year": year,
            "stage": "ks2",
            "kind": "school",
            "phase": "primary",
            "district": "Nodistrict",
            "definition": "made up",
            "cohort": pd.Series(cohort, dtype="Int64"),
            "ks2_expected_pct": pd.Series(pct, dtype="float64"),
            "ks2_maths_score": pd.Series(score, dtype="float64"),
        }
    )


def one(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return frame.iloc[0]


def test_a_school_that_never_changed_its_number_stays_as_it_is() -> None:
    line = one(one_row_a_school(rows(("100001", 2012, 30, 70, 103)), {}))
    assert line[["urn", "year", "stage", "school"]].tolist() == [
        *("100001", 2012, "ks2", "School 100001")
    ]
    assert line[["cohort", "n_urns", *MEASURES]].tolist() == [30, 1, 70, 103]


def test_the_row_with_figures_is_kept_beside_the_blank_row_of_a_new_academy() -> None:
    before, blank = ("100001", 2012, 30, 70, 103), ("100009", 2012, None, None, None)
    for lines in ((before, blank), (blank, before)):
        line = one(one_row_a_school(rows(*lines), MEMBER_OF))
        assert line[["urn", "school", "cohort", "n_urns"]].tolist() == [
            *("100009", "School 100001", 30, 1)
        ]
        assert line[list(MEASURES)].tolist() == [70, 103]


def test_a_row_with_pupils_and_no_figure_adds_none_to_a_row_with_figures() -> None:
    found = rows(("100001", 2012, 30, 70, 103), ("100009", 2012, 4, None, None))
    assert one(one_row_a_school(found, MEMBER_OF))["cohort"] == 30


def test_of_a_chain_without_figures_one_row_stays_to_say_so() -> None:
    found = rows(("100001", 2012, 4, None, None), ("100009", 2012, None, None, None))
    line = one(one_row_a_school(found, MEMBER_OF))
    assert line[["urn", "cohort", "n_urns"]].tolist() == ["100009", 4, 1]
    assert line[list(MEASURES)].isna().all()


def test_schools_that_later_became_one_are_averaged_by_cohort() -> None:
    found = rows(("100001", 2012, 30, 70, 103), ("100002", 2012, 10, 50, 99))
    line = one(one_row_a_school(found, MEMBER_OF))
    assert line[["urn", "cohort", "n_urns"]].tolist() == ["100009", 40, 2]
    # By hand: (30 x 70 + 10 x 50) / 40 and (30 x 103 + 10 x 99) / 40.
    assert line[list(MEASURES)].tolist() == [65, 102]


def test_what_one_of_them_lacks_is_missing_of_the_whole() -> None:
    found = rows(("100001", 2012, 30, 70, 103), ("100002", 2012, 10, None, 99))
    line = one(one_row_a_school(found, MEMBER_OF))
    assert np.isnan(line["ks2_expected_pct"])
    assert line["ks2_maths_score"] == 102


@pytest.mark.parametrize(("second", "mean"), [(60.0, 65.0), (None, float("nan"))])
def test_without_cohorts_schools_count_alike_and_none_is_passed_over(
    second: float | None, mean: float
) -> None:
    found = rows(("100001", 2012, None, 70, 103), ("100002", 2012, None, second, 99))
    line = one(one_row_a_school(found, MEMBER_OF))
    assert pd.isna(line["cohort"])
    np.testing.assert_equal(line["ks2_expected_pct"], mean)


def test_years_and_stages_are_kept_apart() -> None:
    found = rows(("100001", 2012, 30, 70, 103), ("100002", 2013, 10, 50, 99))
    found = pd.concat([found, found.assign(stage="ks4")])
    made = one_row_a_school(found, MEMBER_OF)
    assert made[KEY].to_numpy().tolist() == [
        ["100009", 2012, "ks2"],
        ["100009", 2012, "ks4"],
        ["100009", 2013, "ks2"],
        ["100009", 2013, "ks4"],
    ]
    assert (made["n_urns"] == 1).all()


def test_the_name_is_that_of_the_last_row_of_those_pooled() -> None:
    found = rows(("100001", 2012, 30, 70, 103), ("100002", 2012, 10, 50, 99))
    assert one(one_row_a_school(found, MEMBER_OF))["school"] == "School 100002"


def test_figures_are_known_from_what_describes_a_school() -> None:
    assert outcome_columns(rows(("100001", 2012, 30, 70, 103))) == list(MEASURES)


figure = st.one_of(st.none(), st.integers(0, 100).map(float))
lines = st.lists(
    st.tuples(
        st.sampled_from(["100001", "100002", "100003", "100009"]),
        st.sampled_from([2012, 2013]),
        st.one_of(st.none(), st.integers(0, 60)),
        figure,
        figure,
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda line: line[:2],
)


@given(lines, st.randoms())
def test_whatever_the_order_each_school_is_there_once_and_no_figure_is_invented(
    found: list[Line], random: object
) -> None:
    frame = rows(*found)
    made = one_row_a_school(frame, MEMBER_OF)
    assert not made.duplicated(KEY).any()
    assert made[KEY[:2]].to_numpy().tolist() == sorted(
        [list(pair) for pair in {(MEMBER_OF.get(line[0], line[0]), line[1]) for line in found}]
    )
    for name in MEASURES:
        assert made[name].min() >= frame[name].min() or made[name].isna().all()
        assert made[name].max() <= frame[name].max() or made[name].isna().all()
    random.shuffle(found)  # type: ignore[attr-defined]
    shuffled = frame.set_index(["urn", "year"]).loc[[line[:2] for line in found]].reset_index()
    pd.testing.assert_frame_equal(one_row_a_school(shuffled[frame.columns], MEMBER_OF), made)


@given(lines)
def test_bringing_together_again_changes_nothing_but_the_count(found: list[Line]) -> None:
    made = one_row_a_school(rows(*found), MEMBER_OF)
    again = one_row_a_school(made.assign(row=range(2, len(made) + 2)), MEMBER_OF)
    pd.testing.assert_frame_equal(again.drop(columns="n_urns"), made.drop(columns="n_urns"))
