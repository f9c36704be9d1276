"""WordprocessingML in small pieces: elements, properties of paragraphs and runs, clean text.

Every element that LawVault writes into a .docx is made by `w`; text becomes w:t and nothing else.
Units: twips are twentieths of a point; sizes of fonts are in half points.
"""

import math
import re

from lxml import etree

from lawvault.writer.profiles import MM, Look, Page

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = {"w": W, "r": R}
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = re.compile("[\t\n\r]")


def w(tag: str, *children: "etree._Element | None", **attributes: str | float) -> "etree._Element":
    """Return the element w:`tag` with those of the children that are not None."""
    element = etree.Element(
        f"{{{W}}}{tag}",
        {f"{{{W}}}{name}": str(value) for name, value in attributes.items()},
        nsmap=_NAMESPACES,
    )
    element.extend([child for child in children if child is not None])
    return element


def related(element: "etree._Element", identifier: str) -> "etree._Element":
    """Return the element, pointing with r:id to a part or an address."""
    element.set(f"{{{R}}}id", identifier)
    return element


def clean(text: str) -> str:
    r"""Return the text as XML 1.0 can hold it, on one line.

    >>> clean("甲\x0b方\t乙\ud800方")
    '甲方 乙方'
    """
    return _SPACES.sub(" ", storable(text))


def storable(text: str) -> str:
    """Return the text without characters that XML 1.0 cannot hold."""
    return _FORBIDDEN.sub("", text)


def words(text: str) -> "etree._Element":
    """Return clean text as w:t."""
    element = w("t")
    if text != text.strip() or "  " in text:
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    element.text = text
    return element


def twips(points: float) -> int:
    """Return points in twips, rounded down, so that what fits still fits."""
    return int(points * 20 + 1e-6)


def fonts(look: Look) -> "etree._Element":
    """Return w:rFonts; the hint makes “ ” … — Chinese, too."""
    latin = {"ascii": look.latin, "hAnsi": look.latin, "cs": look.latin}
    return w("rFonts", hint="eastAsia", **latin, eastAsia=look.font)


def face(look: Look | None, *, bold: bool = False, italic: bool = False) -> "etree._Element | None":
    """Return the w:rPr of a run; `look` is None where the style of a firm decides on the fonts."""
    flags = [w(tag) for tag, on in (("b", bold), ("bCs", bold), ("i", italic)) if on]
    if look is None:
        return w("rPr", *flags) if flags else None
    return w("rPr", fonts(look), *flags)


def characters_of(look: Look, page: Page) -> "etree._Element":
    """Return the w:rPr of a style.

    Where a character is a little wider than the grid, it is set closer by its style: LibreOffice
    would give it two columns of the grid, and both then put as many on a line as the grid has.
    It is a twip closer than it need be, since LibreOffice narrows the text to rounded columns.
    """
    flags = [w("b"), w("bCs")] if look.bold else []
    too_wide = look.size - character(look, page)
    closer = math.floor(-too_wide * 20) - 1 if too_wide > 0 else 0
    on_grid = [w("snapToGrid", val=0), w("spacing", val=closer)] if page.characters else []
    size = int(look.size * 2)
    return w("rPr", fonts(look), *flags, *on_grid, w("sz", val=size), w("szCs", val=size))


def spacing(look: Look) -> "etree._Element":
    """Return the w:spacing of a look."""
    line, rule = (twips(look.pitch), "exact") if look.pitch else (int(look.lines * 240), "auto")
    return w(
        "spacing", before=twips(look.before), after=twips(look.after), line=line, lineRule=rule
    )


def indent(look: Look, page: Page) -> "etree._Element | None":
    """Return the w:ind of a look, in characters, and in twips for readers that know no characters.

    A character is as wide as the grid of the page makes it; both must say the same, since readers
    disagree on which of the two wins.
    """
    sides = {"left": look.left, "right": look.right, "firstLine": look.first_line}
    attributes = dict[str, int]()
    for side, count in sides.items():
        if count:
            attributes[f"{side}Chars"] = round(count * 100)
            attributes[side] = round(count * character(look, page) * 20)
    return w("ind", **attributes) if attributes else None


def character(look: Look, page: Page) -> float:
    """Return the width of a Chinese character, that of the grid if it is about as wide; points."""
    if not page.characters:
        return look.size
    column = page.text_width / page.characters
    return column if abs(column - look.size) < 1 else look.size


def justification(look: Look) -> "etree._Element":
    """Return the w:jc of a look."""
    return w("jc", val=look.align or "both")


def millimetres(length: float) -> int:
    """Return millimetres in twips, rounded."""
    return round(length * MM * 20)
