"""Chapters run by papermill, and the gate that only a complete chapter passes."""

from __future__ import annotations

import ast
import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analysis import errors, paths
from analysis.errors import AnalysisError, UsageError
from analysis.page.children import run_side_by_side

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from analysis.page.edition import Edition

Engine = Literal["in_process", "kernel"]
PARAMETERS = "parameters"
KINDS_OF_RELEASE = {
    f"{word}-{of}"
    for word in ("needs", "without")
    for of in (
        "schools",
        "truth",
        "report",
        "claims",
        "gains",
        "targets",
        "stages",
        "gaps",
        "grades",
        "last-year",
        "release",
    )
}
KERNEL = "python3"
PRELOADED = (
    "papermill",
    "analysis.page.engine",
    "analysis.page.export",
    "analysis.page.chapter",
    "pyarrow.parquet",
    "matplotlib.backends.backend_svg",
)
OURS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, AnalysisError)
}


def preload(names: Sequence[str] = PRELOADED) -> None:
    """Import what every chapter needs, once, so that forked children find it done."""
    # Where JupyterLab is installed, jsonschema would build a grammar for a second that
    # no chapter uses (python-jsonschema/jsonschema#1428).
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    os.environ.setdefault("MPLBACKEND", "Agg")
    for name in names:
        importlib.import_module(name)


def report(name: str, seconds: float) -> None:
    """Write a line about a finished chapter to standard error."""
    print(f"{name} ... {seconds:.1f} s", file=sys.stderr, flush=True)


def run_chapters(
    names: Sequence[str],
    parameters: Mapping[str, object],
    staging: Path,
    *,
    edition: Edition,
    jobs: int | None = None,
    engine: Engine = "in_process",
    on_done: Callable[[str, float], None] = report,
) -> None:
    """Run chapters and write ``pages/<name>.html`` of each into `staging`.

    Chapters whose metadata say ``"analysis": {"quotes": true}`` run after all others.

    Raises
    ------
    AnalysisError
        If a chapter did not complete; every failing chapter is named.
    """
    preload()
    from analysis.page.export import quotes

    (staging / "pages").mkdir(parents=True, exist_ok=True)
    for folder in ("records", "data"):
        (staging / folder).mkdir(exist_ok=True)
    books = {name: paths.notebooks() / f"{name}.ipynb" for name in names}
    quoting = {name for name, book in books.items() if quotes(read(book))}
    for group in (set(names) - quoting, quoting):
        tasks = {
            name: partial(_make_page, books[name], parameters, staging, engine, edition)
            for name in names
            if name in group
        }
        run_side_by_side(tasks, jobs or os.cpu_count() or 1, on_done)


def run_chapter(
    notebook: Path,
    parameters: Mapping[str, object],
    staging: Path,
    engine: Engine = "in_process",
) -> NotebookNode:
    """Return the executed notebook, complete and without errors.

    Parameters
    ----------
    notebook : Path
        A notebook with one cell tagged ``parameters`` that holds literals only.
    parameters : mapping
        All that a run may vary; the chapter is given those that it declares.
    staging : Path
        Folder that the chapter finds in ``ANALYSIS_STAGING``.

    Raises
    ------
    UsageError
        If the chapter has no parameters cell, declares an unknown parameter or holds a
        command that is not Python.
    AnalysisError
        If a cell failed, was not reached, or wrote to standard error.
    """
    preload(("papermill", "analysis.page.engine"))
    import papermill

    from analysis.page.engine import InProcessEngine

    papermill.engines.papermill_engines.register("in_process", InProcessEngine)
    node = read(notebook)
    chapter = notebook.stem
    given = {name: parameters[name] for name in _declared(node, chapter, parameters)}
    _refuse_commands(node, chapter)
    node.cells = [cell for cell in node.cells if not leave_out(cell, str(given.get("year")))]
    with _environment(ANALYSIS_STAGING=str(staging)), _engine(engine) as options:
        try:
            done: NotebookNode = papermill.execute_notebook(
                node,
                None,
                given,
                kernel_name=KERNEL,
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                cwd=notebook.parent,
                **options,
            )
        except papermill.PapermillExecutionError as error:
            raise AnalysisError(_last_line(error, node, chapter)) from None
    require_complete(done, chapter)
    return done


def leave_out(cell: NotebookNode, year: str) -> bool:
    """Return whether a cell is for another kind of release than that of `year`.

    A cell tagged `needs-schools` is for a year with results of single schools, one tagged
    `needs-report` for a year with the tables of collaborations, and one tagged `needs-claims`,
    `needs-gains`, `needs-targets`, `needs-stages`, `needs-gaps` or `needs-grades` for a year with
    that table;
    `needs-truth` for a SIMULATED year that states the true difference;
    `needs-last-year` for a year after one that was released, `needs-release` for one that has had
    a less mature release itself; `without-schools` and so on are for the other years.
    """
    tags = set(cell.metadata.get("tags", []))
    if not tags & KINDS_OF_RELEASE:
        return False
    from analysis.questions.published import has_earlier_release, has_last_year
    from analysis.sources.registry import load_release
    from analysis.tables.panel import has_panel

    has: dict[str, Callable[[str], bool]] = {
        "schools": has_panel,
        "truth": lambda year: "truth" in (load_release(year).panel or {}),
        "report": lambda year: "ofsted" in load_release(year).tables,
        "last-year": has_last_year,
        "release": lambda year: has_earlier_release(year, load_release(year).maturity),
    }
    asked = [tag.partition("-") for tag in tags & KINDS_OF_RELEASE]
    return any(
        (has[name](year) if name in has else name in load_release(year).tables)
        == (word == "without")
        for word, _, name in asked
    )


