"""A new year taken in: what would be written, what was decided for it, and a rehearsal of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis import paths
from analysis.errors import DataError, Problem
from analysis.files import write_together
from analysis.sources.corrections import FILE as CORRECTIONS
from analysis.sources.corrections import load_corrections
from analysis.sources.entries import FILE
from analysis.sources.grids import Grid
from analysis.sources.intake import Placed
from analysis.sources.intake_block import (
    Facts,
    block_text,
    check_block,
    file_of,
    settle_facts,
    with_block,
    with_year,
)
from analysis.sources.intake_last import Last, drift
from analysis.sources.intake_reading import Taken, take_all
from analysis.sources.intake_words import Told
from analysis.tables.rehearsal import rehearse

PARAMS = "params.yaml"
_COPIED = ("plan.yaml", PARAMS)
_NOT_YET = ("names",)


@dataclass(frozen=True)
class Decision:
    """Something that was decided on the way, for an analyst to accept or refuse.

    Parameters
    ----------
    about : str
        The table or the file that it concerns.
    """

    about: str
    words: str
    doubtful: bool = False


@dataclass(frozen=True)
class NewYear:
    """What would be written of a new year.

    Parameters
    ----------
    drift : mapping
        Table to how its headings differ from the last year's.
    files : mapping
        Path to the bytes that would be written there.
    unlinked : tuple of Problem
        Names that nobody has linked yet, each with the line to paste.
    warnings : tuple of Problem
        What may bend a result, as `analysis check` will say it.
    """

    year: str
    tables: tuple[Taken, ...]
    decisions: tuple[Decision, ...]
    drift: Mapping[str, Sequence[str]]
    files: Mapping[Path, bytes]
    unlinked: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def write(self) -> list[str]:
        """Write all files or none, and return their names."""
        write_together(self.files)
        return [paths.relative(path) for path in self.files]


def prepare(
    year: str,
    grids: Sequence[Grid],
    placed: Placed,
    said: Told,
    given: Mapping[str, str],
    last: Last,
) -> NewYear:
    """Return what would be written of a new year; nothing is written here.

    Parameters
    ----------
    placed : Placed
        Which table stands where, without open questions.
    given : mapping
        Facts of the publication that the analyst gave.

    Raises
    ------
    DataError
        With everything in the files that would stop a run, by file, sheet, row and column.
    """
    taken = take_all(placed.tables)
    facts = settle_facts(year, given, grids, last)
    decisions = [
        *(Decision(file, why) for file, why in placed.unread.items()),
        *(decision for table in taken for decision in _of_table(table, said)),
        *(Decision("the year", note) for note in facts.notes),
    ]
    made = NewYear(
        year,
        tuple(taken),
        tuple(decisions),
        {
            table.table: drift(found.heading, found.table, last)
            for table, found in zip(taken, placed.tables, strict=True)
        },
        _files(year, facts, taken, decisions),
    )
    problems = _rehearsed(made)
    errors = [problem for problem in problems if problem.severity == "error"]
    excused = _corrected(made)
    if stopping := list(_stopping(made, errors, facts, excused)):
        raise DataError(stopping)
    known = [
        Decision(table.table, f"as {CORRECTIONS} has it, in spite of: {problem}", True)
        for table in taken
        if table.table in excused
        for problem in table.suspected
    ]
    warnings = tuple(problem for problem in problems if problem.severity == "warning")
    return replace(
        made,
        decisions=(*decisions, *known),
        files=_files(year, facts, taken, [*decisions, *known]),
        unlinked=tuple(errors),
        warnings=warnings,
    )


def _corrected(made: NewYear) -> set[str]:
    """Return the tables of which a person has declared errors of the source."""
    names = [taken.table for taken in made.tables]
    return {one.table for one in load_corrections(made.year, names)[0]}


def _stopping(
    made: NewYear, errors: Sequence[Problem], facts: Facts, excused: set[str]
) -> Iterator[Problem]:
    """Yield what stops a run: as the sheets show it, then what only the rehearsal finds."""
    found = [_in_the_sheet(p, made, facts) for p in errors if p.code not in _NOT_YET]
    wrong = {problem.file for problem in found}
    told = set()
    for taken in made.tables:
        for problem in taken.suspected:
            if taken.table not in excused or taken.place in wrong:
                told.add((problem.file, problem.row))
                yield problem
    yield from (p for p in found if p.row is None or (p.file, p.row) not in told)


def _of_table(taken: Taken, said: Told) -> Iterator[Decision]:
    yield Decision(taken.table, f"read from {taken.place}, {taken.rows} rows")
    for words in said.answers:
        if f"{taken.place} " in words or words.endswith(taken.place):
            yield Decision(taken.table, words, doubtful=True)
    for printed, factor in taken.scale.items():
        yield Decision(taken.table, f'amounts below "{printed}" count {factor:,} times')
    for name in taken.ours:
        yield Decision(taken.table, f'a heading that is not printed: called "{name}"')
    yield from (Decision(taken.table, note) for note in taken.notes)


def _files(
    year: str, facts: Facts, taken: Sequence[Taken], decisions: Sequence[Decision]
) -> dict[Path, bytes]:
    root = paths.find_root()
    accepted = {t.table: [d.words for d in decisions if d.about == t.table] for t in taken}
    sources, params = _text(root / FILE), _text(root / PARAMS)
    block = block_text(year, facts, taken, accepted)
    check_block(sources, block, year)
    raw = {paths.raw(year) / file_of(t.table, facts): t.data for t in taken}
    return {
        **raw,
        root / FILE: with_block(sources, block).encode(),
        root / PARAMS: with_year(params, year).encode(),
    }


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _rehearsed(made: NewYear) -> list[Problem]:
    """Return what `analysis check` would say of the year, found in a copy of the project."""
    root = paths.find_root()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        shutil.copytree(root / "data", copy / "data", ignore=shutil.ignore_patterns("processed"))
        for name in (n for n in _COPIED if (root / n).is_file()):
            shutil.copy(root / name, copy / name)
        for path, data in made.files.items():
            target = copy / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        with paths.standing_in(copy):
            return rehearse(made.year)


def _in_the_sheet(problem: Problem, made: NewYear, facts: Facts) -> Problem:
    """Return a problem of a raw table with the place in the sheet from which it came."""
    for taken in made.tables:
        if problem.file == paths.relative(paths.raw(made.year) / file_of(taken.table, facts)):
            at = (problem.row or 0) - 2
            row = taken.lines[at] if 0 <= at < len(taken.lines) else None
            return replace(problem, file=taken.place, row=row)
    return problem
