"""The comments on a document that was checked again: each thing said once, however often it is."""

import bisect
import collections
from collections.abc import Iterator, Sequence

from lawvault.writer.citations.rechecked import Rechecked
from lawvault.writer.citations.submitted import Submitted
from lawvault.writer.docx.annotate import Comment
from lawvault.writer.docx.words import DocxText

ALTERED = "文件所附的存证已被改动或不完整，不予采信；各处引用只按文字重新核验。"


def comments_on(given: Submitted, rows: Sequence[Rechecked]) -> Iterator[Comment]:
    """Yield what is to be said in the document, and is not said there by us already."""
    words = given.words
    if words is None:
        return
    said = collections.defaultdict[str, list[int]](list)
    for remark in words.remarks:
        bisect.insort(said[remark.words], remark.position)
    if given.proof.state == "altered":
        rows = [_first_words(words), *rows]
    for row in rows:
        if row.is_good or not row.end or not words.is_in_body(row.start):
            continue
        comment = _comment(row)
        if not any(_is_said(said[one], row, words) for one in (comment.words, row.reason)):
            yield comment


def _is_said(places: list[int], row: Rechecked, words: DocxText) -> bool:
    """Say whether a remark stands in the paragraph of a row, and take it: it is of no other row.

    The mark of an export stands behind what is quoted, which may be before the citation.
    """
    begin, end = -1, len(words.text)
    if row.start < words.body:
        begin, end = words.text.rfind("\n", 0, row.start), words.text.find("\n", row.end)
    at = bisect.bisect_right(places, begin)
    if at == len(places) or places[at] > end:
        return False
    places.pop(at)
    return True


def _first_words(words: DocxText) -> Rechecked:
    """Return a row on the first words of a document, which says that its proof is none."""
    first = next(
        (piece for piece in words.pieces if words.text[piece.start : piece.end].strip()), None
    )
    start, end = (first.start, first.end) if first else (0, 0)
    return Rechecked(citation="", verdict="altered", reason=ALTERED, start=start, end=end)


def _comment(row: Rechecked) -> Comment:
    lead = f"{row.citation}：" if row.citation else ""
    words = [f"{lead}{row.reason or row.verdict}"]
    if row.old:
        words.append(f"当时文字：{row.old.strip()}")
    if row.new:
        words.append(f"{'现行文字' if row.old else '应为'}：{row.new.strip()}")
    return Comment(start=row.start, end=row.end, words="\n".join(words))
