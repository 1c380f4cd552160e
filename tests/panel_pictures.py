"""Made-up numbers for the pictures of the panel, and the states in which each is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import Figure
from analysis.page.figures.panel_balance import draw_love_plot
from analysis.page.figures.panel_events import draw_event_study, draw_years
from analysis.page.figures.panel_flow import draw_flow
from analysis.page.figures.panel_forest import draw_forest
from analysis.page.figures.panel_funnel import draw_dose, draw_funnel
from analysis.page.figures.panel_sensitivity import draw_contour

SPACE, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"
LONG = "Entropy balancing on the baseline, clustered by components x"
ARABIC = "تعاون مدارس المقاطعة الشمالية"
HARD = [LONG, ARABIC, "A & B <b>\"C\"</b> 'D' $x_1$ 100%", "学校 🎓"]


def words(slug: str = "made", simulated: bool = False) -> dict[str, Any]:
    return {
        "title": "What was found",
        "caption": "What to know.",
        "slug": slug,
        "mark": "SIMULATED" if simulated else "",
        "subtitle": "Measure, Kent, 2017",
    }


def forest() -> pd.DataFrame:
    value = np.array([0.5, 0.8, -0.2, 1.1])
    half = np.array([0.4, 0.6, 0.5, 0.9])
    return pd.DataFrame(
        {
            "label": ["Difference in mean gains", "Weighted", "Over time", "Shrunken"],
            "value": value,
            "low": value - half,
            "high": value + half,
            "kind": ["plain", "weighted", "over time", "plain"],
            "main": [False, True, False, False],
        }
    )


def events() -> pd.DataFrame:
    time = np.arange(-4, 4)
    value = np.where(time < 0, 0.1 * time + 0.1, 0.5 + 0.3 * time)
    half = np.where(time == -1, np.nan, 0.6)
    value = np.where(time == -1, np.nan, value)
    return pd.DataFrame(
        {
            "event_time": time,
            "estimate": value,
            "low": value - half,
            "high": value + half,
            "band_low": value - 1.5 * half,
            "band_high": value + 1.5 * half,
            "n": 100 + 1000 * (time > 0),
        }
    )


def balance() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "covariate": ["Cohort", "Free meals", "Baseline attainment", "Academy"],
            "before": [0.40, -0.55, 0.10, 0.02],
            "after": [0.01, -0.30, 0.05, 0.00],
        }
    )


def schools(n: int, seed: int = 3) -> pd.DataFrame:
    draws = np.random.Generator(np.random.PCG64(seed))
    cohort = draws.integers(10, 120, n)
    return pd.DataFrame(
        {
            "cohort": cohort,
            "gain": draws.normal(0.5, 30 / np.sqrt(cohort)),
            "member": draws.random(n) < 0.2,
        }
    )


def limits() -> pd.DataFrame:
    cohort = np.arange(5.0, 130.0)
    spread = 30 / np.sqrt(cohort)
    return pd.DataFrame(
        {
            "cohort": cohort,
            "low95": 0.5 - 1.96 * spread,
            "high95": 0.5 + 1.96 * spread,
            "low998": 0.5 - 3.09 * spread,
            "high998": 0.5 + 3.09 * spread,
            "centre": 0.5,
        }
    )


def bands() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cohort": ["fewer than 30", "30 to under 60", "60 or more"],
            "members": [20, np.nan, 31],
            "others": [94, 102, 78],
            "mean": [0.4, np.nan, 0.7],
            "outside 95": [np.nan, 4, np.nan],
            "outside 998": [0, 0, np.nan],
        }
    )


COUNTS = {
    "members": 63, "others": 274, "members outside 95": 7, "others outside 95": 12,
    "members outside 998": np.nan, "others outside 998": 3,
}  # fmt: skip


def funnel(frame: pd.DataFrame, bounds: pd.DataFrame, **said: Any) -> Figure:
    return draw_funnel(frame, bounds, bands=bands(), counts=COUNTS, **said)


def flow() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": ["in the tables", "not special schools", "with a figure at the end"],
            "schools": [600, 560, 410],
            "set_aside": [0, 40, 150],
            "reason": ["", "special schools", "no figure then"],
        }
    )


def bins() -> pd.DataFrame:
    gain = np.array([0.2, 0.5, 1.1])
    return pd.DataFrame(
        {
            "gbp": [0.0, 40.0, 90.0],
            "gain": gain,
            "low": gain - 0.4,
            "high": gain + 0.5,
            "n": [1200, 30, 28],
        }
    )


def years() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "year": [2012, 2013, 2014, 2016, 2017],
            "members": [60.0, 61.0, 62.5, 66.0, 68.3],
            "others": [62.0, 62.4, 63.0, 65.0, 66.1],
        }
    )


AXIS = np.linspace(0, 0.4, 41)


def plane(start: float = 1.0, slope: float = 5.0) -> np.ndarray:
    """Return estimates that are zero where both shares add up to `start` over `slope`."""
    return start - slope * (AXIS[:, None] + AXIS[None, :])


def marks(*labels: str) -> pd.DataFrame:
    n = len(labels)
    return pd.DataFrame(
        {"label": list(labels), "x": np.linspace(0.05, 0.2, n), "y": np.linspace(0.02, 0.3, n)}
    )


def contour(grid: np.ndarray, benchmarks: pd.DataFrame, **said: Any) -> Figure:
    return draw_contour(
        AXIS, AXIS, grid, benchmarks=benchmarks, estimate=float(grid[0, 0]), unit="pp", **said
    )


Draw = Callable[..., Figure]
PICTURES: dict[str, Draw] = {
    "Forest plot": lambda **said: draw_forest(forest(), unit="pp", **said),
    "Event-study chart": lambda **said: draw_event_study(events(), unit="pp", **said),
    "Dot plot of the size": lambda **said: draw_love_plot(balance(), **said),
    "Contour chart": lambda **said: contour(plane(), marks("Cohort", "Free meals"), **said),
    "Funnel plot": lambda **said: funnel(schools(300), limits(), **said),
    "Flow chart": lambda **said: draw_flow(flow(), **said),
    "Dot plot of the mean gain": lambda **said: draw_dose(
        bins(), line=(0.2, 0.01), slope_words="1.00 pp per £100 a pupil", **said
    ),
    "Line chart": lambda **said: draw_years(years(), unit="%", start=2014.5, **said),
}


def endless(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    low, high = ([c for c in names if c.endswith(end)] for end in ("low", "high"))
    return frame.assign(**dict.fromkeys(low, -np.inf), **dict.fromkeys(high, np.inf))


HARD_CASES: dict[str, Draw] = {
    "one method": lambda **said: draw_forest(forest().iloc[[0]], unit="pp", **said),
    "one method of zero width": lambda **said: draw_forest(
        forest().iloc[[0]].assign(value=0.0, low=0.0, high=0.0), unit="pp", **said
    ),
    "methods without limits": lambda **said: draw_forest(
        endless(forest(), "low", "high"), unit="pp", **said
    ),
    "one method far wider": lambda **said: draw_forest(
        forest().assign(high=[0.9, 1.4, 900.0, 2.0]), unit="pp", **said
    ),
    "a method without a number": lambda **said: draw_forest(
        forest().assign(value=[0.5, np.nan, 0.1, np.inf]), unit="pp", **said
    ),
    "methods with hard names": lambda **said: draw_forest(
        forest().assign(label=HARD, kind=HARD), unit="pp", **said
    ),
    "many methods and kinds": lambda **said: draw_forest(
        pd.concat([forest().assign(kind=f"kind {i}") for i in range(7)]), unit="pp", **said
    ),
    "one year since": lambda **said: draw_event_study(events().iloc[[5]], unit="pp", **said),
    "only years before": lambda **said: draw_event_study(events().iloc[:3], unit="pp", **said),
    "forty years": lambda **said: draw_event_study(
        pd.concat([events().assign(event_time=lambda f, i=i: f["event_time"] + 8 * i)
                   for i in range(-2, 3)]), unit="pp", **said
    ),
    "years without limits": lambda **said: draw_event_study(
        endless(events(), "low", "high", "band_low", "band_high"), unit="pp", **said
    ),
    "years without intervals": lambda **said: draw_event_study(
        events().assign(low=np.nan, high=np.nan, band_low=np.nan, band_high=np.nan, n=np.nan),
        unit="pp", **said
    ),
    "one characteristic": lambda **said: draw_love_plot(balance().iloc[[0]], **said),
    "characteristics with hard names": lambda **said: draw_love_plot(
        balance().assign(covariate=HARD, before=[np.inf, np.nan, 3.0, 0.1]), **said
    ),
    "estimates all alike": lambda **said: contour(0 * plane() + 1, marks("Cohort"), **said),
    "estimates below zero": lambda **said: contour(plane(-1.0, -5.0), marks(*HARD), **said),
    "estimates without limit": lambda **said: contour(
        np.where(AXIS > 0.3, -np.inf, plane()), marks("Cohort"), **said
    ),
    "no benchmark": lambda **said: contour(plane(), marks(), **said),
    "benchmarks beyond the frame": lambda **said: contour(
        plane(), marks("Cohort").assign(x=0.9), **said
    ),
    "no school that may be drawn": lambda **said: funnel(schools(0), limits(), **said),
    "steps that are suppressed": lambda **said: draw_flow(
        flow().assign(schools=[600, np.nan, 410], set_aside=[0, np.nan, np.nan]), **said
    ),
    "one school": lambda **said: funnel(schools(1), limits(), **said),
    "no limits": lambda **said: funnel(schools(50), limits().iloc[:0], **said),
    "some schools without a number": lambda **said: funnel(
        schools(50).assign(gain=lambda f: f["gain"].where(f["cohort"] > 60)), limits(), **said
    ),
    "one step": lambda **said: draw_flow(flow().iloc[[0]], **said),
    "long steps": lambda **said: draw_flow(
        flow().assign(step=[LONG, ARABIC, 3 * LONG], reason=[None, 5 * LONG, ARABIC]), **said
    ),
    "no school at all": lambda **said: draw_flow(flow().assign(schools=0, set_aside=0), **said),
    "one bin without limits": lambda **said: draw_dose(
        endless(bins().iloc[[0]], "low", "high"), line=(1, 0.1), **said
    ),
    "bins without intervals": lambda **said: draw_dose(
        bins().assign(low=np.nan, high=np.nan, n=np.nan), **said
    ),
    "one year": lambda **said: draw_years(years().iloc[[0]], unit="%", start=2014.5, **said),
    "members in no year": lambda **said: draw_years(
        years().assign(members=np.nan), unit="%", start=2030, **said
    ),
}  # fmt: skip
NOTHING: dict[str, Draw] = {
    "forest": lambda **said: draw_forest(forest().assign(value=np.nan), unit="pp", **said),
    "no methods": lambda **said: draw_forest(forest().iloc[:0], unit="pp", **said),
    "events": lambda **said: draw_event_study(
        events().assign(estimate=np.nan), unit="pp", **said
    ),
    "only the reference": lambda **said: draw_event_study(events().iloc[[3]], unit="pp", **said),
    "balance": lambda **said: draw_love_plot(
        balance().assign(before=np.nan, after=np.nan), **said
    ),
    "contour": lambda **said: contour(np.full((41, 41), np.nan), marks("Cohort"), **said),
    "a grid of one": lambda **said: draw_contour(
        [0.1], [0.1], [[1.0]], benchmarks=marks(), estimate=1.0, unit="pp", **said
    ),
    "flow": lambda **said: draw_flow(flow().assign(schools=np.nan), **said),
    "no steps": lambda **said: draw_flow(flow().iloc[:0], **said),
    "dose": lambda **said: draw_dose(bins().assign(gain=np.nan), **said),
    "years": lambda **said: draw_years(
        years().assign(members=np.nan, others=np.nan), unit="%", start=2014, **said
    ),
}  # fmt: skip
