"""The text of a file whose encoding nobody wrote down: UTF-8, UTF-16 or GB18030, or a refusal.

Chinese law is kept in all three.  Almost any bytes decode as GB18030, so bytes that are not UTF-8
are taken for it only if what comes out is Chinese as people write it; a UTF-8 file with a broken
byte stays a broken UTF-8 file.  Nothing is ever replaced: a character is read, or the file is
refused with line and byte offset.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A file's text, line ends as they were, without the byte order mark."""

    text: str
    encoding: str


_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_BINARY = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive (.docx, .xlsx, .zip)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .wps) or an encrypted one"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"PAR1", "a Parquet table"),
    (b"\x1f\x8b", "gzip data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"\x00\x00\xfe\xff", "text in UTF-32"),
    (b"\xff\xfe\x00\x00", "text in UTF-32"),
)
_MARKS_OF_CHINESE = (
    "\u3000、。·—…‘’“”〔〕〈〉《》「」【】（），；：？！％－．０１２３４５６７８９〇○①②③④⑤⑥⑦⑧⑨⑩"
)
_COMMON = frozenset(  # the 3,755 characters of GB 2312's first level
    bytes((row, cell)).decode("gb2312", "ignore")
    for row in range(0xB0, 0xD8)
    for cell in range(0xA1, 0xFF)
) | frozenset(_MARKS_OF_CHINESE)
_FREQUENT = frozenset(
    "的人第条法行定和应十当规民管理以政有者会业关部或用门设务一是不在本事国中大上为"
)
_ASCII = bytes(range(0x80))

_MIN_COMMON = 0.8  # of 3,447 laws: at least 0.94; their UTF-8 misread as GB18030: at most 0.17
_MIN_FREQUENT = 0.05  # of the same laws: at least 0.15; Korean misread as GB18030: 0.0
_MIN_HANZI = 50  # below it frequencies mean nothing
_MIN_UTF8 = 0.5  # of the bytes above ASCII: all but a few where UTF-8 is damaged
_MIN_UTF16_BYTES = 8


def decode(raw: bytes) -> Decoded:
    """Return the text of a file, and which encoding it was in.

    Raises:
        ValueError: it is no text, or in no encoding that fits; says line and byte offset.

    >>> decode("第一条".encode("gb18030"))
    Decoded(text='第一条', encoding='gb18030')
    """
    kind = binary_kind(raw)
    if kind:
        raise ValueError(f"no text but {kind}; bring it under its own name, or as UTF-8 text")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _read(raw, encoding, skip=len(mark))
    fault = _utf8_fault(raw)
    utf16 = _unmarked_utf16(raw) if fault or b"\0" in raw else None
    if utf16:
        return _read(raw, utf16)
    if not fault or _utf8_share(raw) >= _MIN_UTF8:
        return _read(raw, "utf-8")
    return _read_gb18030(raw, fault)


def binary_kind(head: bytes) -> str | None:
    """Return what a file that begins with `head` is, or None if nothing speaks against text.

    >>> binary_kind(b"%PDF-1.7"), binary_kind(b"LAW")
    ('a PDF', None)
    """
    return next((name for signature, name in _BINARY if head.startswith(signature)), None)


_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*"
    r"<(?:!doctype\s+html|(?:html|head|body|meta|title|div|p|table|article|section|h[1-6])[\s>/])",
    re.IGNORECASE | re.DOTALL,
)
_MARKUP_CHARS = 4096


def looks_like_html(text: str) -> bool:
    """Say whether a text begins as HTML does; a tag inside a law's text is not enough.

    >>> looks_like_html("<!DOCTYPE html><p>第一条"), looks_like_html("第一条 <p>")
    (True, False)
    """
    return _MARKUP.match(text[:_MARKUP_CHARS]) is not None


def _read(raw: bytes, encoding: str, *, skip: int = 0) -> Decoded:
    try:
        text = raw[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(_place(raw, error, skip)) from error
    lost = text.find("\ufffd")
    if lost >= 0:
        line = text.count("\n", 0, lost) + 1
        offset = skip + len(text[:lost].encode(encoding))
        raise ValueError(
            f"a character was lost before (U+FFFD in {encoding}, line {line}, byte offset "
            f"{offset}); get the file from its source again"
        )
    return Decoded(text=text, encoding=encoding)


def _place(raw: bytes, error: UnicodeDecodeError, skip: int = 0) -> str:
    """Say which byte cannot be decoded, and where."""
    at = skip + error.start
    line = raw[skip:at].decode(error.encoding, "ignore").count("\n") + 1
    return (
        f"not {error.encoding}: byte 0x{raw[at]:02x} at line {line}, byte offset {at} "
        f"({error.reason}); save the file as UTF-8 again"
    )


def _utf8_fault(raw: bytes) -> UnicodeDecodeError | None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error
    return None


def _read_gb18030(raw: bytes, utf8_fault: UnicodeDecodeError) -> Decoded:
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError as error:
        if _is_chinese(raw[: error.start].decode("gb18030")):
            raise ValueError(_place(raw, error)) from error
        text = ""
    if _is_chinese(text):
        return _read(raw, "gb18030")
    raise ValueError(f"{_place(raw, utf8_fault)}; as gb18030 it is no Chinese either")


def _is_chinese(text: str) -> bool:
    """Say whether what is not ASCII in a text is Chinese as people write it."""
    foreign = [char for char in text if not char.isascii()]
    if not foreign or sum(char in _COMMON for char in foreign) < _MIN_COMMON * len(foreign):
        return False
    frequent = sum(char in _FREQUENT for char in foreign)
    return len(foreign) < _MIN_HANZI or frequent >= _MIN_FREQUENT * len(foreign)


def _utf8_share(raw: bytes) -> float:
    """Return which share of the bytes above ASCII belongs to whole characters of UTF-8."""
    foreign = len(raw.translate(None, _ASCII))
    if not foreign:
        return 1.0
    return len(raw.decode(errors="ignore").encode().translate(None, _ASCII)) / foreign


def _unmarked_utf16(raw: bytes) -> str | None:
    """Return UTF-16's byte order if only one of the two gives ordinary text."""
    if len(raw) % 2 or len(raw) < _MIN_UTF16_BYTES:
        return None
    orders = [order for order in ("utf-16-le", "utf-16-be") if _is_ordinary(raw, order)]
    return orders[0] if len(orders) == 1 else None


def _is_ordinary(raw: bytes, encoding: str) -> bool:
    """Say whether the bytes decode to what stands in Chinese or ASCII text."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    ordinary = sum(
        char in _COMMON or char in "\t\r\n" or (char.isascii() and char.isprintable())
        for char in text
    )
    return ordinary >= _MIN_COMMON * len(text)
