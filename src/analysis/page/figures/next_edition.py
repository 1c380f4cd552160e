"""Pictures of what the report promises of its next edition: kept promises, targets, stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.page.figures.canvas import (
    BLUE,
    GRID,
    INK,
    ORANGE,
    PALE,
    PALE_BLUE,
    PALE_ORANGE,
    PAPER,
    SOFT,
    Figure,
    drawing,
    filled,
    name_rows,
    picture,
    to_svg,
    watermark,
    write_beside,
)
from analysis.page.figures.phrases import counted
from analysis.quantities import write
from analysis.questions.estimate import Estimate
from analysis.sources.next_edition import FRAMEWORK_STAGES

if TYPE_CHECKING:
    from analysis.page.chapter import Chapter

_MOST_MEASURES = 20
_NOT_GIVEN = "not given"
_PARTS = {"met": BLUE, "missed": PALE_ORANGE, "no result yet": PAPER}


def number(estimate: Estimate, suffix: str) -> int:
    """Return one of an estimate's counts."""
    return int(estimate.quantities[f"{estimate.question.id}.{suffix}"].value or 0)


def promises(chapter: Chapter, kept: Estimate) -> Figure:
    """Return for how many groups the release gives each thing that was promised."""
    frame = kept.rows
    n, whole, part, none = (number(kept, f"{name}n") for name in ("", "whole_", "part_", "none_"))
    groups = number(kept, "groups_n")
    said = "; ".join(f"{one.short} {one.groups}" for one in frame.itertuples())
    return picture(
        chapter,
        "promises",
        _draw_promises(chapter, frame, groups),
        title=f"Of {counted(n, 'thing')} promised for the next edition this release gives {whole} "
        f"for every group, {part} for some and {none} for none",
        subtitle="Groups for which the release gives what the report on 2013 promised of its next "
        f"edition, {chapter.words['place']}, {chapter.words['year']}",
        alt=f"Bar chart of {counted(n, 'promise')} by the number of groups, of {groups}, for which "
        f"the release gives it. {whole} for every group, {part} for some, {none} for none. {said}.",
        caption="A group counts where every table that the promise takes has a figure for it. Each "
        "promise in our words; the table below says where the report makes it.",
        frame=frame[["promise", "groups", "of", "given"]],
        about="Groups for which each promise is kept.",
        labels={"of": "Of groups"},
        units={"groups": "count", "of": "count"},
    )


def _draw_promises(chapter: Chapter, frame: pd.DataFrame, groups: int) -> bytes:
    with drawing(0.36 * len(frame) + 0.8) as (canvas, axes):
        axes.barh(frame.index, groups, color=GRID, height=0.66)
        axes.barh(frame.index, frame["groups"], color=BLUE, height=0.66)
        for place, covered in enumerate(frame["groups"]):
            write_beside(axes, place, f"{covered} of {groups}", INK if covered else SOFT)
        name_rows(axes, frame["short"])
        axes.set_xlim(0, max(groups, 1))
        axes.set_xlabel("Groups")
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def targets(chapter: Chapter, met: Estimate) -> Figure:
    """Return how many targets were met, by measure."""
    share = met.quantities[met.question.id]
    frame = met.detail.assign(
        missed=lambda f: f["results"] - f["met"], pending=lambda f: f["targets"] - f["results"]
    )
    frame = frame.sort_values("targets", ascending=False, kind="stable", ignore_index=True)
    n, of = number(met, "n"), number(met, "of_n")
    drawn = frame.head(_MOST_MEASURES)
    said = "; ".join(f"{one.measure} {one.met} of {one.results}" for one in drawn.itertuples())
    left = len(frame) - len(drawn)
    return picture(
        chapter,
        "targets",
        _draw_targets(chapter, drawn),
        title=f"{n} of {counted(of, 'target')} with a result {'was' if n == 1 else 'were'} met",
        subtitle=f"Agreed targets and their results by measure, {chapter.words['place']}, "
        f"{chapter.words['year']}",
        alt=f"Stacked bar chart of agreed targets by measure: met, missed, no result yet. {n} of "
        f"{of} with a result were met ({share.text}, {chapter.words['level']} interval "
        f"{share.interval}). {said}.",
        caption="A target below its baseline is one of a fall, and met where the result is not "
        "above it. Beside each bar: how far those missed fell short on average. Who set easy "
        "targets meets more of them."
        + (f" {counted(left, 'measure')} more stand in the data." if left else ""),
        frame=frame[["measure", "target_unit", "targets", "results", "met", "shortfall"]],
        about="Targets met by measure.",
        labels={"results": "With a result", "shortfall": "Mean shortfall of those missed"},
        units={**dict.fromkeys(("targets", "results", "met"), "count"), "shortfall": "figure"},
    )


