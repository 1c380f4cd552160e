"""Tests of cell suppression: known tables, and an attacker who solves what is published."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import null_space

from analysis.methods.suppression import Relation, System, interval, is_safe, suppress, table

LEAST = 3


def small(system: System) -> set[str]:
    return {name for name, value in system.values.items() if 0 < value < LEAST}


def worked_out(system: System, left_out: Collection[str]) -> set[str]:
    """Return the cells that linear algebra alone gives: those that no null vector moves."""
    unknown = sorted({*left_out, *system.unpublished})
    rows = np.array([[one.weights.get(n, 0.0) for n in unknown] for one in system.relations])
    if not unknown or not len(rows):
        return set()
    free = null_space(rows)
    return {name for at, name in enumerate(unknown) if not np.any(np.abs(free[at]) > 1e-9)}


def two_way(cells: list[list[int]]) -> System:
    """Return a table with both margins and a total."""
    names = [[f"{i}.{j}" for j in range(len(cells[0]))] for i in range(len(cells))]
    values = {names[i][j]: cells[i][j] for i in range(len(cells)) for j in range(len(cells[0]))}
    adds = [(f"row {i}", names[i]) for i in range(len(cells))]
    adds += [(f"column {j}", [row[j] for row in names]) for j in range(len(cells[0]))]
    values |= {total: sum(values[part] for part in parts) for total, parts in adds}
    values["all"] = sum(map(sum, cells))
    adds += [("all", [f"row {i}" for i in range(len(cells))])]
    return table(values, adds, width=LEAST)


def test_a_single_small_part_of_a_total_takes_the_next_smallest_with_it() -> None:
    system = table({"a": 2, "b": 9, "c": 5, "all": 16}, [("all", "abc")], width=LEAST)
    assert suppress(system, {"a"}) == {"a", "c"}
    assert interval(system, {"a"}, "a") == (2, 2)
    assert interval(system, {"a", "c"}, "a") == (0, 7)


def test_two_small_parts_protect_each_other_only_where_their_sum_leaves_room() -> None:
    tight = table({"a": 1, "b": 1, "c": 8, "all": 10}, [("all", "abc")], width=LEAST)
    assert not is_safe(tight, {"a", "b"}, "a")
    assert suppress(tight, {"a", "b"}) == {"a", "b", "c"}
    roomy = table({"a": 2, "b": 1, "c": 8, "all": 11}, [("all", "abc")], width=LEAST)
    assert suppress(roomy, {"a", "b"}) == {"a", "b"}


def test_a_true_nought_is_published_unless_nothing_else_protects() -> None:
    system = table({"a": 2, "b": 0, "c": 5, "all": 7}, [("all", "abc")], width=LEAST)
    assert suppress(system, {"a"}) == {"a", "c"}


def test_in_a_table_with_both_margins_a_rectangle_is_left_out() -> None:
    system = two_way([[2, 7, 20], [8, 30, 40], [25, 50, 60]])
    assert suppress(system, {"0.0"}) == {"0.0", "0.1", "1.0", "1.1"}


def test_the_loss_between_two_steps_takes_the_number_before_it_along() -> None:
    flow = System(
        {"first": 40, "lost": 1, "second": 39, "gone": 9, "last": 30},
        [Relation({"first": 1, "lost": -1, "second": -1}),
         Relation({"second": 1, "gone": -1, "last": -1})],
        width=LEAST,
    )  # fmt: skip
    left_out = suppress(flow, {"lost"})
    assert left_out == {"lost", "first"}
    assert interval(flow, left_out, "lost") == (0, math.inf)


def test_a_difference_that_stands_nowhere_is_protected_too() -> None:
    system = System(
        {"with": 38, "all": 40, "without": 2}, [Relation({"all": -1, "with": 1, "without": 1})],
        frozenset({"without"}), width=LEAST,
    )  # fmt: skip
    assert suppress(system, {"without"}) == {"without", "with"}
    assert suppress(system, ()) == set()


def test_a_mean_that_follows_from_the_mean_of_all_takes_another_with_it() -> None:
    means = {"few": 4.0, "many": 2.0, "more": 1.0, "all": 1.5}
    weights = {"few": 2 / 30, "many": 8 / 30, "more": 20 / 30}
    means["all"] = sum(weights[name] * means[name] for name in weights)
    system = System(
        means, [Relation({**weights, "all": -1})], signed=frozenset(means), width=1.0
    )  # fmt: skip
    assert worked_out(system, {"few"}) == {"few"}
    assert len(suppress(system, {"few"})) == 2


def test_a_total_that_cannot_hide_its_only_part_goes_as_well() -> None:
    system = table({"a": 2, "all": 2}, [("all", "a")], width=LEAST)
    assert suppress(system, {"a", "all"}) == {"a", "all"}
    assert interval(system, {"a", "all"}, "a") == (0, math.inf)


def test_cells_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="do not add up as declared, by 1"):
        table({"a": 2, "b": 3, "all": 4}, [("all", "ab")])
    with pytest.raises(ValueError, match="names b, without a value"):
        table({"a": 2, "all": 4}, [("all", "ab")])


def test_what_cannot_be_protected_is_said_and_not_published() -> None:
    known = System({"a": 2.0}, [Relation({"a": 1.0}, 2.0)], width=LEAST)
    with pytest.raises(ValueError, match="nothing is left to leave out that would protect 'a'"):
        suppress(known, {"a"})


@pytest.mark.fuzz
@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda wide: st.lists(
            st.lists(st.integers(0, 12), min_size=wide, max_size=wide), min_size=2, max_size=4
        )
    )
)
def test_nobody_who_solves_a_published_table_finds_a_small_cell(cells: list[list[int]]) -> None:
    system = two_way(cells)
    primary = small(system)
    left_out = suppress(system, primary)
    assert primary <= left_out
    assert not primary & worked_out(system, left_out)
    for cell in primary:
        low, high = interval(system, left_out, cell)
        assert low <= system.values[cell] <= high
        assert math.floor(high + 1e-6) - math.ceil(low - 1e-6) >= LEAST if high < math.inf else True


@pytest.mark.fuzz
@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(3, 30))
def test_nobody_who_subtracts_the_steps_of_a_flow_finds_a_small_loss(
    lost: list[int], last: int
) -> None:
    values = {"left.0": last + sum(lost)}
    relations = []
    for at, gone in enumerate(lost):
        values[f"lost.{at}"] = gone
        values[f"left.{at + 1}"] = values[f"left.{at}"] - gone
        relations.append(Relation({f"left.{at}": 1, f"lost.{at}": -1, f"left.{at + 1}": -1}))
    values["lost"] = sum(lost)
    relations.append(Relation({"lost": -1} | {f"lost.{at}": 1 for at in range(len(lost))}))
    system = System(values, relations, width=LEAST)
    left_out = suppress(system, small(system))
    assert not small(system) & worked_out(system, left_out)
    assert all(is_safe(system, left_out, cell) for cell in small(system))


def test_what_everybody_knows_from_elsewhere_protects_nothing() -> None:
    cells = {"all": 40, "lost": 1, "left": 39, "gone": 9, "last": 30}
    relations = [
        Relation({"all": 1, "lost": -1, "left": -1}),
        Relation({"left": 1, "gone": -1, "last": -1}),
    ]
    known = System(cells, relations, width=LEAST, fixed=frozenset({"all"}))
    assert suppress(known, {"lost"}) == {"lost", "left", "gone"}


def test_who_knows_that_zeros_are_shown_narrows_a_range_from_below() -> None:
    cells, relation = (
        {"a": 1, "b": 1, "c": 1, "all": 3},
        Relation({"a": 1, "b": 1, "c": 1, "all": -1}),
    )
    plain = System(cells, [relation])
    aware = System(cells, [relation], zeros_shown=True)
    assert interval(plain, "abc", "a") == (0, 3)
    assert interval(aware, "abc", "a") == (1, 1)
    assert suppress(plain, set("abc")) == set("abc")
    assert suppress(aware, set("abc")) == {"a", "b", "c", "all"}


def test_the_dearest_cell_is_the_last_to_go() -> None:
    cells, relation = (
        {"a": 2, "b": 5, "c": 6, "all": 13},
        Relation({"a": 1, "b": 1, "c": 1, "all": -1}),
    )
    assert suppress(System(cells, [relation], width=LEAST), {"a"}) == {"a", "b"}
    dear = System(cells, [relation], width=LEAST, costs={"b": 1e9, "all": 1e9})
    assert suppress(dear, {"a"}) == {"a", "c"}
