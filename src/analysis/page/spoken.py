"""What a chapter says: sentences, lists, boxes and tiles, each number leading to its entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from analysis.errors import UnavailableError
from analysis.page.components import anchor, component, quoted_at
from analysis.page.numbers import Numbers
from analysis.page.record import gap_words
from analysis.page.say import fields, plain, sentence
from analysis.page.tables import NOT_AVAILABLE
from analysis.quantities import Quantity
from analysis.questions.estimate import Estimate
from analysis.questions.identify import trust_word
from analysis.questions.plan import MEMBERSHIP

NO_ANSWER = "These tables give no answer: {why}."


@dataclass(frozen=True)
class Html:
    """A piece of a page that JupyterLab and the exported page show alike."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


class Spoken(Numbers):
    """A chapter's sentences, and which numbers they quote."""

    def __init__(self, name: str, year: str, **settings: Any) -> None:
        super().__init__(name, year, **settings)
        self._headlines: list[str] = []
        self._quoted: set[str] = set()

    def say(self, *templates: str, otherwise: str = "") -> Html:
        """Return paragraphs whose numbers come from findings named in braces.

        `otherwise` stands where this year's tables do not give the numbers of a paragraph; in it
        ``{why}`` is the reason. Without it the paragraph is a gap.
        """
        return Html("".join(self._paragraph(text, otherwise) for text in templates))

    def _paragraph(self, template: str, otherwise: str) -> str:
        try:
            return component("paragraphs", sentences=[self._filled(template, otherwise)])
        except UnavailableError as lack:
            return component("gap", sentence=Markup(gap_words([str(lack)])))

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
            text = self._filled(template, otherwise)
        except UnavailableError:
            text = self._filled(template, NO_ANSWER)
        self._headlines.append(plain(text))
        return Html(component("headline", sentence=text))

    def note(self, template: str, kind: str = "note", otherwise: str = "") -> Html:
        """Return a boxed caveat (`note`) or `warning`; `otherwise` as `say` takes it."""
        try:
            text = self._filled(template, otherwise)
        except UnavailableError as lack:
            return gap([str(lack)])
        return Html(component("box", kind=kind, sentence=text))

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
        except UnavailableError as lack:
            return Markup(gap_words([str(lack)]))

    def _filled(self, template: str, otherwise: str = "") -> Markup:
        """Return a sentence, or where a number of it is not to be had `otherwise`, if given.

        ``<outcome>`` in it stands for the first outcome that there is an answer for.
        """
        template = self._of_first(template)
        quoted, said = set(self._quoted), dict(self._said)
        try:
            return Markup(sentence(template, self.quantity, self.words, self._linked))
        except UnavailableError as lack:
            self._quoted, self._said = quoted, said
            if not otherwise:
                raise
            words = {**self.words, "why": str(lack)}
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

    def trust(self, *findings: str) -> Html:
        """Return how far answers can be trusted: a word by rule, and why; like ones share a box."""
        answered = [answer for one in findings if (answer := self._answer(one))]
        if not answered:
            return self._gap_note(findings)
        by_level: dict[int, list[Estimate]] = {}
        for answer in answered:
            by_level.setdefault(answer.verdict.maryland, []).append(answer)
        boxes = (_trust_box(level, alike) for level, alike in by_level.items())
        return Html("".join(boxes))

    def tiles(self, *pairs: tuple[str, str]) -> Html:
        """Return tiles, each a finding's number above a few words; all of them gaps are one.

        ``<outcome>`` stands for the first outcome that there is an answer for.
        """
        cells, gaps = [], []
        for finding, words in (self._both_of_first(*pair) for pair in pairs):
            try:
                cells.append((self._filled(f"{{{finding}}}"), self._filled(words)))
            except UnavailableError as lack:
                gaps.append(str(lack))
                cells.append((Markup(NOT_AVAILABLE), Markup(gap_words(gaps[-1:]))))
        return gap(gaps) if len(gaps) == len(pairs) else Html(component("tiles", cells=cells))

    def _keep(self, estimates: Iterable[Estimate]) -> None:
        """Count the numbers of estimates among those of this page."""
        for estimate in estimates:
            for name, quantity in estimate.quantities.items():
                if name not in estimate.gaps:
                    self._said.setdefault(name, quantity)

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

    def _both_of_first(self, finding: str, words: str) -> tuple[str, str]:
        """Return a finding and words about the first outcome that both have an answer for."""
        first = self._answered([finding, words])[0]
        return self._about(finding, first), self._about(words, first)

    def _about(self, template: str, outcome: str) -> str:
        label = self._stage(outcome)
        words = {"<outcome>": outcome, "<label>": label, "<stage>": label.lower()}
        for mark, word in words.items():
            template = template.replace(mark, word)
        return template

    def _words_of(self, template: str) -> str:
        return plain(sentence(template, self.quantity, self.words))

    def declared(self) -> Html:
        """Return the plan's fingerprint, what it would take for an answer, and its deviations."""
        answers = [f"{name}: {words}" for name, words in self.plan.answers.items()]
        deviations = self.plan.content["deviations"] or ["none so far"]
        digest = self.plan.sha256[:12]
        return Html(component("declared", digest=digest, answers=answers, deviations=deviations))

    def _gap_note(self, findings: Iterable[str]) -> Html:
        return gap(self.gaps_of(findings))


def gap(reasons: Iterable[str]) -> Html:
    """Return why something is not there, as a quiet box."""
    return Html(component("box", kind="note gap", sentence=Markup(gap_words(reasons))))


def _trust_box(level: int, answers: Iterable[Estimate]) -> str:
    """Return the box of answers that can be trusted alike, with the reasons of any of them."""
    verdicts = {_exposure(answer): answer.verdict for answer in answers}
    reasons = dict.fromkeys(one for verdict in verdicts.values() for one in verdict.reasons)
    assumed = dict.fromkeys(one for verdict in verdicts.values() for one in verdict.assumptions)
    return component(
        "trust",
        on=" and ".join(verdicts),
        word=trust_word(level),
        level=level,
        why="because" if reasons else "provided that",
        reasons=list(reasons or assumed),
    )


def _exposure(answer: Estimate) -> str:
    return (answer.question.exposure or MEMBERSHIP).partition("_")[0]
