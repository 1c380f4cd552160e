"""What a notebook holds in its hand: questions, sentences, pictures, tables and the record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import paths
from analysis.errors import UnavailableError, UsageError
from analysis.files import as_json, write_atomically
from analysis.page.components import anchor, component
from analysis.page.entries import entries, title_of
from analysis.page.figures.canvas import Figure, marked, watermark
from analysis.page.maturity import SIMULATED, with_mark
from analysis.page.record import COLUMNS, line, numbers, symbols_of
from analysis.page.shown import Shown, keep, shown
from analysis.page.spoken import Html, Spoken, gap
from analysis.page.tables import NOT_AVAILABLE, SUPPRESSED, Table, where_missing
from analysis.page.withheld import (
    NUMBER,
    WITHHELD,
    Ledger,
    for_lint,
    is_school_listing,
    with_declared,
)
from analysis.questions.ask import is_of_schools
from analysis.questions.estimate import Estimate
from analysis.questions.identify import trust_word
from analysis.questions.since import Since

Picture = Callable[..., Figure]


class Chapter(Spoken):
    """A chapter that is being written: it answers, says, shows, and records what it published.

    Parameters
    ----------
    name : str
        The notebook's name without its ending, such as ``05_funding``.
    year : str
        The year of the tables.
    **settings
        What a run may vary, as `Numbers` takes it.
    """

    def __init__(self, name: str, year: str, **settings: Any) -> None:
        super().__init__(name, year, **settings)
        self._compared: list[str] = []
        self._ledger = Ledger()
        self._shown: list[Shown] = []

    def each(self, what: Picture | str, *findings: str) -> Html:
        """Return a picture, or a sentence, once for each outcome that there is an answer for.

        ``<outcome>`` in a sentence's fields and in `findings` stands for the outcome, and
        ``<label>`` or ``<stage>`` in a sentence for what a reader calls it.
        """
        asked = (what,) if isinstance(what, str) else findings
        parts = [self._one(what, findings, outcome) for outcome in self._answered(asked)]
        return Html("".join(part.text for part in parts))

    def first(self, what: Picture | str, *findings: str) -> Html:
        """Return a picture, or a sentence, for the first outcome that there is an answer for."""
        asked = (what,) if isinstance(what, str) else findings
        return self._one(what, findings, self._answered(asked)[0])

    def _one(self, what: Picture | str, findings: Iterable[str], outcome: str) -> Html:
        if isinstance(what, str):
            return self.say(self._about(what, outcome))
        return self.show(what, *(finding.replace("<outcome>", outcome) for finding in findings))

    def show(self, picture: Picture, *findings: str, **options: Any) -> Html:
        """Return a picture of this chapter's study and of the estimates that it is given.

        A finding with ``<outcome>`` in its id stands for that of each outcome of the run.
        """
        asked = [one for finding in findings for _, one in self._each("", finding)]
        estimates = [estimate for one in asked if (estimate := self._answer(one))]
        if asked and (not estimates or len(estimates) < len(findings)):
            return self._gap_note(asked)
        self._keep(estimates)
        if any(estimate.is_withheld for estimate in estimates):
            return Html(component("box", kind="note", sentence=WITHHELD))
        figure = marked(picture(self, *estimates, **options), self._mark)
        self._ledger.note_figure(figure, estimates)
        of_schools = any(map(self._is_of_schools, estimates))
        self._save(figure.data, picture=figure.title, of_schools=of_schools)
        behind = [estimate for estimate in estimates if estimate.quantities]
        titles = [title_of(one.question, self.plan).partition(" (")[0] for one in behind]
        origins = list(zip(map(_first, behind), titles, strict=True))
        markup = figure.to_html(origins)
        drawn = {"html": markup, "questions": [one.question.id for one in behind]}
        write_atomically(paths.staging() / "figures" / f"{figure.slug}.json", as_json(drawn))
        return Html(markup)

    def quote_picture(self, slug: str) -> Html:
        """Return a picture that another chapter of this run has drawn, by its name.

        ``<outcome>`` in the name stands for the first outcome of which there is such a picture.

        Raises
        ------
        UsageError
            If no chapter has drawn it yet.
        """
        tops = (paths.staging(), self._last_run)
        slugs = [slug.replace("<outcome>", outcome) for outcome in self.outcomes]
        names = [name for one in slugs for name in (one, self._named(one))]
        drawn = [top / "figures" / f"{name}.json" for top in tops for name in names]
        file = next((file for file in drawn if file.is_file()), None)
        if file is None and self._recorded and self._gaps:
            return gap(["there is nothing to draw in this year"])
        if file is None:
            raise UsageError(f"No chapter has drawn {slug!r} yet; run the one that draws it first.")
        picture = json.loads(file.read_text(encoding="utf-8"))
        for name, quantity in self._recorded.items():
            if self.plan.question_of(name).id in picture["questions"]:
                self._said.setdefault(name, quantity)
        return Html(picture["html"])

    def table(
        self,
        listing: Callable[..., Table | str],
        finding: str | None = None,
        *,
        whole: bool = False,
    ) -> Html:
        """Return a listing of this year's study, or of an estimate, and keep its cells as CSV.

        A listing of an estimate is given its rows, or with `whole` all of it. One that has nothing
        to list is a sentence that says so, or nothing.
        """
        finding = finding and self._of_first(finding)
        estimate = None if finding is None else self._answer(finding)
        if finding is not None and estimate is None:
            return self._gap_note([finding])
        given = self.study if estimate is None else estimate if whole else estimate.rows
        table = listing(given)
        if isinstance(table, str):
            return Html(component("paragraphs", sentences=[table]) if table else "")
        if estimate is None:
            of_schools = is_school_listing(self.study, table, listing)
        else:
            of_schools = self._is_of_schools(estimate)
        table = self._marked(replace(table, slug=self._named(f"{self.name}-{table.slug}")))
        self._save(table, of_schools=of_schools)
        return Html(table.to_html())

    def _is_of_schools(self, estimate: Estimate) -> bool:
        return is_of_schools(self.study, estimate.question)

    def compare(self, caption: str, *rows: tuple[str, str], first: bool = False) -> Html:
        """Return a table of findings side by side: words, number, interval, p, rows, kind.

        A row with ``<outcome>`` in its finding stands for one of each outcome of the run, or with
        `first` for the first outcome that there is an answer for.
        """
        if first:
            outcome = self._answered(finding for _, finding in rows[:1])[0]
            caption = self._about(caption, outcome)
            rows = tuple((self._about(a, outcome), self._about(b, outcome)) for a, b in rows)
        asked = [pair for said, finding in rows for pair in self._each(said, finding)]
        lines = [self._line(said, finding) for said, finding in asked]
        frame = pd.DataFrame([line for line, _ in lines])
        slug = self._named(f"{self.name}-compare-{len(self._compared) + 1}")
        self._compared.append(slug)
        left_out = any(SUPPRESSED in lacking.values() for _, lacking in lines)
        if not left_out and frame[["value", "low"]].isna().all(axis=None):
            return self._gap_note(finding for _, finding in asked)
        labels = {"low": "Interval, low end", "high": "Interval, high end", "p": "p-value"}
        symbols = {
            (row, column): lines[row][1].get(column, NOT_AVAILABLE)
            for row, column in where_missing(frame, NOT_AVAILABLE)
        }
        links = [self._entry(finding) for _, finding in asked]
        words = self._words_of(caption)
        table = Table(frame, slug, words, labels, links=links, symbols=symbols, by_unit=True)
        table, of_schools = self._declared([self._year_in(name) for _, name in asked], table)
        table = self._marked(table)
        self._save(table, *(finding for _, finding in asked), of_schools=of_schools)
        return Html(table.to_html())

    def _line(self, said: str, finding: str) -> tuple[dict[str, object], dict[str, str]]:
        """Return a row of a comparison, and the symbols of what it lacks."""
        words = self._words_of(said)
        try:
            quantity = self.quantity(finding)
        except UnavailableError:
            return {**dict.fromkeys(COLUMNS), "question": words, "called": "not available"}, {}
        return line(words, quantity), symbols_of(quantity)

    def _declared(self, names: list[str], table: Table) -> tuple[Table, bool]:
        columns = [column for column in NUMBER if column in table.frame]
        return with_declared(table, names, self.study, self.plan, columns)

    def _entry(self, finding: str) -> str:
        """Return the place of a number's entry on this page, empty where there is no number."""
        name = self._year_in(finding)
        return anchor(name) if name in self._said else ""

    def close(self) -> Html:
        """Return the list of this chapter's numbers, and write its record."""
        record = {
            "chapter": self.name,
            "year": self.year,
            "headline": self._headlines,
            "gaps": self._gaps,
            "trust": {name: _trust(one) for name, one in self._asked.items() if _is_causal(one)},
            "names": sorted(self._names),
            "findings": {name: self._said[name].entry() for name in sorted(self._said)},
        }
        listed = self._entries() if self._said else ""
        record["disclosure"] = for_lint(
            self._ledger, self.study, self.plan, self._asked, self._said
        )
        write_atomically(paths.staging() / "records" / f"{self.name}.json", as_json(record))
        keep(paths.staging(), self.name, self._shown)
        return Html(listed)

    @property
    def _names(self) -> set[str]:
        """The groups of this year, and those that an answer names beside them."""
        details = (estimate.detail for estimate in self._asked.values())
        before = (detail.names for detail in details if isinstance(detail, Since))
        return set(self.study.collaborations["collaboration"]).union(*before)

    @property
    def _last_run(self) -> Path:
        """The folder in which the last run of the pipeline left this year's pieces."""
        return paths.find_root() / "build" / "staging" / self.year

    @property
    def _mark(self) -> str:
        """The word that all that this year's release gives must bear, if any."""
        return watermark(self.study.release.maturity)

    def _named(self, slug: str) -> str:
        """Return the name of a file of this year: one of a made-up year says so."""
        made_up = self._mark == SIMULATED and not slug.startswith("simulated-")
        return f"simulated-{slug}" if made_up else slug

    def _marked(self, table: Table) -> Table:
        """Return a table whose caption bears the year's mark."""
        return replace(table, caption=with_mark(table.caption, self._mark))

    def _save(
        self, table: Table, *findings: str, picture: str = "", of_schools: bool = False
    ) -> None:
        """Keep a table's cells as CSV, and as they are shown; its rows may be about findings."""
        self._ledger.note(table, of_schools=of_schools)
        write_atomically(paths.staging() / "data" / f"{table.slug}.csv", table.to_csv())
        said = [self._said.get(self._year_in(finding)) for finding in findings]
        self._shown.append(shown(table, said, picture))

    def _entries(self) -> str:
        """Return where each number of this page comes from, and keep the same as CSV."""
        table = self._marked(numbers(self._said, self._named(f"{self.name}-numbers")))
        table, of_schools = self._declared(sorted(self._said), table)
        self._save(table, *sorted(self._said), of_schools=of_schools)
        return entries(
            self._said,
            self.plan,
            self._verdict,
            quoted=self._quoted,
            file=f"{table.folder}{table.slug}.csv",
        )


def _first(estimate: Estimate) -> str:
    """Return the id of an estimate's own number, or of the first of its numbers."""
    numbers = estimate.quantities
    return estimate.question.id if estimate.question.id in numbers else min(numbers)


def _is_causal(estimate: Estimate) -> bool:
    return estimate.question.aim == "cause"


def _trust(estimate: Estimate) -> dict[str, object]:
    """Return how far the answer to a question can be trusted, for the record."""
    verdict = estimate.verdict
    word = trust_word(verdict.maryland)
    return {"word": word, "maryland": verdict.maryland, "kind": verdict.kind}
