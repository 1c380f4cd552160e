"""Tests of running chapters: parameters, the gate of completeness, children, both engines."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from books import ENTRY, PARAMETERS, code, made_edition, text, write_book, write_chapter

from analysis.errors import AnalysisError, UsageError
from analysis.page import run
from analysis.page.children import run_side_by_side

FAILS = "from analysis.errors import {0}\nraise {0}({1!r})"


def book(tmp_path: Path, *cells: dict[str, Any]) -> Path:
    parameters = code('year = "1999"\nseed = 7', "parameters")
    return write_book(tmp_path / "04_made.ipynb", [text("# Made"), parameters, *cells])


def shown(node: Any) -> list[str]:
    return [
        output.data["text/plain"]
        for cell in node.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    return tmp_path


def test_a_chapter_is_given_what_it_declares_and_nothing_else(tmp_path: Path) -> None:
    node = run.run_chapter(
        book(tmp_path, code("year, seed, 'outcomes' in globals()")), PARAMETERS, tmp_path
    )
    assert shown(node) == ["('2013', 1, False)"]


def test_a_chapter_finds_its_staging_folder(tmp_path: Path) -> None:
    asks = code("import os\nos.environ['ANALYSIS_STAGING']")
    assert shown(run.run_chapter(book(tmp_path, asks), PARAMETERS, tmp_path)) == [
        repr(str(tmp_path))
    ]
    assert "ANALYSIS_STAGING" not in os.environ


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([code("1")], "found 0 cells tagged"),
        ([code("x = 1", "parameters"), code("y = 1", "parameters")], "found 2 cells tagged"),
        ([code("yeer = '2013'", "parameters")], "declares the parameter `yeer`"),
        ([code("year = open('x')", "parameters")], "found `year = open('x')`"),
        ([code("import os", "parameters")], "found `import os`"),
        ([code("year = ''", "parameters"), code("!ls")], "found a `!` or `%` command"),
        ([code("year = ''", "parameters"), code("a = !ls")], "found a `!` or `%` command"),
        ([code("year = ''", "parameters"), code("%%bash\nls")], "found a `!` or `%` command"),
    ],
)
def test_a_chapter_that_is_not_one_is_refused_before_it_runs(
    tmp_path: Path, cells: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(UsageError, match=said.replace("(", r"\(").replace(")", r"\)")):
        run.run_chapter(write_book(tmp_path / "04_made.ipynb", cells), PARAMETERS, tmp_path)


def test_a_missing_chapter_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"05_gone\.ipynb: there is no such chapter"):
        run.run_chapter(tmp_path / "05_gone.ipynb", PARAMETERS, tmp_path)


def test_a_failing_cell_is_named_with_the_errors_last_line(tmp_path: Path) -> None:
    fails = code("rows = [1]\nraise ValueError('first line\\nlast line')")
    with pytest.raises(AnalysisError) as caught:
        run.run_chapter(book(tmp_path, fails), PARAMETERS, tmp_path)
    assert str(caught.value) == "04_made, cell [2] `rows = [1]`: ValueError: last line"


@pytest.mark.parametrize("name", ["AnalysisError", "GateError", "UsageError"])
def test_our_own_errors_speak_for_themselves(tmp_path: Path, name: str) -> None:
    with pytest.raises(AnalysisError) as caught:
        run.run_chapter(
            book(tmp_path, code(FAILS.format(name, "what to do"))), PARAMETERS, tmp_path
        )
    assert str(caught.value) == "what to do"


def test_leaving_early_is_no_complete_chapter(tmp_path: Path) -> None:
    leaves = code("import sys\nsys.exit(0)")
    with pytest.raises(AnalysisError, match="the cell is failed and the chapter not complete"):
        run.run_chapter(book(tmp_path, leaves, code("1")), PARAMETERS, tmp_path)


def test_a_warning_fails_a_chapter(tmp_path: Path) -> None:
    warns = code("import warnings\nwarnings.warn('look here')")
    with pytest.raises(AnalysisError, match=r"wrote to standard error: .*warn"):
        run.run_chapter(book(tmp_path, warns), PARAMETERS, tmp_path)


def test_a_cell_that_was_never_run_is_found() -> None:
    run.preload(("nbformat",))
    import nbformat

    library: Any = nbformat.v4
    node = library.new_notebook(cells=[library.new_code_cell("1", metadata={"tags": []})])
    with pytest.raises(AnalysisError, match=r"03_made, cell \[1\] `1`: the cell is never run"):
        run.require_complete(node, "03_made")


def test_both_engines_make_the_same_pages(project: Path) -> None:
    names = ["01_one", "02_two"]
    for name in names:
        write_chapter(
            project / "notebooks",
            name,
            "print(year)\n1 / 3",
            "from IPython.display import HTML\nHTML('<b>x</b>')",
        )
    pages: list[list[bytes]] = []
    for engine in ("in_process", "kernel", "in_process"):
        staging = project / str(len(pages))
        run.run_chapters(
            names, PARAMETERS, staging, edition=made_edition(*names), engine=engine, on_done=quiet
        )
        pages.append([(staging / "pages" / f"{name}.html").read_bytes() for name in names])
    assert pages[0] == pages[1] == pages[2]
    assert b"0.3333333333333333" in pages[0][0]


def quiet(name: str, seconds: float) -> None:
    """Say nothing about a finished chapter."""


def test_chapters_that_quote_run_after_the_others(project: Path) -> None:
    reads = "import os\nsorted(os.listdir(os.path.join(os.environ['ANALYSIS_STAGING'], 'records')))"
    write_chapter(project / "notebooks", "01_first", reads, quotes=True)
    write_chapter(project / "notebooks", "02_second", "1", findings={"a": ENTRY})
    names = ["01_first", "02_second"]
    done: list[str] = []
    run.run_chapters(
        names,
        PARAMETERS,
        project / "build",
        edition=made_edition(*names),
        on_done=lambda name, seconds: done.append(name),
    )
    assert done == ["02_second", "01_first"]
    page = (project / "build" / "pages" / "01_first.html").read_text(encoding="utf-8")
    assert "02_second.json" in page


def test_each_different_failure_is_told_once(project: Path) -> None:
    for name, words in {"01_a": "the same", "02_b": "the same", "03_c": "another"}.items():
        write_chapter(project / "notebooks", name, FAILS.format("AnalysisError", words))
    names = ["01_a", "02_b", "03_c"]
    with pytest.raises(AnalysisError) as caught:
        run.run_chapters(names, PARAMETERS, project / "build", edition=made_edition(*names))
    assert str(caught.value) == "the same\nanother"


def test_progress_is_told_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    run.report("03_claims", 1.234)
    assert capsys.readouterr().err == "03_claims ... 1.2 s\n"


def test_a_child_that_is_killed_is_an_error() -> None:
    with pytest.raises(AnalysisError, match="heavy: its process was ended by signal 9"):
        run_side_by_side({"heavy": lambda: os.kill(os.getpid(), signal.SIGKILL)}, 1, quiet)


def test_a_fault_of_the_software_keeps_its_traceback() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)broken: Traceback.*ZeroDivisionError"):
        run_side_by_side({"broken": lambda: print(1 / 0)}, 1, quiet)


def test_no_more_children_run_than_jobs(tmp_path: Path) -> None:
    def task(name: str) -> None:
        (tmp_path / name).touch()
        most = len(list(tmp_path.iterdir()))
        time.sleep(0.1)
        (tmp_path / name).unlink()
        if most > 2:
            raise AnalysisError(f"{most} at a time")

    run_side_by_side({name: partial(task, name) for name in "abcde"}, 2, quiet)


def test_without_fork_tasks_run_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    seen: list[int] = []
    run_side_by_side({str(i): partial(seen.append, os.getpid()) for i in range(3)}, 2, quiet)
    assert seen == [os.getpid()] * 3


@pytest.mark.skipif(sys.platform != "linux", reason="a signal on the parent's death is Linux's")
def test_children_die_with_their_parent(tmp_path: Path) -> None:
    def long_task() -> None:
        (tmp_path / "pid").write_text(str(os.getpid()))
        time.sleep(60)

    parent = os.fork()
    if not parent:
        run_side_by_side({"long": long_task}, 1, quiet)
        os._exit(0)
    _wait_for(lambda: (tmp_path / "pid").is_file() and bool((tmp_path / "pid").read_text()))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    child = Path("/proc", (tmp_path / "pid").read_text(), "stat")
    _wait_for(lambda: not child.exists() or child.read_text().split()[2] == "Z")


def _wait_for(happened: Any) -> None:
    for _ in range(200):
        if happened():
            return
        time.sleep(0.02)
    raise AssertionError("waited for 4 s in vain")
