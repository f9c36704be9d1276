"""The head of a law's text: its title, the history of its adoption, and its table of contents.

Markdown collections end the history with a mark.  Official texts put it in （） after the title,
over several lines at times.  Some print the title once more where the text begins.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lawvault.law.text.lines import (
    Line,
    article_of,
    heading_of,
    is_contents,
    is_contents_line,
    is_plain_heading,
    is_preamble,
    is_short_title,
    item_of,
    mark_of,
    without_page,
)

_HISTORY_END = "<!-- INFO END -->"
_HISTORY = re.compile(
    r"\d{4}年\d|[一二][〇○零一二三四五六七八九]{3}年|通过|公布|施行|修[正订]|发布|批准"
    r"|[〔\[（]\d{4}[〕\]）]\s*\d+号"
)
_FILE_NUMBER = re.compile(r"\S{0,12}[〔\[（(]\d{4}[〕\]）)]第?\d+号")  # 法释〔2022〕19号
_TITLE = re.compile(
    r"(?:法|法典|条例|规定|办法|细则|解释|决定|决议|规则|批复|通知|意见|命令|安排|修正案|方案|章程|规程"
    r"|公约|协定|解答|答复|守则|标准|宪法|令)(?:[（(][^（）()]{1,12}[）)])?$"
)
_JOINTS = str.maketrans("", "", "、，,（）() 　#")
_MAX_TITLE_LINES = 6
_MAX_HISTORY_LINES = 60
_MAX_HISTORY_CHARS = 400
_MAX_TITLE = 120
_CONTENTS_WITHIN = 60  # filled lines
_FEWEST_CONTENTS = 3  # lines that are a table of contents even without its heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Lines [first, last) of the head; kind is 题, 题注 or 目录."""

    kind: str
    first: int
    last: int


def head_of(lines: Sequence[Line]) -> list[Part]:
    """Return title and history, in order from the first line; an empty list if there is neither."""
    filled = [index for index, line in enumerate(lines[:400]) if line.words]
    marked = _mark_of_end(lines)
    if marked is None:
        return list(_unmarked_head(lines, filled))
    before = [index for index in filled if index < marked]
    if not before:
        return [Part(kind="题注", first=0, last=marked + 1)]
    title = before[0] + 1
    parts = [
        Part(kind="题", first=0, last=title),
        Part(kind="题注", first=title, last=marked + 1),
    ]
    after = [index for index in filled if index > marked]
    parts += _repeated(lines, after, lines[before[0]].words)
    parts += _bracketed(lines, [index for index in after if index >= parts[-1].last])
    return parts


def _mark_of_end(lines: Sequence[Line]) -> int | None:
    for index, line in enumerate(lines):
        if line.words == _HISTORY_END:
            return index
        if article_of(line):
            return None
    return None


def _repeated(lines: Sequence[Line], filled: Sequence[int], title: str) -> Iterator[Part]:
    """Yield the title where it stands once more, in one line or several."""
    wanted, seen = title.translate(_JOINTS), ""
    for index in filled[:_MAX_TITLE_LINES]:
        seen += lines[index].words.translate(_JOINTS)
        if seen and seen == wanted:
            yield Part(kind="题", first=filled[0], last=index + 1)
        if seen == wanted or not wanted.startswith(seen):
            return


def _bracketed(lines: Sequence[Line], filled: Sequence[int]) -> Iterator[Part]:
    """Yield a history in （）, or the rest of one, where the text should begin."""
    if not filled:
        return
    words = lines[filled[0]].words
    if _FILE_NUMBER.fullmatch(words):
        yield Part(kind="题注", first=filled[0], last=filled[0] + 1)
        return
    if words.endswith(("）", ")")) and _tells_history(words) and not _opens_bracket(words):
        yield Part(kind="题注", first=filled[0], last=filled[0] + 1)
        return
    last = _history_end(lines, filled) if _opens_history(lines, filled) else filled[0]
    if last > filled[0]:
        yield Part(kind="题注", first=filled[0], last=last)


def _unmarked_head(lines: Sequence[Line], filled: Sequence[int]) -> Iterator[Part]:
    if not filled or _starts_body(lines[filled[0]]):
        return
    first = lines[filled[0]].words
    if len(first) > _MAX_TITLE or first.endswith(("。", "；", "：")):
        return
    count = _title_lines(lines, filled)
    rest = filled[count:]
    history = _history_end(lines, rest) if count else 0
    named = first.startswith("#") or _TITLE.search(first) or _starts_at(lines, filled[1:])
    if not count and not named:
        return
    title_end = filled[max(count, 1) - 1] + 1
    yield Part(kind="题", first=0, last=title_end)
    if history > title_end:
        yield Part(kind="题注", first=title_end, last=history)


