"""A stranger's .docx, opened so that it can only be read, and only within limits.

Refused, each with its own reason: what is no Word document, damaged or encrypted; macros; OLE and
embedded objects; templates and anything else outside that it would load, hyperlinks excepted;
embedded documents; document types and entities; names that lead out of the file.  Sizes are counted
while a part is inflated; those that the file states are never trusted.
"""

import io
import posixpath
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

MAX_ENTRIES = 2_000
MAX_TOTAL_BYTES = 200_000_000
"""Of all parts, unpacked."""
MAX_PART_BYTES = 32_000_000
"""Of one part that is parsed, unpacked."""
MAX_RATIO = 100
"""Unpacked : packed, of a part; real documents have 10 to 40."""

_FREE_BYTES = 4 << 20  # below these two the ratios mean nothing: an empty form packs well
_FREE_TOKENS, _MAX_TOKENS = 500_000, 1_000_000  # tags, and attributes, which take twice the room
_CHUNK_BYTES = 1 << 16
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_END = b"PK\x05\x06"  # the record at a ZIP's end, with the size of its directory
_END_BYTES = 22
_OUTWARD = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|[\0\\]")
_XML_NAME = re.compile(r"\.(?:xml|rels|vml)$", re.IGNORECASE)
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_ENCODING = re.compile(rb"^<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{0,40})")
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, struct.error),
    *(NotImplementedError, UnicodeDecodeError, OSError),  # an unknown ZIP, a broken name or offset
)

