"""Units in several groups at once: clusters that keep them whole, and shares of membership."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csgraph

Codes = NDArray[np.intp]


def connected_components(unit: ArrayLike, group: ArrayLike) -> Codes:
    """Return for each row the number of the component that its unit belongs to, from 0.

    Rows are memberships of a unit in a group. Two units are in one component if a chain of
    shared groups links them, so that no unit has a part in two components: as clusters they
    take in every dependence that runs through a shared group. Numbers follow the first row of
    each component. A unit without a group (missing in all its rows) is a component of its own.

    Raises
    ------
    ValueError
        If the arrays differ in length, are empty, or a unit is missing.

    References
    ----------
    Tarjan, R. E. (1972). Depth-first search and linear graph algorithms. SIAM Journal on
    Computing 1, 146-160.
    """
    units, groups = _coded(unit, group)
    n_units, n_groups = int(units.max()) + 1, int(groups.max()) + 1
    member = groups >= 0
    ends = (units[member], n_units + groups[member])
    size = n_units + n_groups
    links = coo_array((np.ones(member.sum(), dtype=np.int8), ends), shape=(size, size))
    labels = csgraph.connected_components(links, directed=False)[1]
    return pd.factorize(labels[units])[0]


def fractional_membership(unit: ArrayLike, group: ArrayLike) -> pd.DataFrame:
    """Return one row a unit and group, with the unit's share in the group, adding to 1 a unit.

    A unit in m groups has weight 1 / m in each, as in a multiple-membership model. A membership
    that is listed twice counts once. A unit without a group keeps one row, its group missing and
    its weight 1. Rows are in the order of their first appearance.

    Raises
    ------
    ValueError
        As in `connected_components`.

    References
    ----------
    Browne, W. J., Goldstein, H. and Rasbash, J. (2001). Multiple membership multiple
    classification (MMMC) models. Statistical Modelling 1, 103-124.
    """
    pairs = _pairs(unit, group)
    return pairs.assign(weight=1.0 / pairs.groupby("unit", sort=False)["unit"].transform("size"))


def shared(unit: ArrayLike, group: ArrayLike) -> pd.DataFrame:
    """Return how many units are in no, one, two ... groups: columns ``n_groups``, ``n_units``.

    Memberships are counted as by `fractional_membership`; numbers of groups that no unit has
    are left out.

    Raises
    ------
    ValueError
        As in `connected_components`.
    """
    pairs = _pairs(unit, group)
    groups = pairs.groupby("unit", sort=False)["group"].count()
    n_groups, n_units = np.unique(groups.to_numpy(), return_counts=True)
    return pd.DataFrame({"n_groups": n_groups, "n_units": n_units})


def _coded(unit: ArrayLike, group: ArrayLike) -> tuple[Codes, Codes]:
    units, groups = np.asarray(unit), np.asarray(group)
    if units.ndim != 1 or units.shape != groups.shape:
        raise ValueError(f"units and groups differ in shape: {units.shape} and {groups.shape}")
    if not len(units):
        raise ValueError("no memberships: at least one row is needed")
    codes = pd.factorize(units)[0]
    if (codes < 0).any():
        raise ValueError(f"row {int(codes.argmin())} has no unit")
    return codes, pd.factorize(groups)[0]


def _pairs(unit: ArrayLike, group: ArrayLike) -> pd.DataFrame:
    """Return the distinct memberships, without a missing group beside known ones of a unit."""
    units, groups = _coded(unit, group)
    grouped = np.zeros(int(units.max()) + 1, dtype=bool)
    grouped[units[groups >= 0]] = True
    pairs = pd.DataFrame({"unit": np.asarray(unit), "group": np.asarray(group)})
    wanted = (groups >= 0) | ~grouped[units]
    codes = pd.DataFrame({"unit": units, "group": groups})[wanted]
    return pairs.loc[codes.drop_duplicates().index].reset_index(drop=True)
