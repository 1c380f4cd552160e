"""Tests of a chapter: what it says, what it shows, and the record that it leaves."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import paths
from analysis.errors import GateError, UsageError
from analysis.files import write_atomically
from analysis.page import listings
from analysis.page import numbers as numbers_module
from analysis.page.chapter import Chapter, Html
from analysis.page.figures.canvas import Figure
from analysis.page.gate import check_page
from analysis.page.numbers import Numbers
from analysis.page.say import plain
from analysis.page.tables import Table
from analysis.quantities import quoted
from analysis.questions.estimate import Estimate
from analysis.tables.tidy import Study, make_study

SLOPE = "funding.ks2.slope_pp_per_10k"
HOSTILE = '<img src=x onerror=alert(1)>&<">'
NBSP = "\N{NO-BREAK SPACE}"
KEYS = {"chapter", "year", "headline", "gaps", "names", "findings", "trust", "disclosure"}


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study("2013")


@pytest.fixture(autouse=True)
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANALYSIS_STAGING", str(tmp_path / "staging"))
    monkeypatch.setattr(paths, "findings", lambda year: tmp_path / "published" / year)
    return tmp_path / "staging"


@pytest.fixture
def open_chapter(study: Study) -> Callable[..., Chapter]:
    def opened(name: str = "05_test", given: Study = study, **settings: Any) -> Chapter:
        chapter = Chapter(name, "2013", **{"permutations": 1000, **settings})
        chapter.study = given  # type: ignore[misc]
        return chapter

    return opened


@pytest.fixture
def chapter(open_chapter: Callable[..., Chapter]) -> Chapter:
    return open_chapter()


def picture(chapter: Chapter, *estimates: Estimate, note: str = "") -> Figure:
    frame = pd.DataFrame({"collaboration": ["Ash"], "gain": [1.5]})
    said = f"Dot plot of {len(estimates)} estimates in {chapter.year}{note}, with a long enough alt"
    data = Table(frame, f"{chapter.name}-dots", "Dots.", units={"gain": "pp"})
    return Figure(f"{chapter.name}-dots", "Title", "Subtitle", said, "Caption", b"<svg/>", data)


def record(staging: Path, name: str = "05_test") -> dict[str, Any]:
    text = (staging / "records" / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def cells(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


def test_a_sentence_takes_its_numbers_from_the_plan_and_they_say_from_where(
    chapter: Chapter,
) -> None:
    html = chapter.say(
        "The slope is {funding.ks2.slope_pp_per_10k} "
        "({level} interval {funding.ks2.slope_pp_per_10k:interval})."
    ).text
    assert f'value="-0.9514614167" data-id="{SLOPE}"' in html
    assert plain(html) == (
        f"The slope is \N{MINUS SIGN}0.95{NBSP}pp per £10,000 (95{NBSP}% interval "
        f"\N{MINUS SIGN}1.73 to \N{MINUS SIGN}0.18{NBSP}pp per £10,000)."
    )


def test_html_is_what_jupyter_shows() -> None:
    assert Html("<p>x</p>")._repr_html_() == "<p>x</p>"


def test_words_of_the_year_are_computed_from_it(open_chapter: Callable[..., Chapter]) -> None:
    said = plain(open_chapter().say("{year_before} {money_year} {next_money_year} {limit}").text)
    assert said == f"2012 2012/13 2013/14 ±30.0{NBSP}pp"
    assert plain(open_chapter(confidence=0.9).say("{level}").text) == f"90{NBSP}%"
    later = Chapter("05_test", "2099")
    study = open_chapter().study
    later.study = replace(study, release=replace(study.release, number=2099))  # type: ignore[misc]
    assert plain(later.say("{money_year} {next_money_year}").text) == "2098/99 2099/00"


def test_marks_in_an_id_stand_for_the_year_and_the_declared_limits(chapter: Chapter) -> None:
    assert chapter.quantity("funding.listed.<money>_gbp").id == "funding.listed.2012_13_gbp"
    assert chapter.quantity("funding.listed.<next_money>_gbp").id == "funding.listed.2013_14_gbp"
    assert chapter.quantity("bounds.ks2.mean_pp.range_<wide>").id == "bounds.ks2.mean_pp.range_40"


@pytest.mark.parametrize("say", ["say", "points", "headline", "note"])
def test_typed_numbers_and_causal_words_are_refused_everywhere(say: str, chapter: Chapter) -> None:
    with pytest.raises(UsageError, match="typed"):
        getattr(chapter, say)("Of 77 groups {gains.ks2.shown.n} are shown.")
    with pytest.raises(GateError, match="impact"):
        getattr(chapter, say)("The impact is {funding.ks2.slope_pp_per_10k}.")


def test_tiles_and_comparisons_are_under_the_same_rules(chapter: Chapter) -> None:
    with pytest.raises(UsageError):
        chapter.tiles((SLOPE, "of 14 groups"))
    with pytest.raises(GateError):
        chapter.tiles((SLOPE, "effect of money"))
    with pytest.raises(GateError):
        chapter.compare("Effects.", ("Slope", SLOPE))
    with pytest.raises(UsageError):
        chapter.compare("Slopes.", ("Slope of 14", SLOPE))


def test_a_question_is_computed_once_in_a_chapter(
    chapter: Chapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    real = numbers_module.ask

    def counted(finding: str, *rest: Any) -> Estimate:
        calls.append(finding)
        return real(finding, *rest)

    monkeypatch.setattr(numbers_module, "ask", counted)
    chapter.say("{funding.ks2.slope_pp_per_10k}", "{funding.ks2.slope_pp_per_10k.permutation_p}")
    chapter.compare("Slopes.", ("Slope", SLOPE))
    assert calls == [SLOPE]


def test_a_number_that_a_question_does_not_give_is_refused_with_those_it_gives(
    chapter: Chapter,
) -> None:
    with pytest.raises(UsageError, match=r"No number 'gains\.ks2\.shown\.mode_pp'.*mean_pp"):
        chapter.say("{gains.ks2.shown.mode_pp}")
    with pytest.raises(UsageError, match="no question for the finding"):
        chapter.say("{gain.ks2}")


def test_the_gates_word_stands_with_every_reason_and_remedy(chapter: Chapter) -> None:
    html = chapter.verdict("identification.funding").text
    verdict = chapter.ask("identification.funding").verdict
    assert '<span class="kind kind-not-identified">not identified</span>' in html
    assert html.count("<li>") == len(verdict.reasons) >= 5
    assert html.count("It would take: ") == len(verdict.needs)
    assert "Maryland scale: level 0 of 5" in html


def test_trust_is_a_word_by_rule_with_its_reasons(chapter: Chapter) -> None:
    html = chapter.trust("identification.funding").text
    assert "<strong>not at all</strong>" in html
    assert html.count("<li>") == len(chapter.ask("identification.funding").verdict.reasons)


def test_tiles_show_a_number_above_its_words(chapter: Chapter) -> None:
    html = chapter.tiles(
        ("gains.ks2.shown.mean_pp", "mean of {gains.ks2.shown.n} groups"),
        ("gains.listed.unseen_n", "unseen"),
    ).text
    values = re.findall(r'<p class="tile-value">(.*?)</p>', html)
    labels = re.findall(r'<p class="tile-label">(.*?)</p>', html)
    assert [plain(value) for value in values] == [f"6.4{NBSP}pp", "54"]
    assert [plain(label) for label in labels] == ["mean of 19 groups", "unseen"]


def test_a_listing_is_shown_and_its_cells_are_kept(chapter: Chapter, staging: Path) -> None:
    html = chapter.table(listings.groups).text
    assert 'href="data/05_test-groups.csv"' in html
    kept = cells(staging / "data" / "05_test-groups.csv")
    assert len(kept) == 78
    assert html.count("<tr>") == 78


def test_a_comparison_has_both_ends_of_the_interval_in_columns_of_their_own(
    chapter: Chapter, staging: Path
) -> None:
    chapter.compare("Slopes within {limit}.", ("Slope", SLOPE), ("All", BOUNDS))
    html = chapter.compare("More.", ("<outcome>, all", "gains.<outcome>.shown.mean_pp")).text
    first = cells(staging / "data" / "05_test-compare-1.csv")
    assert first[0] == [
        "Question", "Unit", "Value", "Interval, low end", "Interval, high end", "P-value", "Rows",
        "Called",
    ]  # fmt: skip
    minus = "\N{MINUS SIGN}"
    assert first[1][1:] == [
        "pp per £10,000",
        f"{minus}0.95",
        f"{minus}1.73",
        f"{minus}0.18",
        "0.020",
        "14",
        "association",
    ]
    assert first[2][2:] == ["z", f"{minus}4.95", "4.61", "z", "58", "bound"]
    second = cells(staging / "data" / "05_test-compare-2.csv")
    assert [line[0] for line in second[1:]] == ["Key stage 2 gain, all", "Key stage 4 gain, all"]
    assert 'href="data/05_test-compare-2.csv"' in html


def test_a_picture_is_given_its_estimates_and_keeps_its_data_and_numbers(
    chapter: Chapter, staging: Path
) -> None:
    html = chapter.show(picture, SLOPE, "gains.ks2.shown", note=" here").text
    assert 'alt="Dot plot of 2 estimates in 2013 here' in html
    assert cells(staging / "data" / "05_test-dots.csv") == [["Collaboration", "Gain, pp"],
                                                           ["Ash", "1.5"]]  # fmt: skip
    assert chapter.quote_picture("05_test-dots").text == html
    chapter.close()
    assert {SLOPE, "gains.ks2.shown.mean_pp"} <= set(record(staging)["findings"])


def test_a_picture_that_nobody_drew_is_refused_by_name(chapter: Chapter) -> None:
    with pytest.raises(UsageError, match="No chapter has drawn '05_test-nothing' yet"):
        chapter.quote_picture("05_test-nothing")


def test_the_record_holds_what_was_published_and_nothing_else(
    chapter: Chapter, staging: Path, study: Study
) -> None:
    chapter.headline("Of {gains.listed.all_n} groups {gains.listed.unseen_n} are unseen.")
    chapter.ask("gains.ks4.shown")
    html = chapter.close().text
    left = record(staging)
    assert set(left) == KEYS
    assert (left["chapter"], left["year"]) == ("05_test", "2013")
    assert left["headline"] == ["Of 77 groups 54 are unseen."]
    assert left["names"] == sorted(study.collaborations["collaboration"])
    assert set(left["findings"]) == {"gains.listed.all_n", "gains.listed.unseen_n"}
    expected = chapter.ask("gains.listed").quantities["gains.listed.all_n"].entry()
    assert left["findings"]["gains.listed.all_n"] == expected
    assert html.count('<li id="n-gains.listed.') == 2
    assert "questions.describe.listed_gains" in html
    assert cells(staging / "data" / "05_test-numbers.csv")[1][0] == "gains.listed.all_n"


def test_the_same_chapter_leaves_the_same_bytes(
    open_chapter: Callable[..., Chapter], staging: Path
) -> None:
    written = []
    for _ in range(2):
        chapter = open_chapter()
        html = (
            chapter.say("{funding.ks2.slope_pp_per_10k.permutation_p}").text + chapter.close().text
        )
        written.append((html, (staging / "records" / "05_test.json").read_bytes()))
    assert written[0] == written[1]


def test_a_chapter_that_names_no_number_leaves_a_record_and_shows_nothing(
    chapter: Chapter, staging: Path
) -> None:
    assert chapter.close().text == ""
    assert record(staging)["findings"] == {}


def test_the_plans_fingerprint_and_deviations_are_listed(chapter: Chapter) -> None:
    html = chapter.declared().text
    assert chapter.plan.sha256[:12] in html
    assert all(escape(words) in html for words in chapter.plan.answers.values())
    assert "none so far" in html
    odd = replace(chapter.plan, content={**chapter.plan.content, "deviations": [HOSTILE]})
    chapter.plan = odd  # type: ignore[misc]
    assert "<img" not in chapter.declared().text


def test_every_number_comes_back_as_it_was(open_chapter: Callable[..., Chapter]) -> None:
    chapter = open_chapter()
    for question in (
        n for n, one in chapter.plan.questions.items() if one.data in ("report", "best")
    ):
        for name, quantity in chapter.ask(question).quantities.items():
            again = quoted(name, quantity.entry())
            assert again.entry() == quantity.entry(), name


def test_a_quoting_chapter_says_what_was_recorded_and_computes_nothing(
    open_chapter: Callable[..., Chapter], staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates = (
        "{funding.ks2.slope_pp_per_10k} {funding.ks2.slope_pp_per_10k:interval}",
        "{funding.ks2.slope_pp_per_10k:p}",
        "{identification.funding}",
    )
    first = open_chapter("05_first")
    said = first.say(*templates).text
    compared = first.compare("Slopes.", ("Slope", SLOPE), ("All", BOUNDS)).text
    first.close()

    def refused(*_: Any) -> Estimate:
        raise AssertionError("a quoting chapter asked for a computation")

    monkeypatch.setattr(numbers_module, "ask", refused)
    quoting = open_chapter("07_quotes", quotes=True)
    assert quoting.say(*templates).text == said
    again = quoting.compare("Slopes.", ("Slope", SLOPE), ("All", BOUNDS)).text
    assert again.replace("07_quotes", "05_first") == compared
    quoting.headline("The slope is {funding.ks2.slope_pp_per_10k}.")
    quoting.close()
    original, copy = record(staging, "05_first"), record(staging, "07_quotes")
    assert original["findings"] == copy["findings"]


def test_a_quoting_chapter_refuses_a_number_that_nobody_recorded(
    open_chapter: Callable[..., Chapter],
) -> None:
    open_chapter("05_first").close()
    with pytest.raises(UsageError, match=rf"No number '{re.escape(SLOPE)}'"):
        open_chapter("07_quotes", quotes=True).say("{funding.ks2.slope_pp_per_10k}")


def test_a_quoting_chapter_does_not_quote_itself_or_another_year(
    open_chapter: Callable[..., Chapter], staging: Path
) -> None:
    for name, year in (("07_quotes", "2013"), ("05_first", "2012")):
        other = open_chapter(name)
        other.year = year
        other.say("{gains.ks2.shown.n}")
        other.close()
    with pytest.raises(UsageError, match="No number"):
        open_chapter("07_quotes", quotes=True).say("{gains.ks2.shown.n}")


def test_without_a_run_a_quoting_chapter_quotes_what_was_published(
    open_chapter: Callable[..., Chapter],
) -> None:
    entry = open_chapter("05_first").quantity(SLOPE).entry()
    published = json.dumps({"year": "2013", "findings": {SLOPE: entry}}).encode()
    write_atomically(paths.findings("2013") / "findings.json", published)
    quoting = open_chapter("07_quotes", quotes=True)
    assert plain(quoting.say("{funding.ks2.slope_pp_per_10k}").text) == entry["text"]


BOUNDS = "bounds.ks2.slope_pp_per_10k.range_<limit>"


def test_a_year_without_gains_says_so_instead_of_failing(
    open_chapter: Callable[..., Chapter], study: Study, staging: Path
) -> None:
    gains = [column for column in study.collaborations if column.startswith("gain_")]
    blank = study.collaborations.assign(**dict.fromkeys(gains, float("nan")))
    chapter = open_chapter(given=(none := replace(study, collaborations=blank)))
    said = plain(chapter.say("The mean is {gains.ks2.shown.mean_pp}.").text)
    assert said == "Not available: no key stage 2 gain is shown for any group."
    assert "Not available" in chapter.show(picture, SLOPE).text
    assert "Not available" in chapter.table(listings.corrected, "family.funding").text
    chapter.close()
    assert {"gains.ks2.shown", SLOPE} <= set(record(staging)["gaps"])
    quoting = open_chapter("07_quotes", given=none, quotes=True)
    assert "Not available" in quoting.say("{funding.ks2.slope_pp_per_10k}").text


def test_a_hostile_name_stays_a_name_in_everything_that_a_chapter_makes(
    open_chapter: Callable[..., Chapter], study: Study, staging: Path
) -> None:
    odd = study.collaborations.assign(collaboration=HOSTILE, area=HOSTILE, district=HOSTILE)
    release = replace(study.release, title=HOSTILE, place=HOSTILE, publisher=HOSTILE)
    chapter = open_chapter(given=replace(study, collaborations=odd, release=release))
    made = [
        chapter.say("{title} {publisher} {place}"),
        chapter.headline("Without {funding.ks2.leave_one_out_pp_per_10k.most_influential}."),
        chapter.table(listings.groups),
        chapter.table(listings.by_area, "money"),
        chapter.verdict("identification.membership"),
        chapter.note("In {place}.", kind='"><img src=x>'),
        chapter.close(),
    ]
    html = "".join(one.text for one in made)
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;&lt;&quot;&gt;" in html
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    check_page(f'<meta http-equiv="Content-Security-Policy" content="{policy}">{html}', ())
    assert record(staging)["headline"] == [f"Without {HOSTILE}."]


def test_every_public_word_of_a_chapter_is_tried_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    public = {name for name in (*vars(Chapter), *vars(Numbers)) if not name.startswith("_")}
    untried = {name for name in public if f".{name}" not in source and f'"{name}"' not in source}
    assert untried <= {"words", "gaps_of", "each", "first"}  # the last two: test_each.py
