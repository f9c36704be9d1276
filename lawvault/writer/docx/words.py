"""The words of an opened .docx, and where in its XML every character stands.

Body, tables and text boxes in their order, then the footnotes, the endnotes and what people
remarked, as the text calls them, then headers and footers.  Tracked deletions, hidden text and
codes of fields are left out; what was inserted is in.
"""

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from lawvault.writer.docx.elements import NAMESPACES, has, is_hidden, lines_of, value_of, word_of
from lawvault.writer.docx.opened import Opened, UnsafeDocument
from lawvault.writer.docx.package import AUTHOR

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PHONETIC = tuple(f"{space}rt" for space in NAMESPACES)
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Where text[start:end] of a document stands: `node` is a w:t, or the w:tab of a single tab.

    `run` is the run it stands in.  `anchor` is None in the body; in a text box or a note, where
    Word anchors no comment, it is the run of the body that the box or the note hangs on; in a
    header or footer, the first run of the body.
    """

    start: int
    end: int
    part: str
    paragraph: "etree._Element"
    run: "etree._Element"
    node: "etree._Element"
    anchor: "etree._Element | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What stands beside the body: its words are text[start:end]; its place is at `position`."""

    kind: str  # footnote | endnote | comment | header | footer
    id: str
    start: int
    end: int
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment of LawVault's own: its words, and where in the text it ends."""

    words: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocxText:
    """The text of a document; an empty line parts paragraphs, a mere line break cells of a row.

    `body` is where the notes begin.  Our own comments are no part of it, but `remarks`.

    `trees` are the roots of the parts that it was read from; the pieces lie in them.
    """

    text: str
    body: int
    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...]
    trees: "dict[str, etree._Element]"
    remarks: tuple[Remark, ...] = ()
    deletions: int = 0
    hidden: int = 0

    def is_in_body(self, offset: int) -> bool:
        """Say whether a character stands in the body, or hangs on a run of it."""
        piece = self.piece_at(offset)
        return piece is not None and (offset < self.body or piece.anchor is not None)

    def piece_at(self, offset: int) -> Piece | None:
        """Return the piece that the character at `offset` stands in; None between paragraphs."""
        index = bisect.bisect_right(self.pieces, offset, key=lambda piece: piece.start) - 1
        if index < 0 or self.pieces[index].end <= offset:
            return None
        return self.pieces[index]


def text_of(opened: Opened) -> DocxText:
    """Return the text of a document with the map of its characters.

    Raises:
        UnsafeDocument: a part is no XML, or the main one is no document.
    """
    main = opened.tree(opened.main)
    if word_of(main) != "document":
        raise UnsafeDocument("no_body")
    reader = _Reader(opened.main)
    reader.visit(main)
    body = reader.length
    trees = {opened.main: main}
    for kind, part in _beside(opened):
        trees[part] = opened.tree(part)
        read = reader.read_margin if kind in ("header", "footer") else reader.read_notes
        read(kind, part, trees[part])
    return DocxText(
        text="".join(reader.words),
        body=body,
        pieces=tuple(reader.pieces),
        notes=tuple(reader.notes),
        trees=trees,
        remarks=tuple(reader.remarks),
        deletions=reader.deletions,
        hidden=reader.hidden,
    )


def _beside(opened: Opened) -> Iterator[tuple[str, str]]:
    """Yield kind and name of the parts that stand beside the body, each once."""
    related = opened.relations.get(opened.main, ())
    kinds, names = ("footnotes", "endnotes", "comments"), set(opened.names)
    parts = [(kind.removesuffix("s"), opened.related(kind)) for kind in kinds]
    parts += [(one.kind, one.target) for one in related if one.kind in ("header", "footer")]
    for kind, part in parts:
        if part in names:
            names.remove(part)
            yield kind, part


