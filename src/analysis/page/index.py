"""The index of all years, from their cards: a row a year, and what moved over the years."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import AnalysisError
from analysis.files import write_together
from analysis.page.card import Card, read_card
from analysis.page.edition import COMMAND, SERIES
from analysis.page.gate import check_page
from analysis.page.maturity import mark_of, overtaken, with_mark
from analysis.page.tables import NOT_AVAILABLE, SUPPRESSED, SYMBOLS
from analysis.page.years import DIFFERENCE, SLOPE, Measure, by_year
from analysis.quantities import UNITS, write
from analysis.sources.registry import Release

TEMPLATE = Path(__file__).parent / "template"
SHOWN, ALL, UNSEEN = "gains.listed.shown_n", "gains.listed.all_n", "gains.listed.unseen_n"
TRUST = (("funding", "identification.funding"), ("membership", "identification.membership"))
Reasons = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A cell of the index's row: what it shows, under which heading, and whether a number."""

    heading: str
    text: str
    is_number: bool = True


@dataclass(frozen=True)
class Row:
    """What the index shows of a year."""

    card: Card
    headline: Sequence[str]
    overtaken: Reasons
    missing: Sequence[str]
    cells: Sequence[Cell]
    trust: Sequence[tuple[str, str]]


def build_index(
    years: Sequence[str],
    cards: Path,
    findings: Path,
    releases: Mapping[str, Release] | None = None,
) -> None:
    """Write the index of `years`, the newest first and made-up years last, and its tables.

    Parameters
    ----------
    years : sequence of str
        The years of `params.yaml`; cards of other years are left out.
    cards : Path
        Folder that holds ``<year>.json`` of each year.
    findings : Path
        The folder above the years' folders; ``published/<year>.json`` there says what of each
        year has been released.
    releases : mapping of str to Release
        What data/sources.yaml says now, by year.

    Raises
    ------
    AnalysisError
        If a year has no card.
    """
    read = in_order([_card(cards, year) for year in years])
    published = {year: _published(findings, year) for year in years}
    reasons = {card.year: overtaken(card, read, releases or {}, published) for card in read}
    html, tables = index(read, reasons)
    plain = [card for card in read if "effect" not in card.kinds]
    check_page(index(plain, reasons)[0], {kind for card in plain for kind in card.kinds})
    check_page(html, {kind for card in read for kind in card.kinds})
    (findings / "years").mkdir(parents=True, exist_ok=True)
    files = {findings / "years" / f"{name}.csv": data for name, data in tables.items()}
    write_together({findings / "index.html": html.encode(), **files})
    for file in (findings / "years").glob("*.csv"):
        if file not in files:
            file.unlink()


def in_order(cards: Sequence[Card]) -> list[Card]:
    """Return cards with the newest year first, and made-up years after all real ones."""
    return sorted(cards, key=lambda card: (not card.is_made_up, card.year), reverse=True)


def index(
    cards: Sequence[Card], reasons: Mapping[str, Reasons] | None = None
) -> tuple[str, dict[str, bytes]]:
    """Return the index page of the given cards, in their order, and its tables as CSV by name."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, keep_trailing_newline=True
    )
    css = [(TEMPLATE / name).read_text(encoding="utf-8") for name in ("style.css", "index.css")]
    measures = _measures(cards)
    rows = [_row(card, measures, (reasons or {}).get(card.year, ())) for card in cards]
    pictures, tables = _over_the_years(cards, measures)
    html = environment.get_template("contents.html.j2").render(
        series=SERIES,
        css=Markup("\n".join(css).strip()),
        command=COMMAND,
        rows=rows,
        pictures=[Markup(picture) for picture in pictures],
        notes=[*(_note(cards, measure) for measure in measures), *_suppressed(rows)],
        n_real=sum(not card.is_made_up for card in cards),
        not_available=NOT_AVAILABLE,
        some_missing=any(cell.text == NOT_AVAILABLE for row in rows for cell in row.cells),
    )
    return html, tables


def _measures(cards: Sequence[Card]) -> list[Measure]:
    """Return what is followed over the years; the panel's number once a real year has it."""
    real = [card for card in cards if not card.is_made_up]
    known = any(card.value(DIFFERENCE.finding) is not None for card in real)
    return [SLOPE, DIFFERENCE] if known else [SLOPE]


