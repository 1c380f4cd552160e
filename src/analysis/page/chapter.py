"""What a notebook holds in its hand: questions, sentences, pictures, tables and the record."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import paths
from analysis.errors import UnavailableError, UsageError
from analysis.files import write_atomically
from analysis.page.figures.canvas import Figure, marked, watermark
from analysis.page.maturity import SIMULATED, with_mark
from analysis.page.numbers import Numbers
from analysis.page.record import COLUMNS, gap_words, line, numbers, symbols_of
from analysis.page.say import badge, fields, plain, sentence
from analysis.page.tables import NOT_AVAILABLE, Table, where_missing
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


@dataclass(frozen=True)
class Html:
    """A piece of a page that JupyterLab and the exported page show alike."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


class Chapter(Numbers):
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
        self._headlines: list[str] = []
        self._compared: list[str] = []
        self._ledger = Ledger()

    def say(self, *templates: str) -> Html:
        """Return paragraphs whose numbers come from findings named in braces."""
        parts = [self._sentence(text) for text in templates]
        return Html("".join(f'<p class="say">{part}</p>' for part in parts))

    def points(self, *templates: str) -> Html:
        """Return a list of sentences."""
        parts = [self._sentence(text) for text in templates]
        return Html(f'<ul class="say">{"".join(f"<li>{part}</li>" for part in parts)}</ul>')

    def headline(self, template: str) -> Html:
        """Return the one sentence that answers a chapter's question, also for the index."""
        text = self._sentence(template)
        self._headlines.append(plain(text))
        return Html(f'<p class="headline">{text}</p>')

    def note(self, template: str, kind: str = "note") -> Html:
        """Return a boxed caveat (`note`) or a warning (`warning`)."""
        text = self._sentence(template)
        return Html(f'<aside class="box {html.escape(kind)}"><p>{text}</p></aside>')

    def each(self, what: Picture | str, *findings: str) -> Html:
        """Return a picture, or a sentence, once for each outcome that there is an answer for.

        ``<outcome>`` in a sentence's fields and in `findings` stands for the outcome, and
        ``<label>`` in a sentence for what a reader calls it.
        """
        asked = (what,) if isinstance(what, str) else findings
        known = [outcome for outcome in self.outcomes if self._known(asked, outcome)]
        parts = [self._one(what, findings, outcome) for outcome in known or self.outcomes[:1]]
        return Html("".join(part.text for part in parts))

    def _one(self, what: Picture | str, findings: Iterable[str], outcome: str) -> Html:
        if isinstance(what, str):
            words = what.replace("<outcome>", outcome).replace("<label>", self._stage(outcome))
            return self.say(words)
        return self.show(what, *(finding.replace("<outcome>", outcome) for finding in findings))

    def _known(self, asked: Iterable[str], outcome: str) -> bool:
        named = [one for text in asked for one in (fields(text) if "{" in text else [text])]
        try:
            for one in named:
                if "<outcome>" in one:
                    self._require(one.replace("<outcome>", outcome))
        except UnavailableError:
            return False
        return True

    def _sentence(self, template: str) -> str:
        """Return a sentence, or that this year's tables do not give it."""
        try:
            return sentence(template, self.quantity, self.words)
        except UnavailableError as gap:
            return gap_words([str(gap)])

    def verdict(self, finding: str) -> Html:
        """Return what the gate says of a question: its word, the reasons, what would change it."""
        if (estimate := self._answer(finding)) is None:
            return self._gap_note([finding])
        for name, quantity in estimate.quantities.items():
            self._said.setdefault(name, quantity)
        verdict = estimate.verdict
        words = verdict.words.removeprefix(f"{verdict.kind}; ")
        pairs = zip(verdict.reasons, verdict.needs, strict=True)
        items = "".join(
            f"<li>{html.escape(reason)}. <span class='need'>It would take: "
            f"{html.escape(need)}.</span></li>"
            for reason, need in pairs
        )
        items += "".join(f"<li>Assumed: {html.escape(one)}.</li>" for one in verdict.assumptions)
        return Html(
            f'<section class="box gate"><p>{badge(verdict.kind)} {html.escape(words)}. '
            f"Maryland scale: level {verdict.maryland} of 5.</p><ul>{items}</ul></section>"
        )

    def trust(self, finding: str) -> Html:
        """Return how far the answer to a question can be trusted: a word by rule, and why."""
        if (estimate := self._answer(finding)) is None:
            return self._gap_note([finding])
        verdict, exposure = estimate.verdict, estimate.question.exposure or "membership"
        said = verdict.reasons or verdict.assumptions
        items = "".join(f"<li>{html.escape(one)}</li>" for one in said)
        word = html.escape(trust_word(verdict.maryland))
        why = "because" if verdict.reasons else "provided that"
        return Html(
            f'<section class="box trust"><p>How far to trust this as an answer on '
            f"{html.escape(exposure.partition('_')[0])}: <strong>{word}</strong> (Maryland scale: "
            f"level {verdict.maryland} of 5), {why}</p><ul>{items}</ul></section>"
        )

    def tiles(self, *pairs: tuple[str, str]) -> Html:
        """Return tiles, each a finding's number above a few words."""
        cells = []
        for finding, words in pairs:
            value = self._value(finding)
            label = self._sentence(words)
            cells.append(
                f'<div class="tile"><p class="tile-value">{value}</p>'
                f'<p class="tile-label">{label}</p></div>'
            )
        return Html(f'<div class="tiles">{"".join(cells)}</div>')

    def _value(self, finding: str) -> str:
        try:
            return sentence(f"{{{finding}}}", self.quantity, self.words)
        except UnavailableError:
            return NOT_AVAILABLE

    def show(self, picture: Picture, *findings: str, **options: Any) -> Html:
        """Return a picture of this chapter's study and of the estimates that it is given.

        A finding with ``<outcome>`` in its id stands for that of each outcome of the run.
        """
        asked = [one for finding in findings for _, one in self._each("", finding)]
        estimates = [estimate for one in asked if (estimate := self._answer(one))]
        if asked and (not estimates or len(estimates) < len(findings)):
            return self._gap_note(asked)
        for estimate in estimates:
            for name, quantity in estimate.quantities.items():
                self._said.setdefault(name, quantity)
        if any(estimate.is_withheld for estimate in estimates):
            return Html(f'<aside class="box note"><p>{html.escape(WITHHELD)}</p></aside>')
        figure = marked(picture(self, *estimates, **options), self._mark)
        self._ledger.note_figure(figure, estimates)
        self._save(figure.data, of_schools=any(map(self._is_of_schools, estimates)))
        markup = figure.to_html()
        write_atomically(paths.staging() / "figures" / f"{figure.slug}.html", markup.encode())
        return Html(markup)

    def quote_picture(self, slug: str) -> Html:
        """Return a picture that another chapter of this run has drawn, by its name.

        Raises
        ------
        UsageError
            If no chapter has drawn it yet.
        """
        tops, slugs = (paths.staging(), self._last_run), (slug, self._named(slug))
        drawn = [top / "figures" / f"{name}.html" for top in tops for name in slugs]
        file = next((file for file in drawn if file.is_file()), None)
        if file is None and self._recorded and self._gaps:
            return Html('<aside class="box note"><p>Nothing to draw in this year.</p></aside>')
        if file is None:
            raise UsageError(f"No chapter has drawn {slug!r} yet; run the one that draws it first.")
        return Html(file.read_text(encoding="utf-8"))

    def table(
        self, listing: Callable[..., Table], finding: str | None = None, *, whole: bool = False
    ) -> Html:
        """Return a listing of this year's study, or of an estimate, and keep its cells as CSV.

        A listing of an estimate is given its rows, or with `whole` all of it.
        """
        estimate = None if finding is None else self._answer(finding)
        if finding is not None and estimate is None:
            return self._gap_note([finding])
        given = self.study if estimate is None else estimate if whole else estimate.rows
        table = listing(given)
        if estimate is None:
            of_schools = is_school_listing(self.study, table, listing)
        else:
            of_schools = self._is_of_schools(estimate)
        table = self._marked(replace(table, slug=self._named(f"{self.name}-{table.slug}")))
        self._save(table, of_schools=of_schools)
        return Html(table.to_html())

    def _is_of_schools(self, estimate: Estimate) -> bool:
        return is_of_schools(self.study, estimate.question)

    def compare(self, caption: str, *rows: tuple[str, str]) -> Html:
        """Return a table of findings side by side: words, number, interval, p, rows, kind.

        A row with ``<outcome>`` in its finding stands for one of each outcome of the run.
        """
        asked = [pair for said, finding in rows for pair in self._each(said, finding)]
        lines = [self._line(said, finding) for said, finding in asked]
        frame = pd.DataFrame([line for line, _ in lines])
        slug = self._named(f"{self.name}-compare-{len(self._compared) + 1}")
        self._compared.append(slug)
        labels = {"low": "Interval, low end", "high": "Interval, high end", "p": "p-value"}
        symbols = {
            (row, column): lines[row][1].get(column, NOT_AVAILABLE)
            for row, column in where_missing(frame, NOT_AVAILABLE)
        }
        table = Table(frame, slug, self._words_of(caption), labels, symbols=symbols)
        table, of_schools = self._declared([self._year_in(name) for _, name in asked], table)
        table = self._marked(table)
        self._save(table, of_schools=of_schools)
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
        listed = self._numbers() if self._said else ""
        record["disclosure"] = for_lint(
            self._ledger, self.study, self.plan, self._asked, self._said
        )
        text = json.dumps(record, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        write_atomically(paths.staging() / "records" / f"{self.name}.json", text.encode())
        return Html(listed)

    @property
    def _names(self) -> set[str]:
        """The groups of this year, and those that an answer names beside them."""
        details = (estimate.detail for estimate in self._asked.values())
        before = (detail.names for detail in details if isinstance(detail, Since))
        return set(self.study.collaborations["collaboration"]).union(*before)

    def _words_of(self, template: str) -> str:
        return plain(sentence(template, self.quantity, self.words))

    def declared(self) -> Html:
        """Return the plan's fingerprint, what it would take for an answer, and its deviations."""
        answers = [f"{name}: {words}" for name, words in self.plan.answers.items()]
        deviations = self.plan.content["deviations"] or ["none so far"]
        return Html(
            f"<p class='say'>The plan is plan.yaml, SHA-256 <code>{self.plan.sha256[:12]}</code>. "
            f"What it declares to be an answer:</p>{_items(answers)}"
            f"<p class='say'>Deviations from it:</p>{_items(deviations)}"
        )

    def _gap_note(self, findings: Iterable[str]) -> Html:
        words = gap_words(self.gaps_of(findings))
        return Html(f'<aside class="box note"><p>{words}</p></aside>')

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

    def _save(self, table: Table, *, of_schools: bool = False) -> None:
        self._ledger.note(table, of_schools=of_schools)
        write_atomically(paths.staging() / "data" / f"{table.slug}.csv", table.to_csv())

    def _numbers(self) -> str:
        table = self._marked(numbers(self._said, self._named(f"{self.name}-numbers")))
        table, of_schools = self._declared(sorted(self._said), table)
        self._save(table, of_schools=of_schools)
        return (
            '<details class="data" id="numbers"><summary>Where the numbers of this page come from'
            f"</summary>{table.to_html()}</details>"
        )


def _is_causal(estimate: Estimate) -> bool:
    return estimate.question.aim == "cause"


def _trust(estimate: Estimate) -> dict[str, object]:
    """Return how far the answer to a question can be trusted, for the record."""
    verdict = estimate.verdict
    word = trust_word(verdict.maryland)
    return {"word": word, "maryland": verdict.maryland, "kind": verdict.kind}


def _items(lines: Iterable[object]) -> str:
    items = "".join(f"<li>{html.escape(str(one))}</li>" for one in lines)
    return f'<ul class="say">{items}</ul>'
