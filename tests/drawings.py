"""The pictures of the pages, what each is given, and what is expected of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from analysis.page.chapter import Chapter
from analysis.page.figures import (
    chance,
    curve,
    document,
    gains,
    grades_money,
    groups,
    membership,
    missing,
    overview,
    simulated,
)
from analysis.page.figures.canvas import Figure
from analysis.questions.estimate import Estimate
from analysis.tables.tidy import Study

FUNDING = ("funding.ks2.slope_pp_per_10k", "funding.ks2.leave_one_out_pp_per_10k")
BOUNDS = "bounds.ks2.slope_pp_per_10k"
# Picture, the questions it is given, its kind of chart, findings its alt text must hold, columns.
PICTURES: dict[str, tuple[Callable[..., Figure], tuple[str, ...], str, tuple[str, ...], str]] = {
    "missing": (missing.missing_map, (), "Map", (), "collaboration"),
    "taking part": (
        overview.taking_part,
        ("schools",),
        "Bar chart",
        ("schools.taking_part_pct",),
        "phase members schools taking_part_pct",
    ),
    "money": (
        overview.money_by_collaboration,
        ("funding.listed",),
        "Bar chart",
        (),
        "collaboration funding_2012_13_gbp funding_2013_14_gbp",
    ),
    "grades": (
        overview.grades,
        ("grades.good_or_better",),
        "Stacked column chart",
        ("grades.good_or_better.schools_pct",),
        "collaboration n_schools n_outstanding n_good n_requires_improvement n_inadequate "
        "n_not_inspected good_or_better_pct",
    ),
    "shown": (
        groups.shown_gains,
        ("gains.ks2.shown", "gains.ks4.shown"),
        "Dot plot",
        ("gains.ks2.shown.mean_pp", "gains.ks4.shown.mean_pp", "gains.ks2.shown.n"),
        "collaboration ks2 ks4 n_schools same",
    ),
    "verdicts": (
        overview.verdicts,
        (),
        "Dot chart",
        ("claims.agrees_n", "claims.differs_n", "claims.unchecked_n"),
        "claim paragraph printed verdict",
    ),
    "scatter": (
        gains.funding_against_gain,
        (*FUNDING, BOUNDS),
        "Scatter plot",
        (FUNDING[0], f"{BOUNDS}.unseen_n", f"{FUNDING[1]}.most_influential"),
        "collaboration exposure outcome",
    ),
    "bounds": (
        gains.bounds_by_range,
        (BOUNDS,),
        "Line chart",
        (f"{BOUNDS}.breakdown_pp", f"{BOUNDS}.range_30", f"{BOUNDS}.unseen_n"),
        "limit low high",
    ),
    "left out": (
        gains.leave_one_out,
        (FUNDING[1],),
        "Dot plot",
        (FUNDING[1], f"{FUNDING[1]}.without_most_influential"),
        "collaboration exposure outcome slope_without",
    ),
    "curve": (
        curve.specification_curve,
        ("curve",),
        "Specification curve",
        ("curve.n_specifications", "curve.median_standardised_slope"),
        "outcome exposure size sample values n standardised p",
    ),
    "any of k": (
        chance.any_of_k,
        ("chance.any_of", "improved"),
        "Line chart",
        ("improved.share",),
        "correlation k_1 k_3 k_6",
    ),
    "chance": (
        chance.chance_benchmark,
        ("chance.ks2", "gains.ks2.shown"),
        "Line chart",
        ("gains.ks2.shown.mean_pp", "chance.ks2.county_trend_pp"),
        "sd_pp no_change county_trend",
    ),
    "grades on money": (
        grades_money.grades_on_money,
        ("grades.funding_per_school",),
        "Scatter plot",
        (),
        "collaboration n_schools money share",
    ),
    "areas": (
        grades_money.money_by_area,
        ("money",),
        "Dot plot",
        ("money.per_school_min_gbp", "money.per_school_max_gbp"),
        "collaboration area n_schools money per_school",
    ),
    "rows": (document.row_order, ("forensics",), "Bar chart", (), "name total same"),
    "size": (
        document.money_on_size,
        ("formula",),
        "Scatter plot",
        ("formula.exact_n", "formula.guide_primary_gbp", "formula.guide_secondary_gbp"),
        "collaboration n_schools money exact",
    ),
    "simulated": (
        simulated.truncation,
        ("simulated",),
        "SIMULATED. Two scatter plots",
        ("simulated.true_slope_pp_per_10k",),
        "group funding_gbp outcome shown",
    ),
    "means": (
        membership.mean_bounds,
        ("bounds.ks2.mean_pp", "bounds.ks4.mean_pp"),
        "Interval chart",
        ("bounds.ks2.mean_pp.range_30", "bounds.ks4.mean_pp.range_30"),
        "outcome limit low high shown n_seen n_all",
    ),
}


def chapter_of(study: Study) -> Chapter:
    chapter = Chapter("05_made", "2013", confidence=0.95, seed=1, permutations=1000)
    chapter.__dict__["study"] = study
    return chapter


def draw(chapter: Chapter, name: str) -> Figure:
    picture, questions, *_ = PICTURES[name]
    return picture(chapter, *(chapter.ask(question) for question in questions))


def parse(figure: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(figure.svg)


def text_of(figure: Figure) -> list[str]:
    return [element.text or "" for element in parse(figure).iter() if element.tag.endswith("}text")]


def changed(estimate: Estimate, **values: Any) -> Estimate:
    """Return an estimate with other numbers: by the end of their id, ``main`` for the main one.

    A number is given as its value, or as a mapping of what else to replace.
    """
    name = estimate.question.id
    quantities = dict(estimate.quantities)
    for end, value in values.items():
        key = name if end == "main" else f"{name}.{end}"
        said = value if isinstance(value, dict) else {"value": value}
        quantities[key] = replace(quantities[key], **said)
    return replace(estimate, quantities=quantities)
