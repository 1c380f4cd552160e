"""Tests of pictures as a browser draws them: nothing is cut, and no words cover others."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import panel_pictures
import pytest
from browser import ARGUMENTS
from drawings import PICTURES, chapter_of, draw
from test_figures import OF_OTHER_TABLES, STATES, columns, renamed

from analysis.errors import UnavailableError
from analysis.page.figures.canvas import Figure
from analysis.tables.tidy import Study, make_study

ARABIC = "تعاون مدارس المقاطعة الشمالية (كنت)"
LONG = "Partnership of Primary & Secondary Schools of North-West Kent"
FAR: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "long names": lambda t: renamed(t, LONG),
    "Arabic names": lambda t: renamed(t, ARABIC),
    "great sums": lambda t: scaled(t, "funding_", 10_000),
    "many schools": lambda t: t.assign(n_schools=100 * t["n_schools"]),
    "all alike": lambda t: alike(t),
}
# Words lower than this, of one line of text, may touch those of the next.
_TOUCHING = 2.5
SEEN = """(touching) => {
  const svg = document.querySelector('svg'), frame = svg.getBoundingClientRect();
  const words = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim());
  const level = words.filter(t => !(t.getAttribute('transform') || '').includes('rotate'));
  const boxes = level.map(t => [t.textContent, t.getBoundingClientRect()]);
  const cut = boxes.filter(([, b]) => b.left < frame.left - 1 || b.right > frame.right + 1
    || b.top < frame.top - touching || b.bottom > frame.bottom + touching).map(([s]) => s);
  const over = boxes.flatMap(([s, a], i) => boxes.slice(i + 1).filter(([, b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2 * touching
  ).map(([o]) => [s, o]));
  return {cut, over, n: boxes.length};
}"""


def scaled(table: pd.DataFrame, beginning: str, by: float) -> pd.DataFrame:
    return table.assign(**{name: by * table[name] for name in columns(table, beginning)})


def alike(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with every gain 5 points and every grant 30,000 pounds."""
    same = {"gain_": 5.0, "funding_": 30_000.0}
    filled = {
        name: table[name].where(table[name].isna(), value)
        for beginning, value in same.items()
        for name in columns(table, beginning)
    }
    return table.assign(**filled)


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study("2013")


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on this machine; on Debian: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser.new_page(viewport={"width": 700, "height": 900})
        browser.close()


def seen(page: Any, figure: Figure) -> dict[str, Any]:
    page.set_content(f"<body style='margin:40px'>{figure.svg.decode()}</body>")
    found: dict[str, Any] = page.evaluate(SEEN, _TOUCHING)
    return found


def require_readable(page: Any, figure: Figure) -> None:
    found = seen(page, figure)
    assert found["n"] > 0, figure.slug
    assert (found["cut"], found["over"]) == ([], []), figure.slug


@pytest.mark.parametrize("name", PICTURES)
def test_no_words_of_a_picture_are_cut_or_cover_others(name: str, study: Study, page: Any) -> None:
    require_readable(page, draw(chapter_of(study), name))


@pytest.mark.parametrize("name", panel_pictures.PICTURES | panel_pictures.HARD_CASES)
def test_no_words_of_a_picture_of_schools_are_cut_or_cover_others(name: str, page: Any) -> None:
    made = panel_pictures.PICTURES | panel_pictures.HARD_CASES
    require_readable(page, made[name](**panel_pictures.words()))


@pytest.mark.parametrize("state", [*FAR, "hard names", "one collaboration", "sums below zero"])
def test_words_stay_apart_whatever_the_tables_hold(state: str, study: Study, page: Any) -> None:
    table = (STATES | FAR)[state](study.collaborations).reset_index(drop=True)
    chapter = chapter_of(replace(study, collaborations=table))
    for name in sorted(PICTURES.keys() - OF_OTHER_TABLES):
        try:
            figure = draw(chapter, name)
        except UnavailableError:
            continue
        require_readable(page, figure)


def test_a_table_of_no_groups_is_no_map_but_says_so(study: Study) -> None:
    figure = draw(
        chapter_of(replace(study, collaborations=study.collaborations.iloc[:0])), "missing"
    )
    assert figure.title == "Nothing to show: no collaboration is listed"


def test_an_arabic_name_that_was_cut_bears_its_dots_at_its_end(page: Any) -> None:
    figure = panel_pictures.PICTURES["Forest plot"](**panel_pictures.words())
    cut = "تعاون مدارس المقاطعة…"
    svg = figure.svg.decode().replace("</svg>", f"<text x='200' y='20'>{cut}</text></svg>")
    page.set_content(svg)
    last = page.evaluate(
        "() => { const t = [...document.querySelectorAll('text')].at(-1);"
        "return [t.getExtentOfChar(0).x, t.getExtentOfChar(t.getNumberOfChars() - 1).x] }"
    )
    assert last[1] < last[0]
