"""The dialogue of `analysis new-year`: what was found is shown, asked, accepted, then written."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import paths
from analysis.errors import DataError, Problem, UsageError
from analysis.files import read_yaml
from analysis.params import load_params

if TYPE_CHECKING:
    from analysis.sources.grids import Grid
    from analysis.sources.intake import Placed
    from analysis.sources.intake_last import Last
    from analysis.sources.intake_words import Option, Question, Told
    from analysis.tables.new_year import NewYear

FACTS = ("title", "place", "publisher", "published", "document", "accessed", "licence")
MATURITIES = ("provisional", "revised", "final")
_ROUNDS = 20
_DONE = "Nothing was written."
_KNOWN = (
    "Where the source itself errs, say so in data/corrections.yaml under {year}; then run again."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("year", help="such as 2014")
    parser.add_argument("files", nargs="+", metavar="FILE", help="text, .xlsx or .ods, as it came")
    parser.add_argument("--yes", action="store_true", help="accept what is sure, or nearly so")
    parser.add_argument("--dry-run", action="store_true", help="show it all and write nothing")
    for option, form, help_ in (
        ("table", "NAME=FILE#SHEET", "where a table is"),
        ("heading", "TABLE:PRINTED=COLUMN", "what a heading means; - leaves its column out"),
        ("skip", "FILE#SHEET", "a sheet that is not to be read"),
    ):
        parser.add_argument(f"--{option}", action="append", default=[], metavar=form, help=help_)
    parser.add_argument("--maturity", choices=MATURITIES)
    for name in FACTS:
        parser.add_argument(f"--{name}", metavar="WORDS", help="a fact of the publication")


def run(options: argparse.Namespace) -> int:
    """Take a new year in, and return the exit code: 0, 1 for a mistake in the data, 2 in usage."""
    from analysis.sources.intake_last import last_before
    from analysis.sources.intake_words import told

    said = told(options.heading, options.table, options.skip)
    _check_year(options.year)
    given = {name: getattr(options, name) for name in (*FACTS, "maturity")}
    try:
        grids, last = _opened(options.files), last_before(options.year)
        found = _settled(grids, said, last, options)
        if found is None:
            return 2
        placed, said = found
        made = _prepared(options.year, grids, placed, said, given, last)
    except DataError as error:
        print("\n".join(f"DataError: {problem}" for problem in error.problems), file=sys.stderr)
        print(f"{_DONE} {_KNOWN.format(year=options.year)}", file=sys.stderr)
        return 1
    print(_shown(made, last.year))
    return _accepted(made, options)


def _prepared(
    year: str,
    grids: Sequence[Grid],
    placed: Placed,
    said: Told,
    given: Mapping[str, str],
    last: Last,
) -> NewYear:
    from analysis.tables.new_year import prepare

    facts = {name: words for name, words in given.items() if words}
    return prepare(year, grids, placed, said, facts, last)


def _check_year(year: str) -> None:
    from analysis.sources.entries import FILE

    if re.fullmatch(r"20\d\d", year, re.ASCII) is None:
        raise UsageError(f"found the year {year!r}; expected four digits, such as 2014")
    folder = paths.raw(year)
    places = {
        "params.yaml": year in load_params().years,
        FILE: year in map(str, read_yaml(paths.find_root() / FILE, "sources")),
        paths.relative(folder): folder.is_dir() and any(folder.iterdir()),
    }
    there = [name for name, has in places.items() if has]
    if there:
        raise UsageError(
            f"The year {year} is there already, in {', '.join(there)}. Choose another year; or, "
            "to take it in again, remove it there first (git shows what was added)."
        )


def _opened(files: Sequence[str]) -> list[Grid]:
    """Return all sheets of all files, each called by its file and, of several, its sheet."""
    from analysis.sources.grids import open_grids
    from analysis.sources.intake_words import label

    names = [Path(file).name for file in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"Two files are called {twice[0]}; give one of them another name.")
    grids: list[Grid] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found = open_grids(Path(file))
        except DataError as error:
            problems += error.problems
            continue
        grids += [replace(grid, file=label(grid, len(found) > 1)) for grid in found]
    if problems:
        raise DataError(problems)
    return grids


def _settled(
    grids: Sequence[Grid], said: Told, last: Last, options: argparse.Namespace
) -> tuple[Placed, Told] | None:
    """Return which table is where once nothing is open, or None where something stays open."""
    from analysis.sources.intake import place_tables

    for _ in range(_ROUNDS):
        placed = place_tables(grids, said, last)
        if not placed.questions:
            return placed, said
        answers = [_answer(question, options) for question in placed.questions]
        if None in answers:
            open_ = [q for q, a in zip(placed.questions, answers, strict=True) if a is None]
            print(_what_to_pass(open_), file=sys.stderr)
            return None
        for answer in answers:
            said = said.with_answer(answer) if answer else said
    raise UsageError("The same questions come again and again; say it with --table or --heading.")


def _answer(question: Question, options: argparse.Namespace) -> Option | None:
    if options.yes or options.dry_run:
        return question.likely
    return _ask(question) if sys.stdin.isatty() else None


def _ask(question: Question) -> Option | None:
    """Return what the analyst chooses; 0 is none of the answers, and ends the command."""
    print(question.text)
    for number, option in enumerate(question.options, start=1):
        print(f"  {number}  {option.words}")
    print("  0  none of these")
    while True:
        typed = _typed("Which? ")
        if typed in ("0", "n", None):
            return None
        if typed.isascii() and typed.isdigit() and int(typed) <= len(question.options):
            return question.options[int(typed) - 1]


def _typed(prompt: str) -> str | None:
    try:
        return input(prompt).strip()
    except EOFError:
        return None


def _what_to_pass(questions: Sequence[Question]) -> str:
    lines = ["Not sure, and nobody to ask; say which with these options:"]
    for question in questions:
        lines.append(question.text)
        lines += [f"  {option.flags}\n      {option.words}" for option in question.options]
    likely = all(question.likely for question in questions)
    lines += ["Or accept what is likely: --yes"] if likely else []
    return "\n".join([*lines, _DONE])


def _shown(made: NewYear, last: str) -> str:
    lines = [f"{made.year}: {len(made.tables)} tables found."]
    for taken in made.tables:
        lines.append(f"\n{taken.table}: {taken.rows} rows, from {taken.place}")
        lines += [f"  against {last}: {line}" for line in made.drift[taken.table]]
    lines.append("\nDecided:")
    about = ""
    for number, decision in enumerate(made.decisions, start=1):
        lines += [] if decision.about == about else [f"  {decision.about}"]
        about = decision.about
        doubt = " (in doubt)" if decision.doubtful else ""
        lines.append(f"  {number:3}  {decision.words}{doubt}")
    if made.warnings:
        lines.append(f"\n{_counted(made)}")
    return "\n".join(lines)


def _counted(made: NewYear) -> str:
    counts = Counter(problem.code for problem in made.warnings)
    kinds = ", ".join(f"{number} of the kind {code}" for code, number in counts.items())
    return f"Nothing stops a run; analysis check {made.year} will warn of {kinds}."


def _accepted(made: NewYear, options: argparse.Namespace) -> int:
    """Write the year if the analyst accepts all that was decided."""
    if options.dry_run:
        print(f"\n{_DONE}")
        return 0
    if not options.yes and not sys.stdin.isatty():
        count = len(made.decisions)
        raise UsageError(f"{count} decisions wait to be accepted: look at them, then pass --yes.")
    answer = "" if options.yes else _typed("\nAccept all of these, and write the year? [Y/n] ")
    if answer not in ("", "y", "Y", "yes"):
        print(_DONE)
        return 1
    print("\nWritten: " + ", ".join(made.write()))
    print(_next(made))
    return 0


def _next(made: NewYear) -> str:
    lines = []
    if made.unlinked:
        count = len(made.unlinked)
        lines.append(f"{count} name{'s are' if count > 1 else ' is'} not linked yet:")
        lines += [f"  {problem}" for problem in made.unlinked]
    return "\n".join([*lines, "Next: make check, then make findings."])
