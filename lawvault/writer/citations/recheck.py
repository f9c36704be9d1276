"""A document checked again: our own file against the proof that it carries, any other by its words.

Years later a footnote of ours still tells which provision of which version it stood for.  Whether
the law still says so is asked where the law lies (`held`), as the citations of the text are
(`citing.cite`); here the answers are put together.  A proof that was altered counts for nothing:
then all is checked by the words alone, and the answer says so.
"""

import collections
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lawvault.law.names import same_law
from lawvault.proof.claims import CLAIM_VERDICTS
from lawvault.writer.citations.citing import Cited, sentence_at
from lawvault.writer.citations.held import HELD_VERDICTS, Held
from lawvault.writer.citations.provision import short_spoken
from lawvault.writer.citations.submitted import Link, Submitted
from lawvault.writer.document import Provenance
from lawvault.writer.docx.annotate import Comment, annotate
from lawvault.writer.docx.checked import HEADING
from lawvault.writer.docx.words import DocxText, Remark

RECHECK_VERDICTS = tuple(dict.fromkeys((*HELD_VERDICTS, *CLAIM_VERDICTS)))
"""All verdicts; `unchanged` and `verified` are the good ones."""

GOOD = ("unchanged", "verified", "out_of_scope")

ProofState = Literal["ok", "altered", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """One citation checked again.

    `start` to `end` is its place in `Recheck.text`, empty if what is told of is gone; `reason` is
    Chinese, `old` and `new` are the law's words then and now, where they differ.
    """

    citation: str
    verdict: str
    reason: str = ""
    start: int = 0
    end: int = 0
    context: str = ""
    old: str = ""
    new: str = ""
    provenance: Provenance | None = None

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.verdict in GOOD and not (self.verdict == "out_of_scope" and self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """The verdicts in the order of the text, and a copy of the .docx with comments.

    `copy` is None for a plain text, and where there is nothing to comment on.
    """

    text: str
    verdicts: tuple[Rechecked, ...]
    proof_state: ProofState
    copy: bytes | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done about the document."""
        return self.proof_state != "altered" and all(one.is_good for one in self.verdicts)

    @property
    def counts(self) -> dict[str, int]:
        """How many citations got each verdict, zeros left out."""
        found = collections.Counter(one.verdict for one in self.verdicts)
        return {verdict: found[verdict] for verdict in RECHECK_VERDICTS if found[verdict]}


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
    comments = list(_comments(given, rows))
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
            if one.kind == "citation" or not where:
                yield from _of_text(one, text, note.start, where)


_BESIDE = {"header": "（在页眉）", "footer": "（在页脚）", "comment": "（在批注）"}
"""Where stands what is no prose of the document: only its citations are checked."""


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


_ALTERED = "文件所附的存证已被改动或不完整，不予采信；各处引用只按文字重新核验。"


def _notes(given: Submitted, rows: Sequence[Rechecked]) -> Iterator[str]:
    words = given.words
    figures = given.proof.told
    told = {
        _ALTERED: given.proof.state == "altered",
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


def _comments(given: Submitted, rows: Sequence[Rechecked]) -> Iterator[Comment]:
    """Yield what is to be said in the document, and is not said there by us already."""
    words = given.words
    if words is None:
        return
    said = list(words.remarks)
    if given.proof.state == "altered":
        rows = [_first_words(words), *rows]
    for row in rows:
        if row.is_good or not row.end or not words.is_in_body(row.start):
            continue
        comment = _comment(row)
        same = next((one for one in said if _is_same(one, row, comment, words)), None)
        if same:
            said.remove(same)
        else:
            yield comment


def _first_words(words: DocxText) -> Rechecked:
    """Return a row on the first words of a document, which says that its proof is none."""
    first = next(
        (piece for piece in words.pieces if words.text[piece.start : piece.end].strip()), None
    )
    start, end = (first.start, first.end) if first else (0, 0)
    return Rechecked(citation="", verdict="altered", reason=_ALTERED, start=start, end=end)


def _is_same(remark: Remark, row: Rechecked, comment: Comment, words: DocxText) -> bool:
    """Say whether a remark is the comment, or the mark of an export, on the words of a row.

    A mark may stand at the end of what is quoted, behind the citation.
    """
    end = words.text.find("\n", row.end)
    is_near = row.start >= words.body or row.start <= remark.position <= end
    return is_near and remark.words in (comment.words, row.reason)


def _comment(row: Rechecked) -> Comment:
    lead = f"{row.citation}：" if row.citation else ""
    words = [f"{lead}{row.reason or row.verdict}"]
    if row.old:
        words.append(f"当时文字：{row.old.strip()}")
    if row.new:
        words.append(f"{'现行文字' if row.old else '应为'}：{row.new.strip()}")
    return Comment(start=row.start, end=row.end, words="\n".join(words))
