"""A Word document as a ZIP of parts, opened so that it can only be read, and only within limits.

Such files come from strangers.  What is checked before anything is unpacked: the size of the
directory, every entry's name and kind, macros.  What is checked while a part is read: bytes, the
share of compression, elements, depth, and the length of one token; sizes that the file itself
states are never trusted.  Document types and entities are refused, links are counted and never
followed.
"""

import contextlib
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from xml.parsers import expat

from lawvault.ingest.readers.decode import binary_kind

MAIN_PART = "word/document.xml"
MAX_ENTRIES = 2000
MAX_BYTES = 64 << 20
"""Of one part, unpacked."""
MAX_RATIO = 200
"""Unpacked : packed; real documents have 10 to 40."""
MAX_ELEMENTS = 1_500_000
MAX_ELEMENTS_PER_BYTE = 2
"""Of the packed part; real documents have 0.1."""
MAX_DEPTH = 500

_FREE_BYTES = 1 << 20  # below these two the ratios mean nothing: an empty form packs well
_FREE_ELEMENTS = 200_000
_MAX_SMALL_BYTES = 4 << 20  # of the parts that list types and links, all together
_MAX_DIRECTORY_BYTES = MAX_ENTRIES * 512
_MAX_TOKEN_BYTES = 2 << 20
_CHUNK_BYTES = 1 << 16
_END = b"PK\x05\x06"  # the record at a ZIP's end, with the size of its directory
_END_BYTES = 22
_ZIP64_LOCATOR = b"PK\x06\x07"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STEP_UP = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|\0")
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, struct.error),
    *(NotImplementedError, UnicodeDecodeError),  # an unknown version of ZIP, a broken name
)


class Handler(Protocol):
    """What is told of the elements and the text of a part; names are `namespace local`."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, text: str) -> None:
        """Take text."""


@contextlib.contextmanager
def open_package(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give the ZIP of a Word document.

    Raises:
        ValueError: it is something else, damaged, or made to harm; also for what fails inside.
    """
    try:
        with path.open("rb") as file:
            _check_ends(file)
            with zipfile.ZipFile(file) as package:
                _check_entries(package)
                yield package
    except _DAMAGED as error:
        raise ValueError(f"the ZIP is damaged ({str(error) or 'cut off'}); get it again") from error
    except expat.ExpatError as error:
        raise ValueError(f"the XML inside is broken ({error})") from error


def parse_part(package: zipfile.ZipFile, name: str, handler: Handler) -> None:
    """Send a part's elements and text to `handler`, within the limits.

    Raises:
        ValueError: a limit is passed, or the part declares a document type or an entity.
    """
    info = package.getinfo(name)
    packed = min(info.compress_size, _size(package))
    limit = min(MAX_BYTES, max(_FREE_BYTES, MAX_RATIO * packed))
    elements = min(MAX_ELEMENTS, max(_FREE_ELEMENTS, MAX_ELEMENTS_PER_BYTE * packed))
    parser, fed = _parser(_Limited(handler, elements)), 0
    with package.open(info) as part:
        while chunk := part.read(_CHUNK_BYTES):
            fed += len(chunk)
            if fed > limit:
                raise ValueError(f"{name} unpacks to more than {limit} bytes: a ZIP bomb?")
            parser.Parse(chunk, False)
            if fed - parser.CurrentByteIndex > _MAX_TOKEN_BYTES:
                raise ValueError(f"{name} has a tag of more than {_MAX_TOKEN_BYTES} bytes")
    parser.Parse(b"", True)


def link_targets(package: zipfile.ZipFile) -> list[str]:
    """Return where the links of all parts lead that leave the document."""
    found = _Attributes(condition=("TargetMode", "External"), wanted="Target")
    _parse_small(package, [name for name in package.namelist() if name.endswith(".rels")], found)
    return found.values


def _check_ends(file: BinaryIO) -> None:
    """Refuse what is no ZIP or a cut one, and a directory too big to be loaded."""
    head = file.read(len(_OLE))
    if head == _OLE:
        raise ValueError(_ole_reason(file))
    if not head.startswith(b"PK"):
        kind = binary_kind(head)
        raise ValueError(f"no Word document (.docx) but {kind or 'something else'}")
    size = file.seek(0, 2)
    file.seek(max(0, size - 0xFFFF - _END_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise ValueError("the ZIP has no end: the file is cut off; get it again")
    entries, directory, comment = struct.unpack("<10xHI4xH", tail[at : at + _END_BYTES])
    if at + _END_BYTES + comment != len(tail):
        raise ValueError("the ZIP's end is damaged; get the file again")
    zip64 = at >= 20 and tail[at - 20 : at].startswith(_ZIP64_LOCATOR)
    if zip64 or entries > MAX_ENTRIES or directory > _MAX_DIRECTORY_BYTES:
        raise ValueError(f"more than {MAX_ENTRIES} entries, which no Word document has")


def _ole_reason(file: BinaryIO) -> str:
    kept = b""
    for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""):
        if _ENCRYPTED in kept + chunk:
            return "the document is encrypted; save it without a password"
        kept = chunk[-len(_ENCRYPTED) :]
    return "an old Office file (.doc, .wps) under the name .docx; save it as .docx"


def _check_entries(package: zipfile.ZipFile) -> None:
    entries = package.infolist()
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"more than {MAX_ENTRIES} entries, which no Word document has")
    for entry in entries:
        _check_entry(entry)
    mains = sum(entry.filename == MAIN_PART for entry in entries)
    if mains != 1:
        raise ValueError(f"{mains} parts {MAIN_PART}: no Word document")
    types = _Attributes(wanted="ContentType")
    _parse_small(package, [n for n in package.namelist() if n == "[Content_Types].xml"], types)
    if any("macroenabled" in value.casefold() for value in types.values):
        raise ValueError("the document may hold macros (.docm); save it as .docx")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    if _STEP_UP.search(name):
        raise ValueError(f"entry {name[:80]!r} leads out of the document")
    if entry.header_offset < 0:
        raise ValueError("the ZIP is damaged (an entry begins before the file); get the file again")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ValueError(f"entry {name[:80]!r} is a symbolic link")
    if entry.flag_bits & 0x1:
        raise ValueError(f"entry {name[:80]!r} is encrypted; save it without a password")
    if name.casefold().endswith("vbaproject.bin"):
        raise ValueError("the document holds macros (vbaProject.bin); save it as .docx")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"entry {name[:80]!r} is packed in a way that Word does not know")


def _parse_small(package: zipfile.ZipFile, names: list[str], handler: Handler) -> None:
    if sum(package.getinfo(name).file_size for name in names) > _MAX_SMALL_BYTES:
        raise ValueError(f"links and types take more than {_MAX_SMALL_BYTES} bytes")
    for name in names:
        parse_part(package, name, handler)


def _size(package: zipfile.ZipFile) -> int:
    file = package.fp
    assert file is not None
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size


def _parser(handler: "_Limited") -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(name: str, *_: object) -> None:
    raise ValueError(f"the XML declares a document type ({name[:80]}), which Word never does")


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
            raise ValueError(f"more than {self._max} elements, or deeper than {MAX_DEPTH}")
        self._handler.start(name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        self._handler.end(name)


class _Attributes:
    """Collects one attribute's values from all elements that meet a condition."""

    def __init__(self, *, wanted: str, condition: tuple[str, str] | None = None) -> None:
        self._wanted = wanted
        self._condition = condition
        self.values: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._condition and attributes.get(self._condition[0]) != self._condition[1]:
            return
        if self._wanted in attributes:
            self.values.append(attributes[self._wanted])

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass
