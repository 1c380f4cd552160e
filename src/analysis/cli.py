"""The door: what a person can ask of the software, and how a mistake is answered."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer

from analysis import new_year, paths
from analysis.errors import AnalysisError, DataError, Problem, UsageError, quoted
from analysis.params import Params, load_params

READABLE = (
    *("gains", "ofsted", "funding", "schools", "members"),
    *("targets", "stages", "gaps", "grades"),
)
STAGES = ("reviewed", "tables", "chapters", "since", "index")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 1 for a mistake in the data, 2 in the usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except AnalysisError as error:
        print(_shown(error), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped. The last good pages are as they were.", file=sys.stderr)
        return 130


def _shown(error: AnalysisError) -> str:
    """Return an error as a person reads it: the first problem whole, the others counted."""
    name = "DataError" if isinstance(error, DataError) else "Error"
    if not isinstance(error, DataError) or len(error.problems) == 1:
        return f"{name}: {error}"
    more = len(error.problems) - 1
    return f"{name}: {error.problems[0]}\nand {more} more; see them all with: analysis check"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="analysis", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="make what is out of date: tables, pages, index")
    build.add_argument("targets", nargs="*", metavar="STAGE", help="such as chapters@2013")
    build.set_defaults(command=_build)
    check = commands.add_parser("check", help="say all that is wrong with the tables of a year")
    check.add_argument("year", nargs="?", help="such as 2013; all years without it")
    check.add_argument("--json", action="store_true", help="as a list of objects")
    check.set_defaults(command=_check)
    read = commands.add_parser("read", help="read one file, and say what was found in it")
    read.add_argument("table", choices=READABLE)
    read.add_argument("file", metavar="FILE", help="text or a workbook")
    read.add_argument("--json", action="store_true", help="as one object")
    read.set_defaults(command=_read)
    new = commands.add_parser("new-year", help="take in the tables of a new year, as they came")
    new_year.add_options(new)
    new.set_defaults(command=new_year.run)
    simulate = commands.add_parser(
        "simulate", help="write the practice year: a SIMULATED county with a known truth"
    )
    simulate.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the county otherwise than plan.yaml has it, such as gain_pp=0",
    )
    simulate.set_defaults(command=_simulate)
    release = commands.add_parser(
        "release", help="freeze a year's published findings and tables, for later years to look at"
    )
    release.add_argument("year", help="such as 2013")
    release.add_argument("--again", action="store_true", help="in the place of the same release")
    release.set_defaults(command=_release)
    stage = commands.add_parser("stage", help="run one stage of the pipeline (used by dvc.yaml)")
    stage.add_argument("stage", choices=STAGES)
    stage.add_argument("--year", help="the year, where dvc does not name it")
    stage.add_argument(
        "--engine",
        choices=("in_process", "kernel"),
        default=os.environ.get("ANALYSIS_ENGINE", "in_process"),
    )
    stage.add_argument("--jobs", type=int, help="chapters run side by side")
    stage.set_defaults(command=_stage)
    return parser


def _build(options: argparse.Namespace) -> int:
    from analysis.page.pipeline import reproduce

    params = load_params()
    problems = _rehearse(params.years)
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise DataError(errors)
    if warnings := [problem for problem in problems if problem.severity == "warning"]:
        print(f"Warnings: {len(warnings)}; see them with: analysis check")
    return reproduce(options.targets)


def _rehearse(years: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the raw tables of all years; one bad cell then costs no pages."""
    from analysis.tables.rehearsal import in_order, rehearse

    with Progress() as progress:
        return in_order(problem for year in years for problem in rehearse(year, progress))


def _check(options: argparse.Namespace) -> int:
    from analysis.tables.rehearsal import as_json, shown

    try:
        problems = _rehearse(_years(options.year))
    except DataError as error:
        problems = error.problems
    command = " ".join(["analysis check", *([options.year] if options.year else [])])
    print(as_json(problems) if options.json else shown(problems, command))
    return 1 if any(problem.severity == "error" for problem in problems) else 0


def _years(wanted: str | None) -> Sequence[str]:
    """Return the years to check: the one that is wanted, or all of params.yaml."""
    from analysis.sources.registry import known_years

    if wanted is None:
        return load_params().years
    years = known_years()
    if wanted not in years:
        found = f"data/sources.yaml has no year {quoted(wanted)}"
        raise UsageError(f"{found}; it has {', '.join(years)}.")
    return [wanted]