def _starts_at(lines: Sequence[Line], filled: Sequence[int]) -> bool:
    return bool(filled) and _starts_body(lines[filled[0]])


def _title_lines(lines: Sequence[Line], filled: Sequence[int]) -> int:
    """Return how many lines the title takes before a history, 0 if no history follows."""
    for count in range(1, min(_MAX_TITLE_LINES, len(filled))):
        words = lines[filled[count]].words
        if _starts_body(lines[filled[count]]):
            return 0
        if _opens_history(lines, filled[count:]) or (count == 1 and _tells_history(words)):
            return count
        if not is_short_title(words) or words.startswith("#"):
            return 0
    return 0


def _opens_history(lines: Sequence[Line], filled: Sequence[int]) -> bool:
    """Say whether a bracket opens here and soon tells of dates."""
    words = lines[filled[0]].words
    near = "".join(lines[index].words for index in filled[:3])
    return _opens_bracket(words) and bool(_HISTORY.search(near))


def _opens_bracket(words: str) -> bool:
    return words.startswith(("（", "("))


def _history_end(lines: Sequence[Line], filled: Sequence[int]) -> int:
    """Return the line after the last that tells the history, or 0."""
    depth, last = 0, 0
    for index in filled[:_MAX_HISTORY_LINES]:
        words = lines[index].words
        if _starts_body(lines[index]) or not (depth or _tells_history(words) or words in "（("):
            break
        depth += sum(words.count(char) for char in "（(") - sum(words.count(c) for c in "）)")
        if depth > 0 and words.endswith("。"):
            break
        last = index + 1
        if depth <= 0 and words.endswith(("）", ")")) and not _opens_next(lines, filled, index):
            break
    return last


def _opens_next(lines: Sequence[Line], filled: Sequence[int], index: int) -> bool:
    rest = [later for later in filled if later > index][:3]
    return bool(rest) and _opens_history(lines, rest)


def _tells_history(words: str) -> bool:
    return (
        len(words) < _MAX_HISTORY_CHARS
        and bool(_HISTORY.search(words))
        and not words.endswith(("。", "："))
    )


def _starts_body(line: Line) -> bool:
    words = line.words
    return bool(
        article_of(line) or heading_of(line) or item_of(line)
        or is_contents(words) or is_plain_heading(words) or is_preamble(words)
    )  # fmt: skip


def contents_of(lines: Sequence[Line]) -> Part | None:
    """Return the table of contents.

    It ends where its first heading comes again, or before the first article.  Without the word
    目录, some headings in a row are one if the first of them comes again.
    """
    filled = [index for index, line in enumerate(lines) if line.words]
    headed = next((i for i in filled[:_CONTENTS_WITHIN] if is_contents(lines[i].words)), None)
    if headed is None:
        return _bare_contents(lines, filled)
    entries = [index for index in filled if index > headed]
    last = _again(lines, entries)
    return Part(kind="目录", first=headed, last=headed + 1 if last is None else last)


def _again(lines: Sequence[Line], entries: Sequence[int]) -> int | None:
    """Return where the first entry comes again, else the first article, else None."""
    if not entries:
        return None
    first = _key(lines[entries[0]])
    if is_contents_line(lines[entries[0]].words):
        return entries[0] + 1
    for index in entries:
        if article_of(lines[index]):
            return index
        if index > entries[0] and _key(lines[index]) == first:
            return index
    return None


def _key(line: Line) -> str:
    """Return what is alike in an entry and in the heading it stands for: 第一章, else its words."""
    label = heading_of(line)
    return f"{label.number}{label.kind}之{label.sub}" if label else without_page(line.words)


def _bare_contents(lines: Sequence[Line], filled: Sequence[int]) -> Part | None:
    if filled and is_contents_line(lines[filled[0]].words):
        return Part(kind="目录", first=filled[0], last=filled[0] + 1)
    entries = list(itertools.takewhile(lambda index: _is_entry(lines[index]), filled))
    if len(entries) < _FEWEST_CONTENTS:
        return None
    last = _again(lines, entries)
    if last is None:
        rest = filled[len(entries) :]
        if all(_key(lines[index]) != _key(lines[entries[0]]) for index in rest):
            return None
        if article_of(lines[rest[0]]):
            entries.pop()  # the heading that this article stands under
        last = entries[-1] + 1
    count = sum(index < last for index in entries)
    return Part(kind="目录", first=entries[0], last=last) if count >= _FEWEST_CONTENTS else None


def _is_entry(line: Line) -> bool:
    words = line.words[len(mark_of(line.words)) :]
    label = heading_of(line) or item_of(line)
    return is_plain_heading(words) or (bool(label) and is_short_title(words))
