"""Tests of the study's tables: linked once, nothing lost, nothing invented."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import GROUPS, HEADINGS, OTHER, SHORT, SLOPE_PP_PER_10K, YEAR, World

from analysis import paths
from analysis.errors import DataError
from analysis.sources.dirty_cells import read_cell
from analysis.tables import gathered, tidy
from analysis.tables.tidy import STORED, Study, load_study, make_study, save_study
from analysis.variables import variable

CONTRACT = [
    *("collaboration_id", "collaboration", "area", "district"),
    *("funding_{0}_{1}_gbp", "funding_{1}_{2}_gbp", "continuing"),
    *("n_schools", "n_outstanding", "n_good", "n_requires_improvement", "n_inadequate"),
    *("n_not_inspected", "good_or_better_pct"),
    *("gain_ks2_1_pp", "gain_ks2_2_pp", "gain_ks2_3_pp"),
    *("gain_ks4_1_pp", "gain_ks4_2_pp", "gain_ks4_3_pp"),
]


def contract(*years: str) -> list[str]:
    first, second = years
    return [column.replace("{0}_{1}", first).replace("{1}_{2}", second) for column in CONTRACT]


def frames(study: Study) -> dict[str, pd.DataFrame]:
    return {name: getattr(study, name) for name in STORED}


def test_the_real_tables_keep_the_contract(kent: World) -> None:
    study = load_study("2013")
    assert list(study.collaborations.columns[:20]) == contract("2012_13", "2013_14")
    assert len(study.collaborations) == 77
    assert len(study.other_funding) == 3
    assert int(study.collaborations["area"].notna().sum()) == 74 - 3
    assert len(study.links) == 77 + 74 + 23
    assert set(study.collaborations["continuing"].dropna()) == {"yes", "no", "tbc"}
    assert list(study.claims.columns[:7]) == [
        *("claim_id", "paragraph", "claim", "printed", "found", "verdict", "reason"),
    ]


def test_a_later_years_money_columns_are_named_by_its_own_school_years(nowhere: World) -> None:
    assert list(load_study(YEAR).collaborations.columns) == contract("2030_31", "2031_32")


def test_ids_are_unique_and_made_of_letters_digits_and_hyphens(kent: World) -> None:
    ids = load_study("2013").collaborations["collaboration_id"]
    assert ids.is_unique
    assert ids.str.fullmatch("[a-z0-9]+(-[a-z0-9]+)*").all()
    assert ids[0] == "ace"


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["A b", "A-b", "a b 2", "A&b"], ["a-b", "a-b-2", "a-b-2-2", "a-b-3"]),
        (["Café", "St James’", "東"], ["cafe", "st-james", "group"]),
    ],
)
def test_names_that_make_the_same_id_get_different_ones(names: list[str], ids: list[str]) -> None:
    assert tidy._ids(pd.Series(names)).tolist() == ids


def test_the_made_up_truth_comes_out(nowhere: World) -> None:
    frame = load_study(YEAR).collaborations
    gain = frame[[f"gain_ks2_{n}_pp" for n in (1, 2, 3)]].mean(axis="columns", skipna=False)
    money = frame["funding_2030_31_gbp"].where(gain.notna())
    slope = 10_000 * gain.cov(money) / money.var()
    assert slope == pytest.approx(SLOPE_PP_PER_10K, abs=1e-12)  # exact but for the last bits
    assert frame["collaboration"].tolist() == list(GROUPS)


def test_every_missing_value_of_the_real_tables_has_one_reason(kent: World) -> None:
    study = load_study("2013")
    table = study.collaborations.drop(columns="collaboration_id").set_index("collaboration")
    holes = {(who, column) for column in table for who in table.index[table[column].isna()]}
    reasons = study.missing[study.missing["collaboration"] != ""]
    told = list(reasons[["collaboration", "column"]].itertuples(index=False, name=None))
    assert set(told) >= holes
    assert len(set(told)) == len(told)
    assert set(reasons["reason"]) >= {"blank", "no row in the gains table"}


def test_every_printed_name_is_in_the_list_of_links_with_its_reason(nowhere: World) -> None:
    links = load_study(YEAR).links.set_index("printed")
    assert links.loc[SHORT, "collaboration"] == GROUPS[0]
    assert links.loc[SHORT, "reason"] == "made up so"
    assert links.loc[OTHER, "kind"] == "no collaboration"
    assert load_study(YEAR).other_funding["name"].tolist() == [OTHER]


def test_a_claim_that_the_tables_refute_differs_and_one_that_they_bear_out_agrees(
    nowhere: World,
) -> None:
    verdicts = load_study(YEAR).claims.set_index("claim_id")["verdict"]
    assert verdicts[["p9-too-few", "p9-groups"]].tolist() == ["differs", "agrees"]


def test_what_is_written_reads_back_the_same(nowhere: World) -> None:
    made, read = make_study(YEAR), load_study(YEAR)
    for name, frame in frames(made).items():
        pd.testing.assert_frame_equal(frames(read)[name], frame)


def test_the_same_inputs_give_the_same_bytes(nowhere: World) -> None:
    before = nowhere.made()
    save_study(make_study(YEAR))
    assert nowhere.made() == before


def test_tables_that_have_not_been_made_are_asked_for(nowhere: World) -> None:
    (paths.processed(YEAR) / "claims.parquet").unlink()
    with pytest.raises(DataError, match=r"claims\.parquet.*make findings"):
        load_study(YEAR)


def test_names_with_marks_of_html_come_through_as_text(nowhere: World) -> None:
    name = '<img src=x onerror=alert(1)> & "Sons" £'
    for table, row, column in (("ofsted", 3, "name"), ("gains", 3, "name")):
        nowhere.change(table, row, column, name)
    nowhere.change("funding", 3, "Collaboration name", name)
    nowhere.refresh()
    save_study(make_study(YEAR))
    line = load_study(YEAR).collaborations.loc[1]
    assert line["collaboration"] == name
    assert line["gain_ks2_1_pp"] == 3
    assert line["collaboration_id"] == "img-src-x-onerror-alert-1-sons"


@pytest.mark.parametrize("minus", ["-", "\N{MINUS SIGN}"])
def test_a_decline_stays_a_decline(nowhere: World, minus: str) -> None:
    nowhere.change("gains", 3, "ks2_1", f"{minus}4")
    nowhere.refresh()
    assert make_study(YEAR).collaborations.loc[1, "gain_ks2_1_pp"] == -4


@pytest.mark.parametrize("table", ["ofsted", "funding", "gains", "coverage", "claims"])
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(nowhere: World, table: str) -> None:
    before = frames(make_study(YEAR))
    data = nowhere.file(table).read_bytes().replace(b"\n", b"\r\n")
    nowhere.file(table).write_bytes(b"\xef\xbb\xbf" + data)
    nowhere.refresh()
    for name, frame in frames(make_study(YEAR)).items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_problems_of_several_tables_are_told_together(nowhere: World) -> None:
    nowhere.change("ofsted", 3, "Good", "x")
    nowhere.change("gains", 3, "ks2_1", "x")
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    assert [Path(p.file).stem for p in caught.value.problems] == ["ofsted", "gains"]


@pytest.mark.parametrize("absent", ["gains", "coverage", "claims"])
def test_a_table_that_a_release_may_lack_comes_without_rows(nowhere: World, absent: str) -> None:
    content = nowhere.sources
    del content[YEAR]["tables"][absent]
    nowhere.write_sources(content)
    study = make_study(YEAR)
    assert list(study.collaborations.columns) == contract("2030_31", "2031_32")
    assert len(study.collaborations) == len(GROUPS)
    rows = {"gains": study.collaborations["gain_ks2_1_pp"].notna().sum()}
    assert rows.get(absent, len(getattr(study, absent, ()))) == 0


def test_a_table_cut_short_is_told_as_such_and_not_as_unknown_names(nowhere: World) -> None:
    nowhere.write("ofsted", nowhere.cells("ofsted")[:9])
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    (problem,) = caught.value.problems
    assert (problem.file, problem.code) == ("data/raw/2031/ofsted.csv", "rows")
    assert (problem.found, problem.row) == ("8 rows", 9)


WORDS = st.one_of(
    st.sampled_from(
        ["", "NA", "n/a", "tbc", "£42,00", "£1,000", "7", "-7", "1e3", "77,8", "٤", "x", '"', "<b>"]
    ),
    st.integers(0, 120).map(str),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_cell_is_refused_or_differs_exactly_there(
    nowhere: World, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    monkeypatch.setattr(gathered, "check_whole", lambda *_: [])  # which would refuse them all
    before = frames(load_study(YEAR))
    name = data.draw(st.sampled_from(sorted(HEADINGS)))
    cells = nowhere.cells(name)
    row = data.draw(st.integers(2, len(cells)))
    heading = data.draw(st.sampled_from(cells[0]))
    to, column = data.draw(WORDS), HEADINGS[name][heading]
    was = cells[row - 1][cells[0].index(heading)]
    nowhere.change(name, row, heading, to)
    try:
        after = frames(make_study(YEAR))
    except DataError:
        return
    finally:
        nowhere.write(name, cells)
    changed = [
        field
        for frame in ("collaborations", "other_funding", "coverage")
        for field in differences(before[frame], after[frame])
        if field != "collaboration_id"
    ]
    if not changed:
        kind = variable(column).cell
        assert not before["missing"].equals(after["missing"]) or (
            read_cell(to, kind).value == read_cell(was, kind).value
        )
    else:
        assert changed == ["collaboration" if (name, column) == ("ofsted", "name") else column]


def differences(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    assert before.shape == after.shape
    assert before.dtypes.equals(after.dtypes)
    unlike = ~((before == after) | (before.isna() & after.isna())).fillna(False)
    return [column for column in unlike for _ in range(unlike[column].sum())]