_REASONS = {
    "not_docx": "这不是 Word 文档（.docx）",
    "old_office": "这是旧版 Office 文件（.doc、.wps），请另存为 .docx",
    "encrypted": "文件已加密，请另存为不带密码的 .docx",
    "damaged": "文件已损坏，请重新获取",
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
    relations: Mapping[str, tuple[Relation, ...]]

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
        with zipfile.ZipFile(io.BytesIO(self.data)) as package:
            return _part(package, name)

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
    _check_ends(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check_directory(package)
            _check_contents(package)
            types = _types(package)
            relations = _relations(package)
    except _DAMAGED as error:
        raise UnsafeDocument("damaged") from error
    main = next((r.target for r in relations.get("", ()) if r.kind == "officeDocument"), "")
    if not types.get(main, "").endswith("wordprocessingml.document.main+xml"):
        raise UnsafeDocument("not_docx")
    return Opened(data=data, main=main, relations=relations)


def _check_ends(data: bytes) -> None:
    """Refuse what is no ZIP or a cut one, and a directory too big to be loaded."""
    if data.startswith(_OLE):
        raise UnsafeDocument("encrypted" if _ENCRYPTED in data else "old_office")
    if not data.startswith(b"PK"):
        raise UnsafeDocument("not_docx")
    at = data.rfind(_END, max(0, len(data) - 0xFFFF - _END_BYTES))
    if at < 0 or len(data) - at < _END_BYTES:
        raise UnsafeDocument("damaged")
    entries, directory = struct.unpack("<10xHI6x", data[at : at + _END_BYTES])
    if entries > MAX_ENTRIES or directory > MAX_ENTRIES * 512:
        raise UnsafeDocument("too_many_entries")


def _check_directory(package: zipfile.ZipFile) -> None:
    entries = package.infolist()
    if len(entries) > MAX_ENTRIES:
        raise UnsafeDocument("too_many_entries")
    seen = set[str]()
    for entry in entries:
        name = entry.orig_filename
        if _OUTWARD.search(name):
            raise UnsafeDocument("unsafe_name", repr(name))
        if name.casefold() in seen:  # names of parts are equal whatever their case
            raise UnsafeDocument("duplicate_entry", repr(name))
        seen.add(name.casefold())
        _check_entry(entry)


_EMBEDDED = re.compile(r"/embeddings/|/activeX/|oleObject\d*\.bin$", re.IGNORECASE)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnsafeDocument("symlink", repr(entry.filename))
    if entry.flag_bits & 0x1:
        raise UnsafeDocument("encrypted")
    if "vbaproject" in entry.filename.casefold() or "vbadata" in entry.filename.casefold():
        raise UnsafeDocument("macros")
    if _EMBEDDED.search(entry.filename):
        raise UnsafeDocument("embedded_object", repr(entry.filename))
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeDocument("damaged")


def _check_contents(package: zipfile.ZipFile) -> None:
    """Inflate every part once, keeping nothing, and stop at the first sign of harm."""
    total = 0
    for entry in package.infolist():
        is_xml, kept, tokens = bool(_XML_NAME.search(entry.filename)), b"", 0
        limit = min(_MAX_TOKENS, max(_FREE_TOKENS, entry.compress_size))
        for chunk in _inflated(package, entry):
            total += len(chunk)
            if total > MAX_TOTAL_BYTES:
                raise UnsafeDocument("too_large")
            if is_xml:
                _check_xml(kept + chunk, is_head=not tokens)
                tokens += 1 + chunk.count(b"<") + 2 * chunk.count(b"=")
                kept = chunk[-16:]
            if tokens > limit:
                raise UnsafeDocument("too_large")


def _inflated(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the bytes of a part, while they are not too many for those that it is packed in."""
    packed = min(entry.compress_size, len(_buffer(package)))
    done, limit = 0, max(_FREE_BYTES, MAX_RATIO * packed)
    with package.open(entry) as part:
        while chunk := part.read(_CHUNK_BYTES):
            done += len(chunk)
            if done > limit:
                raise UnsafeDocument("too_large", repr(entry.filename))
            yield chunk


def _buffer(package: zipfile.ZipFile) -> memoryview:
    assert isinstance(package.fp, io.BytesIO)
    return package.fp.getbuffer()


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


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    pieces, total = list[bytes](), 0
    for chunk in _inflated(package, package.getinfo(name)):
        total += len(chunk)
        if total > MAX_PART_BYTES:
            raise UnsafeDocument("too_large", repr(name))
        pieces.append(chunk)
    return b"".join(pieces)


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
    if "[Content_Types].xml" not in package.namelist():
        raise UnsafeDocument("not_docx")
    root = _parsed(_part(package, "[Content_Types].xml"), "[Content_Types].xml")
    kinds = [str(element.get("ContentType", "")) for element in root]
    if any("macroenabled" in kind.casefold() or "vba" in kind.casefold() for kind in kinds):
        raise UnsafeDocument("macros")
    if any("oleobject" in kind.casefold() or "activex" in kind.casefold() for kind in kinds):
        raise UnsafeDocument("embedded_object")
    return {
        str(element.get("PartName", "")).removeprefix("/"): kind
        for element, kind in zip(root, kinds, strict=True)
        if element.get("PartName")
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


def _relations(package: zipfile.ZipFile) -> dict[str, tuple[Relation, ...]]:
    """Return the relationships of every part, checked."""
    found = dict[str, tuple[Relation, ...]]()
    for name in package.namelist():
        folder, _, file = name.rpartition("/")
        if not name.endswith(".rels") or posixpath.basename(folder) != "_rels":
            continue
        part = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
        root = _parsed(_part(package, name), name)
        found[part] = tuple(_relation(element, part) for element in root)
    return found


def _relation(element: "etree._Element", part: str) -> Relation:
    kind = str(element.get("Type", "")).rstrip("/").rpartition("/")[2]
    target = str(element.get("Target", ""))
    is_external = element.get("TargetMode", "Internal") != "Internal"
    if kind in _REFUSED:
        raise UnsafeDocument(_REFUSED[kind])
    if is_external and kind != "hyperlink":
        raise UnsafeDocument("external_relationship", target)
    if not is_external and not target.startswith("#"):
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target))[1:]
    return Relation(
        id=str(element.get("Id", "")), kind=kind, target=target, is_external=is_external
    )
