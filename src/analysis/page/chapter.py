"""What a notebook holds in its hand: questions, sentences, pictures, tables and the record."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import paths
from analysis.errors import UsageError
from analysis.files import write_atomically
from analysis.page.figures.canvas import Figure
from analysis.page.say import badge, plain, sentence
from analysis.page.tables import Table
from analysis.quantities import Quantity, write
from analysis.questions.ask import ask
from analysis.questions.estimate import Estimate, Settings
from analysis.questions.identify import trust_word
from analysis.questions.plan import Plan, load_plan
from analysis.tables.tidy import Study, load_study
from analysis.variables import variable

Picture = Callable[..., Figure]


@dataclass(frozen=True)
class Html:
    """A piece of a page that JupyterLab and the exported page show alike."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


class Chapter:
    """A chapter that is being written: it answers, says, shows, and records what it published.

    Parameters
    ----------
    name : str
        The notebook's name without its ending, such as ``05_funding``.
    year : str
        The year of the tables.
    confidence, seed, permutations
        What a run may vary.
    outcomes : sequence of str
        The outcomes of this run.
    quotes : bool
        The chapter computes nothing: its numbers are those that the other chapters recorded.

    References
    ----------
    Knuth (1984), Literate Programming, The Computer Journal 27, 97-111.
    """

    def __init__(
        self,
        name: str,
        year: str,
        *,
        confidence: float = 0.95,
        seed: int = 0,
        permutations: int = 100_000,
        outcomes: tuple[str, ...] | list[str] = ("ks2", "ks4"),
        quotes: bool = False,
    ) -> None:
        self.name = name
        self.year = year
        self.outcomes = tuple(outcomes)
        self.quotes = quotes
        self.settings = Settings(confidence, seed, permutations)
        self._asked: dict[str, Estimate] = {}
        self._said: dict[str, Quantity] = {}
        self._headlines: list[str] = []
        self._compared: list[str] = []

    @cached_property
    def study(self) -> Study:
        """The year's tables."""
        return load_study(self.year)

    @cached_property
    def plan(self) -> Plan:
        """The declared plan."""
        return load_plan()

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The words of this year that a sentence may name, such as its school years."""
        year = int(self.year)
        return {
            "year": self.year,
            "year_before": str(year - 1),
            "money_year": f"{year - 1}/{year % 100:02d}",
            "next_money_year": f"{year}/{(year + 1) % 100:02d}",
            "level": f"{100 * self.settings.confidence:g}\N{NO-BREAK SPACE}%",
            "title": self.study.release.title,
            "place": self.study.release.place,
            "publisher": self.study.release.publisher,
            **{name: f"±{write(limit, 'pp')}" for name, limit in self._limits.items()},
        }

    def ask(self, finding: str) -> Estimate:
        """Return the estimate of a declared question, computed once in a chapter."""
        name = self._year_in(finding)
        question = self.plan.question_of(name).id
        if question not in self._asked:
            self._asked[question] = ask(name, self.study, self.plan, self.settings)
        return self._asked[question]

    def quantity(self, finding: str) -> Quantity:
        """Return the number with this id.

        Raises
        ------
        UsageError
            If its question gives no such number.
        """
        name = self._year_in(finding)
        numbers = self._recorded if self.quotes else self.ask(name).quantities
        if name not in numbers:
            raise UsageError(f"No number {name!r}; this question gives {', '.join(numbers)}.")
        self._said[name] = numbers[name]
        return numbers[name]

    @cached_property
    def _recorded(self) -> Mapping[str, Quantity]:
        """The numbers of the other chapters: of this run, or else as published."""
        records = sorted((paths.staging() / "records").glob("*.json"))
        records = [file for file in records if file.stem != self.name]
        published = paths.findings(self.year) / "findings.json"
        found: dict[str, Quantity] = {}
        for file in records or ([published] if published.is_file() else []):
            entries = json.loads(file.read_text(encoding="utf-8"))["findings"]
            found |= {name: _quoted(name, entry) for name, entry in entries.items()}
        return found

    def say(self, *templates: str) -> Html:
        """Return paragraphs whose numbers come from findings named in braces."""
        parts = [sentence(text, self.quantity, self.words) for text in templates]
        return Html("".join(f'<p class="say">{part}</p>' for part in parts))

    def points(self, *templates: str) -> Html:
        """Return a list of sentences."""
        parts = [sentence(text, self.quantity, self.words) for text in templates]
        return Html(f'<ul class="say">{"".join(f"<li>{part}</li>" for part in parts)}</ul>')

    def headline(self, template: str) -> Html:
        """Return the one sentence that answers a chapter's question, also for the index."""
        text = sentence(template, self.quantity, self.words)
        self._headlines.append(plain(text))
        return Html(f'<p class="headline">{text}</p>')

    def note(self, template: str, kind: str = "note") -> Html:
        """Return a boxed caveat (`note`) or a warning (`warning`)."""
        text = sentence(template, self.quantity, self.words)
        return Html(f'<aside class="box {html.escape(kind)}"><p>{text}</p></aside>')

    def verdict(self, finding: str) -> Html:
        """Return what the gate says of a question: its word, the reasons, what would change it."""
        estimate = self.ask(finding)
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
        return Html(
            f'<section class="box gate"><p>{badge(verdict.kind)} {html.escape(words)}. '
            f"Maryland scale: level {verdict.maryland} of 5.</p><ul>{items}</ul></section>"
        )

    def trust(self, finding: str) -> Html:
        """Return how far the answer to a question can be trusted: a word by rule, and why."""
        verdict = self.ask(finding).verdict
        items = "".join(f"<li>{html.escape(reason)}</li>" for reason in verdict.reasons)
        word = html.escape(trust_word(verdict.maryland))
        return Html(
            f'<section class="box trust"><p>How far to trust this as an answer: <strong>{word}'
            f"</strong> (Maryland scale: level {verdict.maryland} of 5), because</p>"
            f"<ul>{items}</ul></section>"
        )

    def tiles(self, *pairs: tuple[str, str]) -> Html:
        """Return tiles, each a finding's number above a few words."""
        cells = []
        for finding, words in pairs:
            value = sentence(f"{{{finding}}}", self.quantity, self.words)
            label = sentence(words, self.quantity, self.words)
            cells.append(
                f'<div class="tile"><p class="tile-value">{value}</p>'
                f'<p class="tile-label">{label}</p></div>'
            )
        return Html(f'<div class="tiles">{"".join(cells)}</div>')

    def show(self, picture: Picture, *findings: str, **options: Any) -> Html:
        """Return a picture of this chapter's study and of the estimates that it is given.

        A finding with ``<outcome>`` in its id stands for that of each outcome of the run.
        """
        estimates = [self.ask(one) for finding in findings for _, one in self._each("", finding)]
        for estimate in estimates:
            for name, quantity in estimate.quantities.items():
                self._said.setdefault(name, quantity)
        figure = picture(self, *estimates, **options)
        self._save(figure.data)
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
        file = paths.staging() / "figures" / f"{slug}.html"
        if not file.is_file():
            raise UsageError(f"No chapter has drawn {slug!r} yet; run the one that draws it first.")
        return Html(file.read_text(encoding="utf-8"))

    def table(self, listing: Callable[..., Table], finding: str | None = None) -> Html:
        """Return a listing of this year's study, or of an estimate, and keep its cells as CSV."""
        table = listing(self.study if finding is None else self.ask(finding).rows)
        table = replace(table, slug=f"{self.name}-{table.slug}")
        self._save(table)
        return Html(table.to_html())

    def compare(self, caption: str, *rows: tuple[str, str]) -> Html:
        """Return a table of findings side by side: words, number, interval, p, rows, kind.

        A row with ``<outcome>`` in its finding stands for one of each outcome of the run.
        """
        asked = [pair for said, finding in rows for pair in self._each(said, finding)]
        quantities = [(said, self.quantity(finding)) for said, finding in asked]
        frame = pd.DataFrame(
            [_line(self._words_of(said), quantity) for said, quantity in quantities]
        )
        slug = f"{self.name}-compare-{len(self._compared) + 1}"
        self._compared.append(slug)
        labels = {"low": "Interval, low end", "high": "Interval, high end", "p": "p-value"}
        table = Table(frame, slug, self._words_of(caption), labels)
        self._save(table)
        return Html(table.to_html())

    def close(self) -> Html:
        """Return the list of this chapter's numbers, and write its record."""
        record = {
            "chapter": self.name,
            "headline": self._headlines,
            "names": sorted(self.study.collaborations["collaboration"]),
            "findings": {name: self._said[name].entry() for name in sorted(self._said)},
        }
        text = json.dumps(record, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        write_atomically(paths.staging() / "records" / f"{self.name}.json", text.encode())
        if not self._said:
            return Html("")
        return Html(_numbers(self._said, self.name))

    def _each(self, said: str, finding: str) -> list[tuple[str, str]]:
        """Return words and finding once for each outcome of the run, where they name <outcome>."""
        if "<outcome>" not in finding:
            return [(said, finding)]
        return [
            (said.replace("<outcome>", self._label(name)), finding.replace("<outcome>", name))
            for name in self.outcomes
        ]

    def _label(self, outcome: str) -> str:
        label = self.plan.outcomes.get(outcome) or variable(outcome).label
        return f"{label[:1].upper()}{label[1:]}"

    def _words_of(self, template: str) -> str:
        return plain(sentence(template, self.quantity, self.words))

    def deviations(self) -> Html:
        """Return the plan's fingerprint and every declared deviation from it."""
        listed = self.plan.content["deviations"] or ["none so far"]
        items = "".join(f"<li>{html.escape(str(one))}</li>" for one in listed)
        return Html(
            f"<p class='say'>The plan is plan.yaml, SHA-256 <code>{self.plan.sha256[:12]}</code>. "
            f"Deviations from it:</p><ul class='say'>{items}</ul>"
        )

    def _save(self, table: Table) -> None:
        write_atomically(paths.staging() / "data" / f"{table.slug}.csv", table.to_csv())

    def _year_in(self, finding: str) -> str:
        year = int(self.year)
        for mark, end in (("<money>", year), ("<next_money>", year + 1)):
            finding = finding.replace(mark, f"{end - 1}_{end % 100:02d}")
        for mark, limit in self._limits.items():
            finding = finding.replace(f"<{mark}>", f"{limit:g}")
        return finding

    @property
    def _limits(self) -> Mapping[str, float]:
        limits = self.plan.limits_pp
        return {
            "narrow": min(limits),
            "limit": self.plan.headline_limit_pp,
            "wide": max(limits),
        }


def _quoted(name: str, entry: Mapping[str, Any]) -> Quantity:
    more = {key: value for key, value in entry.items() if key not in ("text", "sources")}
    without_number = entry["value"] is None and entry["low"] is None
    words = entry["text"] if without_number else None
    return Quantity(name, **more, sources=tuple(entry["sources"]), words=words)


def _line(words: str, quantity: Quantity) -> dict[str, object]:
    low, high = (
        None if end is None else write(end, quantity.unit, bare=True)
        for end in (quantity.low, quantity.high)
    )
    return {
        "question": words,
        "value": quantity.text if quantity.value is not None else None,
        "low": low,
        "high": high,
        "p": None if quantity.p_value is None else write(quantity.p_value, "probability"),
        "rows": None if quantity.n is None else f"{quantity.n:,}",
        "called": quantity.kind,
    }


def _numbers(said: Mapping[str, Quantity], chapter: str) -> str:
    frame = pd.DataFrame(
        [
            {
                "number": name,
                "value": quantity.text,
                "called": quantity.kind,
                "rows": quantity.n,
                "method": quantity.method,
                "from": ", ".join(Path(source).name for source in quantity.sources),
            }
            for name, quantity in sorted(said.items())
        ]
    ).astype({"rows": "Int64"})
    table = Table(frame, f"{chapter}-numbers", "Every number of this chapter, and how it was made.")
    write_atomically(paths.staging() / "data" / f"{table.slug}.csv", table.to_csv())
    return (
        '<details class="data" id="numbers"><summary>Where the numbers of this page come from'
        f"</summary>{table.to_html()}</details>"
    )
