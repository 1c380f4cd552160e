"""The validation on simulated counties: a quick run, and the cached one against its document."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta

from analysis.methods.did_aggregate import overall
from analysis.methods.fixed_effects import two_way
from analysis.methods.weighting import weighted_difference
from analysis.questions.design import Design
from analysis.questions.plan import load_plan
from analysis.questions.schools import balanced, cells_of, clusters_of

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import scenarios  # noqa: E402
import validation  # noqa: E402
import validation_summary  # noqa: E402
from validation_claims import CLAIMS  # noqa: E402
from validation_report import document  # noqa: E402

DOCS = ROOT / "docs"
QUICK = ["--runs", "40", "--workers", "1", "--draws", "199", "--scenario", "luck", "schools"]
SIZED = ("headline", "cr2", "wild", "randomised", "entropy", "gain", "group_time", "two_way")
NO_GAIN = ("none", "luck", "few")


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((DOCS / "validation.json").read_text(encoding="utf-8"))
    return summary


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("validation")
    assert validation.main([*QUICK, "--out", str(folder)]) == 0
    return folder, json.loads((folder / "validation.json").read_text(encoding="utf-8"))


def exact(count: int, n: int) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of 95 % by the quantiles of the beta distribution."""
    low = beta.ppf(0.025, count, n - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, n - count) if count < n else 1.0
    return float(low), float(high)


def rejected(kept: dict[str, Any], scenario: str, method: str) -> tuple[float, float]:
    numbers = kept["scenarios"][scenario]["methods"][method]
    return exact(numbers["rejected"], numbers["n"])


def off(kept: dict[str, Any], scenario: str, method: str) -> float:
    return float(kept["scenarios"][scenario]["methods"][method]["bias_pp"])


def test_a_quick_run_shows_what_schools_as_independent_do_and_refuses_improvers(
    quick: tuple[Path, dict[str, Any]],
) -> None:
    methods = quick[1]["scenarios"]["luck"]["methods"]
    # 40 runs: half of them against two expected of the headline is far outside of chance.
    assert methods["unclustered"]["rejected"] >= 10 > methods["headline"]["rejected"]
    assert quick[1]["scenarios"]["schools"]["refused"] == 40


def test_a_second_run_of_the_same_has_nothing_to_do(
    quick: tuple[Path, dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = (quick[0] / "validation.md").read_bytes()
    monkeypatch.setattr(validation, "all_runs", None)
    assert validation.main([*QUICK, "--out", str(quick[0])]) == 0
    assert "Nothing to run" in capsys.readouterr().out
    assert (quick[0] / "validation.md").read_bytes() == before


def test_a_part_of_the_scenarios_is_printed_and_leaves_the_docs_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {path: path.stat().st_mtime_ns for path in DOCS.glob("validation.*")}
    assert validation.main(["--runs", "2", "--workers", "1", "--scenario", "few"]) == 0
    assert "(`few`)" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in DOCS.glob("validation.*")} == before


@pytest.mark.parametrize("wrong", [["--runs", "1"], ["--draws", "5"], ["--scenario", "nothing"]])
def test_settings_that_make_no_sense_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        validation.main(wrong)


def test_a_run_is_the_same_whenever_it_is_made_and_others_differ() -> None:
    plan = scenarios.with_draws(load_plan(), 99)
    none = scenarios.BY_KEY["none"]
    assert scenarios.one_run(none, plan, 3) == scenarios.one_run(none, plan, 3)
    other = scenarios.one_run(none, plan, 4)
    assert other["cr2"] != scenarios.one_run(none, plan, 3)["cr2"]


def test_standard_errors_are_those_of_the_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Design] = []
    inner = scenarios._found
    monkeypatch.setattr(scenarios, "_found", lambda d, seed: (seen.append(d), inner(d, seed))[1])
    run = scenarios.one_run(scenarios.BY_KEY["luck"], scenarios.with_draws(load_plan(), 99), 0)
    design = seen[0]
    cells, long = cells_of(design), design.long
    exposed = (long["first_exposed"] > 0) & (long["year"] >= long["first_exposed"])
    fit = two_way(
        long["outcome"], exposed.to_numpy(dtype=float)[:, None], long["urn"], long["year"],
        names=("exposed",), clusters=long["cluster"],
    )  # fmt: skip
    expected = {
        "group_time": overall(cells, clusters=clusters_of(design, cells.units)).standard_error,
        "entropy": weighted_difference(
            design.frame["after"], design.member, balanced(design).weights.weights,
            clusters=design.clusters,
        ).standard_error,
        "two_way": fit.standard_errors[0],
    }  # fmt: skip
    for name, error in expected.items():
        # Half an interval over its t quantile is the error itself, to rounding.
        np.testing.assert_allclose(run[name][1], error, rtol=1e-9)


