"""Tests of `analysis release`: what it refuses, and what it freezes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal
from two_releases import NEXT, add_year, git, prepared, released, standing
from world import GROUPS, YEAR, World

from analysis import cli
from analysis.errors import AnalysisError, DataError
from analysis.files import sha256
from analysis.page import release as release_module
from analysis.page.release import dumped, release
from analysis.params import load_params
from analysis.questions import published
from analysis.questions.published import earlier_releases, last_year, read_released
from analysis.tables.frozen import as_text, fingerprint, from_text
from analysis.tables.tidy import frames_of, make_study, save_study

KEYS = {
    *("form", "year", "place", "maturity", "released", "definitions", "raw", "lock_sha256", "code"),
    *("params", "plan", "plan_sha256", "source", "formats", "findings", "gaps"),
    *("tables", "tables_sha256"),
}


@pytest.fixture
def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = prepared(tmp_path, monkeypatch)
    monkeypatch.setattr(release_module, "out_of_date", lambda stages: [])
    return made


def kept(made: World, name: str = YEAR) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(made.read(f"findings/published/{name}.json"))
    return content


def nothing_kept(made: World) -> bool:
    return not list((made.root / "findings" / "published").glob("*"))


def test_a_release_holds_findings_tables_inputs_code_and_plan(county: World) -> None:
    assert release(YEAR, load_params()) == f"findings/published/{YEAR}.json"
    content = kept(county)
    assert set(content) == KEYS
    about = [content[name] for name in ("year", "place", "maturity", "released")]
    assert about == [YEAR, "Nowhereshire", "provisional", YEAR]
    assert content["raw"][f"data/raw/{YEAR}/gains.csv"] == sha256(county.file("gains"))
    assert content["plan_sha256"] == sha256(county.root / "plan.yaml")
    assert "\n".join(content["plan"]) == county.read("plan.yaml")
    assert content["params"]["permutations"] == 1000
    assert "questions/describe.py" in content["code"]["files"]
    assert content["findings"]["gains.ks2.shown.n"]["value"] == 12
    assert content["gaps"] == {
        "membership.ks2.difference": "this release has no results of single schools"
    }
    frames, again = frames_of(make_study(YEAR)), from_text(content["tables"])
    assert list(again) == list(frames)
    for name, frame in frames.items():
        assert_frame_equal(again[name], frame)


def test_the_same_release_has_the_same_bytes(county: World) -> None:
    release(YEAR, load_params())
    first = county.read(f"findings/published/{YEAR}.json")
    release(YEAR, load_params(), again=True)
    assert county.read(f"findings/published/{YEAR}.json") == first
    assert dumped(json.loads(first)) == first


def test_made_up_results_are_never_released(county: World) -> None:
    standing(county, "SIMULATED")
    with pytest.raises(AnalysisError, match="never released"):
        release(YEAR, load_params())
    assert nothing_kept(county)


def test_pages_that_are_not_of_todays_inputs_are_not_released(
    county: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_module, "out_of_date", lambda stages: stages[1:])
    with pytest.raises(AnalysisError, match=rf"\(chapters@{YEAR}\)"):
        release(YEAR, load_params())
    monkeypatch.setattr(release_module, "out_of_date", lambda stages: [])
    county.change("gains", 2, "ks2_1", "9")
    county.refresh()
    with pytest.raises(AnalysisError, match="its typed tables"):
        release(YEAR, load_params())
    assert nothing_kept(county)


def test_a_year_with_a_fault_in_its_tables_is_not_released(county: World) -> None:
    county.change("gains", 2, "ks2_1", "nine")
    with pytest.raises(DataError, match="nine"):
        release(YEAR, load_params())
    assert nothing_kept(county)


def test_a_number_that_today_would_be_another_is_not_released(county: World) -> None:
    name = "gains.ks2.shown.n"
    release(YEAR, load_params())
    entry = {**kept(county)["findings"][name], "value": 11, "text": "11"}
    county.put(f"findings/{YEAR}/findings.json", json.dumps({"findings": {name: entry}}))
    with pytest.raises(AnalysisError, match=rf"{name} was published as 11, and .* gives 12"):
        release(YEAR, load_params(), again=True)


def test_without_pages_there_is_nothing_to_release(county: World) -> None:
    (county.root / "findings" / YEAR / "findings.json").unlink()
    with pytest.raises(AnalysisError, match="there are no findings"):
        release(YEAR, load_params())


def test_code_that_git_has_not_got_is_not_released(county: World) -> None:
    for name in ("src", "notebooks"):
        county.put(f"{name}/file.py", "one\n")
    git(county.root, "init", "-q")
    git(county.root, "add", "src", "notebooks", "plan.yaml", "params.yaml")
    git(county.root, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "a")
    county.put("src/other.py", "two\n")
    with pytest.raises(AnalysisError, match=r"git has not got src/other\.py"):
        release(YEAR, load_params())
    (county.root / "src" / "other.py").unlink()
    release(YEAR, load_params())
    assert set(kept(county)["code"]["trees"]) == {"src", "notebooks", "plan.yaml", "params.yaml"}


def test_a_year_is_released_once_unless_it_is_more_mature_or_asked_again(county: World) -> None:
    release(YEAR, load_params())
    with pytest.raises(AnalysisError, match="already holds the provisional release"):
        release(YEAR, load_params())
    release(YEAR, load_params(), again=True)
    standing(county, "final")
    release(YEAR, load_params())
    assert kept(county)["maturity"] == "final"
    assert kept(county, f"{YEAR}_provisional")["maturity"] == "provisional"
    standing(county, "revised")
    with pytest.raises(AnalysisError, match="expected a more mature one"):
        release(YEAR, load_params(), again=True)


def test_the_command_says_what_it_wrote_or_why_not(
    county: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["release", "1999"]) == 2
    assert "params.yaml has no year '1999'" in capsys.readouterr().err
    assert cli.main(["release", YEAR]) == 0
    assert capsys.readouterr().out == f"findings/published/{YEAR}.json\n"
    assert cli.main(["release", YEAR]) == 1
    assert "--again" in capsys.readouterr().err
    assert cli.main(["release", YEAR, "--again"]) == 0


def test_earlier_releases_come_latest_first_and_never_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    county = released(tmp_path, monkeypatch)
    release(YEAR, load_params())
    later = add_year(county, lambda table, cells: None)
    county.put(
        "params.yaml", county.read("params.yaml").replace(f"'{YEAR}'", f"'{YEAR}'\n- '{NEXT}'")
    )
    save_study(make_study(NEXT))
    later.put(f"findings/{NEXT}/findings.json", json.dumps({"findings": {}}))
    release(NEXT, load_params())
    found = [(one.year, one.maturity) for one in earlier_releases("2033", "final")]
    assert found == [(NEXT, "final"), (YEAR, "revised"), (YEAR, "provisional")]
    assert last_year(NEXT).maturity == "revised"
    assert [one.maturity for one in earlier_releases(YEAR, "revised")] == ["provisional"]
    assert earlier_releases(YEAR, "provisional") == []
    assert earlier_releases("simulated", "SIMULATED") == []


def test_a_release_that_was_changed_by_hand_is_refused(county: World) -> None:
    release(YEAR, load_params())
    text = county.read(f"findings/published/{YEAR}.json")
    county.put(f"findings/published/{YEAR}.json", text.replace(GROUPS[3], "Another Group"))
    again = read_released(YEAR)
    assert again is not None
    with pytest.raises(DataError, match="something else than `analysis release` wrote"):
        again.study  # noqa: B018
    for broken in ("", "[]", '{"form": "0"}'):
        county.put(f"findings/published/{YEAR}.json", broken)
        with pytest.raises(DataError, match="something else"):
            read_released(YEAR)


def test_typed_tables_of_schools_come_back_from_text_cell_by_cell() -> None:
    frames = frames_of(make_study("simulated"))
    again = from_text(json.loads(json.dumps(as_text(frames), allow_nan=False)))
    assert any(name.startswith("panel_") for name in frames)
    for name, frame in frames.items():
        assert_frame_equal(again[name], frame)
    assert fingerprint(again) == fingerprint(frames)
    frames["collaborations"].loc[3, "n_schools"] += 1
    assert fingerprint(again) != fingerprint(frames)


def test_every_maturity_of_a_real_year_has_its_rank() -> None:
    assert published.ORDER == ("provisional", "revised", "final")