def read(notebook: Path) -> NotebookNode:
    """Return a notebook as stored, every cell with its list of tags."""
    preload(("nbformat",))
    import nbformat

    if not notebook.is_file():
        raise UsageError(f"{paths.relative(notebook)}: there is no such chapter.")
    library: Any = nbformat
    node: NotebookNode = library.v4.upgrade(library.read(notebook, as_version=4))
    for cell in node.cells:
        cell.metadata.setdefault("tags", [])
    return node


def require_complete(node: NotebookNode, chapter: str) -> None:
    """Raise AnalysisError unless every code cell of an executed notebook completed."""
    for number, cell in _code_cells(node):
        status = cell.metadata.get("papermill", {}).get("status", "never run")
        place = _place(chapter, number, cell.source)
        if status != "completed":
            raise AnalysisError(f"{place}: the cell is {status} and the chapter not complete.")
        for output in cell.outputs:
            if output.output_type == "error":
                raise AnalysisError(f"{place}: {output.ename}: {output.evalue}")
            if output.output_type == "stream" and output.name == "stderr":
                last = output.text.strip().splitlines()[-1:]
                raise AnalysisError(
                    f"{place}: wrote to standard error: {''.join(last).strip()}. "
                    "A warning in a chapter counts as an error; mend its cause."
                )


def _make_page(
    notebook: Path,
    parameters: Mapping[str, object],
    staging: Path,
    engine: Engine,
    edition: Edition,
) -> None:
    from analysis.page.export import page

    node = run_chapter(notebook, parameters, staging, engine)
    html = page(node, notebook.stem, edition)
    (staging / "pages" / f"{notebook.stem}.html").write_text(html, encoding="utf-8", newline="\n")


def _declared(node: NotebookNode, chapter: str, known: Mapping[str, object]) -> list[str]:
    """Return the names that the parameters cell assigns; literals only."""
    cells = [cell for cell in node.cells if PARAMETERS in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise UsageError(
            f"{chapter}: found {len(cells)} cells tagged `{PARAMETERS}`; expected one. "
            "Tag the cell that assigns the year in JupyterLab's property inspector."
        )
    names = []
    for statement in ast.parse(cells[0].source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                raise UsageError(_not_literal(chapter, statement))
        try:
            ast.literal_eval(value)
        except ValueError:
            raise UsageError(_not_literal(chapter, statement)) from None
        if name not in known:
            raise UsageError(
                f"{chapter}: declares the parameter `{name}`, which a run does not know; "
                f"expected some of {', '.join(known)}. Take it out of the parameters cell."
            )
        names.append(name)
    return names


def _not_literal(chapter: str, statement: ast.stmt) -> str:
    return (
        f"{chapter}: found `{ast.unparse(statement)}` in the parameters cell; expected a name "
        "and a literal. Move everything else to another cell."
    )


def _refuse_commands(node: NotebookNode, chapter: str) -> None:
    """Raise UsageError at a cell that asks the shell or IPython and not Python.

    A failing ``!command`` would leave the notebook complete.
    """
    from IPython.core.inputtransformer2 import TransformerManager

    manager: Any = TransformerManager
    for number, cell in _code_cells(node):
        if "get_ipython()" in manager().transform_cell(cell.source):
            raise UsageError(
                f"{_place(chapter, number, cell.source)}: found a `!` or `%` command; "
                "expected Python only. Put the work into a function of src/analysis."
            )


def _code_cells(node: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Give each code cell as stored, with the number that JupyterLab shows after a run."""
    number = 0
    for cell in node.cells:
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata["tags"]:
            number += bool(cell.source.strip())
            yield number, cell


def _place(chapter: str, number: int, source: str) -> str:
    first = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return f"{chapter}, cell [{number}] `{first}`"


def _last_line(error: Any, node: NotebookNode, chapter: str) -> str:
    """Return what a person needs to know of a failed cell: our own errors speak for themselves."""
    if error.ename in OURS:
        return str(error.evalue)
    same = [number for number, cell in _code_cells(node) if cell.source == error.source]
    last = error.evalue.strip().splitlines()[-1:]
    place = _place(chapter, same[0] if same else 0, error.source)
    return f"{place}: {error.ename}: {''.join(last)}"


@contextmanager
def _engine(engine: Engine) -> Iterator[dict[str, Any]]:
    """Give papermill's options for an engine."""
    if engine == "in_process":
        yield {"engine_name": engine}
        return
    from analysis.page.kernel import private_kernel

    with tempfile.TemporaryDirectory(prefix="analysis-") as folder:
        source = str(Path(__file__).parents[2])
        python_path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
        environment = _environment(IPYTHONDIR=folder, PYTHONPATH=python_path)
        with environment, private_kernel(Path(folder)) as manager:
            yield {"km": manager}


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    former = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
