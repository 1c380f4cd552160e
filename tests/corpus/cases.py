"""What a case is, where it is declared, and how an answer to its file is judged."""

from __future__ import annotations

import contextlib
import io
import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from analysis import cli

from .sheets import BASES, HEADINGS, Gap, OneOf, Row, Sheet

Maker = Callable[[Sheet, Random], Any]
ANY = object()
ERROR_KEYS = {"file", "row", "column", "found", "expected", "remedy"}
TOTALS = {"authority", "national", "national, state-funded"}


@dataclass(frozen=True)
class Place:
    """Where an error may point: rows as an editor shows them, headings as printed."""

    rows: Any
    columns: Any

    def holds(self, error: dict[str, Any]) -> bool:
        return (self.rows is ANY or error["row"] in self.rows) and (
            self.columns is ANY or error["column"] in self.columns
        )


class All(tuple[Place, ...]):
    """Several places, each of which must be among the errors."""

    def holds(self, errors: list[dict[str, Any]]) -> bool:
        return all(any(place.holds(error) for error in errors) for place in self)


@dataclass(frozen=True)
class Sparse:
    """A file of a size that takes no room on the disk: bytes, then nothing but NUL."""

    start: bytes
    size: int


def at(rows: Any, *columns: str | None) -> Place:
    """Return a place; no columns named means that any, or none, is fine."""
    if rows is not ANY:
        rows = frozenset(rows if isinstance(rows, Iterable) else [rows])
    return Place(rows, frozenset(columns) if columns else ANY)


FILE = at({None, 1})
NAME = {"gains": "name", "ofsted": "name", "funding": "Collaboration name",
        "members": "collaboration"}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A file that was written, and what is right to make of it."""

    path: Path
    rows: list[Row] | None
    refused: All | None


@dataclass(frozen=True)
class Case:
    """One file: its family, the form of its table, what a careful person does, its maker."""

    family: str
    form: str
    verdict: str
    maker: Maker
    label: str = ""

    @property
    def id(self) -> str:
        name = self.maker.__name__.strip("_").replace("_", "-")
        return f"{self.family}/{self.form}/{name}{'-' if self.label else ''}{self.label}"

    @property
    def table(self) -> str:
        return "schools" if self.form == "dfe" else self.form

    def make(self, folder: Path, seed: int) -> Made:
        """Return the case written into a folder, from its own table for this seed."""
        r = Random(f"{seed} {self.id}")
        sheet = BASES[self.form](r)
        given = self.maker(sheet, r)
        content, place = (given, None) if self.verdict == "sound" else given
        name, data = content if isinstance(content, tuple) else (f"{self.table}.csv", content)
        path = folder / name
        if isinstance(data, Sparse):
            with path.open("wb") as file:
                file.write(data.start)
                file.truncate(data.size)
        elif data is not None:
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        places = All([place]) if isinstance(place, Place) else place
        return Made(path, None if self.verdict == "spoilt" else sheet.rows, places)


CASES: dict[str, Case] = {}


def declare(case: Case) -> None:
    assert case.id not in CASES, case.id
    CASES[case.id] = case


def _declaring(verdict: str) -> Callable[..., Callable[[Maker], Maker]]:
    def of(family: str, *forms: str, label: str = "") -> Callable[[Maker], Maker]:
        def keep(maker: Maker) -> Maker:
            for form in forms:
                declare(Case(family, form, verdict, maker, label))
            return maker

        return keep

    return of


sound = _declaring("sound")
spoilt = _declaring("spoilt")
either = _declaring("either")


@dataclass(frozen=True)
class Answer:
    """What the command did with a file."""

    code: object
    out: str
    err: str


def asked(table: str, path: Path) -> Answer:
    """Return the answer of `analysis read TABLE FILE --json` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code: object = cli.main(["read", table, str(path), "--json"])
        except SystemExit as stop:
            code = stop.code
        except Exception as error:
            code = f"{type(error).__name__}: {error}"
    return Answer(code, out.getvalue(), err.getvalue())


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def same(expected: Any, got: Any) -> bool:
    """Return whether a value read is the one expected, in type and amount."""
    if isinstance(expected, OneOf):
        return any(same(one, got) for one in expected)
    if isinstance(expected, Gap):
        return got is None
    if isinstance(expected, str):
        return isinstance(got, str) and _plain(expected) == _plain(got)
    return type(got) in (int, float) and abs(got - expected) < 1e-9


