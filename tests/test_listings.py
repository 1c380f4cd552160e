"""Tests of the listings: what the year's tables say, whole, with every gap and its reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.page import listings
from analysis.page.tables import Table
from analysis.questions.ask import ask
from analysis.questions.estimate import Settings
from analysis.questions.plan import load_plan
from analysis.sources.corrections import APPLIED
from analysis.tables.tidy import Study, make_study

RAW = Path(__file__).parents[1] / "data" / "raw" / "2013"
QUICK = Settings(confidence=0.95, seed=1, permutations=1000)
OF_STUDY: dict[str, Callable[[Study], Any]] = {
    "sources": listings.sources,
    "reasons": listings.reasons,
    "links": listings.links,
    "seen_through": listings.seen_through,
    "corrections": listings.corrections,
    "groups": listings.groups,
    "identical_gains": listings.identical_gains,
    "claims": listings.claims,
}
OF_ROWS: dict[str, tuple[Callable[[pd.DataFrame], Table], str]] = {
    "corrected": (listings.corrected, "family.funding"),
    "by_area": (listings.by_area, "money"),
    "printed_order": (listings.printed_order, "forensics"),
}
OF_PANEL = ("reconciled", "set_aside", "suppressed")
# Slugs of listings that name no group of the made-up study.
NAMELESS = ("sources", "reasons", "seen-through", "corrections")
HOSTILE = ["<img src=x onerror=alert(1)>", '=HYPERLINK("x")', "N" * 60, "مدرسة", '&<">']


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study("2013")


@pytest.fixture(scope="module")
def tables(study: Study) -> dict[str, Table]:
    plan = load_plan()
    made = {name: listing(busy(study)) for name, listing in OF_STUDY.items()}
    for name, (listing, finding) in OF_ROWS.items():
        made[name] = listing(ask(finding, study, plan, QUICK).rows)
    return made


def busy(study: Study) -> Study:
    """Return the study as if a cell had been seen through and another corrected."""
    note = {"file": "ofsted.csv", "when": "read", "note": "row 3: an amount"}
    cell = dict.fromkeys(APPLIED, "made") | {"row": 3}
    return replace(study, notes=pd.DataFrame([note]), corrections=pd.DataFrame([cell]))


def raw(name: str) -> list[dict[str, str]]:
    with open(RAW / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(table: Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.to_csv().decode(), newline="")))


def test_no_listing_is_left_out_of_these_tests() -> None:
    public = {
        name
        for name, value in vars(listings).items()
        if callable(value) and getattr(value, "__module__", "") == listings.__name__
    }
    assert public == {*OF_STUDY, *OF_ROWS, *OF_PANEL}


@pytest.fixture(scope="module")
def practice() -> Study:
    return make_study("simulated")


def test_the_schools_of_a_file_stand_beside_their_authoritys_row(practice: Study) -> None:
    rows = lines(listings.reconciled(practice))
    assert practice.panel is not None
    assert len(rows) == len(practice.panel.reconciliation) == 24
    cohort = [row for row in rows if row["Figure"] == "Cohort"]
    assert len(cohort) == 12
    assert all(row["Authority's own row"] == row["From its schools"] for row in cohort)
    # Half a point of rounding in the total, and what rounding leaves of some hundred schools.
    shown = [row for row in rows if row["Schools"] != "c"]
    # Of 102 schools two have no figure in 2011, and as many as at the baseline, in 2010: where the
    # schools of the comparison are left out because they are so few.
    assert len(rows) - len(shown) == 2
    for row in shown:
        printed = float(row["Authority's own row"])
        assert float(row["At least"]) - 0.6 <= printed <= float(row["At most"]) + 0.6


def test_a_release_without_schools_says_that_there_is_nothing_to_compare(study: Study) -> None:
    assert "No file has a row" in str(listings.reconciled(study))
    assert "was set aside" in str(listings.set_aside(study))


def test_a_listing_with_nothing_to_list_is_a_sentence(study: Study) -> None:
    columns = study.collaborations.columns
    gains = [column for column in columns if column.startswith("gain_")]
    names = ("missing", "links", "notes", "corrections", "claims")
    none: dict[str, Any] = {name: getattr(study, name).iloc[:0] for name in names}
    apart = study.collaborations.assign(**{gains[0]: range(len(study.collaborations))})
    empty = replace(study, **none, collaborations=apart)
    for name in ("reasons", "links", "seen_through", "corrections", "identical_gains", "claims"):
        said = OF_STUDY[name](empty)
        assert isinstance(said, str)
        assert said.endswith(".")
    assert listings.identical_gains(replace(study, collaborations=apart.iloc[:1])) == ""
    assert str(listings.suppressed(pd.DataFrame())).startswith("No school lacks")


def test_columns_without_any_value_are_named_and_not_drawn_as_gaps(study: Study) -> None:
    gains = [column for column in study.collaborations if column.startswith("gain_ks4")]
    blank = study.collaborations.assign(**dict.fromkeys(gains, float("nan")), district=pd.NA)
    table = listings.groups(replace(study, collaborations=blank))
    assert "ks4" not in table.frame
    assert "district" not in table.frame
    assert table.caption.endswith("No value in this year: district, key stage 4 gain.")
    alone = listings.groups(replace(study, collaborations=blank.iloc[:1]))
    assert alone.caption.startswith("The only collaboration, as published.")


def test_missing_figures_of_schools_are_counted_by_reason_and_side(practice: Study) -> None:
    rows = ask("schools.ks2.suppressed", practice, load_plan(), QUICK).rows
    assert practice.panel is not None
    known = practice.panel.suppressed
    wanted = known[(known["stage"] == "ks2") & (known["column"] == "ks2_expected_pct")]
    found = lines(listings.suppressed(rows))
    assert sum(int(row["Ever members"]) + int(row["Never members"]) for row in found) == len(wanted)
    assert set(wanted["reason"]) == {row["Reason"] for row in found}


@pytest.mark.parametrize("name", [*OF_STUDY, *OF_ROWS])
def test_every_listing_is_a_captioned_table_without_a_bare_gap(
    name: str, tables: dict[str, Table]
) -> None:
    table = tables[name]
    html = table.to_html()
    assert len(table.frame) > 0
    assert table.caption.endswith(".")
    assert html.count("<caption") == 1
    assert html.count("<th ") == html.count('scope="')
    for wrong in (">nan<", ">None<", ">NaN<", ">NaT<", "&lt;NA&gt;"):
        assert wrong not in html
    assert all(heading.strip() for heading in map(table.heading, table.frame))


def test_slugs_differ_so_that_no_file_replaces_another(tables: dict[str, Table]) -> None:
    assert len({table.slug for table in tables.values()}) == len(tables)


def test_the_sources_name_each_file_with_its_rows(tables: dict[str, Table]) -> None:
    listed = {Path(line["File"]).stem: int(line["Rows"]) for line in lines(tables["sources"])}
    names = ("ofsted", "funding", "gains", "coverage", "claims")
    assert listed == {name: len(raw(name)) for name in names}


def test_the_groups_are_all_there_with_their_money_and_gains(tables: dict[str, Table]) -> None:
    listed = {line["Collaboration"]: line for line in lines(tables["groups"])}
    assert list(listed) == [line["name"] for line in raw("ofsted")]
    ace = listed["ACE"]
    assert (ace["Schools"], ace["2012/13 funding, £"], ace["2013/14 funding, £"]) == (
        "4", "42000", "x",
    )  # fmt: skip
    dasco = listed["DASCO Computer Science Cluster"]
    assert (dasco["Key stage 2 gain, pp"], dasco["Key stage 4 gain, pp"]) == ("10", "1")
    assert sum(line["Key stage 2 gain, pp"] != "x" for line in listed.values()) == 19


def test_a_group_that_no_gain_is_shown_of_has_an_x_there(tables: dict[str, Table]) -> None:
    html = tables["groups"].to_html()
    row = html[html.index(">ACE<") :].split("</tr>")[0]
    assert row.count(">x<") == 3


def test_the_reasons_count_every_missing_value(study: Study, tables: dict[str, Table]) -> None:
    counted = sum(int(line["Values"]) for line in lines(tables["reasons"]))
    assert counted == len(study.missing)
    of_groups = int(study.collaborations.isna().sum().sum())
    assert counted == of_groups + int(study.other_funding.isna().sum().sum())


def test_only_names_that_differ_are_listed_each_with_a_reason(tables: dict[str, Table]) -> None:
    listed = lines(tables["links"])
    assert all(line["Reason"] not in ("", "printed alike") for line in listed)
    assert all(line["Printed"] != line["Collaboration"] for line in listed)
    apart = [line for line in listed if line["Collaboration"] == "no collaboration"]
    assert len(apart) == 3


def test_identical_rows_are_the_two_that_the_report_prints(tables: dict[str, Table]) -> None:
    names = {line["Collaboration"] for line in lines(tables["identical_gains"])}
    assert names == {
        "Tunbridge Wells Mini Collaboration",
        "Tunbridge Wells Schools Collaboration",
    }


def test_the_ledger_lists_every_claim_and_first_those_that_do_not_hold(
    tables: dict[str, Table],
) -> None:
    listed = lines(tables["claims"])
    assert len(listed) == len(raw("claims"))
    order = ["contradicts itself", "differs", "agrees", "cannot be checked"]
    found = [order.index(line["Verdict"]) for line in listed]
    assert found == sorted(found)
    assert set(found) == {0, 1, 2, 3}
    assert all(line["Reason"] for line in listed)


def test_a_claim_for_which_nothing_was_found_has_an_x_in_the_file_too(
    tables: dict[str, Table],
) -> None:
    gaps = [line for line in lines(tables["claims"]) if line["Verdict"] == "cannot be checked"]
    assert any(line["Found"] == "x" for line in gaps)
    assert all(line["Found"] for line in lines(tables["claims"]))
    assert "x means not available" in tables["claims"].to_html()


def test_the_areas_hold_all_money_that_was_paid_to_collaborations(tables: dict[str, Table]) -> None:
    listed = lines(tables["by_area"])
    assert sum(int(line["Groups"]) for line in listed) == 58
    assert sum(float(line["Money, £"]) for line in listed) == 3_063_605
    for line in listed:
        each = float(line["Money, £"]) / float(line["Memberships"])
        assert float(line["Money per membership, £"]) == pytest.approx(each, rel=1e-9)  # ten digits


def test_corrected_p_values_are_never_below_those_computed(tables: dict[str, Table]) -> None:
    for line in lines(tables["corrected"]):
        assert float(line["P-value"]) <= float(line["Benjamini-Hochberg"]) <= float(line["Holm"])


def test_the_printed_order_falls_and_leads_back_to_the_file(tables: dict[str, Table]) -> None:
    listed = lines(tables["printed_order"])
    totals = [float(line["Total of the row, pp"]) for line in listed]
    assert totals == sorted(totals, reverse=True)
    assert [int(line["Row of the file"]) for line in listed] == list(range(2, 25))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_group_stays_a_name_in_every_listing(name: str, study: Study) -> None:
    collaborations = study.collaborations.assign(collaboration=name, district=name, area=name)
    odd = replace(
        study,
        collaborations=collaborations,
        links=study.links.assign(printed=name, collaboration=name, reason="read so"),
        claims=study.claims.assign(claim=name, reason=name),
    )
    made = [listing(busy(odd)) for listing in OF_STUDY.values()]
    made.append(listings.by_area(collaborations.assign(money=1.0)))
    for table in made:
        html = table.to_html()
        assert "<img" not in html
        assert '<">' not in html
        shown = [line for line in lines(table) if name in "".join(line.values())]
        assert shown or table.slug in NAMELESS
        assert "\n=HYPERLINK" not in table.to_csv().decode()
