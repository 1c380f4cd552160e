"""What a method says of itself on a page: words, formulas and works, from its own docstring."""

from __future__ import annotations

import ast
import html
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from analysis import paths
from analysis.errors import UsageError
from analysis.page import method_said as module
from analysis.page.method_said import MethodSaid, method_said
from analysis.page.say import check_words
from analysis.questions.ask import METHODS

ROOT = paths.find_root()
QUESTIONS = ROOT / "src" / "analysis" / "questions"
# Functions that count, choose or look up: there is no arithmetic to write down.
WITHOUT_FORMULA = {
    "methods.order.identical_rows": "counts rows that are the same",
    "methods.randomisation.widest": "chooses one of several intervals",
    "methods.standardised.months_of_progress": "reads a table",
}
DRAWN = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover"),
}


def recorded(found: Any) -> Iterator[str]:
    """Give the methods of all numbers in a file of findings."""
    if isinstance(found, dict):
        if isinstance(found.get("method"), str):
            yield found["method"]
        for part in found.values():
            yield from recorded(part)
    elif isinstance(found, list):
        for part in found:
            yield from recorded(part)


def dotted(function: Any) -> str:
    return f"{function.__module__.removeprefix('analysis.')}.{function.__qualname__}"


def named_in(source: Path) -> Iterator[str]:
    """Give the functions that a module of questions names as the method of a number."""
    room = importlib.import_module(f"analysis.questions.{source.stem}")
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".quantity"):
            words = ast.unparse(node.args[3]) if len(node.args) > 3 else ""
            function = vars(room).get(words.split(".")[0])
            for name in words.split(".")[1:]:
                function = getattr(function, name, None)
            if callable(function):
                yield dotted(function)


def all_methods() -> list[str]:
    files = sorted((ROOT / "findings").glob("*/findings.json"))
    found = {name for file in files for name in recorded(json.loads(file.read_text("utf-8")))}
    found |= {dotted(function) for function in METHODS.values()}
    found |= {name for source in QUESTIONS.glob("*.py") for name in named_in(source)}
    return sorted({*found, "questions.severity.move", "methods.multiplicity.holm"})


ALL = all_methods()
FITTED = [name for name in ALL if name.startswith("methods.")]


def shown(said: MethodSaid) -> str:
    """Return all that a page shows of a method in our own words."""
    symbols = html.unescape(re.sub(r"<[^>]+>", "", said.symbols))
    return f"{said.words} {symbols}"


def formulas(said: MethodSaid) -> list[str]:
    return [*said.formulas, *re.findall(r"<math.*?</math>", said.symbols)]


def test_the_methods_of_all_numbers_are_found() -> None:
    assert len(ALL) > 100
    assert {"methods.association.slope", "questions.describe.shown_gains"} <= set(ALL)
    assert {"methods.dose.dose_response", "questions.next_edition.met_targets"} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_method_says_in_words_how_its_number_is_made(name: str) -> None:
    words = method_said(name).words
    assert len(words) >= 40
    assert words.endswith(".")
    assert words[0].isupper()
    assert not words.startswith("Return")


@pytest.mark.parametrize("name", ALL)
def test_the_words_are_a_readers_and_none_of_them_is_causal(name: str) -> None:
    text = shown(method_said(name))
    check_words(text)
    assert not re.search(r"[`\\$]|\b\w+_\w+\b|\.\. |None|ndarray|\bdf\b", text)
    assert not re.search(r"\b(y|X) (on|of) ", method_said(name).words)


@pytest.mark.parametrize("name", FITTED)
def test_whatever_does_more_than_count_has_a_formula_and_says_its_symbols(name: str) -> None:
    said = method_said(name)
    assert bool(said.formulas) != (name in WITHOUT_FORMULA)
    assert bool(said.symbols) == bool(said.formulas)
    assert len(said.plain_formulas) == len(said.formulas)


@pytest.mark.parametrize("name", FITTED)
def test_whatever_does_more_than_count_names_a_work(name: str) -> None:
    works = method_said(name).references
    assert works or name == "methods.order.identical_rows" or name in WITHOUT_FORMULA


