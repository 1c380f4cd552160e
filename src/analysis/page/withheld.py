"""What a chapter leaves out by the disclosure rule, noted so that publishing can check it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from analysis.page.figures.canvas import Figure
from analysis.page.tables import SUPPRESSED, Declared, Table
from analysis.quantities import Quantity
from analysis.questions.ask import is_of_schools
from analysis.questions.declared import part_of
from analysis.questions.disclosure import rule_of
from analysis.questions.estimate import Estimate
from analysis.questions.plan import Plan
from analysis.tables.tidy import Study

NUMBER = ("value", "low", "high", "p")
WITHHELD = (
    "Suppressed: too few schools stand behind this answer. It could tell something of single "
    "schools or pupils."
)


@dataclass
class Ledger:
    """Tables and figures of a chapter, with what must not stand in them.

    Parameters
    ----------
    tables : mapping of str to mapping
        Each table by its slug: whether it is of single schools, what it declares, the headings
        of its columns, and the cells that are suppressed.
    figures : mapping of str to list of str
        The questions that each figure answers.
    """

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    figures: dict[str, list[str]] = field(default_factory=dict)

    def note(self, table: Table, *, of_schools: bool) -> None:
        """Note a table that a page shows."""
        declared = None if table.declared is None else asdict(table.declared)
        hidden = [list(cell) for cell, sign in table.symbols.items() if sign == SUPPRESSED]
        self.tables[table.slug] = {
            "of_schools": of_schools,
            "declared": declared,
            "columns": [[str(column), table.heading(column)] for column in table.frame],
            "suppressed": hidden,
        }

    def note_figure(self, figure: Figure, estimates: Iterable[Estimate]) -> None:
        """Note a figure that a page shows."""
        self.figures[figure.slug] = [one.question.id for one in estimates]


def for_lint(
    ledger: Ledger,
    study: Study,
    plan: Plan,
    asked: Mapping[str, Estimate],
    said: Mapping[str, Quantity],
) -> dict[str, Any]:
    """Return what publishing needs to check a chapter against the disclosure rule."""
    return {
        "rule": asdict(rule_of(plan.content, study.year)),
        "tables": ledger.tables,
        "figures": ledger.figures,
        "left_out": {
            name: {cell: list(texts) for cell, texts in one.secrets.items()}
            for name, one in asked.items()
            if one.secrets
        },
        "findings": {
            name: {"count": bool(part.count), "n": bool(part.n)}
            for name in said
            if (part := _part(study, plan, name)) is not None
        },
    }


def _part(study: Study, plan: Plan, name: str) -> Any:
    """Return what a finding of single schools is declared to be, None for any other."""
    question = plan.question_of(name)
    if not is_of_schools(study, question):
        return None
    return part_of(question.method, name.removeprefix(question.id).removeprefix("."))


def is_school_listing(study: Study, table: Table, listing: Any) -> bool:
    """Return whether a listing of the study tells of single schools: without them it is another."""
    if study.panel is None:
        return False
    without = listing(replace(study, panel=None))
    return isinstance(without, str) or not table.frame.equals(without.frame)


def with_declared(
    table: Table, names: Iterable[str], study: Study, plan: Plan, columns: Iterable[str]
) -> tuple[Table, bool]:
    """Return a table of findings with what it declares of single schools, and whether it has any.

    `names` are the findings of its rows; `columns` rest on the column of rows.
    """
    parts = [_part(study, plan, name) for name in names]
    rows = tuple(row for row, part in enumerate(parts) if part is not None and part.n)
    of_schools = any(part is not None for part in parts)
    declared = Declared({"rows": "schools"}, dict.fromkeys(columns, "rows"), rows)
    return (replace(table, declared=declared), True) if of_schools else (table, False)
