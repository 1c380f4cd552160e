"""Time the specification curve against a loop of statsmodels and against pyfixest's ritest.

Run ``python benchmarks/multiverse.py``. Everything is timed in this one process, on one BLAS
thread. The loops are timed on a sample of their refits and scaled, which the lines say.
"""
# ruff: noqa: E402 - the number of threads must be set before numpy is imported

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import contextlib
import io
import statistics
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analysis.methods.multiverse import Specification, curve

UNITS = 77
DRAWS = 10_000
SEED = 20130718
REPEATS = 3
REFITS = 1_000
REPS = 200


def specified() -> list[Specification]:
    """Return 1,000 specifications: outcomes, exposures, controls, samples, raw or ranks."""
    draw = np.random.default_rng(SEED)
    size = draw.gamma(3.0, 2.0, size=UNITS)
    outcomes = draw.normal(size=(5, UNITS))
    exposures = size * draw.uniform(0.2, 1, size=(5, 1)) + draw.normal(size=(5, UNITS))
    others = draw.normal(size=(UNITS, 3))
    controls = [None, size[:, np.newaxis], others, np.column_stack([size, others])]
    samples = [np.sort(draw.permutation(UNITS)[:m]) for m in (UNITS, 76, 74, 60, 40)]
    return [
        Specification(
            {"exposure": str(which)},
            y[rows],
            x[rows],
            rows,
            None if table is None else table[rows],
            ranks,
        )
        for y, (which, x), table, rows, ranks in product(
            outcomes, enumerate(exposures), controls, samples, (False, True)
        )
    ]


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median time of `work`, in seconds."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def peak_megabytes(work: Callable[[], object]) -> float:
    """Return the peak of the memory that Python and numpy allocate in `work`, in MB."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def gemm_rate() -> float:
    """Return the rate of a large matrix product, in floating-point operations a second."""
    size = 1_500
    square = np.random.default_rng(SEED).normal(size=(size, size))
    return 2 * size**3 / min(seconds(lambda: square @ square, 1) for _ in range(5))


def statsmodels_seconds(specifications: list[Specification]) -> float:
    """Return the time of one refit by statsmodels to a permuted exposure, in seconds."""
    from statsmodels.regression.linear_model import OLS

    draw = np.random.default_rng(SEED)
    picked = draw.choice(len(specifications), size=REFITS)
    designs: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for one in (specifications[index] for index in picked):
        x, table = np.asarray(one.x), one.controls
        parts = [x] if table is None else [x, *np.asarray(table).T]
        designs.append((np.asarray(one.y), np.column_stack([*parts, np.ones(len(x))])))

    def refit() -> None:
        for y, X in designs:
            permuted = X.copy()
            permuted[:, 0] = draw.permutation(X[:, 0])
            _ = OLS(y, permuted).fit().tvalues[0]

    return seconds(refit) / REFITS


def ritest_seconds(specifications: list[Specification]) -> float | None:
    """Return pyfixest's time a permutation in its ritest, or None if it is not installed."""
    try:
        import pandas as pd
        from pyfixest import feols
    except ImportError:
        return None
    taken = []
    for one in specifications[:: len(specifications) // 4]:
        table = np.empty((len(np.asarray(one.y)), 0)) if one.controls is None else one.controls
        frame = pd.DataFrame(np.asarray(table)).add_prefix("c")
        formula = " + ".join(["y ~ x", *frame.columns])
        fit = feols(formula, data=frame.assign(y=one.y, x=one.x))
        rng = np.random.default_rng(SEED)
        test = partial(fit.ritest, "x", reps=REPS, rng=rng, type="randomization-t")
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            taken.append(seconds(partial(test, choose_algorithm="slow"), 1))
    return statistics.mean(taken) / REPS


def compared(label: str, each: float | None, core: float, cells: int, sample: str) -> str:
    """Return a line on a loop that takes `each` seconds a refit, against the batched `core`."""
    if each is None:
        return f"{label:<34} skipped: not installed"
    return (
        f"{label:<34} {each * cells:>10,.0f} s   x {each * cells / core:,.0f}"
        f"   (scaled from {sample}, {each * 1e6:,.0f} us each)"
    )


def main() -> None:
    """Print the comparison."""
    specifications = specified()
    cells = len(specifications) * DRAWS

    def batched() -> object:
        return curve(specifications, n_units=UNITS, draws=DRAWS, seed=SEED)

    batched()
    core = seconds(batched)
    memory = peak_megabytes(batched)
    rate = gemm_rate()
    bare = 2 * cells * UNITS / rate
    loop = statsmodels_seconds(specifications)
    ritest = ritest_seconds(specifications)
    print(f"{len(specifications):,} specifications x {DRAWS:,} permutations, n = {UNITS}, ", end="")
    print(f"one BLAS thread, median of {REPEATS} runs")
    print(f"{'batched, set-up and HC3 included':<34} {core:>10.2f} s   {core / cells * 1e6:.3f} us")
    print(compared("statsmodels OLS loop, classical t", loop, core, cells, f"{REFITS:,} refits"))
    print(compared("pyfixest ritest, randomization-t", ritest, core, cells, f"4 x {REPS:,} draws"))
    print(f"{'peak memory of arrays, batched':<34} {memory:>10.0f} MB")
    print(f"{'bare product at the BLAS limit':<34} {bare:>10.3f} s   {rate / 1e9:.1f} GFLOP/s")
    print(f"{'share of the BLAS limit':<34} {bare / core:>10.1%}")


if __name__ == "__main__":
    main()