@pytest.mark.parametrize("name", ALL)
def test_every_work_has_its_year_and_stands_whole(name: str) -> None:
    for work in method_said(name).references:
        assert re.search(r"\b(18|19|20)\d\d\b", work), work
        assert work[0].isalpha()
        assert work.endswith((".", ")")), work


@pytest.mark.parametrize("name", ALL)
def test_a_formula_is_plain_mathml_that_asks_for_nothing(name: str) -> None:
    for formula in formulas(method_said(name)):
        tree = ElementTree.fromstring(formula)
        assert {part.tag for part in tree.iter()} <= DRAWN
        assert set(tree.attrib) <= {"display", "alttext"}
        attributes = {attribute for part in tree.iter() for attribute in part.attrib}
        assert not {one for one in attributes if one.startswith("on") or one in ("href", "src")}
        assert "://" not in formula
        assert "\\" not in formula


@pytest.mark.parametrize("name", FITTED)
def test_a_formula_stands_in_a_line_of_its_own_and_has_a_plain_form(name: str) -> None:
    said = method_said(name)
    for formula, plain in zip(said.formulas, said.plain_formulas, strict=True):
        tree = ElementTree.fromstring(formula)
        assert tree.get("display") == "block"
        assert tree.get("alttext") == plain
        assert len(plain) >= 5


@pytest.mark.parametrize("name", ["methods.association.slope", "methods.chance.any_of_k"])
def test_the_same_docstring_gives_the_same_bytes_in_any_process(name: str) -> None:
    code = f"from analysis.page.method_said import method_said; print(repr(method_said({name!r})))"
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert said == {repr(method_said(name)).encode()}


def test_a_slope_says_the_textbooks_formula() -> None:
    said = method_said("methods.association.slope")
    assert said.plain_formulas[0] == "β̂ = (∑_i (x_i − x̄)(y_i − ȳ)) / (∑_i (x_i − x̄)^2)"
    assert "outcome per unit of exposure" in said.words
    assert said.references[0].startswith("MacKinnon, J. G. and White, H. (1985).")
    assert said.references[0].endswith("Journal of Econometrics 29, 305-325.")
    assert "Student's t" in html.unescape(said.symbols)


def counted() -> int:
    r"""Return how many there are, less ``<none>``.

    All of them
    are counted.

    Parameters
    ----------
    none : int
        Not for readers.

    Notes
    -----
    .. math:: n = \sum_i 1

    .. math::
        m = \frac{n}
            {2}

    :math:`n` & others.

    References
    ----------
    Author, A. (2001). A title
      in two lines. Journal 1, 2-3.
    Other, B. (2002). Another.
    """
    return 1


def silent() -> int:
    return 1


def wrong() -> int:
    r"""Return a number whose formula nobody can read.

    Notes
    -----
    .. math:: \unknown{x}
    """
    return 1


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    method_said.cache_clear()
    monkeypatch.setattr(module, "_found", lambda name: globals()[name])
    yield
    method_said.cache_clear()


@pytest.mark.usefixtures("told")
def test_a_docstrings_parts_become_what_a_page_shows() -> None:
    said = method_said("counted")
    assert said.words == "How many there are, less ``<none>``. All of them are counted."
    assert said.plain_formulas == ("n = ∑_i 1", "m = n / 2")
    assert re.sub(r"<math.*?</math>", "[n]", said.symbols) == "[n] &amp; others."
    assert said.references == (
        "Author, A. (2001). A title in two lines. Journal 1, 2-3.",
        "Other, B. (2002). Another.",
    )


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("name", "why"),
    [("silent", "silent has no docstring"), ("wrong", r"method wrong: .*\\\\unknown")],
)
def test_a_method_that_cannot_say_what_it_does_is_named(name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        method_said(name)


@pytest.mark.parametrize(
    "name",
    [
        *("methods.association.slop", "methods.nowhere.slope", "methods", "", "slope"),
        *("page.gate.check_page", "methods.association.COVARIANCES", "os.getcwd"),
        "analysis.methods.association.slope",
    ],
)
def test_a_name_of_no_method_is_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        method_said(name)
    assert repr(name) in str(caught.value)
