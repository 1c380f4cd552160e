"""From a staging folder to the published one: all of it when all is well, else nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import AnalysisError, GateError
from analysis.files import as_json, write_together
from analysis.page.card import make_card
from analysis.page.disclosed import check_disclosure
from analysis.page.edition import Edition
from analysis.page.gate import check_mark, check_page
from analysis.page.shown import kept
from analysis.page.workbook import workbook

MADE = {".html", ".csv", ".xlsx"}
ENTRY = {"value", "unit", "low", "high", "level", "p_value", "n", "method", "kind", "sources"}


def publish(staging: Path, destination: Path, edition: Edition, card: Path) -> None:
    """Check what chapters left in `staging` and put it into place.

    Parameters
    ----------
    staging : Path
        Holds ``pages/<chapter>.html``, ``records/<chapter>.json``, ``tables/<chapter>.json`` and
        ``data/*.csv``.
    destination : Path
        The year's folder of findings. Pages and data of an earlier run that this one did not
        make are removed.
    edition : Edition
        Names the chapters that must be there; those with a stage of their own are left alone.
    card : Path
        Where the index's card of the year is written.

    Raises
    ------
    GateError
        If a page holds what must not be published, or anything shows more than the disclosure
        rule allows; nothing has been written.
    AnalysisError
        If a page or record is missing, or two chapters disagree on a finding.
    """
    own = [name for name, _ in edition.chapters if name not in edition.apart]
    records = [record_of(staging, name) for name in own]
    findings = merged(records)
    pages = {name: page_of(staging, name) for name in own}
    names = {name for record in records for name in record.get("names", [])}
    kinds = {str(entry["kind"]) for entry in findings.values()}
    check_pages(pages, kinds, names, edition.mark)
    data = {file.name: file.read_bytes() for file in sorted((staging / "data").glob("*.csv"))}
    files = {destination / f"{name}.html": page.encode() for name, page in pages.items()}
    files |= {destination / "data" / name: content for name, content in data.items()}
    files[destination / "findings.json"] = as_json(_findings(edition, findings))
    book = workbook(edition, {name: kept(staging, name) for name in own}, pages, findings)
    files[destination / "data" / edition.workbook] = book
    made = make_card(edition, records, findings, data, len(book))
    check_disclosure(records, findings, pages, data, made, book)
    files[card] = as_json(made)
    (destination / "data").mkdir(parents=True, exist_ok=True)
    write_together(files)
    others = {destination / f"{name}.html" for name in edition.apart}
    old = (*destination.glob("*.html"), *(destination / "data").glob("*.*"))
    for file in old:
        if file.suffix in MADE and file not in files and file not in others:
            file.unlink()


def merged(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the findings of all records by id, sorted.

    Raises
    ------
    AnalysisError
        If an entry is incomplete, or two chapters give one id different entries.
    """
    findings: dict[str, dict[str, Any]] = {}
    origin: dict[str, str] = {}
    for record in records:
        for name, entry in record["findings"].items():
            missing = ENTRY - set(entry)
            if missing:
                raise AnalysisError(
                    f"{record['chapter']}: the finding `{name}` lacks {', '.join(sorted(missing))}."
                )
            if findings.setdefault(name, entry) != entry:
                raise AnalysisError(
                    f"{record['chapter']}: the finding `{name}` differs from the one in "
                    f"{origin[name]}. Quote the other chapter's, or give it another id."
                )
            origin.setdefault(name, record["chapter"])
    return dict(sorted(findings.items()))


def page_of(staging: Path, name: str) -> str:
    """Return the page that a chapter left."""
    file = staging / "pages" / f"{name}.html"
    if not file.is_file():
        raise AnalysisError(f"{name}: left no page, so nothing is published.")
    return file.read_text(encoding="utf-8")


def record_of(staging: Path, name: str) -> dict[str, Any]:
    """Return what a chapter left, checked for its parts."""
    file = staging / "records" / f"{name}.json"
    if not file.is_file():
        raise AnalysisError(
            f"{name}: left no record, so nothing is published. Does its last cell finish the "
            "chapter?"
        )
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if record.get("chapter") != name or not isinstance(record.get("findings"), dict):
        raise AnalysisError(f"{name}: its record is not that of a chapter of this name.")
    return record


def check_pages(pages: Mapping[str, str], kinds: set[str], names: set[str], mark: str = "") -> None:
    """Raise GateError with all that pages hold and must not be published."""
    problems = []
    for name, page in pages.items():
        try:
            check_page(page, kinds, names)
            check_mark(page, mark)
        except GateError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise GateError("\n".join([*problems, "Nothing has been published."]))


def _findings(edition: Edition, findings: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "year": edition.year,
        "status": edition.status,
        "sources": dict(edition.raw),
        "plan_sha256": edition.plan_sha256,
        "findings": findings,
    }


def clean_staging(year: str) -> Path:
    """Return a fresh, empty staging folder for a year's run."""
    if not re.fullmatch(r"\w+", year, re.ASCII):
        raise AnalysisError(f"found the year {year!r}; expected letters, digits and _ only.")
    folder = paths.find_root() / "build" / "staging" / year
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
