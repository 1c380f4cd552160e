"""Tests of the gate before publishing, and of publishing all or nothing."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from books import ENTRY, made_edition

from analysis import paths
from analysis.errors import AnalysisError, GateError
from analysis.files import write_together
from analysis.page.card import NO_REASON, Card, read_card
from analysis.page.gate import POLICY, check_mark, check_page
from analysis.page.publish import clean_staging, merged, publish
from analysis.page.shown import Shown, keep

EDITION = made_edition("01_data", "02_claims")


def page(body: str) -> str:
    meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return f'<!DOCTYPE html><html lang="en-GB"><head>{meta}</head><body>{body}</body></html>'


def drawn(svg: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="A chart." src="data:image/svg+xml;base64,{data}">'


TABLE = "<table><caption>Gains</caption><tr><th scope='col'>a</th></tr></table>"
GOOD = [
    "<p>Each further £10,000 went with −0.95 pp.</p>",
    '<p>See <a href="https://www.gov.uk/x">the source</a>.</p>',
    '<a href="data/gains.csv" download>CSV</a>',
    TABLE,
    "<p>Nan Smith’s school in Finance Road</p>",
    "<code>frame.loc[frame.x != 'nan', f'{name}']</code>",
    "<blockquote>The report says: the impact of the money</blockquote>",
    "<p>No causal reading is given.</p>",
    drawn('<svg xmlns="http://www.w3.org/2000/svg"><text>gain</text></svg>'),
    drawn('<svg><use xlink:href="#mark"/><path clip-path="url(#clip)"/></svg>'),
]
BAD = {
    "<p>the effect of money</p>": "causal wording",
    "<p>Effectiveness</p>": "causal wording",
    "<p>the impact of money</p>": "causal wording",
    "<p>money caused the gain</p>": "causal wording",
    "<p>rose because of the funding</p>": "causal wording",
    "<code>effect = 1</code>": "causal wording",
    '<img src="data:," alt="Shows the effect">': "causal wording",
    drawn("<svg><text>effect</text></svg>"): "causal wording",
    '<img src="data:,">': "an image without alternative text",
    '<img alt="No description has been provided for this image" src="data:,">': "no alternative",
    "<script>1</script>": "a <script> element",
    '<iframe src="x"></iframe>': "a <iframe> element",
    '<p onclick="x()">a</p>': "an onclick handler",
    '<a href="javascript:x()">a</a>': "a javascript: link",
    '<img alt="a" src="https://example.org/a.png">': "a request to https://example.org/a.png",
    '<img alt="a" src="//example.org/a.png">': "a request to //example.org/a.png",
    "<style>@import 'x.css'</style>": "an @import",
    "<style>a { background: url(https://example.org) }</style>": "a request to https://example.org",
    '<p style="background: url(//example.org)">a</p>': "a request to //example.org",
    drawn('<svg><image href="http://example.org/a"/></svg>'): "in a figure: a request to http",
    drawn("<svg><script>1</script></svg>"): "in a figure: a <script> element",
    '<meta http-equiv="refresh" content="1">': "a <meta http-equiv=refresh>",
    "<pre>Traceback (most recent call last)</pre>": "an error's traceback",
    "<td>nan</td>": "a missing value",
    "<p>NaN pp</p>": "a missing value",
    "<p>&lt;NA&gt;</p>": "a missing value",
    "<pre>&lt;object at 0x7f3a12bc90&gt;</pre>": "an object's address",
    "<th scope='row'>Mean &lt;stage&gt; gain</th>": "an unfilled mark",
    "<p>n = {n_groups}</p>": "an unfilled placeholder",
    "<p>{gain:.2f} pp</p>": "an unfilled placeholder",
    "<table><tr><th scope='col'>a</th></tr></table>": "a table without caption",
    "<table><caption>a</caption><tr><th>a</th></tr></table>": "a table heading without scope",
    "<p id='a'>1</p><p id='a'>2</p>": 'the id "a" twice',
}


@pytest.mark.parametrize("body", GOOD)
def test_a_clean_page_passes(body: str) -> None:
    check_page(page(body), {"association"})


@pytest.mark.parametrize(("body", "said"), BAD.items())
def test_a_page_is_refused_for_what_it_holds(body: str, said: str) -> None:
    with pytest.raises(GateError) as caught:
        check_page(page(body), {"association"})
    assert said in str(caught.value)


def test_a_page_without_its_policy_is_refused() -> None:
    with pytest.raises(GateError, match="no content security policy"):
        check_page("<p>a</p>", ())


def test_causal_words_pass_when_an_effect_is_identified() -> None:
    check_page(page("<p>the effect of membership</p>"), {"effect"})


@pytest.mark.parametrize("folder", [paths.find_root(), Path.home()], ids=["root", "home"])
def test_a_page_that_names_a_folder_of_this_machine_is_refused(folder: Path) -> None:
    with pytest.raises(GateError, match="the machine's folder"):
        check_page(page(f"<code>{folder}/data/raw</code>"), ())


def test_a_path_inside_encoded_data_is_no_path() -> None:
    check_page(page(f'<img alt="a" src="data:image/png;base64,AA{paths.find_root()}/BB">'), ())


def staged(folder: Path, body: str = "<p>a</p>", **findings: object) -> Path:
    for name, _ in EDITION.chapters:
        record = {"chapter": name, "headline": [f"{name} says"], "findings": findings}
        put(folder / "records" / f"{name}.json", json.dumps(record))
        put(folder / "pages" / f"{name}.html", page(body))
    put(folder / "data" / "gains.csv", "a,b\n")
    return folder


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def published(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def run_publish(tmp_path: Path) -> None:
    publish(
        tmp_path / "staging", tmp_path / "out" / "2013", EDITION, tmp_path / "out" / "2013.json"
    )


def test_pages_data_findings_and_card_are_published(tmp_path: Path) -> None:
    staged(tmp_path / "staging", "<p>a</p>", **{"b.two": ENTRY, "a.one": ENTRY})
    run_publish(tmp_path)
    names = {"2013.json", *(f"2013/{name}" for name in ("01_data.html", "02_claims.html"))}
    names |= {"2013/findings.json", "2013/data/gains.csv", f"2013/data/{EDITION.workbook}"}
    assert set(published(tmp_path / "out")) == names
    text = (tmp_path / "out" / "2013" / "findings.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert text == json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert list(found["findings"]) == ["a.one", "b.two"]
    assert (found["year"], found["status"], found["plan_sha256"]) == ("2013", "final", "b" * 64)
    assert found["sources"] == {"data/raw/2013/gains.csv": "a" * 64}


def test_the_card_holds_all_that_the_index_needs(tmp_path: Path) -> None:
    staged(tmp_path / "staging", a=ENTRY)
    run_publish(tmp_path)
    card = json.loads((tmp_path / "out" / "2013.json").read_text(encoding="utf-8"))
    assert card["headline"] == ["01_data says", "02_claims says"]
    assert card["chapters"][0] == {"name": "01_data", "title": "Title of 01_data"}
    assert (card["downloads"], card["kinds"]) == (["gains.csv"], ["association"])
    size = (tmp_path / "out" / "2013" / "data" / "collaborations-2013.xlsx").stat().st_size
    assert (card["workbook"], card["workbook_bytes"]) == ("collaborations-2013.xlsx", size)
    assert Card(**card).workbook_size == f"{size / 1000:.0f} KB"


def test_the_card_holds_numbers_reasons_trust_and_definitions(tmp_path: Path) -> None:
    lacking = {"lost": "the release has none"}
    edition = replace(
        EDITION, headlines=("a.one", "b.two", "lost", "other"), lacking=lacking, place="Nowhere",
        definitions={"ks2": "level 4"},
    )  # fmt: skip
    staged(tmp_path / "staging", **{"a.one": ENTRY, "not.asked": ENTRY})
    trust = {"identification.funding": {"word": "not at all", "maryland": 0}}
    record = {"chapter": "02_claims", "findings": {}, "gaps": {"b": "no table"}, "trust": trust}
    put(tmp_path / "staging" / "records" / "02_claims.json", json.dumps(record))
    publish(tmp_path / "staging", tmp_path / "out" / "2013", edition, tmp_path / "card.json")
    card = read_card(tmp_path / "card.json")
    assert card.numbers == {"a.one": ENTRY}
    assert card.missing == {"b.two": "no table", "lost": "the release has none", "other": NO_REASON}
    assert (card.value("a.one"), card.value("b.two")) == (1.5, None)
    assert card.trusted("identification.funding") == "not at all"
    assert card.trusted("identification.membership") is None
    assert (card.definitions, card.place) == ({"ks2": "level 4"}, "Nowhere")
    assert card.sources == {"data/raw/2013/gains.csv": "a" * 64}


MARKED = page('<p>PROVISIONAL</p><img alt="PROVISIONAL: A chart." src="data:image/svg+xml,'
              '<svg><text>PROVISIONAL</text></svg>">')  # fmt: skip


def test_what_a_provisional_release_gives_is_published_only_with_its_mark(tmp_path: Path) -> None:
    edition = replace(EDITION, status="provisional")
    staged(tmp_path / "staging")
    with pytest.raises(GateError, match="02_claims: the page should say PROVISIONAL"):
        publish(tmp_path / "staging", tmp_path / "out", edition, tmp_path / "card.json")
    assert not (tmp_path / "card.json").exists()
    staged(tmp_path / "staging", "<p>PROVISIONAL</p>")
    publish(tmp_path / "staging", tmp_path / "out", edition, tmp_path / "card.json")


@pytest.mark.parametrize(
    ("bare", "said"),
    [
        (
            MARKED.replace("<p>PROVISIONAL", "<p>Final").replace('alt="PROV', 'alt="prov'),
            "the page",
        ),
        (MARKED.replace('alt="PROVISIONAL', 'alt="Firm'), "a picture's alternative text"),
        (MARKED.replace("<text>PROVISIONAL", "<text>Firm"), "a picture"),
    ],
)
def test_a_page_or_picture_without_its_mark_is_refused(bare: str, said: str) -> None:
    check_mark(MARKED, "PROVISIONAL")
    check_mark(bare, "")
    with pytest.raises(GateError, match=f"{said}.* should say PROVISIONAL"):
        check_mark(bare, "PROVISIONAL")


def test_the_reviewers_page_alone_speaks_for_a_year_and_must(tmp_path: Path) -> None:
    edition = made_edition("01_data", "07_findings")
    staged(tmp_path / "staging")
    for name in ("pages/07_findings.html", "records/07_findings.json"):
        other = (tmp_path / "staging" / name.replace("07_findings", "02_claims")).read_text()
        put(tmp_path / "staging" / name, other.replace("02_claims", "07_findings"))
    publish(tmp_path / "staging", tmp_path / "out" / "2013", edition, tmp_path / "card.json")
    assert json.loads((tmp_path / "card.json").read_text())["headline"] == ["07_findings says"]
    record = {"chapter": "07_findings", "headline": [], "findings": {}}
    put(tmp_path / "staging" / "records" / "07_findings.json", json.dumps(record))
    with pytest.raises(AnalysisError, match="07_findings: has no headline"):
        publish(tmp_path / "staging", tmp_path / "out" / "2013", edition, tmp_path / "card.json")


def test_what_this_run_did_not_make_is_removed(tmp_path: Path) -> None:
    out = tmp_path / "out" / "2013"
    for name in ("09_old.html", "data/old.csv", "data/collaborations-2012.xlsx", ".gitignore"):
        put(out / name, "old")
    staged(tmp_path / "staging")
    run_publish(tmp_path)
    left = set(published(out))
    assert left.isdisjoint({"09_old.html", "data/old.csv", "data/collaborations-2012.xlsx"})
    assert ".gitignore" in left


def test_a_second_publication_of_the_same_writes_nothing(tmp_path: Path) -> None:
    staged(tmp_path / "staging", a=ENTRY)
    run_publish(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*.*")}
    run_publish(tmp_path)
    assert {file: file.stat().st_mtime_ns for file in before} == before


@pytest.mark.parametrize(
    "fault", ["page", "record", "bad page", "bad record", "not finite", "long cell"]
)
def test_a_fault_leaves_the_last_publication_as_it_was(tmp_path: Path, fault: str) -> None:
    staging = staged(tmp_path / "staging", a=ENTRY)
    run_publish(tmp_path)
    before = published(tmp_path / "out")
    staged(staging, "<p>new</p>", a=ENTRY | {"value": 2.5})
    if fault == "page":
        (staging / "pages" / "02_claims.html").unlink()
    elif fault == "record":
        (staging / "records" / "02_claims.json").unlink()
    elif fault == "bad page":
        put(staging / "pages" / "02_claims.html", page("<p>nan</p>"))
    elif fault == "bad record":
        put(staging / "records" / "02_claims.json", '{"chapter": "01_data", "findings": {}}')
    elif fault == "long cell":
        keep(staging, "02_claims", [Shown("a", "A table.", ("Name",), (("a" * 32_768,),))])
    else:
        staged(staging, a=ENTRY | {"value": float("nan")})
    with pytest.raises((AnalysisError, ValueError)):
        run_publish(tmp_path)
    assert published(tmp_path / "out") == before


def test_every_bad_page_is_named_at_once(tmp_path: Path) -> None:
    staged(tmp_path / "staging", "<p>nan</p>")
    with pytest.raises(GateError) as caught:
        run_publish(tmp_path)
    assert str(caught.value).startswith("01_data: found a missing value")
    assert "\n02_claims: found" in str(caught.value)


def test_a_disk_that_fills_at_any_write_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {tmp_path / "a" / f"{number}.txt": b"new" for number in range(4)}
    for file in files:
        put(file, "old")
    failed = 0
    for fatal in range(1, 20):
        calls = iter(range(1, 100))

        def sync(handle: int, calls: Any = calls, fatal: int = fatal) -> None:
            if next(calls) == fatal:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", sync)
        try:
            write_together(files)
        except AnalysisError:
            failed += 1
            old_or_new = {file.read_bytes() for file in files}
            assert fatal > len(files) or old_or_new == {b"old"}
            assert set(tmp_path.rglob("*")) == {tmp_path / "a", *files}
        else:
            break
    assert failed >= len(files)
    assert {file.read_bytes() for file in files} == {b"new"}


def test_chapters_may_share_a_finding_but_not_disagree() -> None:
    records = [{"chapter": name, "findings": {"a": dict(ENTRY)}} for name in ("01_a", "02_b")]
    assert merged(records) == {"a": ENTRY}
    records[1]["findings"]["a"]["value"] = 2.0  # type: ignore[index]
    with pytest.raises(AnalysisError, match="02_b: the finding `a` differs from the one in 01_a"):
        merged(records)


def test_an_entry_that_lacks_a_part_is_refused() -> None:
    entry = {name: value for name, value in ENTRY.items() if name not in ("kind", "n")}
    with pytest.raises(AnalysisError, match="01_a: the finding `a` lacks kind, n"):
        merged([{"chapter": "01_a", "findings": {"a": entry}}])


def test_staging_starts_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    put(tmp_path / "build" / "staging" / "2013" / "pages" / "old.html", "old")
    assert list(clean_staging("2013").iterdir()) == []
    with pytest.raises(AnalysisError, match="found the year"):
        clean_staging("../2013")


def test_no_temporary_file_is_left(tmp_path: Path) -> None:
    write_together({tmp_path / "a" / "b.txt": b"1"})
    assert os.listdir(tmp_path / "a") == ["b.txt"]


def test_a_groups_name_is_not_our_wording_even_cut_short_in_a_drawing() -> None:
    names = ["IMPACT", "Impact Alliance of Made-up Schools"]
    body = "<p>IMPACT</p><p>Money of Impact Alliance…</p>"
    check_page(page(body), {"association"}, names)
    for bad in (body.replace("IMPACT", "the impact"), "<p>Impact of money…</p>"):
        with pytest.raises(GateError, match="causal wording"):
            check_page(page(bad), {"association"}, names)


def test_a_name_that_a_picture_writes_over_two_lines_is_not_our_wording_either() -> None:
    names = ["Impact Alliance of Made-up Schools"]
    check_page(page("<p>Impact Alliance</p>\n<p>of Made-up Schools</p>"), {"association"}, names)
    with pytest.raises(GateError, match="causal wording"):
        check_page(page("<p>Impact Alliance</p>\n<p>shows an effect</p>"), {"association"}, names)