def _draw_targets(chapter: Chapter, frame: pd.DataFrame) -> bytes:
    with drawing(0.4 * len(frame) + 1.2) as (canvas, axes):
        left = np.zeros(len(frame))
        columns = ("met", "missed", "pending")
        for column, (label, colour) in zip(columns, _PARTS.items(), strict=True):
            width = frame[column].to_numpy(dtype=float)
            axes.barh(frame.index, width, left=left, height=0.66, label=label, **filled(colour))
            left = left + width
        for place, line in enumerate(frame.itertuples()):
            if pd.notna(line.shortfall):
                unit = "points" if line.target_unit == "points" else "pp"
                write_beside(axes, place, f"short by {write(line.shortfall, unit)}", ORANGE)
        name_rows(axes, frame["measure"])
        axes.set_xlabel("Targets")
        axes.xaxis.get_major_locator().set_params(integer=True)
        canvas.legend(loc="outside upper right", ncols=3)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def stages(chapter: Chapter, listed: Estimate) -> Figure:
    """Return how many groups are at each stage, by the stage that they had the year before."""
    frame = listed.rows.assign(
        before_word=listed.rows["framework_stage_before"].fillna(_NOT_GIVEN),
        now_word=listed.rows["framework_stage"],
    )
    order = [*FRAMEWORK_STAGES, _NOT_GIVEN]
    counts = frame.groupby(["before_word", "now_word"]).size().rename("groups").reset_index()
    rows = [one for one in order if one in set(counts["before_word"])]
    moved = frame["moved"].dropna()
    up, down = int((moved > 0).sum()), int((moved < 0).sum())
    at = ", ".join(f"{number(listed, f'{one}_n')} {one}" for one in FRAMEWORK_STAGES)
    title, moves, looks = f"{at[:1].upper()}{at[1:]}", "No group has a stage before", ""
    if len(moved):
        title = f"Of {counted(len(moved), 'group')} with both stages {up} moved up, {down} down"
        moves = f"{title}; the others stayed"
        looks = "Blue moved up, orange down, grey stayed or has no stage of the year before. "
    return picture(
        chapter,
        "stages",
        _draw_stages(chapter, counts, rows),
        title=title,
        subtitle="Stage of the Quality Development Framework, by that of the year before, "
        f"{chapter.words['place']}, {chapter.words['year']}",
        alt=f"Table-like bubble chart of {counted(len(frame), 'group')} by stage this year and the "
        f"year before. This year: {at}. {moves}.",
        caption=f"{looks}A stage is a judgement of how a group works, not a result of its pupils.",
        frame=frame[["collaboration", "framework_stage", "framework_stage_before"]],
        about="Stages by group.",
    )


def _draw_stages(chapter: Chapter, counts: pd.DataFrame, rows: list[str]) -> bytes:
    across = {stage: place for place, stage in enumerate(FRAMEWORK_STAGES)}
    down = {stage: place for place, stage in enumerate(rows)}
    most = counts["groups"].max()
    with drawing(0.7 * len(rows) + 1.1) as (canvas, axes):
        for line in counts.itertuples():
            x, y = across[line.now_word], down[line.before_word]
            colour = _way(across.get(line.before_word, x), x)
            axes.scatter([x], [y], s=200 + 1100 * line.groups / most, **filled(colour))
            axes.text(x, y, f"{line.groups}", ha="center", va="center", color=INK)
        axes.set_xticks(list(across.values()), list(across))
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.set_xlim(-0.6, len(across) - 0.4)
        name_rows(axes, pd.Series([_was(stage) for stage in rows]))
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_title("This year", color=SOFT, loc="center", pad=8)
        axes.spines[["left", "bottom"]].set_visible(False)
        return to_svg(canvas, watermark(chapter.study.release.maturity))


def _was(stage: str) -> str:
    return "no stage before" if stage == _NOT_GIVEN else f"{stage} before"


def _way(before: int, now: int) -> str:
    """Return the colour of a move between stages."""
    return PALE if before == now else PALE_BLUE if before < now else PALE_ORANGE
