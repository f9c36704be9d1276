"""A document as HTML for the clipboard: Word, WPS and LibreOffice paste it with its looks.

They read styles only where they stand on the element itself, fonts of Chinese only under Word's
own name for them (`mso-fareast-font-family`), and a footnote as one where the reference, the list
and the note carry `mso-footnote-id` and `mso-element`; whoever does not know these sees numbers
that lead to notes at the end.  Nothing in it loads or runs, every word is escaped, the only
addresses are those of links to http(s).

Source: what Word itself writes when it saves a page as HTML.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from html import escape

from lawvault.writer.document import (
    Align,
    Blank,
    Block,
    Break,
    Cell,
    Document,
    Heading,
    Inline,
    Items,
    Mark,
    NoteRef,
    PageBreak,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.flat import places_of_notes
from lawvault.writer.profiles import SUBSTITUTES, Look, Profile
from lawvault.writer.signing import ROOM, insets, is_room
from lawvault.writer.titles import title_lines

_WEB = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_BORDER = "border:solid windowtext 1.0pt;padding:0 5.4pt"
_NEW_PAGE = '<br clear="all" style="mso-special-character:line-break;page-break-before:always">'


def to_html(document: Document, profile: Profile) -> str:
    """Return a document as a fragment of HTML that looks as the profile says.

    Faults (`Mark`) stand behind the words as ⚠【…】, for the clipboard carries no comments.
    """
    return _Page(document, profile).html()


class _Page:
    """Writes the parts of one document; notes are numbered as their places come."""

    def __init__(self, document: Document, profile: Profile) -> None:
        self._document = document
        self._profile = profile
        places = places_of_notes(document)
        self._numbers = {name: number for number, name in enumerate(places, start=1)}
        self._first = set(places)  # a note that is pointed at again is a number, no second note

    def html(self) -> str:
        """Return the whole fragment."""
        parts = []
        if title := self._document.title:
            room = self._profile.page.text_width / self._profile.title.size
            words = "<br>".join(map(_words, title_lines(title, room)))
            parts.append(self._p(self._profile.title, words, 'class="MsoTitle" '))
        parts += map(self._block, self._document.blocks)
        return f'<div lang="ZH-CN">{"".join(parts)}{self._notes()}</div>'

    def _block(self, block: Block) -> str:
        profile = self._profile
        match block:
            case Heading():
                return self._heading(block)
            case Paragraph():
                return self._p(profile.body, self._line(block.content), align=block.align)
            case Quotation():
                return "".join(map(self._quoted, block.blocks))
            case Items():
                return self._items(block)
            case Table():
                return self._table(block)
            case Signature():
                return self._signature(block)
            case PageBreak():
                return f"<p>{_NEW_PAGE}</p>"

    def _signature(self, block: Signature) -> str:
        look = self._profile.signature
        if self._profile.centres_signature and block.lines:
            room = self._profile.page.text_width / look.size
            left, right = insets(block.lines, room=room, right=look.right)
            look = replace(look, left=left, right=right, align="center")
        return "".join(self._p(look, "".join(map(self._signed, one))) for one in block.lines)

    def _signed(self, item: Inline) -> str:
        return f"<u>{_words(ROOM)}</u>" if is_room(item) else self._inline(item)

    def _heading(self, block: Heading) -> str:
        look = self._profile.headings[block.level - 1]
        style = f"mso-outline-level:{block.level};{_style(look)}"
        return f'<h{block.level} style="{style}">{self._runs(look, block.content)}</h{block.level}>'

    def _quoted(self, block: Block) -> str:
        if isinstance(block, Paragraph):
            return self._p(self._profile.quotation, self._line(block.content), align=block.align)
        return self._block(block)

    def _p(self, look: Look, words: str, extra: str = "", *, align: Align = "") -> str:
        return f'<p {extra}style="{_style(look, align)}">{_span(look, words)}</p>'

    def _items(self, block: Items) -> str:
        tag = "ul" if block.start is None else f'ol start="{block.start}"'
        items = "".join(f"<li>{self._item(item)}</li>" for item in block.items)
        return f"<{tag}>{items}</{tag[:2]}>"

    def _item(self, blocks: Iterable[Block]) -> str:
        """Return an item; its first words stand beside its number, in no paragraph of their own."""
        written, is_beside = list[str](), True
        for block in blocks:
            is_beside = is_beside and isinstance(block, Paragraph)
            if is_beside and isinstance(block, Paragraph):
                words = _span(self._profile.body, self._line(block.content))
                written.append(f"<br>{words}" if written else words)
            else:
                written.append(self._block(block))
        return "".join(written)

    def _table(self, table: Table) -> str:
        caption = self._p(self._profile.caption, _words(table.caption)) if table.caption else ""
        widths = table.widths or (1.0,) * table.columns
        shares = [100 * width / (sum(widths) or 1) for width in widths]
        columns = "".join(f'<col width="{share:.1f}%">' for share in shares)
        rows = "".join(f"<tr>{''.join(map(self._cell, row))}</tr>" for row in table.rows)
        style = "border-collapse:collapse;mso-padding-alt:0 5.4pt 0 5.4pt"
        return (
            f'{caption}<table border="1" cellspacing="0" cellpadding="0" width="100%" '
            f'style="{style}">{columns}{rows}</table>'
        )

    def _cell(self, cell: Cell) -> str:
        look = self._profile.cell
        tag = "th" if cell.is_header else "td"
        span = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
        words = "".join(self._p(look, self._line(one) or "&nbsp;") for one in cell.paragraphs)
        return f'<{tag}{span} style="{_BORDER}">{words}</{tag}>'

    def _runs(self, look: Look, content: Iterable[Inline]) -> str:
        return _span(look, self._line(content))

    def _line(self, content: Iterable[Inline]) -> str:
        return "".join(map(self._inline, content))

    def _inline(self, item: Inline) -> str:
        match item:
            case Text():
                return _text(item)
            case Break():
                return "<br>"
            case Blank():
                return f"【{_words(item.label)}：　】" if item.label else "【　】"
            case Mark():
                return f'<span style="color:#C00000">⚠【{_words(item.reason)}】</span>'
            case NoteRef():
                return self._place(item.id)

    def _place(self, name: str) -> str:
        if name not in self._numbers:
            return ""
        number = self._numbers[name]
        if name not in self._first:
            return f"<sup>[{number}]</sup>"
        self._first.discard(name)
        return _anchor(number, to="_ftn", at="_ftnref")

    def _notes(self) -> str:
        if not self._numbers:
            return ""
        notes = "".join(self._note(name, number) for name, number in self._numbers.items())
        rule = '<hr align="left" size="1" width="33%">'
        return f'<div style="mso-element:footnote-list">{rule}{notes}</div>'

    def _note(self, name: str, number: int) -> str:
        content = self._document.notes[name].content
        words = self._line(item for item in content if not isinstance(item, NoteRef))
        line = f"{_anchor(number, to='_ftnref', at='_ftn')} {words}"
        paragraph = self._p(self._profile.note, line, 'class="MsoFootnoteText" ')
        return f'<div style="mso-element:footnote" id="ftn{number}">{paragraph}</div>'


def _anchor(number: int, *, to: str, at: str) -> str:
    return (
        f'<a style="mso-footnote-id:ftn{number};color:black;text-decoration:none" '
        f'href="#{to}{number}" name="{at}{number}" title="">'
        '<span class="MsoFootnoteReference"><span style="vertical-align:super;'
        f'mso-special-character:footnote">[{number}]</span></span></a>'
    )


def _text(item: Text) -> str:
    words = _words(item.text)
    words = f"<b>{words}</b>" if item.bold else words
    words = f"<i>{words}</i>" if item.italic else words
    if not _WEB.fullmatch(item.link):
        return words
    return f'<a href="{escape(item.link)}">{words}</a>'


def _words(text: str) -> str:
    """Return words escaped; spaces side by side, or at an edge, stay what they are."""
    spaced = re.sub(r"^ | (?= )| $", "\xa0", text)
    return escape(spaced).replace("\xa0", "&nbsp;")


def _style(look: Look, align: Align = "") -> str:
    """Return the style of a paragraph."""
    if look.pitch:
        height = f"{look.pitch:g}pt;mso-line-height-rule:exactly"
    else:
        height = f"{100 * look.lines:g}%"
    size = look.size
    around = (look.before, look.right * size, look.after, look.left * size)
    parts = {
        "margin": " ".join(f"{side:g}pt" for side in around),
        "text-align": align or look.align or "justify",
        "line-height": height,
    }
    if not (align or look.align):
        parts["word-break"] = "break-all"  # else a line before a long code is torn apart
    if look.first_line and not align:
        parts["text-indent"] = f"{look.first_line * size:g}pt"
        parts["mso-char-indent-count"] = f"{look.first_line:g}"
    return ";".join(f"{name}:{value}" for name, value in parts.items())


def _span(look: Look, words: str) -> str:
    """Return words in the fonts of a look; Word takes the Chinese one from its own property."""
    fonts = ",".join(f"'{font}'" for font in (look.font, *SUBSTITUTES.get(look.font, ())))
    style = (
        f"font-family:'{look.latin}',{fonts};mso-ascii-font-family:'{look.latin}';"
        f"mso-hansi-font-family:'{look.latin}';mso-fareast-font-family:'{look.font}';"
        f"font-size:{look.size:g}pt;mso-bidi-font-size:{look.size:g}pt;color:black;"
        f"font-weight:{'bold' if look.bold else 'normal'}"
    )
    return f'<span lang="ZH-CN" style="{style}">{words}</span>'
