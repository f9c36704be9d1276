"""A law's text, cut into its parts: title, history, contents, 编 分编 章 节, 条, annexes.

The text is one paragraph a line, as it was published; Markdown's heading marks (#) may stand
before a heading.  Every character belongs to exactly one block, so joining the blocks gives the
text back.  Styles vary by year and publisher, so lines are judged by their words and by the
sequence of their numbers, never by their layout.

An amendment quotes articles of another law.  Lines inside an open quotation, and articles that the
line above announces (增加五条，分别作为第一百二十三条至第一百二十七条：), are never parts of the
law that quotes them.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lawvault.law.address import article_label
from lawvault.law.numerals import to_chinese
from lawvault.law.text.body import starts_of
from lawvault.law.text.head import head_of
from lawvault.law.text.lines import BLANK, Label, Line, lines_of, mark_of

HEADINGS = ("编", "分编", "章", "节")
"""Kinds of numbered headings, outermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One stretch of a law's text, from `start` to `end` (exclusive).

    `kind` is 题 (title), 题注 (adoption and amendments), 目录, 序言 (what precedes the first
    article), one of `HEADINGS`, 标题 (a heading without such a number), 条, 条目 (一、 of a text
    that has no 条), 附件, or 文 (a text that has neither).
    `label` is 第三章, 第十七条之一, 条目一; `body` is where the words after the label begin.
    A 标题 一、 has its number; a 标题 （二） under it has `sub` 2.
    """

    kind: str
    start: int
    end: int
    label: str = ""
    number: int = 0
    sub: int = 0
    body: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Irregularity:
    """A place where an article's number does not follow from the one before; `line` from 1."""

    line: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LawText:
    """A law's text and its blocks, in order and without gaps."""

    text: str
    blocks: tuple[Block, ...]

    def words(self, block: Block) -> str:
        """Return what stands after the block's label, lines trimmed, no empty lines."""
        lines = self.text[block.body : block.end].split("\n")
        return "\n".join(line for raw in lines if (line := raw.strip(BLANK)))

    def title(self, block: Block) -> str:
        """Return a heading in one line: 第三章 劳动合同的履行和变更.

        >>> law = parse_law("## 第一章　总　则\\n第一条　为了……")
        >>> law.title(law.blocks[0])
        '第一章 总则'
        """
        first, *others = self.words(block).split("\n")
        lines = [first, *itertools.takewhile(_may_head, others)]
        broken = len(first) >= _MIN_BROKEN or first.endswith(("、", "，"))
        whole = ("" if broken else " ").join(lines)
        words = _squeezed(whole if len(whole) <= _MAX_TITLE else first)
        return f"{block.label} {words}".strip()

    def rebuild(self) -> str:
        """Return the text, joined from the blocks."""
        return "".join(self.text[block.start : block.end] for block in self.blocks)

    def line_of(self, offset: int) -> int:
        """Return the line, from 1, of a character."""
        return self.text.count("\n", 0, offset) + 1


_MAX_TITLE = 80
_MIN_BROKEN = 10  # a shorter line is not broken; what follows is a heading of its own, unmarked


def parse_law(text: str) -> LawText:
    """Return the parts of a law's text; any text parses, the least into one block 文.

    >>> [block.label for block in parse_law("第一条　甲。\\n第二条　乙。").blocks]
    ['第一条', '第二条']
    """
    lines = lines_of(text)
    head = head_of(lines)
    blocks = list[Block]()
    for part in head:
        line = next(line for line in lines[part.first : part.last] if line.words)
        skipped = len(mark_of(line.words)) if part.kind == "题" else 0
        blocks.append(_block(line, Label(kind=part.kind, number=0, length=skipped)))
    body = lines[head[-1].last :] if head else lines
    blocks += [_block(line, label) for line, label in starts_of(body)]
    return LawText(text=text, blocks=tuple(_joined(blocks, len(text))))


def _block(line: Line, label: Label) -> Block:
    return Block(
        kind=label.kind,
        start=line.start,
        end=line.end,
        label=_label_of(label),
        number=label.number,
        sub=label.sub,
        body=line.begin + label.length,
    )


def _label_of(label: Label) -> str:
    if label.kind == "条":
        return article_label(label.number, label.sub)
    if label.kind == "条目":
        return f"条目{to_chinese(label.number)}"
    if label.kind not in HEADINGS:
        return ""
    sub = f"之{to_chinese(label.sub)}" if label.sub else ""
    return f"第{to_chinese(label.number)}{label.kind}{sub}"


def _may_head(line: str) -> bool:
    return not line.endswith(("。", "；", "："))


def _squeezed(words: str) -> str:
    """Return a heading's words without the spaces that only spread them out (总　则)."""
    parts = words.split()
    spread = len(parts) > 1 and all(len(part) == 1 for part in parts)
    return "".join(parts) if spread else " ".join(parts)


def _joined(blocks: Sequence[Block], length: int) -> Iterator[Block]:
    """Stretch the blocks so that they cover the text from 0 to `length` without gaps."""
    if not blocks and length:
        yield Block(kind="文", start=0, end=length)
    for index, block in enumerate(blocks):
        start = block.start if index else 0
        end = blocks[index + 1].start if index + 1 < len(blocks) else length
        yield replace(block, start=start, end=end)


def irregularities(law: LawText) -> list[Irregularity]:
    """Return where the numbers of articles leave gaps, repeat or go back.

    A text may begin with any number: codes are published by their 编, too.  An annex counts anew.

    >>> [i.detail for i in irregularities(parse_law("第三条 甲。\\n第五条 乙。"))]
    ['第五条 follows 第三条: 第四条 is missing']
    """
    found, before, seen = list[Irregularity](), None, set[str]()
    line, counted = 1, 0
    for block in law.blocks:
        if block.kind == "附件":
            before, seen = None, set()
        if block.kind not in ("条", "条目"):
            continue
        if before and before.kind != block.kind:
            before = None
        detail = _fault(before, block, seen) if before else ""
        if detail:
            line, counted = line + law.text.count("\n", counted, block.body), block.body
            found.append(Irregularity(line=line, detail=detail))
        seen.add(block.label)
        before = block
    return found


def _fault(before: Block, block: Block, seen: set[str]) -> str:
    """Return what is wrong where `block` follows `before`, or nothing."""
    if _follows(before, block):
        return ""
    if block.label in seen:
        return f"{block.label} comes again after {before.label}"
    if (block.number, block.sub) < (before.number, before.sub):
        return f"{block.label} comes after {before.label}"
    return f"{block.label} follows {before.label}: {_missing(before, block)} is missing"


def _follows(before: Block, block: Block) -> bool:
    if block.number == before.number:
        return block.sub == before.sub + 1
    return block.number == before.number + 1 and not block.sub


def _missing(before: Block, block: Block) -> str:
    """Return the first and last label that should stand between two."""
    first = replace(before, number=before.number + 1, sub=0)
    last = replace(block, number=block.number - (0 if block.sub else 1), sub=max(block.sub - 1, 0))
    if block.number == before.number:
        first = replace(before, sub=before.sub + 1)
    names = [
        _label_of(Label(kind=part.kind, number=part.number, sub=part.sub, length=0))
        for part in (first, last)
    ]
    return names[0] if names[0] == names[1] else f"{names[0]} to {names[1]}"
