from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, Problem
from analysis.tables.claims import COLUMNS, LEDGER, NAMED_ROWS, check_claims, shorten

TABLES = {
    "collaborations": pd.DataFrame(
        {
            "collaboration": ["Ash", "Beech", "Cedar", "Dogwood"],
            "good_pct": [75.0, 100.0, 50.0, np.nan],
            "early_gbp": [40000.0, np.nan, 60000.0, 10000.0],
        }
    ),
    "coverage": pd.DataFrame({"phase": ["Primary", "PRU"], "members": [9, 2], "schools": [10, 14]}),
}


def line(claim_id: str, printed: str, **cells: str) -> dict[str, str]:
    given = {"paragraph": "17", "claim": "Groups that do well", "relation": "=", **cells}
    return {**dict.fromkeys(COLUMNS, ""), "claim_id": claim_id, "printed": printed, **given}


def ledger(*lines: dict[str, str]) -> pd.DataFrame:
    claims = pd.DataFrame(list(lines), columns=list(COLUMNS), dtype="str")
    return check_claims(claims, TABLES, "data/raw/2013/claims.csv").set_index("claim_id")


def problems(*lines: dict[str, str]) -> list[Problem]:
    with pytest.raises(DataError) as caught:
        ledger(*lines)
    return caught.value.problems


def test_a_claim_that_follows_from_the_tables_agrees() -> None:
    found = ledger(line("p1", "2", recipe="count(good_pct >= 75)", reason="A note.")).loc["p1"]
    assert found["verdict"] == "agrees"
    assert found["found"] == "2"
    assert found["found_value"] == 2.0
    assert found["rows"] == "2: Ash; Beech"
    assert found["reason"] == "The tables give 2, as printed. A note."


def test_a_claim_that_does_not_follow_differs_in_both_readings() -> None:
    claim = line(
        "p1",
        "3",
        recipe="count(good_pct > 75)",
        reading="more than 75 %",
        other_recipe="count(good_pct >= 75)",
        other_reading="75 % and more",
    )
    found = ledger(claim).loc["p1"]
    assert found["verdict"] == "differs"
    assert found["found"] == "1 (more than 75 %); 2 (75 % and more)"
    assert found["other_found"] == "2 (75 % and more)"
    assert "2 fewer than printed" in found["reason"]
    assert "1 fewer than printed" in found["reason"]


def test_the_other_reading_alone_agreeing_is_said() -> None:
    claim = line(
        "p1",
        "2",
        recipe="count(good_pct > 75)",
        reading="more than 75 %",
        other_recipe="count(good_pct >= 75); count(known(good_pct))",
        other_reading="75 % and more; any share",
    )
    found = ledger(claim).loc["p1"]
    assert found["verdict"] == "agrees"
    assert found["reason"].startswith("Only if read as 75 % and more: 2")
    assert found["found"].endswith("3 (any share)")


def test_a_percentage_beside_its_own_fraction_is_recomputed() -> None:
    recipe = "value(100 * members / schools, of=coverage, where=phase == 'PRU')"
    found = ledger(line("p9-pru", "12.5%", recipe=recipe)).loc["p9-pru"]
    assert (found["verdict"], found["found"], found["rows"]) == ("differs", "14.3%", "1: PRU")


def test_two_values_of_one_thing_contradict_each_other() -> None:
    found = ledger(
        line("here", "76", paragraph="16", against="there"), line("there", "77", paragraph="9")
    )
    assert found.loc["here", "verdict"] == "contradicts itself"
    assert "77 in paragraph 9" in found.loc["here", "reason"]
    assert found.loc["there", "verdict"] == "cannot be checked"


@pytest.mark.parametrize(("other", "word"), [("34.2", "agrees"), ("35.2", "contradicts itself")])
def test_values_of_different_precision_are_compared_at_the_coarser(other: str, word: str) -> None:
    found = ledger(
        line("here", "34%", recipe="34", against="there"),
        line("there", other, paragraph="appendix"),
    )
    assert found.loc["here", "verdict"] == word


def test_a_total_is_set_against_its_printed_parts() -> None:
    parts = "printed('one') + printed('two')"
    found = ledger(line("one", "5"), line("two", "6"), line("all", "12", against=parts)).loc["all"]
    assert found["verdict"] == "contradicts itself"
    assert found["found"] == "11 (by its other numbers in paragraph 17)"


