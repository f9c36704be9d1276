"""Laws as a service: names, contents, texts, articles, versions, references, citations.

Plain and synchronous, over one content.db; it runs inside the search application.
"""

import collections
import datetime
from collections.abc import Mapping, Sequence

from lawvault.law.citations import verify_citations
from lawvault.law.diff import Change, Provision, diff_versions
from lawvault.law.kept import KeptLookup
from lawvault.law.numerals import article_address
from lawvault.law.reference import Place, Reference
from lawvault.law.references import find_references
from lawvault.law.resolve import resolve
from lawvault.proof.cited import Law as CitedLaw
from lawvault.proof.claims import CLAIM_VERDICTS
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.contract import ApiError, Law, LawList
from lawvault.serve.laws import contract as wire
from lawvault.serve.laws.document import document_text
from lawvault.serve.laws.mentions import OnceLookup, Writer
from lawvault.serve.laws.names import Found, LawNames, record_of
from lawvault.serve.laws.pages import (
    article_of,
    contents_of,
    in_reference,
    label_of,
    labels_for,
    out_reference,
    text_of,
)
from lawvault.serve.laws.stated import held

Row = Mapping[str, object]

MAX_MENTIONS = 2000
"""References in one text; each is followed in the database."""
MAX_PROVISIONS = 10_000
"""Articles that the ranges of one text span: it takes a second to hold words against so many."""


