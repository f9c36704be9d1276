"""The blocks of a Markdown text, as tokens of markdown-it-py.

Its own rules for paragraphs, headings, lists, quotations and fences; ours for what it has not or
what loses words: tables that are broken, `:::` lines, nesting without end (it drops what lies
deeper than its limit; here that becomes plain paragraphs).  The words in the blocks are not looked
at here.  Indented code is none: Chinese paragraphs are indented.
"""

import re
from collections import Counter

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_def

from lawvault.writer.markdown.spelling import (
    ALIGNED,
    CAPTION,
    ENGLISH,
    MAX_COLUMNS,
    NEW_PAGE,
    NOTE_ID,
    SIGNATURE,
    WIDTHS,
)

MAX_NESTING = 16
"""A quotation counts one, a list two (it and its item); Word has nine levels of lists."""

_DEFINITION = re.compile(rf"\[\^({NOTE_ID})\]:")
_OPENING = re.compile(r":{3,}[ \t]*+(\w+)(?:[ \t]++(.*))?")
_CLOSING = re.compile(r":{3,}")
_HEADING = re.compile(r"#{1,6}(?:[ \t]|$)")
_LEADING = re.compile(r"(?:>[ \t]*|(?:[-+*]|\d{1,9}[.)])(?:[ \t]+|$))+")
_RULER = re.compile(r"\|?[ \t]*+:?-+:?[ \t]*+(?:\|[ \t]*+:?-+:?[ \t]*+)*\|?")
_SPANS = re.compile(r"\{(?:表头 ?)?(?:跨(\d{1,2})列)?\}")


def block_tokens(source: str, remarks: Counter[str]) -> tuple[list[Token], frozenset[str]]:
    """Return the tokens of the blocks and the ids of the footnotes that are defined."""
    env: dict[str, object] = {"remarks": remarks}
    tokens = _PARSER.parse(source, env)
    refs = env.get("footnotes", {})
    names = refs.get("refs", {}) if isinstance(refs, dict) else {}
    return tokens, frozenset(name[1:] for name in names)


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _remark(state: StateBlock, words: str) -> None:
    state.env["remarks"][words] += 1


