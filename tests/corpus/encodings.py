"""Bytes: encodings, marks, line ends and characters that no table should hold."""

from __future__ import annotations

from random import Random

from .cases import ANY, FILE, NAME, at, either, sound, spoilt
from .sheets import FIRST, Gap, OneOf, Sheet
from .text import joined, lines, plain, split


def _curly(t: Sheet) -> int:
    """Return the record whose name has a curly quote."""
    return next(i for i, row in enumerate(t.rows) if "’" in row["collaboration"])


def _rename(t: Sheet, i: int, name: str, meant: object = None) -> None:
    t.put(i, NAME[t.table], name, name if meant is None else meant)


ENCODINGS = [("utf-8", "gains"), ("utf-8-sig", "ofsted"), ("cp1252", "funding"),
             ("cp1252", "gains"), ("utf-16", "funding"), ("utf-8-sig", "dfe")]  # fmt: skip
for _encoding, _form in ENCODINGS:

    @sound("bytes", _form, label=_encoding)
    def encoded(t: Sheet, r: Random, encoding: str = _encoding) -> bytes:
        return plain(t).encode(encoding)


@sound("bytes", "ofsted", "funding")
def utf_16_big_endian_with_mark(t: Sheet, r: Random) -> bytes:
    return b"\xfe\xff" + plain(t).encode("utf-16-be")


@sound("bytes", "funding")
def unicode_text_of_excel(t: Sheet, r: Random) -> tuple[str, bytes]:
    text = lines(t.printed(), "\t").replace("\n", "\r\n")
    return "funding.txt", text.encode("utf-16")


@either("bytes", "gains", "funding")
def utf_16_without_mark(t: Sheet, r: Random) -> object:
    return plain(t).encode("utf-16-le"), FILE


@either("bytes", "ofsted")
def utf_32(t: Sheet, r: Random) -> object:
    return plain(t).encode("utf-32"), FILE


@sound("bytes", "gains", "funding")
def accents_in_cp1252(t: Sheet, r: Random) -> bytes:
    _rename(t, 1, "École Zoë Schools’ Hub – Phase 2")
    return plain(t).encode("cp1252")


@either("bytes", "funding", "gains")
def one_row_of_another_encoding(t: Sheet, r: Random) -> object:
    i = _curly(t)
    _rename(t, (i + 2) % len(t), "Zoë’s Schools Hub")
    made = [line.encode() for line in split(t)]
    made[i + 1] = made[i + 1].decode().encode("cp1252")
    return b"\n".join(made) + b"\n", at(i + 2)


@either("bytes", "funding", "ofsted")
def decoded_wrongly_once_before(t: Sheet, r: Random) -> object:
    lines_hurt = [i + 2 for i, line in enumerate(split(t)[1:]) if not line.isascii()]
    return plain(t).encode().decode("cp1252").encode(), at({None, 1, *lines_hurt})


@either("bytes", "gains")
def of_an_old_macintosh(t: Sheet, r: Random) -> object:
    return plain(t).replace("\n", "\r").encode("mac-roman"), at({None, 1, _curly(t) + 2})


@either("bytes", "funding")
def of_dos(t: Sheet, r: Random) -> object:
    text = plain(t).replace("’", "'")
    i = _curly(t)
    _rename(t, i, t.rows[i]["collaboration"].replace("’", "'"))
    return text.replace("\n", "\r\n").encode("cp850"), at(ANY)


@spoilt("bytes", "gains", "ofsted")
def a_byte_of_no_encoding(t: Sheet, r: Random) -> object:
    i = (_curly(t) + r.randint(1, 4)) % len(t)
    name = t.rows[i]["collaboration"].encode()
    return plain(t).encode().replace(name[:6], name[:3] + b"\xff\xfe" + name[4:6]), at(i + 2)


