"""Tests of a release's mark, and of when its pages have been overtaken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_cards import card, practice
from world import World

from analysis.page.card import Card
from analysis.page.maturity import is_later, mark_of, overtaken, with_mark
from analysis.sources.registry import Release, load_release


def test_only_firm_figures_bear_no_mark() -> None:
    marks = {word: mark_of(word) for word in ("final", "revised", "provisional", "simulated")}
    assert marks == {
        "final": "", "revised": "", "provisional": "PROVISIONAL", "simulated": "SIMULATED"
    }  # fmt: skip


def test_a_text_is_marked_once() -> None:
    assert with_mark("A chart.", "PROVISIONAL") == "PROVISIONAL: A chart."
    assert with_mark("PROVISIONAL: A chart.", "PROVISIONAL") == "PROVISIONAL: A chart."
    assert with_mark("A chart.", "") == "A chart."


def test_a_maturity_comes_after_those_before_it_and_made_up_ones_after_none() -> None:
    assert is_later("revised", than="provisional")
    assert is_later("final", than="revised")
    for later, than in (("final", "final"), ("provisional", "final"), ("SIMULATED", "provisional"),
                        ("final", "SIMULATED"), ("None", "provisional")):  # fmt: skip
        assert not is_later(later, than=than)


@pytest.fixture
def release(nowhere: World) -> Release:
    return replace(load_release(nowhere.year), maturity="provisional")


def made_from(release: Release, **more: Any) -> Card:
    sources = {source.file: source.sha256 for source in release.files}
    return card(release.year, **{"status": release.maturity, "sources": sources} | more)


def reasons(card: Card, release: Release | None, *others: Card, **more: Any) -> list[str]:
    releases = {} if release is None else {card.year: release}
    releases |= more.pop("releases", {})
    found = overtaken(card, [card, *others], releases, more.get("published", {}))
    assert all(remedy for _, remedy in found)
    return [reason for reason, _ in found]


def test_pages_made_from_the_release_as_it_stands_are_not_overtaken(release: Release) -> None:
    assert reasons(made_from(release), release) == []
    assert reasons(made_from(release), None) == []


def test_a_release_that_has_matured_overtakes_its_pages(release: Release) -> None:
    old = made_from(release)
    said = reasons(old, replace(release, maturity="final"))
    assert said == ["its release is now final, and these pages are provisional"]


def test_renewed_tables_overtake_the_pages_and_are_named(release: Release) -> None:
    sources = {source.file: source.sha256 for source in release.files}
    sources["data/raw/2031/gains.csv"] = "0" * 64
    sources.pop("data/raw/2031/coverage.csv")
    said = reasons(made_from(release, sources=sources), release)
    assert said == ["tables of its release were renewed after these pages: gains.csv, coverage.csv"]


@pytest.mark.parametrize(("maturity", "overtakes"), [("final", True), ("revised", True),
                         ("provisional", False), ("SIMULATED", False)])  # fmt: skip
def test_a_publication_of_a_later_maturity_overtakes_the_pages(
    release: Release, maturity: str, overtakes: bool
) -> None:
    published = {release.year: {"year": release.year, "maturity": maturity, "findings": {}}}
    said = reasons(made_from(release), release, published=published)
    expected = f"a {maturity} release of 2031 has been published, and these pages are provisional"
    assert said == ([expected] if overtakes else [])


def test_a_later_years_release_that_gives_the_results_anew_overtakes_the_pages(
    release: Release,
) -> None:
    later = replace(release, year="2032", replaces=("2031",))
    made = made_from(release)
    said = reasons(made, release, card("2032"), releases={"2032": later})
    assert said == ["the release of 2032 gives these results anew"]
    assert reasons(made, release, releases={"2032": later}) == []


def test_a_made_up_release_never_overtakes_a_real_one(release: Release) -> None:
    later = replace(release, year="simulated", maturity="SIMULATED", replaces=("2031",))
    assert reasons(made_from(release), release, practice(), releases={"simulated": later}) == []
