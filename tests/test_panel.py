"""Tests of the school-level panel on a made-up release: one row a school, nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import school_world
from school_world import (
    GROUPS,
    MEMBER_GAIN_PP,
    MEMBERS,
    OTHER_GAIN_PP,
    OTHERS,
    SPECIAL,
    YEAR,
    YEARS,
    school,
    schools,
    with_totals,
)
from world import World

from analysis import paths
from analysis.errors import DataError, Problem, UnavailableError
from analysis.questions.design import Design, design_of
from analysis.questions.plan import load_plan
from analysis.tables import panel, tidy
from analysis.tables.panel import Panel
from analysis.tables.tidy import load_study, make_study, save_study

Rows = list[list[str]]
OFSTED = [[str(i + 1), name, "2", "1", "1", "0", "0", "0", "100%"] for i, name in enumerate(GROUPS)]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return school_world.made(tmp_path, monkeypatch)


def built() -> Panel:
    found = make_study(YEAR).panel
    assert found is not None
    return found


def refusals() -> list[Problem]:
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    return caught.value.problems


def declared(world: World, table: str, **entry: Any) -> None:
    """Change lines of a table's entry in data/sources.yaml."""
    content = world.sources
    content[YEAR]["tables"][table] |= entry
    world.write_sources(content)


def add(world: World, table: str, rows: Rows) -> None:
    """Add a table to the release."""
    content = world.sources
    content[YEAR]["tables"] |= school_world.release(table)["tables"]
    world.write_sources(content)
    school_world.rewrite(world, table, rows)


def design() -> Design:
    return design_of(make_study(YEAR), load_plan(), "ks2")


def test_three_files_are_a_release(made: World) -> None:
    assert sorted(made.sources[YEAR]["tables"]) == ["funding", "members", "schools"]
    study = make_study(YEAR)
    table = study.collaborations.set_index("collaboration")
    assert table["n_schools"].to_dict() == dict(zip(GROUPS, (2, 3, 2), strict=True))
    assert table.filter(like="gain_").isna().all(axis=None)
    assert study.claims.empty
    assert study.coverage.empty
    found = study.panel
    assert found is not None
    assert len(found.schools) == 15 * len(YEARS)
    assert len(found.members) == len(MEMBERS) + 1
    assert len(found.payments) == 3
    assert found.outcome("ks2") == "ks2_expected_pct"


def test_the_figures_are_those_of_the_files(made: World) -> None:
    found = built().schools.set_index(["urn", "year"])
    assert not found.index.duplicated().any()
    for row in schools():
        line = found.loc[(row[1], int(row[3]))]
        assert (line["school"], line["phase"], line["district"]) == (row[2], row[4], row[5])
        assert line["cohort"] == int(row[6])
        printed = float("nan") if row[7] == "NE" else float(row[7].rstrip("%"))
        assert line["ks2_expected_pct"] == pytest.approx(printed, nan_ok=True, abs=0)  # as printed
        assert line["definition"] == school_world.DEFINITION


def test_the_made_up_truth_comes_out(made: World) -> None:
    frame = design().frame
    assert frame.groupby("member")["gain"].agg(["min", "max", "size"]).to_numpy().tolist() == [
        [OTHER_GAIN_PP, OTHER_GAIN_PP, len(OTHERS)],
        [MEMBER_GAIN_PP, MEMBER_GAIN_PP, len(MEMBERS)],
    ]


def test_every_missing_value_of_a_collaboration_has_one_reason(made: World) -> None:
    study = make_study(YEAR)
    table = study.collaborations.drop(columns="collaboration_id").set_index("collaboration")
    holes = {(who, column) for column in table for who in table.index[table[column].isna()]}
    told = list(study.missing[["collaboration", "column"]].itertuples(index=False, name=None))
    assert set(told) >= holes
    assert len(set(told)) == len(told)
    assert (study.missing["reason"] != "").all()


