"""Tests of the index of years."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import AnalysisError, GateError
from analysis.page.index import build_index, index


def card(year: str, **more: Any) -> dict[str, Any]:
    names = ("01_data", "07_findings")
    return {
        "year": year,
        "label": year,
        "status": "final",
        "headline": [f"In {year} between 1 & 2 pp."],
        "chapters": [{"name": name, "title": f"About {name}"} for name in names],
        "kinds": ["association"],
        "downloads": ["gains.csv"],
    } | more


def write_cards(folder: Path, *cards: dict[str, Any]) -> Path:
    for one in cards:
        (folder / f"{one['year']}.json").write_text(json.dumps(one), encoding="utf-8")
    return folder


def test_the_newest_year_comes_first_and_others_than_the_given_are_left_out(tmp_path: Path) -> None:
    write_cards(tmp_path, card("2012"), card("2013"), card("2014"))
    build_index(["2013", "2014"], tmp_path, tmp_path / "findings" / "index.html")
    html = (tmp_path / "findings" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r">(\d{4})</a></h2>", html) == ["2014", "2013"]


def test_a_year_shows_its_answer_status_chapters_and_downloads() -> None:
    html = index([card("2013", status="provisional")])
    assert "In 2013 between 1 &amp; 2 pp." in html
    assert ">Provisional</span>" in html
    for target in ("2013/01_data.html", "2013/findings.json", "2013/data/gains.csv"):
        assert f'href="{target}"' in html
    assert '<h2 id="year-1"><a href="2013/07_findings.html">' in html


def test_titles_are_escaped() -> None:
    html = index([card("2013", chapters=[{"name": "01_a", "title": "<b> & more"}])])
    assert "&lt;b&gt; &amp; more" in html


def test_no_year_at_all_is_said() -> None:
    assert "No year has been published yet." in index([])


def test_a_year_without_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"2013.json: there is no card of 2013"):
        build_index(["2013"], tmp_path, tmp_path / "index.html")


def test_a_headline_that_says_more_than_its_findings_is_refused(tmp_path: Path) -> None:
    write_cards(tmp_path, card("2013", headline=["Money caused the gain."]))
    with pytest.raises(GateError, match="causal wording"):
        build_index(["2013"], tmp_path, tmp_path / "index.html")
    assert not (tmp_path / "index.html").exists()


def test_the_index_looks_like_the_pages_and_asks_for_nothing() -> None:
    html = index([card("2013")])
    assert "--accent:" in html
    assert "http" not in html.replace("http-equiv", "")
