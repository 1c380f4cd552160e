"""Tests of the practice year: the committed files are what `analysis simulate` writes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from world import PROJECT

from analysis import cli
from analysis.errors import DataError
from analysis.methods.county import county
from analysis.methods.county_parts import CountySettings
from analysis.questions.design import design_of
from analysis.questions.plan import load_plan
from analysis.sources.registry import load_release
from analysis.tables.panel import Panel
from analysis.tables.practice import MARK, YEAR, panel_of, practice_files, settings_of, truth_of
from analysis.tables.tidy import Study, make_study

SOURCES = "data/sources.yaml"
RAW = f"data/raw/{YEAR}"
FIGURES = ["urn", "year", "stage", "kind", "phase", "district", "definition", "cohort", "n_urns"]
SPELLS = ["urn", "collaboration", "joined", "left", "joined_unknown"]
Said = pytest.CaptureFixture[str]
Bytes = dict[str, bytes]


def declared() -> tuple[CountySettings, int]:
    plan = yaml.safe_load((PROJECT / "plan.yaml").read_text(encoding="utf-8"))
    return settings_of(plan["county"])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project without its practice year's files, to which `ANALYSIS_ROOT` points."""
    for name in ("plan.yaml", "params.yaml", SOURCES, "data/names.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    return tmp_path


def held(root: Path) -> Bytes:
    """Return the files that the command may write."""
    files = [root / SOURCES, *sorted((root / RAW).glob("*"))]
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in files}


def simulate(*settings: str) -> int:
    return cli.main(["simulate", *(word for one in settings for word in ("--set", one))])