def test_every_missing_figure_of_a_school_has_its_reason(made: World) -> None:
    rows = schools()
    rows[2][7], rows[5][7], rows[8][6:] = "SUPP", "LOWCOV", ["", "NP"]
    school_world.rewrite(made, "schools", rows)
    found = built()
    lines = found.suppressed.set_index(["urn", "year", "column"])["reason"].to_dict()
    column = "ks2_expected_pct"
    expected = {(SPECIAL, year, column): "no entries" for year in YEARS}
    expected[OTHERS[0], 2031, column] = "suppressed: too few pupils"
    expected[OTHERS[1], 2031, column] = "low coverage: too few of the pupils counted"
    expected[OTHERS[2], 2031, column] = "not published"
    expected[OTHERS[2], 2031, "cohort"] = "blank"
    assert lines == expected
    table = found.schools.set_index(["urn", "year"])
    assert all(pd.isna(table.loc[key[:2], key[2]]) for key in lines)
    assert int(table[["cohort", column]].isna().sum().sum()) == len(lines)


def test_an_academys_blank_row_stands_for_nothing_beside_its_predecessors_figures(
    made: World,
) -> None:
    old, new = OTHERS[2], "900016"
    rows = [[*r[:1], new, *r[2:]] if r[1] == old and r[3] == "2031" else r for r in schools()]
    blank = school(new, 2030, "", "NEW")
    school_world.rewrite(made, "schools", with_totals([*rows, blank]))
    add(made, "successors", [[old, new]])
    found = built()
    lines = found.schools[found.schools["urn"] == new].set_index("year")
    before = {int(r[3]): (int(r[6]), float(r[7][:-1])) for r in schools() if r[1] == old}
    assert old not in set(found.schools["urn"])
    assert lines[["cohort", "ks2_expected_pct"]].apply(tuple, axis=1).to_dict() == before
    assert (lines["n_urns"] == 1).all()
    assert new not in set(found.suppressed["urn"])


def test_a_chain_without_a_figure_is_one_row_and_one_reason_the_schools_own(made: World) -> None:
    old, new = OTHERS[2], "900016"
    rows = [r for r in schools() if r[1:4:2] != [old, "2031"]]
    blank, hidden = school(new, 2031, "", "NEW"), school(old, 2031, 5, "SUPP")
    school_world.rewrite(made, "schools", with_totals([*rows, blank, hidden]))
    add(made, "successors", [[old, new]])
    found = built()
    assert len(found.schools[(found.schools["urn"] == new) & (found.schools["year"] == 2031)]) == 1
    lines = found.suppressed[found.suppressed["urn"] == new]
    assert lines[["year", "column", "reason"]].to_numpy().tolist() == [
        [2031, "ks2_expected_pct", "suppressed: too few pupils"]
    ]


def test_schools_that_later_became_one_are_pooled_by_cohort(made: World) -> None:
    infant, junior, both = "900017", "900018", "900019"
    rows = [*schools(), school(infant, 2030, 30, 40), school(junior, 2030, 10, 80)]
    rows.append(school(both, 2031, 38, 60))
    school_world.rewrite(made, "schools", with_totals(rows))
    add(made, "successors", [[infant, both], [junior, both]])
    lines = built().schools.loc[lambda f: f["urn"] == both]
    assert lines[["year", "cohort", "n_urns", "ks2_expected_pct"]].to_numpy().tolist() == [
        # By hand: (30 x 40 + 10 x 80) / 40.
        [2030, 40, 2, 50.0],
        [2031, 38, 1, 60.0],
    ]


def test_links_of_a_predecessor_are_those_of_its_successor(made: World) -> None:
    new = "900016"
    rows = [[*r[:1], new, *r[2:]] if r[1:4:2] == [MEMBERS[1], "2031"] else r for r in schools()]
    school_world.rewrite(made, "schools", with_totals(rows))
    add(made, "successors", [[MEMBERS[1], new]])
    assert new in set(built().members["urn"])
    assert design().frame.set_index("urn").loc[new, "member"]


