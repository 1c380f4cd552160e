"""From the bytes of a file to its text: in which encoding, and where it is none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.errors import DataError, Problem, quoted
from analysis.sources.read import find_encoding

_SAVE_AS = "Save the file again as 'CSV UTF-8'."
_ENCODINGS = {
    "utf-8": "text in UTF-8",
    "utf-8-sig": "text in UTF-8 with its mark",
    "utf-16": "text in UTF-16",
    "utf-16-le": "text in UTF-16 without its mark",
    "utf-16-be": "text in UTF-16 without its mark",
    "cp1252": "text in Windows-1252, as it is not UTF-8",
}
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_SIGNS = {code: bytes([code]).decode("cp1252") for code in (0x91, 0x92, 0x93, 0x94, 0x96, 0x97)}
_LINE = re.compile("\r\n|\r|\n")
_WHOLE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf])[\x80-\xbf]"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_HIGH = re.compile(rb"[\x80-\xff]+")
_TWICE = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2[\x80-\x82][\x80-\xbf]")
_NEITHER = b"\x81\x8d\x8f\x90\x9d"
_END_OF_FILE = "\x1a"
_SAMPLE = 10_000
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Fault:
    """Where a file's bytes are no text: how many bytes, or letters, stand before, and why."""

    at: int
    found: str
    expected: str = "text in one encoding"


def decode(data: bytes, file: str) -> tuple[str, list[str]]:
    """Return the text of a file, its lines ended alike, and notes on its encoding.

    Raises
    ------
    DataError
        If it is not text of one encoding, with the line.
    """
    encoding = _encoding(data)
    if fault := find_fault(data):
        raise _refused(file, data[: fault.at].decode("latin-1"), fault)
    try:
        text = data.decode(encoding).removesuffix(_END_OF_FILE)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        before = error.object[: error.start].decode("latin-1")
        found = f"the byte 0x{byte:02X}, which is no character of {encoding}"
        raise _refused(file, before, Fault(error.start, found)) from None
    if match := _CONTROL.search(text):
        found = f"the unseen character U+{ord(match[0]):04X}"
        found += " (a NUL byte: UTF-16 without its mark, or no text)" if match[0] == "\0" else ""
        raise _refused(file, text[: match.start()], Fault(match.start(), found, "text"))
    notes = [_ENCODINGS[encoding]]
    if "\f" in text:
        notes.append("page breaks, which are passed over")
    if any(chr(code) in text for code in _SIGNS):
        notes.append("quotes and dashes of Windows-1252 between other characters of Unicode")
    return text.translate(_SIGNS).replace("\f", "").replace("\r\n", "\n").replace("\r", "\n"), notes


def _refused(file: str, before: str, fault: Fault) -> DataError:
    line = len(_LINE.findall(before)) + 1
    place = (fault.found, fault.expected, _SAVE_AS, line)
    return DataError(Problem(file, *place, code="encoding"))


def _encoding(data: bytes) -> str:
    """Return the encoding of a file; UTF-16 without its mark shows by where its NULs stand."""
    if data.startswith(_MARKS):
        return find_encoding(data)
    sample = data[:_SAMPLE]
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) > 7 and 3 * max(first, second) > len(sample) and not min(first, second):
        return "utf-16-be" if first else "utf-16-le"
    return find_encoding(data)


def find_fault(data: bytes) -> Fault | None:
    """Return where UTF-8 and Windows-1252 stand side by side: the first byte of the rarer one."""
    if _encoding(data) != "cp1252":
        return None
    whole = [match.start() for match in _WHOLE.finditer(data)]
    others = [m.start() for m in _HIGH.finditer(_WHOLE.sub(lambda m: b" " * len(m[0]), data))]
    none = [at for at in others if data[at] in _NEITHER]
    if none and whole:
        return Fault(none[0], f"the byte 0x{data[none[0]]:02X}, which is no character")
    if not whole or not others:
        return None
    if len(whole) >= len(others):
        found = f"the byte 0x{data[others[0]]:02X}, which is no character of UTF-8 as the others"
        return Fault(others[0], f"{found} are")
    if match := _TWICE.search(data):
        shown = quoted(match[0].decode("cp1252", "replace"))
        return Fault(match.start(), f"{shown}, as of UTF-8, in text that is not UTF-8")
    return None
