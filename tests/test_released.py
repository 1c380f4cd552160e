"""What was released stays true: today's code put to the raw tables gives every released number."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal

from analysis.files import sha256
from analysis.questions.ask import ask
from analysis.questions.code import BETWEEN_YEARS, digest_of, number_files
from analysis.questions.estimate import Settings
from analysis.questions.plan import load_plan
from analysis.questions.published import Released, read_released
from analysis.tables.tidy import frames_of, make_study

ROOT = Path(__file__).parents[1]
YEARS = sorted(file.stem for file in (ROOT / "findings" / "published").glob("20??.json"))
NEAR = 1e-9
# Ten of 100,000 draws: which of two equal statistics is larger is a matter of the last bit, which
# another processor, or a test without the pipeline's fixed settings, rounds otherwise.
NEAR_DRAWN = 1e-4
# Numbers that are not what was released any more, each with its reason.
MOVED: dict[str, dict[str, str]] = {}


@pytest.fixture(params=YEARS, scope="module")
def released(request: pytest.FixtureRequest) -> Released:
    found = read_released(request.param)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def today(released: Released) -> dict[str, dict[str, Any]]:
    """Each released number as today's code, plan and raw tables give it."""
    params = released.content["params"]
    settings = Settings(params["confidence"], params["seed"], params["permutations"])
    study, plan = make_study(released.year), load_plan()
    asked = {plan.question_of(name).id for name in released.findings}
    answers = [ask(question, study, plan, settings).quantities for question in sorted(asked)]
    return {name: one.entry() for numbers in answers for name, one in numbers.items()}


def test_there_is_a_release() -> None:
    assert "2013" in YEARS


def test_every_released_number_is_what_the_raw_tables_give_today(
    released: Released, today: dict[str, dict[str, Any]]
) -> None:
    moved = {name for name, entry in released.findings.items() if not alike(entry, today[name])}
    assert moved == set(MOVED.get(released.year, {}))


def alike(one: Any, other: Any) -> bool:
    drawn = any(word in one["method"] for word in ("permute", "multiverse"))
    for key in ("value", "low", "high", "p_value", "n"):
        is_p = key == "p_value" or (key == "value" and one["unit"] == "probability")
        near = NEAR_DRAWN if drawn and is_p else NEAR
        if one[key] is None or other[key] is None:
            if one[key] is not other[key]:
                return False
        elif one[key] != pytest.approx(other[key], rel=NEAR, abs=near):
            return False
    return all(one[key] == other[key] for key in ("unit", "kind", "text"))


def test_the_released_tables_are_those_of_today(released: Released) -> None:
    before, now = frames_of(released.study), frames_of(make_study(released.year))
    assert list(before) == list(now)
    for name, frame in now.items():
        assert_frame_equal(before[name], frame)


def test_the_released_files_are_those_of_today(released: Released) -> None:
    for name, digest in released.content["raw"].items():
        assert sha256(ROOT / name) == digest


def test_the_digest_of_the_code_is_that_of_its_files(released: Released) -> None:
    code = released.content["code"]
    assert digest_of(code["files"]) == code["numbers"]


def test_code_that_only_compares_years_is_not_code_of_a_years_numbers() -> None:
    named = set(number_files())
    assert all((ROOT / "src" / "analysis" / name).is_file() for name in BETWEEN_YEARS)
    assert not named & BETWEEN_YEARS
    assert {"questions/ask.py", "methods/association.py", "quantities.py"} <= named


def test_the_plan_that_was_released_reads_as_a_plan(released: Released) -> None:
    assert set(released.plan["headlines"]) <= set(load_plan().headlines) | set(MOVED)
    assert json.dumps(released.content)


def git(*arguments: str, said: str = "") -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def test_the_code_of_a_release_is_in_the_history(released: Released) -> None:
    if git("rev-parse", "--is-shallow-repository").strip() != "false":
        pytest.skip("there is no history here, or a part of it")
    commits = git("log", "--format=%H:src", "--", "src").split()
    trees = git("cat-file", "--batch-check=%(objectname)", said="\n".join(commits)).split()
    assert released.content["code"]["trees"]["src"] in trees, (
        "the history was rewritten since; commit, then: analysis release YEAR --again"
    )
