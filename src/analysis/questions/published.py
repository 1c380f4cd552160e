"""What was released: the frozen findings and tables below findings/published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from analysis import paths
from analysis.errors import DataError, Problem, UnavailableError
from analysis.questions.headlines import REASON
from analysis.sources.registry import read_release
from analysis.tables.frozen import fingerprint, from_text
from analysis.tables.tidy import Study, rebuilt

FORM = "1"
ORDER = ("provisional", "revised", "final")
_NAME = re.compile(r"(20\d\d)(?:_(provisional|revised))?", re.ASCII)


@dataclass(frozen=True, eq=False)
class Released:
    """A release, as it was frozen in a file of findings/published."""

    file: str
    content: Mapping[str, Any]

    @property
    def year(self) -> str:
        """The year of the release."""
        return str(self.content["year"])

    @property
    def number(self) -> int:
        """The year as a number."""
        return self.study.release.number

    @property
    def maturity(self) -> str:
        """`provisional`, `revised` or `final`."""
        return str(self.content["maturity"])

    @property
    def rank(self) -> int:
        """How mature the release is, from 0."""
        return _rank(self.maturity)

    @cached_property
    def plan(self) -> dict[str, Any]:
        """The content of the plan of the release."""
        content: dict[str, Any] = yaml.safe_load(self.plan_text)
        return content

    @property
    def plan_text(self) -> str:
        """The plan of the release as it stood in its file."""
        return "\n".join(self.content["plan"])

    @property
    def findings(self) -> Mapping[str, Mapping[str, Any]]:
        """The entries that were published, by id."""
        found: Mapping[str, Mapping[str, Any]] = self.content["findings"]
        return found

    @cached_property
    def study(self) -> Study:
        """The typed tables that were released.

        Raises
        ------
        DataError
            If the file has been changed by hand.
        """
        frames = from_text(self.content["tables"])
        if fingerprint(frames) != self.content["tables_sha256"]:
            raise _changed(self.file)
        source = {self.year: self.content["source"], "formats": self.content["formats"]}
        return rebuilt(read_release(self.year, source), frames)

    def entry(self, finding: str) -> Mapping[str, Any]:
        """Return a published number, or under ``reason`` why there was none."""
        gaps: Mapping[str, str] = self.content["gaps"]
        none = gaps.get(finding, "it was not among the numbers of that release")
        return self.findings.get(finding, {REASON: none})


def folder() -> Path:
    """Return the folder of what was released."""
    return paths.find_root() / "findings" / "published"


def read_released(name: str) -> Released | None:
    """Return the release in a file such as ``2013.json`` by its name without ending, if any.

    Raises
    ------
    DataError
        If the file is not of the known form.
    """
    path = folder() / f"{name}.json"
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = content["form"] == FORM
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise _changed(paths.relative(path))
    return Released(paths.relative(path), content)


def earlier_releases(year: str, maturity: str) -> list[Released]:
    """Return what was released before a release of this year and maturity, the latest first.

    A practice year has no year before it.
    """
    if re.fullmatch(r"20\d\d", year, re.ASCII) is None:
        return []
    names = [file.stem for file in folder().glob("*.json") if _NAME.fullmatch(file.stem)]
    kept = [one for name in names if name[:4] <= year and (one := read_released(name))]
    before = [one for one in kept if one.year < year or one.rank < _rank(maturity)]
    return sorted(before, key=lambda one: (one.year, one.rank), reverse=True)


def last_year(year: str) -> Released:
    """Return the nearest earlier year that was released.

    Raises
    ------
    UnavailableError
        If there is none.
    """
    found = [one for one in earlier_releases(year, ORDER[0]) if one.year < year]
    if not found:
        raise UnavailableError("no earlier year has been released (a SIMULATED one never is)")
    return found[0]


def earlier_release(year: str, maturity: str) -> Released:
    """Return the last release of the same year that was less mature than `maturity`.

    Raises
    ------
    UnavailableError
        If there is none.
    """
    found = [one for one in earlier_releases(year, maturity) if one.year == year]
    if not found:
        raise UnavailableError("this year has had no earlier, less mature release")
    return found[0]


def _rank(maturity: str) -> int:
    return ORDER.index(maturity) if maturity in ORDER else 0


def has_last_year(year: str) -> bool:
    """Return whether an earlier year has been released."""
    return _is_there(last_year, year)


def has_earlier_release(year: str, maturity: str) -> bool:
    """Return whether the year itself has had a less mature release."""
    return _is_there(earlier_release, year, maturity)


def _is_there(look_up: Callable[..., Released], *about: str) -> bool:
    try:
        look_up(*about)
    except UnavailableError:
        return False
    return True


def _changed(file: str) -> DataError:
    return DataError(
        Problem(
            file,
            found="something else than `analysis release` wrote",
            expected="a release as it was frozen",
            remedy="Bring the file back from the project's history.",
            code="file",
        )
    )
