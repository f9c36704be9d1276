"""A stranger's Word document as a ZIP of parts, opened only to be read, and within limits.

What is checked before anything is unpacked: that it is a whole ZIP, the size of its directory,
every entry's name and kind, macros.  What is checked while a part is read: bytes, the share of
compression, and of its XML elements, depth and the length of one token.  Sizes that the file itself
states are never trusted; document types and entities are refused.  What else may not be inside is
for whoever opens it to say.
"""

import contextlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol
from xml.parsers import expat

MAX_ENTRIES = 2_000
MAX_PART_BYTES = 32_000_000
"""Of one part that is parsed, unpacked."""
MAX_RATIO = 100
"""Unpacked : packed, of one part; real documents have 10 to 40."""
MAX_ELEMENTS = 1_500_000
MAX_ELEMENTS_PER_BYTE = 2
"""Of the packed part; real documents have 0.1."""
MAX_DEPTH = 500

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old Office files begin, and encrypted ones."""
ZIP = b"PK"
TYPES = "[Content_Types].xml"
"""The part that says of what type each other one is."""

_FREE_BYTES = 4 << 20  # below these two the ratios mean nothing: forms and blank pictures pack well
_FREE_ELEMENTS = 200_000
_MAX_SMALL_BYTES = 4 << 20  # of the parts that list types and links, all together
_MAX_DIRECTORY_BYTES = MAX_ENTRIES * 512
_MAX_TOKEN_BYTES = 2 << 20
_CHUNK_BYTES = 1 << 16
_END = b"PK\x05\x06"  # the record at a ZIP's end, with size and place of its directory
_END_BYTES = 22
_ZIP64_LOCATOR = b"PK\x06\x07"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OUTWARD = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|[\0\\]")
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, struct.error),
    *(NotImplementedError, UnicodeDecodeError),  # an unknown version of ZIP, a broken name
)


class UnsafeFile(ValueError):
    """A file that is not opened, or not read on.

    `code` says why in a word: not_docx, old_office, encrypted, damaged, too_many_entries,
    too_large, unsafe_name, duplicate_entry, symlink, macros or doctype.  `name` is that of the
    entry at fault, if any.
    """

    def __init__(self, code: str, reason: str, *, name: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.name = name


class Handler(Protocol):
    """What is told of the elements and the text of a part; names are `namespace local`."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, text: str) -> None:
        """Take text."""


