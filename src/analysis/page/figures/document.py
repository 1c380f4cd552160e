"""Pictures of what the document itself gives away: its order, its repetitions, its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    ORANGE,
    SOFT,
    Figure,
    drawing,
    name_rows,
    nothing_to_show,
    picture,
    say_measure,
    shorten,
    to_svg,
    watermark,
)
from analysis.page.figures.labels import name_points
from analysis.page.figures.phrases import counted, listed, share_in_words
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_NAMED = 3
_STEEP, _LOW = 0.4, 0.12  # of the axes
_WORDS = (0.05, 0.1, 0.15, 0.2, 0.25)  # where a guide's name stands, in shares of the axis


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
        f"{chapter.words['place']}, {chapter.words['year']}",
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
        for place, total in frame["total"].items():
            words = write(total, "pp", bare=True)
            words += ", the same gains" if place in twins else ""
            axes.annotate(
                words,
                (max(total, 0), place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                in_layout=False,
            )
        name_rows(axes, frame["name"])
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.set_xlim(right=1.12 * max(float(frame["total"].max()), 1))
        say_measure(axes, "Sum of the row's gains, percentage points")
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
        title=f"{exact.text} of {counted(len(frame), 'grant')} "
        f"{'follows' if exact.value == 1 else 'follow'} the guide sums to the pound",
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
    exact = frame["exact"].to_numpy(dtype=bool)
    reach = 1.06 * max(float(money.max()), 1.0)
    with drawing(4.2) as (canvas, axes):
        most = float(size.max())
        lines = _draw_guide(axes, secondary, most, reach, left=True)
        lines += _draw_guide(axes, primary, most, reach, left=False)
        hollow: Any = {"facecolor": "none", "edgecolor": BLUE, "linewidth": 1.3}
        looks: Any = ((exact, {"color": ORANGE, "marker": "D"}, "to the pound"),
                      (~exact, hollow, "not to the pound"))  # fmt: skip
        for which, look, words in looks:
            if which.any():
                label = f"{words} ({int(which.sum())})"
                axes.scatter(size[which], money[which], s=38, label=label, **look)
        canvas.legend(loc="outside upper left", ncols=2)
        axes.set_xlim(left=0)
        axes.set_ylim(0, reach)
        axes.set_xlabel("Schools in the group")
        say_measure(axes, "Money, thousands of pounds")
        largest = frame.nlargest(_NAMED, ["n_schools", "money"])
        name_points(
            canvas,
            axes,
            [shorten(name, 21) for name in largest["collaboration"]],
            list(zip(largest["n_schools"], largest["money"] / 1000, strict=True)),
            list(zip(size, money, strict=True)),
            lines,
        )
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _draw_guide(
    axes: Any, guide: float, most: float, reach: float, *, left: bool
) -> list[tuple[float, float]]:
    """Draw a guide sum as a line with its name, and return points along both."""
    end = min(most, 1000 * reach / guide)
    axes.plot([0, end], [0, end * guide / 1000], color=SOFT, linestyle="--" if left else "-")
    steep = end < _STEEP * most  # no room for words between the line and the axis
    share = 0.75 if not steep else 0.5 if left else 0.8
    before, low = left and not steep, share * end * guide / 1000 < _LOW * reach
    place = (share * end, share * end * guide / 1000)
    axes.annotate(
        f"{write(guide, 'GBP')} a school",
        place,
        xytext=(-8 if before else 8, 4 if low else 0 if left else -4),
        textcoords="offset points",
        ha="right" if before else "left",
        va="bottom" if low else "center" if left else "top",
        color=SOFT,
    )
    words = [(place[0] + away * most * (-1 if before else 1), place[1]) for away in _WORDS]
    return [*words, *((at, at * guide / 1000) for at in np.linspace(0, end, 30))]
