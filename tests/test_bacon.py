"""The comparisons in a two-way slope against the slope itself, a library and hand arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.methods.bacon import ALWAYS, EARLIER, LATER, NEVER, decompose, share_forbidden
from analysis.methods.did import group_time
from analysis.methods.did_aggregate import overall
from analysis.methods.fixed_effects import two_way

PUBLISHED = Path(__file__).parent / "oracle" / "published"


def staggered(seed: int, groups: list[float], n_units: int = 60, n_periods: int = 7):
    rng = np.random.default_rng(seed)
    unit, time = (part.ravel() for part in np.indices((n_units, n_periods)))
    group = rng.choice(groups, size=n_units)[unit]
    y = rng.normal(size=len(unit)) + rng.normal(size=n_units)[unit] + time**1.3
    y += np.where(time >= group, 1.0 + 0.4 * np.maximum(time - np.minimum(group, 99), 0), 0.0)
    return pd.DataFrame({"unit": unit, "time": time, "group": group, "y": y})


def of(frame: pd.DataFrame) -> pd.DataFrame:
    return decompose(frame["y"], frame["unit"], frame["time"], frame["group"])


def slope(frame: pd.DataFrame) -> float:
    treated = (frame["time"] >= frame["group"]).to_numpy()[:, None]
    fit = two_way(frame["y"], treated, frame["unit"], frame["time"], names=["treated"])
    return float(fit.estimates[0])


@pytest.mark.parametrize(
    "groups",
    [
        [3.0, np.inf],
        [2.0, 5.0],
        [2.0, 3.0, 6.0, np.inf],
        [-1.0, -2.0, 2.0, 4.0],
        [-1.0, 2.5, 3.0, 4.0, 40.0, np.inf],
    ],
)
def test_the_weighted_comparisons_are_the_two_way_slope(groups: list[float]) -> None:
    frame = staggered(3, groups)
    found = of(frame)
    assert (found["weight"] > 0).all()
    # An identity (Goodman-Bacon 2021, theorem 1): rounding only.
    assert found["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert (found["weight"] * found["estimate"]).sum() == pytest.approx(slope(frame), rel=1e-9)


def test_each_comparison_is_the_two_way_slope_of_its_two_groups_in_its_window() -> None:
    frame = staggered(5, [2.0, 4.0, np.inf])
    found = of(frame).set_index(["kind", "treated", "control"])["estimate"]
    pair = frame[np.isfinite(frame["group"])]
    # Identities: rounding only.
    early = slope(pair[pair["time"] < 4])
    assert found[EARLIER, 2.0, 4.0] == pytest.approx(early, rel=1e-9)
    late = pair[pair["time"] >= 2]
    late = late.assign(group=late["group"].replace(2.0, np.inf))
    assert found[LATER, 4.0, 2.0] == pytest.approx(slope(late), rel=1e-9)
    never = frame[frame["group"] != 4]
    assert found[NEVER, 2.0, np.inf] == pytest.approx(slope(never), rel=1e-9)


def test_the_weights_of_a_small_example_are_those_worked_out_by_hand() -> None:
    # Equal groups treated in 1 and 2 of periods 0, 1, 2, and never. Weights go with periods
    # before times periods after: 1 x 2 and 2 x 1 against never, 1 x 1 and 1 x 1 for the pair.
    frame = pd.DataFrame(
        {
            "unit": np.repeat(["a", "b", "c"], 3),
            "time": [0, 1, 2] * 3,
            "group": np.repeat([1.0, 2.0, np.inf], 3),
            "y": [0.0, 1, 3, 0, 0, 1, 0, 0, 0],
        }
    )
    found = of(frame).set_index("kind")
    assert found.loc[NEVER, "weight"].tolist() == pytest.approx([1 / 3, 1 / 3])
    assert found.loc[NEVER, "estimate"].tolist() == pytest.approx([2, 1])
    assert found.loc[EARLIER, "weight"] == pytest.approx(1 / 6)
    assert found.loc[EARLIER, "estimate"] == pytest.approx(1)
    # The later group rises by 1 while the earlier one, treated already, rises by 2.
    assert found.loc[LATER, "estimate"] == pytest.approx(-1)
    assert share_forbidden(of(frame)) == pytest.approx(1 / 6)


def test_the_minimum_wage_panel_is_split_as_diff_diff_splits_it() -> None:
    library = pytest.importorskip("diff_diff")
    frame = pd.read_csv(PUBLISHED / "mpdta.csv").rename(columns={"first.treat": "group"})
    other = library.BaconDecomposition(weights="exact").fit(
        frame, "lemp", "countyreal", "year", "group"
    )
    found = decompose(frame["lemp"], frame["countyreal"], frame["year"], frame["group"])
    theirs = sorted((one.weight, one.estimate) for one in other.comparisons)
    mine = sorted(zip(found["weight"], found["estimate"], strict=True))
    # The same identity: rounding only.
    assert np.array(mine) == pytest.approx(np.array(theirs), abs=1e-10)
    assert len(found) == 9


def test_the_castle_doctrine_slope_is_made_up_of_its_comparisons() -> None:
    castle = pytest.importorskip("causaldata").castle.load_pandas().data
    # First year with the law in force for the whole of it, from the data's own indicator.
    group = castle[castle["post"] == 1].groupby("sid")["year"].min()
    frame = pd.DataFrame(
        {
            "unit": castle["sid"],
            "time": castle["year"],
            "group": castle["sid"].map(group).fillna(np.inf),
            "y": np.log(castle["homicide"]),
        }
    )
    found = of(frame)
    # Rounding only.
    assert (found["weight"] * found["estimate"]).sum() == pytest.approx(slope(frame), rel=1e-9)
    assert 0 < share_forbidden(found) < 0.2


def test_growth_makes_forbidden_comparisons_wrong_and_only_those() -> None:
    frame = staggered(3, [2.0, 4.0, np.inf], n_units=3000)
    found = of(frame).set_index("kind")["estimate"]
    # With growth of .4 a period every difference is at least 1; simulation errors are below .1.
    assert found[EARLIER] > 0.9
    assert found[NEVER].min() > 0.9
    # The earlier group's own growth is taken off: 1 + .4 less .4 times 2.5 periods' difference.
    assert found[LATER] < 0.6


@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_group_time_differences_recover_growth_where_the_two_way_slope_misses_it(
    control: str,
) -> None:
    frame = staggered(7, [1.0, 3.0, 5.0, np.inf], n_units=1200)
    gt = group_time(frame["y"], frame["unit"], frame["time"], frame["group"], control=control)
    true = np.where(gt.times >= gt.groups, 1 + 0.4 * (gt.times - gt.groups), 0)
    # Of 18 standardised errors the largest passes 4 once in 800 seeds.
    assert np.abs((gt.estimates - true) / gt.standard_errors).max() < 4
    treated = frame[frame["time"] >= frame["group"]]
    aim = float((1 + 0.4 * (treated["time"] - treated["group"])).mean())
    found = overall(gt)
    # Three standard errors are passed once in 370 seeds.
    assert abs(found.estimate - aim) < 3 * found.standard_error
    # Already treated controls bend the two-way slope below the truth, by design.
    assert slope(frame) < aim - 10 * found.standard_error


def test_always_treated_controls_are_named_and_forbidden() -> None:
    frame = staggered(4, [-3.0, 3.0])
    found = of(frame)
    assert found["kind"].tolist() == [ALWAYS]
    assert share_forbidden(found) == pytest.approx(1)
    assert share_forbidden(of(staggered(4, [3.0, np.inf]))) == 0


def test_order_names_calendar_and_scale_change_nothing_of_substance() -> None:
    frame = staggered(6, [2.0, 3.0, 6.0, np.inf])
    other = frame.sample(frac=1, random_state=1)
    other["unit"] = "u" + other["unit"].astype(str)
    other[["time", "group"]] += 2010
    other["y"] *= 1000
    one, two = of(frame), of(other)
    # Rounding only.
    assert two["weight"].tolist() == pytest.approx(one["weight"].tolist(), rel=1e-10)
    assert two["estimate"].tolist() == pytest.approx((1000 * one["estimate"]).tolist(), rel=1e-8)
    assert two["kind"].tolist() == one["kind"].tolist()


def test_what_cannot_be_decomposed_is_refused() -> None:
    frame = staggered(6, [2.0, np.inf])
    with pytest.raises(ValueError, match="1 units and periods have no row"):
        of(frame.iloc[1:])
    with pytest.raises(ValueError, match="does not vary"):
        of(frame.assign(group=np.inf))
    with pytest.raises(ValueError, match="does not vary"):
        of(frame.assign(group=3.0))
    with pytest.raises(ValueError, match="finite"):
        of(frame.assign(y=np.nan))
    with pytest.raises(ValueError, match="add up to"):
        share_forbidden(of(frame).assign(weight=0.1))
