"""Tests of the chapter on the next edition: whole with its tables, whole in words without them."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import world
from drawings import chapter_of, parse, text_of
from world import YEAR, World
from world_next import add, put, tables_for

from analysis import paths
from analysis.page import next_listings, run
from analysis.page.chapter import Chapter
from analysis.page.figures import next_edition, next_gaps
from analysis.page.figures.canvas import Figure
from analysis.page.gate import check_page
from analysis.page.say import check_words
from analysis.sources.registry import NEXT_EDITION
from analysis.tables.tidy import Study, make_study, save_study

NAME = "09_next_edition"
PICTURES: dict[str, tuple[Callable[..., Figure], str]] = {
    "promises": (next_edition.promises, "promises"),
    "targets": (next_edition.targets, "targets.met"),
    "stages": (next_edition.stages, "stages.listed"),
    "gaps": (next_gaps.gaps, "gaps.ks2.narrowed"),
    "grades": (next_gaps.grades_of_two_years, "grades.changed"),
}
TITLES = {
    "promises": "Of 8 things promised for the next edition this release gives 0 for every group, "
    "7 for some and 1 for none",
    "targets": "6 of 15 targets with a result were met",
    "stages": "Of 14 groups with both stages 7 moved up, 1 down",
    "gaps": "At key stage 2 the gap narrowed in 3 of 10 groups; in 10 it moved no further than "
    "chance alone may move it",
    "grades": "The share good or better rose in 6 of 12 groups and fell in 3; over all it went "
    "from 73.7\N{NO-BREAK SPACE}% to 78.9\N{NO-BREAK SPACE}%",
}
PARAMETERS = {
    **{"year": YEAR, "outcomes": ["ks2", "ks4"], "confidence": 0.95},
    **{"seed": 1, "permutations": 1000},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    with pytest.MonkeyPatch.context() as patch:
        add(world.made_up(tmp_path_factory.mktemp("drawn"), patch))
        return make_study(YEAR)


@pytest.fixture
def chapter(study: Study) -> Chapter:
    return chapter_of(study)


def drawn(chapter: Chapter, name: str) -> Figure:
    picture, question = PICTURES[name]
    return picture(chapter, chapter.ask(question))


def ran(made: World) -> tuple[str, dict[str, Any]]:
    """Run the chapter and return all that it shows as one text, and its record."""
    save_study(make_study(made.year))
    staging = made.root / "build" / "staging" / made.year
    for folder in ("records", "data", "figures"):
        (staging / folder).mkdir(parents=True, exist_ok=True)
    if not paths.notebooks().is_dir():
        shutil.copytree(world.PROJECT / "notebooks", paths.notebooks())
    node = run.run_chapter(paths.notebooks() / f"{NAME}.ipynb", PARAMETERS, staging)
    shown = [cell.source for cell in node.cells if cell.cell_type == "markdown"]
    for cell in (cell for cell in node.cells if cell.cell_type == "code"):
        shown += [str(output.data.get("text/html", "")) for output in cell.outputs if output.data]
    record = json.loads((staging / "records" / f"{NAME}.json").read_text(encoding="utf-8"))
    return "\n".join(shown), record


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_says_its_finding_and_holds_its_numbers(name: str, chapter: Chapter) -> None:
    figure = drawn(chapter, name)
    assert figure.title == f"SIMULATED: {TITLES[name]}"
    assert figure.slug.startswith("simulated-05_made-")
    assert "Nowhereshire" in figure.subtitle
    assert re.match(r"SIMULATED: (Bar|Stacked bar|Scatter|Table-like bubble)", figure.alt)
    assert len(text_of(figure)) > 4
    assert parse(figure).get("width") == "417.6pt"
    assert len(figure.svg) < 22_000
    for words in (figure.title, figure.subtitle, figure.alt, figure.caption):
        check_words(words)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_passes_the_gate_of_a_page_and_has_its_data(name: str, chapter: Chapter) -> None:
    figure = drawn(chapter, name)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    check_page(head + figure.to_html(), (), world.GROUPS)
    rows = list(csv.DictReader(io.StringIO(figure.data.to_csv().decode())))
    assert len(rows) == len(figure.data.frame) > 2


@pytest.mark.parametrize("name", ["<b>Bold</b> & co", "=HYPERLINK(1)", "N" * 60])
def test_hostile_words_of_a_measure_stay_words(name: str, study: Study) -> None:
    targets = study.next_edition["targets"].assign(measure=name, collaboration=name)
    odd = replace(study, next_edition={**study.next_edition, "targets": targets})
    figure = drawn(chapter_of(odd), "targets")
    assert "<b>" not in figure.to_html()
    assert "\n=HYPERLINK" not in figure.data.to_csv().decode()


def test_many_measures_are_drawn_in_part_and_listed_whole(study: Study) -> None:
    targets = study.next_edition["targets"]
    many = pd.concat([targets.assign(measure=f"Measure {i}") for i in range(25)])
    wide = replace(study, next_edition={**study.next_edition, "targets": many})
    figure = drawn(chapter_of(wide), "targets")
    assert len(figure.data.frame) == 50
    assert "30 measures more stand in the data" in figure.caption
    assert len(figure.alt) <= 600


def test_stages_without_those_before_are_drawn_as_they_are(study: Study) -> None:
    stages = study.next_edition["stages"]
    missing = pd.Series([None] * len(stages), dtype="str")
    alone = {"stages": stages.assign(framework_stage_before=missing)}
    figure = drawn(chapter_of(replace(study, next_edition=alone)), "stages")
    assert figure.title == "SIMULATED: 4 emerged, 8 embedded, 4 enhanced"
    assert "no stage before" in text_of(figure)
    assert "embedded before" not in text_of(figure)
    assert "moved" not in figure.alt


def test_a_gap_beyond_chance_is_marked_and_counted(study: Study) -> None:
    gaps = study.next_edition["gaps"].copy()
    gaps.loc[0, "gap_pp"] = -60.0
    far = replace(study, next_edition={**study.next_edition, "gaps": gaps})
    figure = drawn(chapter_of(far), "gaps")
    assert "in 9 it moved no further" in figure.title
    assert "beyond it (1)" in text_of(figure)


def test_the_list_of_promises_says_which_are_kept(chapter: Chapter) -> None:
    table = next_listings.promises(chapter.ask("promises").rows)
    rows = list(csv.DictReader(io.StringIO(table.to_csv().decode())))
    assert [row["Kept"] for row in rows].count("in part") == 7
    assert rows[3]["Groups"] == "12"
    assert table.caption.endswith(".")


def test_with_all_tables_the_chapter_describes_each_and_asks_for_none(nowhere: World) -> None:
    shown, record = ran(add(nowhere))
    assert "Not in this release" not in shown
    assert "Not available" not in shown
    assert shown.count("<figure") == 6
    assert shown.count("Maryland scale") == 2
    kinds = {entry["kind"] for entry in record["findings"].values()}
    assert kinds == {"description", "association"}
    assert record["findings"]["targets.met.n"]["value"] == 6
    assert not re.search(r"\b(nan|NaN|None)\b", re.sub(r'src="[^"]*"', "", shown))


def test_without_them_it_says_what_is_missing_where_to_put_it_and_what_it_would_answer(
    nowhere: World,
) -> None:
    shown, record = ran(nowhere)
    assert shown.count("Not in this release: ") == 4
    for name in NEXT_EDITION:
        assert f"`{name}.csv`" in shown
    assert shown.count("would say") == 4
    assert shown.count("<figure") == 1
    assert set(record["findings"]) >= {"promises.n", "promises.none_n"}
    assert not [name for name in record["findings"] if not name.startswith("promises.")]


@pytest.mark.parametrize("table", NEXT_EDITION)
def test_one_table_alone_fills_its_own_part(table: str, nowhere: World) -> None:
    shown, _ = ran(add(nowhere, table))
    assert shown.count("Not in this release: ") == 3
    assert f"The file `{table}.csv`" not in shown
    assert shown.count("<figure") == (3 if table == "gaps" else 2)


def test_stages_of_one_year_are_described_and_related_to_nothing(nowhere: World) -> None:
    put(nowhere, "stages", [["Collaboration", "Stage"], [world.GROUPS[0], "Enhanced"]])
    nowhere.refresh()
    shown, record = ran(nowhere)
    assert "Not available: no group has a stage of the year before" in shown
    assert record["findings"]["stages.listed.enhanced_n"]["value"] == 1
    assert not [name for name in record["findings"] if ".slope" in name]


def test_drawn_tables_of_many_groups_make_a_chapter(nowhere: World) -> None:
    for name, cells in tables_for(world.GROUPS, 3, 2031).items():
        put(nowhere, name, cells)
    nowhere.refresh()
    shown, record = ran(nowhere)
    assert shown.count("<figure") == 6
    assert {entry["kind"] for entry in record["findings"].values()} <= {
        "description",
        "association",
    }


@pytest.mark.parametrize("table", NEXT_EDITION)
def test_a_cell_for_a_table_is_left_out_where_the_release_has_none(
    table: str, nowhere: World
) -> None:
    from nbformat.v4 import new_code_cell

    needs, without = (
        new_code_cell("", metadata={"tags": [f"{word}-{table}"]})  # type: ignore[no-untyped-call]
        for word in ("needs", "without")
    )
    assert run.leave_out(needs, YEAR)
    assert not run.leave_out(without, YEAR)
    add(nowhere, table)
    assert not run.leave_out(needs, YEAR)
    assert run.leave_out(without, YEAR)


def test_the_reviewers_page_has_a_line_for_each_table_that_is_there() -> None:
    book = json.loads((world.PROJECT / "notebooks" / "07_findings.ipynb").read_text("utf-8"))
    tags = [cell["metadata"].get("tags", []) for cell in book["cells"]]
    for table in NEXT_EDITION:
        assert tags.count([f"needs-{table}"]) == 1


def test_figures_are_kept_beside_the_page(nowhere: World) -> None:
    ran(add(nowhere))
    folder = nowhere.root / "build" / "staging" / YEAR / "data"
    files = {file.name for file in folder.glob("*.csv")}
    assert f"simulated-{NAME}-targets.csv" in files
    assert all("simulated" in name for name in files)
    # Six pictures, the promises, two comparisons and the numbers of the page.
    assert len(files) == 10
