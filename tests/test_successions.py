"""Tests of which group continues another: a person's decision, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import DataError
from analysis.sources.successions import FILE, HEADING, later_names, load_successions

GOOD = ["2014,Ash Hub,Ash and Elm,merged,said in the report", "2014,Oak,New Oak,renamed,same heads"]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))

    def put(*lines: str) -> None:
        file = tmp_path / FILE
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join([",".join(HEADING), *lines, ""]), encoding="utf-8")

    return put


def test_a_group_is_known_by_its_later_name_in_the_year_of_the_change_only(write) -> None:
    write(*GOOD)
    assert later_names("2014") == {"Ash Hub": "Ash and Elm", "Oak": "New Oak"}
    assert later_names("2015") == {}
    assert [line.kind for line in load_successions()] == ["merged", "renamed"]


def test_without_the_file_no_group_continues_another(write) -> None:
    assert load_successions() == ()


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("14,Ash,Elm,renamed,why", "year"),
        ("2014,Ash,Elm,moved,why", "kind"),
        ("2014,,Elm,renamed,why", "earlier"),
        ("2014,Ash,,renamed,why", "later"),
        ("2014,Ash,Elm,renamed,", "reason"),
        ("2014,Oak,Elm,renamed,why", "earlier"),
    ],
)
def test_a_line_that_decides_nothing_is_refused_with_its_place(write, line, column) -> None:
    write(*GOOD, line)
    with pytest.raises(DataError) as error:
        load_successions()
    (problem,) = error.value.problems
    assert (problem.file, problem.row, problem.column) == (FILE, 4, column)