def test_a_link_told_under_both_numbers_is_one_spell(made: World) -> None:
    new = "900016"
    rows = school_world.members()
    school_world.rewrite(made, "members", [*rows, [new, *rows[1][1:]]])
    add(made, "successors", [[MEMBERS[1], new]])
    spells = built().members
    assert len(spells) == len(rows)
    assert spells["urn"].value_counts()[new] == 1


def test_spells_keep_their_days_and_say_where_one_is_unknown(made: World) -> None:
    rows = school_world.members()
    rows[1][2], rows[2][3] = "", "2030-12-31"
    school_world.rewrite(made, "members", rows)
    spells = built().members.set_index("urn")
    assert spells.loc[MEMBERS[1], "joined_unknown"]
    assert pd.isna(spells.loc[MEMBERS[1], "joined"])
    assert spells.loc[MEMBERS[2], "left"] == pd.Timestamp("2030-12-31")
    assert spells["joined_unknown"].sum() == 1
    flow = design().flow.set_index("step")["set_aside"]
    assert flow["with a known day of joining"] == 1


def test_a_school_in_two_groups_is_a_school_once(made: World) -> None:
    assert built().members["urn"].value_counts()[MEMBERS[0]] == 2
    frame = design().frame
    assert frame["urn"].is_unique
    assert frame.set_index("urn")["groups"].to_dict() == {
        **dict.fromkeys(OTHERS, 0),
        **dict.fromkeys(MEMBERS, 1),
        MEMBERS[0]: 2,
    }


def test_rosters_in_several_files_are_one(made: World) -> None:
    rows = school_world.members()
    school_world.rewrite(made, "members", rows[:3])
    before = built().members
    add(made, "members_later", rows[3:])
    assert len(before) == 3
    assert built().members["urn"].nunique() == len(MEMBERS)


def test_a_roster_of_schools_that_nobody_knows_is_refused(made: World) -> None:
    rows = [[f"8{row[0][1:]}", *row[1:]] for row in school_world.members()]
    school_world.rewrite(made, "members", rows)
    (problem,) = refusals()
    assert (problem.file, problem.row, problem.column) == (
        *(f"data/raw/{YEAR}/members.csv", 2, "urn"),
    )
    assert problem.code == "join"
    assert rows[0][0] in problem.found
    assert "successors" in problem.remedy


def test_names_of_the_roster_lead_to_those_of_the_table_of_grades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = [
        [r[0], r[1].replace("Made-Up Group", "M-U Grp"), *r[2:]] for r in school_world.members()
    ]
    world = school_world.made(tmp_path, monkeypatch, ofsted=OFSTED, members=short)
    content = world.sources
    del content[YEAR]["tables"]["funding"]
    content[YEAR]["tables"]["payments"] = school_world.release("payments")["tables"]["payments"]
    world.write_sources(content)
    school_world.rewrite(world, "payments", school_world.funding())
    problems = refusals()
    assert [(p.row, p.column, p.code) for p in problems] == [
        *((2, "collaboration", "names"), (3, "collaboration", "names")),
        (4, "collaboration", "names"),
    ]
    assert all(group in p.remedy for p, group in zip(problems, GROUPS, strict=True))
    for group in GROUPS:
        school_world.link(world, group.replace("Made-Up Group", "M-U Grp"), group)
    assert set(built().members["collaboration"]) == set(GROUPS)


def test_special_schools_are_in_the_sums_and_not_in_the_comparison(made: World) -> None:
    found = built()
    assert set(found.schools.loc[found.schools["urn"] == SPECIAL, "kind"]) == {"special school"}
    cohort = found.reconciliation.loc[lambda f: f["column"] == "cohort"]
    assert (cohort["schools"] == 15).all()
    made_of = design()
    assert SPECIAL not in set(made_of.frame["urn"])
    assert made_of.flow.set_index("step").loc["not special schools", "set_aside"] == 1


def test_years_of_another_definition_are_kept_and_not_compared(made: World) -> None:
    rows = with_totals(schools())
    school_world.rewrite(made, "schools", [row for row in rows if row[3] != "2029"])
    add(made, "schools_before", [row for row in rows if row[3] == "2029"])
    declared(made, "schools_before", definition="an older standard")
    by_year = built().schools.groupby("year")["definition"].unique().map(list).to_dict()
    now = [school_world.DEFINITION]
    assert by_year == {2029: ["an older standard"], 2030: now, 2031: now}
    found = design()
    assert (found.years, found.other_definition) == ((2030, 2031), (2029,))


