"""Whole files or none: atomic writing, strict YAML, and the fingerprint of what stands on disk."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from analysis.errors import AnalysisError, DataError, Problem
from analysis.paths import relative


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` so that a reader, or a crash, sees the old file or the new one, never a part.

    Raises
    ------
    AnalysisError
        If the disk is full or the folder can't be written; the old file stays.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write several files, none of them before all are safely on the disk beside their places.

    A file whose content does not change is left alone.

    Raises
    ------
    AnalysisError
        If the disk is full or a folder can't be written; the old files stay.
    """
    aside: dict[Path, Path] = {}
    path = Path()
    try:
        for path, data in files.items():
            if not _holds(path, data):
                _write_aside(path, data, aside)
        for path, written in aside.items():
            os.replace(written, path)
        for path in {path.parent for path in aside}:
            _sync(path)
    except OSError as error:
        raise AnalysisError(
            f"{relative(path)} could not be written: {error.strerror or error}. It is as it was "
            "before. Make room or correct the rights of the folder, then run the command again."
        ) from error
    finally:
        for left in aside.values():
            left.unlink(missing_ok=True)


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _sync(folder: Path) -> None:
    """Let renamed files outlive a crash, where folders can be synchronised; they are whole."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _write_aside(path: Path, data: bytes, aside: dict[Path, Path]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    aside[path] = Path(name)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(name, 0o644)


def read_yaml(path: Path, code: str) -> dict[Any, Any]:
    """Return the mapping that a YAML file holds; no key may stand there twice.

    Raises
    ------
    DataError
        If the file can't be read, is not YAML in UTF-8, has a key twice, or is no mapping.
    """
    file = relative(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except OSError as error:
        raise _unreadable(file, code, f"no readable file ({error.strerror})") from None
    except _NOT_YAML as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or "text that is not YAML in UTF-8")
        raise _unreadable(file, code, reason, mark.line + 1 if mark else None) from None
    if not isinstance(content, dict):
        raise _unreadable(file, code, "no entries")
    return content


# What PyYAML raises on foreign text; the last six come from values such as 2026-13-45.
_NOT_YAML = (
    yaml.YAMLError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                reason = f"the key {key.value!r} twice"
                raise yaml.constructor.ConstructorError(None, None, reason, key.start_mark)
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        return super().construct_mapping(node, deep)


def line_of_entry(path: Path, place: Sequence[str]) -> int | None:
    """Return the line of a YAML file on which the entry with these keys stands.

    Where the last keys are missing, it is the line of the block that should hold them.
    """
    node = yaml.compose(path.read_text(encoding="utf-8"), _Loader)
    line = None
    for name in place:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = [pair for pair in pairs if pair[0].value == name]
        if not found:
            break
        line, node = found[0][0].start_mark.line + 1, found[0][1]
    return line


def _unreadable(file: str, code: str, found: str, row: int | None = None) -> DataError:
    remedy = "Correct the file; a good one is in the project's history."
    return DataError(
        Problem(file, found, "entries in YAML, each key once", remedy, row=row, code=code)
    )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return sha256_of(path.read_bytes())


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_tree(*tops: Path) -> str:
    """Return one SHA-256 for all files below `tops`, by relative name and content.

    Bytecode and notebook checkpoints don't count, nor does the order of a folder's listing.
    """
    digest = hashlib.sha256()
    for top in tops:
        files = [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file())
        for path in files:
            if {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
                continue
            digest.update(f"{path.relative_to(top.parent).as_posix()}\0{sha256(path)}\n".encode())
    return digest.hexdigest()


def as_json(value: Mapping[str, Any]) -> bytes:
    """Return `value` as JSON with sorted keys, two spaces deep, and a newline at its end."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()
