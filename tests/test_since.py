"""Tests of what moved between two releases: known changes are found, and found where they are."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from two_releases import (
    NEXT,
    add_year,
    asked,
    moves,
    numbered,
    released,
    released_by_old_code,
    without,
)
from world import GROUPS, SHORT, YEAR, World

from analysis import paths
from analysis.errors import UnavailableError
from analysis.questions.estimate import Estimate
from analysis.questions.old_code import RUNS, runs_in
from analysis.questions.severity import PARTS, Move

MEAN = "gains.ks2.shown.mean_pp"
SLOPE = "funding.ks2.slope_pp_per_10k"
UNSEEN = "gains.listed.unseen_n"
MONEY = "funding.listed.<money>_gbp"
# Sums and differences of numbers published at ten digits.
EXACT = 1e-8


@pytest.fixture
def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return released(tmp_path, monkeypatch)


def raise_gain(made: World, group: str, by: int) -> None:
    """Raise the three key stage 2 gains of a group."""
    cells = made.cells("gains")
    line = next(line for line in cells if line[0] == group)
    line[1:4] = [str(int(cell) + by) for cell in line[1:4]]
    made.write("gains", cells)
    made.refresh()


def lose(made: World, group: str) -> None:
    without(made, group)
    made.refresh()


def only(one: Move, part: str) -> None:
    """Hold that a number moved, and by this part alone."""
    assert one.difference is not None
    assert abs(one.difference) > EXACT
    assert one.parts[part] == pytest.approx(one.difference, abs=EXACT)
    others = [value for name, value in one.parts.items() if name != part]
    assert others == pytest.approx([0] * len(others), abs=EXACT)


def adds_up(estimate: Estimate) -> None:
    """Hold that all parts of all numbers add up to the whole difference."""
    for one in estimate.detail.moves:
        if one.before is None or one.now is None or one.before.value is None:
            continue
        whole = one.now.value - one.before.value
        assert math.fsum(one.parts.values()) == pytest.approx(whole, abs=EXACT), one.name
        assert one.difference == pytest.approx(whole, abs=EXACT), one.name


def test_tables_that_are_the_same_have_moved_nothing(county: World) -> None:
    found = asked(county)
    tiers = {name: one.tier for name, one in moves(found).items()}
    assert tiers.pop("membership.ks2.difference") == "not compared"
    assert set(tiers.values()) == {"unchanged"}
    assert found.quantities["since.release.compared_n"].value == len(tiers) > 8
    assert found.quantities["since.release.moved_n"].value == 0
    for table in (found.detail.groups, found.detail.restated, found.detail.method):
        assert table.empty
    assert found.detail.label == f"the provisional release of {YEAR}"


def test_a_revised_gain_is_changed_data_and_nothing_else(county: World) -> None:
    raise_gain(county, GROUPS[3], 6)
    found = asked(county)
    adds_up(found)
    mean = moves(found)[MEAN]
    assert mean.difference == pytest.approx(6 / 12, abs=EXACT)
    only(mean, "changed_data")
    only(moves(found)[SLOPE], "changed_data")
    assert moves(found)[UNSEEN].tier == "unchanged"
    assert list(found.detail.restated["collaboration"]) == [GROUPS[3]] * 3
    assert found.quantities["since.release.restated_n"].value == 3


def test_a_group_that_is_gone_is_a_lost_group_and_nothing_else(county: World) -> None:
    before = moves(asked(county))[MEAN].now
    lose(county, GROUPS[3])
    found = asked(county)
    adds_up(found)
    mean = moves(found)[MEAN]
    assert before is not None
    assert before.value is not None
    gains = [float(line[1]) for line in county.cells("gains")[1:] if line[1]]
    assert mean.difference == pytest.approx(sum(gains) / len(gains) - before.value, abs=EXACT)
    only(mean, "lost_groups")
    only(moves(found)[SLOPE], "lost_groups")
    assert found.detail.groups.to_dict("records") == [
        {"what": "vanished", "before": GROUPS[3], "now": ""}
    ]
    assert found.quantities["since.release.vanished_n"].value == 1


def test_a_group_that_comes_is_a_new_group_and_nothing_else(county: World) -> None:
    old = {name: county.cells(name) for name in ("ofsted", "funding", "gains")}
    new = "Yew Made-Up Group"
    for table, cells in old.items():
        line = next(line for line in cells if GROUPS[5] in line)
        county.write(table, [*cells, [new if cell == GROUPS[5] else cell for cell in line]])
    county.write("ofsted", numbered("ofsted", county.cells("ofsted")))
    county.refresh()
    found = asked(county)
    adds_up(found)
    only(moves(found)[MEAN], "new_groups")
    assert found.detail.groups.to_dict("records") == [
        {"what": "appeared", "before": "", "now": new}
    ]


def test_a_group_under_another_name_is_the_same_group_where_the_list_says_so(
    county: World,
) -> None:
    def renamed(table: str, cells: list[list[str]]) -> None:
        for line in cells:
            line[:] = ["Elm Group" if cell == GROUPS[4] else cell for cell in line]

    later = add_year(county, renamed)
    found = asked(later, "since.year").detail.groups
    assert set(found["what"]) == {"appeared", "vanished"}
    reason = f'{NEXT},{GROUPS[4]},Elm Group,renamed,"said so"\n'
    county.put("data/groups.csv", f"year,earlier,later,kind,reason\n{reason}")
    estimate = asked(later, "since.year")
    adds_up(estimate)
    assert estimate.detail.groups.to_dict("records") == [
        {"what": "renamed", "before": GROUPS[4], "now": "Elm Group"}
    ]
    assert GROUPS[4] in estimate.detail.names
    assert moves(estimate)[MEAN].tier == "unchanged"


def test_groups_that_merged_stand_beside_the_sum_of_their_money(county: World) -> None:
    def merged(table: str, cells: list[list[str]]) -> None:
        cells[:] = [line for line in cells if GROUPS[16] not in line]

    later = add_year(county, merged)
    lines = "".join(f"{NEXT},{name},{GROUPS[1]},merged,said so\n" for name in GROUPS[16:17])
    county.put("data/groups.csv", f"year,earlier,later,kind,reason\n{lines}")
    found = asked(later, "since.year").detail.groups
    (line,) = found[found["what"] == "merged"].to_dict("records")
    assert line["before"] == f"{GROUPS[1]}; {GROUPS[16]}"
    assert line["now"] == GROUPS[1]
    assert not (found["what"] == "vanished").any()


def test_money_that_both_years_state_is_told_from_money_of_another_year(county: World) -> None:
    same = add_year(county, lambda table, cells: None)
    found = asked(same, "since.year")
    # The made-up second year fills the blanks of the first with other amounts.
    filled = found.detail.restated
    assert set(filled["column"]) == {"funding_2031_32_gbp"}
    assert filled["before"].isna().all()
    adds_up(found)
    cells = same.cells("funding")
    cells[1][3] = "£7,000"
    same.write("funding", cells)
    same.refresh()
    again = asked(same, "since.year")
    (line,) = again.detail.restated.dropna().to_dict("records")
    assert (line["collaboration"], line["before"], line["now"]) == (GROUPS[0], 5000, 7000)
    money = moves(again)[MONEY]
    part = moves(found)[MONEY].restated
    assert part is not None
    assert money.restated == pytest.approx(part + 2000, abs=EXACT)
    stated = again.quantities["since.year.restated_gbp"].value
    assert stated == pytest.approx(filled["now"].sum() + 2000)
    assert money.finding == "funding.listed.2031_32_gbp"


OLD_MEAN = ('values = frame["outcome"].agg(list(_SUMMARIES))',
            'values = frame["outcome"].agg(list(_SUMMARIES)) + 1')  # fmt: skip


@pytest.fixture
def other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return released_by_old_code(tmp_path, monkeypatch, "questions/describe.py", *OLD_MEAN)


def test_code_that_changed_is_method_in_either_order(other_code: World) -> None:
    found = asked(other_code)
    adds_up(found)
    mean = moves(found)[MEAN]
    assert mean.difference == pytest.approx(-1, abs=EXACT)
    only(mean, "method")
    assert mean.method_now == pytest.approx(-1, abs=EXACT)
    assert moves(found)[SLOPE].tier == "unchanged"
    assert found.detail.old_code == "the released code was run again"
    assert found.detail.method.to_dict("records") == [
        {"what": "code", "name": "questions/describe.py", "change": "differs"}
    ]


def test_code_data_and_groups_together_add_up(other_code: World) -> None:
    raise_gain(other_code, GROUPS[2], 3)
    lose(other_code, GROUPS[7])
    found = asked(other_code)
    adds_up(found)
    mean = moves(found)[MEAN]
    assert set(mean.parts) == set(PARTS)
    assert mean.parts["method"] == pytest.approx(-1, abs=EXACT)
    assert mean.parts["changed_data"] == pytest.approx(3 / 11, abs=EXACT)
    assert abs(mean.parts["lost_groups"]) > EXACT
    assert mean.parts["new_groups"] == 0


def test_a_run_of_old_code_is_kept_for_a_copy_without_git(other_code: World) -> None:
    first = asked(other_code)
    kept = runs_in(paths.staging())
    assert len(kept) == 1
    shutil.rmtree(other_code.root / ".git")
    shutil.rmtree(paths.staging())
    lost = asked(other_code)
    assert "has no history" in lost.detail.old_code
    assert moves(lost)[MEAN].method_now is None
    assert moves(lost)[MEAN].parts["method"] == pytest.approx(-1, abs=EXACT)
    other_code.put(f"findings/{YEAR}/since.json", json.dumps({RUNS: kept}))
    again = asked(other_code)
    assert [one.row() for one in again.detail.moves] == [one.row() for one in first.detail.moves]
    assert runs_in(paths.staging()) == kept
    raise_gain(other_code, GROUPS[2], 3)
    assert "has no history" in asked(other_code).detail.old_code


def test_old_code_that_is_not_what_was_released_is_not_believed(other_code: World) -> None:
    file = other_code.root / "findings" / "published" / f"{YEAR}.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["code"]["numbers"] = "0" * 64
    file.write_text(json.dumps(content), encoding="utf-8")
    assert "not the code of the release" in asked(other_code).detail.old_code
    content["code"]["trees"]["src"] = "0" * 40
    content["code"]["numbers"] = "1" * 64
    file.write_text(json.dumps(content), encoding="utf-8")
    assert "does not hold the old code" in asked(other_code).detail.old_code


def test_parts_that_no_run_tells_apart_are_left_together(county: World) -> None:
    """Two groups in both years have no slope, so that only the whole of it is known."""

    def others(table: str, cells: list[list[str]]) -> None:
        for line in cells[1:]:
            line[:] = [cell.replace("Made-Up", "Other") if cell in GROUPS[2:] else cell
                       for cell in line]  # fmt: skip

    found = asked(add_year(county, others), "since.year")
    adds_up(found)
    slope = moves(found)[SLOPE]
    assert set(slope.parts) == {"method", "lost_groups+changed_data+new_groups"}
    assert slope.together.startswith("lost groups and changed data and new groups together: ")
    assert slope.restated is None
    name = f"since.year.{SLOPE}.lost_groups_and_changed_data_and_new_groups"
    assert found.quantities[name].value == slope.parts["lost_groups+changed_data+new_groups"]


def test_a_number_that_the_release_lacks_says_so_and_what_it_would_have_been(
    county: World,
) -> None:
    file = county.root / "findings" / "published" / f"{YEAR}.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["findings"][MEAN]
    file.write_text(json.dumps(content), encoding="utf-8")
    mean = moves(asked(county))[MEAN]
    assert mean.tier == "not compared"
    assert "not among the numbers of that release" in mean.why
    assert "today's question put to its tables gives 8.5" in mean.why
    assert moves(asked(county))["membership.ks2.difference"].why == (
        "not available now: this release has no results of single schools"
    )


def test_differences_are_called_what_the_numbers_are(county: World) -> None:
    raise_gain(county, GROUPS[3], 6)
    numbers = asked(county).quantities
    assert numbers[f"since.release.{SLOPE}.difference"].kind == "association"
    assert numbers[f"since.release.{SLOPE}.difference"].unit == "pp per GBP 10,000"
    assert numbers[f"since.release.{MEAN}.changed_data"].kind == "description"
    assert numbers[f"since.release.{SLOPE}.tier"].text == moves(asked(county))[SLOPE].tier
    before = numbers[f"since.release.{SLOPE}.before"]
    assert before.low is not None


def test_an_outcome_that_is_defined_otherwise_says_so(county: World) -> None:
    content = county.sources
    content[YEAR]["definitions"] = {"ks2": "level four or above"}
    county.write_sources(content)
    found = asked(county)
    (line,) = found.detail.method.to_dict("records")
    assert line == {"what": "definition", "name": "ks2", "change": "new"}
    said = "its outcome is defined otherwise now"
    assert said in moves(found)[MEAN].why
    assert said not in moves(found)["gains.ks4.shown.mean_pp"].why


def test_a_year_is_compared_with_the_nearest_that_was_released(county: World) -> None:
    later = add_year(county, lambda table, cells: None)
    assert asked(later, "since.year").detail.label == YEAR
    with pytest.raises(UnavailableError, match="no earlier year has been released"):
        asked(county, "since.year")
    with pytest.raises(UnavailableError, match="no earlier, less mature release"):
        asked(later, "since.release")
    assert SHORT not in asked(later, "since.year").detail.names