def _too_deep(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """Read a line as a paragraph where lists and quotations lie too deep in one another."""
    if silent or state.level < MAX_NESTING:
        return False
    line = _line(state, start)
    if _OPENING.fullmatch(line) or not _LEADING.match(line):
        return False
    _remark(state, "列表或引文嵌套过深，已展平")
    if words := _LEADING.sub("", line, count=1):
        _inline(state, "paragraph", words)
    state.line = start + 1
    return True


def _inline(state: StateBlock, kind: str, words: str, **meta: object) -> None:
    opened = state.push(f"{kind}_open", "", 1)
    opened.meta = meta
    state.push("inline", "", 0).content = words
    state.push(f"{kind}_close", "", -1)


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a footnote; of two with the same id the second stays text."""
    found = _DEFINITION.match(state.src, state.bMarks[start] + state.tShift[start])
    if not found or state.level >= MAX_NESTING:
        return False
    known = state.env.get("footnotes", {}).get("refs", {})
    if not silent and f":{found[1]}" in known:
        _remark(state, "同一脚注有不止一处注文，后面的留在正文")
        return False
    return footnote_def(state, start, end, silent)


def _div(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a line that begins with `:::`, and for some the lines up to the next `:::`."""
    if not state.src.startswith(":::", state.bMarks[start] + state.tShift[start]):
        return False
    found = _OPENING.fullmatch(_line(state, start))
    name = ENGLISH.get(found[1].lower(), found[1]) if found else ""
    if not found or name not in {*ALIGNED, SIGNATURE, NEW_PAGE, CAPTION, WIDTHS}:
        return False
    if silent:
        return True
    words = (found[2] or "").strip()
    if name in (CAPTION, WIDTHS):
        _inline(state, {CAPTION: "caption", WIDTHS: "widths"}[name], words)
        state.line = start + 1
    elif name == NEW_PAGE:
        state.push("new_page", "", 0)
        state.line = min(_after_closing(state, start + 1, end), end)
    else:
        _filled(state, name, start, end)
    return True


def _after_closing(state: StateBlock, line: int, end: int) -> int:
    is_closing = line < end and _CLOSING.fullmatch(_line(state, line)) is not None
    return line + 1 if is_closing else line


def _filled(state: StateBlock, name: str, start: int, end: int) -> None:
    """Read what stands between `::: name` and `:::`, or the next heading where that is missing."""
    last = start + 1
    while last < end and not _ends(state, last):
        last += 1
    after = _after_closing(state, last, end)
    if after == last:
        _remark(state, f"“::: {name}”没有以“:::”结束")
    before, state.lineMax = state.lineMax, last
    opened = state.push("div_open", "", 1)
    opened.meta = {"name": name}
    state.md.block.tokenize(state, start + 1, last)
    state.push("div_close", "", -1)
    state.lineMax, state.line = before, after


def _ends(state: StateBlock, line: int) -> bool:
    if state.isEmpty(line):
        return False
    words = _line(state, line)
    return (
        state.sCount[line] < state.blkIndent
        or _CLOSING.match(words) is not None
        or _HEADING.match(words) is not None
    )


def cells_of(line: str) -> list[str]:
    r"""Return the sources of the cells of a row.

    >>> cells_of(r"| 甲 | 乙\|丙 |")
    ['甲', '乙|丙']
    """
    cells = re.split(r"(?<!\\)\|", line)
    if line.startswith("|"):
        cells = cells[1:]
    if len(cells) > 1 and not cells[-1].strip():
        cells = cells[:-1]
    return [cell.strip().replace("\\|", "|") for cell in cells]


def _columns(cells: list[str]) -> int:
    spans = [_SPANS.match(cell) for cell in cells]
    return sum(max(1, int(span[1] or 1)) if span else 1 for span in spans)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a table, however many cells its rows have; `MAX_COLUMNS` at most."""
    if start + 2 > end or state.sCount[start + 1] < state.blkIndent:
        return False
    ruler = _line(state, start + 1)
    if ruler[:1] not in ("|", "-", ":") or "|" not in ruler or not _RULER.fullmatch(ruler):
        return False
    head = _line(state, start)
    if "|" not in head or max(_columns(cells_of(head)), len(cells_of(ruler))) > MAX_COLUMNS:
        return False
    if silent:
        return True
    rows = [cells_of(head)]
    line = start + 2
    while line < end and _goes_on(state, line, end):
        rows.append(cells_of(_line(state, line)))
        line += 1
    token = state.push("table", "", 0)
    token.meta = {"rows": rows, "columns": len(cells_of(ruler))}
    state.line = line
    return True


def _goes_on(state: StateBlock, line: int, end: int) -> bool:
    words = _line(state, line)
    if state.sCount[line] < state.blkIndent or "|" not in words:
        return False
    if _columns(cells_of(words)) > MAX_COLUMNS:
        return False
    ending = state.md.block.ruler.getRules("blockquote")
    return not any(rule(state, line, end, True) for rule in ending)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"maxNesting": 10 * MAX_NESTING})
    parser.enable(["fence", "blockquote", "hr", "list", "heading", "lheading"])
    parser.disable(["inline", "text_join"])
    ruler = parser.block.ruler
    ends_paragraph: RuleOptionsType = {"alt": ["paragraph", "reference"]}
    ruler.before("lheading", "cells", _table, ends_paragraph)
    ends_all: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    ruler.before("fence", "div", _div, ends_all)
    ruler.before("heading", "footnote_def", _definition, ends_paragraph)
    ruler.before("fence", "too_deep", _too_deep)
    return parser


_PARSER = _parser()
