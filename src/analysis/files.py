"""Whole files or none: atomic writing, and the fingerprint of what stands on disk."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` so that a reader, or a crash, sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
