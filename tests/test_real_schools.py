"""Tests on real school-level files, where they are: sums, chains, and numbers made twice."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from by_hand import (
    KENT,
    KINDS,
    MEMBER_BY,
    REAL,
    by_hand,
    cr2,
    latest,
    of_kent,
    published,
    regression,
)
from scipy.stats import t as student
from statsmodels.regression.linear_model import WLS
from world import PROJECT

from analysis.errors import DataError
from analysis.questions.ask import ask
from analysis.questions.compare import fit_members, regressors
from analysis.questions.design import Design, design_of
from analysis.questions.estimate import Estimate, Settings
from analysis.questions.plan import load_plan
from analysis.tables.panel import Panel
from analysis.tables.tidy import Study, load_study, make_study, save_study

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real school-level files are not beside this project"
)
YEAR = "2018"
HAMPSHIRE = "850"
LEVEL = 0.95
RULES = {"member_by": MEMBER_BY, "already_members": "keep"}
LINKS = {"members": ("gias_group_links_2022_03.csv", "gias_group_links")}
ENGLAND = {f"schools_{y}": (f"ks2_england_{y}.csv", "ks2_england_cut") for y in (2016, 2017, 2018)}
CHAIN = {"successors": ("gias_urn_chain.csv", "urn_chain")}
REGISTER = {"register": ("spine_england_2017_18.csv", "register_cut")}
SUMS = ("ks2_expected_pct", "disadvantaged_pct", "eal_pct", "sen_pct")
Files = dict[str, tuple[str, str]]
Lines = list[str]


def lay(root: Path, files: Files, authority: str, *, panel: dict[str, str] | None = None) -> None:
    """Lay a project in `root` that publishes copies of the real files as one year."""
    raw = root / "data" / "raw" / YEAR
    raw.mkdir(parents=True)
    for name in ("plan.yaml", "params.yaml", "data/names.csv"):
        shutil.copy(PROJECT / name, root / name)
    tables = {}
    for table, (file, form) in files.items():
        shutil.copy(REAL / file, raw / file)
        tables[table] = {
            "file": file,
            "place": "as published",
            "format": form,
            **described(raw / file),
        }
        if form == "dfe_ks2_2016":
            tables[table]["results_year"] = int(table[-4:])
    tables["members"]["keep"] = {"kind": KINDS, "authority": [authority]}
    facts = ("title", "place", "publisher", "published", "document", "accessed", "licence")
    block: dict[str, Any] = {**dict.fromkeys(facts, "real"), "maturity": "final", "tables": tables}
    if panel:
        block["panel"] = panel
    formats = yaml.safe_load((PROJECT / "data/sources.yaml").read_text(encoding="utf-8"))["formats"]
    (root / "data/sources.yaml").write_text(
        yaml.safe_dump({"formats": formats, YEAR: block}, sort_keys=False)
    )
    plan = yaml.safe_load((root / "plan.yaml").read_text(encoding="utf-8"))
    plan["panel"]["years"] = {YEAR: RULES}
    (root / "plan.yaml").write_text(yaml.safe_dump(plan, sort_keys=False))


def described(file: Path) -> dict[str, object]:
    data = file.read_bytes()
    rows = len(list(csv.reader(io.StringIO(data.decode("utf-8", "replace"))))) - 1
    return {"rows": rows, "sha256": hashlib.sha256(data).hexdigest()}


# Hampshire: do the schools of a file add up to the row that the file prints for the authority?


def hampshire(root: Path, year: int) -> Path:
    """Lay a year of Hampshire in `root`, and return the file of its schools."""
    file = f"ks2_hampshire_{year - 1}_{year % 100}.csv"
    lay(root, {f"schools_{year}": (file, "dfe_ks2_2016"), **LINKS}, HAMPSHIRE)
    return root / "data" / "raw" / YEAR / file


def keep_all_but_special(root: Path, year: int) -> None:
    content = yaml.safe_load((root / "data/sources.yaml").read_text())
    content[YEAR]["tables"][f"schools_{year}"]["keep"] = {"kind": ["school"]}
    (root / "data/sources.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def at(lines: Lines, start: str) -> int:
    (found,) = [i for i, line in enumerate(lines) if line.startswith(start)]
    return found


@pytest.mark.parametrize(("year", "pupils", "row"), [(2017, 14040, 236), (2018, 14463, 327)])
def test_the_authoritys_own_row_follows_from_its_schools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, year: int, pupils: int, row: int
) -> None:
    file = hampshire(tmp_path, year)
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    panel = make_study(YEAR).panel
    assert panel is not None
    gaps = panel.reconciliation.set_index("column")
    assert list(gaps.index) == ["cohort", *SUMS]
    assert (gaps["row"] == row).all()
    assert file.read_text(encoding="utf-8-sig").splitlines()[row - 1].startswith("3,")
    assert gaps.loc["cohort", ["printed", "from_schools", "gap"]].tolist() == [pupils, pupils, 0]
    # Whole per cent: half a step, and what rounding 300 schools leaves in their mean.
    assert (gaps.loc[list(SUMS), "tolerance"] < 0.6).all()
    assert gaps["agrees"].all()
    assert (gaps.loc[list(SUMS), "gap"].abs() <= gaps.loc[list(SUMS), "tolerance"]).all()


@pytest.mark.parametrize(("year", "pupils"), [(2017, 14040), (2018, 14463)])
def test_the_same_sums_come_from_the_bare_file(year: int, pupils: int) -> None:
    text = (REAL / f"ks2_hampshire_{year - 1}_{year % 100}.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text), restval=""))
    schools = [line for line in lines if line["RECTYPE"] in "12"]
    (own,) = [line for line in lines if line["RECTYPE"] == "3"]
    assert sum(int(line["TELIG"]) for line in schools if line["TELIG"].isdecimal()) == pupils
    assert int(own["TELIG"]) == pupils
    seen = [s for s in schools if s["PTRWM_EXP"].endswith("%") and int(s["TELIG"]) > 0]
    share = sum(int(s["TELIG"]) * int(s["PTRWM_EXP"][:-1]) for s in seen)
    mean = share / sum(int(s["TELIG"]) for s in seen)
    # Whole per cent in the authority's row and in its schools'.
    assert mean == pytest.approx(int(own["PTRWM_EXP"][:-1]), abs=0.56)


def without(lines: Lines, school: int) -> Lines:
    return lines[:school] + lines[school + 1 :]


def doubled(lines: Lines, school: int) -> Lines:
    again = lines[school].replace(",115976,", ",999976,", 1)
    return [*lines[: school + 1], again, *lines[school + 1 :]]


def with_another_cohort(lines: Lines, school: int) -> Lines:
    place = lines[0].split(",").index("TELIG")
    cells = next(csv.reader([lines[school]]))
    assert cells[place] == "109"
    cells[place] = "110"
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return [*lines[:school], out.getvalue(), *lines[school + 1 :]]


@pytest.mark.parametrize(
    ("spoil", "pupils"), [(without, -109), (doubled, 109), (with_another_cohort, 1)]
)
def test_a_row_lost_doubled_or_changed_is_refused_at_the_authoritys_row(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Lines, int], Lines],
    pupils: int,
) -> None:
    file = hampshire(tmp_path, 2017)
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    lines = file.read_bytes().decode("utf-8-sig").splitlines()
    school = next(i for i, line in enumerate(lines) if ",115976," in line)
    spoilt = spoil(lines, school)
    file.write_text("\ufeff" + "\n".join(spoilt) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    problem = caught.value.problems[0]
    assert (problem.file, problem.code) == (f"data/raw/{YEAR}/{file.name}", "reconciliation")
    assert (problem.row, problem.column) == (at(spoilt, "3,") + 1, "TELIG")
    assert "14040" in problem.found
    assert f"{14040 + pupils}.00" in problem.expected


@pytest.mark.parametrize(("year", "pupils"), [(2017, 13878), (2018, 14311)])
def test_without_the_special_schools_the_total_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, year: int, pupils: int
) -> None:
    hampshire(tmp_path, year)
    keep_all_but_special(tmp_path, year)
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    with pytest.raises(DataError) as caught:
        make_study(YEAR)
    problem = caught.value.problems[0]
    assert (problem.code, problem.column) == ("reconciliation", "TELIG")
    assert f"{pupils}.00" in problem.expected


# Kent: the panel through chains of URNs, and its numbers by a second computation.


@dataclass(frozen=True)
class Kent:
    study: Study
    panel: Panel
    design: Design
    answers: dict[str, Estimate]


def made(root: Path, files: Files) -> Study:
    lay(root, files, KENT, panel={"authority": KENT})
    save_study(make_study(YEAR))
    return load_study(YEAR)


@pytest.fixture(scope="module")
def kent(tmp_path_factory: pytest.TempPathFactory) -> Kent:
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("kent")
        patch.setenv("ANALYSIS_ROOT", str(root))
        study = made(root, {**ENGLAND, **LINKS, **CHAIN, **REGISTER})
        plan = load_plan()
        names = ("membership.ks2.difference", "membership.ks2.methods", "schools.ks2.by_year")
        settings = Settings(LEVEL, 20130501, 1000)
        answers = {name: ask(name, study, plan, settings) for name in names}
        assert study.panel is not None
        return Kent(study, study.panel, design_of(study, plan, "ks2"), answers)


def test_the_panel_reaches_back_through_chains_of_numbers(
    kent: Kent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schools = kent.panel.schools
    assert schools["year"].value_counts().sort_index().to_dict() == {
        2016: 448,
        2017: 449,
        2018: 451,
    }
    assert not schools.duplicated(["urn", "year"]).any()
    assert not set(schools["urn"]) & {old for old, new in latest().items() if old != new}
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    short = made(tmp_path, {**ENGLAND, **LINKS, **REGISTER}).panel
    assert short is not None
    assert int((short.schools["year"] == 2016).sum()) == 418


def test_members_and_others_are_those_of_the_published_links(kent: Kent) -> None:
    hand, frame = by_hand(), kent.design.frame.sort_values("urn")
    assert (kent.design.baseline_year, kent.design.result_year) == (2016, 2018)
    assert frame["urn"].tolist() == hand.urn
    assert frame["member"].tolist() == hand.member.tolist()
    for name in ("before", "after", "gain"):
        assert frame[name].tolist() == getattr(hand, name).tolist()
    assert frame["cohort_before"].tolist() == hand.cohort.tolist()
    found = kent.answers["membership.ks2.difference"].quantities
    counts = [found[f"membership.ks2.difference.{n}_n"].value for n in ("members", "others")]
    assert counts == [hand.member.sum(), (~hand.member).sum()] == [115, 293]
    assert sum(len(trusts) > 1 for trusts in hand.trusts) == 1  # too few schools to be told
    assert found["membership.ks2.difference.overlap_n"].is_suppressed
    clusters = len({trust for trusts in hand.trusts for trust in trusts})
    assert found["membership.ks2.difference.clusters_n"].value == clusters


def test_the_mean_gains_are_those_of_the_bare_files(kent: Kent) -> None:
    hand = by_hand()
    mean = kent.design.frame.groupby("member")["gain"].mean()
    for member in (True, False):
        # Sums of the same whole numbers; the last bits are those of the division.
        assert mean[member] == pytest.approx(hand.gain[hand.member == member].mean(), abs=1e-12)


def test_the_declared_difference_is_that_of_a_second_computation(kent: Kent) -> None:
    y, X, w, _ = regression(by_hand())
    found = kent.answers["membership.ks2.difference"].main
    assert list(kent.design.covariates) == ["cohort"]
    # Two solvers on the same 409 rows: the last bits of a well-conditioned regression.
    assert found.value == pytest.approx(WLS(y, X, weights=w).fit().params[1], abs=1e-9)
    assert found.value == pytest.approx(cr2(*regression(by_hand()))[1, 0], abs=1e-9)


def test_every_coefficient_of_the_adjustment_is_that_of_a_second_computation(kent: Kent) -> None:
    y, X, w, _ = regression(by_hand())
    names, columns = regressors(kent.design)
    assert names == ("constant", "member", "before", "cohort")
    fit = fit_members(kent.design, kent.design.frame["after"].to_numpy(), columns, LEVEL)
    # As above.
    np.testing.assert_allclose(fit.estimates, WLS(y, X, weights=w).fit().params, atol=1e-9)


def test_the_interval_for_few_clusters_is_that_of_whole_matrices(kent: Kent) -> None:
    estimate, error, df = cr2(*regression(by_hand()))[1]
    margin = student.ppf((1 + LEVEL) / 2, df) * error
    found = kent.answers["membership.ks2.difference"].quantities["membership.ks2.difference.cr2"]
    # 409 x 409 matrices against sums by cluster: rounding of eigenvalues, no more.
    assert found.low == pytest.approx(estimate - margin, abs=1e-8)
    assert found.high == pytest.approx(estimate + margin, abs=1e-8)
    assert found.p_value == pytest.approx(2 * student.sf(abs(estimate) / error, df), abs=1e-8)
    assert found.low is not None
    assert found.high is not None
    head = kent.answers["membership.ks2.difference"].main
    assert head.high - head.low >= found.high - found.low  # type: ignore[operator]


def test_the_gain_score_is_the_difference_of_weighted_means(kent: Kent) -> None:
    hand = by_hand()
    found = kent.answers["membership.ks2.methods"].quantities["membership.ks2.methods.gain"]
    # A school's parts in its trusts add up to one school, so this is the plain difference.
    plain = hand.gain[hand.member].mean() - hand.gain[~hand.member].mean()
    assert found.value == pytest.approx(plain, abs=1e-9)  # two solvers
    estimate, error, df = cr2(*regression(hand, member_only=True))[1]
    assert found.value == pytest.approx(estimate, abs=1e-9)  # two solvers
    half = student.ppf((1 + LEVEL) / 2, df) * error
    assert found.low == pytest.approx(estimate - half, abs=1e-8)  # rounding of eigenvalues


def test_the_means_of_each_year_are_those_of_the_bare_files(kent: Kent) -> None:
    hand = by_hand()
    rows = kent.answers["schools.ks2.by_year"].rows
    found = rows.set_index(["year", "member"])
    middle = {
        latest().get(line["URN"], line["URN"]): line
        for line in published("ks2_england_2017.csv")
        if line["Overall Meet Std"]
    }
    for member in (True, False):
        of_side = [i for i, one in enumerate(hand.member) if one == member]
        shares = {
            2016: [hand.before[i] for i in of_side],
            2018: [hand.after[i] for i in of_side],
            2017: [
                float(middle[hand.urn[i]]["Overall Meet Std"][:-1])
                for i in of_side
                if hand.urn[i] in middle
            ],
        }
        for year, values in shares.items():
            assert found.loc[(year, member), "schools"] == len(values)
            # Sums of the same whole numbers.
            mean = float(np.mean(values))
            assert found.loc[(year, member), "outcome"] == pytest.approx(mean, abs=1e-9)


def test_what_was_set_aside_is_counted_and_adds_up(kent: Kent) -> None:
    aside = kent.panel.set_aside
    links = published("gias_group_links_2022_03.csv")
    kept = [ln for ln in links if ln["LA (code)"] == KENT and ln["Group Type"] in KINDS]
    from_links = aside.loc[aside["file"].str.endswith("links_2022_03.csv"), "rows"].sum()
    assert len(links) - from_links == len(kept)
    rows = sum(len(published(f"ks2_england_{year}.csv")) for year in (2016, 2017, 2018))
    others = aside.loc[aside["reason"] == "schools of other authorities", "rows"].sum()
    assert rows - others == len(of_kent())
    flow = kent.design.flow
    assert (flow["schools"].diff().fillna(0) == -flow["set_aside"]).all()
    assert flow["schools"].iloc[-1] == len(by_hand().urn)


def test_membership_with_the_day_after_counts_nobody_more_than_its_rule(kent: Kent) -> None:
    joined = kent.design.frame.set_index("urn")["joined"]
    member = kent.design.frame.set_index("urn")["member"]
    assert (joined[member] <= pd.Timestamp(RULES["member_by"])).all()
    late = joined[~member].dropna()
    assert (late > pd.Timestamp(RULES["member_by"])).all()
    assert len(late) > 20


def test_the_second_computation_would_notice_a_school_on_the_wrong_side() -> None:
    hand = by_hand()
    moved = hand.member.copy()
    moved[0] = ~moved[0]
    right = cr2(*regression(hand))[1, 0]
    wrong = cr2(*regression(replace(hand, member=moved)))[1, 0]
    # Far above the tolerance of the comparisons.
    assert abs(right - wrong) > 1e-3