def _kinds(expected: Row, got: Row, seen: dict[str, str]) -> str:
    """Return what is wrong with the kinds of a row's missing values."""
    for column, value in expected.items():
        gaps = [v for v in (value if isinstance(value, OneOf) else [value]) if isinstance(v, Gap)]
        if got.get(column) is not None or not gaps:
            continue
        kind = got.get("_missing", {}).get(column)
        if kind is None or (kind == "blank") != (gaps[0].kind == "blank"):
            return f"{column}: missing, of kind {kind!r}; expected {gaps[0].kind!r}"
        if seen.setdefault(kind, gaps[0].kind) != gaps[0].kind:
            return f"{column}: {gaps[0].kind!r} and {seen[kind]!r} are both called {kind!r}"
    return ""


def _row_differs(expected: Row, got: Row, own: set[str], seen: dict[str, str]) -> str:
    for column, value in expected.items():
        if not same(value, got.get(column)):
            return f"{column}: read {got.get(column)!r}, expected {value!r}"
    for column in sorted(own - set(expected)):
        if got.get(column) is not None:
            return f"{column}: read {got[column]!r}, but the file has no such column"
    return _kinds(expected, got, seen)


def differs(expected: list[Row], got: list[Row], form: str) -> str:
    """Return where rows read differ from those expected, in words; empty where they agree."""
    got = [row for row in got if row.get("kind") not in TOTALS]
    if len(got) != len(expected):
        return f"{len(got)} rows read, expected {len(expected)}"
    own = {name for name in HEADINGS[form].values() if name}
    seen: dict[str, str] = {}
    for i, (wanted, row) in enumerate(zip(expected, got, strict=True)):
        if "name" in row:
            row = {**row, "collaboration": row["name"]}
        if wrong := _row_differs(wanted, row, own, seen):
            return f"row {i + 1} of the table, {wrong}"
    return ""


def _refusal(made: Made, errors: list[dict[str, Any]]) -> tuple[str, str]:
    shown = "; ".join(f"({e['row']}, {e['column']}) {e['found']}" for e in errors[:3])
    if made.refused is None:
        return "refused", shown
    if not made.refused.holds(errors):
        return "wrong place", f"expected {_said(made.refused)}; came {shown}"
    return "", ""


def _said(places: All | None) -> str:
    return " and ".join(_of_one(place) for place in places or ())


def _of_one(place: Place) -> str:
    rows = "any row" if place.rows is ANY else sorted(place.rows, key=str)
    columns = "any column" if place.columns is ANY else sorted(place.columns, key=str)
    return f"({rows}, {columns})"


def _badly_said(errors: Any) -> str:
    if not errors or not all(set(error) >= ERROR_KEYS for error in errors):
        return "errors without their keys"
    if not all(error[key] for error in errors for key in ("file", "found", "expected", "remedy")):
        return "an error that leaves something unsaid"
    return ""


def judged(case: Case, made: Made, answer: Answer) -> tuple[str, str]:
    """Return what is wrong with an answer (a word, empty if right) and the detail."""
    try:
        said = json.loads(answer.out)
    except ValueError:
        return "crash", f"code {answer.code!r}, {answer.out[:80]!r} {answer.err[-200:]!r}"
    if (said.get("status"), answer.code) not in {("accepted", 0), ("rejected", 1)}:
        return "crash", f"status {said.get('status')!r} with code {answer.code!r}"
    if said["status"] == "rejected":
        wrong = _badly_said(said["errors"])
        return ("crash", wrong) if wrong else _refusal(made, said["errors"])
    if made.rows is None:
        return "misread", f"accepted; expected a refusal at {_said(made.refused)}"
    wrong = differs(made.rows, said["rows"], case.form)
    return ("misread", wrong) if wrong else ("", "")
