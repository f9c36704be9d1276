"""What stands inside a paragraph, as runs: text, links, blanks, footnotes and comments.

A comment is anchored to the sentence before its mark.  What the text refers to (footnotes,
comments, addresses) is gathered in a `Ledger` while it is written, in the order of its places.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import urlsplit

from lxml import etree

from lawvault.writer.document import Blank, Break, Footnote, Inline, Mark, NoteRef, Text
from lawvault.writer.docx.styles import Kind, Styles
from lawvault.writer.docx.wml import clean, face, related, w, words
from lawvault.writer.signing import ROOM, is_room

_SENTENCE_ENDS = re.compile("[。！？；!?;][”’」』）)》】]*")


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What a document refers to, gathered while it is written.

    Footnote n of the file is the document's `placed[n - 1]`; one that has several places is printed
    at each.  Comment n says `reasons[n]`.
    """

    footnotes: Mapping[str, Footnote]
    placed: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    blanks: int = 0
    cleaned: int = 0  # characters that XML cannot hold
    not_links: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Writes the content of paragraphs of one part; `relate` turns an address into a r:id of it.

    Word has no footnotes and no comments in footnotes: there a mark is printed, a place is not.
    """

    styles: Styles
    ledger: Ledger
    relate: Callable[[str], str]
    is_note: bool = False

    def of(
        self, content: Sequence[Inline], kind: Kind, *, bold: bool = False
    ) -> "list[etree._Element]":
        """Return the runs of a paragraph of that kind."""
        first = len(self.ledger.reasons)
        starts = {} if self.is_note else anchors(content)
        if starts:
            marks = [item.reason for item in content if isinstance(item, Mark)]
            self.ledger.reasons.extend(marks)
        opened = dict[tuple[int, int], list[int]]()
        for number, place in enumerate(starts.values(), first):
            opened.setdefault(place, []).append(number)
        numbers = iter(range(first, first + len(starts)))
        runs = list["etree._Element"]()
        for at, item in enumerate(content):
            for piece, offset in _pieces(item, at, opened):
                runs += [w("commentRangeStart", id=n) for n in opened.get((at, offset), ())]
                runs += self._item(piece, kind, bold, numbers)
        return runs

    def text(self, text: str, kind: Kind, *, bold: bool = False) -> "etree._Element":
        """Return one run."""
        return w("r", face(self.styles.looks.get(kind), bold=bold), words(self._clean(text)))

    def _item(
        self, item: Inline, kind: Kind, bold: bool, numbers: Iterator[int]
    ) -> "list[etree._Element]":
        if isinstance(item, Text):
            return self._text(item, kind, bold)
        if isinstance(item, Break):
            return [w("r", face(self.styles.looks.get(kind)), w("br"))]
        if kind == "signature" and is_room(item):
            return [self._room()]
        if isinstance(item, Blank):
            return [self._blank(item, kind, bold)]
        if self.is_note:
            return [self.text(f"⚠【{item.reason}】", kind)] if isinstance(item, Mark) else []
        if isinstance(item, NoteRef):
            return [self._place(item)]
        number = next(numbers)
        return [w("commentRangeEnd", id=number), self._reference("Comment", number)]

    def _text(self, item: Text, kind: Kind, bold: bool) -> "list[etree._Element]":
        if not item.text:
            return []
        properties = face(self.styles.looks.get(kind), bold=item.bold or bold, italic=item.italic)
        run = w("r", properties, words(self._clean(item.text)))
        if not item.link:
            return [run]
        address = web_address(item.link)
        if not address:
            self.ledger.not_links.add(item.link)
            return [run]
        if properties is None:
            properties = w("rPr")
            run.insert(0, properties)
        properties.insert(0, w("rStyle", val=self.styles.ids["Hyperlink"]))
        return [related(w("hyperlink", run, history=1), self.relate(address))]

    def _blank(self, item: Blank, kind: Kind, bold: bool) -> "etree._Element":
        """Return a content control: a click selects the blank, what is typed replaces it."""
        self.ledger.blanks += 1
        label = self._clean(item.label)
        run = self.text(f"【{label}：　】" if label else "【　】", kind, bold=bold)
        properties = w(
            "sdtPr",
            w("alias", val=label or "待填"),
            w("tag", val="blank"),
            w("id", val=self.ledger.blanks),
            w("showingPlcHdr"),
            w("text"),
        )
        return w("sdt", properties, w("sdtContent", run))

    def _room(self) -> "etree._Element":
        properties = face(self.styles.looks.get("signature"))
        properties = w("rPr") if properties is None else properties
        properties.append(w("u", val="single"))
        return w("r", properties, words(ROOM))

    def _place(self, item: NoteRef) -> "etree._Element":
        if item.id not in self.ledger.footnotes:
            raise ValueError(f"the document has no footnote {item.id!r}, and refers to it")
        self.ledger.placed.append(item.id)
        return self._reference("Footnote", len(self.ledger.placed))

    def _reference(self, what: str, number: int) -> "etree._Element":
        style = w("rStyle", val=self.styles.ids[f"{what}Reference"])
        return w("r", w("rPr", style), w(f"{what.lower()}Reference", id=number))

    def _clean(self, text: str) -> str:
        cleaned = clean(text)
        self.ledger.cleaned += len(text) - len(cleaned)
        return cleaned


def anchors(content: Sequence[Inline]) -> dict[int, tuple[int, int]]:
    """Return for each mark (its index) where the sentence before it begins: an index, an offset.

    >>> anchors((Text(text="甲。乙。"), Mark(reason="未核实")))
    {1: (0, 2)}
    """
    found, start, ended = dict[int, tuple[int, int]](), (0, 0), False
    for at, item in enumerate(content):
        if isinstance(item, Mark):
            found[at] = start
        elif isinstance(item, Break):
            ended = True
        elif isinstance(item, Text | Blank) and ended:
            start, ended = (at, 0), False
        if not isinstance(item, Text):
            continue
        for end in _SENTENCE_ENDS.finditer(item.text):
            if end.end() == len(item.text):
                ended = True
            else:
                start = (at, end.end())
    return found


def _pieces(
    item: Inline, at: int, opened: Mapping[tuple[int, int], object]
) -> Iterator[tuple[Inline, int]]:
    """Yield the item, a text cut where comments begin, and the offset of each piece."""
    if not isinstance(item, Text):
        yield item, 0
        return
    cuts = sorted({0, len(item.text), *(offset for index, offset in opened if index == at)})
    if len(cuts) <= 2:
        yield item, 0
        return
    for start, end in pairwise(cuts):
        yield (
            Text(text=item.text[start:end], bold=item.bold, italic=item.italic, link=item.link),
            start,
        )


def web_address(link: str) -> str:
    """Return an http(s) address as it may stand in a file, "" for anything else.

    >>> web_address("javascript:alert(1)"), web_address("https://flk.npc.gov.cn/")
    ('', 'https://flk.npc.gov.cn/')
    """
    if clean(link) != link or any(c.isspace() for c in link):
        return ""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return link if parts.scheme in ("http", "https") and parts.hostname else ""
