"""Tests of the run's parameters: typed once, and nothing else is let in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from conftest import Refused
from world import YEAR, World

from analysis import cli
from analysis.params import Params, load_params

GOOD = {
    "years": ["2013", "2014", "simulated"],
    "outcomes": ["ks2", "ks4"],
    "confidence": 0.95,
    "seed": 1,
    "permutations": 1000,
}


def test_good_parameters_are_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(GOOD), encoding="utf-8")
    params = load_params()
    assert params == Params(("2013", "2014", "simulated"), ("ks2", "ks4"), 0.95, 1, 1000)
    assert params.of_a_chapter("2014") == {
        "year": "2014",
        "outcomes": ["ks2", "ks4"],
        "confidence": 0.95,
        "seed": 1,
        "permutations": 1000,
    }


BAD = {
    "years without quotation marks": ("years: [2013]", "years"),
    "one year without a list": ("years: '2013'", "years"),
    "no years": ("years: []", "years"),
    "a year twice": ("years: ['2013', '2013']", "years"),
    "a command for a year": ("years: ['2014; touch X']", "years"),
    "a path for a year": ("years: ['../2013']", "years"),
    "a year in Arabic digits": ("years: ['٢٠١٣']", "years"),
    "a year with a line end": ('years: ["2013\\n"]', "years"),
    "a school year": ("years: [2021_22]", "years"),
    "an outcome twice": ("outcomes: [ks2, ks2]", "outcomes"),
    "a command for an outcome": ("outcomes: ['ks2; touch X']", "outcomes"),
    "an outcome that is no word": ("outcomes: [no]", "outcomes"),
    "a confidence in per cent": ("confidence: 95", "confidence"),
    "a confidence of one": ("confidence: 1.0", "confidence"),
    "a confidence of nothing": ("confidence: .nan", "confidence"),
    "a confidence in words": ("confidence: '0.95'", "confidence"),
    "a seed below nothing": ("seed: -1", "seed"),
    "a seed of yes": ("seed: yes", "seed"),
    "a seed without end": ("seed: 1234567890123456789", "seed"),
    "too few permutations": ("permutations: 999", "permutations"),
    "permutations without end": ("permutations: 1000000000000", "permutations"),
    "permutations with a point": ("permutations: 1e5", "permutations"),
    "an unknown name": ("colour: red", "colour"),
    "a name that is a number": ("1: red", "1"),
    "a name with code in it": ("'seed = 1; import os': 1", "seed = 1; import os"),
}


@pytest.mark.parametrize(("line", "name"), BAD.values(), ids=BAD)
def test_a_bad_parameter_is_one_error_with_its_line(
    line: str, name: str, nowhere: World, refused: Refused, tmp_path: Path
) -> None:
    key = line.partition(":")[0]
    lines = yaml.safe_dump({**GOOD, "years": [YEAR]}, default_flow_style=None).splitlines()
    kept = [other for other in lines if not other.startswith(f"{key}:")]
    nowhere.put("params.yaml", "\n".join([*kept, line]))
    problem = refused(nowhere)
    assert (problem["file"], problem["column"]) == ("params.yaml", name)
    assert problem["row"] == len(kept) + 1
    assert not list(tmp_path.rglob("X"))


@pytest.mark.parametrize("name", GOOD)
def test_a_lost_parameter_is_one_error(name: str, nowhere: World, refused: Refused) -> None:
    content = yaml.safe_load(nowhere.read("params.yaml"))
    del content[name]
    nowhere.put("params.yaml", yaml.safe_dump(content))
    problem = refused(nowhere)
    assert (problem["column"], problem["found"]) == (name, "None")


@pytest.mark.parametrize("text", ["", "- a", "years: ['2031'", "seed: 1\nseed: 2", "\t"])
def test_a_file_of_something_else_is_one_error(text: str, nowhere: World, refused: Refused) -> None:
    nowhere.put("params.yaml", text)
    assert refused(nowhere)["file"] == "params.yaml"


def test_a_lost_file_is_one_error(nowhere: World, refused: Refused) -> None:
    (nowhere.root / "params.yaml").unlink()
    assert "no readable file" in refused(nowhere)["found"]


def test_a_year_that_the_register_lacks_is_one_error(
    nowhere: World, capsys: pytest.CaptureFixture[str]
) -> None:
    text = re.sub(r"- '2031'", "- '2031'\n- '2032'", nowhere.read("params.yaml"))
    nowhere.put("params.yaml", text)
    before = nowhere.made()
    assert cli.main(["build"]) == 1
    assert 'found no block for this year; expected a block "2032"' in capsys.readouterr().err
    assert nowhere.made() == before
