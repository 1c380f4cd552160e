"""Tests of pages of a county with few schools in places: an attacker reads all that is published.

The same pages are then given faults, one in each kind of place, and none of them is published.
"""

from __future__ import annotations

import copy
import csv
import html
import io
import itertools
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
import small_panel
import world
from small_panel import YEAR, Made

from analysis import cli
from analysis.errors import GateError
from analysis.page.disclosed import Page
from analysis.page.edition import edition
from analysis.page.publish import publish
from analysis.page.release import frozen
from analysis.page.workbook_read import tables_of
from analysis.page.workbook_sheets import range_name
from analysis.params import load_params
from analysis.quantities import SUPPRESSED, write
from analysis.questions.ask import ask
from analysis.questions.estimate import Settings
from analysis.questions.plan import load_plan
from analysis.tables.tidy import load_study, make_study

M = "simulated-04_membership"
FLOW, SINCE, BANDS = f"{M}-ks2-flow", f"{M}-ks2-since-joining", f"{M}-ks2-funnel"
RECONCILED = "simulated-01_data-reconciled"
EVENT = "membership.ks2.since.before_3"
LOST = "membership.ks2.lost"
SPACE = "\N{NO-BREAK SPACE}"
MADE_OF = (
    *("from_schools", "low", "high"),
    *("gap", "pupils_unseen"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patch, world.kept_environment():
        made = small_panel.made(tmp_path_factory.mktemp("few"), patch)
        for stage in (["tables", "--year", YEAR], ["chapters", "--year", YEAR], ["index"]):
            assert cli.main(["stage", *stage]) == 0
        settings, plan = Settings(0.95, load_params().seed, 1000), load_plan()
        years = {YEAR: {"open": True, "reason": "to know what must not be known"}}
        rule = {**plan.content["disclosure"], "years": years}
        bare = replace(plan, content={**plan.content, "disclosure": rule})
        study = load_study(YEAR)
        asked = ("schools.ks2.flow", "membership.ks2.since", LOST, "schools.ks2.reconciled")
        truth = {name: ask(name, study, bare, settings) for name in asked}
        yield Made(made.root, truth, json.dumps(frozen(make_study(YEAR), load_params())))


def everything(made: Made) -> dict[str, str]:
    """Return all that anyone can read, drawings and attributes as plain text, by file."""
    tops = [made.root / "findings", made.root / f"build/{YEAR}.json"]
    files = [f for top in tops for f in ([top] if top.is_file() else top.rglob("*")) if f.is_file()]
    plain = [file for file in files if file.suffix != ".xlsx"]
    read = {f.name: unquote(html.unescape(f.read_text("utf-8"))) for f in plain}
    read["workbook"] = json.dumps(tables_of(made.book), ensure_ascii=False)
    return {**read, "release": made.released}


def test_the_pages_of_a_county_with_few_schools_are_published_and_say_what_is_left_out(
    made: Made,
) -> None:
    assert made.cells(FLOW)[1:] == [
        ["in the tables of results", "34", "0", ""],
        ["not special schools", "34", "0", "special schools, unlike the others"],
        ["with a figure at the baseline", "c", "c", "no figure then"],
        ["with a known day of joining", "c", "c", "members whose day is not known"],
        ["not yet exposed at the baseline", "c", "0", "members from before the baseline"],
        ["with a figure at the end", "30", "c", "no figure then"],
    ]
    assert made.truth["schools.ks2.flow"].rows["set_aside"].tolist() == [0, 0, 1, 1, 0, 2]
    page = made.pages["04_membership"]
    assert "c means suppressed" in page
    assert "lies anywhere from <" in page
    assert page.count(f">{SUPPRESSED}</span>") >= 2
    assert f"{SUPPRESSED} set aside: no figure then" in unquote(html.unescape(page))
    made.check()


def test_nobody_who_adds_up_the_steps_of_the_flow_finds_how_many_are_set_aside(
    made: Made,
) -> None:
    rows = [(line[1], line[2]) for line in made.cells(FLOW)[1:]]
    hidden = [at for at, (_, aside) in enumerate(rows) if aside == "c"]
    gone = int(rows[0][0]) - int(rows[-1][0])
    ways = [
        way for way in itertools.product(range(1, gone), repeat=len(hidden)) if sum(way) == gone
    ]
    for place in range(len(hidden)):
        assert len({way[place] for way in ways}) > 1


def test_what_is_suppressed_is_null_in_the_findings_and_on_the_card(made: Made) -> None:
    for name in (EVENT, LOST, "schools.ks2.reconciled"):
        entry = made.findings[name]
        assert {entry[part] for part in ("value", "low", "high", "p_value", "n")} == {None}
        assert entry["text"] == SUPPRESSED
        assert entry["suppressed"] == ["n", "value"]
    assert SUPPRESSED not in json.dumps(made.card["numbers"])


def secrets(made: Made) -> Iterator[tuple[str, str]]:
    """Give texts by which an attacker would know a number that must not be known."""
    for name in (EVENT, LOST):
        number = made.truth[name if name in made.truth else "membership.ks2.since"].quantities[name]
        for part in ("value", "low", "high"):
            value = getattr(number, part)
            if value is not None:
                yield f"{name} {part}", f"{value:.10g}"[:8]
    yield f"{LOST} as text", made.truth[LOST].quantities[LOST].interval
    gaps = made.truth["schools.ks2.reconciled"].rows
    for row in gaps[(gaps["year"] == 2029) & (gaps["column"] != "cohort")].to_dict("records"):
        for part in MADE_OF[:4]:
            yield f"reconciled {part}", f"{abs(row[part]):.10g}"[:7]


def test_no_suppressed_number_is_anywhere_in_what_anyone_can_read(made: Made) -> None:
    texts = everything(made)
    assert {"04_membership.html", "findings.json", "index.html", f"{YEAR}.json"} <= set(texts)
    # A round number such as 1.75 stands in many places and tells nothing by itself.
    known = [(what, secret) for what, secret in secrets(made) if len(secret) > 5]
    assert len(known) > 4
    for what, secret in known:
        found = [
            file for file, text in texts.items() if secret in text.replace("\N{MINUS SIGN}", "-")
        ]
        assert not found, (what, secret)


def test_a_year_since_joining_of_two_schools_is_neither_drawn_nor_counted(made: Made) -> None:
    lines = {line[0].replace("\N{MINUS SIGN}", "-"): line[1:] for line in made.cells(SINCE)[1:]}
    assert set(lines["-3"]) == {"c"}
    assert lines["1"][-1] == "c", "ten schools of twelve would give away the two"
    assert "c" not in lines["0"]
    figure = Page(made.pages["04_membership"]).figures[SINCE]
    assert "for 1 year before and 2 years since joining" in " ".join(figure["alternative text"])
    assert "Where no number of schools stands below a year, it is suppressed." in " ".join(
        figure["words"]
    )


def test_the_release_keeps_no_table_of_single_schools(made: Made) -> None:
    kept = json.loads(made.released)
    assert not [name for name in kept["tables"] if name.startswith("panel_")]
    assert {"panel_schools", "panel_members", "panel_suppressed"} <= set(kept["withheld"])
    for urn in ("910001", "910201", "910301", "910302"):
        assert urn not in made.released


def test_no_mark_of_the_funnel_stands_for_fewer_than_three_schools(made: Made) -> None:
    figure = Page(made.pages["04_membership"]).figures[BANDS]
    assert "No school is named or drawn by itself" in " ".join(figure["alternative text"])
    counts = [cell for line in made.cells(BANDS)[1:] for cell in (*line[1:3], *line[4:])]
    assert not {"1", "2"} & set(counts)
    assert "c" in counts


def test_page_and_file_hold_the_same_symbols_in_the_same_cells(made: Made) -> None:
    tables = {
        slug: cells for page in made.pages.values() for slug, cells in Page(page).tables.items()
    }
    files = {name.removesuffix(".csv"): data for name, data in made.files.items()}
    lists = {slug for slug in files if slug.endswith("-numbers")}
    assert set(tables) <= set(files)
    assert f"{M}-numbers" in lists
    for slug, cells in tables.items():
        filed = list(csv.reader(io.StringIO(files[slug].decode("utf-8"), newline="")))
        signs = [
            [cell if cell in ("c", "x", "z", "low", "u") else "" for cell in line] for line in cells
        ]
        assert signs == [
            [cell if cell in ("c", "x", "z", "low", "u") else "" for cell in line] for line in filed
        ], slug
        assert "" not in {cell for line in filed for cell in line[:1]}, slug


def fault(made: Made, **changed: Any) -> str:
    with pytest.raises(GateError) as caught:
        made.check(**changed)
    text = str(caught.value)
    assert text.endswith("Nothing has been published.")
    return text


def with_page(
    made: Made, change: Callable[[str], str], name: str = "04_membership"
) -> dict[str, str]:
    pages = made.pages
    changed = change(pages[name])
    assert changed != pages[name]
    return {**pages, name: changed}


ROW = 'row "with a figure at the baseline"'


def test_a_suppressed_cell_that_a_page_shows_is_found(made: Made) -> None:
    def shown(page: str) -> str:
        start = page.index(f'<table id="{FLOW}-table"')
        at = page.index(">c<", page.index("with a figure at the baseline", start))
        return f"{page[: at + 1]}33{page[at + 2 :]}"

    said = fault(made, pages=with_page(made, shown))
    assert f'page 04_membership, table {FLOW}, {ROW}, column "Schools left"' in said
    assert "33" not in said


def test_a_suppressed_cell_that_a_file_shows_is_found(made: Made) -> None:
    files = made.files
    name = f"{FLOW}.csv"
    data = files[name].replace(
        b"with a figure at the baseline,c,c", b"with a figure at the baseline,c,1"
    )
    assert data != files[name]
    said = fault(made, files={**files, name: data})
    assert f'{name}, table {FLOW}, {ROW}, column "Set aside": suppressed, and yet shown' in said


def test_a_file_that_is_gone_is_found(made: Made) -> None:
    files = {name: data for name, data in made.files.items() if name != f"{FLOW}.csv"}
    assert f"the table {FLOW} has no file" in fault(made, files=files)


def event_text(made: Made) -> str:
    value = made.truth["membership.ks2.since"].quantities[EVENT].value
    return write(value, "pp")


def test_a_suppressed_number_in_an_alternative_text_is_found(made: Made) -> None:
    def spoken(page: str) -> str:
        return page.replace(
            'alt="SIMULATED: Event-study', f'alt="SIMULATED: {event_text(made)} Event-study'
        )

    said = fault(made, pages=with_page(made, spoken))
    assert f"figure {SINCE}: its alternative text gives `{EVENT}`" in said
    assert event_text(made) not in said


def test_a_suppressed_number_in_a_drawing_is_found(made: Made) -> None:
    def drawn(page: str) -> str:
        start = page.index(f'id="{SINCE}"')
        at = (
            page.index("</svg>", start)
            if "</svg>" in page[start:]
            else page.index("%3C/svg%3E", start)
        )
        left, right = ("<text>", "</text>") if page[at] == "<" else ("%3Ctext%3E", "%3C/text%3E")
        return f"{page[:at]}{left}{event_text(made)}{right}{page[at:]}"

    said = fault(made, pages=with_page(made, drawn))
    assert f"figure {SINCE}: its drawing gives `{EVENT}`" in said


def test_a_suppressed_number_in_a_caption_is_found(made: Made) -> None:
    def captioned(page: str) -> str:
        at = page.index("<figcaption>", page.index(f'id="{SINCE}"')) + len("<figcaption>")
        return f"{page[:at]}Once it was {event_text(made)}. {page[at:]}"

    assert f"figure {SINCE}: its words give" in fault(made, pages=with_page(made, captioned))


def test_a_suppressed_number_in_a_sentence_is_found(made: Made) -> None:
    bare = re.compile(rf'<span class="quoted" data-id="{LOST}">[^<]*</span>')

    def quoted(page: str) -> str:
        return bare.sub(f'<data class="number" value="0.6" data-id="{LOST}">0.6 pp</data>', page)

    assert f"a sentence gives `{LOST}`" in fault(made, pages=with_page(made, quoted))
    interval = made.truth[LOST].quantities[LOST].interval

    def typed(page: str) -> str:
        return page.replace("<h2", f"<p>It lies in {interval}.</p><h2", 1)

    for name in ("04_membership", "07_findings"):
        said = fault(made, pages=with_page(made, typed, name))
        assert f"{name}: its words give `{LOST}`" in said


@pytest.mark.parametrize("part", ["value", "low", "p_value", "n"])
def test_a_suppressed_number_in_the_findings_is_found(made: Made, part: str) -> None:
    findings = copy.deepcopy(made.findings)
    findings[EVENT][part] = 2
    said = fault(made, findings=findings)
    assert f"findings.json: `{EVENT}` is suppressed and yet given" in said


def test_a_suppressed_number_that_says_something_else_is_found(made: Made) -> None:
    findings = copy.deepcopy(made.findings)
    findings[EVENT]["text"] = "some"
    assert f"the text of `{EVENT}` is not {re.escape(SUPPRESSED)}"[:20] in fault(
        made, findings=findings
    )


def test_a_suppressed_number_in_an_entry_at_the_foot_is_found(made: Made) -> None:
    def told(page: str) -> str:
        return page.replace(f'id="n-{LOST}"><b>{SUPPRESSED}</b>', f'id="n-{LOST}"><b>1 pp</b>')

    said = fault(made, pages=with_page(made, told))
    assert f"04_membership: the entry of `{LOST}` gives it, though it is suppressed" in said


def rewritten(book: bytes, change: Callable[[str], str], part: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode("utf-8")
            new.writestr(name, change(text) if name == part else text)
    return stream.getvalue()


def test_a_suppressed_cell_that_the_workbook_shows_is_found(made: Made) -> None:
    assert tables_of(made.book)[range_name(FLOW)] == made.cells(FLOW)[:1] + [
        [cell or "z" for cell in line] for line in made.cells(FLOW)[1:]
    ]
    book = rewritten(
        made.book, lambda text: text.replace("<t>c</t>", "<t>33</t>"), "xl/sharedStrings.xml"
    )
    said = fault(made, book=book)
    assert f'the workbook, table {FLOW}, {ROW}, column "Schools left": suppressed' in said


def test_the_workbooks_sheet_of_findings_says_what_is_suppressed(made: Made) -> None:
    lines = {line[0]: line[1:] for line in tables_of(made.book)["All_findings"]}
    value, _, low, high, level, p, rows, *_ = lines[EVENT]
    assert {value, low, high, level, p, rows} == {"c"}


def test_a_suppressed_number_on_the_card_is_found(made: Made) -> None:
    card = made.card
    card["numbers"][LOST] = {**made.findings[LOST], "low": 0.5}
    assert f"the index's card: `{LOST}` is suppressed" in fault(made, card=card)


def test_a_small_count_that_no_list_names_is_found_by_the_rule_itself(made: Made) -> None:
    findings = copy.deepcopy(made.findings)
    findings["schools.ks2.flow.set_aside"]["value"] = 2
    said = fault(made, findings=findings)
    assert "`schools.ks2.flow.set_aside` counts fewer schools than may be shown" in said
    files = made.files
    name = f"{SINCE}.csv"
    lines = files[name].decode().splitlines()
    lines[2] = lines[2].rpartition(",")[0] + ",2"
    said = fault(made, files={**files, name: "\n".join(lines).encode()})
    assert 'column "Schools": fewer schools than may be shown' in said
    assert 'column "Estimate, pp": rests on a count that may not be shown' in said


def test_a_table_of_schools_that_declares_nothing_is_found(made: Made) -> None:
    records = made.records
    for record in records:
        table = record["disclosure"]["tables"].get(FLOW)
        if table is not None:
            table["declared"] = None
    said = fault(made, records=records)
    assert f"04_membership: the table {FLOW} is of single schools and declares no counts" in said


def test_a_page_with_a_fault_is_not_published_and_the_last_good_pages_stay(made: Made) -> None:
    staging, place = made.root / f"build/staging/{YEAR}", made.root / f"findings/{YEAR}"
    file = staging / "data" / f"{FLOW}.csv"
    good = file.read_bytes()
    names = sorted(f.stem for f in (made.root / "notebooks").glob("*.ipynb"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(made.root))
        one = edition(YEAR, "SIMULATED", load_params().shared(), names)
        before = {f: f.read_bytes() for f in place.rglob("*") if f.is_file()}
        file.write_bytes(good.replace(b"baseline,c,c", b"baseline,33,1"))
        try:
            with pytest.raises(GateError, match="suppressed, and yet shown"):
                publish(staging, place, one, made.root / f"build/{YEAR}.json")
        finally:
            file.write_bytes(good)
    assert {f: f.read_bytes() for f in place.rglob("*") if f.is_file()} == before
