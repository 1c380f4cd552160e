"""The pipeline run as a reader would: prepared, mended where it broke, and told in plain words."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from analysis import paths
from analysis.errors import AnalysisError
from analysis.page.children import die_with_parent

NO_GIT = "[core]\n    no_scm = true\n"
INDEX = "findings/index.html"
BLAS_CORE = "Haswell"
INTERRUPTED = 130
STARTS = re.compile(r"Running stage '(.+)':")
NOISE = re.compile(
    r"Stage '.+' didn't change|> |Updating lock file|Generating lock file|Use `dvc push`"
    r"|Data and pipelines are up to date|To track the changes with git|To enable auto staging"
    r"|\tgit add |\tdvc config |\s*$"
)


def reproduce(targets: Sequence[str] = ()) -> int:
    """Run what changed since the last run, and return the command's exit code: 0, 1 or 130.

    Parameters
    ----------
    targets : sequence of str
        Stages of `dvc.yaml`, such as ``chapters@2013``; none means all.
    """
    root = paths.find_root()
    prepare(root)
    mend(root)
    began = time.monotonic()
    command = [sys.executable, "-m", "dvc", "repro", *targets]
    with subprocess.Popen(
        command, cwd=root, env=fixed_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            ran = _tell(process)
        except KeyboardInterrupt:
            process.terminate()
            return INTERRUPTED
    if process.returncode != 0:
        return 1
    if ran:
        print(f"Done in {time.monotonic() - began:.1f} s: {INDEX}")
    else:
        print(f"Nothing to do: {INDEX} is up to date")
    return 0


def out_of_date(stages: Sequence[str]) -> list[str]:
    """Return which of these stages would run again, because something that they read changed.

    Raises
    ------
    AnalysisError
        If DVC cannot say.
    """
    root = paths.find_root()
    prepare(root)
    command = [sys.executable, "-m", "dvc", "status", "--json", *stages]
    done = subprocess.run(
        command, cwd=root, env=fixed_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AnalysisError(f"The pipeline's state could not be read: {done.stderr.strip()}")
    return sorted(json.loads(done.stdout))


def fixed_environment() -> dict[str, str]:
    """Return this process' environment, with all fixed that could change a result's bytes."""
    source = str(Path(__file__).parents[2])
    own = Path(sys.executable).parent
    return os.environ | {
        "PATH": os.pathsep.join([str(own), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH")))),
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(paths.find_root() / "build" / "matplotlib"),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "DVC_NO_ANALYTICS": "1",
        **_blas_core(),
    }


def prepare(root: Path) -> None:
    """Make the folders that DVC looks for, and tell it whether there is git: a ZIP has none."""
    local = root / ".dvc" / "config.local"
    told = local.is_file() and local.read_text(encoding="utf-8") == NO_GIT
    if not (root / ".git").exists() and not local.is_file():
        local.parent.mkdir(exist_ok=True)
        local.write_text(NO_GIT, encoding="utf-8")
    elif (root / ".git").exists() and told:
        local.unlink()
    for folder in ("build/matplotlib", "findings/published"):
        (root / folder).mkdir(parents=True, exist_ok=True)


def mend(root: Path) -> None:
    """Remove what a killed run left broken, with a word about it."""
    lock = root / "dvc.lock"
    if lock.is_file() and not _is_lock(lock):
        lock.unlink()
        _say("dvc.lock was empty or broken and has been removed; every stage runs again.")
    busy = root / ".dvc" / "tmp" / "rwlock"
    if busy.is_file() and not any(_runs_dvc(process) for process in _holders(busy)):
        left_over = _is_held(busy)
        busy.unlink()
        if left_over:
            _say("A run that was killed had left its lock .dvc/tmp/rwlock; it has been removed.")


@contextmanager
def stage_guard() -> Iterator[None]:
    """Let one stage run at a time, and let it die with the process that started it.

    A stage that outlived a killed DVC would publish an old page under new parameters.

    Raises
    ------
    AnalysisError
        If another stage is running in this project.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    die_with_parent(os.getppid())
    folder = paths.find_root() / ".dvc" / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "stage.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnalysisError(
                "Another run of this project is at work. Wait until it has finished."
            ) from None
        yield


def _tell(process: subprocess.Popen[str]) -> bool:
    """Show what a reader wants of DVC's output, and return whether a stage ran."""
    ran = False
    assert process.stdout is not None
    for line in process.stdout:
        starts = STARTS.match(line)
        if starts:
            ran = True
            print(f"{starts[1]} ...", flush=True)
        elif not NOISE.match(line):
            print(line, end="", flush=True)
    return ran


def _blas_core() -> dict[str, str]:
    """Return the setting of one set of BLAS kernels, where the processor is known to have it.

    Other processors choose their own; published values are rounded past the difference.
    """
    processor = Path("/proc/cpuinfo")
    if platform.machine() not in ("x86_64", "AMD64") or not processor.is_file():
        return {}
    flags = re.search(r"^flags\s*:(.*)$", processor.read_text(encoding="utf-8"), re.MULTILINE)
    has = set(flags[1].split()) if flags else set()
    return {"OPENBLAS_CORETYPE": BLAS_CORE} if {"avx2", "fma"} <= has else {}


def _is_lock(file: Path) -> bool:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(content, dict) and bool(content.get("schema"))


def _is_held(file: Path) -> bool:
    """Return whether DVC's lock file names a holder, or is broken; DVC leaves an empty one."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return any(content.values())
    except (ValueError, AttributeError):
        return True


def _holders(file: Path) -> list[int]:
    """Return the process ids that DVC's lock file names, none if it is broken."""
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8"))
        writers = list(content.get("write", {}).values())
        readers = [reader for group in content.get("read", {}).values() for reader in group]
        return [int(holder["pid"]) for holder in writers + readers]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _runs_dvc(process: int) -> bool:
    import psutil

    try:
        found = psutil.Process(process)
        return found.status() != psutil.STATUS_ZOMBIE and "dvc" in " ".join(found.cmdline())
    except psutil.Error:
        return False


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
