"""Files that are made of drafts and reports, and files that are checked again.

A file's citations are checked anew when it is made: by the law of that day, whatever was said of
them when the draft was written.
"""

import asyncio
import base64
import binascii
import datetime
from collections.abc import Awaitable, Callable
from dataclasses import replace

from lawvault.agent.nouns import Corpus
from lawvault.serve.agent.library import LawCall
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.contract import (
    Document,
    ExportRequest,
    File,
    RecheckAnswer,
)
from lawvault.serve.writer.naming import file_name
from lawvault.serve.writer.troubles import told
from lawvault.store.drafts import DraftStore
from lawvault.writer import document as model
from lawvault.writer.citing import texts_of, with_citations
from lawvault.writer.docx.write import to_docx
from lawvault.writer.html import to_html
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.profiles import profile
from lawvault.writer.recheck import Recheck, recheck
from lawvault.writer.submitted import submitted
from lawvault.writer.text import to_text

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MEDIA_TYPES = {
    "docx": DOCX,
    "html": "text/html; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
ENDINGS = {"docx": "docx", "html": "html", "markdown": "md", "text": "txt"}
MAX_EXPORT_CHARS = 1_000_000
MAX_REFERENCE_BYTES = 10_000_000
NO_PDF = (
    "本服务不生成 PDF。请导出 docx，再用 Word、WPS 另存为 PDF，"
    "或运行：soffice --headless --convert-to pdf 文件.docx"
)

Report = Callable[[str, str], Awaitable[str]]
"""Returns the Markdown of a run's report: (owner, run id)."""


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
        with told():
            markdown, title = await self._source(owner, request)
            read = await asyncio.to_thread(read_markdown, markdown)
            document = read.document
            if request.title or not document.title:
                document = replace(document, title=request.title or title)
            document = await self._cited(document, request)
            data, notes = await asyncio.to_thread(_rendered, document, request, reference)
        name = file_name(document.title or title, ENDINGS[request.format])
        return File(
            data=data,
            name=name,
            media_type=MEDIA_TYPES[request.format],
            notes=[*read.notes, *notes],
        )

    async def recheck(self, document: Document) -> tuple[RecheckAnswer, bytes | None]:
        """Return what became of a document's citations, and a copy with comments, if it is .docx.

        Raises:
            ApiError: it cannot be opened.
        """
        with told():
            given = await asyncio.to_thread(submitted, document.data)
            known: datetime.date = await self._law("known_on")
            as_of = document.as_of or known
            cited = await self._law("cite", list(given.texts), as_of)
            held = await self._law("held", list(given.provisions), as_of)
            now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
            found: Recheck = await asyncio.to_thread(recheck, given, cited, held, at=now)
        return RecheckAnswer.of(found, as_of), found.copy

    async def _source(self, owner: str, request: ExportRequest) -> tuple[str, str]:
        """Return the Markdown of a file, and a title for it if it has none."""
        if request.draft:
            draft = await asyncio.to_thread(self._drafts.get, owner, request.draft)
            written = await asyncio.to_thread(
                self._drafts.read, owner, request.draft, number=request.revision
            )
            return written.markdown, draft.title
        if request.run:
            return await self._report(owner, request.run), "检索报告"
        if len(request.markdown) > MAX_EXPORT_CHARS:
            length = len(request.markdown)
            message = f"markdown 有 {length} 个字符，上限 {MAX_EXPORT_CHARS}"
            raise ApiError(413, "input_too_long", message, "markdown")
        if not request.markdown.strip():
            raise ApiError(400, "empty_text", "markdown 是空的", "markdown")
        return request.markdown, "文稿"

    async def _cited(self, document: model.Document, request: ExportRequest) -> model.Document:
        """Return the document with its citations checked by the law of the day, and told."""
        known: datetime.date = await self._law("known_on")
        corpus: Corpus = await self._law("corpus")
        texts = await asyncio.to_thread(texts_of, document)
        cited = await self._law("cite", list(texts), request.as_of or known)
        told_of = await asyncio.to_thread(with_citations, document, cited, style=request.citations)
        properties = model.Properties(
            author="LawVault",
            created=datetime.datetime.now(datetime.UTC).replace(microsecond=0),
            corpus=corpus.sha256,
            corpus_as_of=corpus.as_of.isoformat(),
        )
        return replace(told_of, properties=properties)


def _reference(request: ExportRequest) -> bytes | None:
    if request.profile != "custom":
        if request.reference:
            raise ApiError(400, "invalid_request", "reference 只用于 profile=custom", "reference")
        return None
    if request.format == "docx" and not request.reference:
        message = "profile=custom 需要 reference：事务所自己的 .docx（base64）"
        raise ApiError(400, "invalid_request", message, "reference")
    try:
        data = base64.b64decode(request.reference, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError(400, "invalid_base64", "reference 不是 base64", "reference") from error
    if len(data) > MAX_REFERENCE_BYTES:
        raise ApiError(413, "limit", f"reference 超过 {MAX_REFERENCE_BYTES} 字节", "reference")
    return data


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
