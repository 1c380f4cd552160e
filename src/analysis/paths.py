"""Where things are, found from the package and never from the working directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_root() -> Path:
    """Return the project's root folder.

    ``ANALYSIS_ROOT`` overrides the place of the package, so that a test can run the same
    code on a made-up county.
    """
    override = os.environ.get("ANALYSIS_ROOT")
    return Path(override).resolve() if override else Path(__file__).resolve().parents[2]


@contextmanager
def standing_in(root: Path) -> Iterator[None]:
    """Let another folder be the project's root for a while."""
    before = os.environ.get("ANALYSIS_ROOT")
    os.environ["ANALYSIS_ROOT"] = str(root)
    try:
        yield
    finally:
        os.environ.pop("ANALYSIS_ROOT")
        if before is not None:
            os.environ["ANALYSIS_ROOT"] = before


def relative(path: Path) -> str:
    """Return `path` as a reader would type it from the project's root."""
    try:
        return path.resolve().relative_to(find_root().resolve()).as_posix()
    except ValueError:
        return path.name


def raw(year: str) -> Path:
    """Return the folder of a year's tables as published."""
    return find_root() / "data" / "raw" / year


def processed(year: str) -> Path:
    """Return the folder of a year's typed tables."""
    return find_root() / "data" / "processed" / year


def findings(year: str) -> Path:
    """Return the folder of a year's pages and findings."""
    return find_root() / "findings" / year


def notebooks() -> Path:
    """Return the folder of the chapters."""
    return find_root() / "notebooks"


def staging() -> Path:
    """Return the folder into which a chapter that is being run writes its record."""
    override = os.environ.get("ANALYSIS_STAGING")
    return Path(override) if override else find_root() / "build" / "draft"
