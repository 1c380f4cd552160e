"""Tests of the parts of taking a year in: options, likeness, questions, and what is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
import yaml

from analysis.errors import DataError, UsageError
from analysis.sources.grids import Grid
from analysis.sources.intake import Placed, place_tables
from analysis.sources.intake_block import block_text, settle_facts, with_block, with_year
from analysis.sources.intake_last import Last, last_before, likeness, shifted
from analysis.sources.intake_reading import take, take_all
from analysis.sources.intake_words import Told, told
from analysis.sources.vocabulary import vocabulary

LAST = last_before("2014")
OFSTED = [
    *("number", "name", "number of schools", "Outstanding", "Good", "RI", "Inadequate"),
    *("no Inpection yet", "% good or better"),
]
ONE = ["1", "Acorn", "4", "1", "2", "1", "0", "0", "75"]
FUNDING = [
    *("Area", "District", "Collaboration name", "2013/14 Funding", "2014/15 Funding"),
    "Continuing in 2014/15",
]
PAID = ["East", "Thanet", "Acorn", "£42,000", "£1,500", "Yes"]
MEMBERS = ["urn", "collaboration", "joined", "left"]
GAINS = ["name", *(f"ks{stage}_{n}" for stage in (2, 4) for n in (1, 2, 3))]


def grid(*rows: Sequence[str], file: str = "a.csv", sheet: str | None = None) -> Grid:
    cells = tuple(map(tuple, rows))
    return Grid(file, sheet, cells, tuple(range(1, len(cells) + 1)))


def placed(*grids: Grid, said: Told | None = None) -> Placed:
    return place_tables(grids, said or Told(), LAST)


def both(
    ofsted: Sequence[str] = OFSTED, funding: Sequence[str] = FUNDING, paid: Sequence[str] = PAID
) -> tuple[Grid, Grid]:
    return grid(ofsted, [*ONE, "x"][: len(ofsted)]), grid(funding, paid, file="b.csv")


def options(found: Placed) -> list[str]:
    return [option.flags for question in found.questions for option in question.options]


@pytest.mark.parametrize(
    ("text", "by", "later"),
    [
        ("2012/13 Funding", 1, "2013/14 Funding"),
        ("Funding 2012-13 and 2013-14", 1, "Funding 2013-14 and 2014-15"),
        ("Funding 2012/2013", 2, "Funding 2014/2015"),
        ("1999/00 is no year of ours", 1, "1999/00 is no year of ours"),
        ("2098/99", 1, "2099/00"),
    ],
)
def test_school_years_in_words_move_on(text: str, by: int, later: str) -> None:
    assert shifted(text, by) == later


def test_the_last_year_is_the_nearest_one_before() -> None:
    assert (LAST.year, LAST.later) == ("2013", 1)
    assert LAST.money() == ["funding_2013_14_gbp", "funding_2014_15_gbp"]
    assert last_before("2016").money() == ["funding_2015_16_gbp", "funding_2016_17_gbp"]
    assert last_before("2012") == Last("", 0, {})


def test_likeness_is_whole_for_a_known_heading_and_small_for_another() -> None:
    known = vocabulary("ofsted")
    assert likeness("RI", "n_requires_improvement", known, LAST) == 100
    assert likeness("Requires Improvemnt", "n_requires_improvement", known, LAST) > 85
    assert likeness("Postcode", "n_requires_improvement", known, LAST) < 50


def test_both_tables_are_found_whatever_the_file_is_called() -> None:
    found = placed(*both())
    assert [(one.table, one.place) for one in found.tables] == [
        ("ofsted", "a.csv"),
        ("funding", "b.csv"),
    ]
    assert not found.questions


def test_payments_in_long_form_are_no_table_of_funding() -> None:
    paid = grid(["name", "school year", "amount"], ["Acorn", "2013/14", "£5,000"], file="c.csv")
    found = placed(*both(), paid)
    assert [one.table for one in found.tables] == ["ofsted", "funding", "payments"]
    assert take(found.tables[2]).rows == 1


def test_schools_and_members_need_no_table_of_the_report() -> None:
    schools = grid(["urn", "year", "cohort", "ks2_expected_pct"], ["100000", "2013", "30", "70"])
    members = grid(MEMBERS, ["100000", "Acorn", "2012-09-01", ""], file="b.csv")
    found = placed(schools, members)
    assert [one.table for one in found.tables] == ["schools", "members"]
    forms = [take(one).form for one in found.tables]
    assert forms == [{"format": "schools_plain"}, {"format": "members_plain"}]


def test_files_of_schools_of_several_formats_are_all_taken() -> None:
    heading = ["RECTYPE", "LEA", "ESTAB", "URN", "SCHNAME"]
    ks2 = [*heading, "TELIG", "PTREADWRITTAMATX"], ["1", "886", "2001", "100000", "A", "30", "70%"]
    ks4 = [*heading, "TPUP", "PTAC5EM"], ["1", "886", "4001", "100001", "B", "90", "50%"]
    files = (
        grid(*ks2),
        grid(*ks4, file="b.csv"),
        grid(MEMBERS, ["100000", "Acorn", "2012-09-01", ""], file="c.csv"),
    )
    found = placed(*files)
    assert not found.questions
    taken = take_all(found.tables)
    assert [one.table for one in taken] == [
        "schools_dfe_ks2_2010",
        "schools_dfe_ks4_2010",
        "members",
    ]
    facts = settle_facts("2014", {}, files, LAST)
    text = block_text("2014", facts, taken, {one.table: [] for one in taken})
    entries = yaml.safe_load(text)["2014"]["tables"]
    assert entries["schools_dfe_ks2_2010"]["format"] == "dfe_ks2_2010"
    assert entries["schools_dfe_ks2_2010"]["results_year"] == 2014
    assert "results_year" not in entries["members"]


def test_a_lacking_heading_is_asked_for_among_those_that_nobody_knows() -> None:
    heading = [name if name != "Inadequate" else "Inadeq." for name in OFSTED]
    found = placed(*both(heading))
    assert options(found) == ["--heading 'ofsted:Inadeq.=n_inadequate'"]
    assert found.questions[0].likely is None
    said = told(["ofsted:Inadeq.=n_inadequate"], [], [])
    assert not placed(*both(heading), said=said).questions


def test_a_heading_that_two_columns_could_claim_is_not_likely() -> None:
    heading = ["name", "ks2_12", "postcode", *GAINS[3:]]
    found = placed(*both(), grid(heading, ["Acorn", *"123456"], file="c.csv"))
    assert options(found) == [f"--heading 'gains:ks2_12=gain_ks2_{n}_pp'" for n in (1, 2)]
    assert {question.likely for question in found.questions} == {None}
    heading[2] = "ks2_2"
    found = placed(*both(), grid(heading, ["Acorn", *"123456"], file="c.csv"))
    assert [question.likely is not None for question in found.questions] == [True]


def test_two_columns_of_one_meaning_are_a_question_with_the_known_one_as_likely() -> None:
    found = placed(*both([*OFSTED, "all schools"]))
    (question,) = found.questions
    assert question.likely is not None
    assert question.likely.flags == "--heading 'ofsted:all schools=-'"
    said = told(["ofsted:all schools=-"], [], [])
    again = placed(*both([*OFSTED, "all schools"]), said=said)
    assert not again.questions
    assert "all schools" not in take(again.tables[0]).headings


def test_a_table_without_any_such_heading_is_nowhere() -> None:
    with pytest.raises(DataError, match="no table funding"):
        placed(both()[0])
    with pytest.raises(DataError, match=r"--heading 'funding:PRINTED=area'"):
        placed(both()[0], grid(["Where", *FUNDING[1:]], PAID, file="b.csv"))


def test_a_factor_can_be_said_where_no_heading_has_the_unit() -> None:
    title = ["KAH funding, all amounts in £000s"]
    paid = [*PAID[:3], "42", "1.5", "Yes"]
    money = grid(title, FUNDING, paid, file="b.csv")
    with pytest.raises(DataError, match="outside the headings"):
        take(placed(both()[0], money).tables[1])
    said = told(
        [f"funding:{FUNDING[i]}=funding_{y}_gbp*1000" for i, y in ((3, "2013_14"), (4, "2014_15"))],
        [],
        [],
    )
    taken = take(placed(both()[0], money, said=said).tables[1])
    assert taken.scale == {FUNDING[3]: 1000, FUNDING[4]: 1000}
    assert not taken.suspected


def test_columns_without_a_heading_get_ours_and_it_is_said() -> None:
    gains = grid(["", *[""] * 6], ["name", *"123123"], ["Acorn", *"123456"], file="c.csv")
    found = placed(*both(), gains)
    taken = take(next(one for one in found.tables if one.table == "gains"))
    assert rows(taken.data) == [GAINS, ["Acorn", *"123456"]]
    assert taken.ours == tuple(GAINS[1:])


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"))))


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@Thanet", "'@Thanet"),
        ("+44 Thanet", "'+44 Thanet"),
        ("-", "-"),
        ("Tha\nnet", "Tha net"),
        (" Thanet ", " Thanet "),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_marked(printed: str, written: str) -> None:
    money = both(paid=[PAID[0], printed, *PAID[2:]])
    assert rows(take(placed(*money).tables[1]).data)[1][1] == written


def test_numbers_are_never_marked() -> None:
    values = ["-3", "+2", "\N{MINUS SIGN}1", "-0.5", "4", "-7%"]
    found = placed(*both(), grid(GAINS, ["Acorn", *values], file="c.csv"))
    assert rows(take(found.tables[2]).data)[1][1:] == values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '# a\nyears:\n  - "2013" # b\n  - "simulated"\n',
            '# a\nyears:\n  - "2013" # b\n  - "2014"\n  - "simulated"\n',
        ),
        ("years:\n- '2015'\nseed: 1\n", "years:\n- \"2014\"\n- '2015'\nseed: 1\n"),
        ('years: ["2013", "simulated"]\n', 'years: ["2013", "2014", "simulated"]\n'),
        ('years: ["2015"]\n', 'years: ["2014", "2015"]\n'),
        ('seed: 1\nyears:\n  - "2013"', 'seed: 1\nyears:\n  - "2013"\n  - "2014"\n'),
        ('years:\r\n  - "2013"\r\nseed: 1\r\n', 'years:\r\n  - "2013"\r\n  - "2014"\nseed: 1\r\n'),
    ],
)
def test_a_year_is_added_to_the_list_and_the_rest_keeps_its_bytes(text: str, expected: str) -> None:
    assert with_year(text, "2014") == expected
    assert "2014" in yaml.safe_load(expected)["years"]


@pytest.mark.parametrize("text", ["seed: 1\n", "years: []\n", "years: 2013\n", "- 1\n"])
def test_without_a_list_of_years_it_is_said_so(text: str) -> None:
    with pytest.raises(DataError, match="no list of years"):
        with_year(text, "2014")


def test_a_block_is_appended_and_no_byte_changed() -> None:
    assert with_block('"2013": {}', '"2014": {}\n') == '"2013": {}\n"2014": {}\n'
    assert with_block("# c\r\n", "x: 1\n") == "# c\r\nx: 1\n"


@pytest.mark.parametrize(
    ("title", "maturity"),
    [
        ("Provisional figures", "provisional"),
        ("These are FINAL", "final"),
        ("revised in May", "revised"),
        ("finalists", "provisional"),
        ("SIMULATED, final", "SIMULATED"),
    ],
)
def test_the_maturity_is_what_a_title_says_and_provisional_where_none_does(
    title: str, maturity: str
) -> None:
    sheet = grid([title], OFSTED, ONE)
    facts = settle_facts("2014", {}, [sheet], LAST)
    assert facts.values["maturity"] == maturity
    assert facts.simulated == (maturity == "SIMULATED")
    assert facts.values["title"].startswith("SIMULATED") == facts.simulated
    assert facts.values["publisher"].startswith("nobody") == facts.simulated
    given = settle_facts("2014", {"maturity": "final"}, [grid(OFSTED, ONE)], LAST)
    assert given.values["maturity"] == "final"


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        ("Results of 2013", "Results of 2014"),
        ("2012/13 and 2013-14", "2013/14 and 2014-15"),
        ("Money of 2013/14, results of 2013.", "Money of 2014/15, results of 2014."),
        ("Act of 1996, file 20134", "Act of 1996, file 20134"),
    ],
)
def test_the_title_of_last_year_becomes_that_of_the_new_one(was: str, is_now: str) -> None:
    last = Last("2013", 1, {"title": was})
    facts = settle_facts("2014", {}, [grid(OFSTED, ONE)], last)
    assert facts.values["title"] == is_now
    assert f'title: "{is_now}", taken over from 2013' in facts.notes
    assert facts.values["publisher"] == "not known"


@pytest.mark.parametrize(
    "text", ["funding", "funding:x", "funding:=name", "money:x=name", "ofsted:x=urn", "gains:x="]
)
def test_an_option_of_another_form_is_a_mistake_in_the_usage(text: str) -> None:
    with pytest.raises(UsageError, match="--heading"):
        told([text], [], [])
