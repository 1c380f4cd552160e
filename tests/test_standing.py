"""Tests of how a release says what its outcomes mean and whose results it gives anew."""

from __future__ import annotations

from typing import Any

import pytest
from world import World

from analysis.errors import DataError
from analysis.sources.registry import load_release


def changed(nowhere: World, **entries: Any) -> None:
    content = nowhere.sources
    content[nowhere.year] |= entries
    nowhere.write_sources(content)


def test_a_release_that_states_nothing_has_no_definitions_and_replaces_none(nowhere: World) -> None:
    release = load_release(nowhere.year)
    assert (release.definitions, release.replaces) == ({}, ())


def test_definitions_are_read_with_their_spaces_made_plain(nowhere: World) -> None:
    changed(nowhere, definitions={"ks2": "level 4  or\nabove"})
    assert load_release(nowhere.year).definitions == {"ks2": "level 4 or above"}


@pytest.mark.parametrize(
    "definitions", ["level 4", {}, {"ks2": 4}, {"ks2": ""}, {"KS 2": "level 4"}, {2: "level 4"}]
)
def test_a_definition_that_is_no_words_is_refused_with_its_place(
    nowhere: World, definitions: object
) -> None:
    changed(nowhere, definitions=definitions)
    with pytest.raises(DataError) as caught:
        load_release(nowhere.year)
    problem = caught.value.problems[0]
    assert problem.file == "data/sources.yaml"
    assert str(problem.column).startswith(f"{nowhere.year}.definitions")


@pytest.mark.parametrize("entry", ["2030", ["2030"]])
def test_a_release_may_replace_the_results_of_another_year(nowhere: World, entry: object) -> None:
    changed(nowhere, replaces=entry)
    assert load_release(nowhere.year).replaces == ("2030",)


@pytest.mark.parametrize("entry", [2030, "last year", ["2030", 2029], {"2030": "all"}, "2031"])
def test_what_is_no_other_year_cannot_be_replaced(nowhere: World, entry: object) -> None:
    changed(nowhere, replaces=entry)
    with pytest.raises(DataError) as caught:
        load_release(nowhere.year)
    assert caught.value.problems[0].column == "2031.replaces"
