"""Schools in bands of cohorts, and the cells of a picture in which enough of them lie together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.questions.design import Design
from analysis.questions.regression import spread_of

SIDES = ("members", "others")
OUTSIDE = ("outside 95", "outside 998")
N_BANDS = 5
N_PLACES = 10
PUPILS, POINTS = 10, 5


@dataclass(frozen=True, eq=False)
class Bands:
    """Schools by size of cohort.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row a school: ``pupils``, ``gain``, ``member``, ``band`` and whether it lies outside
        what chance gives in 95 and in 99.8 of 100, ``outside 95`` and ``outside 998``.
    cohorts : tuple of str
        Each band's pupils, in whole tens.
    counts : pandas.DataFrame
        One row a band: ``members``, ``others``, ``outside 95`` and ``outside 998``.
    """

    schools: pd.DataFrame
    cohorts: tuple[str, ...]
    counts: pd.DataFrame

    @property
    def means(self) -> pd.Series:
        """The mean gain of each band's schools."""
        return self.schools.groupby("band")["gain"].mean()

    def outside(self, limits: str) -> Mapping[str, float]:
        """Return how many members and others lie outside these limits."""
        member, out = self.schools["member"], self.schools[limits]
        return {"members": float((member & out).sum()), "others": float((~member & out).sum())}


@dataclass(frozen=True, eq=False)
class Funnel:
    """Schools within what chance gives, as far as they may be shown.

    Parameters
    ----------
    limits : pandas.DataFrame
        What chance gives by size of cohort.
    dots : pandas.DataFrame
        ``cohort``, ``gain`` and ``member`` of each place where schools lie together.
    bands : pandas.DataFrame
        One row a band: ``cohort``, ``members``, ``others``, ``mean`` gain, ``outside 95`` and
        ``outside 998``; what is left out is missing.
    counts : mapping of str to float
        Members, others, and those of either that lie outside; NaN for what is left out.
    least : int
        How many schools lie together at a place at least.
    """

    limits: pd.DataFrame
    dots: pd.DataFrame
    bands: pd.DataFrame
    counts: Mapping[str, float]
    least: int


def banded(design: Design) -> Bands | None:
    """Return the schools of a comparison in bands of cohorts, None where chance is not known.

    The edges are whole tens of pupils, so that they are no single school's cohort.
    """
    try:
        spread = spread_of(design)
    except ValueError:
        return None
    z, pupils = spread.z, spread.pupils
    cuts = np.quantile(pupils, np.linspace(0, 1, N_BANDS + 1)[1:-1])
    edges = np.unique(PUPILS * np.round(cuts / PUPILS))
    place = np.searchsorted(edges, pupils, side="right")
    kept, band = np.unique(place, return_inverse=True)
    schools = pd.DataFrame(
        {
            "pupils": pupils, "gain": design.frame["gain"].to_numpy(), "member": design.member,
            "band": band, "outside 95": z > 1.96, "outside 998": z > 3.09,
        }
    )  # fmt: skip
    counted = schools.assign(members=schools["member"], others=~schools["member"])
    names = [*SIDES, *OUTSIDE]
    counts = counted.groupby("band")[names].sum().astype(float)
    return Bands(schools, tuple(_words(edges, int(at)) for at in kept), counts)


def _words(edges: np.ndarray, at: int) -> str:
    if not len(edges):
        return "all"
    if at == 0:
        return f"fewer than {edges[0]:.0f}"
    if at == len(edges):
        return f"{edges[-1]:.0f} or more"
    return f"{edges[at - 1]:.0f} to under {edges[at]:.0f}"


def dots(schools: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return the places of a picture at which at least so many schools of a side lie together.

    A place is five points of gain high and, in whole tens of pupils, about a tenth of the range
    of cohorts wide. A row stands for a place, members left of its middle and others right of it,
    and says not how many schools lie there.
    """
    pupils = schools["pupils"]
    wide = PUPILS * max(1.0, round((pupils.max() - pupils.min()) / N_PLACES / PUPILS))
    place = schools.assign(
        cohort=wide * (np.floor(pupils / wide) + np.where(schools["member"], 0.35, 0.65)),
        gain=POINTS * np.round(schools["gain"] / POINTS),
    )
    keys = ["member", "cohort", "gain"]
    n = place.groupby(keys).size()
    return n[n >= least].reset_index()[keys]
