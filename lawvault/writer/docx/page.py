"""The page: size, margins, grid and the number at its foot."""

import math

from lxml import etree

from lawvault.writer.docx.wml import character, face, millimetres, related, twips, w, words
from lawvault.writer.profiles import PageNumber, Profile

_PER_POINT = 4096
"""w:charSpace counts in parts of a point."""


def section(profile: Profile, *, footer: str, even_footer: str) -> "etree._Element":
    """Return w:sectPr; the footers are the ids of their relationships, "" for none."""
    page = profile.page
    footers = {"even": even_footer, "default": footer}
    edges = {side: millimetres(getattr(page, side)) for side in ("top", "right", "bottom", "left")}
    return w(
        "sectPr",
        *(related(w("footerReference", type=kind), id_) for kind, id_ in footers.items() if id_),
        w("pgSz", w=millimetres(page.width), h=millimetres(page.height)),
        w("pgMar", **edges, header=millimetres(15), footer=millimetres(page.footer), gutter=0),
        w("cols", space=720),
        _grid(profile),
    )


def _grid(profile: Profile) -> "etree._Element | None":
    page = profile.page
    if not page.lines:
        return None
    pitch = twips(page.text_height / page.lines)
    if not page.characters:
        return w("docGrid", type="lines", linePitch=pitch)
    # Rounded down: a last character that is a hair too wide would go to the next line.
    space = math.floor((character(profile.body, page) - profile.body.size) * _PER_POINT)
    return w("docGrid", type="linesAndChars", linePitch=pitch, charSpace=space)


def footer(number: PageNumber, style: str, *, is_even: bool = False) -> "etree._Element":
    """Return the paragraph with the number of the page, a field."""
    look = number.look
    if not number.outer:
        place = [w("jc", val="center")]
    else:
        side = "left" if is_even else "right"
        width = round(look.size * 20)
        inset = {f"{side}Chars": 100, side: width}
        place = [w("ind", **inset), w("jc", val=side)]
    field = w("fldSimple", _run(number, "1"), instr=" PAGE ")
    around = [_run(number, text) if text else None for text in (number.before, number.after)]
    return w("p", w("pPr", w("pStyle", val=style), *place), around[0], field, around[1])


def _run(number: PageNumber, text: str) -> "etree._Element":
    return w("r", face(number.look), words(text))
