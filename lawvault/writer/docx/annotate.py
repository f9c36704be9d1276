"""A copy of somebody's .docx with comments in it; everything else stays as it was.

Only the parts that must change do: the main part, the comments, and where the comments are new the
lists of relationships and types.  A run in which a comment begins or ends is cut in two that look
alike.  What stands in a text box or a note, where Word anchors no comment, is commented on at the
place of the body that the box or the note hangs on.
"""

import copy
import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from lawvault.writer.docx.elements import value_of, word_of
from lawvault.writer.docx.opened import Opened
from lawvault.writer.docx.package import AUTHOR
from lawvault.writer.docx.words import DocxText, Piece, text_of

INITIALS = "LV"

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_TYPES, _TYPES_PART = (
    "http://schemas.openxmlformats.org/package/2006/content-types",
    ("[Content_Types].xml"),
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
_STRICT = "http://purl.oclc.org/ooxml/"
_UNPRINTABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What is to be said of the characters `start` to `end` of `text_of` the document."""

    start: int
    end: int
    words: str


def annotate(opened: Opened, comments: Sequence[Comment], *, at: datetime.datetime) -> bytes:
    """Return a copy of a document with comments; without any, the document itself.

    Args:
        at: when the comments were made.

    Raises:
        UnsafeDocument: a part is no XML.
        ValueError: a comment is on no character of the document.
    """
    if not comments:
        return opened.data
    words = text_of(opened)
    main = words.trees[opened.main]
    part = opened.related("comments")
    new = part not in opened.names
    listed = _new_comments(main) if new else opened.tree(str(part))
    first = 1 + max((int(value_of(one, "id") or 0) for one in listed), default=-1)
    place = _Placing(words, etree.QName(main).namespace or "")
    for number, comment in enumerate(comments, start=first):
        listed.append(_comment(listed, number, comment.words, at))
        place.take(number, comment)
    place.put()
    changed = {opened.main: _bytes(main)}
    if new:
        part = _free_name(opened)
        changed |= _announced(opened, part, is_strict=main.tag.startswith(f"{{{_STRICT}"))
    return _copied(opened, changed | {str(part): _bytes(listed)})


@dataclass(frozen=True, slots=True)
class _Edge:
    """Where comments begin or end: at a character of the text."""

    offset: int
    is_start: bool
    number: int


class _Placing:
    """Puts the beginnings and ends of comments into the main part, the last one first."""

    def __init__(self, words: DocxText, namespace: str) -> None:
        self._words, self._namespace = words, namespace
        self._edges: list[_Edge] = []
        self._begins: dict[int, etree._Element] = {}  # offset -> the run cut off there

    def take(self, number: int, comment: Comment) -> None:
        """Note where a comment goes; one on a box or a note is put at its anchor at once."""
        pieces = [p for p in self._words.pieces if p.start < comment.end and comment.start < p.end]
        if not pieces:
            raise ValueError(f"no text at {comment.start} to {comment.end} to comment on")
        anchor = next((p.anchor for p in pieces if p.anchor is not None), None)
        if anchor is not None:
            anchor.addprevious(self._make("commentRangeStart", number))
            self._end_after(anchor, number)
            return
        start, end = max(comment.start, pieces[0].start), min(comment.end, pieces[-1].end)
        self._edges.append(_Edge(start, True, number))
        self._edges.append(_Edge(end, False, number))

    def put(self) -> None:
        """Put in all that was noted.

        From the end backwards, so that the places of what is still to come stay true; at one place
        what begins is put in before what ends, which so comes to stand before it.
        """
        for edge in sorted(self._edges, key=lambda e: (-e.offset, not e.is_start, -e.number)):
            if edge.is_start:
                self._begin_before(edge)
                continue
            piece = self._words.piece_at(edge.offset - 1)
            assert piece is not None
            self._end_after(_cut(piece, edge.offset - piece.start)[0], edge.number)

    def _begin_before(self, edge: _Edge) -> None:
        if edge.offset not in self._begins:
            piece = self._words.piece_at(edge.offset)
            assert piece is not None
            self._begins[edge.offset] = _cut(piece, edge.offset - piece.start)[1]
        self._begins[edge.offset].addprevious(self._make("commentRangeStart", edge.number))

    def _end_after(self, run: "etree._Element", number: int) -> None:
        reference = etree.Element(f"{{{self._namespace}}}r", nsmap=run.nsmap)
        reference.append(self._make("commentReference", number))
        run.addnext(reference)
        run.addnext(self._make("commentRangeEnd", number))

    def _make(self, word: str, number: int) -> "etree._Element":
        element = etree.Element(f"{{{self._namespace}}}{word}", nsmap={"w": self._namespace})
        element.set(f"{{{self._namespace}}}id", str(number))
        return element


def _cut(piece: Piece, at: int) -> tuple["etree._Element", "etree._Element"]:
    """Cut the run of a piece before its character `at`; return the runs that end, begin there.

    They are one and the same where the place is at an edge of the run.
    """
    node = piece.node
    run = node.getparent()
    length = len(node.text or "") if word_of(node) == "t" else 1
    content = [child for child in run if word_of(child) != "rPr"]
    if (at == 0 and content[0] is node) or (at >= length and content[-1] is node):
        return run, run
    rest = etree.Element(run.tag, attrib=dict(run.attrib), nsmap=run.nsmap)
    rest.extend(copy.deepcopy(child) for child in run if word_of(child) == "rPr")
    moved = content[content.index(node) + (at > 0) :]
    if 0 < at < length:
        other = copy.deepcopy(node)
        other.text, node.text = node.text[at:], node.text[:at]
        for half in (node, other):
            half.set(_SPACE, "preserve")
        rest.append(other)
    rest.extend(moved)
    run.addnext(rest)
    return run, rest


def _new_comments(main: "etree._Element") -> "etree._Element":
    namespace = etree.QName(main).namespace
    return etree.Element(f"{{{namespace}}}comments", nsmap={"w": namespace})


def _comment(
    listed: "etree._Element", number: int, words: str, at: datetime.datetime
) -> "etree._Element":
    space = f"{{{etree.QName(listed).namespace}}}"
    comment = etree.Element(f"{space}comment")
    told = {"id": str(number), "author": AUTHOR, "initials": INITIALS}
    for name, value in (told | {"date": at.strftime("%Y-%m-%dT%H:%M:%SZ")}).items():
        comment.set(space + name, value)
    for line in words.split("\n"):
        run = etree.SubElement(etree.SubElement(comment, f"{space}p"), f"{space}r")
        text = etree.SubElement(run, f"{space}t")
        text.text = _UNPRINTABLE.sub("", line)
        text.set(_SPACE, "preserve")
    return comment


def _free_name(opened: Opened) -> str:
    folder = opened.main.rpartition("/")[0]
    names = (f"{folder}/comments{n or ''}.xml".lstrip("/") for n in range(len(opened.names) + 1))
    return next(name for name in names if name not in opened.names)


def _announced(opened: Opened, part: str, *, is_strict: bool) -> dict[str, bytes]:
    """Return the lists of types and relationships with a new part of comments in them."""
    types = opened.tree(_TYPES_PART)
    etree.SubElement(
        types, f"{{{_TYPES}}}Override", PartName=f"/{part}", ContentType=_COMMENTS_TYPE
    )
    folder, _, file = opened.main.rpartition("/")
    list_name = f"{folder}/_rels/{file}.rels".lstrip("/")
    if list_name in opened.names:
        relations = opened.tree(list_name)
    else:
        relations = etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS})
    schemas = _STRICT if is_strict else "http://schemas.openxmlformats.org/"
    year = "" if is_strict else "2006/"
    etree.SubElement(
        relations,
        f"{{{_RELATIONS}}}Relationship",
        Id=_free_id(relation.get("Id", "") for relation in relations),
        Type=f"{schemas}officeDocument/{year}relationships/comments",
        Target=f"/{part}",
    )
    return {_TYPES_PART: _bytes(types), list_name: _bytes(relations)}


def _free_id(taken: Iterable[str]) -> str:
    ids = set(taken)
    return next(id_ for n in range(len(ids) + 1) if (id_ := f"rIdLawVault{n}") not in ids)


def _bytes(root: "etree._Element") -> bytes:
    words: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return words


def _copied(opened: Opened, changed: dict[str, bytes]) -> bytes:
    """Return the file with some parts changed or added, the others as they are, in their order."""
    out = io.BytesIO()
    waiting = dict(changed)
    with (
        zipfile.ZipFile(io.BytesIO(opened.data)) as package,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in package.infolist():
            words = waiting.pop(entry.filename, None)
            target.writestr(entry, package.read(entry) if words is None else words)
        for name, words in waiting.items():
            target.writestr(name, words)
    return out.getvalue()
