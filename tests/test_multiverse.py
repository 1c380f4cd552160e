"""The specification curve against a naive loop of statsmodels and its own promises."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import statsmodels.regression.linear_model as lm
from numpy.typing import NDArray
from scipy import stats
from statsmodels.datasets import longley

from analysis.methods.inference import orders, permute_slope
from analysis.methods.multiplicity import westfall_young
from analysis.methods.multiverse import Specification, curve, null_t
from analysis.methods.multiverse_draws import donors

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
N_UNITS = 30


def columns(n: int = N_UNITS, *, slope: float = 0.0, seed: int = 1) -> dict[str, Floats]:
    draw = np.random.default_rng(seed)
    size = draw.gamma(3.0, 2.0, size=n)
    total = np.round(size + draw.normal(size=n), 1)
    gain = slope * total + draw.standard_t(4, size=n)
    return {
        "size": size,
        "total": total,
        "per_school": total / size,
        "ks2": gain,
        "ks4": 0.5 * gain + draw.normal(size=n),
        "area": (np.arange(n) // 3 % 2).astype(float),
    }


def specified(data: dict[str, Floats]) -> list[Specification]:
    n = len(data["ks2"])
    samples = {
        "all": np.arange(n),
        "some": np.delete(np.arange(n), [0, 7, 8, n - 1])[::-1],
        "half": np.arange(0, n, 2),
    }
    controlled: list[tuple[str, ...]] = [(), ("size",), ("size", "area")]
    options = product(("ks2", "ks4"), ("total", "per_school"), controlled, samples, (False, True))
    made = []
    for outcome, exposure, controls, sample, ranks in options:
        rows = samples[sample]
        labels = {"outcome": outcome, "exposure": exposure, "controls": "+".join(controls)}
        table = np.column_stack([data[name] for name in controls])[rows] if controls else None
        made.append(
            Specification(
                labels | {"sample": sample, "scale": "ranks" if ranks else "raw"},
                data[outcome][rows],
                data[exposure][rows],
                rows,
                table,
                ranks,
            )
        )
    return made


def refitted(specification: Specification, x: Floats) -> lm.RegressionResults:
    y, controls = np.asarray(specification.y), specification.controls
    parts = [x] if controls is None else [x, *np.asarray(controls).T]
    if specification.ranks:
        y, parts = stats.rankdata(y), [stats.rankdata(part) for part in parts]
    return lm.OLS(y, np.column_stack([*parts, np.ones(len(y))])).fit()


def followed(order: Indices, members: set[int], unit: int) -> int:
    donor = int(order[unit])
    while donor not in members:
        donor = int(order[donor])
    return donor


def naive_null_t(
    specifications: list[Specification], data: dict[str, Floats], order: Indices
) -> Iterator[float]:
    for specification in specifications:
        handed = data[specification.labels["exposure"]][order]
        yield refitted(specification, handed[np.asarray(specification.rows)]).tvalues[0]


def test_slopes_and_t_are_those_of_statsmodels_specification_by_specification() -> None:
    specifications = specified(columns())
    found = curve(specifications, n_units=N_UNITS, draws=9, seed=1)
    fits = [refitted(one, np.asarray(one.x)) for one in specifications]
    # Two ways to the same algebra on well-conditioned data.
    np.testing.assert_allclose(found.slopes, [fit.params[0] for fit in fits], rtol=1e-10)
    np.testing.assert_allclose(found.t, [fit.tvalues[0] for fit in fits], rtol=1e-10)
    np.testing.assert_allclose(found.p_values, [fit.pvalues[0] for fit in fits], rtol=1e-9)
    robust = [fit.get_robustcov_results("HC3", use_t=True).pvalues[0] for fit in fits]
    np.testing.assert_allclose(found.p_values_hc3, robust, rtol=1e-9)
    assert found.df.tolist() == [fit.df_resid for fit in fits]
    assert found.n.tolist() == [fit.nobs for fit in fits]
    assert found.labels[0]["sample"] == "all"


def test_the_standardised_slope_is_the_partial_correlation() -> None:
    data = columns()
    (one,) = (s for s in specified(data) if tuple(s.labels.values()) == (
        "ks2", "total", "size+area", "half", "raw"
    ))  # fmt: skip
    found = curve([one], n_units=N_UNITS, draws=9, seed=1)
    y, x, controls = (np.asarray(part) for part in (one.y, one.x, one.controls))
    Z = np.column_stack([np.ones(len(y)), controls])
    left = [lm.OLS(values, Z).fit().resid for values in (y, x)]
    assert found.standardised[0] == pytest.approx(np.corrcoef(*left)[0, 1], rel=1e-10)
    assert found.median == pytest.approx(found.standardised[0], rel=1e-10)


def test_longleys_t_statistics_are_the_certified_ones_of_nist() -> None:
    data = longley.load_pandas()
    exposures = data.exog.to_numpy()
    specifications = [
        Specification(
            {"exposure": name},
            data.endog.to_numpy(),
            exposures[:, j],
            np.arange(16),
            np.delete(exposures, j, axis=1),
        )
        for j, name in enumerate(data.exog.columns)
    ]
    found = curve(specifications, n_units=16, draws=9, seed=1)
    # NIST StRD Longley, certified estimates B1 to B6 and their standard deviations. Eight of
    # fifteen digits: the regressors are all but collinear.
    certified = np.array(
        [
            (15.0618722713733, 84.9149257747669),
            (-0.358191792925910e-01, 0.334910077722432e-01),
            (-2.02022980381683, 0.488399681651699),
            (-1.03322686717359, 0.214274163161675),
            (-0.511041056535807e-01, 0.226073200069370),
            (1829.15146461355, 455.478499142212),
        ]
    )
    np.testing.assert_allclose(found.slopes, certified[:, 0], rtol=1e-8)
    np.testing.assert_allclose(found.t, certified[:, 0] / certified[:, 1], rtol=1e-8)


def test_every_draw_is_the_refit_of_every_specification_to_handed_out_exposures() -> None:
    data = columns()
    mixed = np.random.default_rng(3).permutation(72)
    specifications = [specified(data)[index] for index in mixed]
    found = null_t(specifications, n_units=N_UNITS, draws=12, seed=5)
    drawn = orders(N_UNITS, 12, seed=5)
    naive = np.array([list(naive_null_t(specifications, data, order)) for order in drawn])
    # Two ways to the same algebra; t near zero is compared absolutely.
    np.testing.assert_allclose(found, naive, rtol=1e-10, atol=1e-10)


def test_joint_p_values_are_those_of_the_naive_curves() -> None:
    data = columns(slope=0.1)
    specifications = specified(data)[::5]
    found = curve(specifications, n_units=N_UNITS, draws=19, seed=5, level=0.9)
    drawn = [np.arange(N_UNITS), *orders(N_UNITS, 19, seed=5)]
    t = np.array([list(naive_null_t(specifications, data, order)) for order in drawn])
    r = t / np.sqrt(t**2 + found.df)
    median = np.median(r, axis=1)
    significant = (2 * stats.t.sf(np.abs(t), found.df) < 0.1) & (np.sign(t.T) == np.sign(median)).T
    for seen, p, null in (
        (found.median, found.median_p, median),
        (found.share_significant, found.share_significant_p, significant.mean(axis=1)),
        (found.mean_t, found.mean_t_p, t.mean(axis=1)),
    ):
        assert seen == pytest.approx(null[0], rel=1e-10)
        # The observed curve is the one added to numerator and denominator.
        assert p == np.mean(np.abs(null) >= abs(null[0]) - 1e-9)
    assert found.joint_p == found.median_p


def test_exposures_that_stay_among_their_rows_follow_the_draw_until_it_meets_one() -> None:
    data = columns()
    one = specified(data)[4]
    assert one.labels["sample"] == "half"
    found = null_t([one, specified(data)[0]], n_units=N_UNITS, draws=12, seed=5, exposure=None)
    members = set(np.asarray(one.rows).tolist())
    for order, t in zip(orders(N_UNITS, 12, seed=5), found[:, 0], strict=True):
        handed = [data["total"][followed(order, members, unit)] for unit in np.asarray(one.rows)]
        assert t == pytest.approx(refitted(one, np.array(handed)).tvalues[0], abs=1e-10)


def test_draws_that_tie_with_the_data_count_as_extreme_however_they_round() -> None:
    tenths, outcome = np.arange(1, 8), np.array([3, 1, 2, 2, 5, 4, 1])
    one = Specification({"exposure": "x"}, outcome / 10, tenths / 10, np.arange(7))
    found = curve([one], n_units=7, draws=2_000, seed=4)
    # Whole numbers tell which draws tie: 7 sum(xy) - sum(x) sum(y).
    handed = tenths[orders(7, 2_000, seed=4)]
    null = np.abs(7 * handed @ outcome - tenths.sum() * outcome.sum())
    seen = abs(7 * tenths @ outcome - tenths.sum() * outcome.sum())
    assert (null == seen).sum() > 100
    assert found.joint_p == (1 + (null >= seen).sum()) / 2_001


def test_the_permutation_induced_on_some_units_is_uniform() -> None:
    members = np.array([1, 3, 4])
    induced = donors(orders(6, 24_000, seed=8), members)
    _, counts = np.unique(induced, axis=0, return_counts=True)
    assert len(counts) == 6
    # Chi-squared with 5 degrees of freedom passes 20.5 once in a thousand seeds.
    assert ((counts - 4000) ** 2 / 4000).sum() < 20.5


def test_one_specification_alone_is_the_permutation_test_of_its_slope() -> None:
    data = columns(slope=0.15)
    one = specified(data)[0]
    found = curve([one], n_units=N_UNITS, draws=20_000, seed=3)
    alone = permute_slope(one.x, one.y, draws=20_000, seed=4)
    # Four standard errors of the difference of two shares in 20,000 draws are at most .02.
    assert found.joint_p == pytest.approx(alone.p_value, abs=0.02)


def test_neither_chunks_nor_the_order_of_rows_or_specifications_change_a_p_value() -> None:
    specifications = specified(columns())
    found = curve(specifications, n_units=N_UNITS, draws=99, seed=5)
    pieces = curve(specifications, n_units=N_UNITS, draws=99, seed=5, chunk=7)
    turned = curve(specifications[::-1], n_units=N_UNITS, draws=99, seed=5)
    for other in (pieces, turned):
        for name in ("median_p", "share_significant_p", "mean_t_p", "share_significant"):
            assert getattr(other, name) == getattr(found, name)
    np.testing.assert_array_equal(turned.t[::-1], found.t)
    assert curve(specifications, n_units=N_UNITS, draws=99, seed=6).median_p != found.median_p


@pytest.mark.parametrize("exposure", ["exposure", None])
def test_without_association_the_joint_test_rejects_five_in_a_hundred(
    exposure: str | None,
) -> None:
    rejected = np.zeros(3)
    for seed in range(400):
        draw = np.random.default_rng(seed)
        data = columns(20, seed=seed) | {"total": draw.exponential(size=20)}
        made = [s for s in specified(data)[::2] if s.labels["exposure"] == "total"]
        if exposure is None:
            made = [s for s in made if s.labels["sample"] == "all"]
        found = curve(made, n_units=20, draws=99, seed=seed, exposure=exposure)
        p = (found.median_p, found.share_significant_p, found.mean_t_p)
        rejected += np.array(p) <= 0.05
    # Four standard errors of a share of .05 in 400 samples are .044; many curves have no
    # significant specification, so that the second test rejects less often.
    assert rejected[[0, 2]] / 400 == pytest.approx([0.05, 0.05], abs=0.044)
    assert rejected[1] / 400 < 0.094


def test_a_true_association_is_found_with_its_sign() -> None:
    found = curve(specified(columns(60, slope=-1.0)), n_units=60, draws=199, seed=1)
    assert found.median < -0.3
    assert found.joint_p == found.mean_t_p == found.share_significant_p == pytest.approx(1 / 200)
    assert found.share_significant > 0.5


def test_with_a_strong_control_the_joint_test_errs_towards_the_cautious_side() -> None:
    rejected = 0
    for seed in range(300):
        draw = np.random.default_rng(seed)
        size = draw.normal(size=25)
        x = 0.95 * size + np.sqrt(1 - 0.95**2) * draw.normal(size=25)
        y = draw.normal(size=25)
        made = [
            Specification({"exposure": "x"}, y, x, np.arange(25), controls)
            for controls in (None, size[:, np.newaxis])
        ]
        rejected += curve(made, n_units=25, draws=99, seed=seed).joint_p <= 0.05
    # Three standard errors of a share of .05 in 300 samples above .05.
    assert rejected / 300 < 0.088


def test_the_null_statistics_serve_westfall_and_young() -> None:
    specifications = specified(columns(slope=0.6))
    seen = curve(specifications, n_units=N_UNITS, draws=199, seed=1)
    null = null_t(specifications, n_units=N_UNITS, draws=199, seed=1)
    adjusted = westfall_young(seen.t, null)
    alone = (1 + np.count_nonzero(np.abs(null) >= np.abs(seen.t), axis=0)) / 200
    assert (adjusted >= alone).all()
    assert adjusted.min() < 0.05


def test_memory_is_bounded_by_the_chunk_not_by_the_draws() -> None:
    specifications = specified(columns())
    curve(specifications, n_units=N_UNITS, draws=9, seed=1)
    tracemalloc.start()
    curve(specifications, n_units=N_UNITS, draws=60_000, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All slopes at once would be 60,000 x 72 x 8 bytes, 35 MB; a chunk is 4 MB, a few at once.
    assert peak < 30e6


def test_a_binary_exposure_that_a_draw_hides_from_a_sample_shows_no_slope() -> None:
    x = np.zeros(12)
    x[:3] = 1
    y = np.random.default_rng(2).normal(size=12)
    made = [Specification({"exposure": "x"}, y[r], x[r], r) for r in (np.arange(12), np.arange(6))]
    null = null_t(made, n_units=12, draws=500, seed=1)
    hidden = (x[orders(12, 500, seed=1)][:, :6] == 0).all(axis=1)
    assert hidden.any()
    assert (null[hidden, 1] == 0).all()
    assert np.isfinite(null).all()


def test_a_row_with_leverage_one_has_no_hc3_but_all_else() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    only = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0])[:, np.newaxis]
    one = Specification({"exposure": "x"}, x**2 % 5, x, np.arange(6), only)
    found = curve([one], n_units=6, draws=9, seed=1)
    assert np.isnan(found.p_values_hc3[0])
    assert np.isfinite(found.t[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.ones(30)}, "y does not vary"),
        ({"x": np.full(30, np.nan)}, "finite"),
        ({"rows": np.arange(1, 31)}, "from 0 to 29"),
        ({"rows": np.zeros(30, dtype=int)}, "different numbers"),
        ({"controls": np.ones((30, 1))}, "control does not vary"),
        ({"controls": np.outer(np.arange(30), [1, 2])}, "linearly dependent"),
        ({"controls": np.ones(30)}, "controls of shape"),
        ({"controls": np.ones((30, 28))}, "too few"),
        ({"y": np.ones(29)}, "differ in shape"),
        ({"labels": {"outcome": "ks2"}}, 'no label "exposure"'),
    ],
)
def test_a_specification_that_cannot_be_estimated_is_refused_by_name(
    change: dict[str, Any], message: str
) -> None:
    whole = specified(columns())[0]
    with pytest.raises(ValueError, match=message) as refusal:
        curve([whole, replace(whole, **change)], n_units=30, draws=9, seed=1)
    assert "exposure" in str(refusal.value)


def test_an_exposure_within_the_span_of_the_controls_is_refused() -> None:
    one = specified(columns())[0]
    spanned = replace(one, controls=np.column_stack([one.x, np.arange(30.0) ** 2]))
    with pytest.raises(ValueError, match="x does not vary once the controls"):
        curve([spanned], n_units=30, draws=9, seed=1)


def test_one_name_for_two_exposures_is_refused() -> None:
    one = specified(columns())[0]
    other = replace(one, x=np.asarray(one.x) * 2)
    with pytest.raises(ValueError, match='exposure "total" is both'):
        curve([one, other], n_units=30, draws=9, seed=1)
    assert curve([one, other], n_units=30, draws=9, seed=1, exposure=None).n.tolist() == [30, 30]


@pytest.mark.parametrize("wrong", [{"draws": 0}, {"draws": 9, "chunk": 0}])
def test_no_draws_no_chunks_and_no_specifications_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        curve(specified(columns())[:1], n_units=30, seed=1, **wrong)
    with pytest.raises(ValueError, match="at least one specification"):
        curve([], n_units=30, draws=9, seed=1)
