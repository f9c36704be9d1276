"""A document checked again: our own file against the proof that it carries, any other by its words.

Years later a footnote of ours still tells which provision of which version it stood for.  Whether
the law still says so is asked where the law lies (`held`), as the citations of the text are
(`citing.cite`); here the answers are put together.  A proof that was altered counts for nothing:
then all is checked by the words alone, and the answer says so.  Of headers, footers and what people
remarked only the citations are checked.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lawvault.law.names import same_law
from lawvault.writer.citations.citing import Cited, sentence_at
from lawvault.writer.citations.held import Held
from lawvault.writer.citations.provision import short_spoken
from lawvault.writer.citations.rechecked import Recheck, Rechecked
from lawvault.writer.citations.remarks import ALTERED, comments_on
from lawvault.writer.citations.submitted import Link, Submitted
from lawvault.writer.document import Provenance
from lawvault.writer.docx.annotate import annotate
from lawvault.writer.docx.checked import HEADING


def recheck(
    given: Submitted,
    cited: Sequence[Sequence[Cited]],
    held: Sequence[Held],
    *,
    at: datetime.datetime,
) -> Recheck:
    """Return what became of every citation of a document.

    Args:
        cited: what `cite` returned for each of `given.texts`.
        held: what `held` returned for `given.provisions`.
        at: the time that the comments of the copy bear.

    Raises:
        ValueError: `cited` or `held` are of another document.
    """
    if len(cited) != len(given.texts) or len(held) != len(given.provisions):
        raise ValueError(
            f"{len(given.texts)} texts and {len(given.provisions)} provisions were to be checked, "
            f"got {len(cited)} and {len(held)} results"
        )
    text = given.words.text if given.words else given.texts[0]
    rows = list(_rows(given, cited, held, text))
    rows.sort(key=lambda row: (not row.end, row.start, row.end))
    copy, notes = None, list(_notes(given, rows))
    comments = list(comments_on(given, rows))
    if given.opened and comments:
        copy = annotate(given.opened, comments, at=at)
    return Recheck(
        text=text,
        verdicts=tuple(rows),
        proof_state=given.proof.state,
        copy=copy,
        notes=tuple(notes),
    )


def _rows(
    given: Submitted, cited: Sequence[Sequence[Cited]], held: Sequence[Held], text: str
) -> Iterator[Rechecked]:
    taken, body = set[int](), _without_spaces(given.texts[0])
    for link, now in zip(given.links, held, strict=True):
        index = _citation_of(link, cited[0], taken)
        taken |= set() if index is None else {index}
        one = None if index is None else cited[0][index]
        altered = _altered(link, one, body)
        row = _told(_of_entry(link, now, text, one), altered)
        if not altered and one and one.verdict != "verified" and now.verdict == "unchanged":
            row = replace(row, verdict=one.verdict, reason=one.reason)
        yield row
    for index, one in enumerate(cited[0]):
        if index not in taken:
            yield from _of_text(one, text, 0)
    for note, found in zip(given.notes, cited[1:], strict=True):
        where = _BESIDE.get(note.kind, "")
        for one in found:
            if not where or (one.kind == "citation" and one.verdict != "ambiguous"):
                yield from _of_text(one, text, note.start, where)


_BESIDE = {"header": "（在页眉）", "footer": "（在页脚）", "comment": "（在批注）"}
"""Where stands what is no prose of the document: only citations that name a law are checked."""


_REACH = 2  # characters that may stand between a citation and the number of its note


def _citation_of(link: Link, cited: Sequence[Cited], taken: set[int]) -> int | None:
    """Return which citation a footnote hangs on."""
    if link.note is None:
        return None
    at = link.note.position
    near = [
        index
        for index, one in enumerate(cited)
        if one.kind == "citation" and one.end <= at <= one.end + _REACH
    ]
    near.sort(key=lambda index: (index in taken, -cited[index].end))
    return near[0] if near else None


def _of_entry(link: Link, now: Held, text: str, cited: Cited | None) -> Rechecked:
    """Return what became of the provision of a footnote of ours, where the document cites it."""
    provision = link.entry.provenance
    is_amended = now.now is not None and now.verdict == "amended"
    row = Rechecked(
        citation=short_spoken(provision),
        verdict=now.verdict,
        reason=now.reason,
        old=provision.text if is_amended else "",
        new=now.now.text if now.now and is_amended else "",
        provenance=provision,
    )
    place = cited or link.note
    return _placed(row, text, place.start, place.end) if place else row


def _told(row: Rechecked, altered: str) -> Rechecked:
    """Return the row of a citation that was altered by hand, if it was."""
    if not altered:
        return row
    return replace(row, verdict="altered", reason="；".join(filter(None, (altered, row.reason))))


def _altered(link: Link, cited: Cited | None, body: str) -> str:
    """Return how the document differs from its proof, "" if it does not."""
    provision = link.entry.provenance
    if link.note is None:
        return "脚注已被删除，或其文字已与存证不符"
    if link.is_altered:
        return "脚注文字与存证不符"
    if cited is None:
        return "正文此处的引用已被改动"
    if cited.targets and not any(_same(target, provision) for target in cited.targets):
        return f"正文所引与脚注不一致，脚注为{short_spoken(provision)}"
    if _without_spaces(provision.quote) not in body:
        return "正文的引文与存证不符"
    return ""


def _without_spaces(words: str) -> str:
    return "".join(words.split())


def _same(one: Provenance, other: Provenance) -> bool:
    return one.address == other.address and same_law(one.law_name, other.law_name)


def _placed(row: Rechecked, text: str, start: int, end: int) -> Rechecked:
    return replace(
        row,
        citation=text[start:end].strip(),
        start=start,
        end=end,
        context=sentence_at(text, start, end),
    )


def _of_text(one: Cited, text: str, offset: int, where: str = "") -> Iterator[Rechecked]:
    """Yield the verdict on a citation that no footnote of ours stands for."""
    if one.verdict == "out_of_scope" and not one.reason:
        return
    provenance = one.targets[0] if one.targets else None
    row = Rechecked(
        citation="",
        verdict=one.verdict,
        reason=f"{one.reason}{where}" if one.reason else "",
        new=one.should_be,
        provenance=provenance,
    )
    yield _placed(row, text, one.start + offset, one.end + offset)


def _notes(given: Submitted, rows: Sequence[Rechecked]) -> Iterator[str]:
    words = given.words
    figures = given.proof.told
    told = {
        ALTERED: given.proof.state == "altered",
        f"下列数字依文件自称为当事人所述，未要求法律依据：{figures}。": figures,
        "文件没有附存证；各处引用按文字核验。": words and given.proof.state == "absent",
        f"“{HEADING}”是当时的核验结果，本次未作为正文核验。": given.has_annex,
        "修订删除的内容未核验。": words and words.deletions,
        "隐藏文字未核验。": words and words.hidden,
        "LawVault 自己加的批注未作为引用核验。": words and words.remarks,
        "文中没有找到法条引用。": not rows,
    }
    yield from (note for note, is_so in told.items() if is_so)
    yield from (f"{row.citation}：{row.reason}" for row in rows if not row.end)
