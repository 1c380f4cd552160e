"""Tests of the real 2013 tables against a second, independent transcription, cell by cell."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from world import PROJECT, World

from analysis.tables.tidy import load_study

SECOND = Path(__file__).parent / "oracle" / "second_transcription"
# As a person who reads both names would link them; not taken from data/names.csv.
LONG_NAMES = {
    "BRESIC": "BRESIC (Broadstairs & Ramsgate Ethos in Schools Committee)",
    "West Malling & Malling School - sch to sch partner": (
        "West Malling & Malling School - school to school partnership"
    ),
    "Urban Folkestone School(Folkestone Urban Hub)": (
        "Urban Folkestone School Collaborative (Folkestone Urban Hub)"
    ),
    "Temple Hill & Oakfield Collaborative Reading Proj": (
        "Temple Hill & Oakfield Collaborative Reading Project"
    ),
    "West Ramsgate Ach Partnership (WRAP)": "West Ramsgate Achievement Partnership (WRAP)",
    "Maidstone Col Oakwood Pk Post 16": (
        "Maidstone Collaborative: Oakwood Park Post 16 Partnership"
    ),
    "Collaboration of St James’, St John’s& Pembury": (
        "Collaboration of St James’ CEl & CEJ, St John’s CEP & Pembury"
    ),
}
OTHER = {
    "North Area Attendance Project",
    "Funding to support collaboration of Special Schools",
    "School Improvement 2 days support to schools",
}
ANSWERS = {"Yes": "yes", "No": "no", "TBC": "tbc", "n/a": None, "": None}
NUMBERS = {
    "number of schools": "n_schools",
    "Outstanding": "n_outstanding",
    "Good": "n_good",
    "RI": "n_requires_improvement",
    "Inadequate": "n_inadequate",
    "no Inpection yet": "n_not_inspected",
    "% good or better": "good_or_better_pct",
}
MONEY = {
    "2012/13 Funding (if applicable)": "funding_2012_13_gbp",
    "2013/14 Agreed Funding from KAH (if applicable)": "funding_2013_14_gbp",
}
GAINS = {f"ks{s}_{n}": f"gain_ks{s}_{n}_pp" for s in (2, 4) for n in (1, 2, 3)}


def second(table: str) -> list[dict[str, str]]:
    with (SECOND / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [
            {key: " ".join(cell.split()) for key, cell in line.items()}
            for line in csv.DictReader(file)
        ]


def number(cell: str) -> float | None:
    return float(cell.replace("£", "").replace(",", "")) if cell else None


def found(frame: pd.DataFrame, key: str, name: str, column: str) -> object:
    rows = frame[frame[key] == name]
    assert len(rows) == 1, name
    value = rows[column].iloc[0]
    return None if pd.isna(value) else value


@pytest.mark.parametrize(("table", "rows"), [("ofsted", 77), ("funding", 74), ("gains", 23)])
def test_both_transcriptions_have_the_same_cells(table: str, rows: int) -> None:
    with (PROJECT / f"data/raw/2013/{table}.csv").open(encoding="utf-8", newline="") as file:
        first = list(csv.reader(file))
    with (SECOND / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        other = list(csv.reader(file))
    assert len(other) == rows + 1
    assert [[" ".join(cell.split()) for cell in line] for line in first] == [
        [" ".join(cell.split()) for cell in line] for line in other
    ]


def test_every_grade_and_share_of_the_typed_tables_is_the_second_transcriptions(
    kent: World,
) -> None:
    frame = load_study("2013").collaborations
    lines = second("ofsted")
    assert frame["collaboration"].tolist() == [line["name"] for line in lines]
    for printed, column in NUMBERS.items():
        assert frame[column].tolist() == [number(line[printed]) for line in lines], column


def test_every_amount_of_the_typed_tables_is_the_second_transcriptions(kent: World) -> None:
    study = load_study("2013")
    lines = second("funding")
    ours = [line for line in lines if line["Collaboration name"] not in OTHER]
    assert {line["Collaboration name"] for line in lines} - OTHER == {
        line["Collaboration name"] for line in ours
    }
    for line in lines:
        name = line["Collaboration name"]
        apart = name in OTHER
        frame, key = (study.other_funding, "name") if apart else (study.collaborations, None)
        key = key or "collaboration"
        for printed, column in MONEY.items():
            assert found(frame, key, name, column) == number(line[printed]), (name, column)
        assert found(frame, key, name, "area") == line["Area"]
        assert found(frame, key, name, "district") == line["District"]
        answer = ANSWERS[line["Collabtn continuing in 2013/14"]]
        assert found(frame, key, name, "continuing") == answer
    assert study.collaborations["area"].notna().sum() == len(ours) == 71
    assert study.other_funding["name"].tolist() == [
        line["Collaboration name"] for line in lines if line["Collaboration name"] in OTHER
    ]


def test_every_gain_of_the_typed_tables_is_the_second_transcriptions(kent: World) -> None:
    frame = load_study("2013").collaborations
    lines = second("gains")
    for line in lines:
        name = LONG_NAMES.get(line["name"], line["name"])
        for printed, column in GAINS.items():
            assert found(frame, "collaboration", name, column) == number(line[printed]), name
    shown = frame[list(GAINS.values())].notna()
    assert shown.any(axis="columns").sum() == len(lines) == 23
    assert shown[["gain_ks2_1_pp", "gain_ks2_2_pp", "gain_ks2_3_pp"]].all(axis=1).sum() == 19
    assert shown[["gain_ks4_1_pp", "gain_ks4_2_pp", "gain_ks4_3_pp"]].all(axis=1).sum() == 9


def test_the_coverage_of_paragraph_9_is_as_printed(kent: World) -> None:
    frame = load_study("2013").coverage
    assert frame["phase"].tolist() == ["Secondary", "Primary", "PRU", "Special"]
    assert frame["printed_pct"].tolist() == [55.0, 90.0, 12.5, 100.0]
    assert frame["members"].tolist() == [56, 402, 2, 24]
    assert frame["schools"].tolist() == [101, 449, 14, 24]


def ledger() -> pd.DataFrame:
    return load_study("2013").claims.set_index("claim_id")


def test_the_ledger_of_the_real_report_has_its_claims_and_some_differ(kent: World) -> None:
    claims = ledger()
    assert len(claims) >= 40
    verdicts = claims.groupby("paragraph")["verdict"].agg(set)
    assert {"agrees", "differs", "contradicts itself"} <= verdicts["9"]
    assert {"agrees", "differs"} <= verdicts["17"]
    assert {"agrees", "differs"} <= verdicts["20"]


def test_the_counts_of_paragraph_17_are_recounted_from_the_second_transcription(
    kent: World,
) -> None:
    lines = second("ofsted")
    shares = [float(line["% good or better"]) for line in lines]
    recounted = {
        "p17-good-75-count": sum(share > 75 for share in shares),
        "p17-good-100-count": sum(share == 100 for share in shares),
        "p17-category-count": sum(line["Inadequate"] != "0" for line in lines),
        "p17-no-outstanding-count": sum(line["Outstanding"] == "0" for line in lines),
    }
    assert list(recounted.values()) == [29, 17, 23, 32]
    assert ledger().loc[list(recounted), "found_value"].tolist() == list(recounted.values())
    assert set(ledger().loc[list(recounted), "verdict"]) == {"differs"}


BANDS = {
    "p20-over-300k": lambda total: total > 300_000,
    "p20-over-200k": lambda total: 200_000 < total < 300_000,
    "p20-100k-200k": lambda total: 100_000 <= total <= 200_000,
    "p20-75k-100k": lambda total: 75_000 <= total < 100_000,
    "p20-over-50k": lambda total: 50_000 < total < 75_000,
}


def test_the_bands_of_paragraph_20_are_recounted_from_the_second_transcription(
    kent: World,
) -> None:
    total = {
        line["Collaboration name"]: sum(number(line[year]) or 0 for year in MONEY)
        for line in second("funding")
    }
    every = [sum(map(within, total.values())) for within in BANDS.values()]
    ours = [money for name, money in total.items() if name not in OTHER]
    plain = [sum(map(within, ours)) for within in BANDS.values()]
    assert every == [2, 1, 9, 10, 18]  # as paragraph 20 prints them
    claims = ledger().loc[list(BANDS)]
    assert claims["found_value"].tolist() == plain == [1, 1, 9, 10, 17]
    expected = ["differs", "agrees", "agrees", "agrees", "differs"]
    assert claims["verdict"].tolist() == expected  # lines that are no collaboration don't count
    other = [found.partition(" (")[0] for found in claims["other_found"]]
    assert list(map(int, other)) == every
