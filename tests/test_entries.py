"""Tests of the entries at the foot of a page: where each of its numbers comes from."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from test_chapter import open_chapter, staging, study  # noqa: F401 - fixtures

from analysis.page.chapter import Chapter
from analysis.page.entries import title_of, words_of
from analysis.page.figures import gains
from analysis.questions.plan import load_plan

SLOPE = "funding.ks2.slope_pp_per_10k"


class Links(HTMLParser):
    """Ids and links of a page, and the words inside each element that has an id."""

    def __init__(self, *pieces: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed("".join(pieces))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values["href"]))


@pytest.fixture
def chapter(open_chapter: Callable[..., Chapter]) -> Chapter:  # noqa: F811
    return open_chapter()


def entry(page: str, finding: str) -> str:
    """Return the words of a number's entry."""
    found = re.search(rf'<li id="n-{re.escape(finding)}">(.*?)</li>', page)
    assert found is not None, finding
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split())


def block(page: str, method: str) -> str:
    """Return the block of the numbers that were made by a method."""
    end = page.index(f"<code>{method}</code>")
    return page[page.rindex("<details", 0, end) : end]


def test_each_quoted_number_leads_to_its_entry_and_back(chapter: Chapter) -> None:
    said = chapter.say(f"{{{SLOPE}}} ({{{SLOPE}:interval}}), {{gains.listed.all_n}} groups.").text
    page = Links(said, chapter.close().text)
    assert page.links.count(f"#n-{SLOPE}") == 2
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    assert {f"q-{SLOPE}", "q-gains.listed.all_n"} <= inside
    assert len(page.ids) == len(set(page.ids))


def test_an_entry_has_value_interval_rows_and_id(chapter: Chapter) -> None:
    chapter.say(f"{{{SLOPE}}}")
    words = entry(chapter.close().text, SLOPE)
    quantity = chapter.quantity(SLOPE)
    assert words.startswith(" ".join(quantity.text.split()))
    assert " ".join(f"95 % interval {quantity.interval}".split()) in words
    assert "rows: 14" in words
    assert "Funding, key stage 2: slope (key stage 2 gain on funding): association;" in words
    assert words.endswith(f"{SLOPE} back to the text")


def test_a_block_has_method_formula_reference_files_and_the_gates_reasons(
    chapter: Chapter,
) -> None:
    chapter.say(f"{{{SLOPE}}}")
    page = chapter.close().text
    part = block(page, "methods.association.slope")
    assert "<math" in part
    assert "<cite>" in part
    assert "From gains.csv, funding.csv." in part
    assert '<a href="#gate-1">association</a>' in part
    reasons = page[page.index('id="gate-1"') :]
    verdict = chapter.ask(SLOPE).verdict
    assert verdict.reasons[0] in reasons
    assert verdict.needs[0] in reasons


def test_reasons_that_questions_share_are_told_once(chapter: Chapter) -> None:
    chapter.say(f"{{{SLOPE}}} {{funding.ks2.theil_sen_pp_per_10k}} {{identification.funding}}")
    page = chapter.close().text
    assert page.count('class="entry-group" id="gate-') == 2
    assert page.count('<a href="#gate-1">') == 2


def test_files_that_numbers_share_are_named_once(chapter: Chapter) -> None:
    chapter.say("{gains.ks2.shown.n} {gains.ks2.shown.mean_pp}")
    assert chapter.close().text.count("gains.csv") == 1


def test_a_description_has_no_reasons_that_it_needs(chapter: Chapter) -> None:
    chapter.say("{gains.listed.all_n}")
    page = chapter.close().text
    assert ": description;" in entry(page, "gains.listed.all_n")
    assert 'href="#gate-' not in page


def test_a_page_without_numbers_has_no_entries(chapter: Chapter) -> None:
    assert chapter.close().text == ""


def test_a_picture_names_the_questions_behind_it_and_their_entries_are_there(
    chapter: Chapter,
) -> None:
    shown = chapter.show(
        gains.funding_against_gain,
        SLOPE,
        "funding.ks2.leave_one_out_pp_per_10k",
        "bounds.ks2.slope_pp_per_10k",
    ).text
    page = Links(shown, chapter.close().text)
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert f"n-{SLOPE}" in inside
    assert set(inside) <= set(page.ids)


def test_a_quoting_chapter_has_the_entries_of_the_pictures_that_it_quotes(
    open_chapter: Callable[..., Chapter],  # noqa: F811
    staging: Path,  # noqa: F811
) -> None:
    first = open_chapter("05_first")
    first.show(gains.bounds_by_range, "bounds.ks2.slope_pp_per_10k")
    first.close()
    second = open_chapter("07_second", quotes=True)
    picture = second.quote_picture("05_first-bounds-ks2").text
    page = Links(picture, second.close().text)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert "#n-bounds.ks2.slope_pp_per_10k.breakdown_pp" in page.links


def test_a_rows_name_in_a_comparison_leads_to_its_entry(chapter: Chapter) -> None:
    table = chapter.compare("Slopes.", ("Slope", SLOPE), ("All groups", "gains.listed.all_n")).text
    page = Links(table, chapter.close().text)
    assert f"#n-{SLOPE}" in page.links
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("slope_pp_per_10k", "slope"),
        ("slope_pp_per_1k_per_school", "slope"),
        ("unseen_n", "unseen"),
        ("2012_13_gbp", "2012/13"),
        ("ks2", "key stage 2"),
        ("n", "n"),
        ("gbp_per_pp", "gbp per pp"),
    ],
)
def test_a_part_of_an_id_is_said_in_words(part: str, words: str) -> None:
    assert words_of(part) == words


def test_a_question_is_titled_by_what_is_related_to_what() -> None:
    plan = load_plan()
    titles: dict[str, Any] = {
        name: title_of(plan.question_of(name), plan)
        for name in (SLOPE, "funding.ks2.slope_pp_per_1k_per_school", "claims")
    }
    assert titles[SLOPE] == "Funding, key stage 2: slope (key stage 2 gain on funding)"
    assert titles["claims"] == "Claims"
    assert len(set(titles.values())) == 3


def test_a_method_is_titled_by_the_first_clauses_of_its_words(chapter: Chapter) -> None:
    chapter.say(f"{{{SLOPE}}} {{gains.ks2.shown.n}}")
    titles = re.findall(r"<summary>([^<]+) <span class=.count", chapter.close().text)
    assert titles == ["The slope of the least-squares line", "Number, mean, median"]


def test_the_gates_reasons_name_the_answers_that_they_are_about(chapter: Chapter) -> None:
    chapter.say(f"{{{SLOPE}}} {{funding.ks2.theil_sen_pp_per_10k}} {{identification.funding}}")
    page = chapter.close().text
    first = page[page.index('id="gate-1"') :].split("</summary>")[0]
    assert "Funding, key stage 2: slope" in first
    assert "Funding, key stage 2: theil sen" in first
