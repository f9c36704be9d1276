"""A stranger's .docx, opened so that it can be read and written back with remarks.

Beside what `word_file` refuses of every Word document, each with its own reason: OLE and embedded
objects; templates and anything else outside that it would load, hyperlinks excepted; embedded
documents; XML that is not in UTF-8.  Sizes are counted while a part is inflated; those that the
file states are never trusted.
"""

import contextlib
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from lawvault.word_file import (
    MAX_ENTRIES,
    MAX_PART_BYTES,
    TYPES,
    UnsafeFile,
    inflated,
    listed,
    open_zip,
)

MAX_TOTAL_BYTES = 200_000_000
"""Of all parts, unpacked."""

_FREE_TOKENS, _MAX_TOKENS = 500_000, 1_000_000  # tags, and attributes, which take twice the room
_RELATIONS = re.compile(r"(?:^|/)_rels/[^/]*\.rels$", re.IGNORECASE)
_XML_NAME = re.compile(r"\.(?:xml|rels|vml)$", re.IGNORECASE)
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_ENCODING = re.compile(rb"^<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{0,40})")
_REASONS = {
    "not_docx": "这不是 Word 文档（.docx）",
    "old_office": "这是旧版 Office 文件（.doc、.wps），请另存为 .docx",
    "encrypted": "文件已加密，请另存为不带密码的 .docx",
    "damaged": "文件已损坏，请重新获取",
    "no_body": "文件的主要部分不是 Word 正文，没有可读的内容，请用 Word 重新保存",
    "too_many_entries": f"文件内的部件超过 {MAX_ENTRIES} 个，已拒绝",
    "too_large": "文件解压后超出大小或复杂度的上限，已拒绝",
    "unsafe_name": "文件内的部件名指向文件之外，已拒绝",
    "duplicate_entry": "文件内有重名的部件，已拒绝",
    "symlink": "文件内有符号链接，已拒绝",
    "macros": "文件含有宏或启用宏的类型（.docm），请另存为 .docx",
    "embedded_object": "文件含有嵌入对象（OLE、ActiveX 或其他文件），请删除后再上传",
    "external_relationship": "文件引用了外部内容（超链接除外），请断开链接后再上传",
    "attached_template": "文件附加了模板，请在 Word 中解除模板后再上传",
    "alternate_chunk": "文件嵌入了其他文档（altChunk、子文档），请并入正文后再上传",
    "doctype": "文件的 XML 声明了文档类型或实体，Word 不会这样写，已拒绝",
    "encoding": "文件的 XML 不是 UTF-8 编码，请用 Word 重新保存",
}
"""Code -> what a person is told."""


class UnsafeDocument(ValueError):
    """A document that is not opened; `code` is a key of `_REASONS`, `message` is Chinese."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.message = _REASONS[code] + (f"：{detail[:80]}" if detail else "")
        super().__init__(self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One relationship of a part; `kind` is the last word of its type, `target` a part's name."""

    id: str
    kind: str
    target: str
    is_external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A .docx that passed all checks; `main` is the name of its main part.

    `relations` are those of every part that has any, "" for the package; nothing of it is kept
    unpacked.
    """

    data: bytes
    main: str
    relations: Mapping[str, Sequence[Relation]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parts, in the order of the file."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as package:
            return tuple(package.namelist())

    def read(self, name: str) -> bytes:
        """Return the bytes of a part.

        Raises:
            KeyError: there is no part of that name.
            UnsafeDocument: it is too large.
        """
        with _told(), zipfile.ZipFile(io.BytesIO(self.data)) as package:
            return b"".join(inflated(package, name, max_bytes=MAX_PART_BYTES))

    def tree(self, name: str) -> "etree._Element":
        """Return the root of an XML part; nothing is loaded or expanded for it.

        Raises:
            KeyError: there is no part of that name.
            UnsafeDocument: it is too large, or no XML.
        """
        return _parsed(self.read(name), name)

    def related(self, kind: str, part: str | None = None) -> str | None:
        """Return the first part that `part` (the main one if None) is related to in some way.

        `kind` is the last word of the type: footnotes, comments, customXml, …
        """
        relations = self.relations.get(self.main if part is None else part, ())
        return next((r.target for r in relations if r.kind == kind and not r.is_external), None)


def open_docx(data: bytes) -> Opened:
    """Return a .docx, checked.

    Raises:
        UnsafeDocument: it is something else, damaged, or may do harm.
    """
    with _told(), open_zip(io.BytesIO(data)) as package:
        _check_names(package)
        _check_contents(package)
        types, names = _types(package), package.namelist()
        relations = _relations(package)
    main = next((r.target for r in relations.get("", ()) if r.kind == "officeDocument"), "")
    is_word = types.get(main, "").endswith("wordprocessingml.document.main+xml")
    if not is_word or main not in names:
        raise UnsafeDocument("not_docx")
    return Opened(data=data, main=main, relations=relations)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say in Chinese why a file is not opened."""
    try:
        yield
    except UnsafeFile as error:
        raise UnsafeDocument(error.code, repr(error.name) if error.name else "") from error