def test_counts_and_means_are_those_of_the_runs() -> None:
    two = [
        {"cr2": (1.0, 0.5, 0.1, 1.9, 0.04), "truth_end": (2.0,), "truth_all": (0.0,),
         "truth_county": (2.0,), "refused": (0.0,)},
        {"cr2": (4.0, 0.7, 1.0, 7.0, 0.20), "truth_end": (2.0,), "truth_all": (0.0,),
         "truth_county": (2.0,), "refused": (1.0,)},
        {"cr2": (np.nan,) * 5, "truth_end": (2.0,), "truth_all": (0.0,),
         "truth_county": (2.0,), "refused": (0.0,)},
    ]  # fmt: skip
    made = validation_summary.summarised(scenarios.BY_KEY["none"], two)
    numbers = made["methods"]["cr2"]
    assert (numbers["n"], numbers["failed"], made["refused"]) == (2, 1, 1)
    assert (numbers["rejected"], numbers["covered"]) == (1, 1)
    assert numbers["bias_pp"] == 0.5
    assert numbers["mean_error_pp"] == pytest.approx(0.6)
    assert numbers["sd_pp"] == pytest.approx(1.5 * np.sqrt(2))
    assert numbers["bias_error_pp"] == pytest.approx(1.5)


def test_the_cached_validation_is_of_this_plan_and_these_methods(kept: dict[str, Any]) -> None:
    assert not (why := validation_summary.staleness(kept, load_plan())), "\n".join(why)


def test_a_method_that_finds_something_else_makes_the_cached_validation_stale(
    kept: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def narrowest(*given: Any) -> Any:
        return min(given, key=lambda one: one.high - one.low)

    monkeypatch.setattr(scenarios, "widest", narrowest)
    some = {**kept, "scenarios": {"few": kept["scenarios"]["few"]}}
    why = validation_summary.staleness(some, load_plan())
    assert why
    assert all("headline" in line and validation_summary.COMMAND in line for line in why)


@pytest.mark.parametrize(("block", "stale"), [("panel", True), ("county", True), ("chance", False)])
def test_only_the_blocks_that_the_runs_read_make_it_stale(
    kept: dict[str, Any], block: str, stale: bool
) -> None:
    plan = load_plan()
    content = copy.deepcopy(dict(plan.content))
    content[block]["new"] = 1
    changed = scenarios.replace(plan, content=content, sha256="0" * 64)
    nothing = {**kept, "scenarios": {}}
    assert bool(validation_summary.staleness(nothing, changed)) is stale


def test_docstrings_comments_and_layout_leave_the_fingerprint_of_the_code(tmp_path: Path) -> None:
    for name in validation_summary.SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    file = tmp_path / "src/analysis/methods/wild.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        "# said otherwise\n" + text.replace('"""The wild', '"""A wild'), encoding="utf-8"
    )
    assert validation_summary.sources(tmp_path) == validation_summary.sources()
    file.write_text(text.replace("BISECTIONS = 50", "BISECTIONS = 5"), encoding="utf-8")
    assert validation_summary.sources(tmp_path) != validation_summary.sources()


def modules() -> set[str]:
    """Return the project's files that a run of the scenarios has loaded, of methods and design."""
    loaded = [m for m in sys.modules.values() if isinstance(m, ModuleType)]
    files = {Path(f) for m in loaded if (f := getattr(m, "__file__", None))}
    return {f.relative_to(ROOT).as_posix() for f in files if f.is_relative_to(ROOT / "src")}


