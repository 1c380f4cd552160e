"""A second computation of the comparison in Kent, from the published files with csv and numpy.

It shares no reader, no design and no estimator with the package.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from world import PROJECT

REAL = PROJECT.parent / "shared" / "real"
KENT = "886"
KINDS = ["Multi-academy trust", "Single-academy trust", "Federation", "Trust"]
MEMBER_BY = "2016-09-01"


@cache
def published(file: str, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((REAL / file).read_text(encoding=encoding))))


@cache
def latest() -> dict[str, str]:
    chain = published("gias_urn_chain.csv")
    return {line["OLD_URN"]: line["LATEST_URN"].removesuffix(".0") for line in chain}


@dataclass(frozen=True)
class ByHand:
    """The comparison as the second computation has it, one entry a school, sorted by URN."""

    urn: list[str]
    before: np.ndarray
    after: np.ndarray
    cohort: np.ndarray
    member: np.ndarray
    trusts: list[list[str]]

    @property
    def gain(self) -> np.ndarray:
        return self.after - self.before


@cache
def of_kent() -> list[tuple[str, int, bool, dict[str, str]]]:
    """Return latest URN, year, whether a special school, and the line of each row of Kent."""
    chain = latest()
    spine = published("spine_england_2017_18.csv", "cp1252")
    own = {line["URN"]: line for line in spine}
    heirs: dict[str, dict[str, str]] = {}
    for line in spine:
        heirs.setdefault(chain.get(line["URN"], line["URN"]), line)
    rows = []
    for year in (2016, 2017, 2018):
        for line in published(f"ks2_england_{year}.csv"):
            urn = chain.get(line["URN"], line["URN"])
            known = own.get(line["URN"]) or heirs.get(urn)
            if known is not None and known["Local Authority"] == KENT:
                rows.append((urn, year, known["Type"] == "Special School", line))
    return rows


@cache
def by_hand() -> ByHand:
    """Return the schools compared, from the published files alone."""
    chain = latest()
    figures: dict[tuple[str, int], tuple[int, float]] = {}
    for urn, year, _, line in of_kent():
        if share := line["Overall Meet Std"].rstrip("%"):
            assert (urn, year) not in figures
            figures[urn, year] = int(line["KS2 Pupils"]), float(share)
    special = {urn for urn, _, is_special, _ in of_kent() if is_special}
    joined: dict[str, list[tuple[str, str]]] = {}
    for line in published("gias_group_links_2022_03.csv"):
        if line["LA (code)"] == KENT and line["Group Type"] in KINDS:
            urn = chain.get(line["URN"], line["URN"])
            joined.setdefault(urn, []).append((line["Joined date"], line["Group Name"]))
    lines = []
    for urn in sorted({urn for urn, _ in figures} - special):
        if (urn, 2016) not in figures or (urn, 2018) not in figures:
            continue
        links = joined.get(urn, [])
        days = [day for day, _ in links if day != "1900-01-01"]
        if links and not days:
            continue
        cohort, before = figures[urn, 2016]
        member = bool(days) and min(days) <= MEMBER_BY
        trusts = sorted({name for _, name in links}) or [f"alone {urn}"]
        lines.append((urn, before, figures[urn, 2018][1], cohort, member, trusts))
    urns, before, after, cohorts, member, trusts = zip(*lines, strict=True)
    return ByHand(
        list(urns),
        *(np.array(one, dtype=float) for one in (before, after, cohorts)),
        np.array(member),
        list(trusts),
    )


def regression(hand: ByHand, member_only: bool = False) -> tuple[np.ndarray, ...]:
    """Return outcome, columns, weights and clusters, a row for each school's part in a trust."""
    held = [one - one.mean() for one in (hand.before, hand.cohort)]
    columns = [np.ones(len(hand.urn)), hand.member.astype(float), *([] if member_only else held)]
    parts = [(i, 1 / len(t), trust) for i, t in enumerate(hand.trusts) for trust in t]
    rows, weights, clusters = zip(*parts, strict=True)
    at_row = np.array(rows)
    y = hand.gain if member_only else hand.after
    return y[at_row], np.column_stack(columns)[at_row], np.array(weights), np.array(clusters)


def cr2(y: np.ndarray, X: np.ndarray, w: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return estimate, standard error and Satterthwaite df of each coefficient, by whole matrices.

    The working model is of independent errors with equal variance; w are weights of the fit.
    """
    inverse = np.linalg.inv(X.T @ (w[:, None] * X))
    estimates = inverse @ X.T @ (w * y)
    residual_maker = np.eye(len(y)) - X @ inverse @ X.T @ np.diag(w)
    of_residuals = residual_maker @ residual_maker.T
    errors = residual_maker @ y
    scores, sides = [], []
    for cluster in np.unique(clusters):
        rows = np.flatnonzero(clusters == cluster)
        values, vectors = np.linalg.eigh(of_residuals[np.ix_(rows, rows)])
        power = np.where(values > 1e-10, np.maximum(values, 1e-10) ** -0.5, 0)
        corrected = (vectors * power) @ vectors.T @ (w[rows, None] * X[rows] @ inverse)
        scores.append(corrected.T @ errors[rows])
        sides.append(residual_maker[rows].T @ corrected)
    found = []
    for k, estimate in enumerate(estimates):
        P = np.column_stack([side[:, k] for side in sides])
        product = P.T @ P
        df = np.trace(product) ** 2 / np.sum(product**2)
        found.append((estimate, np.sqrt(sum(score[k] ** 2 for score in scores)), df))
    return np.array(found)
