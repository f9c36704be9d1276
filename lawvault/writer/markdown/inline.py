"""The words of a paragraph, read from Markdown: emphasis, links, blanks, marks, places of notes.

One pass over the text, in time proportional to its length, whatever it is.  It is not CommonMark's
way to find emphasis: there, `**《民法典》**第五条` is not bold, for what Chinese punctuation and
missing spaces do to its rules, and LLMs write this all the time.  Here `**` begins where something
that is no space follows, and ends where something that is no space stands before it.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from lawvault.writer.document import Blank, Break, Inline, Mark, NoteRef, Text
from lawvault.writer.markdown.spelling import (
    BLANK,
    ENTITY,
    ESCAPED,
    MARK,
    NOTE_ID,
    WEB,
    meant,
    meant_by,
)

_WORDS = r"(?:\\.|[^\[\]\\\n])*+"
_TARGET = (
    r"\([ \t]*+(?:<(?P<angled>[^<>\n]*)>"
    r"|(?P<bare>(?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\])*+\))*+))"
    r"""(?:[ \t]++(?:"[^"\n]*"|'[^'\n]*'))?+[ \t]*+\)"""
)
_TOKEN = re.compile(
    rf"""
    (?P<text>[^\\&`<!\[【⚠*_]+)
    |(?P<special>{ESCAPED}|{ENTITY})
    |(?P<code>`[^`]+`|``(?:[^`]|`(?!`))+``)
    |(?P<br><[bB][rR][ ]?/?>)
    |(?P<auto><https?://[^\s<>]+>)
    |\[\^(?P<note>{NOTE_ID})\]
    |(?P<link>(?P<image>!)?\[(?P<words>{_WORDS})\]{_TARGET})
    |(?P<blank>{BLANK.pattern})
    |(?P<mark>{MARK.pattern})
    |(?P<fill>_{{3,}})
    |(?P<stars>\*+|_+)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of the whole text while its parts are read, and what was noted so far."""

    defined: Collection[str]  # ids of footnotes
    remarks: Counter[str] = field(default_factory=Counter)
    undefined: list[str] = field(default_factory=list)  # ids that no footnote has


@dataclass(slots=True)
class _Run:
    text: str
    link: str = ""


@dataclass(slots=True)
class _Stars:
    marks: str
    opens: bool
    closes: bool
    link: str = ""
    paired: set[int] = field(default_factory=set)

    @property
    def unpaired(self) -> str:
        return "".join(self.marks[0] * size for size in self.sizes if size not in self.paired)

    @property
    def sizes(self) -> tuple[int, ...]:
        return {1: (1,), 2: (2,), 3: (1, 2)}[len(self.marks)]


_Piece = _Run | _Stars | Break | Blank | NoteRef | Mark


def read_inline(source: str, seen: Seen, *, in_note: bool = False) -> tuple[Inline, ...]:
    """Return what the words of one paragraph say; a line break in them is one in the document."""
    pieces: list[_Piece] = []
    lines = [line.strip() for line in source.split("\n")]
    for number, line in enumerate(lines):
        if number:
            pieces.append(Break())
        last = number == len(lines) - 1
        pieces += _pieces(line if last else _without_backslash(line), seen, in_note=in_note)
    _pair([piece for piece in pieces if isinstance(piece, _Stars)])
    return tuple(_merged(_styled(pieces)))


def _without_backslash(line: str) -> str:
    """Return a line without the backslash that makes its end a line break."""
    ending = len(line) - len(line.rstrip("\\"))
    return line[:-1].rstrip() if ending % 2 else line


def _pieces(line: str, seen: Seen, *, in_note: bool, link: str = "") -> Iterator[_Piece]:
    words: list[str] = []  # runs are made once for many tokens: there may be a million
    for token in _TOKEN.finditer(line):
        kind = token.lastgroup or ""
        if kind in _LITERAL:
            words.append(_LITERAL[kind](token.group()))
            continue
        if words:
            yield _Run("".join(words), link)
            words = []
        if kind == "link":
            yield from _linked(token, seen, in_note=in_note)
        elif kind == "stars":
            yield _stars(token, link)
        elif kind == "note":
            yield _reference(token["note"], seen, in_note=in_note)
        else:
            yield _sign(kind, token.group())
    if words:
        yield _Run("".join(words), link)


_LITERAL: dict[str, Callable[[str], str]] = {
    "text": str,
    "other": str,
    "special": meant_by,
    "code": lambda words: words.strip("`"),
}


def _sign(kind: str, words: str) -> _Piece:
    if kind == "br":
        return Break()
    if kind == "auto":
        return _Run(words[1:-1], words[1:-1] if WEB.fullmatch(words[1:-1]) else "")
    if kind == "mark":
        inside = words[words.index("【") + 1 : -1].strip()
        return Mark(reason=_one_line(meant(inside)))
    found = BLANK.fullmatch(words)
    label = found[1] if found else None  # none for underscores
    return Blank(label=_one_line(meant((label or "").strip())))


def _one_line(words: str) -> str:
    return words.replace("\t", " ")


def _stars(token: re.Match[str], link: str) -> _Stars | _Run:
    marks, line = token.group(), token.string
    before = line[max(token.start() - 1, 0) : token.start()]
    after = line[token.end() : token.end() + 1]
    if len(marks) > 3:
        return _Run(marks, link)
    opens, closes = after.strip() != "", before.strip() != ""
    if marks[0] == "_":  # inside a word it is a letter
        opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
    return _Stars(marks, opens, closes, link)


def _reference(name: str, seen: Seen, *, in_note: bool) -> _Piece:
    if in_note:
        seen.remarks["脚注中的脚注无法保留，已作为文字"] += 1
        return _Run(f"[^{name}]")
    if name not in seen.defined:
        seen.undefined.append(name)
        return _Run(f"[^{name}]")
    return NoteRef(id=name)


def _linked(token: re.Match[str], seen: Seen, *, in_note: bool) -> Iterator[_Piece]:
    if token["image"]:
        seen.remarks["图片已略"] += 1
        return
    address = meant(token["angled"] if token["angled"] is not None else token["bare"])
    if not WEB.fullmatch(address):
        seen.remarks["不是 http(s) 的链接已略，只留文字"] += 1
        address = ""
    yield from _pieces(token["words"], seen, in_note=in_note, link=address)


def _pair(stars: list[_Stars]) -> None:
    """Find which asterisks and underscores belong together; the others are text."""
    for char in "*_":
        for size in (1, 2):
            before: _Stars | None = None
            for one in stars:
                if one.marks[0] != char or size not in one.sizes:
                    continue
                if before is not None and one.closes:
                    one.paired.add(size)
                    before.paired.add(size)
                    before = None
                elif before is None and one.opens:
                    before = one


def _styled(pieces: list[_Piece]) -> Iterator[Inline]:
    """Yield every piece with its looks; stars that belong to none are text."""
    on: set[tuple[str, int]] = set()
    for piece in pieces:
        if not isinstance(piece, _Run | _Stars):
            yield piece
            continue
        text = piece.text if isinstance(piece, _Run) else piece.unpaired
        bold, italic = (bool({("*", size), ("_", size)} & on) for size in (2, 1))
        if text:
            yield Text(text=text.replace("\t", " "), bold=bold, italic=italic, link=piece.link)
        if isinstance(piece, _Stars):
            on ^= {(piece.marks[0], size) for size in piece.paired}


def _merged(content: Iterator[Inline]) -> Iterator[Inline]:
    """Yield words that look alike and touch as one."""
    for (is_text, *look), group in groupby(content, _look):
        if not is_text:
            yield from group
            continue
        words = "".join(one.text for one in group if isinstance(one, Text))
        bold, italic, link = look
        yield Text(text=words, bold=bool(bold), italic=bool(italic), link=str(link))


def _look(item: Inline) -> tuple[bool, bool, bool, str]:
    if isinstance(item, Text):
        return True, item.bold, item.italic, item.link
    return False, False, False, ""
