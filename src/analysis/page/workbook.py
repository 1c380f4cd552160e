"""A year's tables as one workbook for spreadsheets and screen readers, the same bytes each time.

The sheets follow the guidance of the UK Government Analysis Function on releasing statistics in
spreadsheets: one marked table a sheet, no merged or blank cells, no filter and no frozen pane, no
colour that means something, headings marked as such, every text a text.
"""

from __future__ import annotations

import io
import textwrap
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from analysis.errors import AnalysisError
from analysis.page.edition import COMMAND, SERIES, Edition
from analysis.page.shown import Cell, Number, Shown
from analysis.page.workbook_sheets import FRACTION, Grid, Heading, Link, Sheet, sheets
from analysis.quantities import UNITS

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LANGUAGE = "en-GB"
NO_DATE = datetime(1980, 1, 1)
NARROWEST, WIDEST, WIDTH_OF_TEXT = 12, 60, 80
POINTS = 11
LINE = 1.35  # height of a line, in heights of its letters
A4 = 9
FONT = {"font_name": "Arial", "font_size": POINTS, "font_scheme": "none"}
TOP = {"text_wrap": True, "valign": "top"}
START, NEXT = {**TOP, "align": "left"}, {**TOP, "align": "left", "indent": 1}
END = {**TOP, "align": "right"}
HEAD = {"bold": True, "bottom": 1}
LINK = {"font_color": "#0000EE", "underline": 1}
# Name and number of the headings that Excel itself has, and how they look here.
TITLE = ("Heading 1", 16, {**TOP, "bold": True, "font_size": 15})
HEADING = ("Heading 2", 17, {**TOP, "bold": True, "font_size": 13})
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook(
    edition: Edition,
    tables: Mapping[str, Sequence[Shown]],
    pages: Mapping[str, str],
    findings: Mapping[str, Mapping[str, Any]],
) -> bytes:
    """Return a year's workbook as a file of Office Open XML; arguments as those of `sheets`.

    Raises
    ------
    AnalysisError
        If a text is too long for a cell.
    """
    return written(sheets(edition, tables, pages, findings), edition)


def written(all_sheets: Sequence[Sheet], edition: Edition) -> bytes:
    """Return sheets as a file of Office Open XML."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {**OPTIONS, "default_format_properties": dict(FONT)})
    book.set_properties(
        {
            "title": all_sheets[0].title,
            "subject": f"{SERIES}, {edition.place or edition.title}, {edition.label}",
            "category": "Statistics",
            "comments": f"Status: {edition.status}. Made by {COMMAND}.",
            "created": NO_DATE,
        }
    )
    pen = Pen(book)
    for sheet in all_sheets:
        pen.write(sheet)
    book.close()
    return _finished(stream.getvalue(), pen)


class Pen:
    """Writes sheets into a workbook, each look that cells have being made once."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.looks: dict[tuple[tuple[str, object], ...], Format] = {}

    def look(self, properties: Mapping[str, object]) -> Format:
        """Return the format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self.looks:
            self.looks[key] = self.book.add_format(dict(properties))
        return self.looks[key]

    def write(self, sheet: Sheet) -> None:
        """Add a sheet: title, lines, table, widths, heights, and how it is printed."""
        page = self.book.add_worksheet(sheet.name)
        page.set_paper(A4)
        page.fit_to_pages(1, 0)
        first = WIDEST if sheet.grid else WIDTH_OF_TEXT
        page.set_column(0, 0, first)
        for row, line in enumerate((sheet.title, *sheet.lines)):
            look = HEADING[2] if isinstance(line, Heading) else TOP if row else TITLE[2]
            cell = line.text if isinstance(line, Heading) else line
            self._row(page, row, [cell], [look], [first])
        if sheet.grid:
            self._table(page, sheet.name, sheet.grid, len(sheet.lines) + 1)

    def _table(self, page: Worksheet, name: str, grid: Grid, first: int) -> None:
        columns = list(zip(*grid.rows, strict=True))
        numeric = [any(isinstance(cell, Number) for cell in column) for column in columns[1:]]
        looks = [START, *(END if right else NEXT for right in numeric)]
        widths = [WIDEST, *map(_width, grid.headings[1:], columns[1:])]
        heads = [
            {"header": heading, "header_format": self.look({**look, **HEAD})}
            for heading, look in zip(grid.headings, looks, strict=True)
        ]
        options = {"name": grid.name, "columns": heads, "autofilter": False, "style": None}
        if page.add_table(first, 0, first + len(grid.rows), len(heads) - 1, options):
            raise AnalysisError(f"{name}: its table could not be marked as one.")
        page.set_row(first, _height(grid.headings, widths))
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        for row, cells in enumerate(grid.rows, start=first + 1):
            self._row(page, row, cells, looks, widths)
        page.set_landscape()
        page.repeat_rows(first)

    def _row(
        self,
        page: Worksheet,
        row: int,
        cells: Sequence[Cell | Link],
        looks: Sequence[Mapping[str, object]],
        widths: Sequence[int],
    ) -> None:
        page.set_row(row, _height(cells, widths, looks[0].get("font_size", POINTS)))
        for column, (cell, look) in enumerate(zip(cells, looks, strict=True)):
            self._cell(page, row, column, cell, look)

    def _cell(
        self, page: Worksheet, row: int, column: int, cell: Cell | Link, look: Mapping[str, object]
    ) -> None:
        if isinstance(cell, Number):
            shown = self.look({**look, "num_format": number_format(cell)})
            page.write_number(row, column, cell.value, shown)
        elif isinstance(cell, Link):
            place = f"internal:'{cell.sheet}'!A1"
            page.write_url(row, column, place, self.look({**look, **LINK}), cell.text)
        else:
            self._text(page, row, column, cell, look)

    def _text(
        self, page: Worksheet, row: int, column: int, text: str, look: Mapping[str, object]
    ) -> None:
        if page.write_string(row, column, text, self.look(look)):
            raise AnalysisError(f"{page.name}: a text is too long for a cell: {text[:60]}…")


def number_format(number: Number) -> str:
    """Return the format that shows a number in a spreadsheet as the page shows it."""
    if number.unit == FRACTION:
        return "0.0%"
    rule = UNITS.get(number.unit)
    if rule is None:
        return "General"
    digits = "#,##0" if rule.grouped else "0"
    digits += f".{'0' * rule.decimals}" if rule.decimals else ""
    if not number.bare:
        digits = "".join((_quoted(rule.before), digits, _quoted(rule.after.replace('"', "”"))))
    if rule.signed:
        return f"+{digits};-{digits};+{digits}"
    if number.unit == "probability":
        return f'[<0]-{digits};[<0.001]"less than 0.001";{digits}'
    return digits


def _quoted(words: str) -> str:
    return f'"{words}"' if words else ""


def _text_of(cell: Cell | Link) -> str:
    return cell if isinstance(cell, str) else cell.text


def _width(heading: str, cells: Sequence[Cell | Link]) -> int:
    """Return a column's width in characters: of its longest word at least, of its text at most."""
    longest = max(len(_text_of(cell)) for cell in cells)
    word = max((len(word) for word in heading.split()), default=0)
    return max(NARROWEST, min(WIDEST, max(longest, word) + 2))


