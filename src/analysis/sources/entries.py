"""What is wrong with an entry of data/sources.yaml, said with its line and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import paths
from analysis.errors import DataError, Problem, quoted
from analysis.files import line_of_entry

FILE = "data/sources.yaml"
Place = tuple[str, ...]


def wrong(place: Place, found: str, expected: str) -> DataError:
    """Return the error of the entry with the keys `place`."""
    return DataError(
        Problem(
            FILE,
            row=line_of_entry(paths.find_root() / FILE, place),
            column=".".join(place),
            found=found,
            expected=expected,
            remedy="Correct this entry; the blocks of other years show the form.",
            code="sources",
        )
    )


def fact(block: Mapping[str, Any], name: str, place: Place) -> str:
    """Return the words that stand under `name`.

    Raises
    ------
    DataError
        If there are none.
    """
    value = block.get(name)
    if not isinstance(value, str) or not value.strip():
        raise wrong((*place, name), quoted(value), "words in quotation marks")
    return value


def words(block: Mapping[str, Any], name: str, place: Place) -> tuple[str, ...]:
    """Return the list of words that stands under `name`, or none where there is no such entry.

    Raises
    ------
    DataError
        If it is not a list of words.
    """
    value = block.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise wrong((*place, name), quoted(value), "a list of words in quotation marks")
    return tuple(value)


def flag(block: Mapping[str, Any], name: str, place: Place) -> bool:
    """Return whether `name` is set; it isn't where there is no such entry.

    Raises
    ------
    DataError
        If it is neither true nor false.
    """
    value = block.get(name, False)
    if not isinstance(value, bool):
        raise wrong((*place, name), quoted(value), "true or false")
    return value


def mapping(block: Mapping[str, Any], name: str, place: Place) -> dict[Any, Any]:
    """Return the block that stands under `name`.

    Raises
    ------
    DataError
        If there is none, or an empty one.
    """
    value = block.get(name)
    if not isinstance(value, dict) or not value:
        raise wrong((*place, name), quoted(value), "a block with a line for each")
    return value
