"""The text of a Word document (.docx): one paragraph a line, as a reader of the page sees it.

Only the main part is read, element by element.  Deletions that are tracked, hidden text, codes of
fields, and the second form that a text box has for old programs are left out; of each a note says
so.  Left unread without a note are headers and footers, and text that a style hides.
"""

import collections
import zipfile
from collections.abc import Callable
from pathlib import Path

from lawvault.ingest.readers.docx_package import MAIN_PART, link_targets, open_package
from lawvault.ingest.readers.extracted import MAX_TEXT_CHARS, Extracted, counted, row_lines
from lawvault.word_file import parse_part


def docx_text(path: Path) -> Extracted:
    """Return the text of a Word document, and notes on what was left out.

    Raises:
        ValueError: it is no Word document, damaged, encrypted, has macros, or passes a limit.
    """
    with open_package(path) as package:
        body = _Body()
        parse_part(package, MAIN_PART, body)
        return Extracted(text=body.finish(), notes=[*_notes(body.counts), *_links(package)])


_WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_OTHERS = {
    "http://schemas.openxmlformats.org/markup-compatibility/2006 AlternateContent": "alternatives",
    "http://schemas.openxmlformats.org/markup-compatibility/2006 Choice": "alternative",
    "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback": "alternative",
    "http://schemas.openxmlformats.org/officeDocument/2006/math t": "t",
    "http://schemas.openxmlformats.org/officeDocument/2006/math oMath": "formula",
    "http://purl.oclc.org/ooxml/officeDocument/math t": "t",
    "http://purl.oclc.org/ooxml/officeDocument/math oMath": "formula",
    "http://schemas.openxmlformats.org/drawingml/2006/main blip": "picture",
    "http://purl.oclc.org/ooxml/drawingml/main blip": "picture",
    "urn:schemas-microsoft-com:vml imagedata": "picture",
}
_WORDS = (
    *("document", "p", "pPr", "r", "rPr", "t", "tab", "ptab", "br", "cr", "noBreakHyphen", "sym"),
    *("vanish", "del", "moveFrom", "ins", "moveTo", "rt", "fldChar", "numPr", "numId"),
    *("tr", "trPr", "tc", "txbxContent", "altChunk", "subDoc"),
    *("footnoteReference", "endnoteReference", "commentReference"),
)
_KINDS = _OTHERS | {f"{space} {word}": word for space in _WORD for word in _WORDS}
_CHARACTERS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_COUNTED = {
    "footnoteReference": "footnote",
    "endnoteReference": "endnote",
    "commentReference": "comment",
    "altChunk": "embedded document",
    "subDoc": "embedded document",
    "formula": "formula",
    "picture": "picture",
}
_REMARKS = {
    "tracked deletion": "left out",
    "tracked insertion": "kept",
    "hidden run": "left out",
    "footnote": "left out",
    "endnote": "left out",
    "comment": "left out",
    "embedded document": "left out",
    "picture": "left out",
    "phonetic guide": "left out",
    "character of a symbol font": "left out",
    "formula": "written in one line",
    "automatic number": "not in the text",
}
_MAX_LINKS_NAMED = 3


def _notes(counts: collections.Counter[str]) -> list[str]:
    return [
        f"{counted(counts[thing], thing)} {remark}"
        for thing, remark in _REMARKS.items()
        if counts[thing]
    ]


def _links(package: zipfile.ZipFile) -> list[str]:
    targets = link_targets(package)
    if not targets:
        return []
    named = ", ".join(target[:80] for target in targets[:_MAX_LINKS_NAMED])
    return [f"{counted(len(targets), 'link')} out of the document not followed: {named}"]