def test_what_has_no_recipe_cannot_be_checked_and_keeps_its_reason() -> None:
    found = ledger(line("p38", "December 2012", reason="No table has dates.")).loc["p38"]
    assert (found["verdict"], found["reason"]) == ("cannot be checked", "No table has dates.")
    assert found["found"] == ""
    assert np.isnan(found["found_value"])


def test_limits_leave_open_what_lies_between_them() -> None:
    claim = line(
        "p1",
        "2",
        recipe="count(good_pct > 75)",
        reading="shown",
        other_recipe="count(early_gbp > 0)",
        other_reading="all",
        readings="limits",
    )
    assert ledger(claim).loc["p1", "verdict"] == "cannot be checked"
    assert ledger({**claim, "printed": "4"}).loc["p1", "verdict"] == "differs"


def test_the_ledger_has_its_columns_in_order_and_one_row_a_claim() -> None:
    found = ledger(line("b", "1"), line("a", "2")).reset_index()
    assert tuple(found.columns) == LEDGER
    assert LEDGER[:7] == (
        *("claim_id", "paragraph", "claim", "printed"),
        *("found", "verdict", "reason"),
    )
    assert found["claim_id"].tolist() == ["b", "a"]


def test_a_year_without_claims_has_an_empty_ledger() -> None:
    empty = check_claims(pd.DataFrame(columns=list(COLUMNS), dtype="str"), TABLES)
    assert empty.empty
    assert tuple(empty.columns) == LEDGER


@pytest.mark.parametrize(
    "recipe", ["__import__('os')", "().__class__", "lambda: 1", "count(god_pct > 1)", "cuont(1)"]
)
def test_a_recipe_outside_the_language_is_refused_with_its_place(recipe: str) -> None:
    problem = problems(line("fine", "1"), line("bad", "2", recipe=recipe))[0]
    assert problem.file == "data/raw/2013/claims.csv"
    assert problem.row == 3
    assert problem.column == "recipe"
    assert problem.found
    assert "count" in problem.expected or "good_pct" in problem.expected


def test_the_files_own_row_is_named_where_it_is_known() -> None:
    claims = pd.DataFrame([line("bad", "2", recipe="god")]).assign(row=[41])
    with pytest.raises(DataError) as caught:
        check_claims(claims, TABLES)
    assert caught.value.problems[0].row == 41


def test_every_bad_line_is_reported_at_once() -> None:
    found = problems(line("one", "1", recipe="god"), line("two", "1", recipe="count(good_pct)"))
    assert [problem.row for problem in found] == [2, 3]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"claim_id": "Not A Slug"}, "claim_id"),
        ({"claim": ""}, "claim"),
        ({"printed": ""}, "printed"),
        ({"printed": "£500,00", "recipe": "1"}, "printed"),
        ({"relation": "~"}, "relation"),
        ({"against": "nowhere"}, "against"),
        ({"against": "p1"}, "against"),
        ({"other_recipe": "1", "other_reading": "one"}, "reading"),
        (
            {"recipe": "1", "reading": "a", "other_recipe": "1; 2", "other_reading": "b"},
            "other_reading",
        ),
        ({"readings": "bounds"}, "readings"),
        ({"readings": "limits", "recipe": "1", "reading": "a"}, "other_recipe"),
        ({"against": "printed('p0') + god"}, "against"),
    ],
)
def test_a_bad_cell_is_named_by_its_column(cells: dict[str, str], column: str) -> None:
    found = problems(line("p0", "1"), {**line("p1", "1"), **cells})
    assert [(problem.row, problem.column) for problem in found] == [(3, column)]


def test_the_same_claim_twice_is_refused() -> None:
    found = problems(line("p1", "1"), line("p1", "1"))
    assert found[0].found == "'p1', as in row 2"


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(DataError, match="recipe"):
        check_claims(pd.DataFrame([line("p1", "1")]).drop(columns="recipe"), TABLES)


def test_long_lists_of_rows_are_shortened_with_their_number() -> None:
    names = [f"g{i}" for i in range(NAMED_ROWS + 2)]
    assert shorten(names).startswith(f"{NAMED_ROWS + 2}: g0; g1;")
    assert shorten(names).endswith("and 2 more")
    assert shorten(names[:2]) == "2: g0; g1"
    assert shorten([]) == ""