def _row(card: Card, measures: Sequence[Measure], reasons: Reasons) -> Row:
    cells = [cell for measure in measures for cell in _estimate(card, measure)]
    absent = [(m.short, m.finding) for m in measures if card.value(m.finding) is None]
    absent += [] if _coverage(card) else [("Groups with a gain shown", ALL)]
    return Row(
        card=card,
        headline=[with_mark(line, mark_of(card.status)) for line in card.headline],
        overtaken=reasons,
        missing=[f"{what}: not available; {card.why_missing(name)}" for what, name in absent],
        cells=[*cells, Cell("Groups with a gain shown", _coverage(card) or NOT_AVAILABLE)],
        trust=[(on, card.trusted(question) or NOT_AVAILABLE) for on, question in TRUST],
    )


def _estimate(card: Card, measure: Measure) -> Iterator[Cell]:
    """Give a number and both ends of its interval, each with its unit in the heading."""
    rule = UNITS[measure.unit]
    unit = f"{rule.before}{rule.after}".strip()
    entry = card.numbers.get(measure.finding, {})
    name = measure.noun.capitalize()
    ends = {end: f"{name}, {end} end of the interval" for end in ("low", "high")}
    headings = {"value": measure.short, **ends}
    for part, heading in headings.items():
        value = entry.get(part)
        missing = SUPPRESSED if entry.get("suppressed") else NOT_AVAILABLE
        text = missing if value is None else write(value, measure.unit, bare=True)
        yield Cell(f"{heading}, {unit}", text)


def _note(cards: Sequence[Card], measure: Measure) -> str:
    """Return what a number of the table is, with the level of its intervals."""
    entries = [card.numbers.get(measure.finding, {}) for card in cards]
    levels = sorted({entry["level"] for entry in entries if entry.get("level") is not None})
    said = " and ".join(f"{100 * level:g}" for level in levels)
    intervals = f", with {said}\N{NO-BREAK SPACE}% intervals" if levels else ""
    return f"{measure.noun.capitalize()}: {measure.label}{intervals}."


def _suppressed(rows: Sequence[Row]) -> list[str]:
    """Return what the symbol for suppressed means, if a cell shows it."""
    shown = any(cell.text == SUPPRESSED for row in rows for cell in row.cells)
    return [SYMBOLS[SUPPRESSED]] if shown else []


def _coverage(card: Card) -> str:
    """Return how many groups of all have a gain shown, empty where that isn't known."""
    groups, unseen = card.value(ALL), card.value(UNSEEN)
    if groups is None or unseen is None:
        return ""
    return f"{write(groups - unseen, 'count')} of {write(groups, 'count')}"


def _over_the_years(
    cards: Sequence[Card], measures: Sequence[Measure]
) -> tuple[list[str], dict[str, bytes]]:
    """Return the pictures by year as HTML, and the tables behind all measures as CSV by name."""
    if all(card.is_made_up for card in cards):
        return [], {}
    from analysis.page.figures.by_year import can_be_drawn, coefficient_by_year, table_by_year

    place = next(card.place for card in cards if not card.is_made_up)
    pictures, tables = [], {}
    for measure in measures:
        frame, slug = by_year(cards, measure), f"{measure.finding.replace('.', '-')}-by-year"
        tables[slug] = table_by_year(frame, measure, slug).to_csv()
        if can_be_drawn(frame):
            pictures.append(coefficient_by_year(frame, measure, slug, place).to_html())
    return pictures, tables


def _card(cards: Path, year: str) -> Card:
    file = cards / f"{year}.json"
    if not file.is_file():
        raise AnalysisError(
            f"{paths.relative(file)}: there is no card of {year}. Run `{COMMAND}`: its chapters "
            "write it."
        )
    return read_card(file)


def _published(findings: Path, year: str) -> dict[str, Any]:
    file = findings / "published" / f"{year}.json"
    if not file.is_file():
        return {}
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
