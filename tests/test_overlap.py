"""Components, shares of membership and counts of groups, on rosters small enough to see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.methods.clusters import coded
from analysis.methods.overlap import connected_components, fractional_membership, shared

# b links north and south; e has no group; f is listed without one, and in west.
UNITS = ["a", "b", "b", "c", "d", "e", "f", "f", "d"]
GROUPS = ["north", "north", "south", "south", "west", None, None, "west", "west"]


def test_units_that_share_a_group_by_whatever_chain_are_in_one_component() -> None:
    found = connected_components(UNITS, GROUPS)
    assert found.tolist() == [0, 0, 0, 0, 1, 2, 1, 1, 1]


def test_a_long_chain_is_one_component() -> None:
    units = np.repeat(np.arange(500), 2)
    groups = np.repeat(np.arange(501), 2)[1:-1]
    assert set(connected_components(units, groups)) == {0}
    cut = np.where(groups == 250, 1000 + np.arange(1000), groups)
    assert connected_components(units, cut).tolist() == [0] * 500 + [1] * 500


def test_components_are_those_of_walking_from_unit_to_unit() -> None:
    draw = np.random.default_rng(1)
    units, groups = draw.integers(0, 60, 90), draw.integers(0, 60, 90)
    label: dict[int, int] = {}
    for start in units.tolist():
        if start in label:
            continue
        reached = {start}
        while True:
            within = set(groups[np.isin(units, list(reached))])
            more = set(units[np.isin(groups, list(within))].tolist())
            if more == reached:
                break
            reached = more
        label |= dict.fromkeys(reached, len(set(label.values())))
    expected = [label[unit] for unit in units.tolist()]
    assert 5 < len(set(expected)) < 40
    assert connected_components(units, groups).tolist() == expected


def test_a_name_that_is_both_unit_and_group_links_nothing() -> None:
    assert connected_components(["a", "b"], ["b", "c"]).tolist() == [0, 1]


def test_renaming_and_reordering_change_no_component() -> None:
    order = [5, 8, 0, 3, 1, 7, 6, 2, 4]
    renamed = connected_components(
        [ord(UNITS[i]) for i in order],
        [float("nan") if GROUPS[i] is None else float(len(GROUPS[i])) for i in order],
    )
    # north and south have five letters each and become one group, which they already were.
    first = connected_components(UNITS, GROUPS)[order]
    pairs = set(zip(renamed.tolist(), first.tolist(), strict=True))
    assert len(pairs) == len(set(renamed.tolist())) == 3
    assert renamed[0] == 0


def test_components_serve_as_clusters() -> None:
    assert coded(connected_components(UNITS, GROUPS), len(UNITS))[1] == 3


def test_a_unit_in_two_groups_has_half_a_share_in_each() -> None:
    found = fractional_membership(UNITS, GROUPS)
    rows = [tuple(row) for row in found.astype(object).where(found.notna(), None).to_numpy()]
    assert rows == [
        ("a", "north", 1.0),
        ("b", "north", 0.5),
        ("b", "south", 0.5),
        ("c", "south", 1.0),
        ("d", "west", 1.0),
        ("e", None, 1.0),
        ("f", "west", 1.0),
    ]


def test_shares_add_to_one_a_unit_and_to_the_units_in_all() -> None:
    draw = np.random.default_rng(2)
    units, groups = draw.integers(0, 200, 1000), draw.integers(0, 30, 1000)
    found = fractional_membership(units, groups)
    # Sums of at most a dozen shares in double precision.
    np.testing.assert_allclose(found.groupby("unit")["weight"].sum(), 1.0, rtol=1e-12)
    assert len(found) == len(set(zip(units.tolist(), groups.tolist(), strict=True)))
    assert found["weight"].sum() == pytest.approx(len(set(units.tolist())), rel=1e-12)


def test_units_are_counted_by_their_number_of_groups() -> None:
    found = shared(UNITS, GROUPS)
    assert found.to_dict("list") == {"n_groups": [0, 1, 2], "n_units": [1, 4, 1]}


def test_series_are_taken_by_place_not_by_index() -> None:
    units, groups = pd.Series(UNITS, index=range(9, 0, -1)), pd.Series(GROUPS)
    assert (connected_components(units, groups) == connected_components(UNITS, GROUPS)).all()
    pd.testing.assert_frame_equal(shared(units, groups), shared(UNITS, GROUPS))


def test_a_roster_without_any_group_is_all_single_units() -> None:
    nothing = [None, None, None]
    assert connected_components(["x", "y", "x"], nothing).tolist() == [0, 1, 0]
    assert shared(["x", "y", "x"], nothing).to_dict("list") == {"n_groups": [0], "n_units": [2]}
    assert fractional_membership(["x", "y", "x"], nothing)["weight"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("function", [connected_components, fractional_membership, shared])
@pytest.mark.parametrize(
    ("units", "groups", "message"),
    [
        (["a", None], ["x", "y"], "row 1 has no unit"),
        (["a"], ["x", "y"], "differ in shape"),
        ([], [], "no memberships"),
    ],
)
def test_bad_rosters_are_refused(
    function: Callable[..., Any], units: Any, groups: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(units, groups)
