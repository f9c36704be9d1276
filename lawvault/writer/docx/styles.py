"""The styles of a .docx: made from a profile, or found in a firm's own file and completed.

A style is found by its name, which Word writes in English whatever its language, since ids differ.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from lxml import etree

from lawvault.writer.docx.wml import (
    W,
    characters_of,
    indent,
    justification,
    spacing,
    w,
)
from lawvault.writer.profiles import Look, Page, Profile

Kind = Literal[
    "normal",
    "body",
    "title",
    "heading1",
    "heading2",
    "heading3",
    "heading4",
    "heading5",
    "quotation",
    "signature",
    "note",
    "cell",
    "caption",
    "comment",
    "footer",
]
HEADINGS: tuple[Kind, ...] = ("heading1", "heading2", "heading3", "heading4", "heading5")

_NAMES: dict[Kind, tuple[str, str]] = {
    "normal": ("Normal", "Normal"),
    "body": ("BodyText", "Body Text"),
    "title": ("Title", "Title"),
    **{kind: (kind.capitalize(), f"heading {n}") for n, kind in enumerate(HEADINGS, 1)},
    "quotation": ("Quote", "Quote"),
    "signature": ("Signature", "Signature"),
    "note": ("FootnoteText", "footnote text"),
    "cell": ("TableText", "LawVault Table"),
    "caption": ("Caption", "caption"),
    "comment": ("CommentText", "annotation text"),
    "footer": ("Footer", "footer"),
}
_CHARACTER = {
    "FootnoteReference": ("footnote reference", {"vertAlign": "superscript"}),
    "CommentReference": ("annotation reference", {"sz": "21", "szCs": "21"}),
    "Hyperlink": ("Hyperlink", {"color": "0563C1", "u": "single"}),
}
_BREAKS_CODES = ("body", "quotation", "note", "cell")
"""What may break inside a long number or code; else Word and WPS tear the line before it apart."""
_STAYS_WITH_NEXT = ("title", "caption", *HEADINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Where the styles of a file are.

    `ids` are those of paragraphs by kind, of characters and tables by the id that LawVault gives
    them.  `looks` has no look for what a firm's own style decides.
    """

    ids: Mapping[str, str]
    looks: Mapping[Kind, Look]


def looks_of(profile: Profile) -> dict[Kind, Look]:
    """Return the look of each kind of paragraph."""
    normal = replace(profile.body, first_line=0)
    return {
        "normal": normal,
        "body": profile.body,
        "title": profile.title,
        **dict(zip(HEADINGS, profile.headings, strict=True)),
        "quotation": profile.quotation,
        "signature": profile.signature,
        "note": profile.note,
        "cell": profile.cell,
        "caption": profile.caption,
        "comment": replace(profile.note, pitch=0, align="left"),
        "footer": profile.number.look,
    }


def new_styles(profile: Profile) -> tuple["etree._Element", Styles]:
    """Return w:styles of a profile, and where its styles are."""
    normal = looks_of(profile)["normal"]
    # LibreOffice measures the grid by the size that stands here, Word by that of Normal.
    defaults = characters_of(normal, profile.page)
    defaults.append(w("lang", val="en-US", eastAsia="zh-CN", bidi="ar-SA"))
    root = w("styles", w("docDefaults", w("rPrDefault", defaults), w("pPrDefault")))
    return root, complete_styles(root, profile)


