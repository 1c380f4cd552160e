"""What a page was made from and how to cite it: digests, versions, the code's tree, a citation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

IGNORED = ("__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".ruff_cache", ".pytest_cache")
LIBRARIES = (
    "dvc",
    "matplotlib",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "scipy",
    "seaborn",
    "statsmodels",
)
PROJECT = "School-to-school collaborations project"
PACKAGE = "analysis"
_SPECIAL = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"~": "\\textasciitilde{}"})


def versions(names: Sequence[str] = LIBRARIES) -> list[tuple[str, str]]:
    """Return name and version of the libraries that numbers and pages come from."""
    return [(name, installed(name)) for name in names]


def installed(name: str) -> str:
    """Return the version of an installed package, or words that say that it isn't installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def tree_id(folder: Path) -> str:
    """Return git's object id of a folder's content, 40 hex digits; git itself isn't asked.

    A commit is found by it, though the id is the same before the commit as after it:
    ``git log --find-object=<id>``. Folders of caches are left out, and so are empty folders.

    References
    ----------
    Chacon and Straub (2014), Pro Git, 2nd edition, section 10.2 (tree objects).
    """
    return _tree(folder).hex()


def _tree(folder: Path) -> bytes:
    entries = []
    for path in folder.iterdir():
        if path.is_dir() and path.name not in IGNORED and any(path.iterdir()):
            entries.append((f"{path.name}/", b"40000", path.name, _tree(path)))
        elif path.is_file() and path.suffix != ".pyc":
            entries.append((path.name, b"100644", path.name, _object(b"blob", path.read_bytes())))
    lines = [
        mode + b" " + name.encode() + b"\0" + digest
        for _, mode, name, digest in sorted(entries, key=lambda entry: entry[0].encode())
    ]
    return _object(b"tree", b"".join(lines))


def _object(kind: bytes, content: bytes) -> bytes:
    head = kind + b" " + str(len(content)).encode() + b"\0"
    return hashlib.sha1(head + content, usedforsecurity=False).digest()


def digest_of(files: Sequence[tuple[str, str]]) -> str:
    """Return one SHA-256 for several files, from their names and digests."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def bibtex(key: str, title: str, note: str) -> str:
    """Return a page as an entry of a BibTeX file."""
    fields = {"author": f"{{{PROJECT}}}", "title": title, "note": note}
    safe = {name: text.translate(_SPECIAL) for name, text in fields.items()}
    safe["author"] = f"{{{PROJECT}}}"
    body = ",\n".join(f"  {name} = {{{text}}}" for name, text in safe.items())
    return f"@misc{{{key},\n{body}\n}}"
