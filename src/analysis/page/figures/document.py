"""Pictures of what the document itself gives away: its order, its repetitions, its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    ORANGE,
    SOFT,
    Figure,
    drawing,
    name_rows,
    nothing_to_show,
    picture,
    say_measure,
    to_svg,
    watermark,
)
from analysis.page.figures.phrases import counted, listed, share_in_words
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter


def row_order(chapter: Chapter, forensics: Estimate) -> Figure:
    """Return the row totals of the gains table in printed order, rows that are the same marked."""
    frame = forensics.rows.reset_index(drop=True)
    if len(frame) < 2:
        reason = "the gains table has fewer than two rows"
        return nothing_to_show(chapter, "row-order", "Row totals in printed order", reason)
    twins = sorted(place for group in forensics.detail for place in group)
    svg = _draw_rows(chapter, frame, twins)
    found = forensics.quantities
    p = float(found["forensics.row_order_p"].value or 0)
    wrong = int(found["forensics.row_order_inversions"].value or 0)
    chance = share_in_words(p, "orders")
    same = listed(frame["name"][list(twins)]) if twins else "none"
    return picture(
        chapter,
        "row-order",
        svg,
        title=_order_title(wrong, chance),
        subtitle="Sum of each row's printed gains, in the order of the gains table, "
        f"{chapter.words['place']}, {chapter.year}",
        alt=f"Bar chart of the sums of {len(frame)} rows in printed order, from "
        f"{write(frame['total'].iloc[0], 'pp')} in the first row to "
        f"{write(frame['total'].iloc[-1], 'pp')} in the last. {counted(wrong, 'pair')} of rows "
        f"stand out of falling order; {chance} of these rows would look so. Rows with the same "
        f"gains number for number: {same}.",
        caption="The sum is not printed in the table. Names as printed there. A striking order "
        "says how the table was sorted, not how it was made.",
        frame=frame[["name", "total"]].assign(
            same=["yes" if i in twins else "no" for i in frame.index]
        ),
        about="Row totals in printed order.",
        labels={"total": "Sum of the row", "same": "Same gains as another row"},
        units={"total": "pp"},
    )


def _order_title(wrong: int, chance: str) -> str:
    if wrong == 0:
        return f"The rows fall in order of a total that is not printed: {chance} would"
    return f"{counted(wrong, 'pair')} of rows stand out of falling order: {chance} come as near"


def _draw_rows(chapter: Chapter, frame: pd.DataFrame, twins: list[int]) -> bytes:
    with drawing(0.24 * len(frame) + 0.9) as (canvas, axes):
        others = frame.index.difference(twins)
        axes.barh(others, frame["total"][others], color=BLUE, height=0.66)
        axes.barh(twins, frame["total"][twins], color=ORANGE, height=0.66)
        for place in twins:
            axes.text(frame["total"][place] + 0.8, place, "= same six gains", va="center")
        name_rows(axes, frame["name"])
        axes.set_xlabel("Sum of the row's gains, percentage points")
        axes.grid(axis="x", color=GRID)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def money_on_size(chapter: Chapter, formula: Estimate) -> Figure:
    """Return each group's money on its number of schools, with the report's two guide sums."""
    frame = formula.rows
    year = chapter.words["money_year"]
    if frame.empty:
        what = f"Money of {year} on numbers of schools"
        return nothing_to_show(chapter, "money-on-size", what, "no group has money")
    primary, secondary, exact, explained = (
        formula.quantities[f"{formula.question.id}.{name}"]
        for name in ("guide_primary_gbp", "guide_secondary_gbp", "exact_n", "r_squared")
    )
    svg = _draw_size(chapter, frame, float(primary.value or 0), float(secondary.value or 0))
    return picture(
        chapter,
        "money-on-size",
        svg,
        title=f"{exact.text} of {counted(len(frame), 'grant')} follow the guide sums to the pound",
        subtitle=f"Money of {year} on the group's number of schools, {chapter.words['place']}; "
        f"guide sums {primary.text} a primary and {secondary.text} a secondary school",
        alt=f"Scatter plot of money on number of schools for {counted(len(frame), 'funded group')} "
        f"of {frame['n_schools'].min()} to {frame['n_schools'].max()} schools, from "
        f"{write(frame['money'].min(), 'GBP')} to {write(frame['money'].max(), 'GBP')}. Two lines "
        f"from the origin are the guide sums of {primary.text} and {secondary.text} a school. "
        f"{exact.text} filled points follow the rule exactly. Numbers of schools predict "
        f"{explained.text} of the variation.",
        caption="Filled: some whole numbers of primary and secondary schools, together the "
        "group's schools, give the grant to the pound. The published tables do not say which "
        "schools are secondary.",
        frame=frame[["collaboration", "n_schools", "money"]].assign(
            exact=np.where(frame["exact"], "yes", "no")
        ),
        about=f"Money of {year} and number of schools by group.",
        labels={"money": f"Funding {year}", "exact": "Follows the guide sums to the pound"},
        units={"money": "GBP"},
    )


def _draw_size(chapter: Chapter, frame: pd.DataFrame, primary: float, secondary: float) -> bytes:
    size, money = frame["n_schools"].astype(float), frame["money"] / 1000
    reach = 1.06 * max(float(money.max()), 1.0)
    with drawing(4.0) as (canvas, axes):
        for guide, style in ((primary, "-"), (secondary, "--")):
            end = min(float(size.max()), 1000 * reach / guide)
            axes.plot([0, end], [0, end * guide / 1000], color=SOFT, linestyle=style)
            axes.annotate(write(guide, "GBP"), (end, end * guide / 1000), color=SOFT)
        exact = frame["exact"].to_numpy(dtype=bool)
        axes.scatter(
            size[~exact], money[~exact], s=34, facecolor="none", edgecolor=BLUE, linewidth=1.3
        )
        axes.scatter(size[exact], money[exact], s=40, color=ORANGE, marker="D")
        axes.set_xlim(left=0)
        axes.set_ylim(0, reach)
        axes.set_xlabel("Schools in the group")
        say_measure(axes, "Money, thousands of pounds")
        return to_svg(canvas, watermark(chapter.study.release.maturity))
