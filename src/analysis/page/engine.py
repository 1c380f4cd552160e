"""A papermill engine that runs a notebook's cells in this process, as the kernel would."""

from __future__ import annotations

import builtins
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.session import Session
from nbformat import NotebookNode
from nbformat.v4 import new_output, output_from_msg
from papermill.engines import Engine, NotebookExecutionManager
from traitlets.config import Config

CLEARS = "clear_output"
UPDATES = "update_display_data"


class CellSession(Session):
    """A kernel's session whose messages land in the running cell and not in a socket."""

    def __init__(self) -> None:
        super().__init__(key=b"never sent")
        self.outputs: list[NotebookNode] = []
        self.shown: dict[str, list[NotebookNode]] = {}
        self.clear_next = False

    def send(
        self,
        stream: Any,
        msg_or_type: dict[str, Any] | str,
        content: dict[str, Any] | None = None,
        parent: dict[str, Any] | None = None,
        *_: Any,
        **__: Any,
    ) -> dict[str, Any]:
        """Record a message as the client of a kernel would, and return it."""
        message: dict[str, Any] = (
            msg_or_type
            if isinstance(msg_or_type, dict)
            else self.msg(msg_or_type, content=content, parent=parent)
        )
        kind = message["header"]["msg_type"]
        if kind == CLEARS:
            self.clear_next = True
            if not message["content"]["wait"]:
                self._clear()
            return message
        identity = (message["content"].get("transient") or {}).get("display_id")
        if kind == UPDATES:
            self._update(identity, message["content"])
            return message
        self._clear()
        output = output_from_msg(message)  # type: ignore[no-untyped-call]
        self.outputs.append(output)
        if identity:
            self.shown.setdefault(identity, []).append(output)
        return message

    def write(self, name: str, text: str) -> None:
        """Append text of a stream, joined to what the same stream wrote just before."""
        self._clear()
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        else:
            made = new_output("stream", name=name, text=text)  # type: ignore[no-untyped-call]
            self.outputs.append(made)

    def _clear(self) -> None:
        if self.clear_next:
            self.outputs.clear()
            self.clear_next = False

    def _update(self, identity: str | None, content: dict[str, Any]) -> None:
        for output in self.shown.get(identity or "", []):
            output.data, output.metadata = content["data"], content["metadata"]


class CellStream(io.TextIOBase):
    """Standard output or standard error of a cell."""

    encoding = "utf-8"

    def __init__(self, session: CellSession, name: str) -> None:
        self.session = session
        self.name = name

    def write(self, text: str) -> int:
        """Append `text` to the cell's outputs and return its length."""
        if text:
            self.session.write(self.name, text)
        return len(text)

    def writable(self) -> bool:
        """Return True: the stream takes text."""
        return True

    def isatty(self) -> bool:
        """Return False: nobody types into a chapter."""
        return False


class InProcessEngine(Engine):  # type: ignore[misc]
    """Runs a notebook without starting a kernel; the outputs are the kernel's own.

    The shell is ipykernel's, with a session that writes into the cell. What the shell changes
    in the process (modules, path, streams, environment, warnings) is put back at the end.
    """

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **_: Any
    ) -> None:
        """Run every cell of `nb_man.nb` until one fails."""
        with _isolated(), tempfile.TemporaryDirectory(prefix="analysis-") as folder:
            os.environ["IPYTHONDIR"] = folder
            session = CellSession()
            with _shell(session, folder) as shell:
                for index, cell in enumerate(nb_man.nb.cells):
                    if not _run_cell(shell, session, nb_man, cell, index):
                        break
        nb_man.nb.metadata["language_info"] = {"name": "python"}


def _run_cell(
    shell: Any,
    session: CellSession,
    nb_man: NotebookExecutionManager,
    cell: NotebookNode,
    index: int,
) -> bool:
    """Run one cell, and return whether it completed."""
    nb_man.cell_start(cell, index)
    completed = True
    if cell.cell_type == "code" and cell.source.strip():
        session.outputs = cell.outputs = []
        session.clear_next = False
        cell.execution_count = shell.execution_count
        completed = _execute(shell, cell.source)
    if not completed:
        nb_man.cell_exception(cell, cell_index=index)
    nb_man.cell_complete(cell, cell_index=index)
    return completed


def _execute(shell: Any, source: str) -> bool:
    session = shell.displayhook.session
    out, err = CellStream(session, "stdout"), CellStream(session, "stderr")
    with redirect_stdout(out), redirect_stderr(err):
        result = shell.run_cell(source, store_history=True)
    return bool(result.success) and not shell._last_traceback_during_displayhook


@contextmanager
def _shell(session: CellSession, folder: str) -> Iterator[Any]:
    """Give a fresh kernel's shell that is the process's only one until it is left."""
    config = Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}})
    shell: Any = ZMQInteractiveShell.instance(
        config=config, ipython_dir=folder, compiler_class=XCachingCompiler
    )
    shell.displayhook.session = shell.display_pub.session = session
    shell.displayhook.topic = b"execute_result"
    try:
        yield shell
    finally:
        shell.reset(new_session=False)
        shell.restore_sys_module_state()
        ZMQInteractiveShell.clear_instance()


@contextmanager
def _isolated() -> Iterator[None]:
    """Keep what a shell changes in its process from outliving it."""
    shells = [cls for cls in ZMQInteractiveShell.__mro__ if issubclass(cls, InteractiveShell)]
    instances = [cls._instance for cls in shells]
    environment, names, path = dict(os.environ), dict(vars(builtins)), list(sys.path)
    hooks = sys.excepthook, sys.displayhook, sys.modules["__main__"]
    for cls in shells:
        cls._instance = None
    try:
        with _python_warnings():
            yield
    finally:
        sys.excepthook, sys.displayhook, sys.modules["__main__"] = hooks
        sys.path[:] = path
        _restore(os.environ, environment)
        _restore(vars(builtins), names)
        for cls, instance in zip(shells, instances, strict=True):
            cls._instance = instance


def _restore(mapping: MutableMapping[str, Any], former: dict[str, Any]) -> None:
    for name in set(mapping) - set(former):
        del mapping[name]
    mapping.update(former)


@contextmanager
def _python_warnings() -> Iterator[None]:
    """Show warnings as a fresh interpreter does, whatever this process made of them."""
    with warnings.catch_warnings():
        kept = [rule for rule in warnings.filters if rule[0] != "error"]
        warnings.resetwarnings()
        quiet: tuple[type[Warning], ...] = (
            ResourceWarning,
            ImportWarning,
            PendingDeprecationWarning,
            DeprecationWarning,
        )
        for category in quiet:
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
        warnings.filters[:0] = kept  # type: ignore[index]
        warnings.showwarning = _show_warning
        yield


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    text = warnings.formatwarning(message, category, filename, lineno, line)
    (file or sys.stderr).write(text)
