"""From a cell of unknown origin to a typed value, with a note on what was seen through."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from analysis.sources import school_codes
from analysis.sources.convert import Missing, tidy_text
from analysis.variables import CellType, Variable

LONGEST_NAME = 300
Typed = float | int | str | Missing
_COMPARE = "Compare the cell with the publication and correct the file."
_MINUS = "\N{MINUS SIGN}"
_DASHES = "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}"
_SPACES = "\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}"
_REASONS = {
    "": "blank",
    "n/a": "not applicable",
    "na": "not applicable",
    "n.a.": "not applicable",
    "not applicable": "not applicable",
    "tbc": "to be confirmed",
    "to be confirmed": "to be confirmed",
    "..": "not available",
    **dict.fromkeys(("-", "--", "\N{EN DASH}", "\N{EM DASH}", _MINUS), "dash"),
}
_NO_TEXT = {"": "blank", "n/a": "not applicable", "tbc": "to be confirmed"}
_ANSWERS = {"yes": "yes", "no": "no", "y": "yes", "n": "no", "tbc": "tbc", "to be confirmed": "tbc"}
_BARE = r"(?:0|[1-9]\d{0,11})"
_GROUPED = r"[1-9]\d{0,2}(?:,\d{3}){1,3}"
_AMOUNT = re.compile(
    rf"(?P<sign>£ ?|GBP ?)?(?P<whole>{_GROUPED}|{_BARE})(?P<part>\.\d{{1,3}})?(?P<after> ?GBP)?",
    re.ASCII,
)
_SPACED = re.compile(rf"([1-9]\d{{0,2}})((?:[{_SPACES}]\d{{3}}){{1,3}})(?!\d)")
_SPACED_POUNDS = re.compile(r"((?:£ ?)?[1-9]\d{0,2})((?: \d{3}){1,3})", re.ASCII)
_COUNT = re.compile(rf"({_GROUPED}|{_BARE})(\.0+)?", re.ASCII)
_DECIMAL = r"(?:0|[1-9]\d{0,2})(?:\.\d{1,17})?"
_PERCENT = re.compile(rf"({_DECIMAL}|\.\d{{1,17}}) ?(%?)", re.ASCII)
_POINTS = re.compile(rf"([-+{_MINUS}{_DASHES}]?)({_DECIMAL})( ?(?:%|pp|ppts?|% ?pts?))?", re.ASCII)
_FIGURE = re.compile(
    rf"([-+{_MINUS}{_DASHES}]?)((?:0|[1-9]\d{{0,3}})(?:\.\d{{1,17}})?)( ?%)?", re.ASCII
)
_MARK = re.compile(r"'(?=[£\d.+=@-])")
_TEXT_MARK = re.compile(r"'(?=[=+@\t\r-])")
_DECODED_TWICE = re.compile("[ÂÃ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_NO_POUNDS = re.compile(rf"£ *[-{_MINUS}{_DASHES}]")
_NO_VALUE = "-99"
_ERROR = re.compile(r"#+|#(?:REF|N/A|NAME|VALUE|NULL|NUM|DIV/0|SPILL|CALC)[!?]?")
_POUNDS = re.compile(r"£ ?\d[\d,.]*[kKmM]?", re.ASCII)
_LOST = re.compile(r"[^\W\d_]\?[^\W\d_]|[a-z](?:Õ|Ô|ÔÇ)|\+IB[0-9A-Za-z](?![a-z])")
_WHY = (
    (r"#+|#[\w/]+[!?]?", "what a spreadsheet shows where a formula fails or a column is narrow"),
    (r"=.*", "a formula instead of its value"),
    (r".*\d ?[kKmM]", "a shortened amount"),
    (r".*[€$].*", "another currency than pounds"),
    (r"\(.*\d.*\)", "brackets, which in accounts mean a negative number"),
    (_NO_VALUE, "which often stands for a missing value"),
    (rf"£? ?[-{_MINUS}{_DASHES}] ?£?[\d,.]+", "a negative number"),
    (r"[\d.,]+[eE][+-]?\d+", "an exponent"),
    (r"0[xX][0-9a-fA-F]+", "a hexadecimal number"),
    (r"(?i)\d{1,2}[-/ ](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*.*", "a date"),
    (r"(?i)(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-/ ]\d{1,4}", "a date"),
    (r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}.*", "a date"),
    (r"(?i)[+-]?(?:inf|infinity|nan)", "no number"),
    (r"£? ?\d+,\d{1,2}", "a decimal comma, or a group of digits cut short"),
    (r"\d+_[\d_]+", "digits parted by an underscore"),
    (r"0\d+(?:\.\d+)?", "a leading zero"),
)


@dataclass(frozen=True)
class Read:
    """A typed value, and what was seen through to get it.

    Parameters
    ----------
    value : float, int, str or Missing
        The value in the column's unit.
    printed : str
        The number without its signs, as its decimals were printed.
    notes : tuple of str
        What was seen through.
    """

    value: Typed
    printed: str = ""
    notes: tuple[str, ...] = ()


class CellError(ValueError):
    """What is expected in a cell, why it isn't what stands there, and what to do."""

    def __init__(self, expected: str, why: str = "", remedy: str = _COMPARE) -> None:
        super().__init__(expected)
        self.expected, self.why, self.remedy = expected, why, remedy


