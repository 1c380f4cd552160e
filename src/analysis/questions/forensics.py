"""Answers that read the document itself: its order, its repetitions, its overlaps."""

from __future__ import annotations

from analysis.errors import UnavailableError
from analysis.methods import order
from analysis.questions.estimate import Answer, Case
from analysis.sources.declared import read_typed

_SORTED = "the table was sorted by it, and may have been cut off by it"
_BY_CHANCE = "chance may have put the rows so"


def printed_order(case: Case) -> Answer:
    """Return the probability that chance prints the gains table in falling order of row totals.

    The gains of each printed row are added up. An order that fits a total which is not printed says
    that the table was sorted by it, and may have been cut off by it.
    """
    if "gains" not in case.study.release.tables:
        raise UnavailableError("this release has no table of gains")
    frame = read_typed(case.study.release.tables["gains"]).frame
    columns = [column for column in frame if column.startswith("gain_")]
    totals = frame[columns].sum(axis=1, skipna=True)
    found = order.descending_order(totals.to_numpy())
    n, tables = found.n, ("gains",)
    p = found.p_value
    method = order.descending_order
    numbers = [
        case.quantity("row_order_p", p, "probability", method, tables, p_value=p, n=n),
        case.quantity("row_order_inversions", found.inversions, "count", method, tables, n=n),
        case.quantity("row_order_tau", found.kendall_tau, "correlation", method, tables, n=n),
    ]
    reading = _SORTED if p < case.plan.alpha else _BY_CHANCE
    numbers.append(
        case.quantity("row_order_reading", None, "count", method, tables, n=n, words=reading)
    )
    same = order.identical_rows(frame[columns].itertuples(index=False, name=None))
    rows = frame.assign(total=totals)[["row", "name", *columns, "total"]]
    twins = sum(len(group) for group in same)
    numbers.append(
        case.quantity("identical_rows_n", twins, "groups", order.identical_rows, tables, n=n)
    )
    return Answer(numbers, rows, same)
