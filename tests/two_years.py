"""A second year of the made-up county, a year after the first and free to be changed."""

from __future__ import annotations

import copy

from world import YEAR, World

LATER = "2032"
MONEY = {"2030/31 Funding": "2031/32 Funding", "2031/32 Funding": "2032/33 Funding"}
COLUMNS = {
    "2031/32 Funding": "funding_2031_32_gbp",
    "2032/33 Funding": "funding_2032_33_gbp",
}


def with_a_second_year(first: World) -> World:
    """Add the year after: the same groups, the first year's money restated as it was.

    Parameters
    ----------
    first : World
        The made-up county; its data/sources.yaml is changed.
    """
    second = World(first.root, LATER)
    second.file("ofsted").parent.mkdir()
    content = first.sources
    content[LATER] = copy.deepcopy(content[YEAR])
    headings = content[LATER]["tables"]["funding"]["headings"]
    others = {printed: ours for printed, ours in headings.items() if printed not in MONEY}
    content[LATER]["tables"]["funding"]["headings"] = {**others, **COLUMNS}
    first.write_sources(content)
    for table in content[YEAR]["tables"]:
        cells = first.cells(table)
        if table == "funding":
            cells = [_a_year_later(row) for row in cells]
            cells[0] = [MONEY.get(heading, heading) for heading in first.cells(table)[0]]
        second.write(table, cells)
    second.refresh()
    return second


def _a_year_later(row: list[str]) -> list[str]:
    """Return a row of money with the later amount in both columns, or else the earlier."""
    later = row[4] or row[3]
    return [*row[:3], row[4], later, *row[5:]]
