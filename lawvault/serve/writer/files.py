"""Files that are made of drafts and reports, and files that are checked again.

A file's citations are checked anew when it is made: by the law of that day, whatever was said of
them when the draft was written.
"""

import asyncio
import base64
import binascii
import datetime
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from lawvault.serve.agent.library import LawCall
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.file_contract import (
    MAX_DOCUMENT_CHARS,
    Document,
    ExportRequest,
    File,
    RecheckAnswer,
)
from lawvault.serve.writer.law import Checked
from lawvault.serve.writer.naming import file_name
from lawvault.serve.writer.records import told_for
from lawvault.serve.writer.troubles import told
from lawvault.store.drafts import DraftStore
from lawvault.writer import document as model
from lawvault.writer.citations.citing import texts_of, with_citations, without_frame
from lawvault.writer.citations.clean import unmarked
from lawvault.writer.citations.recheck import recheck
from lawvault.writer.citations.rechecked import Recheck
from lawvault.writer.citations.submitted import submitted
from lawvault.writer.citations.told import told_figures
from lawvault.writer.docx.write import to_docx
from lawvault.writer.drafting.frames import own_sentences
from lawvault.writer.html import to_html
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.profiles import profile
from lawvault.writer.templates.template import shipped_templates
from lawvault.writer.text import to_text

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MEDIA_TYPES = {
    "docx": DOCX,
    "html": "text/html; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
ENDINGS = {"docx": "docx", "html": "html", "markdown": "md", "text": "txt"}
MAX_NOTES = 3000
"""LibreOffice lays out as many in 5 s, and 10,000 in minutes."""
NO_PDF = (
    "本服务不生成 PDF。请导出 docx，再用 Word、WPS 另存为 PDF，"
    "或运行：soffice --headless --convert-to pdf 文件.docx"
)

Report = Callable[[str, str], Awaitable[tuple[str, str]]]
"""Returns the Markdown of a run's report, and the question: (owner, run id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What a file is made of: Markdown, a title if that has none, and what the user told.

    template: the id of the one that it was written by, "" where nobody knows.
    """

    markdown: str
    title: str
    told: str = ""
    template: str = ""


class Files:
    """Makes and checks files, for many owners at once."""

    def __init__(self, drafts: DraftStore, law: LawCall, report: Report) -> None:
        """Take the store, the calls to `WritingLaw`, and what has the reports of runs."""
        self._drafts, self._law, self._report = drafts, law, report

    async def export(self, owner: str, request: ExportRequest) -> File:
        """Return a file.

        Raises:
            ApiError: its source is not there, or cannot become such a file.
        """
        if request.format == "pdf":
            raise ApiError(501, "no_pdf", NO_PDF, "format")
        reference = _reference(request)
        with told("reference"):
            source = await self._source(owner, request)
            read = await asyncio.to_thread(read_markdown, source.markdown)
            document = _titled(read.document, request.title, source.title)
            cited, remarks = await self._cited(document, request, source)
            document = _wanted(cited, request)
            _check_notes(document)
            data, notes = await asyncio.to_thread(_rendered, document, request, reference)
        return File(
            data=data,
            name=file_name(document.title, ENDINGS[request.format]),
            media_type=MEDIA_TYPES[request.format],
            notes=[*read.notes, *notes, *remarks, *_unsaid(cited, request)],
        )

    async def recheck(self, document: Document) -> tuple[RecheckAnswer, bytes | None]:
        """Return what became of a document's citations, and a copy with comments, if it is .docx.

        Raises:
            ApiError: it cannot be opened, or is too long.
        """
        with told():
            given = await asyncio.to_thread(submitted, document.data)
            check_length(sum(map(len, given.texts)), "document")
            texts, provisions = list(given.texts), list(given.provisions)
            law: Checked = await self._law(
                "check", texts, provisions, document.as_of, given.proof.told
            )
            cited = without_frame(texts, law.cited, _frame(given.proof.template))
            found: Recheck = await asyncio.to_thread(recheck, given, cited, law.held, at=_now())
        return RecheckAnswer.of(found, as_of=law.as_of, notes=law.notes), found.copy

    async def _source(self, owner: str, request: ExportRequest) -> _Source:
        if sum(map(bool, (request.draft, request.run, request.markdown))) != 1:
            message = "draft、run、markdown 须给出一个，且只能给一个"
            raise ApiError(400, "invalid_request", message)
        if request.draft:
            return await asyncio.to_thread(self._draft, owner, request.draft, request.revision)
        if request.run:
            markdown, question = await self._report(owner, request.run)
            return _Source(markdown=markdown, title="检索报告", told=question)
        check_length(len(request.markdown), "markdown")
        if not request.markdown.strip():
            raise ApiError(400, "empty_text", "markdown 是空的", "markdown")
        return _Source(markdown=request.markdown, title="文稿")

    def _draft(self, owner: str, draft_id: str, number: int | None) -> _Source:
        draft = self._drafts.get(owner, draft_id)
        return _Source(
            markdown=self._drafts.read(owner, draft_id, number=number).markdown,
            title=draft.title,
            told=told_for(self._drafts, owner, draft_id),
            template=draft.template_name,
        )

    async def _cited(
        self, document: model.Document, request: ExportRequest, source: _Source
    ) -> tuple[model.Document, tuple[str, ...]]:
        """Return the document with its citations checked by the law of the day, and told; notes."""
        texts = await asyncio.to_thread(texts_of, document)
        law: Checked = await self._law("check", list(texts), [], request.as_of, source.told)
        frame = _frame(source.template)
        found = without_frame(texts, law.cited, frame)
        cited = await asyncio.to_thread(with_citations, document, found, style=request.citations)
        properties = model.Properties(
            author="LawVault",
            created=_now(),
            corpus=law.corpus.sha256,
            corpus_as_of=law.corpus.as_of.isoformat(),
            told=told_figures(texts, source.told),
            template=source.template if frame else "",
        )
        return replace(cited, properties=properties), law.notes


def _frame(template_id: str) -> frozenset[str]:
    """Return the sentences of a template that ships; for one's own we do not answer."""
    template = shipped_templates().get(template_id)
    return own_sentences(template) if template else frozenset()


def _wanted(document: model.Document, request: ExportRequest) -> model.Document:
    """Return a document without the table of citations, or the marks, that nobody wants."""
    wanted = document if request.annex else replace(document, checked=())
    return wanted if request.comments else unmarked(wanted)


_MAX_NAMED = 10


def _unsaid(document: model.Document, request: ExportRequest) -> Iterator[str]:
    """Yield what the file leaves unsaid of its citations: nobody is to take it for good."""
    faults = [row for row in document.checked if row.reason]
    if request.comments or not faults:
        return
    named = "；".join(f"{row.citation[:40]}：{row.reason}" for row in faults[:_MAX_NAMED])
    more = "；……" if len(faults) > _MAX_NAMED else ""
    yield f"有 {len(faults)} 处须人工复核，文件中未加批注（{named}{more}）"


def check_length(length: int, param: str) -> None:
    """Refuse a text that is too long to be made into a file, or checked, at once.

    Raises:
        ApiError: 413, about the parameter `param`.
    """
    if length > MAX_DOCUMENT_CHARS:
        message = f"{param} 有 {length} 个字符，上限 {MAX_DOCUMENT_CHARS}"
        raise ApiError(413, "input_too_long", message, param)


def _check_notes(document: model.Document) -> None:
    """Refuse a document of which no word processor can lay out the pages in reasonable time.

    Raises:
        ApiError: 413.
    """
    if len(document.notes) > MAX_NOTES:
        message = f"文稿有 {len(document.notes)} 条脚注，上限 {MAX_NOTES}，请分成几份"
        raise ApiError(413, "too_many_footnotes", message)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def _titled(document: model.Document, wanted: str, otherwise: str) -> model.Document:
    """Return a document that has a title: the one that is wanted, else its own if it has one."""
    titles = (" ".join(title.split()) for title in (wanted, document.title, otherwise))
    return replace(document, title=next(filter(None, titles), "文稿"))


def _reference(request: ExportRequest) -> bytes | None:
    """Return the firm's own .docx, if one is asked for.

    Raises:
        ApiError: there is none for the profile `custom`, one for another, or it is no base64.
    """
    if request.profile != "custom":
        if request.reference:
            raise ApiError(400, "invalid_request", "reference 只用于 profile=custom", "reference")
        return None
    if not request.reference:
        message = "profile=custom 需要 reference：事务所自己的 .docx（base64）"
        raise ApiError(400, "invalid_request", message, "reference")
    try:
        return base64.b64decode(request.reference, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError(400, "invalid_base64", "reference 不是 base64", "reference") from error


def _rendered(
    document: model.Document, request: ExportRequest, reference: bytes | None
) -> tuple[bytes, tuple[str, ...]]:
    look = profile(request.profile)
    if request.format == "docx":
        written = to_docx(document, look, reference=reference)
        return written.data, written.notes
    if request.format == "html":
        return to_html(document, look).encode(), ()
    return (to_markdown if request.format == "markdown" else to_text)(document).encode(), ()
