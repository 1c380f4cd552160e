"""Properties of `analysis read`: round trips, single changes, and no traceback for any input."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dialects
import pytest
from dialects import TABLES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import cli

pytestmark = pytest.mark.fuzz
EXAMPLES = int(os.environ.get("ANALYSIS_FUZZ") or 200)
FEWER = EXAMPLES if "ANALYSIS_FUZZ" in os.environ else EXAMPLES // len(TABLES)
many = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
fewer = settings(many, max_examples=FEWER)
per_table = pytest.mark.parametrize("table", TABLES)
Answer = dict[str, Any]
Read = Callable[[str, bytes], Answer]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    file = tmp_path_factory.mktemp("fuzz") / "table.csv"
    return lambda table, data: answer(file, table, data)


def answer(file: Path, table: str, data: bytes) -> Answer:
    """Return the command's answer to a file of these bytes; its form is checked."""
    file.write_bytes(data)
    said, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
        code = cli.main(["read", table, str(file), "--json"])
    made: Answer = json.loads(said.getvalue())
    assert (code, made["status"]) in ((0, "accepted"), (1, "rejected"))
    for error in made.get("errors", []):
        assert set(error) == {"file", "row", "column", "found", "expected", "remedy"}
        assert error["found"]
        assert error["expected"]
        assert error["remedy"]
    assert made.get("errors", [1])
    return made


def rows(made: Answer) -> list[Answer] | None:
    return made.get("rows")


@per_table
@many
@given(data=st.data())
def test_a_table_in_any_dialect_reads_back_to_exactly_itself(
    table: str, data: st.DataObject, read: Read
) -> None:
    made = data.draw(dialects.written(table))
    assert rows(read(table, made.data)) == dialects.expected(made), read(table, made.data)


CELL = st.sampled_from(
    (
        *("", " ", "-", "n/a", "TBC", "NA", "None", "nan", "12", "7", "0", "-3", "£4,000", "£42"),
        *("1E5", "4.5", "0.75", "75%", "Yes", "No", "2013-09-01", "01/09/2013", "Ash Hub", "SUPP"),
        *("#REF!", "=1+1", "1_000", "٤٢", "\u22127", "100001", "2012/13", "a,b", 'a"b', "a\nb"),
        *("Total", "'7"),
    )
) | st.text(alphabet="0123456789.,-+%£eEx ’'/", min_size=1, max_size=6)


@per_table
@many
@given(data=st.data())
def test_a_changed_cell_is_refused_or_changes_that_cell_alone(
    table: str, data: st.DataObject, read: Read
) -> None:
    made = data.draw(dialects.written(table, plain=True))
    row = data.draw(st.integers(1, len(made.rows)))
    at = data.draw(st.integers(0, len(made.columns) - 1))
    new = data.draw(CELL)
    cells = [list(line) for line in made.cells]
    cells[row][at] = new
    lines = tuple(dialects.line(line, made.separator, 0) for line in cells)
    found = rows(read(table, replace(made, lines=lines).data))
    if found is not None:
        whole = dialects.expected(made)
        assert len(found) == len(whole)
        for i, (one, other) in enumerate(zip(found, whole, strict=True), start=1):
            differs = {c for c in made.columns if one[c] != other[c]}
            assert differs <= ({made.columns[at]} if i == row else set())
        plainly(new, found[row - 1][made.columns[at]])


def plainly(text: str, value: Any) -> None:
    """Hold that a value is what a changed cell says, read in the simplest way there is."""
    bare = text.strip().lstrip("'+£ ").rstrip(" %").replace(",", "").replace("\u2212", "-")
    if isinstance(value, int | float):
        if value != 0 or bare not in ("-", ""):
            assert float(bare) == value
    elif isinstance(value, str) and value not in ("yes", "no", "tbc"):
        assert value in (" ".join(text.split()), " ".join(text.split())[1:], "2013-09-01")