@either("bytes", "gains")
def a_letter_already_lost(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    _rename(t, i, "Sch\N{REPLACEMENT CHARACTER}ols of the Weir")
    return plain(t), at(i + 2, NAME[t.table], None)


for _word, _end in [("crlf", "\r\n"), ("cr", "\r")]:
    for _form in ("gains", "funding"):

        @sound("bytes", _form, label=_word)
        def line_ends(t: Sheet, r: Random, end: str = _end) -> str:
            return plain(t).replace("\n", end)


@sound("bytes", "ofsted", "members")
def line_ends_mixed(t: Sheet, r: Random) -> str:
    return "".join(line + r.choice(["\n", "\r\n"]) for line in split(t))


@sound("bytes", "ofsted", "gains")
def no_line_end_at_the_end(t: Sheet, r: Random) -> str:
    return plain(t).rstrip("\n")


@sound("bytes", "gains", "funding")
def empty_lines_at_the_end(t: Sheet, r: Random) -> str:
    return plain(t) + "\n" * r.randint(2, 30)


@either("bytes", "ofsted")
def end_mark_of_dos(t: Sheet, r: Random) -> object:
    return plain(t).replace("\n", "\r\n") + "\x1a", at({t.last, t.last + 1})


@spoilt("bytes", "gains", "ofsted", "funding")
def a_nul_in_a_name(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    name = t.rows[i]["collaboration"]
    _rename(t, i, name[:5] + "\0" + name[5:])
    return plain(t), at(i + 2, NAME[t.table], None)


@spoilt("bytes", "gains", "ofsted")
def a_nul_in_a_number(t: Sheet, r: Random) -> object:
    heading = {"gains": "ks2_2", "ofsted": "Good"}[t.table]
    i = t.some(r, heading)
    t.put(i, heading, t.cells[i][t.at(heading)] + "\0")
    return plain(t), at(t.line(i), heading, None)


@either("bytes", "ofsted", "gains")
def nul_bytes_after_the_end(t: Sheet, r: Random) -> object:
    return plain(t).encode() + bytes(4096), at({None, 1, t.last, t.last + 1})


@spoilt("bytes", "ofsted", "funding")
def a_bell_in_a_number(t: Sheet, r: Random) -> object:
    heading = {"funding": FIRST, "ofsted": "Outstanding"}[t.table]
    i = t.some(r, heading)
    printed = t.cells[i][t.at(heading)]
    t.put(i, heading, printed[:1] + "\a" + printed[1:])
    return plain(t), at(t.line(i), heading, None)


@either("bytes", "gains")
def colours_of_a_terminal_in_a_name(t: Sheet, r: Random) -> object:
    i = r.randrange(1, len(t))
    _rename(t, i, "\x1b[31mRed Hill Hub\x1b[0m")
    return plain(t), at(t.line(i), NAME[t.table], None)


@either("bytes", "gains", "ofsted")
def form_feeds_between_pages(t: Sheet, r: Random) -> object:
    made = split(t)
    middle = len(made) // 2
    return joined([*made[:middle], "\f" + made[middle], *made[middle + 1 :]]), at(middle + 1)


@sound("bytes", "funding", "ofsted")
def cells_padded_with_hard_spaces(t: Sheet, r: Random) -> bytes:
    for row in t.cells:
        row[:] = [f"\u00a0{cell} " if cell else "\u00a0" for cell in row]
    return plain(t).encode("cp1252")


@sound("bytes", "gains")
def hard_spaces_in_names(t: Sheet, r: Random) -> bytes:
    for i in range(len(t)):
        name = t.rows[i]["collaboration"]
        _rename(t, i, name.replace(" ", "\u00a0"), name)
    return plain(t).encode()


@sound("bytes", "gains", "ofsted")
def a_mark_before_the_title_and_the_heading(t: Sheet, r: Random) -> bytes:
    return ("\ufeffReturn of the collaborations\n\n\ufeff" + plain(t)).encode()


@either("bytes", "gains")
def zero_width_spaces_in_a_heading(t: Sheet, r: Random) -> object:
    t.header[2] = "ks2\u200b_2"
    return plain(t), at(1)


@either("bytes", "funding")
def digits_of_full_width(t: Sheet, r: Random) -> object:
    i = t.some(r, FIRST)
    printed = t.cells[i][t.at(FIRST)]
    t.put(i, FIRST, "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in printed))
    return plain(t), at(t.line(i), FIRST)


@either("bytes", "gains")
def arabic_digits(t: Sheet, r: Random) -> object:
    i = t.some(r, "ks2_1")
    t.put(i, "ks2_1", "".join(chr(0x660 + int(c)) for c in t.cells[i][1]))
    return plain(t), at(t.line(i), "ks2_1")


@spoilt("bytes", "gains")
def a_superscript_in_a_number(t: Sheet, r: Random) -> object:
    i = t.some(r, "ks2_3")
    t.put(i, "ks2_3", t.cells[i][3] + "²")
    return plain(t), at(t.line(i), "ks2_3")


@either("bytes", "gains")
def a_fraction_sign(t: Sheet, r: Random) -> object:
    i = t.some(r, "ks2_1")
    t.put(i, "ks2_1", t.cells[i][1] + "½", t.value(i, "ks2_1") + 0.5)
    return plain(t), at(t.line(i), "ks2_1")


@sound("bytes", "members", "schools")
def spaces_of_every_kind_around_cells(t: Sheet, r: Random) -> str:
    for row in t.cells:
        row[:] = [r.choice(["", " ", "\u2009", "\u00a0"]) + cell + " " for cell in row]
    return plain(t)


@sound("bytes", "funding")
def blank_cells_that_hold_spaces(t: Sheet, r: Random) -> str:
    for i, row in enumerate(t.cells):
        row[:] = [cell or "  " for cell in row]
        for name, value in t.rows[i].items():
            assert value != "" or isinstance(value, Gap | OneOf), name
    return plain(t)