class Progress:
    """Says on the terminal what is being done, once it takes longer than some seconds."""

    def __init__(self, after_seconds: float = 2.0) -> None:
        self.after_seconds, self._timer = after_seconds, Timer(0, print)

    def __call__(self, words: str) -> None:
        """Take note of what is being done now."""
        self._timer.cancel()
        self._timer = Timer(self.after_seconds, print, [f"{words} ..."], {"file": sys.stderr})
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _read(options: argparse.Namespace) -> int:
    from analysis.tables.reading import Rejected, read_one, shown

    result = read_one(options.table, Path(options.file))
    rejected = isinstance(result, Rejected)
    stream = sys.stderr if rejected and not options.json else sys.stdout
    print(shown(result, as_json=options.json), file=stream)
    return 1 if rejected else 0


def _simulate(options: argparse.Namespace) -> int:
    from analysis.files import read_yaml
    from analysis.tables.practice import PLAN, settings_of, write_practice

    content = read_yaml(paths.find_root() / PLAN, "plan").get("county")
    if not isinstance(content, dict):
        raise UsageError("plan.yaml has no block `county`, which says what to simulate.")
    settings, seed = settings_of({**content, **dict(map(_setting, options.set))})
    for path in write_practice(settings, seed):
        print(path)
    return 0


def _setting(text: str) -> tuple[str, object]:
    """Return name and value of a setting such as ``gain_pp=0``."""
    import yaml

    name, found, value = text.partition("=")
    if not found:
        raise UsageError(f"--set {text}: found no `=`; expected a name and a value: gain_pp=0")
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError:
        raise UsageError(f"--set {text}: found {value!r}; expected a value: gain_pp=0") from None


def _release(options: argparse.Namespace) -> int:
    from analysis.page.pipeline import fixed_environment

    os.environ.update(fixed_environment())
    from analysis.page.release import release

    params = load_params()
    if options.year not in params.years:
        raise UsageError(
            f"params.yaml has no year {options.year!r}; it has {', '.join(params.years)}."
        )
    print(release(options.year, params, again=options.again))
    return 0


def _stage(options: argparse.Namespace) -> int:
    from analysis.page.pipeline import fixed_environment, stage_guard

    os.environ.update(fixed_environment())
    with stage_guard():
        return _run_stage(options)


def _run_stage(options: argparse.Namespace) -> int:
    params = load_params()
    if options.stage in ("index", "reviewed"):
        (_index if options.stage == "index" else _reviewed)(params)
        return 0
    year = options.year or _year_of_stage(options.stage)
    if year not in params.years:
        raise UsageError(f"params.yaml has no year {year!r}; it has {', '.join(params.years)}.")
    if options.stage == "tables":
        _tables(year)
    elif options.stage == "since":
        from analysis.page.apart import make_apart

        make_apart(year, params, jobs=options.jobs, engine=options.engine)
    else:
        _chapters(year, params, options)
    return 0


def _year_of_stage(stage: str) -> str:
    """Return the year in the name that dvc gives the stage, such as ``tables@2013``."""
    name = os.environ.get("DVC_STAGE", "").rsplit(":", 1)[-1]
    match = re.fullmatch(rf"{stage}@(\w+)", name, re.ASCII)
    if match is None:
        raise UsageError(f"Say which year: analysis stage {stage} --year 2013")
    return match[1]


def _reviewed(params: Params) -> None:
    from analysis.sources.reviewed import write_reviewed

    write_reviewed(params.years)


def _tables(year: str) -> None:
    from analysis.tables.tidy import make_study, save_study

    save_study(make_study(year))


def _chapters(year: str, params: Params, options: argparse.Namespace) -> None:
    from analysis.page.edition import edition
    from analysis.page.publish import clean_staging, publish
    from analysis.page.run import run_chapters
    from analysis.sources.registry import load_release

    names = [file.stem for file in sorted(paths.notebooks().glob("[0-9][0-9]_*.ipynb"))]
    made = edition(year, load_release(year).maturity, params.shared(), names)
    staging = clean_staging(year)
    run_chapters(
        [name for name in names if name not in made.apart],
        params.of_a_chapter(year),
        staging,
        edition=made,
        jobs=options.jobs,
        engine=options.engine,
    )
    card = paths.find_root() / "build" / f"{year}.json"
    publish(staging, paths.findings(year), made, card)


def _index(params: Params) -> None:
    from analysis.page.index import build_index
    from analysis.sources.registry import load_release

    root = paths.find_root()
    releases = {year: load_release(year) for year in params.years}
    build_index(params.years, root / "build", root / "findings", releases)


if __name__ == "__main__":
    sys.exit(main())