def read_cell(cell: str, kind: CellType, scale: int = 1) -> Read:
    """Return the typed value of a report's cell.

    Parameters
    ----------
    cell : str
        As it stands in the file.
    kind : CellType
        How a cell of its column is read.
    scale : int
        By how much an amount is multiplied, as its heading says.

    Raises
    ------
    CellError
        If the whole cell is not of the column's form, or could mean two values.
    """
    text, notes = _plain(cell, kind)
    if kind == "money" and _NO_POUNDS.fullmatch(text):
        return Read(0.0, "0", (*notes, "a pound sign and a dash read as no pounds"))
    if (reason := _missing(text, kind)) is not None:
        return Read(Missing(reason, cell), text, notes)
    try:
        made = _READERS[kind](text, scale) if kind in _READERS else Read(text, text)
    except CellError as error:
        raise CellError(str(error), error.why or explain(text), error.remedy) from None
    return Read(made.value, made.printed, (*notes, *made.notes))


def explain(text: str) -> str:
    """Return in words what a cell that is no number looks like, or nothing."""
    if any(letter.isdigit() and not letter.isascii() for letter in text):
        return "digits of another script"
    return next((why for form, why in _WHY if re.fullmatch(form, text.strip())), "")


def _plain(cell: str, kind: CellType) -> tuple[str, tuple[str, ...]]:
    """Return a cell without spaces at its ends and marks that software put before it."""
    notes = []
    text = cell.strip()
    if kind == "text":
        text = tidy_text(cell)
        if _TEXT_MARK.match(cell.lstrip(" ")):
            text, notes = text[1:], ["an apostrophe that marks text in a spreadsheet removed"]
    elif "\n" in text or "\r" in text:
        raise CellError("one value", "a line break inside the cell")
    elif _MARK.match(text):
        text, notes = text[1:], ["an apostrophe that marks text in a spreadsheet removed"]
    if text != cell:
        notes.append("spaces removed" if cell.strip() != cell else "spaces tidied")
    return text, tuple(dict.fromkeys(notes))


def _missing(text: str, kind: CellType) -> str | None:
    code = tidy_text(text).casefold()
    if kind == "text":
        return _NO_TEXT.get(code)
    return None if kind == "answer" and code in _ANSWERS else _REASONS.get(code)


def read_name(cell: str) -> Read:
    """Return a name as it is printed, its spaces tidied.

    Raises
    ------
    CellError
        If there is none, or one that has lost a character or is far too long.
    """
    made = read_cell(cell, "text")
    if isinstance(made.value, Missing) or made.printed in _REASONS:
        raise CellError("a name", "no name")
    if _POUNDS.fullmatch(made.printed) or _POINTS.fullmatch(made.printed):
        raise CellError("a name", "a number", "Move each cell below its own heading.")
    if _ERROR.fullmatch(made.printed):
        raise CellError("a name", "what a spreadsheet shows where a formula fails")
    if lost := _LOST.search(made.printed):
        why = f"{lost[0]!r}, as left by a character that another encoding lost"
        raise CellError("the name as printed", why, "Save the file again as UTF-8.")
    if len(made.printed) > LONGEST_NAME:
        why = f"{len(made.printed):,} characters, perhaps rows inside quotation marks"
        raise CellError(f"a name of at most {LONGEST_NAME} characters", why)
    if twice := _DECODED_TWICE.search(made.printed):
        why = f"{twice[0]!r}, as left by UTF-8 read as Windows-1252"
        raise CellError("the name as printed", why, "Save the file again as UTF-8.")
    if holds_rows(cell):
        raise CellError("one name", "rows of the table inside quotation marks")
    return made


def holds_rows(cell: str) -> bool:
    """Return whether a cell has swallowed rows of its table, as a lost quotation mark does."""
    lines = cell.splitlines()
    swallowed = any(len(re.findall("[,;\t|]", line)) > 2 for line in lines)
    return len(lines) > 1 and (swallowed or len(lines) > 4)


