"""Tests of sentences: numbers that carry their origin, and words that were granted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from analysis.errors import GateError, UsageError
from analysis.page.say import (
    FORMS,
    badge,
    check_no_typed_number,
    check_words,
    fields,
    plain,
    sentence,
)
from analysis.quantities import KINDS, Quantity

HOSTILE = '<img src=x onerror=alert(1)>&<">'


def quantity(name: str = "money.slope", **more: Any) -> Quantity:
    given: dict[str, Any] = {
        "value": -0.951461,
        "unit": "pp",
        "kind": "association",
        "method": "methods.association.slope",
        **more,
    }
    return Quantity(name, **given)


def look_up(*quantities: Quantity) -> Callable[[str], Quantity]:
    known = {one.id: one for one in quantities}
    return known.__getitem__


def said(template: str, *quantities: Quantity, **words: str) -> str:
    return sentence(template, look_up(*quantities or (quantity(),)), words)


def test_a_number_carries_its_value_and_id() -> None:
    html = said("The slope is {money.slope}.")
    assert html == (
        'The slope is <data class="number" value="-0.951461" data-id="money.slope">'
        "\N{MINUS SIGN}1.0\N{NO-BREAK SPACE}pp</data>."
    )


def test_the_value_is_given_at_ten_digits_and_the_text_as_its_unit_says() -> None:
    html = said("{share}", quantity("share", value=1 / 3, unit="share"))
    assert 'value="0.3333333333"' in html
    assert plain(html) == "33.3\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("interval", "\N{MINUS SIGN}1.7 to \N{MINUS SIGN}0.2\N{NO-BREAK SPACE}pp"),
        ("ends", "\N{MINUS SIGN}1.7 to \N{MINUS SIGN}0.2"),
        ("low", "\N{MINUS SIGN}1.7\N{NO-BREAK SPACE}pp"),
        ("high", "\N{MINUS SIGN}0.2\N{NO-BREAK SPACE}pp"),
        ("n", "1,014"),
        ("p", "0.020"),
        ("bare", "\N{MINUS SIGN}1.0"),
        ("level", "95\N{NO-BREAK SPACE}%"),
        ("zero", "excludes zero"),
        ("kind", "association"),
        ("can", "can say"),
    ],
)
def test_each_form_shows_its_part(form: str, text: str) -> None:
    whole = quantity(low=-1.7269, high=-0.176, level=0.95, n=1014, p_value=0.0203)
    assert plain(said(f"{{money.slope:{form}}}", whole)) == text


def test_no_form_is_left_out_of_these_tests() -> None:
    known = {None, "interval", "ends", "low", "high", "n", "p", "bare", "level", "zero", "can"}
    assert set(FORMS) == known | {"sign"}


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 groups have"), (1, "1 group has"), (2, "2 groups have"), (1.0004, "1 groups have")],
)
def test_nouns_and_verbs_agree_with_their_number(number: float, text: str) -> None:
    found = quantity("n", value=number, unit="count")
    assert plain(said("{n} {n:groups} {n:have}", found)) == text
    assert said("{n:have}", found) in ("has", "have")


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(-1, 1, "even its sign is open"), (0, 2, "its sign is the same throughout"),
     (-2, -1, "its sign is the same throughout"), (None, None, "has no interval")],
)  # fmt: skip
def test_whether_a_bounds_sign_is_open_is_said(low: Any, high: Any, text: str) -> None:
    assert plain(said("{money.slope:sign}", quantity(low=low, high=high))) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(-1, 1, "includes zero"), (0, 2, "includes zero"), (1, 2, "excludes zero"),
     (-2, -1, "excludes zero"), (None, None, "has no interval")],
)  # fmt: skip
def test_whether_an_interval_holds_zero_is_said(low: Any, high: Any, text: str) -> None:
    assert plain(said("{money.slope:zero}", quantity(low=low, high=high))) == text


def test_what_is_not_identified_cannot_be_said() -> None:
    gated = quantity(value=None, kind="not identified", words="not identified")
    assert plain(said("The tables {money.slope:can} so.", gated)) == "The tables cannot say so."


@pytest.mark.parametrize("form", ["n", "p", "low", "high"])
def test_a_part_that_is_not_there_is_said_to_be_missing_and_never_shown_as_nought(
    form: str,
) -> None:
    assert plain(said(f"{{money.slope:{form}}}")) == "not available"


def test_a_number_without_an_interval_says_so() -> None:
    assert plain(said("{money.slope:interval}")) == "no interval"


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"\{money\.slope:middle\}.*interval, .*low"):
        said("{money.slope:middle}")


def test_words_in_place_of_a_number_carry_the_id_and_no_value() -> None:
    html = said("{price}", quantity("price", value=None, words="no price: too few groups"))
    assert html == '<span class="quoted" data-id="price">no price: too few groups</span>'


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_is_none_has_no_value_for_machines(value: float) -> None:
    html = said("{edge}", quantity("edge", value=value))
    assert "value=" not in html
    assert "None" not in html
    assert "nan" not in html.lower()


def test_a_word_of_the_chapter_is_put_in_as_words() -> None:
    assert said("In {year} <b>", year="2013") == "In 2013 &lt;b&gt;"


@pytest.mark.parametrize("template", ["{money.slope}", "{place}", '<b>&" {money.slope}'])
def test_what_comes_from_a_file_or_a_template_is_escaped(template: str) -> None:
    odd = quantity(value=None, words=HOSTILE)
    html = said(template, odd, place=HOSTILE)
    assert "<img" not in html
    assert "<b>" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;&lt;&quot;&gt;" in html
    assert HOSTILE in plain(html)


def test_a_hostile_id_cannot_leave_its_attribute() -> None:
    html = said('{a"b<}', quantity('a"b<'))
    assert 'data-id="a&quot;b&lt;"' in html


@pytest.mark.parametrize(
    "template",
    [
        "There are 23 groups.",
        "A slope of -0.95 pp",
        "£42,000 went there",
        "a rise of .5 points",
        "75% of schools",
        "between {money.slope} and 3",
        "٤٢ groups",
        "2013 results",
        "on 1 May",
        "(7)",
    ],
)
def test_a_typed_number_is_refused_with_its_sentence(template: str) -> None:
    with pytest.raises(UsageError, match="A number is typed in") as caught:
        said(template)
    assert template in str(caught.value)


@pytest.mark.parametrize(
    "template",
    [
        "Key stage 2 and key stage 4 gains",
        "key stages 2 and 4",
        "KS2 results, by HC3, SHA-256",
        "funding of {next_money_year}",
        "{funding.ks2.slope_pp_per_10k:interval}",
    ],
)
def test_digits_in_names_and_fields_are_no_typed_numbers(template: str) -> None:
    check_no_typed_number(template)


CAUSAL = [
    "the effect of money",
    "Effects were seen",
    "an effective way",
    "the impact of funding",
    "funding impacted results",
    "money caused gains",
    "a cause of the rise",
    "the causal reading holds, a causal link",
    "funding led to gains",
    "more money leads to gains",
    "a rise due to funding",
    "thanks to the money",
    "because of membership",
    "because of the funding",
]


@pytest.mark.parametrize("template", CAUSAL)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "effect"])
def test_a_causal_word_is_refused_unless_the_strongest_word_was_granted(
    template: str, kind: str
) -> None:
    with pytest.raises(GateError, match="The gate granted no such word"):
        said(f"{template}: {{money.slope}}", quantity(kind=kind))
    with pytest.raises(GateError):
        said(template)


@pytest.mark.parametrize("template", CAUSAL)
def test_a_causal_word_is_allowed_beside_a_quantity_that_was_granted_it(template: str) -> None:
    assert said(f"{template}: {{money.slope}}", quantity(kind="effect"))
    check_words(template, ["association", "effect"])


@pytest.mark.parametrize(
    "template",
    [
        "a causal reading is refused",
        "no causal claims are made",
        "the causal question stays open",
        "because of their outcome",
        "the result and its cousins",
        "impartial officers",
        "nothing is affected",
    ],
)
def test_words_that_claim_no_cause_are_left_alone(template: str) -> None:
    check_words(template)


def test_the_error_names_the_word_and_the_sentence() -> None:
    with pytest.raises(GateError) as caught:
        check_words("Here the Impact is large.")
    assert "'Impact'" in str(caught.value)
    assert "Here the Impact is large." in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_shown_as_a_label_with_a_class_of_its_own(kind: str) -> None:
    label = badge(kind)
    assert plain(label) == kind
    assert re.fullmatch(r'<span class="kind kind-[a-z-]+">[a-z ]+</span>', label)


def test_the_fields_of_a_template_are_its_names_without_forms() -> None:
    assert fields("{a.b:interval}, {year} and {a.b}") == ["a.b", "year", "a.b"]
