"""The parts of a zip file that may hold a workbook, looked at before any is opened."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from analysis.sources.draft import SAVE_AGAIN, RefusedError

MOST_PARTS = 5_000
LARGEST_PART = 200_000_000
LARGEST_SUM = 400_000_000
LARGEST_RATIO = 200
SMALL = 5_000_000
DEEPEST = 200
_CENTRAL = b"PK\x01\x02"
_LOCAL = 30
_CHUNK = 1 << 20
_UNPROTECT = "Open it, remove the password, save it as .xlsx, or save the sheet as CSV UTF-8."
Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class Archive:
    """A zip file whose parts are few, small, apart from each other and named plainly.

    Parameters
    ----------
    stream : binary file
        At its beginning.

    Raises
    ------
    RefusedError
        If it is damaged, locked by a password or made to overwhelm who opens it.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        _few(stream)
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError):
            raise _damaged("a zip file whose list of parts is missing or spoilt") from None
        infos = self._zip.infolist()
        self._parts = _by_name(infos)
        for info in infos:
            _plain(info)
        if sum(info.file_size for info in infos) > LARGEST_SUM:
            raise _bomb(f"parts of over {LARGEST_SUM:,} bytes in all")
        _apart(infos, stream, self._zip.start_dir)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def names(self) -> list[str]:
        """Return the parts' names in small letters."""
        return list(self._parts)

    def read(self, name: str, most: int = 1_000) -> bytes:
        """Return the first bytes of a part."""
        with self._open(name) as part:
            try:
                return part.read(most)
            except (zipfile.BadZipFile, zlib.error, EOFError):
                raise _damaged(f"the part {name!r}, which is not whole") from None

    def parse(
        self, name: str, start: Start, end: End | None = None, text: Text | None = None
    ) -> None:
        """Call back for each element of an XML part, in its order; names are without namespace.

        Raises
        ------
        RefusedError
            If the part is missing, not whole, not XML, or declares a document type.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_doctype
        parser.StartElementHandler, parser.EndElementHandler = _walk(start, end)
        if text:
            parser.CharacterDataHandler = text
        with self._open(name) as part:
            try:
                while chunk := part.read(_CHUNK):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
            except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError) as error:
                reason = "not whole" if not isinstance(error, expat.ExpatError) else "not XML"
                raise _damaged(f"the part {name!r}, which is {reason}") from None

    def _open(self, name: str) -> IO[bytes]:
        info = self._parts.get(name.lower())
        if info is None:
            raise _damaged(f"no part {name!r}")
        try:
            return self._zip.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
            raise _damaged(f"the part {name!r}, which can't be opened") from None


def _walk(start: Start, end: End | None) -> tuple[Start, End]:
    """Return what is called at the start and end of an element: by its plain name, not too deep."""
    names: dict[str, str] = {}
    depth = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _bomb(f"elements {DEEPEST} deep")
        start(names.get(name) or plain(name), attributes)

    def finish(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end:
            end(names.get(name) or plain(name))

    def plain(name: str) -> str:
        short = name[name.rfind(" ") + 1 :]
        if len(names) < 1_000:
            names[name] = short
        return short

    return begin, finish


def _damaged(found: str) -> RefusedError:
    return RefusedError(found, "a whole workbook (.xlsx or .ods)", SAVE_AGAIN, "damaged")


def _bomb(found: str) -> RefusedError:
    return RefusedError(found, "a workbook with a table", SAVE_AGAIN, "unsafe")


def _refuse_doctype(*_: object) -> None:
    raise _bomb("a declared document type (DOCTYPE), which no spreadsheet writes")


def _few(stream: IO[bytes]) -> None:
    """Refuse a list of parts that would itself be too long to read."""
    count = stream.read().count(_CENTRAL)
    stream.seek(0)
    if count > MOST_PARTS:
        raise _bomb(f"a zip file of over {MOST_PARTS:,} parts")


def _by_name(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the parts by name; Excel takes capitals and small letters for the same."""
    parts: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.orig_filename.replace("\\", "/").lower()
        odd = (
            name.startswith("/") or ":" in name or ".." in name.split("/") or not name.isprintable()
        )
        if odd or len(name) > 255:
            raise _bomb(f"a part with the name {info.orig_filename[:80]!r}")
        if name in parts:
            raise _bomb(f"two parts with the name {info.orig_filename!r}")
        parts[name] = info
    return parts


def _plain(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x41:
        raise RefusedError(
            "a zip file locked by a password", "a file without one", _UNPROTECT, "locked"
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _bomb(f"a part compressed by method {info.compress_type}")
    if info.file_size > LARGEST_PART:
        raise _bomb(f"a part of {info.file_size:,} bytes")
    if info.file_size > SMALL and info.file_size > LARGEST_RATIO * info.compress_size:
        ratio = info.file_size // max(info.compress_size, 1)
        raise _bomb(f"a part that grows {ratio:,} times when opened")


def _apart(infos: list[zipfile.ZipInfo], stream: IO[bytes], end: int) -> None:
    """Refuse parts that share bytes, as a bomb's do."""
    following = end
    for info in sorted(infos, key=lambda info: info.header_offset, reverse=True):
        stream.seek(max(info.header_offset, 0))
        head = stream.read(_LOCAL)
        if info.header_offset < 0 or head[:4] != b"PK\x03\x04" or len(head) < _LOCAL:
            raise _damaged(f"the part {info.orig_filename!r}, which is not where it should be")
        lengths = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        if info.header_offset + _LOCAL + lengths + info.compress_size > following:
            raise _bomb(f"the part {info.orig_filename!r}, which overlaps another")
        following = info.header_offset
