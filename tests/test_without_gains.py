"""Tests of a year whose release has no gains: whole pages, and no more said than is known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import world
from world import YEAR, World

from analysis import cli


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, world.kept_environment():
        made = world.made_up(tmp_path_factory.mktemp("without_gains"), patch, notebooks=True)
        content = made.sources
        del content[YEAR]["tables"]["gains"]
        made.write_sources(content)
        made.file("gains").unlink()
        for stage in (["tables", "--year", YEAR], ["chapters", "--year", YEAR], ["index"]):
            assert cli.main(["stage", *stage]) == 0
        yield made


def test_the_headline_says_that_no_gain_is_given(made: World) -> None:
    html = made.read(f"findings/{YEAR}/07_findings.html")
    (headline,) = re.findall(r'<p class="headline">(.*?)</p>', html)
    words = re.sub("<[^>]+>", "", headline)
    assert "no gain of any of the 18 groups is in this release" in words
    assert "below zero" not in words
    assert words in made.read("findings/index.html")


def test_an_answer_without_any_outcome_is_trusted_least(made: World) -> None:
    card = json.loads(made.read(f"build/{YEAR}.json"))
    assert {entry["maryland"] for entry in card["trust"].values()} == {0}
    html = made.read(f"findings/{YEAR}/07_findings.html")
    assert "no gain is known for any group" in html
    assert "not at all" in html


def test_what_needs_gains_is_not_available_and_nothing_is_drawn_of_it(made: World) -> None:
    findings = json.loads(made.read(f"findings/{YEAR}/findings.json"))["findings"]
    assert "funding.ks2.slope_pp_per_10k" not in findings
    assert "gains.ks2.shown.mean_pp" not in findings
    assert "No line can be drawn: " in made.read(f"findings/{YEAR}/05_funding.html")
