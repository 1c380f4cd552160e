"""Workbooks (.xlsx, .ods) read in a process of their own, with limits of memory and time."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from analysis.sources.archive import Archive
from analysis.sources.draft import Draft, RefusedError, Rows
from analysis.sources.ods import read_ods
from analysis.sources.progress import Progress, begin
from analysis.sources.xlsx import read_xlsx

SECONDS = 17
SECONDS_OF_WORK = 12
LOOK_EVERY = 0.5
LARGEST_MEMORY = 500_000_000
LARGEST_ANSWER = 300_000_000
_START = "import sys; sys.path.insert(0, sys.argv[1]); from analysis.sources import workbook; "
_START += "workbook.answer()"
_TABLES = "an .xlsx or .ods workbook, or a CSV file"
_EXPORT = "Open it, and save the sheet as .xlsx or as CSV UTF-8."
_NO_MACROS = "Open it without running the macros, and save it as .xlsx."
_OTHERS = (
    ("word/document.xml", "a Word document"),
    ("ppt/presentation.xml", "a PowerPoint presentation"),
    ("index/document.iwa", "a workbook of Apple Numbers"),
    ("index.zip", "a workbook of Apple Numbers"),
    ("xl/workbook.bin", "a binary workbook (.xlsb)"),
)
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
# As which a system ends a process that has used up its time: SIGKILL and SIGXCPU.
_OUT_OF_TIME = (-9, -24)
Found = Mapping[str, Any]


def read_workbook(stream: IO[bytes], file: str = "the workbook") -> list[Found]:
    """Return the sheets of a workbook: for each its `sheet`, `rows`, `lines` and `notes`.

    The file is opened by a child process, which may be killed by what it reads.

    Parameters
    ----------
    stream : binary file
        One that the system knows, so that the child reads the very same.
    file : str
        What it is called, where a person at a terminal has to wait.

    Raises
    ------
    RefusedError
        If it is no workbook that can be trusted, or the child ended without an answer.
    """
    stream.seek(0)
    with tempfile.TemporaryFile() as said:
        code = _run(stream, said, file)
        said.seek(0)
        answer = said.read(LARGEST_ANSWER)
    if code or not answer:
        raise _overwhelmed("a workbook whose reader ended without an answer")
    found: dict[str, Any] = json.loads(answer)
    if "fault" in found:
        raise RefusedError(**found["fault"])
    sheets: list[Found] = found["sheets"]
    return sheets


def _run(stream: IO[bytes], said: IO[bytes], file: str) -> int:
    """Return how the child ended that reads `stream` and writes to `said`."""
    command = [sys.executable, "-I", "-S", "-c", _START, str(Path(__file__).resolve().parents[2])]
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(command, stdin=stream, stdout=said, stderr=told) as child,
    ):
        try:
            code = _ended(child, Progress(file, told))
        finally:
            child.kill()
    if code in _OUT_OF_TIME:
        raise _overwhelmed(f"a workbook that takes over {SECONDS_OF_WORK} seconds of work to read")
    return code


def _ended(child: subprocess.Popen[bytes], progress: Progress) -> int:
    while True:
        try:
            return child.wait(min(LOOK_EVERY, max(SECONDS - progress.seconds, 0.01)))
        except subprocess.TimeoutExpired:
            if progress.seconds >= SECONDS:
                found = f"a workbook that takes over {SECONDS:g} seconds to read"
                raise _overwhelmed(found) from None
            progress.show()


def _overwhelmed(found: str) -> RefusedError:
    remedy = "Save the sheet with the table alone, as .xlsx or as CSV UTF-8."
    return RefusedError(found, "a table of some hundred or thousand rows", remedy, "unsafe")


def answer() -> None:
    """Read the workbook on standard input, and write its sheets, or the fault, as JSON."""
    _limit()
    begin()
    try:
        said: dict[str, Any] = {"sheets": _sheets(sys.stdin.buffer)}
    except RefusedError as fault:
        said = {"fault": fault.parts}
    except MemoryError:
        said = {"fault": _overwhelmed("a workbook that needs too much memory").parts}
    except Exception as error:
        kind = type(error).__name__
        parts = RefusedError(
            f"a workbook that can't be followed ({kind})", _TABLES, code="reader"
        ).parts
        said = {"fault": parts}
    text = json.dumps(said, ensure_ascii=False, check_circular=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))


def _limit() -> None:
    """Bound this process where the system can; the parent's clock holds everywhere."""
    if sys.platform == "win32":
        return
    import resource

    for name, most in (
        ("RLIMIT_AS", LARGEST_MEMORY),
        ("RLIMIT_CPU", SECONDS_OF_WORK),
        ("RLIMIT_FSIZE", LARGEST_ANSWER),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NPROC", 0),
    ):
        with contextlib.suppress(ValueError, OSError, AttributeError):
            limit = getattr(resource, name)
            _, hard = resource.getrlimit(limit)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(limit, (most, most))


def _sheets(stream: IO[bytes]) -> list[dict[str, Any]]:
    archive = Archive(stream)
    read = read_ods if _is_ods(archive) else read_xlsx
    made = []
    for draft, said in read(archive):
        rows, numbers = draft.finish()
        if rows:
            made.append(_as_found(draft, rows, numbers, said))
    return sorted(made, key=lambda found: "hidden sheet" in found["notes"])


def _as_found(draft: Draft, rows: Rows, lines: list[int], said: list[str]) -> dict[str, Any]:
    """Return a sheet as the parent process gets it."""
    return {
        "sheet": draft.sheet,
        "rows": rows,
        "lines": lines,
        "notes": [*draft.notes(), *said],
        "faults": [(row, column - 1, fault) for (row, column), fault in draft.faults.items()],
        "unlike": [(row, column - 1, *what) for (row, column), what in draft.unlike.items()],
        "merged": draft.spread,
    }


def _is_ods(archive: Archive) -> bool:
    """Return whether it is an .ods rather than an .xlsx workbook; all else is refused."""
    _refuse_others(archive)
    if any("vbaproject" in name or "/macrosheets/" in name for name in archive.names()):
        raise RefusedError("a workbook with macros", "one without", _NO_MACROS, "macros")
    if "mimetype" not in archive:
        return False
    kind = archive.read("mimetype").strip()
    if not kind.startswith(_SPREADSHEET):
        said = kind[:80].decode("ascii", "replace")
        raise RefusedError(f"a file of the kind {said!r}", _TABLES, _EXPORT, "kind")
    manifest = "META-INF/manifest.xml"
    if manifest in archive and b"encryption-data" in archive.read(manifest, 1_000_000):
        remedy = "Remove the password and save it again."
        raise RefusedError("a workbook locked by a password", "one without", remedy, "locked")
    if any(name.startswith(("basic/", "scripts/")) for name in archive.names()):
        raise RefusedError("a workbook with macros", "one without", _NO_MACROS, "macros")
    return True


def _refuse_others(archive: Archive) -> None:
    for part, kind in _OTHERS:
        if part in archive:
            raise RefusedError(kind, _TABLES, _EXPORT, "kind")
    if "[content_types].xml" not in archive and "mimetype" not in archive:
        inside = [name for name in archive.names() if not name.endswith("/")]
        named = ", ".join(repr(name) for name in inside[:3]) or "nothing"
        remedy = "Unpack it and give the file that is inside."
        raise RefusedError(f"a zip file with {named} in it", _TABLES, remedy, "kind")