@pytest.fixture(scope="module")
def study() -> Study:
    """The committed practice year, read from its files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(PROJECT))
        return make_study(YEAR)


@pytest.fixture(scope="module")
def read(study: Study) -> Panel:
    assert study.panel is not None
    return study.panel


@pytest.fixture(scope="module")
def simulated() -> Panel:
    settings, seed = declared()
    return panel_of(county(settings, seed=seed))


def test_the_committed_files_are_what_the_command_writes(project: Path, capsys: Said) -> None:
    committed = held(PROJECT)
    assert simulate() == 0
    assert held(project) == committed
    assert {*capsys.readouterr().out.split(), SOURCES} == set(committed)


def test_twice_gives_the_same_bytes(project: Path) -> None:
    assert simulate() == 0
    before = held(project)
    assert simulate() == 0
    assert held(project) == before


def test_without_its_block_the_command_adds_it_and_leaves_the_others(project: Path) -> None:
    content = yaml.safe_load((PROJECT / SOURCES).read_text(encoding="utf-8"))
    text = (project / SOURCES).read_text(encoding="utf-8")
    start = text.index(f"\n{YEAR}:\n") + 1
    (project / SOURCES).write_text(text[:start], encoding="utf-8")
    assert simulate() == 0
    assert (project / SOURCES).read_text(encoding="utf-8") == text
    assert yaml.safe_load(text) == content


@pytest.mark.parametrize("end", ["\n", ""], ids=["with", "without"])
def test_a_block_and_its_comment_after_the_practice_years_stay(project: Path, end: str) -> None:
    later = f'# What an analyst wrote.\n"2014":\n  title: a later year{end}'
    text = (project / SOURCES).read_text(encoding="utf-8")
    (project / SOURCES).write_text(text + later, encoding="utf-8")
    assert simulate() == 0
    found = (project / SOURCES).read_text(encoding="utf-8")
    start = text.index(f"\n{YEAR}:\n") + 1
    block = text[start:]
    assert found == text[:start] + later.rstrip("\n") + "\n" + block
    assert yaml.safe_load(found)["2014"] == {"title": "a later year"}


def test_every_name_says_that_it_is_simulated(study: Study) -> None:
    files = [file.name for file in (PROJECT / RAW).iterdir()]
    assert len(files) == 8
    assert all(name.startswith(f"{MARK}_") for name in files)
    release = study.release
    assert release.maturity == MARK
    assert MARK in release.title
    groups = study.collaborations["collaboration"]
    assert groups.str.startswith("Simulated ").all()


def test_a_setting_can_be_changed_and_the_block_says_so(project: Path) -> None:
    assert simulate() == 0
    before = held(project)
    assert simulate("gain_pp=0", "money_pp_per_100_gbp=0") == 0
    after = held(project)
    changed = {Path(name).name for name in before if after[name] != before[name]}
    assert f"{MARK}_schools.csv" in changed
    assert {f"{MARK}_{n}.csv" for n in ("members", "payments", "successors")}.isdisjoint(changed)
    release = load_release(YEAR)
    assert release.panel == {"truth": {"ks2": 0.0, "ks4": 0.0}}
    make_study(YEAR)


def test_another_seed_is_another_county(project: Path) -> None:
    assert simulate() == 0
    before = held(project)
    assert simulate("seed=2") == 0
    after = held(project)
    assert all(after[name] != data for name, data in before.items())
    make_study(YEAR)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("gains_pp=0", "expected one of"),
        ("gain_pp", "expected a name and a value"),
        ("gain_pp=much", "county"),
        ("seed=-1", "a whole number, 0 or more"),
        ("seed=one", "a whole number"),
        ("n_collaborations=500", "do not fit"),
        ("money_years=2013", "county"),
        ("award_shares=[0.5]", "money_years"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_clear_line_and_nothing_is_written(
    project: Path, capsys: Said, setting: str, said: str
) -> None:
    before = held(project)
    assert simulate(setting) in (1, 2)
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert told.startswith(("DataError: ", "Error: "))
    assert said in told
    assert held(project) == before


def test_a_single_year_of_money_is_refused_before_anything_is_written(
    project: Path, capsys: Said
) -> None:
    before = held(project)
    assert simulate("money_years=[2013]", "award_shares=[0.5]") == 2
    assert "two" in capsys.readouterr().err
    assert held(project) == before


def test_a_plan_without_a_county_is_a_mistake_of_usage(project: Path, capsys: Said) -> None:
    plan = yaml.safe_load((project / "plan.yaml").read_text(encoding="utf-8"))
    del plan["county"]
    (project / "plan.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    assert simulate() == 2
    assert "county" in capsys.readouterr().err


@pytest.mark.parametrize("block", [{}, {"seed": True}, {"seed": 1, "n_schools": 3}])
def test_settings_are_known_by_name_and_the_seed_is_a_number(block: dict[str, Any]) -> None:
    with pytest.raises(DataError) as caught:
        settings_of(block)
    assert str(caught.value.problems[0].column).startswith("county.")


def test_the_panel_of_the_county_is_the_panel_of_its_files(read: Panel, simulated: Panel) -> None:
    figures = [*FIGURES, "ks2_expected_pct", "ks4_five_good_pct"]
    pd.testing.assert_frame_equal(read.schools[figures], simulated.schools[figures])


def test_the_spells_of_the_county_are_those_of_its_files(read: Panel, simulated: Panel) -> None:
    frames = [
        one.members[SPELLS].sort_values(SPELLS, ignore_index=True) for one in (read, simulated)
    ]
    pd.testing.assert_frame_equal(*frames)
    assert 0 < int(frames[0]["joined_unknown"].sum()) < len(frames[0]) / 10


def test_the_money_of_the_county_is_that_of_its_files(read: Panel, simulated: Panel) -> None:
    key = ["collaboration", "school_year"]
    frames = [
        one.payments.astype({"funding_gbp": "float64"}).sort_values(key, ignore_index=True)
        for one in (read, simulated)
    ]
    pd.testing.assert_frame_equal(*frames)


def test_the_schools_add_up_and_no_school_is_there_twice(read: Panel) -> None:
    assert not read.schools.duplicated(["urn", "year", "stage"]).any()
    assert read.reconciliation["agrees"].all()
    # Six years, two stages, a cohort and a share of each.
    assert len(read.reconciliation) == 24


def test_the_comparison_recovers_the_known_difference(study: Study) -> None:
    design = design_of(study, load_plan(), "ks2")
    truth = float(load_release(YEAR).panel["truth"]["ks2"])  # type: ignore[index]
    gain = design.frame.groupby("member")["gain"].agg(["mean", "var", "size"])
    error = float(np.sqrt((gain["var"] / gain["size"]).sum()))
    # Three standard errors of a difference of means; schools share a year's luck, so twice that.
    assert abs(gain["mean"].diff().iloc[-1] - truth) < 6 * error
    assert error < 2


def test_the_stated_truth_is_the_simulations_own(study: Study) -> None:
    settings, seed = declared()
    stated = (study.release.panel or {})["truth"]
    assert stated == truth_of(settings, seed)
    exact = county(settings, seed=seed).truth["results"]
    last = exact[(exact["year"] == settings.last_year) & (exact["years_member"] > 0)]
    gain = last["true_pct"] - last["true_without_pct"]
    is_ks2 = last["ks2_expected_pct_exact"].notna()
    assert isinstance(stated, dict)
    # Special schools have no results to gain in; the block has four decimals.
    assert stated["ks4"] == pytest.approx(gain[~is_ks2].mean(), abs=1e-4)


def test_files_made_in_memory_are_those_on_the_disk() -> None:
    settings, seed = declared()
    made = practice_files(settings, seed)
    assert made == {file.name: file.read_bytes() for file in (PROJECT / RAW).iterdir()}