def test_the_fingerprint_is_of_files_that_the_runs_load() -> None:
    assert {name for name in validation_summary.SOURCES if name.startswith("src")} <= modules()


def test_the_document_is_that_of_the_summary(kept: dict[str, Any]) -> None:
    text = (DOCS / "validation.md").read_text(encoding="utf-8")
    assert text == document(kept), f"run {validation_summary.COMMAND}"
    assert kept["inputs"]["plan"] in text
    assert "Not borne out" not in text


def test_the_whole_validation_has_a_thousand_runs_of_each_scenario(kept: dict[str, Any]) -> None:
    assert set(kept["scenarios"]) == set(scenarios.BY_KEY)
    for one in kept["scenarios"].values():
        assert one["runs"] >= 1000
        for numbers in one["methods"].values():
            assert numbers["failed"] == 0


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_each_claim_follows_from_the_summary(kept: dict[str, Any], claim: Any) -> None:
    assert claim.holds(kept["scenarios"])
    assert f"- {claim.sentence(kept['scenarios'])}\n" in document(kept)


def test_no_gain_is_refused_as_often_as_the_document_says(kept: dict[str, Any]) -> None:
    for method in ("cr2", "wild"):
        low, high = rejected(kept, "none", method)
        assert low <= 0.05 <= high
    for scenario in NO_GAIN:
        assert rejected(kept, scenario, "headline")[0] <= 0.05
    for method in ("unclustered", "unclustered_hc3", "naive", "naive_hc3"):
        assert rejected(kept, "luck", method)[0] > 0.2


@pytest.mark.parametrize("scenario", NO_GAIN)
def test_each_method_stands_among_those_that_it_belongs_to(
    kept: dict[str, Any], scenario: str
) -> None:
    claims = {claim.key: claim for claim in CLAIMS}
    key = {"none": "size", "luck": "size_luck", "few": "size_few"}[scenario]
    said = claims[key].sentence(kept["scenarios"])
    starts = {"as often as it should:": [], "too often:": [], "too seldom:": []}
    for method in SIZED:
        low, high = rejected(kept, scenario, method)
        word = "too often:" if low > 0.05 else "too seldom:" if high < 0.05 else next(iter(starts))
        starts[word].append(method)
    for word, methods in starts.items():
        assert (word in said) is bool(methods)
        part = said.partition(word)[2].partition(";")[0]
        assert part.count(" %") == len(methods)


def test_the_truth_is_found_where_the_document_says_so(kept: dict[str, Any]) -> None:
    for method in ("cr2", "entropy", "gain", "group_time", "two_way"):
        assert abs(off(kept, "gain", method)) <= 0.15
    assert off(kept, "growth", "two_way") < -0.5 < abs(off(kept, "growth", "group_time")) + 0.4
    assert off(kept, "weak", "gain") > 8 * max(
        abs(off(kept, "weak", method)) for method in ("cr2", "entropy")
    )
    head = kept["scenarios"]["gain"]["methods"]["headline"]
    assert exact(head["covered"], head["n"])[1] >= 0.95


def test_improvers_only_are_refused_in_every_run(kept: dict[str, Any]) -> None:
    for key in ("schools", "groups"):
        one = kept["scenarios"][key]
        assert one["refused"] == one["runs"]
    for key, one in kept["scenarios"].items():
        if "left_out" not in one:
            assert one["refused"] == 0, key
        else:
            assert one["left_out"] > 0.1


def test_a_claim_that_the_numbers_do_not_bear_out_says_so(kept: dict[str, Any]) -> None:
    spoilt = copy.deepcopy(kept)
    spoilt["scenarios"]["luck"]["methods"]["headline"]["rejected"] = 90
    text = document(spoilt)
    assert "**Not borne out:** The headline finds" in text
    spoilt["scenarios"]["schools"]["refused"] -= 1
    assert "**Not borne out:** Tables without the schools that fell" in document(spoilt)
