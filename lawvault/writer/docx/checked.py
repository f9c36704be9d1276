"""引用法条核验表: the last page of a file, each citation of it with the verdict on it."""

from collections.abc import Iterator, Sequence

from lawvault.proof.cited import REASONS
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

HEADING = "附：引用法条核验表"
_COLUMNS = ("序号", "引用", "核验结果", "法律版本/施行日期", "说明")
_WIDTHS = (1.4, 3.6, 2.4, 4.8, 3.8)
_VERIFIED = "核验无误"


def annex(checked: Sequence[Checked], properties: Properties) -> tuple[Block, ...]:
    """Return the table with what it was checked against, on a new page; nothing for no citation."""
    if not checked:
        return ()
    head = tuple(_cell(column, is_header=True) for column in _COLUMNS)
    rows = (head, *(_row(number, row) for number, row in enumerate(checked, 1)))
    table = Table(rows=rows, columns=len(_COLUMNS), widths=_WIDTHS)
    heading = Heading(level=1, content=(Text(text=HEADING),))
    summary = Paragraph(content=(Text(text=_summary(checked, properties)),))
    return PageBreak(), heading, summary, table


def _summary(checked: Sequence[Checked], properties: Properties) -> str:
    good = sum(row.verdict == "verified" for row in checked)
    counts = f"本文共引用法条 {len(checked)} 处，{_VERIFIED} {good} 处"
    if good < len(checked):
        counts += f"，须人工复核 {len(checked) - good} 处"
    if not properties.corpus_as_of:
        return f"{counts}。"
    corpus = f"（数据指纹 {properties.corpus[:16]}）" if properties.corpus else ""
    return f"{counts}。核验所依据的法律数据截至 {properties.corpus_as_of}{corpus}。"


def _row(number: int, row: Checked) -> tuple[Cell, ...]:
    verdict = _VERIFIED if row.verdict == "verified" else REASONS.get(row.verdict, row.verdict)
    return (
        _cell(str(number)),
        _cell(row.citation),
        _cell(verdict),
        _cell(*_version(row.provenance)),
        _cell(row.reason if row.reason and row.reason != verdict else _place(row.provenance)),
    )


def _version(provenance: Provenance | None) -> Iterator[str]:
    if provenance is None:
        yield "—"
        return
    yield provenance.law_name
    if provenance.version_date:
        yield f"{provenance.version_date} 版本"
    if provenance.effective_date:
        yield f"{provenance.effective_date} 施行"


def _place(provenance: Provenance | None) -> str:
    if provenance is None:
        return ""
    return "；".join(word for word in (provenance.address, provenance.status) if word)


def _cell(*lines: str, is_header: bool = False) -> Cell:
    content: tuple[tuple[Inline, ...], ...] = tuple((Text(text=line),) for line in lines)
    return Cell(paragraphs=content, is_header=is_header)
