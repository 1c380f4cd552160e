"""Tests of the chapter on what moved, run by its own stage: its page, numbers and page states."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from two_releases import NEXT, add_year, released, standing
from world import GROUPS, YEAR, World

from analysis import cli, paths
from analysis.page.figures.canvas import ALT_LENGTH
from analysis.page.say import plain
from analysis.questions.severity import PARTS
from analysis.tables.tidy import make_study, save_study

CHAPTER = "08_since_last_year"
FIRST = "No earlier year has been released, so there is nothing to set this year beside."
HOSTILE = "IMPACT & <b>Effects</b> Group"
ENTRY = {
    *("value", "unit", "low", "high", "level", "p_value", "n", "method", "kind", "sources", "text"),
}


@pytest.fixture
def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The county after its provisional release; a stage finds its own staging folder."""
    made = released(tmp_path, monkeypatch, notebooks=True)
    monkeypatch.delenv("ANALYSIS_STAGING")
    return made


def second(made: World, *years: str) -> World:
    """Add the next year: a group is gone, gains are revised, one name is hostile."""

    def change(table: str, cells: list[list[str]]) -> None:
        cells[:] = [line for line in cells if GROUPS[9] not in line]
        for line in cells:
            line[:] = [HOSTILE if cell == GROUPS[3] else cell for cell in line]
        if table == "gains":
            for line in cells[3:6]:
                line[1] = str(int(line[1]) + 9)

    later = add_year(made, change)
    params = made.read("params.yaml").replace(f"- '{YEAR}'", f"- '{YEAR}'\n- '{NEXT}'")
    made.put("params.yaml", params)
    save_study(make_study(NEXT))
    return later


def built(made: World) -> tuple[str, dict[str, object]]:
    """Run the stage, and return the page and what stands in since.json."""
    assert cli.main(["stage", "since", "--year", made.year]) == 0
    folder = paths.findings(made.year)
    content = json.loads((folder / "since.json").read_text(encoding="utf-8"))
    return (folder / f"{CHAPTER}.html").read_text(encoding="utf-8"), content


def words(page: str) -> str:
    return " ".join(plain(page).split())


def test_the_page_of_a_second_year_says_what_moved_and_keeps_its_numbers(county: World) -> None:
    page, content = built(second(county))
    said = words(page)
    assert f"Since {YEAR}," in said
    assert "headline numbers have moved" in said
    for heading in ("The headline numbers", "Groups", "Figures that were restated", "Method"):
        assert f">{heading}</h2>" in page
    assert "Since its earlier release" not in page
    assert GROUPS[9] in said
    findings = content["findings"]
    assert isinstance(findings, dict)
    assert set(content) == {"year", "findings", "gaps", "runs"}
    assert all(set(entry) == ENTRY for entry in findings.values())
    name = "since.year.gains.ks2.shown.mean_pp"
    parts = [findings[f"{name}.{part}"]["value"] for part in PARTS]
    assert sum(parts) == pytest.approx(findings[f"{name}.difference"]["value"], abs=1e-8)
    assert {entry["kind"] for entry in findings.values()} >= {"association", "description"}


def test_every_link_to_data_leads_to_a_file_beside_the_page(county: World) -> None:
    page, _ = built(second(county))
    links = re.findall(r'href="([^"]+\.csv)"', page)
    assert len(links) > 5
    assert all(link.startswith("since/") for link in links)
    assert all((paths.findings(NEXT) / link).is_file() for link in links)
    kept = {file.name for file in (paths.findings(NEXT) / "since").iterdir()}
    assert kept == {Path(link).name for link in links}


def test_a_hostile_name_of_a_group_stays_a_name(county: World) -> None:
    page, _ = built(second(county))
    assert "<b>Effects" not in page
    assert "IMPACT &amp; &lt;b&gt;Effects&lt;/b&gt; Group" in page


def test_the_name_of_a_group_that_is_gone_is_no_wording_of_ours(county: World) -> None:
    built(second(county))
    record = county.read(f"build/staging/{NEXT}_since/records/{CHAPTER}.json")
    assert {GROUPS[9], HOSTILE} <= set(json.loads(record)["names"])


def test_the_picture_says_in_words_what_moved(county: World) -> None:
    page, _ = built(second(county))
    (alt,) = re.findall(r'<img [^>]*alt="(Small charts[^"]+)"', page)
    assert ALT_LENGTH[0] <= len(alt) <= ALT_LENGTH[1]
    assert "Mean key stage 2 gain of the groups shown: from 8.5" in alt
    assert re.search(r'figure-title">\d of \d+ headline numbers moved, \d seriously<', page)


def test_the_same_run_gives_the_same_bytes(county: World) -> None:
    later = second(county)
    first = built(later)
    before = {file: file.read_bytes() for file in paths.findings(NEXT).rglob("*.*")}
    assert built(later) == first
    assert {file: file.read_bytes() for file in before} == before


def test_a_first_year_says_that_there_is_no_earlier_one(county: World) -> None:
    standing(county, "provisional")
    page, content = built(county)
    assert FIRST in words(page)
    assert "No earlier release is kept." in words(page)
    assert content["findings"] == {}
    assert "Not available" not in words(page)
    assert "The headline numbers" not in page


def test_a_revised_year_is_set_beside_its_own_earlier_release(county: World) -> None:
    cells = county.cells("gains")
    cells[4][1] = "90"
    county.write("gains", cells)
    county.refresh()
    save_study(make_study(YEAR))
    page, content = built(county)
    said = words(page)
    assert "Since its earlier release" in said
    assert f"Since the provisional release of {YEAR}," in said
    assert FIRST in said
    findings = content["findings"]
    assert isinstance(findings, dict)
    assert findings["since.release.moved_n"]["value"] > 0
    assert all(name.startswith("since.release.") for name in findings)


def test_a_year_that_moved_in_nothing_has_an_empty_picture(county: World) -> None:
    page, _ = built(county)
    assert "Nothing to show: no headline number that both have has moved" in page
    assert "Every figure" not in page
    assert "Code, plan, parameters and definitions are those of the release." in words(page)


def test_the_other_chapters_leave_this_page_where_it_is(county: World) -> None:
    later = second(county)
    page, content = built(later)
    assert cli.main(["stage", "chapters", "--year", NEXT]) == 0
    folder = paths.findings(NEXT)
    assert (folder / f"{CHAPTER}.html").read_text(encoding="utf-8") == page
    assert json.loads((folder / "since.json").read_text(encoding="utf-8")) == content
    assert f'href="{CHAPTER}.html"' in (folder / "01_data.html").read_text(encoding="utf-8")
    card = json.loads((county.root / "build" / f"{NEXT}.json").read_text(encoding="utf-8"))
    assert CHAPTER in [one["name"] for one in card["chapters"]]
    published = json.loads((folder / "findings.json").read_text(encoding="utf-8"))["findings"]
    now = content["findings"]
    assert isinstance(now, dict)
    name = "funding.ks2.slope_pp_per_10k"
    moved = published[name]["value"] - now[f"since.year.{name}.before"]["value"]
    assert now[f"since.year.{name}.difference"]["value"] == pytest.approx(moved, abs=1e-8)


def test_a_csv_of_an_earlier_run_is_removed(county: World) -> None:
    later = second(county)
    old = paths.findings(NEXT) / "since" / "old.csv"
    later.put(f"findings/{NEXT}/since/old.csv", "a\n")
    built(later)
    assert not old.exists()