def _height(cells: Sequence[Cell | Link], widths: Sequence[int], points: Any = POINTS) -> float:
    """Return a row's height in points: not all programs fit it to text that is wrapped."""
    room = [max(1, int(width * POINTS / points)) for width in widths]
    texts = zip(map(_text_of, cells), room, strict=True)
    lines = max(_lines(text, width) for text, width in texts)
    return round(lines * points * LINE, 1)


def _lines(text: str, width: int) -> int:
    if len(text) <= width and "\n" not in text:
        return 1
    return sum(max(1, len(textwrap.wrap(line, width))) for line in text.split("\n"))


def _finished(data: bytes, pen: Pen) -> bytes:
    """Return a workbook whose language and headings are marked, free of the machine's own bytes.

    Its parts are stored as they are: compressed bytes differ from one zlib to another.
    """
    headings = [(name, number, pen.look(look).xf_index) for name, number, look in (TITLE, HEADING)]
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(stream, "w") as final:
        for name in made.namelist():
            part = made.read(name).decode("utf-8")
            if name == "docProps/core.xml":
                part = _with_language(part)
            elif name == "xl/styles.xml":
                part = _with_headings(part, headings)
            final.writestr(zipfile.ZipInfo(name, NO_DATE.timetuple()[:6]), part)
    return stream.getvalue()


def _with_language(core: str) -> str:
    place = "<dcterms:created"
    return core.replace(place, f"<dc:language>{LANGUAGE}</dc:language>{place}", 1)


def _with_headings(styles: str, headings: Sequence[tuple[str, int, int]]) -> str:
    """Return the styles with some looks of cells marked as headings, by the index of the look."""
    root = ElementTree.fromstring(styles)
    space = root.tag.removesuffix("styleSheet")
    ElementTree.register_namespace("", space.strip("{}"))
    kinds, looks, names = (
        next(root.iter(f"{space}{tag}")) for tag in ("cellStyleXfs", "cellXfs", "cellStyles")
    )
    for name, number, index in headings:
        kind = {key: value for key, value in looks[index].attrib.items() if key != "xfId"}
        looks[index].set("xfId", str(len(kinds)))
        named = {"name": name, "xfId": str(len(kinds)), "builtinId": str(number)}
        ElementTree.SubElement(kinds, f"{space}xf", kind)
        ElementTree.SubElement(names, f"{space}cellStyle", named)
    for group in (kinds, names):
        group.set("count", str(len(group)))
    return ElementTree.tostring(root, encoding="unicode")
