"""Columns of a report's tables that have no heading of their own, known by their position."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from analysis.sources.formats import TABLES as SCHOOL_TABLES
from analysis.sources.vocabulary import Meaning, fold_heading, is_blank_heading
from analysis.variables import STAGES, gain_columns

_STAGE = re.compile(r"(?:ks|key stage) ?([24])(?: (?:gains?|results|increase|pp|%))*")


def with_blocks(
    cells: Sequence[str], at: Mapping[int, Meaning]
) -> tuple[dict[int, Meaning], list[str]]:
    """Return meanings with those of gains that have no heading of their own, by position."""
    if any(found.column.startswith("gain_") for found in at.values()):
        return dict(at), []
    rest = [i for i in range(len(cells)) if i not in at]
    if not at and rest and is_blank_heading(cells[rest[0]]):
        at = {rest.pop(0): Meaning("name")}
    stages = {i: match[1] for i in rest if (match := _STAGE.fullmatch(fold_heading(cells[i])))}
    if sorted(set(stages.values())) == ["2", "4"]:
        return _under_banners(cells, at, rest, stages)
    unnamed = [i for i in rest if is_blank_heading(cells[i]) or cells[i].strip() in tuple("123456")]
    printed = [cells[i].strip() for i in unnamed]
    numbered = (*("123456",), *("123123",))
    if len(unnamed) == len(rest) == 6 and ("".join(printed) in numbered or _all_blank(printed)):
        columns = [column for stage in STAGES for column in gain_columns(stage)]
        made = {**at, **{i: Meaning(c) for i, c in zip(rest, columns, strict=True)}}
        return made, ["columns without a heading read by position: " + ", ".join(columns)]
    return dict(at), []


def with_unnamed(cells: Sequence[str], at: Mapping[int, Meaning], table: str) -> dict[int, Meaning]:
    """Return meanings with those of a report's number and name, which may have no heading."""
    found = {meaning.column for meaning in at.values()}
    usual = ("number", "name") if table == "ofsted" else ("name",)
    lacking = [column for column in usual if column not in found]
    numbers = [i for i, meaning in at.items() if meaning.column not in ("area", "district", *usual)]
    blank = [i for i in range(min(numbers, default=0)) if is_blank_heading(cells[i])]
    if table in SCHOOL_TABLES or len(found) < 3 or len(blank) != len(lacking):
        return dict(at)
    return {**at, **{i: Meaning(c) for i, c in zip(blank, lacking, strict=True)}}


def _all_blank(printed: Sequence[str]) -> bool:
    return all(is_blank_heading(text) for text in printed)


def _under_banners(
    cells: Sequence[str], at: Mapping[int, Meaning], rest: Sequence[int], stages: Mapping[int, str]
) -> tuple[dict[int, Meaning], list[str]]:
    """Return the columns below ``KS2`` and ``KS4``, each of which must span three of them."""
    current, spans = "", []
    for i in rest:
        if i not in stages and not is_blank_heading(cells[i]):
            return dict(at), []
        current = stages.get(i, current)
        spans.append((current, i))
    blocks = {stage: [i for _, i in group] for stage, group in groupby(spans, key=lambda s: s[0])}
    if sorted(blocks) != ["2", "4"] or any(len(block) != 3 for block in blocks.values()):
        return dict(at), []
    made = dict(at)
    for stage, block in blocks.items():
        for n, i in enumerate(block, start=1):
            made[i] = Meaning(f"gain_ks{stage}_{n}_pp")
    return made, ["columns below KS2 and KS4 read by position"]
