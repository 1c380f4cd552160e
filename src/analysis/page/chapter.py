"""What a notebook holds in its hand: questions, sentences, pictures, tables and the record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis import paths
from analysis.errors import UnavailableError, UsageError
from analysis.files import as_json, write_atomically
from analysis.page.components import anchor, component, quoted_at
from analysis.page.entries import entries, title_of
from analysis.page.figures.canvas import Figure, marked, watermark
from analysis.page.maturity import SIMULATED, with_mark
from analysis.page.numbers import Numbers
from analysis.page.record import COLUMNS, gap_words, line, numbers
from analysis.page.say import fields, plain, sentence
from analysis.page.shown import Shown, keep, shown
from analysis.page.tables import NOT_AVAILABLE, Table
from analysis.quantities import Quantity
from analysis.questions.estimate import Estimate
from analysis.questions.identify import trust_word
from analysis.questions.plan import MEMBERSHIP
from analysis.questions.since import Since

Picture = Callable[..., Figure]
NO_ANSWER = "These tables give no answer: {why}."


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
        self._quoted: set[str] = set()
        self._shown: list[Shown] = []

    def say(self, *templates: str, otherwise: str = "") -> Html:
        """Return paragraphs whose numbers come from findings named in braces.

        `otherwise` stands where this year's tables do not give the numbers of a paragraph; in it
        ``{why}`` is the reason. Without it the paragraph is a gap.
        """
        return Html("".join(self._paragraph(text, otherwise) for text in templates))

    def _paragraph(self, template: str, otherwise: str) -> str:
        try:
            return component("paragraphs", sentences=[self._filled(template, otherwise)])
        except UnavailableError as gap:
            return component("gap", sentence=Markup(gap_words([str(gap)])))

    def points(self, *templates: str, otherwise: str = "") -> Html:
        """Return a list of sentences; `otherwise` as `say` takes it."""
        sentences = [self._sentence(text, otherwise) for text in templates]
        return Html(component("points", sentences=sentences))

    def headline(self, template: str, otherwise: str = NO_ANSWER) -> Html:
        """Return the one sentence that answers a chapter's question, also for the index.

        It is a sentence in every year: where the tables do not give its numbers it is `otherwise`,
        as `say` takes it, or else says that there is no answer, and why.
        """
        try:
            text = self._filled(self._of_first(template), otherwise)
        except UnavailableError:
            text = self._filled(self._of_first(template), NO_ANSWER)
        self._headlines.append(plain(text))
        return Html(component("headline", sentence=text))

    def note(self, template: str, kind: str = "note", otherwise: str = "") -> Html:
        """Return a boxed caveat or a `warning`; `otherwise` as `say` takes it."""
        try:
            text = self._filled(self._of_first(template), otherwise)
        except UnavailableError as gap:
            return _gap([str(gap)])
        return Html(component("box", kind=kind, sentence=text))

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

    def _answered(self, asked: Iterable[str]) -> list[str]:
        """Return the outcomes that there are answers for, or the first where there are none."""
        texts = list(asked)
        known = [outcome for outcome in self.outcomes if self._known(texts, outcome)]
        return known or list(self.outcomes[:1])

    def _of_first(self, template: str) -> str:
        """Return a template about the first outcome that there is an answer for."""
        if "<outcome>" not in template:
            return template
        return self._about(template, self._answered([template])[0])

    def _about(self, template: str, outcome: str) -> str:
        label = self._stage(outcome)
        words = {"<outcome>": outcome, "<label>": label, "<stage>": label.lower()}
        for mark, word in words.items():
            template = template.replace(mark, word)
        return template

    def _one(self, what: Picture | str, findings: Iterable[str], outcome: str) -> Html:
        if isinstance(what, str):
            return self.say(self._about(what, outcome))
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

    def _sentence(self, template: str, otherwise: str = "") -> Markup:
        """Return a sentence, or that this year's tables do not give it."""
        try:
            return self._filled(template, otherwise)
        except UnavailableError as gap:
            return Markup(gap_words([str(gap)]))

    def _filled(self, template: str, otherwise: str = "") -> Markup:
        """Return a sentence, or where a number of it is not to be had `otherwise`, if given."""
        quoted, said = set(self._quoted), dict(self._said)
        try:
            return Markup(sentence(template, self.quantity, self.words, self._linked))
        except UnavailableError as gap:
            self._quoted, self._said = quoted, said
            if not otherwise:
                raise
            words = {**self.words, "why": str(gap)}
            return Markup(sentence(otherwise, self.quantity, words, self._linked))

    def _linked(self, quantity: Quantity, markup: str) -> str:
        """Return a number's markup as the link to its entry, which leads back to the first one."""
        first = "" if quantity.id in self._quoted else quoted_at(quantity.id)
        self._quoted.add(quantity.id)
        return component("number", to=anchor(quantity.id), first=first, inner=Markup(markup))

    def verdict(self, finding: str) -> Html:
        """Return what the gate says of a question: its word, the reasons, what would change it."""
        if (estimate := self._answer(finding)) is None:
            return self._gap_note([finding])
        self._keep([estimate])
        return Html(component("gate", verdict=estimate.verdict))

    def trust(self, finding: str) -> Html:
        """Return how far the answer to a question can be trusted: a word by rule, and why."""
        if (estimate := self._answer(finding)) is None:
            return self._gap_note([finding])
        on = (estimate.question.exposure or MEMBERSHIP).partition("_")[0]
        word = trust_word(estimate.verdict.maryland)
        return Html(component("trust", on=on, word=word, verdict=estimate.verdict))

    def tiles(self, *pairs: tuple[str, str]) -> Html:
        """Return tiles, each a finding's number above a few words; all of them gaps are one."""
        cells, gaps = [], []
        for finding, words in pairs:
            try:
                cells.append((self._filled(f"{{{finding}}}"), self._filled(words)))
            except UnavailableError as gap:
                gaps.append(str(gap))
                cells.append((Markup(NOT_AVAILABLE), Markup(gap_words(gaps[-1:]))))
        return _gap(gaps) if len(gaps) == len(pairs) else Html(component("tiles", cells=cells))

    def show(self, picture: Picture, *findings: str, **options: Any) -> Html:
        """Return a picture of this chapter's study and of the estimates that it is given.

        A finding with ``<outcome>`` in its id stands for that of each outcome of the run.
        """
        asked = [one for finding in findings for _, one in self._each("", finding)]
        estimates = [estimate for one in asked if (estimate := self._answer(one))]
        if asked and (not estimates or len(estimates) < len(findings)):
            return self._gap_note(asked)
        self._keep(estimates)
        figure = marked(picture(self, *estimates, **options), self._mark)
        self._save(figure.data, picture=figure.title)
        questions = [estimate.question for estimate in estimates if estimate.quantities]
        markup = figure.to_html([(one.id, title_of(one, self.plan)) for one in questions])
        drawn = {"html": markup, "questions": [one.id for one in questions]}
        write_atomically(paths.staging() / "figures" / f"{figure.slug}.json", as_json(drawn))
        return Html(markup)

    def _keep(self, estimates: Iterable[Estimate]) -> None:
        """Count the numbers of estimates among those of this page."""
        for estimate in estimates:
            for name, quantity in estimate.quantities.items():
                if name not in estimate.gaps:
                    self._said.setdefault(name, quantity)

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
            return _gap(["there is nothing to draw in this year"])
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
        table = self._marked(replace(table, slug=self._named(f"{self.name}-{table.slug}")))
        self._save(table)
        return Html(table.to_html())

    def compare(self, caption: str, *rows: tuple[str, str]) -> Html:
        """Return a table of findings side by side: words, number, interval, p, rows, kind.

        A row with ``<outcome>`` in its finding stands for one of each outcome of the run.
        """
        asked = [pair for said, finding in rows for pair in self._each(said, finding)]
        frame = pd.DataFrame([self._line(said, finding) for said, finding in asked])
        slug = self._named(f"{self.name}-compare-{len(self._compared) + 1}")
        self._compared.append(slug)
        if not frame["value"].notna().any() and not frame["low"].notna().any():
            return self._gap_note(finding for _, finding in asked)
        labels = {"low": "Interval, low end", "high": "Interval, high end", "p": "p-value"}
        links = [self._entry(finding) for _, finding in asked]
        table = self._marked(Table(frame, slug, self._words_of(caption), labels, links=links))
        self._save(table, *(finding for _, finding in asked))
        return Html(table.to_html())

    def _line(self, said: str, finding: str) -> dict[str, object]:
        words = self._words_of(said)
        try:
            return line(words, self.quantity(finding))
        except UnavailableError:
            return {**dict.fromkeys(COLUMNS), "question": words, "called": "not available"}

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
        write_atomically(paths.staging() / "records" / f"{self.name}.json", as_json(record))
        listed = self._entries() if self._said else ""
        keep(paths.staging(), self.name, self._shown)
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
        digest = self.plan.sha256[:12]
        return Html(component("declared", digest=digest, answers=answers, deviations=deviations))

    def _gap_note(self, findings: Iterable[str]) -> Html:
        return _gap(self.gaps_of(findings))

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

    def _save(self, table: Table, *findings: str, picture: str = "") -> None:
        """Keep a table's cells as CSV, and as they are shown; its rows may be about findings."""
        write_atomically(paths.staging() / "data" / f"{table.slug}.csv", table.to_csv())
        said = [self._said.get(self._year_in(finding)) for finding in findings]
        self._shown.append(shown(table, said, picture))

    def _entries(self) -> str:
        """Return where each number of this page comes from, and keep the same as CSV."""
        table = self._marked(numbers(self._said, self._named(f"{self.name}-numbers")))
        self._save(table, *sorted(self._said))
        return entries(
            self._said,
            self.plan,
            self._verdict,
            quoted=self._quoted,
            places={source.file: source.place for source in self.study.release.files},
            file=f"{table.folder}{table.slug}.csv",
        )


def _gap(reasons: Iterable[str]) -> Html:
    return Html(component("box", kind="note gap", sentence=Markup(gap_words(reasons))))


def _is_causal(estimate: Estimate) -> bool:
    return estimate.question.aim == "cause"


def _trust(estimate: Estimate) -> dict[str, object]:
    """Return how far the answer to a question can be trusted, for the record."""
    verdict = estimate.verdict
    word = trust_word(verdict.maryland)
    return {"word": word, "maryland": verdict.maryland, "kind": verdict.kind}