@per_table
@many
@given(data=st.data())
def test_a_changed_byte_is_refused_or_changes_one_cell_at_most(
    table: str, data: st.DataObject, read: Read
) -> None:
    made = data.draw(dialects.written(table, plain=True))
    whole = bytearray(made.data)
    at = data.draw(st.integers(0, len(whole) - 1))
    kind = data.draw(st.sampled_from(["set", "put", "cut"]))
    new = data.draw(
        st.sampled_from(b'0123456789,;|\t"\n\r %-.aZ\xa3\x80\x00') | st.integers(0, 255)
    )
    if kind == "cut":
        del whole[at]
    elif kind == "set":
        whole[at] = new
    else:
        whole.insert(at, new)
    found = rows(read(table, bytes(whole)))
    if found is not None:
        assert one_change(found, dialects.expected(made)), found


def one_change(found: list[Answer], whole: list[Answer]) -> bool:
    """Return whether two tables are equal but for one cell, or one row that is missing."""
    if len(found) == len(whole) - 1:
        return any(found == whole[:i] + whole[i + 1 :] for i in range(len(whole)))
    if len(found) != len(whole):
        return False
    pairs = [(one, other) for one, other in zip(found, whole, strict=True) if one != other]
    if not pairs:
        return True
    one, other = pairs[0]
    columns = {c for c in {*one, *other} - {"_missing"} if one.get(c) != other.get(c)}
    return (
        len(pairs) == 1
        and len(columns) == 1
        and set(one) | {"_missing"} == set(other) | {"_missing"}
    )


@per_table
@fewer
@given(data=st.data())
def test_a_line_lost_doubled_or_moved_is_refused_or_just_that(
    table: str, data: st.DataObject, read: Read
) -> None:
    made = data.draw(dialects.written(table, plain=True))
    kind = data.draw(st.sampled_from(["lost", "doubled", "moved"]))
    at = data.draw(st.integers(1, len(made.lines) - 1))
    lines = list(made.lines)
    whole = dialects.expected(made)
    if kind == "lost":
        del lines[at], whole[at - 1]
    elif kind == "moved":
        to = data.draw(st.integers(1, len(made.lines) - 1))
        lines.insert(to, lines.pop(at))
        whole.insert(to - 1, whole.pop(at - 1))
    else:
        lines.insert(at, lines[at])
        whole = []
    found = rows(read(table, replace(made, lines=tuple(lines)).data))
    assert found is None or found == whole


@per_table
@fewer
@given(data=st.data())
def test_a_changed_separator_is_refused_or_changes_one_cell_at_most(
    table: str, data: st.DataObject, read: Read
) -> None:
    made = data.draw(dialects.written(table, plain=True))
    text = made.data.decode()
    places = [i for i, sign in enumerate(text) if sign == made.separator]
    at = data.draw(st.sampled_from(places))
    new = data.draw(st.sampled_from(["", ",", ";", "\t", "|", " ", "  ", ",,", '"', "\n"]))
    found = rows(read(table, (text[:at] + new + text[at + 1 :]).encode()))
    if found is not None:
        assert one_change(found, dialects.expected(made)), found


@per_table
@fewer
@given(data=st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf-16")))
def test_no_bytes_make_a_traceback(table: str, data: bytes, read: Read) -> None:
    read(table, data)


CELLS = st.lists(st.lists(CELL | st.text(max_size=8), max_size=10), max_size=8)


@per_table
@fewer
@given(cells=CELLS, heading=st.booleans(), separator=st.sampled_from(",;\t| "))
def test_no_cells_make_a_traceback(
    table: str, cells: list[list[str]], heading: bool, separator: str, read: Read
) -> None:
    first = [names[0] for names in dialects.HEADINGS[table].values()] if heading else []
    lines = [dialects.line(row, separator, 0) for row in [first, *cells]]
    read(table, "\n".join(lines).encode("utf-8", "surrogatepass"))
