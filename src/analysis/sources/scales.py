"""By how much the money of a table is multiplied that is printed in thousands of pounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.errors import quoted
from analysis.sources.entries import Place, mapping, wrong
from analysis.variables import known, variable


def scales(entry: Mapping[str, Any], headings: Mapping[str, str], place: Place) -> dict[str, int]:
    """Return the factors that an entry of data/sources.yaml gives to headings of money.

    Raises
    ------
    DataError
        If a heading is not there or not one of money, or a factor is neither 1 nor 1,000.
    """
    if "scale" not in entry:
        return {}
    block = mapping(entry, "scale", place)
    money = [p for p, ours in headings.items() if known(ours) and variable(ours).cell == "money"]
    for printed, factor in block.items():
        where = (*place, "scale", str(printed))
        if printed not in money:
            expected = f"a heading of money of this table: {', '.join(map(quoted, money))}"
            raise wrong(where, quoted(printed), expected)
        if isinstance(factor, bool) or factor not in (1, 1000):
            raise wrong(where, quoted(factor), "1 for pounds, or 1000 for thousands of pounds")
    return block
