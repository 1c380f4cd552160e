"""Tests of the reader of schools' results on made-up files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DataError, Problem
from analysis.sources import school_codes
from analysis.sources.cells import check_unchanged
from analysis.sources.convert import Missing
from analysis.sources.formats import load_formats
from analysis.sources.performance import MISSING_COLUMNS, SCHOOL_COLUMNS, Results, read_results
from analysis.sources.registry import TableSource
from analysis.variables import variable

SHIPPED = load_formats()
HEADINGS = {
    "RECTYPE": "record",
    "LEA": "authority",
    "ESTAB": "establishment",
    "URN": "urn",
    "SCHNAME": "school",
    "TELIG": "cohort",
    "PTRWM_EXP": "ks2_expected_pct",
    "READPROG": "ks2_reading_progress",
    "READ_AVERAGE": "ks2_reading_score",
}
SMALL = replace(SHIPPED["dfe_ks2_2016"], headings=HEADINGS, short_rows=False)
HEAD = "X,RECTYPE,LEA,ESTAB,URN,SCHNAME,TELIG,PTRWM_EXP,READPROG,READ_AVERAGE\n"
ROWS = (
    "-,1,850,2229,118234,Ash,28,72%,-0.3,106\n",
    "-,3,850, , ,Nowhere,40,66%,NA,104\n",
    "-,2,850,7005,118235,Elm,12,SUPP,SUPP,SUPP\n",
    "-,5, , , , ,600000,61%,,104\n",
    "-,1,851,2230,118236,Oak,,61,LOWCOV,\n",
    '-,4, , , , ,"604,552",61%,,104\n',
)
ALL = HEAD + "".join(ROWS)


def source(file: Path, name: str = "", **more: Any) -> TableSource:
    made = SHIPPED[name] if name else more.pop("format", SMALL)
    return TableSource("schools", file, "-", "-", 0, made.headings, format=made, **more)


def results(folder: Path, text: str | bytes = ALL, **more: Any) -> Results:
    file = folder / "schools.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_results(source(file, **{"results_year": 2017, **more}))


def refusals(folder: Path, text: str | bytes, **more: Any) -> list[Problem]:
    with pytest.raises(DataError) as caught:
        results(folder, text, **more)
    return caught.value.problems


def one(folder: Path, heading: str, cell: str, **more: Any) -> Results:
    """Return a file of one school whose cell under `heading` is changed."""
    cells = ROWS[0].rstrip().split(",")
    cells[HEAD.rstrip().split(",").index(heading)] = cell
    return results(folder, HEAD + ",".join(cells) + "\n", **more)


def test_schools_and_totals_are_set_apart_wherever_they_stand(tmp_path: Path) -> None:
    found = results(tmp_path)
    assert found.schools["urn"].tolist() == ["118234", "118235", "118236"]
    assert found.schools["kind"].tolist() == ["school", "special school", "school"]
    assert found.schools["row"].tolist() == [2, 4, 6]
    records = ["authority", "national, state-funded", "national"]
    assert found.totals["record"].tolist() == records
    assert found.totals["cohort"].tolist() == [40, 600000, 604552]
    assert found.totals["authority"].fillna("-").tolist() == ["850", "-", "-"]


def test_figures_are_typed_in_their_units_and_identifiers_stay_text(tmp_path: Path) -> None:
    frame = results(tmp_path).schools
    measures = ("ks2_expected_pct", "ks2_reading_progress", "ks2_reading_score")
    assert tuple(frame.columns) == (*SCHOOL_COLUMNS, *measures)
    first = frame.iloc[0]
    assert (first["laestab"], first["authority"], first["school"]) == ("8502229", "850", "Ash")
    assert (first["year"], first["stage"], first["cohort"]) == (2017, "ks2", 28)
    assert [first[name] for name in measures] == [72.0, -0.3, 106.0]
    assert frame["ks2_expected_pct"].fillna(-1).tolist() == [72.0, -1, 61.0]
    assert {str(frame[name].dtype) for name in measures} == {"float64"}
    assert [str(frame[name].dtype) for name in ("year", "cohort", "urn")] == [
        *("int64", "Int64", "str")
    ]


def test_every_missing_figure_of_a_school_keeps_its_reason(tmp_path: Path) -> None:
    missing = results(tmp_path).missing
    assert tuple(missing.columns) == MISSING_COLUMNS
    lines = missing[["row", "urn", "column", "printed", "reason"]].to_numpy().tolist()
    few = "suppressed: too few pupils"
    assert lines == [
        [4, "118235", "ks2_expected_pct", "SUPP", few],
        [4, "118235", "ks2_reading_progress", "SUPP", few],
        [4, "118235", "ks2_reading_score", "SUPP", few],
        [6, "118236", "cohort", "", "blank"],
        [
            *(6, "118236", "ks2_reading_progress", "LOWCOV"),
            "low coverage: too few of the pupils counted",
        ],
        [6, "118236", "ks2_reading_score", "", "blank"],
    ]


CODES = (
    *("SUPP", "NE", "NA", "NP", "NEW", "LOWCOV", "LT11", "x", "c", "z", "u", "low", "DNS", "N/A"),
    *("..", "", " ", "NOT AVAIL", "[c]", "[low]", "supp"),
)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("heading", ["PTRWM_EXP", "READPROG", "TELIG"])
def test_every_known_code_is_missing_with_a_reason_in_words(
    tmp_path: Path, code: str, heading: str
) -> None:
    found = one(tmp_path, heading, code)
    assert len(found.missing) == 1
    assert len(found.missing["reason"].iloc[0]) > 3
    assert found.missing["printed"].iloc[0] == code.strip()
    assert found.schools[HEADINGS[heading]].isna().all()


READ: dict[str, tuple[str, str, float]] = {
    "a percentage with its sign": ("PTRWM_EXP", "72%", 72.0),
    "one without": ("PTRWM_EXP", "72", 72.0),
    "one with a space": ("PTRWM_EXP", "72.5 %", 72.5),
    "none at all": ("PTRWM_EXP", "0%", 0.0),
    "all": ("PTRWM_EXP", "100%", 100.0),
    "a decline": ("READPROG", "-17.5", -17.5),
    "a decline with a minus sign": ("READPROG", "−0.2", -0.2),
    "a rise with its sign": ("READPROG", "+3", 3.0),
    "no change": ("READPROG", "-0.0", 0.0),
    "a scaled score": ("READ_AVERAGE", "80", 80.0),
    "a cohort": ("TELIG", "0", 0),
}


@pytest.mark.parametrize(("heading", "cell", "value"), READ.values(), ids=READ)
def test_a_figure_is_read_as_it_is_printed(
    tmp_path: Path, heading: str, cell: str, value: float
) -> None:
    found = one(tmp_path, heading, cell)
    assert found.schools[HEADINGS[heading]].tolist() == [value]
    assert found.missing.empty


WRONG: dict[str, tuple[str, str]] = {
    "a percentage above 100": ("PTRWM_EXP", "101%"),
    "a percentage below 0": ("PTRWM_EXP", "-1%"),
    "a code nobody knows": ("PTRWM_EXP", "SUPR"),
    "a failed formula": ("PTRWM_EXP", "#REF!"),
    "what another program writes for nothing": ("PTRWM_EXP", "nan"),
    "a decimal comma": ("PTRWM_EXP", '"72,5%"'),
    "two percent signs": ("PTRWM_EXP", "72%%"),
    "digits of another script": ("PTRWM_EXP", "٤٢%"),
    "a leading zero": ("PTRWM_EXP", "072%"),
    "a negative cohort": ("TELIG", "-3"),
    "a fraction of a pupil": ("TELIG", "28.5"),
    "a cohort as a decimal": ("TELIG", "28.0"),
    "a power of ten": ("TELIG", "1E5"),
    "an impossible score": ("READ_AVERAGE", "72"),
    "another impossible score": ("READ_AVERAGE", "121"),
    "an impossible progress": ("READPROG", "-101"),
    "a lone sign": ("READPROG", "+"),
    "infinity": ("READPROG", "inf"),
    "a short URN": ("URN", "20003"),
    "a long URN": ("URN", "1182345"),
    "a URN with a zero in front": ("URN", "018234"),
    "a URN as a decimal": ("URN", "118234.0"),
    "no URN": ("URN", ""),
    "a word for a URN": ("URN", "nan"),
    "an establishment of three digits": ("ESTAB", "229"),
    "a record type nobody knows": ("RECTYPE", "9"),
    "no record type": ("RECTYPE", " "),
}


@pytest.mark.parametrize(("heading", "cell"), WRONG.values(), ids=WRONG)
def test_a_figure_of_another_form_is_refused_with_row_and_column(
    tmp_path: Path, heading: str, cell: str
) -> None:
    with pytest.raises(DataError) as caught:
        one(tmp_path, heading, cell)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column) == ("schools.csv", 2, heading)
    assert problem.expected
    assert problem.remedy


def test_a_code_of_a_total_is_as_strict_as_that_of_a_school(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, ALL.replace("Nowhere,40,66%", "Nowhere,40,6 6%"))
    assert (problem.row, problem.column) == (3, "PTRWM_EXP")


def test_all_wrong_cells_are_named_at_once_in_the_order_of_rows(tmp_path: Path) -> None:
    text = ALL.replace("118236", "20003").replace("-0.3", "~").replace("28,72%", "28,720%")
    found = [(problem.row, problem.column) for problem in refusals(tmp_path, text)]
    assert found == [(2, "PTRWM_EXP"), (2, "READPROG"), (6, "URN")]


def test_a_school_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, ALL.replace("118236", "118234"))
    assert (problem.row, problem.column, problem.code) == (6, "URN", "duplicate")
    assert "row 2" in problem.found


def test_fractions_for_percentages_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"-,1,850,200{i},11823{i},Ash,28,0.{i}5,-0.3,106\n" for i in range(1, 5))
    (problem,) = refusals(tmp_path, HEAD + rows)
    assert (problem.row, problem.column) == (2, "PTRWM_EXP")
    one_per_cent = HEAD + rows + ROWS[0].replace("72%", "1%").replace("118234", "118239")
    assert len(results(tmp_path, one_per_cent).schools) == 5


def test_a_heading_that_is_not_there_is_named_with_those_nearest(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, ALL.replace("PTRWM_EXP", "PTRWM_EXPD"))
    assert (problem.row, problem.column) == (1, "PTRWM_EXP")
    assert "'PTRWM_EXPD'" in problem.found
    (problem,) = refusals(tmp_path, ALL.replace("X,", "URN,", 1))
    assert "twice" in problem.found


def test_a_heading_without_rows_is_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path, HEAD)[0].code == "rows"
    assert refusals(tmp_path, HEAD + ROWS[1])[0].found == "no row of a school"


def test_rows_that_are_not_kept_are_counted(tmp_path: Path) -> None:
    found = results(tmp_path, keep={"authority": ("850",)})
    assert found.schools["urn"].tolist() == ["118234", "118235"]
    assert len(found.totals) == 3
    assert found.set_aside.to_numpy().tolist() == [["authority is not 850", 1]]
    other = results(tmp_path, keep={"authority": ("851",)})
    assert other.totals["record"].tolist() == ["national, state-funded", "national"]
    kinds = results(tmp_path, keep={"authority": ("850",), "kind": ("school",)})
    assert (kinds.schools["urn"].tolist(), len(kinds.totals)) == (["118234"], 3)
    assert kinds.set_aside["rows"].tolist() == [1, 1]
    assert results(tmp_path).set_aside.empty


def test_a_value_to_keep_that_no_row_has_is_refused(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, ALL, keep={"authority": ("850", "886")})
    assert (problem.code, problem.column) == ("keep", "LEA")
    assert "'886'" in problem.found


def test_rows_that_are_not_kept_need_not_be_sound(tmp_path: Path) -> None:
    text = ALL.replace("118236", "20003")
    assert len(refusals(tmp_path, text)) == 1
    assert len(results(tmp_path, text, keep={"authority": ("850",)}).schools) == 2


PLAIN = "urn,year,stage,cohort,ks2_expected_pct,district,note\n"


def plain(folder: Path, text: str) -> Results:
    return results(folder, text, format=SHIPPED["schools_plain"], results_year=None)


def test_a_plain_file_needs_no_headings_for_columns_that_bear_our_names(tmp_path: Path) -> None:
    found = plain(tmp_path, PLAIN + "118234,2012/13,KS2,28,72,Hilly,a\n118234,2014,ks2,28,7,,b\n")
    assert found.schools["year"].tolist() == [2013, 2014]
    assert found.schools["stage"].tolist() == ["ks2", "ks2"]
    assert found.schools["district"].fillna("-").tolist() == ["Hilly", "-"]
    assert found.measures == ("ks2_expected_pct",)
    assert found.schools["laestab"].isna().all()


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("118234,2012/14,ks2,28,72,,", "year"),
        ("118234,,ks2,28,72,,", "year"),
        ("118234,2013,ks3,28,72,,", "stage"),
        (",2013,ks2,28,72,,", "urn"),
    ],
)
def test_a_plain_row_without_year_stage_or_school_is_refused(
    tmp_path: Path, row: str, column: str
) -> None:
    with pytest.raises(DataError) as caught:
        plain(tmp_path, PLAIN + row + "\n")
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (2, column)


def test_a_plain_file_without_a_stage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no key stage"):
        plain(tmp_path, "urn,year,cohort,ks2_expected_pct\n118234,2013,28,72\n")


def test_a_key_stage_4_file_is_read_by_its_own_record_types(tmp_path: Path) -> None:
    made = SHIPPED["dfe_ks4_2016"]
    rows = (
        "1,886,4001,118800,Ash,180,46.1,-0.12,64%,20%,8%\n4,886,,,Kent,15000,47,-0.1,63%,20%,8%\n"
    )
    text = ",".join(made.headings) + "\n" + rows
    found = results(tmp_path, text, format=made)
    assert found.schools["ks4_progress_8"].tolist() == [-0.12]
    assert found.schools["ks4_attainment_8"].tolist() == [46.1]
    assert found.totals["record"].tolist() == ["authority"]
    assert found.schools["stage"].tolist() == ["ks4"]


def test_order_and_encoding_of_the_file_make_no_difference(tmp_path: Path) -> None:
    plain_text = results(tmp_path)
    other = ALL.replace(",", ";").replace('"604;552"', "604552").encode("utf-16")
    found = results(tmp_path, other)
    pd.testing.assert_frame_equal(found.schools, plain_text.schools)
    assert (found.encoding, found.separator) == ("utf-16", ";")
    turned = results(tmp_path, HEAD + "".join(reversed(ROWS)))
    again = turned.schools.sort_values("urn", ignore_index=True).drop(columns="row")
    pd.testing.assert_frame_equal(again, plain_text.schools.drop(columns="row"))


def test_a_changed_file_is_told_from_the_one_that_is_described(tmp_path: Path) -> None:
    results(tmp_path)
    described = source(tmp_path / "schools.csv", results_year=2017)
    assert check_unchanged(described)[0].code == "rows"
    assert check_unchanged(replace(described, rows=6))[0].code == "fingerprint"
    found = check_unchanged(replace(described, rows=6))[0].found.split()[-1]
    assert check_unchanged(replace(described, sha256=found)) == []


CELLS = st.text(alphabet='0123456789.,%-+ SUPNAE[]x"é', max_size=6) | st.text(max_size=5)
CHANGES = st.dictionaries(st.integers(1, 9), CELLS, max_size=2)


@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_no_cells_whatever_make_anything_but_results_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, changes: list[dict[int, str]]
) -> None:
    rows = []
    for number, change in enumerate(changes):
        cells = dict(enumerate(ROWS[0].rstrip().replace("118234", f"11823{number}").split(",")))
        rows.append(",".join((cells | change).values()))
    problems: list[Problem] = []
    found = None
    try:
        found = results(tmp_path_factory.mktemp("cells"), HEAD + "\n".join(rows))
    except DataError as error:
        problems = error.problems
    assert all(p.file and p.found and p.expected and p.remedy for p in problems)
    assert (found is None) == bool(problems)


@given(CELLS, st.sampled_from(["ks2_expected_pct", "cohort"]))
def test_a_cell_is_a_number_in_range_or_a_reason_or_refused(cell: str, column: str) -> None:
    try:
        value = school_codes.measure(cell, variable(column))
    except ValueError:
        return
    assert isinstance(value, Missing) or float(value) >= 0