class Statutes:
    """The laws of one content.db; safe in any thread."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        """Take a content.db and the lookup over it, which a search shares."""
        self._content, self._lookup = content, lookup
        self._names = LawNames(content, lookup)
        self._found = LawList(data=[Law.model_validate(row) for row in content.laws()])

    def laws(self) -> LawList:
        """Return every version that search may find, by name."""
        return self._found

    def suggest(self, request: wire.SuggestRequest) -> wire.Suggestions:
        """Return laws by what people call them, best first."""
        as_of = self._day(request.as_of)
        data, total = self._names.suggest(request.q, as_of, request.limit)
        return wire.Suggestions(
            data=data, total=total, as_of=as_of, corpus_as_of=self._content.as_of
        )

    def law(self, request: wire.LawRequest) -> wire.LawAnswer:
        """Return a law's table of contents and versions.

        Raises:
            ApiError: it is not known, or its name is ambiguous; so for all that follow.
        """
        as_of, found = self._find(request)
        rows = self._content.labels(str(found.row["law_id"]))
        return wire.LawAnswer(
            law=record_of(found.row),
            validity=found.validity,
            contents=contents_of(str(found.row["law_name"]), rows),
            versions=[record_of(row) for row in found.versions],
            as_of=as_of,
            corpus_as_of=self._content.as_of,
        )

    def versions(self, request: wire.LawRequest) -> wire.VersionsAnswer:
        """Return all versions of a law, oldest first."""
        as_of, found = self._find(request)
        return wire.VersionsAnswer(
            law=record_of(found.row),
            validity=found.validity,
            data=[record_of(row) for row in found.versions],
            as_of=as_of,
            corpus_as_of=self._content.as_of,
        )

    def text(self, request: wire.TextRequest) -> wire.LawTextAnswer:
        """Return a law's whole text."""
        as_of, found = self._find(request)
        _check_text(found.row, found.versions)
        rows = self._content.articles(str(found.row["law_id"]))
        text, spans = text_of(str(found.row["law_name"]), rows)
        if request.with_references:
            spans = [self._with_references(span) for span in spans]
        return wire.LawTextAnswer(
            law=record_of(found.row),
            validity=found.validity,
            text=text,
            articles=spans,
            as_of=as_of,
            corpus_as_of=self._content.as_of,
        )

    def article(self, request: wire.ArticleRequest) -> wire.ArticleAnswer:
        """Return one article with its neighbours and references."""
        labels = labels_for(request.number)
        as_of, found = self._find(request)
        _check_text(found.row, found.versions)
        row = self._article(str(found.row["law_id"]), labels)
        article_id = str(row["article_id"])
        before, after = self._neighbours(row)
        outward = self._content.references_from(article_id)
        inward = self._content.referring(article_id, limit=wire.MAX_REFERENCES)
        return wire.ArticleAnswer(
            law=record_of(found.row),
            validity=found.validity,
            article=article_of(row),
            previous=before,
            next=after,
            references=wire.OutReferences(
                total=len(outward),
                data=[out_reference(one) for one in outward[: wire.MAX_REFERENCES]],
            ),
            referred_by=wire.InReferences(
                total=self._content.count_referring(article_id),
                data=[in_reference(one) for one in inward],
            ),
            as_of=as_of,
            corpus_as_of=self._content.as_of,
        )

    def diff(self, request: wire.DiffRequest) -> wire.DiffAnswer:
        """Return what changed between two versions of a law."""
        as_of, found = self._find(request)
        old, new = self._pair(found, request)
        before, after = self._provisions(old), self._provisions(new)
        changes = [_change(change) for change in diff_versions(before, after)]
        return wire.DiffAnswer(
            old=record_of(old),
            new=record_of(new),
            counts=dict(collections.Counter(change.kind for change in changes)),
            changes=changes,
            as_of=as_of,
            corpus_as_of=self._content.as_of,
        )

    def resolve(self, request: wire.ResolveRequest) -> wire.ResolveAnswer:
        """Return the references of a text and where they lead."""
        as_of = self._day(request.as_of)
        own, place = self._inside(request.inside, as_of) if request.inside else ("", None)
        references = self._references(request.text, place)
        lookup = OnceLookup(self._content, self._lookup)
        writer = Writer(request.text, lookup)
        return wire.ResolveAnswer(
            references=[
                writer.reference(resolve(reference, lookup, as_of, own_law_id=own))
                for reference in references
            ],
            degraded=writer.degraded,
            as_of=as_of,
            corpus_as_of=self._content.as_of,
        )

    def verify(self, request: wire.VerifyRequest) -> wire.VerifyAnswer:
        """Return the verdict on every citation of a text."""
        as_of = self._day(request.as_of)
        self._references(request.text, None)
        lookup = OnceLookup(self._content, self._lookup)
        catalogue = self._lookup.catalogue
        kept = KeptLookup(lookup)
        report = verify_citations(request.text, kept, as_of, catalogue=catalogue)
        law = CitedLaw(lookup=kept, as_of=as_of, evidence={}, catalogue=catalogue)
        stated = held(request.text, report.citations, law)
        writer = Writer(request.text, lookup)
        citations = [writer.citation(one) for one in stated]
        counted = collections.Counter(citation.verdict for citation in citations)
        return wire.VerifyAnswer(
            passed=report.passed and not any(one.fault for one in stated),
            counts={verdict: counted[verdict] for verdict in CLAIM_VERDICTS if counted[verdict]},
            citations=citations,
            degraded=writer.degraded,
            as_of=as_of,
            corpus_as_of=self._content.as_of,
        )

    def verify_document(self, request: wire.DocumentRequest) -> wire.VerifyAnswer:
        """Return the verdict on every citation of a Word document, and its text."""
        read = document_text(request.document, request.max_chars)
        answer = self.verify(wire.VerifyRequest(text=read.text, as_of=request.as_of))
        return answer.model_copy(update={"document_text": read.text, "notes": read.notes})

    def _day(self, as_of: datetime.date | None) -> datetime.date:
        return as_of or self._content.as_of

    def _find(self, request: wire.LawRequest) -> tuple[datetime.date, Found]:
        as_of = self._day(request.as_of)
        return as_of, self._names.find(request.law, as_of)

    def _article(self, law_id: str, labels: Sequence[str]) -> Row:
        rows = (self._content.article(law_id, label) for label in labels)
        row = next((row for row in rows if row), None)
        if row is None:
            raise ApiError(404, "article_not_found", f"{law_id} 没有{labels[0]}", "number")
        return row

    def _with_references(self, span: wire.ArticleSpan) -> wire.ArticleSpan:
        rows = self._content.references_from(span.article_id)
        return span.model_copy(update={"references": [out_reference(row) for row in rows]})

    def _neighbours(self, row: Row) -> tuple[wire.ArticleLabel | None, wire.ArticleLabel | None]:
        labels = [label_of(one) for one in self._content.labels(str(row["law_id"]))]
        at = next(i for i, one in enumerate(labels) if one.article_id == row["article_id"])
        after = labels[at + 1] if at + 1 < len(labels) else None
        return (labels[at - 1] if at else None), after

    def _pair(self, found: Found, request: wire.DiffRequest) -> tuple[Row, Row]:
        """Return the versions to compare: those asked for, else the newest, and the one before."""
        readable = [row for row in found.versions if row["has_text"]]
        if request.new:
            new = self._version(found, request.new, "to")
        elif found.is_by_id:
            new = found.row
        else:
            new = readable[-1] if readable else found.row
        _check_text(new, found.versions)
        if request.old:
            old = self._version(found, request.old, "from")
            _check_text(old, found.versions)
            return old, new
        earlier = readable[: readable.index(new)]
        if not earlier:
            law_id = new["law_id"]
            raise ApiError(404, "text_not_available", f"没有早于 {law_id} 的版本的文本", "from")
        return earlier[-1], new

    def _version(self, found: Found, wanted: str, param: str) -> Row:
        """Return the version of a law that its date or its id names."""
        for row in found.versions:
            if wanted in (row["version_date"], row["law_id"]):
                return row
        dates = "、".join(str(row["version_date"]) for row in found.versions)
        name = found.row["short_name"]
        raise ApiError(
            404, "version_not_found", f"《{name}》没有版本 {wanted[:80]}，已知版本：{dates}", param
        )

    def _provisions(self, law: Row) -> list[Provision]:
        return [
            Provision(article_number=str(row["article_number"]), content=str(row["content"]))
            for row in self._content.articles(str(law["law_id"]))
        ]

    def _inside(self, inside: wire.Inside, as_of: datetime.date) -> tuple[str, Place]:
        """Return the version and the place that a text stands in."""
        try:
            return self._place(inside, as_of)
        except ApiError as error:
            param = {"number": "article"}.get(error.param or "", error.param)
            raise ApiError(error.status, error.code, error.message, f"inside.{param}") from error

    def _place(self, inside: wire.Inside, as_of: datetime.date) -> tuple[str, Place]:
        labels = labels_for(inside.article) if inside.article else []
        found = self._names.find(inside.law, as_of)
        law_id, name = str(found.row["law_id"]), str(found.row["short_name"])
        order = [pair for pair in self._content.article_numbers(law_id) if pair[0]]
        if not labels:
            return law_id, Place(law=name, order=order)
        _check_text(found.row, found.versions)
        label = str(self._article(law_id, labels)["article_number"])
        number, sub = article_address(label) or (0, 0)
        return law_id, Place(law=name, number=number, sub=sub, order=order)

    def _references(self, text: str, place: Place | None) -> list[Reference]:
        found = find_references(text, place, self._lookup.catalogue)
        if len(found) > MAX_MENTIONS:
            raise ApiError(
                *(400, "too_many_references"),
                *(f"文本含 {len(found)} 处引用，上限 {MAX_MENTIONS}，请分段提交", "text"),
            )
        spanned = sum(one.through.number - one.address.number for one in found if one.through)
        if spanned > MAX_PROVISIONS:
            raise ApiError(
                *(400, "too_many_references"),
                *(f"各处引用共跨 {spanned} 条，上限 {MAX_PROVISIONS}，请分段提交", "text"),
            )
        return found


def _check_text(row: Row, versions: Sequence[Row]) -> None:
    if row["has_text"]:
        return
    dates = "、".join(str(other["version_date"]) for other in versions if other["has_text"])
    hint = f"；有文本的版本：{dates}" if dates else ""
    raise ApiError(404, "text_not_available", f"这里没有 {row['law_id']} 的文本{hint}", "law")


def _change(change: Change) -> wire.Change:
    return wire.Change(
        kind=change.kind,
        old=_provision(change.old),
        new=_provision(change.new),
        spans=[wire.Run(old=old, new=new) for old, new in change.spans],
    )


def _provision(provision: Provision | None) -> wire.Provision | None:
    if provision is None:
        return None
    return wire.Provision(article_number=provision.article_number, content=provision.content)
