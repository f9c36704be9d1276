"""Tables: borders, widths, rows of a header repeated on every page, cells over several columns."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from lxml import etree

from lawvault.writer.document import Cell, Table
from lawvault.writer.docx.inline import Runs
from lawvault.writer.docx.wml import w


def table(block: Table, runs: Runs, *, width: int) -> "etree._Element":
    """Return w:tbl, `width` twips wide."""
    edges = _edges(block, width)
    properties = w(
        "tblPr",
        w("tblStyle", val=runs.styles.ids["TableGrid"]),
        w("tblW", w=width, type="dxa"),
        w("jc", val="center"),
        w("tblLayout", type="fixed"),
    )
    columns = [w("gridCol", w=right - left) for left, right in pairwise(edges)]
    repeated = _header_rows(block)
    rows = [
        _row(row, runs, edges, is_repeated=number < repeated)
        for number, row in enumerate(block.rows)
    ]
    return w("tbl", properties, w("tblGrid", *columns), *rows)


def _edges(block: Table, width: int) -> list[int]:
    """Return where columns begin and end, in twips."""
    parts = block.widths or (1.0,) * block.columns
    total = sum(parts)
    return [0, *(round(width * part / total) for part in accumulate(parts))]


def _header_rows(block: Table) -> int:
    """Return how many rows at the top are headers; Word repeats those, if something follows."""
    for number, row in enumerate(block.rows):
        if not all(cell.is_header for cell in row):
            return number
    return 0


def _row(
    row: Sequence[Cell], runs: Runs, edges: Sequence[int], *, is_repeated: bool
) -> "etree._Element":
    cells, column = list["etree._Element"](), 0
    for cell in row:
        end = min(column + cell.columns, len(edges) - 1)
        cells.append(_cell(cell, runs, width=edges[end] - edges[column]))
        column = end
    head = w("tblHeader") if is_repeated else None
    return w("tr", w("trPr", w("cantSplit"), head), *cells)


def _cell(cell: Cell, runs: Runs, *, width: int) -> "etree._Element":
    properties = w(
        "tcPr",
        w("tcW", w=width, type="dxa"),
        w("gridSpan", val=cell.columns) if cell.columns > 1 else None,
        w("vAlign", val="center"),
    )
    paragraphs = []
    for content in cell.paragraphs or ((),):
        style = w("pStyle", val=runs.styles.ids["cell"])
        place = w("jc", val="center") if cell.is_header else None
        words = runs.of(content, "cell", bold=cell.is_header)
        paragraphs.append(w("p", w("pPr", style, place), *words))
    return w("tc", properties, *paragraphs)
