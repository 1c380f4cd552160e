"""The groups one by one: the gains printed for each, its schools, and rows that are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    GRID,
    INK,
    SOFT,
    Figure,
    drawing,
    name_rows,
    nothing_to_show,
    picture,
    shorten,
    to_svg,
    watermark,
    write_beside,
)
from analysis.page.figures.outcomes import Outcome, outcome_of
from analysis.page.figures.phrases import counted, listed
from analysis.page.tables import NOT_AVAILABLE
from analysis.quantities import write
from analysis.questions.estimate import Estimate

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_HIDES, _APART = 0.035, 0.2
_NAMED = 4  # groups whose names an alt text and a caption can hold


def shown_gains(chapter: Chapter, *shown: Estimate) -> Figure:
    """Return the gains of every group shown, sorted, with its schools and identical rows marked."""
    outcomes = [outcome_of(chapter, one.question.outcome) for one in shown]
    gains = _gains(chapter, shown, outcomes)
    if gains.empty:
        return nothing_to_show(chapter, "shown-gains", "Gains by group", "no gain is shown")
    n_all, rows = len(chapter.study.collaborations), counted(len(gains), "collaboration")
    names = [o.name for o in outcomes]
    sign = _sign(gains[names].stack().dropna())
    return picture(
        chapter,
        "shown-gains",
        _draw(chapter, gains, outcomes),
        title=f"{sign}; {_unseen(n_all - len(gains), n_all)}",
        subtitle=f"Gains of the groups in the gains table, {chapter.words['place']}, "
        f"{chapter.words['year']} on {chapter.words['year_before']}",
        alt=f"Dot plot of the gains of {rows}, sorted by the larger gain, with the number of "
        f"schools of each. {sign}. "
        f"{'; '.join(_means(*pair) for pair in zip(shown, outcomes, strict=True))}. Of "
        f"{counted(n_all, 'collaboration')} {n_all - len(gains)} have no gain in the table. "
        f"{_same_words(gains)}",
        caption="Sorted by the larger of a group's gains so that they can be read; the tables give "
        "no numbers of pupils, so no interval can be drawn that would tell rows apart. A key "
        "stage's gain is the mean of the three columns printed for it, whose headings are lost. "
        f"{_same_words(gains)}",
        frame=gains[["collaboration", *names, "n_schools", "same"]].assign(
            same=np.where(gains["same"] > 0, "yes", "no")
        ),
        about="Gains by group.",
        labels={
            **{o.name: o.title for o in outcomes},
            "same": "Same printed gains as another group",
        },
        units={**{o.name: o.unit for o in outcomes}, "n_schools": "count"},
    )


def _gains(chapter: Chapter, shown: tuple[Estimate, ...], outcomes: list[Outcome]) -> pd.DataFrame:
    """Return one row a group with a gain: its gains, schools, and set of identical rows or 0."""
    series = [
        e.rows.set_index("collaboration")["outcome"].rename(o.name)
        for e, o in zip(shown, outcomes, strict=True)
    ]
    gains = pd.concat(series, axis=1).rename_axis("collaboration")
    gains = gains.assign(_top=gains.max(axis=1)).sort_values("_top", ascending=False, kind="stable")
    about = chapter.study.collaborations.assign(same=_twins(chapter.study.collaborations))
    about = about.set_index("collaboration")[["n_schools", "same"]]
    return gains.drop(columns="_top").join(about).reset_index()


def _twins(table: pd.DataFrame) -> pd.Series:
    """Return the set of rows with the same printed gains that each row is in, 0 for none."""
    printed = [column for column in table if column.startswith("gain_")]
    alike = table.groupby(printed, dropna=False, sort=False).ngroup()
    some = table[printed].notna().any(axis=1) & alike.duplicated(keep=False)
    numbers = {kind: place for place, kind in enumerate(dict.fromkeys(alike[some]), start=1)}
    return alike.where(some).map(numbers).fillna(0).astype(int)


def _same_words(gains: pd.DataFrame) -> str:
    same = gains[gains["same"] > 0].sort_values("same", kind="stable")
    if same.empty:
        return "No two groups have the same printed gains."
    sets = [listed(shorten(name, 60) for name in rows["collaboration"])
            for _, rows in same.groupby("same")]  # fmt: skip
    if len(same) > _NAMED:
        return f"{len(same)} groups share their printed gains with another, number for number."
    return f"The same printed gains, number for number: {'; '.join(sets)}."


def _unseen(unseen: int, n_all: int) -> str:
    if unseen == 0:
        return f"no group of {n_all} is left out"
    return f"{unseen} of {counted(n_all, 'group')} {'is' if unseen == 1 else 'are'} not shown"


def _sign(values: pd.Series) -> str:
    low = int((values <= 0).sum())
    if low == 0:
        return "Every gain shown is above zero"
    verb = "is" if low == 1 else "are"
    return f"{low} of {counted(len(values), 'gain')} shown {verb} not above zero"


def _means(shown: Estimate, outcome: Outcome) -> str:
    n, mean = (shown.quantities[f"{shown.question.id}.{suffix}"] for suffix in ("n", "mean_pp"))
    return f"{outcome.title}: {counted(int(n.value or 0), 'group')}, mean {mean.text}"


def _draw(chapter: Chapter, gains: pd.DataFrame, outcomes: list[Outcome]) -> bytes:
    with drawing(0.25 * len(gains) + 1.3) as (canvas, axes):
        shifts = _shifts(gains[[o.name for o in outcomes]])
        for o in outcomes:
            look: dict[str, Any] = {"marker": o.marker, "color": o.colour, "s": 42, "zorder": 3}
            axes.scatter(gains[o.name], gains.index + shifts[o.name], label=o.stage, **look)
        name_rows(axes, gains["collaboration"])
        axes.axvline(0, color=INK, linewidth=1)
        axes.grid(axis="y", color=GRID)
        axes.set_xlabel("Gain, percentage points")
        _number_schools(axes, gains["n_schools"])
        canvas.legend(loc="outside upper left", ncols=3)
        _flag_twins(axes, gains, [o.name for o in outcomes])
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _shifts(values: pd.DataFrame) -> pd.DataFrame:
    """Return how far to move marks of a row that would hide each other, in rows; else zero."""
    values = values.astype(float)
    span = float(np.nanmax(values)) - min(float(np.nanmin(values)), 0.0)
    close = (values.max(axis=1) - values.min(axis=1)) < _HIDES * (span or 1.0)
    several = close & (values.notna().sum(axis=1) > 1)
    ways = np.linspace(-_APART, _APART, len(values.columns))
    moved = np.outer(several.to_numpy(), ways)
    return pd.DataFrame(moved, values.index, values.columns)


def _number_schools(axes: Any, schools: pd.Series) -> None:
    write_beside(axes, -1, "Schools", SOFT)
    for place, number in enumerate(schools):
        text = NOT_AVAILABLE if pd.isna(number) else write(float(number), "count")
        write_beside(axes, place, text)


def _flag_twins(axes: Any, gains: pd.DataFrame, names: list[str]) -> None:
    """Write beside the marks of identical rows that they are the same, where there is room."""
    sets = gains["same"].max()
    left, right = axes.get_xlim()
    for place, row in gains[gains["same"] > 0].iterrows():
        words = "same gains" if sets == 1 else f"same gains, set {row['same']}"
        values = row[names].dropna().astype(float)
        late = values.max() > (left + right) / 2
        axes.annotate(
            words,
            (values.min() if late else values.max(), place),
            xytext=(-8 if late else 8, 0),
            textcoords="offset points",
            ha="right" if late else "left",
            va="center",
            in_layout=False,
        )
