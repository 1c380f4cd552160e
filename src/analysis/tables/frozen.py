"""Typed tables as text that outlives the code that made them: what was released, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.files import sha256_of

Text = Mapping[str, Mapping[str, Mapping[str, Any]]]


def as_text(frames: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return tables as plain values: of each column its type and its cells, missing as null."""
    return {
        name: {
            str(column): {"type": str(frame[column].dtype), "cells": _cells(frame[column])}
            for column in frame
        }
        for name, frame in frames.items()
    }


def from_text(text: Text) -> dict[str, pd.DataFrame]:
    """Return the tables that `as_text` took apart, with the same types and cells."""
    return {
        name: pd.DataFrame(
            {column: pd.Series(one["cells"], dtype=one["type"]) for column, one in table.items()}
        )
        for name, table in text.items()
    }


def fingerprint(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return the SHA-256 of tables: of their names, columns, types and cells."""
    text = json.dumps(as_text(frames), sort_keys=True, ensure_ascii=False, allow_nan=False)
    return sha256_of(text.encode())


def _cells(column: pd.Series) -> list[Any]:
    cells = column.astype(object).where(column.notna(), None).tolist()
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if cell is None else cell.isoformat() for cell in cells]
    return cells