class _Reader:
    """Goes through the elements of one part after another and keeps words and pieces."""

    def __init__(self, part: str) -> None:
        self.part = self._main = part
        self.words: list[str] = []
        self.length = self.deletions = self.hidden = 0
        self.pieces: list[Piece] = []
        self.notes: list[Note] = []
        self.remarks: list[Remark] = []
        self._called: list[tuple[str, str, etree._Element, int]] = []
        self._rows = 0  # how many are open
        self._paragraph: etree._Element | None = None
        self._run: etree._Element | None = None
        self._anchor: etree._Element | None = None
        self._first: etree._Element | None = None  # run of the body
        self._boxes: list[tuple[etree._Element, etree._Element | None]] = []
        self._fields: list[bool] = []  # of each open field: its code is over
        handlers: dict[str, Callable[[etree._Element], None]] = {
            "p": self._read_paragraph,
            "r": self._read_run,
            "t": lambda node: self._add(node, (node.text or "").replace("\n", " ")),
            "del": self._delete,
            "moveFrom": self._delete,
            "txbxContent": lambda node: self._boxes.append((node, self._run)),
            "fldChar": self._mark_field,
            "footnoteReference": self._call,
            "endnoteReference": self._call,
            "commentReference": self._call,
            "tr": self._read_row,
        }
        self._handlers = handlers | dict.fromkeys(_LEFT_OUT, lambda _: None)

    def visit(self, element: "etree._Element") -> None:
        """Take an element with all that is in it."""
        for child in element:
            if child.tag == _FALLBACK or child.tag in _PHONETIC:
                continue
            word = word_of(child)
            if word in _CHARACTERS and self._run is not None:
                self._add(child, _CHARACTERS[word])
            elif word in self._handlers:
                self._handlers[word](child)
            else:
                self.visit(child)

    def read_notes(self, kind: str, part: str, root: "etree._Element") -> None:
        """Take the notes that the text calls, in the order of their calls."""
        found = {value_of(element, "id"): element for element in root if word_of(element) == kind}
        self.part, self._fields = part, []
        for name, id_, run, position in [call for call in self._called if call[0] == kind]:
            note = found.pop(id_, None)
            if note is None:
                continue
            if kind == "comment" and value_of(note, "author") == AUTHOR:
                self.remarks.append(Remark(words=lines_of(note), position=position))
                continue
            self._anchor, start = run, self.length
            self.visit(note)
            self.notes.append(
                Note(kind=name, id=id_, start=start, end=self.length, position=position)
            )

    def read_margin(self, kind: str, part: str, root: "etree._Element") -> None:
        """Take a header or footer."""
        self.part, self._fields = part, []
        self._anchor, start = self._first, self.length
        self.visit(root)
        self.notes.append(Note(kind=kind, id=part, start=start, end=self.length, position=0))

    def _read_paragraph(self, paragraph: "etree._Element") -> None:
        self._paragraph = paragraph
        self.visit(paragraph)
        if not has(paragraph, "pPr", "rPr", "del"):  # else it runs on into the next one
            self._say("\n" if self._rows else "\n\n")
        boxes, self._boxes = self._boxes, []
        kept = self._anchor
        for box, run in boxes:
            self._anchor = run if kept is None else kept
            self.visit(box)
        self._anchor = kept

    def _read_row(self, row: "etree._Element") -> None:
        if has(row, "trPr", "del"):
            self.deletions += 1
            return
        self._rows += 1
        self.visit(row)
        self._rows -= 1
        self._say("\n")

    def _read_run(self, run: "etree._Element") -> None:
        if is_hidden(run):
            self.hidden += 1
            return
        if self._first is None and self.part == self._main:
            self._first = run
        outer, self._run = self._run, run  # the words of a phonetic guide are runs inside a run
        self.visit(run)
        self._run = outer

    def _delete(self, _: "etree._Element") -> None:
        self.deletions += 1

    def _mark_field(self, node: "etree._Element") -> None:
        kind = value_of(node, "fldCharType")
        if kind == "begin":
            self._fields.append(False)
        elif self._fields and kind == "separate":
            self._fields[-1] = True
        elif self._fields and kind == "end":
            self._fields.pop()

    def _call(self, node: "etree._Element") -> None:
        run = self._run if self._anchor is None else self._anchor
        if run is not None:
            kind = word_of(node).removesuffix("Reference")
            self._called.append((kind, value_of(node, "id"), run, self.length))

    def _add(self, node: "etree._Element", words: str) -> None:
        if not words or not all(self._fields) or self._paragraph is None or self._run is None:
            return
        start = self.length
        self._say(words)
        self.pieces.append(
            Piece(
                start=start,
                end=self.length,
                part=self.part,
                paragraph=self._paragraph,
                run=self._run,
                node=node,
                anchor=self._anchor,
            )
        )

    def _say(self, words: str) -> None:
        self.words.append(words)
        self.length += len(words)


_LEFT_OUT = (
    *("pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr", "instrText", "delText"),
    *("delInstrText", "fldData"),
)