@contextlib.contextmanager
def open_zip(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Give the ZIP of a Word document.

    Raises:
        UnsafeFile: it is something else, damaged, or made to harm; also for what fails inside.
    """
    try:
        _check_ends(file)
        with zipfile.ZipFile(file) as package:
            _check_entries(package.infolist())
            _check_types(package)
            yield package
    except _DAMAGED as error:
        reason = f"the ZIP is damaged ({str(error) or 'cut off'}); get it again"
        raise UnsafeFile("damaged", reason) from error
    except expat.ExpatError as error:
        raise UnsafeFile("damaged", f"the XML inside is broken ({error})") from error


def inflated(package: zipfile.ZipFile, name: str, *, max_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of a part, while they are not too many for those that it is packed in.

    Raises:
        KeyError: there is no such part.
        UnsafeFile: they are too many.
    """
    info = package.getinfo(name)
    limit = min(max_bytes, max(_FREE_BYTES, MAX_RATIO * _packed_size(package, info)))
    done = 0
    with package.open(info) as part:
        while chunk := part.read(_CHUNK_BYTES):
            done += len(chunk)
            if done > limit:
                reason = f"{name} unpacks to more than {limit} bytes: a ZIP bomb?"
                raise UnsafeFile("too_large", reason, name=name)
            yield chunk


def parse_part(package: zipfile.ZipFile, name: str, handler: Handler) -> None:
    """Send a part's elements and text to `handler`, within the limits.

    Raises:
        KeyError: there is no such part.
        UnsafeFile: a limit is passed, or the part declares a document type or an entity.
        expat.ExpatError: it is no XML; `open_zip` says so.
    """
    packed = _packed_size(package, package.getinfo(name))
    elements = min(MAX_ELEMENTS, max(_FREE_ELEMENTS, MAX_ELEMENTS_PER_BYTE * packed))
    parser, fed = _parser(_Limited(handler, elements)), 0
    for chunk in inflated(package, name, max_bytes=MAX_PART_BYTES):
        fed += len(chunk)
        parser.Parse(chunk, False)
        if fed - parser.CurrentByteIndex > _MAX_TOKEN_BYTES:
            reason = f"{name} has a tag of more than {_MAX_TOKEN_BYTES} bytes"
            raise UnsafeFile("too_large", reason, name=name)
    parser.Parse(b"", True)


def listed(package: zipfile.ZipFile, names: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what the parts that list types or links hold: part, attributes of one element.

    Raises:
        UnsafeFile, expat.ExpatError: as `parse_part`, or they are too large together.
    """
    if sum(package.getinfo(name).file_size for name in names) > _MAX_SMALL_BYTES:
        raise UnsafeFile("too_large", f"links and types take more than {_MAX_SMALL_BYTES} bytes")
    for name in names:
        found = _Attributes()
        parse_part(package, name, found)
        yield from ((name, attributes) for attributes in found.values[1:])  # after the root


def _check_ends(file: BinaryIO) -> None:
    """Refuse what is no ZIP or a cut one, and a directory too big to be loaded."""
    file.seek(0)
    head = file.read(len(OLE))
    if head == OLE:
        raise _old_office(file)
    if not head.startswith(ZIP):
        raise UnsafeFile("not_docx", "no Word document (.docx)")
    size = file.seek(0, 2)
    start = file.seek(max(0, size - 0xFFFF - _END_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise UnsafeFile("damaged", "the ZIP has no end: the file is cut off; get it again")
    end = struct.unpack("<10xHIIH", tail[at : at + _END_BYTES])
    entries, directory_bytes, directory, comment = end
    if at + _END_BYTES + comment != len(tail):
        raise UnsafeFile("damaged", "the ZIP's end is damaged; get the file again")
    zip64 = at >= 20 and tail[at - 20 : at].startswith(_ZIP64_LOCATOR)
    if zip64 or entries > MAX_ENTRIES or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise _too_many_entries()
    if directory + directory_bytes > start + at:  # entries would begin before the file does
        raise UnsafeFile("damaged", "the ZIP is damaged (its directory is elsewhere); get it again")


def _old_office(file: BinaryIO) -> UnsafeFile:
    kept = b""
    for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""):
        if _ENCRYPTED in kept + chunk:
            reason = "the document is encrypted; save it without a password"
            return UnsafeFile("encrypted", reason)
        kept = chunk[-len(_ENCRYPTED) :]
    reason = "an old Office file (.doc, .wps) under the name .docx; save it as .docx"
    return UnsafeFile("old_office", reason)


def _too_many_entries() -> UnsafeFile:
    reason = f"more than {MAX_ENTRIES} entries, which no Word document has"
    return UnsafeFile("too_many_entries", reason)


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise _too_many_entries()
    seen = set[str]()
    for entry in entries:
        _check_entry(entry)
        if entry.filename.casefold() in seen:  # names of parts are equal whatever their case
            reason = f"2 parts {entry.filename[:80]}, which no Word document has"
            raise UnsafeFile("duplicate_entry", reason, name=entry.filename)
        seen.add(entry.filename.casefold())


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    shown = f"entry {name[:80]!r}"
    if _OUTWARD.search(name):
        raise UnsafeFile("unsafe_name", f"{shown} leads out of the document", name=name)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnsafeFile("symlink", f"{shown} is a symbolic link", name=name)
    if entry.flag_bits & 0x1:
        raise UnsafeFile("encrypted", f"{shown} is encrypted; save it without a password")
    if "vbaproject" in name.casefold() or "vbadata" in name.casefold():
        raise UnsafeFile("macros", "the document holds macros (vbaProject.bin); save it as .docx")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeFile("damaged", f"{shown} is packed in a way that Word does not know")


def _check_types(package: zipfile.ZipFile) -> None:
    for _, attributes in listed(package, [name for name in package.namelist() if name == TYPES]):
        kind = attributes.get("ContentType", "").casefold()
        if "macroenabled" in kind or "vba" in kind:
            raise UnsafeFile("macros", "the document may hold macros (.docm); save it as .docx")


def _packed_size(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    """Return how many bytes a part is packed in, at most as many as the file has."""
    file = package.fp
    assert file is not None
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return min(info.compress_size, size)


def _parser(handler: "_Limited") -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(name: str, *_: object) -> None:
    reason = f"the XML declares a document type ({name[:80]}), which Word never does"
    raise UnsafeFile("doctype", reason)


class _Limited:
    """Passes elements on until there are too many, or too deep ones."""

    def __init__(self, handler: Handler, max_elements: int) -> None:
        self.text = handler.text
        self._handler = handler
        self._max = self._left = max_elements
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._left -= 1
        self._depth += 1
        if self._left < 0 or self._depth > MAX_DEPTH:
            reason = f"more than {self._max} elements, or deeper than {MAX_DEPTH}"
            raise UnsafeFile("too_large", reason)
        self._handler.start(name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        self._handler.end(name)


class _Attributes:
    """Keeps the attributes of all elements."""

    def __init__(self) -> None:
        self.values: list[dict[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.values.append(attributes)

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass
