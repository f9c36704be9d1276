"""引用法条核验表: the last page of a file, each citation of it with the verdict on it.

When the file comes back, the table is found again: it tells what was so then.
"""

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from lawvault.proof.cited import REASONS
from lawvault.writer.days import chinese_day, first_day
from lawvault.writer.document import (
    Block,
    Cell,
    Checked,
    Heading,
    Inline,
    PageBreak,
    Paragraph,
    Properties,
    Provenance,
    Table,
    Text,
)
from lawvault.writer.docx.elements import word_of
from lawvault.writer.docx.words import DocxText

HEADING = "附：引用法条核验表"
_COLUMNS = ("序号", "引用", "核验结果", "法律版本/施行日期", "说明")
_SUMMARY = re.compile(r"本文共引用法条 ?\d+ ?处")
"""How the paragraph below the heading begins."""
_WIDTHS = (1.4, 3.1, 2.4, 6.3, 2.8)
_VERIFIED = "核验无误"
_OTHERS = "其他须人工复核之处（不计入引用法条）"


def annex(checked: Sequence[Checked], properties: Properties) -> tuple[Block, ...]:
    """Return the table with what it was checked against, on a new page; nothing for no row.

    What is no citation of law (faults of sentences, numbers of cases) has a part of its own.
    """
    if not checked:
        return ()
    cited = [row for row in checked if _is_of_law(row)]
    others = [row for row in checked if not _is_of_law(row)]
    rows = [tuple(_cell(column, is_header=True) for column in _COLUMNS)]
    rows += [_row(number, row) for number, row in enumerate(cited, 1)]
    if others:
        rows.append((_cell(_OTHERS, columns=len(_COLUMNS), is_header=True),))
        rows += [_row(number, row) for number, row in enumerate(others, 1 + len(cited))]
    table = Table(rows=tuple(rows), columns=len(_COLUMNS), widths=_WIDTHS)
    heading = Heading(level=1, content=(Text(text=HEADING),))
    words = _summary(cited, len(others), properties)
    return PageBreak(), heading, Paragraph(content=(Text(text=words),)), table


def place_of_annex(words: DocxText, main: str) -> tuple[int, int]:
    """Return where such a table stands with its heading in the text of a .docx, (0, 0) if nowhere.

    It ends the body.  Below any other such heading may stand what somebody else has written.

    Args:
        main: the name of the main part.
    """
    body = next((one for one in words.trees[main] if word_of(one) == "body"), ())
    blocks = [one for one in body if word_of(one) in ("p", "tbl", "sdt")]
    while blocks and word_of(blocks[-1]) == "p" and not _words_in(blocks[-1]):
        blocks.pop()
    if [word_of(one) for one in blocks[-3:]] != ["p", "p", "tbl"]:
        return 0, 0
    heading, summary, table = blocks[-3:]
    head = next((row for row in table if word_of(row) == "tr"), ())
    columns = tuple(_words_in(cell) for cell in head if word_of(cell) == "tc")
    is_ours = _words_in(heading) == HEADING and columns == _COLUMNS
    if not is_ours or not _SUMMARY.match(_words_in(summary)):
        return 0, 0
    places = [piece for piece in words.pieces if _is_in(piece.paragraph, blocks[-3:])]
    return places[0].start, places[-1].end


def _is_in(element: "etree._Element", blocks: "Sequence[etree._Element]") -> bool:
    return element in blocks or any(above in blocks for above in element.iterancestors())


def _words_in(element: "etree._Element") -> str:
    return "".join(one.text or "" for one in element.iter() if word_of(one) == "t").strip()


def _is_of_law(row: Checked) -> bool:
    return row.kind == "citation" and row.verdict != "out_of_scope"


def _summary(cited: Sequence[Checked], num_others: int, properties: Properties) -> str:
    good = sum(row.verdict == "verified" for row in cited)
    counts = f"本文共引用法条 {len(cited)} 处"
    if cited:
        counts += f"，{_VERIFIED} {good} 处"
    if good < len(cited):
        counts += f"，须人工复核 {len(cited) - good} 处"
    if num_others:
        counts += f"；另有 {num_others} 处不是法条引用，也须人工复核"
    if not properties.corpus_as_of:
        return f"{counts}。"
    corpus = f"（数据指纹 {properties.corpus[:16]}）" if properties.corpus else ""
    return f"{counts}。核验所依据的法律数据截至{chinese_day(properties.corpus_as_of)}{corpus}。"


def _row(number: int, row: Checked) -> tuple[Cell, ...]:
    verdict = _VERIFIED if row.verdict == "verified" else REASONS.get(row.verdict, row.verdict)
    return (
        _cell(str(number)),
        _cell(row.citation),
        _cell(verdict),
        _cell(*_version(row.provenance)),
        _cell(row.reason if row.reason and row.reason != verdict else _place(row)),
    )


def _version(provenance: Provenance | None) -> Iterator[str]:
    if provenance is None:
        yield "—"
        return
    yield provenance.law_name
    if provenance.version_date:
        yield f"{chinese_day(provenance.version_date)}文本"
    if provenance.effective_date:
        yield first_day(provenance)


def _place(row: Checked) -> str:
    """Return the place of a provision, and the status of its law only where that was verified."""
    if row.provenance is None:
        return ""
    status = row.provenance.status if row.verdict == "verified" else ""
    return "；".join(word for word in (row.provenance.address, status) if word)


def _cell(*lines: str, columns: int = 1, is_header: bool = False) -> Cell:
    content: tuple[tuple[Inline, ...], ...] = tuple((Text(text=line),) for line in lines)
    return Cell(paragraphs=content, columns=columns, is_header=is_header)
