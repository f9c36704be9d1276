"""What the writer asks of a data pack: provisions to keep, citations, what became of provisions.

It runs inside the search application, where the pack is open; plain, synchronous, in any thread.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lawvault.agent.nouns import Corpus
from lawvault.proof.claims import Verified, verify_report
from lawvault.proof.source import Source
from lawvault.retrieve.content import Content, Row
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.agent.law import corpus_of
from lawvault.serve.writer.shelf_law import ShelfLaw
from lawvault.writer.citations.citing import Cited, cite
from lawvault.writer.citations.held import Held, held
from lawvault.writer.days import chinese_day
from lawvault.writer.document import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the corpus a material is: an article, or a whole version of a law."""

    law_id: str
    article_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """An article, or a whole version of a law, as the corpus has it now."""

    law_id: str
    law_name: str
    status: str
    effective_date: str
    text: str
    article_id: str = ""
    article_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A document held against the law: by which law, of which day, with what result.

    `cited` are the verdicts on each text, `held` what became of each provision it carries; `notes`
    say in Chinese what the verdicts cannot show.
    """

    corpus: Corpus
    as_of: datetime.date
    cited: tuple[tuple[Cited, ...], ...]
    held: tuple[Held, ...]
    notes: tuple[str, ...] = ()


class WritingLaw(ShelfLaw):
    """The law of one content.db, as the writer and the library ask it."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        """Take a content.db and the lookup over it, which a search shares."""
        super().__init__(content, lookup)
        self._lookup, self._corpus = lookup, corpus_of(content)

    def known_on(self) -> datetime.date:
        """Return the day for which the statuses are true."""
        return self._content.as_of

    def provisions(self, places: Sequence[Place]) -> list[Provision | None]:
        """Return what stands at each place, None where there is nothing (any more)."""
        rows = self._content.found([place.article_id for place in places if place.article_id])
        articles = {article_id: _provision(row) for article_id, row in rows.items()}
        return [
            articles.get(place.article_id) if place.article_id else self._whole(place.law_id)
            for place in places
        ]

    def parts(self, law_id: str) -> list[Provision]:
        """Return the articles of a version in their order."""
        return [_provision(row) for row in self._content.articles(law_id)]

    def verify(
        self, markdown: str, sources: Sequence[Source], told: str, as_of: datetime.date
    ) -> Verified:
        """Return Markdown with every citation verified or flagged; `told` is what the user said."""
        return verify_report(
            markdown,
            (),
            sources,
            self._lookup,
            as_of,
            catalogue=self._lookup.catalogue,
            asked=told,
        )

    def check(
        self,
        texts: Sequence[str],
        provisions: Sequence[Provenance],
        as_of: datetime.date | None,
        told: str,
    ) -> Checked:
        """Return the verdicts on a document's texts, and what became of provisions it carries.

        All of it by one law.  `as_of`: without it the latest day that is known; `told`: what the
        user said; see `lawvault.writer.citations.citing.cite`.
        """
        day = as_of or self.known_on()
        return Checked(
            corpus=self._corpus,
            as_of=day,
            cited=tuple(
                cite(text, self._content, lookup=self._lookup, as_of=day, asked=told)
                for text in texts
            ),
            held=held(provisions, self._content, lookup=self._lookup, as_of=day),
            notes=tuple(self._beyond(day)),
        )

    def _beyond(self, day: datetime.date) -> Iterator[str]:
        """Yield a note if the day is one of which the data cannot know."""
        known = self.known_on()
        if day > known:
            yield (
                f"核验日期 {chinese_day(day.isoformat())} 晚于法律数据的截至日期 "
                f"{chinese_day(known.isoformat())}，其后的修改和废止未计入。"
            )

    def _whole(self, law_id: str) -> Provision | None:
        articles = self.parts(law_id)
        if not articles:
            return None
        text = "\n".join(f"{one.article_number}　{one.text}" for one in articles)
        return replace(articles[0], article_id="", article_number="", text=text)


def _provision(row: Row) -> Provision:
    return Provision(
        law_id=str(row["law_id"]),
        law_name=str(row["law_name"]),
        status=str(row["status"]),
        effective_date=str(row["effective_date"] or ""),
        article_id=str(row["article_id"]),
        article_number=str(row["article_number"]),
        text=str(row["content"]),
    )