_EMBEDDED = re.compile(r"/embeddings/|/activeX/|oleObject\d*\.bin$", re.IGNORECASE)


def _check_names(package: zipfile.ZipFile) -> None:
    for name in package.namelist():
        if _EMBEDDED.search(name):
            raise UnsafeDocument("embedded_object", repr(name))


def _check_contents(package: zipfile.ZipFile) -> None:
    """Inflate every part once, keeping nothing, and stop at the first sign of harm."""
    total = 0
    for entry in package.infolist():
        is_xml, kept, tokens = bool(_XML_NAME.search(entry.filename)), b"", 0
        limit = min(_MAX_TOKENS, max(_FREE_TOKENS, entry.compress_size))
        for chunk in inflated(package, entry.filename, max_bytes=MAX_TOTAL_BYTES - total):
            total += len(chunk)
            if is_xml:
                _check_xml(kept + chunk, is_head=not tokens)
                tokens += 1 + chunk.count(b"<") + 2 * chunk.count(b"=")
                kept = chunk[-16:]
            if tokens > limit:
                raise UnsafeDocument("too_large")


def _check_xml(words: bytes, *, is_head: bool) -> None:
    if _DECLARED.search(words):
        raise UnsafeDocument("doctype")
    if not is_head:
        return
    declared = _ENCODING.match(words.removeprefix(b"\xef\xbb\xbf").lstrip())
    if words.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in words[:64]:
        raise UnsafeDocument("encoding")
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        raise UnsafeDocument("encoding")


def parser() -> "etree.XMLParser":
    """Return a parser that loads nothing, expands nothing and keeps libxml2's own limits."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )


def _parsed(words: bytes, name: str) -> "etree._Element":
    _check_xml(words, is_head=True)
    try:
        root = etree.fromstring(words, parser())
    except etree.XMLSyntaxError as error:
        raise UnsafeDocument("damaged", f"{name}（{error}）") from error
    if root.getroottree().docinfo.doctype:
        raise UnsafeDocument("doctype")
    return root


def _types(package: zipfile.ZipFile) -> dict[str, str]:
    """Return the content types that [Content_Types].xml gives to parts by their names."""
    if TYPES not in package.namelist():
        raise UnsafeDocument("not_docx")
    given = [attributes for _, attributes in listed(package, [TYPES])]
    kinds = [attributes.get("ContentType", "") for attributes in given]
    if any("oleobject" in kind.casefold() or "activex" in kind.casefold() for kind in kinds):
        raise UnsafeDocument("embedded_object")
    return {
        attributes["PartName"].removeprefix("/"): kind
        for attributes, kind in zip(given, kinds, strict=True)
        if "PartName" in attributes
    }


_REFUSED = {
    "attachedTemplate": "attached_template",
    "oleObject": "embedded_object",
    "package": "embedded_object",
    "control": "embedded_object",
    "aFChunk": "alternate_chunk",
    "subDocument": "alternate_chunk",
    "vbaProject": "macros",
    "wordVbaData": "macros",
}


def _relations(package: zipfile.ZipFile) -> dict[str, list[Relation]]:
    """Return the relationships of every part that has any, checked."""
    found = dict[str, list[Relation]]()
    names = [name for name in package.namelist() if _RELATIONS.search(name)]
    for name, attributes in listed(package, names):
        folder, _, file = name.rpartition("/")
        part = posixpath.join(posixpath.dirname(folder), file[: -len(".rels")])
        found.setdefault(part, []).append(_relation(attributes, part))
    return found


def _relation(attributes: Mapping[str, str], part: str) -> Relation:
    kind = attributes.get("Type", "").rstrip("/").rpartition("/")[2]
    target = attributes.get("Target", "")
    is_external = attributes.get("TargetMode", "Internal") != "Internal"
    if kind in _REFUSED:
        raise UnsafeDocument(_REFUSED[kind])
    if is_external and kind != "hyperlink":
        raise UnsafeDocument("external_relationship", target)
    if not is_external and not target.startswith("#"):
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target))[1:]
    return Relation(id=attributes.get("Id", ""), kind=kind, target=target, is_external=is_external)
