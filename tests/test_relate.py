from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.questions.ask import ask
from analysis.questions.estimate import Settings
from analysis.questions.plan import load_plan
from analysis.tables.tidy import Study, make_study

SETTINGS = Settings(confidence=0.95, seed=1, permutations=1000)


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study("2013")


def said(study: Study) -> str:
    name = "funding.ks2.size"
    return ask(name, study, load_plan(), SETTINGS).quantities[f"{name}.apart"].text


def test_money_and_size_that_go_together_cannot_be_told_apart(study: Study) -> None:
    assert said(study) == "the two cannot be told apart"


def test_money_that_does_not_follow_size_can_be_told_apart(study: Study) -> None:
    table = study.collaborations
    sizes = table["n_schools"].sample(frac=1, random_state=3).to_numpy()
    assert said(replace(study, collaborations=table.assign(n_schools=sizes))) == (
        "the two can be told apart"
    )