def complete_styles(root: "etree._Element", profile: Profile) -> Styles:
    """Add to w:styles what a document needs and it lacks; return where everything is.

    The styles that are there stay as they are.  A firm's own body text is its Normal style, with
    two characters of indent, if it has no style of that name.
    """
    there = {_name(style): style.get(f"{{{W}}}styleId", "") for style in root.iter(f"{{{W}}}style")}
    is_firms, taken = bool(there), set(there.values())
    ids, looks = dict[str, str](), dict[Kind, Look]()
    for kind, look in looks_of(profile).items():
        style_id, name = _NAMES[kind]
        ids[kind] = there.get(name.lower(), style_id)
        if name.lower() in there:
            continue
        style = _paragraph_style(kind, ids.get("normal", ""))
        if is_firms and kind == "body":
            indented = w("ind", firstLineChars=200, firstLine=480)
            style.append(w("pPr", w("wordWrap", val=0), indented))
        else:
            style.append(_paragraph_properties(kind, look, profile.page))
            style.append(characters_of(look, profile.page))
            looks[kind] = look
        ids[kind] = _added(root, style, taken)
    for style_id, style in _others():
        found = there.get(_name(style))
        ids[style_id] = _added(root, style, taken) if found is None else found
    return Styles(ids=ids, looks=looks)


def _name(style: "etree._Element") -> str:
    name = style.find(f"{{{W}}}name")
    return "" if name is None else str(name.get(f"{{{W}}}val", "")).lower()


def _added(root: "etree._Element", style: "etree._Element", taken: set[str]) -> str:
    """Append the style, under another id if a style of another name has it; return the id."""
    style_id = str(style.get(f"{{{W}}}styleId"))
    if style_id in taken:
        style_id += "LawVault"
        style.set(f"{{{W}}}styleId", style_id)
    root.append(style)
    return style_id


def _paragraph_style(kind: Kind, base: str) -> "etree._Element":
    style_id, name = _NAMES[kind]
    style = _style("paragraph", style_id, name)
    if kind == "normal":
        style.set(f"{{{W}}}default", "1")
    else:
        style.append(w("basedOn", val=base))
    if kind == "cell":
        style.set(f"{{{W}}}customStyle", "1")
    style.append(w("qFormat"))
    return style


def _paragraph_properties(kind: Kind, look: Look, page: Page) -> "etree._Element":
    stays = kind in _STAYS_WITH_NEXT
    # Footnotes and cells would be spread over whole lines of the grid; for characters, see
    # `characters_of`.  What is on the lines of the grid keeps to them by its pitch.
    off_grid = page.characters or kind in ("note", "cell", "comment", "footer")
    return w(
        "pPr",
        w("keepNext") if stays else None,
        w("keepLines") if stays or kind == "signature" else None,
        w("widowControl", val=0),
        w("wordWrap", val=0) if kind in _BREAKS_CODES else None,
        w("snapToGrid", val=0) if off_grid else None,
        spacing(look),
        indent(look, page),
        justification(look),
        w("outlineLvl", val=HEADINGS.index(kind)) if kind in HEADINGS else None,
    )


def _others() -> Iterator[tuple[str, "etree._Element"]]:
    """Yield the styles of characters and tables, and Word's own for "none", by id."""
    default = {"default": "1"}
    yield (
        "DefaultParagraphFont",
        _style("character", "DefaultParagraphFont", "Default Paragraph Font", **default),
    )
    for style_id, (name, properties) in _CHARACTER.items():
        style = _style("character", style_id, name)
        style.append(w("rPr", *(w(tag, val=value) for tag, value in properties.items())))
        yield style_id, style
    margins = w("tblCellMar", w("left", w=108, type="dxa"), w("right", w=108, type="dxa"))
    nothing = _style("table", "TableNormal", "Normal Table", **default)
    nothing.append(w("tblPr", w("tblInd", w=0, type="dxa"), margins))
    yield "TableNormal", nothing
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    lines = [w(side, val="single", sz=4, space=0, color="auto") for side in sides]
    grid = _style("table", "TableGrid", "Table Grid")
    grid.append(w("basedOn", val="TableNormal"))
    grid.append(w("tblPr", w("tblBorders", *lines)))
    yield "TableGrid", grid
    yield "NoList", _style("numbering", "NoList", "No List", **default)


def _style(kind: str, style_id: str, name: str, **more: str) -> "etree._Element":
    return w("style", w("name", val=name), type=kind, styleId=style_id, **more)
