"""What each code of a problem means, so that a message can be acted on without the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from analysis.errors import Severity


@dataclass(frozen=True)
class Code:
    """A kind of problem.

    Parameters
    ----------
    meaning : str
        What is wrong, as one sentence for an analyst.
    action : str
        What to do about it, as one sentence.
    severities : tuple of str
        How grave it can be: an error stops a run, a warning may bend a result, a note says what
        was decided or counted.
    """

    meaning: str
    action: str
    severities: tuple[Severity, ...] = ("error",)


CODES: Mapping[str, Code] = {
    "value": Code(
        "A cell is not of the form that its column needs, or could mean two values.",
        "Compare the cell with the publication and correct the file; a known error of the source "
        "is declared in data/corrections.yaml.",
    ),
    "identity": Code(
        "Numbers of a row, or a total and its rows, contradict each other.",
        "Compare the row with the publication; declare the source's own error in "
        "data/corrections.yaml.",
    ),
    "heading": Code(
        "A heading is missing, unknown, or stands there twice.",
        "Restore the column, or change the headings of the table in data/sources.yaml.",
    ),
    "structure": Code(
        "A row is neither part of the table nor plainly something else, or has too many or too "
        "few cells.",
        "Restore the row as published, or remove what is no part of the table.",
    ),
    "unit": Code(
        "The unit of a column stands outside its heading, or is not one that is known.",
        "Write the unit into the heading, such as (£000s).",
    ),
    "names": Code(
        "A printed name is not linked to a collaboration.",
        "Paste the line that the message shows into data/names.csv, once you know it is right.",
    ),
    "duplicate": Code(
        "A collaboration, school or key stands in a table twice.",
        "Remove the second row, or write the names as the publication tells them apart.",
    ),
    "rows": Code(
        "A table has more or fewer rows than data/sources.yaml says.",
        "Compare with the publication; correct the file, or `rows` in data/sources.yaml.",
    ),
    "fingerprint": Code(
        "A file's bytes are not those that data/sources.yaml describes.",
        "Restore the file; if the change is meant, write its new SHA-256 into data/sources.yaml.",
    ),
    "file": Code(
        "A file is not there, empty, or can't be read.",
        "Put the file where the message says, or correct its name.",
    ),
    "kind": Code(
        "A file is no table: a PDF, an image, a web page, an archive and the like.",
        "Ask for the table itself, as .xlsx, .ods or CSV.",
    ),
    "encoding": Code(
        "The text is not of one encoding, or holds characters that can't be seen.",
        "Save the file again as 'CSV UTF-8'.",
    ),
    "damaged": Code(
        "A file is cut short or contradicts itself.",
        "Open it in a spreadsheet and save it again.",
    ),
    "size": Code(
        "A file, sheet or cell is far larger than a table of schools can be.",
        "Save the table alone: delete what stands outside it.",
    ),
    "unsafe": Code(
        "A workbook could not be read within the limits of memory and time.",
        "Save the sheet with the table alone, as .xlsx or as CSV UTF-8.",
    ),
    "error": Code(
        "A cell of the table holds an error of a spreadsheet, such as #REF!.",
        "Mend the formula, or type the value as published, and save the file again.",
    ),
    "formula": Code(
        "A cell of the table holds a formula that no spreadsheet has worked out.",
        "Open the file in a spreadsheet and save it again.",
    ),
    "locked": Code("A workbook is locked by a password.", "Remove the password and save it again."),
    "macros": Code(
        "A workbook holds macros.", "Open it without running them, and save it as .xlsx."
    ),
    "reader": Code(
        "A file can't be followed, for a reason that nobody foresaw.",
        "Save it again as .xlsx or CSV UTF-8, and report it.",
    ),
    "keep": Code(
        "The rows to keep of a school-level file are named by a column or value that it lacks.",
        "Correct `keep` of the table in data/sources.yaml.",
    ),
    "corrections": Code(
        "An entry of data/corrections.yaml can't be followed, or no longer fits the publication.",
        "Correct the entry; delete it where the publication has been put right.",
    ),
    "sources": Code(
        "An entry of data/sources.yaml is missing or not of its form.",
        "Correct the entry; the blocks of other years show the form.",
    ),
    "params": Code("An entry of params.yaml is missing or not of its form.", "Correct the line."),
    "plan": Code("An entry of plan.yaml is missing or not of its form.", "Correct the entry."),
    "claims": Code("A claim can't be read or re-derived.", "Correct the line of claims.csv."),
    "join": Code(
        "Two tables of a year don't fit together, or one covers few groups of the other; as a "
        "note, how many it covers.",
        "Compare both with the publication.",
        ("error", "warning", "note"),
    ),
    "successors": Code(
        "Links from old to new URNs lead in a circle or to nowhere.", "Correct the links."
    ),
    "reconciliation": Code(
        "Results of single schools don't add up to those of their authority.",
        "Compare the file with the publication.",
    ),
    "groups": Code(
        "A collaboration of last year is not in this year's tables, or the reverse; as an error, "
        "a line of data/groups.csv is not of its form.",
        "Where it was renamed or merged, paste the line that the message shows into "
        "data/groups.csv.",
        ("warning", "error"),
    ),
    "far": Code(
        "A value is far from last year's: schools or money more than three times as many or as "
        "few, or a gain outside all of last year's and more than four median absolute deviations "
        "from their median.",
        "Compare both years with their publications; if the value is right, nothing is to do.",
        ("warning",),
    ),
    "restated": Code(
        "Money of one school year is not the same in last year's table and in this year's.",
        "Compare both with their publications; if it was revised, nothing is to do.",
        ("warning",),
    ),
    "count": Code(
        "A table has over a third more or fewer rows than last year's.",
        "See whether rows are missing or doubled; if the table changed so, nothing is to do.",
        ("warning",),
    ),
    "absent": Code(
        "A table of last year is not there this year.",
        "Add it, or leave it: the pages say that the release has none.",
        ("note",),
    ),
    "maturity": Code(
        "The figures are provisional or simulated, and may yet change.",
        "Nothing is to do; replace the files once revised ones are published.",
        ("note",),
    ),
    "seen": Code(
        "Cells in an unusual form were read as the one value that they can mean.",
        "See that they were read rightly; if not, declare it in data/corrections.yaml.",
        ("note",),
    ),
}


def page_of_codes(examples: Mapping[str, str]) -> str:
    """Return the page that explains every code, as Markdown.

    Parameters
    ----------
    examples : mapping
        Code to a message as it is printed.
    """
    parts = [_TOP]
    for name, code in sorted(CODES.items()):
        example = "\n".join(f"> {line}" for line in _escaped(examples[name]).splitlines())
        severities = " or ".join(code.severities)
        words = (f"## {name} ({severities})", code.meaning, f"What to do: {code.action}", example)
        parts.append("\n\n".join(words) + "\n")
    return "\n".join(parts)


def _escaped(text: str) -> str:
    """Return a text of which nothing is read as Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


_TOP = """# What each code of a problem means

Made by `make docs` from src/analysis/codes.py; do not edit. The examples are what the software
said of made-up files that were spoilt for the purpose.

A message names file, row and column, what was found there, what was expected and what to do. Its
code stands before it in square brackets. An **error** stops a run, a **warning** may bend a
result, a **note** says what was decided or counted.
"""
