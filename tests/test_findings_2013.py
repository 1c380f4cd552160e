"""Every promised finding of 2013 against `oracle_2013`, which computes it by other means."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import yaml
from oracle_2013 import EXPECTED, ROOT, row_order

from analysis.questions.ask import ask
from analysis.questions.estimate import Estimate, Settings
from analysis.questions.plan import load_plan
from analysis.tables.tidy import make_study

KEYS = {"value", "unit", "low", "high", "level", "p_value", "n", "method", "kind", "sources"}
EXACT = 1e-6  # what the contract allows for everything that is not drawn by lot
DRAWN = 0.004  # what it allows for a permutation p of 100,000 draws: over four standard errors
JOINT = 0.012  # four standard errors of the difference, 100,000 draws against 40,000
KINDS = {
    "funding.ks2": "association",
    "funding.ks4": "association",
    "control": "negative control",
    "bounds": "bound",
    "power": "power",
    "curve": "association",
    "identification": "not identified",
    "gains": "description",
}


@pytest.fixture(scope="module")
def estimates() -> dict[str, Estimate]:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    settings = Settings(params["confidence"], params["seed"], params["permutations"])
    study, plan = make_study("2013"), load_plan()
    asked = [
        name for name, question in plan.questions.items() if question.data in ("report", "best")
    ]
    return {name: ask(name, study, plan, settings) for name in asked}


@pytest.fixture(scope="module")
def entries(estimates: dict[str, Estimate]) -> dict[str, dict[str, Any]]:
    return {
        name: quantity.entry()
        for estimate in estimates.values()
        for name, quantity in estimate.quantities.items()
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_a_promised_finding_equals_its_independent_computation(
    name: str, entries: dict[str, dict[str, Any]]
) -> None:
    entry, expected = entries[name], EXPECTED[name]()
    drawn = name.endswith(("permutation_p", "joint_p"))
    for key in ("value", "low", "high", "p_value", "n"):
        if key not in expected:
            optional = key in ("p_value", "n") and not name.startswith("identification")
            assert entry[key] is None or optional, f"{key} is {entry[key]}"
            continue
        near = JOINT if name == "curve.joint_p" else DRAWN
        tolerance = near if drawn and key != "n" else EXACT
        assert entry[key] == pytest.approx(expected[key], abs=tolerance), key


def test_the_chance_of_the_printed_order_is_right_to_its_last_digits(
    entries: dict[str, dict[str, Any]],
) -> None:
    expected = row_order()["value"]
    assert entries["forensics.row_order_p"]["value"] == pytest.approx(expected, rel=1e-9)


def test_an_entry_has_the_keys_of_the_contract_and_no_others(
    entries: dict[str, dict[str, Any]],
) -> None:
    for name, entry in entries.items():
        assert set(entry) == KEYS | {"text"}, name
        assert entry["text"], name


def test_intervals_say_their_level_and_stand_around_their_value(
    entries: dict[str, dict[str, Any]],
) -> None:
    for name, entry in entries.items():
        assert (entry["low"] is None) == (entry["high"] is None), name
        if entry["level"] is not None:
            assert entry["level"] == 0.95, name
            assert entry["low"] is not None, name
        if entry["low"] is not None and entry["value"] is not None:
            assert entry["low"] <= entry["value"] <= entry["high"], name


def test_probabilities_and_shares_lie_between_nought_and_one(
    entries: dict[str, dict[str, Any]],
) -> None:
    for name, entry in entries.items():
        assert entry["p_value"] is None or 0 <= entry["p_value"] <= 1, name
        if entry["unit"] in ("probability", "share") and entry["value"] is not None:
            assert 0 <= entry["value"] <= 1, name


def test_neither_membership_nor_funding_is_identified(
    entries: dict[str, dict[str, Any]], estimates: dict[str, Estimate]
) -> None:
    for name in ("identification.membership", "identification.funding"):
        assert entries[name]["kind"] == "not identified"
        assert entries[name]["value"] is None
        assert estimates[name].verdict.maryland == 0
        assert any("because of their outcome" in r for r in estimates[name].verdict.reasons)


def test_nothing_of_2013_is_called_an_effect(entries: dict[str, dict[str, Any]]) -> None:
    for name, entry in entries.items():
        assert entry["kind"] != "effect", name
        assert "effect" not in f"{name} {entry['text']}".lower()


@pytest.mark.parametrize(("start", "kind"), KINDS.items())
def test_each_family_of_findings_is_called_what_it_is(
    start: str, kind: str, entries: dict[str, dict[str, Any]]
) -> None:
    found = {entry["kind"] for name, entry in entries.items() if name.startswith(f"{start}.")}
    assert found == {kind}


def test_the_method_named_is_a_function_that_can_be_imported(
    entries: dict[str, dict[str, Any]],
) -> None:
    for method in {entry["method"] for entry in entries.values()}:
        module, _, function = f"analysis.{method}".rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), method


def test_every_source_is_a_file_of_the_year_and_only_simulations_have_none(
    entries: dict[str, dict[str, Any]],
) -> None:
    for name, entry in entries.items():
        assert all((ROOT / source).is_file() for source in entry["sources"]), name
        assert all(source.startswith("data/raw/2013/") for source in entry["sources"]), name
        assert bool(entry["sources"]) != name.startswith("simulated."), name
