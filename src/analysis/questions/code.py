"""Which code makes the numbers: its fingerprint, and the same code of an earlier release by git."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UnavailableError
from analysis.files import sha256, sha256_of

ROOMS = ("methods", "questions", "sources", "tables")
MODULES = ("quantities.py", "variables.py")
# What compares years makes no number of a year.
BETWEEN_YEARS = {
    *(f"questions/{name}.py" for name in ("code", "headlines", "old_code", "published")),
    *("questions/severity.py", "questions/since.py", "tables/continuing.py", "tables/frozen.py"),
}
SOURCE = "src"
# What the pages are made from, beside the tables: kept by git as it was released.
KEPT = (SOURCE, "notebooks", "plan.yaml", "params.yaml")
ABOUT_YEARS = ("headlines", "since")


def number_files() -> dict[str, str]:
    """Return the SHA-256 of each file of code that makes numbers, by its path in the package."""
    top = Path(__file__).parents[1]
    files = [*(top / name for name in MODULES), *(f for r in ROOMS for f in (top / r).glob("*.py"))]
    named = {file.relative_to(top).as_posix(): file for file in sorted(files)}
    return {name: sha256(file) for name, file in named.items() if name not in BETWEEN_YEARS}


def numbers_sha256() -> str:
    """Return one SHA-256 for all code that makes numbers."""
    return digest_of(number_files())


def digest_of(files: dict[str, str]) -> str:
    """Return one SHA-256 for files with theirs."""
    return sha256_of("".join(f"{name}\0{files[name]}\n" for name in sorted(files)).encode())


def without_years(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan's content without what it says about comparing years."""
    return {name: part for name, part in plan.items() if name not in ABOUT_YEARS}


def has_git() -> bool:
    """Return whether the project has its history beside it."""
    return (paths.find_root() / ".git").exists()


def git(*arguments: str) -> bytes:
    """Return what git says of the project.

    Raises
    ------
    UnavailableError
        If git is not there or refuses.
    """
    environment = {n: v for n, v in os.environ.items() if not n.startswith("GIT_")}
    command = ["git", "-C", str(paths.find_root()), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
    except FileNotFoundError:
        raise UnavailableError("the program git is not on this machine") from None
    if done.returncode:
        raise UnavailableError(f"git answered: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def trees() -> dict[str, str]:
    """Return git's ids of the committed code, chapters, plan and parameters; empty without git."""
    if not has_git():
        return {}
    return {name: git("rev-parse", f"HEAD:./{name}").decode().strip() for name in KEPT}


def uncommitted() -> list[str]:
    """Return the files of code, chapters, plan and parameters that git has not got as they are."""
    if not has_git():
        return []
    said = git("status", "--porcelain", "--untracked-files=all", "--", *KEPT).decode()
    return [line[3:] for line in said.splitlines()]


def bring_back(tree: str, folder: Path) -> None:
    """Write the files of one of git's trees into a folder.

    Raises
    ------
    UnavailableError
        If there is no git, or its history does not hold the tree.
    """
    if not has_git():
        raise UnavailableError("this copy of the project has no history to take the old code from")
    try:
        packed = git("archive", "--format=tar", tree)
    except UnavailableError:
        raise UnavailableError("the history of this copy does not hold the old code") from None
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