class _Frame:
    """A place where paragraphs stand: the body, a cell, a text box."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.boxes: list[str] = []  # text boxes anchored in the paragraph, which follow it
        self.words: list[str] = []
        self.is_joined = False  # the paragraph's end is a tracked deletion

    def end_paragraph(self) -> None:
        if self.is_joined:
            self.is_joined = False
            return
        lines = "".join(self.words).split("\n")
        self.lines += [line for line in lines + self.boxes if line.strip()]
        self.words, self.boxes = [], []

    def close(self) -> list[str]:
        self.is_joined = False
        self.end_paragraph()
        return self.lines


class _Body:
    """Takes the elements of the main part and keeps its text."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self._frames = [_Frame()]
        self._path: list[str] = []
        self._skipping = 0  # how many open elements are left out, from the outermost
        self._is_text = False
        self._hidden: list[bool] = []  # of each open run
        self._results: list[bool] = []  # of each open field: its code is over
        self._rows: list[list[list[str]]] = []
        self._deleted_rows: list[bool] = []
        self._chosen: list[bool] = []  # of each open set of alternatives
        self._num_chars = 0
        self._starts: dict[str, Callable[[dict[str, str]], None]] = {
            "r": lambda _: self._hidden.append(False),
            "t": self._start_text,
            "vanish": self._hide,
            "fldChar": self._mark_field,
            "tc": lambda _: self._frames.append(_Frame()),
            "txbxContent": lambda _: self._frames.append(_Frame()),
            "tr": self._start_row,
            "del": self._delete,
            "moveFrom": self._delete,
            "ins": self._insert,
            "moveTo": self._insert,
            "alternatives": lambda _: self._chosen.append(False),
            "alternative": self._choose,
            "rt": self._skip_phonetic,
            "sym": self._skip_symbol,
            "numId": self._count_number,
        }
        self._ends: dict[str, Callable[[], object]] = {
            "r": self._hidden.pop,
            "t": self._end_text,
            "p": lambda: self._frames[-1].end_paragraph(),
            "tc": self._end_cell,
            "txbxContent": self._end_box,
            "tr": self._end_row,
            "alternatives": self._chosen.pop,
        }

    def finish(self) -> str:
        """Return the whole text."""
        if not all(self._results):
            raise ValueError("a field never ends, so its code cannot be told from the text")
        return "\n".join(self._close_frame())

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipping:
            self._skipping += 1
            return
        kind = _KINDS.get(name, "")
        if not self._path and kind != "document":
            raise ValueError(f"{MAIN_PART} is no Word document but {name[:80]!r}")
        self._path.append(kind)
        if kind in self._starts:
            self._starts[kind](attributes)
        elif kind in _CHARACTERS and self._path[-2] == "r":
            self._add(_CHARACTERS[kind])
        elif kind in _COUNTED:
            self.counts[_COUNTED[kind]] += 1

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
            if self._skipping:
                return
            self._path.pop()
            return
        kind = self._path.pop()
        if kind in self._ends:
            self._ends[kind]()

    def text(self, text: str) -> None:
        if self._is_text and not self._skipping:
            self._add(text.replace("\n", " "))

    def _add(self, text: str) -> None:
        if any(self._hidden) or not all(self._results):
            return
        self._num_chars += len(text)
        if self._num_chars > MAX_TEXT_CHARS:
            raise ValueError(f"more than {MAX_TEXT_CHARS} characters of text")
        self._frames[-1].words.append(text)

    def _start_text(self, _: dict[str, str]) -> None:
        self._is_text = True
        self.counts["hidden run"] += any(self._hidden)

    def _end_text(self) -> None:
        self._is_text = False

    def _hide(self, attributes: dict[str, str]) -> None:
        if self._path[-3:-1] == ["r", "rPr"] and _value(attributes, "val") not in _OFF:
            self._hidden[-1] = True

    def _mark_field(self, attributes: dict[str, str]) -> None:
        kind = _value(attributes, "fldCharType")
        if kind == "begin":
            self._results.append(False)
        elif self._results and kind == "separate":
            self._results[-1] = True
        elif self._results and kind == "end":
            self._results.pop()

    def _delete(self, _: dict[str, str]) -> None:
        """Leave out deleted content; a deleted row or paragraph mark only says so inside."""
        place = self._path[-3:-1]
        if place == ["pPr", "rPr"]:
            self._frames[-1].is_joined = True
        elif place[-1:] == ["trPr"] and self._deleted_rows:
            self._deleted_rows[-1] = True
        elif place[-1:] != ["rPr"]:
            self._skipping = 1
        self.counts["tracked deletion"] += 1

    def _insert(self, _: dict[str, str]) -> None:
        self.counts["tracked insertion"] += 1

    def _choose(self, _: dict[str, str]) -> None:
        """Take the first form of the same content, skip the others."""
        if not self._chosen:
            return
        if self._chosen[-1]:
            self._skipping = 1
        self._chosen[-1] = True

    def _skip_phonetic(self, _: dict[str, str]) -> None:
        self.counts["phonetic guide"] += 1
        self._skipping = 1

    def _skip_symbol(self, _: dict[str, str]) -> None:
        self.counts["character of a symbol font"] += 1

    def _count_number(self, attributes: dict[str, str]) -> None:
        is_used = self._path[-3:-1] == ["pPr", "numPr"] and _value(attributes, "val") != "0"
        self.counts["automatic number"] += is_used

    def _start_row(self, _: dict[str, str]) -> None:
        self._rows.append([])
        self._deleted_rows.append(False)

    def _end_row(self) -> None:
        cells = self._rows.pop()
        if not self._deleted_rows.pop():
            self._frames[-1].lines += row_lines(cells)

    def _end_cell(self) -> None:
        lines = self._close_frame()
        if self._rows:
            self._rows[-1].append(lines)
        else:
            self._frames[-1].lines += lines

    def _end_box(self) -> None:
        lines = self._close_frame()
        self._frames[-1].boxes += lines

    def _close_frame(self) -> list[str]:
        return self._frames.pop().close()


_OFF = {"0", "false", "off"}


def _value(attributes: dict[str, str], name: str) -> str | None:
    return next(
        (attributes[key] for space in _WORD if (key := f"{space} {name}") in attributes), None
    )