def _money(text: str, scale: int) -> Read:
    notes = []
    joined = _SPACED.sub(lambda m: m[1] + re.sub(rf"[{_SPACES}]", ",", m[2]), text)
    if match := _SPACED_POUNDS.fullmatch(joined):
        joined = match[1] + match[2].replace(" ", ",")
    if joined != text:
        notes.append("groups of digits parted by spaces")
    match = _AMOUNT.fullmatch(tidy_text(joined))
    if match is None or (match["sign"] and match["after"]):
        raise CellError(_AN_AMOUNT)
    signed = bool(match["sign"] or match["after"])
    amount = Decimal(match["whole"].replace(",", "") + (match["part"] or ""))
    _check_amount(match, amount, signed, scale)
    if not signed and scale == 1:
        notes.append("an amount without its pound sign")
    return Read(float(amount * scale), match["whole"] + (match["part"] or ""), tuple(notes))


_AN_AMOUNT = "an amount such as £42,000 or 42000, or a blank"


def _check_amount(match: re.Match[str], amount: Decimal, signed: bool, scale: int) -> None:
    decimals = len(match["part"] or ".") - 1
    if scale == 1 and decimals == 3:
        raise CellError(_AN_AMOUNT, "a point before three digits: a decimal, or a group?")
    if scale == 1 and decimals == 1 and match["part"] != ".0" and (signed or "," in match["whole"]):
        raise CellError(_AN_AMOUNT, "one decimal of a pound")
    if scale > 1 and amount * scale >= 10_000_000:
        expected = "thousands of pounds, as the heading says"
        why = f"{amount * scale:,.0f} pounds, if these are thousands"
        raise CellError(expected, why, "Say in the heading in which unit the amounts are.")
    if scale == 1 and not signed and 0 < amount < 1000:
        why = "a small number without a unit: pounds or thousands of pounds?"
        remedy = "Write it with its pound sign, or the unit into the heading (£000s)."
        raise CellError("an amount whose unit is plain, such as £42,000", why, remedy)


def _count(text: str, _: int) -> Read:
    match = _COUNT.fullmatch(text)
    if match is None:
        raise CellError("a whole number, such as 12")
    notes = ("a whole number written with a decimal nought",) if match[2] else ()
    return Read(int(match[1].replace(",", "")), match[1], notes)


def _percent(text: str, _: int) -> Read:
    match = _PERCENT.fullmatch(text)
    if match is None or Decimal(match[1]) > 100:
        raise CellError("a percentage from 0 to 100, such as 66.7")
    return Read(float(match[1]), match[1])


def _points(text: str, _: int) -> Read:
    match = _POINTS.fullmatch(text)
    if match is None or Decimal(match[2]) > 100 or f"-{match[2]}" == _NO_VALUE == text:
        expected = "a change in percentage points from -100 to 100, such as 7, or a blank"
        raise CellError(expected)
    minus = match[1] not in ("", "+")
    notes = []
    if minus and match[1] != "-":
        notes.append("a typographic sign read as minus")
    if match[3]:
        notes.append("a percent sign dropped: the gains are in percentage points")
    size = float(match[2])
    return Read(0.0 - size if minus else size, match[2] + (match[3] or ""), tuple(notes))


def _figure(text: str, _: int) -> Read:
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise CellError("a figure with its sign, such as 75, 75% or -2.5, or a blank")
    minus = match[1] not in ("", "+")
    size = float(match[2])
    return Read(0.0 - size if minus else size, match[2] + (match[3] or ""))


def _answer(text: str, _: int) -> Read:
    answer = _ANSWERS.get(tidy_text(text).casefold())
    if answer is None:
        raise CellError("Yes, No, TBC, n/a or a blank")
    notes = (f"{text!r} read as {answer}",) if text.casefold() != answer else ()
    return Read(answer, text, notes)


_READERS: dict[CellType, Callable[[str, int], Read]] = {
    "money": _money,
    "count": _count,
    "percent": _percent,
    "points": _points,
    "answer": _answer,
    "figure": _figure,
}


def read_measure(cell: str, declared: Variable) -> Read:
    """Return the figure in a cell of a school-level file, or why there is none.

    Raises
    ------
    CellError
        If the cell is neither a figure of the column's form nor a known code.
    """
    text, notes = _plain(cell, declared.cell)
    if declared.cell == "count" and (match := _COUNT.fullmatch(text)) and match[2]:
        text, notes = match[1], (*notes, "a whole number written with a decimal nought")
    try:
        value = school_codes.measure(text, declared)
    except ValueError as expected:
        raise CellError(str(expected), explain(text)) from None
    return Read(value, text, notes)
