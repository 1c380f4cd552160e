"""Tests of the in-process engine: the ordinary kernel is the reference."""

from __future__ import annotations

import builtins
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from analysis.page import run

run.preload(("papermill", "analysis.page.engine"))

import nbformat  # noqa: E402 - after preload, which spares it a second
import papermill  # noqa: E402
from papermill.engines import papermill_engines  # noqa: E402

from analysis.page.engine import InProcessEngine  # noqa: E402

SHOWN = (
    "class Shown:\n    def _repr_html_(self): return '<b>x</b>'\n    def __repr__(self): return 'x'"
)
CELLS = [
    "print('a')\nprint('b')",
    "import sys\nprint('to stderr', file=sys.stderr)",
    f"{SHOWN}\nShown()",
    "from IPython.display import HTML, Markdown, display\ndisplay(Shown())",
    "display(HTML('<i>1</i>'))\nprint('between')\ndisplay(Markdown('*2*'))\nShown()",
    "1 + 1;",
    "2 + 2",
    "",
    "handle = display('first', display_id='shown')",
    "handle.update('second')",
    "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('kept')",
    "import matplotlib\nmatplotlib.get_backend().lower()",
    "import pandas as pd\npd.DataFrame({'a': [1.5, 2.5]}, index=['x', 'y'])",
    "get_ipython().__class__.__name__, __name__",
    "def divide(x):\n    return 1 / x\n\ndivide(0)",
    "'not reached'",
]


def notebook(*sources: str) -> Any:
    library: Any = nbformat.v4
    node = library.new_notebook(cells=[library.new_code_cell(source) for source in sources])
    node.metadata["papermill"] = {}
    return node


def executed(engine: str, node: Any, options: dict[str, Any] | None = None) -> Any:
    papermill_engines.register("in_process", InProcessEngine)
    return papermill_engines.execute_notebook_with_engine(
        engine, node, kernel_name="python3", progress_bar=False, **(options or {})
    )


@pytest.fixture(scope="module")
def ours() -> Any:
    return executed("in_process", notebook(*CELLS))


@pytest.fixture(scope="module")
def reference() -> Any:
    with run._engine("kernel") as options:
        return executed("nbclient", notebook(*CELLS), options)


def test_every_cell_has_the_outputs_of_the_ordinary_kernel(ours: Any, reference: Any) -> None:
    for mine, theirs in zip(ours.cells, reference.cells, strict=True):
        assert mine.outputs == theirs.outputs, mine.source
        assert mine.execution_count == theirs.execution_count, mine.source


def test_every_cell_has_the_status_of_the_ordinary_kernel(ours: Any, reference: Any) -> None:
    statuses = [
        [cell.metadata.papermill.status for cell in node.cells] for node in (ours, reference)
    ]
    assert statuses[0] == statuses[1]
    assert statuses[0][-2:] == ["failed", "pending"]


def test_the_reference_holds_each_kind_of_output(reference: Any) -> None:
    kinds = {output.output_type for cell in reference.cells for output in cell.outputs}
    assert kinds == {"stream", "display_data", "execute_result", "error"}


def test_an_error_leaves_its_traceback(ours: Any) -> None:
    (error,) = ours.cells[-2].outputs
    assert (error.ename, error.evalue) == ("ZeroDivisionError", "division by zero")
    assert "ZeroDivisionError" in error.traceback[-1]


def test_papermill_raises_when_a_cell_fails() -> None:
    papermill_engines.register("in_process", InProcessEngine)
    node = notebook("1 / 0")
    node.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "P"}
    with pytest.raises(papermill.PapermillExecutionError, match="division by zero"):
        papermill.execute_notebook(node, None, engine_name="in_process", progress_bar=False)


def test_text_written_in_pieces_is_one_output() -> None:
    node = executed("in_process", notebook("for i in range(3):\n    print(i, end=' ')"))
    assert [output.text for output in node.cells[0].outputs] == ["0 1 2 "]


def test_leaving_early_is_not_completion() -> None:
    node = executed("in_process", notebook("import sys; sys.exit(0)", "2"))
    assert [cell.metadata.papermill.status for cell in node.cells] == ["failed", "pending"]


def test_what_a_notebook_changes_does_not_outlive_it() -> None:
    main, hook, path = sys.modules["__main__"], sys.displayhook, list(sys.path)
    environment, names = dict(os.environ), set(vars(builtins))
    executed(
        "in_process",
        notebook("import os, sys\nos.environ['LEFT'] = '1'\nsys.path.append('left')\nleft = 1"),
    )
    assert sys.modules["__main__"] is main
    assert sys.displayhook is hook
    assert sys.path == path
    assert dict(os.environ) == environment
    assert set(vars(builtins)) == names


def test_two_notebooks_share_no_names() -> None:
    executed("in_process", notebook("left = 1"))
    node = executed("in_process", notebook("'left' in globals()"))
    assert node.cells[0].outputs[0].data["text/plain"] == "False"


def test_a_warning_is_shown_and_not_raised_when_this_process_makes_it_an_error() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        node = executed("in_process", notebook("import warnings\nwarnings.warn('look')\n1"))
    stream, result = node.cells[0].outputs
    assert stream.name == "stderr"
    assert "UserWarning: look" in stream.text
    assert result.data["text/plain"] == "1"


def test_nothing_is_written_into_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("IPYTHONDIR", raising=False)
    executed("in_process", notebook("1"))
    assert list(tmp_path.iterdir()) == []
