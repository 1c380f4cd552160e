"""Tests of the sections that a year's tables leave empty: gathered, each reason said once."""

from __future__ import annotations

import re
from typing import Any

import nbformat.v4
import pytest

from analysis.page.components import component
from analysis.page.export import normalise
from analysis.page.gaps import HEADING, gathered
from analysis.questions.refusals import in_words

library: Any = nbformat.v4
FIGURE = "<figure>a picture</figure>"
NUMBERS = '<section class="entries">where they come from</section>'
NO_GAIN = "no gain of the schools' groups is shown"


def gap(*reasons: str) -> str:
    return component("gap", sentence=f"Not available: {'; '.join(reasons)}.")


def box(*reasons: str) -> str:
    return component("box", kind="note gap", sentence=f"Not available: {'; '.join(reasons)}.")


def words(text: str) -> Any:
    return library.new_markdown_cell(text)


def code(shown: str) -> Any:
    return library.new_code_cell(f"make({len(shown)})", outputs=[
        library.new_output("execute_result", data={"text/html": shown}, execution_count=1)
    ])  # fmt: skip


def page(*cells: Any, in_place: bool = False) -> str:
    kept = gathered(cells, in_place=in_place)
    return "\n".join(c.source if c.cell_type == "markdown" else shown(c) for c in kept)


def shown(cell: Any) -> str:
    text: str = cell.outputs[0].data["text/html"]
    return text


BOOK = (
    words("An introduction."),
    words("## What could be found"),
    code(gap(NO_GAIN)),
    words("## What is there"),
    code(FIGURE),
    words("## Size or money?"),
    words("Why one would ask."),
    code(box(NO_GAIN, "and no money")),
    code(NUMBERS),
)


def test_empty_sections_are_listed_by_reason_before_the_numbers() -> None:
    said = page(*BOOK)
    assert "## What could be found" not in said
    assert "Why one would ask" not in said
    assert said.index("## What is there") < said.index(f"## {HEADING}") < said.index(NUMBERS)
    (line,) = re.findall("<li>(.*?)</li>", said)
    assert line == "No gain of the schools&#39; groups is shown. Left out: What could be found; " \
        "Size or money?"  # fmt: skip
    assert said.startswith("An introduction.")


def test_their_code_stays_on_the_page() -> None:
    sources = [cell.source for cell in gathered(BOOK, in_place=False)]
    for cell in BOOK:
        assert cell.cell_type == "markdown" or any(cell.source in source for source in sources)


def test_in_place_each_keeps_its_heading_and_its_reasons() -> None:
    said = page(*BOOK, in_place=True)
    assert HEADING not in said
    assert "Left out" not in said
    assert said.count('<p class="say">') == 3
    assert said.index("## What could be found") < said.index(">No gain")
    assert ">And no money.</p>" in said


def test_a_section_that_shows_something_says_a_gap_once() -> None:
    said = page(words("## Some"), code(FIGURE), code(gap("a reason")), code(box("a reason")))
    assert said.count("Not available: a reason.") == 1
    assert FIGURE in said
    assert HEADING not in said


@pytest.mark.parametrize("shown", [FIGURE, gap("why") + FIGURE, "<p>Not available: typed.</p>"])
def test_what_is_no_gap_alone_is_left_as_it_is(shown: str) -> None:
    cells = (words("## Here"), code(shown))
    assert page(*cells) == f"## Here\n{shown}"


def test_a_page_without_gaps_is_left_as_it_is() -> None:
    cells = [words("## One"), code(FIGURE), words("No code."), words("## Two"), code(NUMBERS)]
    assert gathered(cells, in_place=False) == cells


def test_normalising_a_chapter_gathers_its_gaps() -> None:
    node = library.new_notebook(cells=list(BOOK))
    for cell in node.cells:
        cell.metadata["tags"] = []
    assert any(HEADING in cell.source for cell in normalise(node).cells)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("1 rows are too few for 2 columns", "too few groups"),
        ("3 rows for 3 columns, level 0.95", "too few groups"),
        ("row 1 has leverage 1, where HC3 is undefined; use HC1", "or they differ too little"),
        ("x does not vary: no slope is defined", "or they differ too little"),
        ("values: expected two numbers or more in a row, and none missing", "fewer than two rows"),
        ("something else", "the method cannot be used on these tables (something else)"),
    ],
)
def test_a_methods_refusal_is_said_in_words(error: str, said: str) -> None:
    assert said in in_words(ValueError(error))