def test_a_last_year_of_another_definition_leaves_nothing_to_compare(made: World) -> None:
    rows = with_totals(schools())
    school_world.rewrite(made, "schools", [row for row in rows if row[3] != "2031"])
    add(made, "schools_after", [row for row in rows if row[3] == "2031"])
    declared(made, "schools_after", definition="a newer standard")
    with pytest.raises(UnavailableError, match="at least two years"):
        design()


def test_an_authority_that_no_school_has_is_named_with_its_entry(made: World) -> None:
    content = made.sources
    content[YEAR]["panel"] = {"authority": "999"}
    made.write_sources(content)
    (problem,) = refusals()
    assert (problem.file, problem.column) == ("data/sources.yaml", f"{YEAR}.panel.authority")
    assert "999" in problem.found


@pytest.mark.parametrize("table", ["schools", "members", "successors"])
def test_a_changed_file_is_noticed_by_its_fingerprint(made: World, table: str) -> None:
    if table == "successors":
        add(made, table, [[OTHERS[0], "900016"]])
    make_study(YEAR)
    data = made.file(table).read_bytes()
    change = {
        "schools": (b"School 900001", b"School 900000"),
        "members": (b"2030-09-01", b"2030-08-01"),
        "successors": (b"900016", b"900026"),
    }[table]
    made.file(table).write_bytes(data.replace(*change, 1))
    (problem,) = refusals()
    assert (problem.file, problem.code) == (f"data/raw/{YEAR}/{table}.csv", "fingerprint")


def test_problems_of_several_files_are_told_together(made: World) -> None:
    made.change("schools", 3, "pct", "many")
    made.change("members", 2, "joined", "soon")
    assert [Path(problem.file).stem for problem in refusals()] == ["schools", "members"]


def test_what_is_written_reads_back_the_same(made: World) -> None:
    add(made, "successors", [[OTHERS[0], "900016"]])
    study = make_study(YEAR)
    save_study(study)
    read = load_study(YEAR)
    assert study.panel is not None
    assert read.panel is not None
    for name in panel.STORED:
        pd.testing.assert_frame_equal(getattr(read.panel, name), getattr(study.panel, name))
    for name in tidy.STORED:
        pd.testing.assert_frame_equal(getattr(read, name), getattr(study, name))


def test_the_same_files_give_the_same_bytes(made: World) -> None:
    save_study(make_study(YEAR))
    before = made.made()
    save_study(make_study(YEAR))
    assert made.made() == before
    assert len(before) == len(tidy.STORED) + len(panel.STORED)


def test_the_order_of_the_rows_does_not_matter(made: World) -> None:
    before = built()
    rows = with_totals(schools())
    school_world.rewrite(made, "schools", rows[::-1])
    school_world.rewrite(made, "members", school_world.members()[::-1])
    for name in ("schools", "members", "payments"):
        pd.testing.assert_frame_equal(getattr(built(), name), getattr(before, name))


def test_nothing_is_left_of_a_panel_that_is_gone(nowhere: World) -> None:
    folder = paths.processed(nowhere.year)
    for name in panel.STORED:
        (folder / f"panel_{name}.parquet").write_bytes(b"of an earlier run")
    assert panel.has_panel(nowhere.year)
    save_study(make_study(nowhere.year))
    assert not panel.has_panel(nowhere.year)
    assert not list(folder.glob("panel_*"))
    assert load_study(nowhere.year).panel is None


def test_a_column_asked_for_by_name_is_the_outcome_if_it_holds_figures(made: World) -> None:
    found = built()
    assert found.outcome("ks2", ("ks2_expected_pct",)) == "ks2_expected_pct"
    assert found.outcome("ks2", ("ks2_maths_score",)) is None
    assert found.outcome("ks4") is None
