"""A year's findings and tables frozen as they were published, for later years to look back at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import paths
from analysis.errors import AnalysisError
from analysis.files import read_yaml, sha256, sha256_of_tree, write_together
from analysis.page.pipeline import out_of_date
from analysis.params import Params
from analysis.questions.code import digest_of, number_files, trees, uncommitted
from analysis.questions.disclosure import rule_of, withheld
from analysis.questions.estimate import Settings
from analysis.questions.headlines import REASON, answers, ids_of
from analysis.questions.plan import load_plan
from analysis.questions.published import FORM, ORDER, Released, folder, read_released
from analysis.sources.entries import FILE
from analysis.tables.frozen import as_text, fingerprint
from analysis.tables.tidy import Study, frames_of, load_study, make_study

# How many names deep each part of the file has a line of its own.
DEPTHS = {"tables": 2, "findings": 1, "gaps": 1, "code": 2, "source": 1, "raw": 1, "plan": 1}


def release(year: str, params: Params, *, again: bool = False) -> str:
    """Freeze what was released of a year, and return the file's path from the project's root.

    A less mature release of the same year stays beside it, under the name of its maturity.

    Raises
    ------
    AnalysisError
        If the year is SIMULATED or was released before, its pages are not up to date, or git has
        not got the code.
    DataError
        If its raw tables have a fault.
    """
    study = make_study(year)
    _refuse_simulated(study)
    _refuse_stale(study)
    files, before = {}, read_released(year)
    if before is not None:
        _refuse_repeated(before, study, again)
        if before.maturity != study.release.maturity:
            files[folder() / f"{year}_{before.maturity}.json"] = _bytes_of(before)
    path = folder() / f"{year}.json"
    files[path] = dumped(frozen(study, params)).encode()
    write_together(files)
    return paths.relative(path)


def _refuse_simulated(study: Study) -> None:
    if study.release.maturity not in ORDER:
        raise AnalysisError(
            f"{study.year} is {study.release.maturity}: made-up results are never released. "
            f"A year of real tables says {', '.join(ORDER[:-1])} or {ORDER[-1]} in {FILE}."
        )


def _refuse_stale(study: Study) -> None:
    year = study.year
    stale = out_of_date([f"tables@{year}", f"chapters@{year}"])
    if stale or fingerprint(frames_of(study)) != fingerprint(frames_of(load_study(year))):
        what = ", ".join(stale) or "its typed tables"
        raise AnalysisError(
            f"The pages of {year} are not those of today's inputs ({what}). Make them with "
            "`make findings`, look at them, then release."
        )
    if files := uncommitted():
        raise AnalysisError(
            f"git has not got {files[0]} as it is ({len(files)} such files), so the code of this "
            "release could not be brought back. Commit, then release."
        )


def _refuse_repeated(before: Released, study: Study, again: bool) -> None:
    then, now = (ORDER.index(one) for one in (before.maturity, study.release.maturity))
    if now > then or (again and now == then):
        return
    wanted = "a more mature one" if now < then else "`--again` to put another in its place"
    raise AnalysisError(
        f"{before.file} already holds the {before.maturity} release of {study.year}, and these "
        f"tables are {study.release.maturity}; expected {wanted}."
    )


def _bytes_of(released: Released) -> bytes:
    return (paths.find_root() / released.file).read_bytes()


def frozen(study: Study, params: Params) -> dict[str, Any]:
    """Return all that is kept of a release.

    Raises
    ------
    AnalysisError
        If a headline number of the code is not the one that was published.
    """
    root, year = paths.find_root(), study.year
    frames, left_out = _kept(study)
    sources = read_yaml(root / FILE, "sources")
    published = _published(year)
    found, gaps = _headlines(study, params, published)
    code = number_files()
    return {
        "form": FORM,
        "year": year,
        "place": study.release.place,
        "maturity": study.release.maturity,
        "released": study.release.published,
        "definitions": dict(study.release.definitions),
        "raw": {one.file: sha256(one.path) for one in study.release.files},
        "lock_sha256": _sha256_of(root / "requirements.lock"),
        "code": {
            "all": sha256_of_tree(Path(__file__).parents[1], paths.notebooks()),
            "numbers": digest_of(code),
            "trees": trees(),
            "files": code,
        },
        "params": params.shared(),
        "plan_sha256": sha256(root / "plan.yaml"),
        "plan": (root / "plan.yaml").read_text(encoding="utf-8").split("\n"),
        "source": sources[year],
        "formats": sources.get("formats", {}) if study.release.schools else {},
        "findings": found,
        "gaps": gaps,
        **({"withheld": left_out} if left_out else {}),
        "tables_sha256": fingerprint(frames),
        "tables": as_text(frames),
    }


def _kept(study: Study) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the tables that may be kept where everybody can read them, and the names of others.

    Tables of single schools are kept only where the plan says that all of them are published.
    """
    frames = frames_of(study)
    left_out = withheld(frames, rule_of(load_plan().content, study.year))
    return {name: frame for name, frame in frames.items() if name not in left_out}, left_out


def _sha256_of(path: Path) -> str | None:
    return sha256(path) if path.is_file() else None


def _published(year: str) -> dict[str, Any]:
    file = paths.findings(year) / "findings.json"
    if not file.is_file():
        raise AnalysisError(f"{paths.relative(file)}: there are no findings. Run `make findings`.")
    findings: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["findings"]
    return findings


def _headlines(
    study: Study, params: Params, published: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the published findings with all headline numbers, and why others are missing."""
    plan = load_plan()
    settings = Settings(params.confidence, params.seed, params.permutations)
    asked = answers(study, plan, settings, ids_of(plan, study.release.number).values())
    given = {name: entry for name, entry in asked.items() if REASON not in entry}
    for name, entry in given.items():
        if published.get(name, entry)["text"] != entry["text"]:
            raise AnalysisError(
                f"{name} was published as {published[name]['text']}, and today's code gives "
                f"{entry['text']}. Make the pages again with `make findings`."
            )
    gaps = {name: entry[REASON] for name, entry in asked.items() if REASON in entry}
    return {**published, **given}, gaps


def dumped(content: Mapping[str, Any]) -> str:
    """Return a release as JSON, a line for each column, finding and file."""
    parts = [f" {json.dumps(n)}: {_dumped(content[n], DEPTHS.get(n, 0), 1)}" for n in content]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _dumped(value: Any, depth: int, indent: int) -> str:
    if depth == 0 or not value or not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False, default=str)
    space = " " * (indent + 1)
    values = value if isinstance(value, list) else value.values()
    inner = [_dumped(one, depth - 1, indent + 1) for one in values]
    if isinstance(value, list):
        return f"[\n{space}" + f",\n{space}".join(inner) + f"\n{' ' * indent}]"
    named = [f"{json.dumps(name)}: {one}" for name, one in zip(value, inner, strict=True)]
    return f"{{\n{space}" + f",\n{space}".join(named) + f"\n{' ' * indent}}}"
