"""Tables of what the report promises of its next edition, as a page lists them."""

from __future__ import annotations

import pandas as pd

from analysis.page.tables import Table


def promises(rows: pd.DataFrame) -> Table:
    """Return each promise: where it is made, whether the release keeps it, what would keep it."""
    labels = {
        "paragraph": "Paragraph",
        "given": "Kept",
        "groups": "Groups",
        "takes": "What it takes, in data/raw",
        "answers": "What it answers",
    }
    frame = rows[["promise", *labels]]
    caption = "What the report on 2013 promises of its next edition, and what this release gives."
    return Table(frame, "promised", caption, labels, {"groups": "count"})
