"""A chapter with a stage of its own, so that the others need not wait for what it depends on."""

from __future__ import annotations

from pathlib import Path

from analysis import paths
from analysis.files import write_together
from analysis.page.disclosed import check_disclosure
from analysis.page.edition import Edition, edition
from analysis.page.publish import as_json, check_pages, clean_staging, merged, page_of, record_of
from analysis.page.run import Engine, run_chapters
from analysis.params import Params
from analysis.questions.old_code import RUNS, runs_in
from analysis.sources.registry import load_release

FOLDER = "since"


def make_apart(year: str, params: Params, *, jobs: int | None, engine: Engine) -> None:
    """Run the chapters that have a stage of their own, and put them into place."""
    names = [file.stem for file in sorted(paths.notebooks().glob("[0-9][0-9]_*.ipynb"))]
    made = edition(year, load_release(year).maturity, params.shared(), names)
    staging = clean_staging(f"{year}_{FOLDER}")
    run_chapters(
        sorted(made.apart),
        params.of_a_chapter(year),
        staging,
        edition=made,
        jobs=jobs,
        engine=engine,
    )
    publish_apart(staging, paths.findings(year), made)


def publish_apart(staging: Path, destination: Path, edition: Edition) -> None:
    """Check what the chapters left in `staging` and put it beside the year's other pages.

    Their data go to a folder of their own, their numbers and the runs of old code that they used
    to ``since.json``.

    Raises
    ------
    GateError
        If a page holds what must not be published; nothing has been written.
    AnalysisError
        If a page or record is missing.
    """
    names = sorted(edition.apart)
    records = [record_of(staging, name) for name in names]
    findings = merged(records)
    data = {file.name: file.read_bytes() for file in sorted((staging / "data").glob("*.csv"))}
    pages = {name: _with_own_data(page_of(staging, name), data) for name in names}
    groups = {name for record in records for name in record.get("names", [])}
    kinds = {str(entry["kind"]) for entry in findings.values()}
    check_pages(pages, kinds, groups, edition.mark)
    check_disclosure(records, findings, pages, data)
    folder = destination / FOLDER
    files = {destination / f"{name}.html": page.encode() for name, page in pages.items()}
    files |= {folder / name: content for name, content in data.items()}
    gaps = {name: why for record in records for name, why in record.get("gaps", {}).items()}
    content = {"year": edition.year, "findings": findings, "gaps": gaps, RUNS: runs_in(staging)}
    files[destination / f"{FOLDER}.json"] = as_json(content)
    folder.mkdir(parents=True, exist_ok=True)
    write_together(files)
    for file in folder.glob("*.csv"):
        if file not in files:
            file.unlink()


def _with_own_data(page: str, data: dict[str, bytes]) -> str:
    for name in data:
        page = page.replace(f'href="data/{name}"', f'href="{FOLDER}/{name}"')
    return page
