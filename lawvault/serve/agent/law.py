"""What the agent asks of a data pack beside search: names, citations, references, verdicts.

It runs inside the search application, where the pack is open; plain, synchronous, in any thread.
"""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import replace

from lawvault.agent.asked import asked as read
from lawvault.agent.links import found_of, links
from lawvault.agent.local import MAX_CITED, MAX_LINKS
from lawvault.agent.nouns import Asked, Corpus, Evidence, Found, Link
from lawvault.agent.standing import Held, reread
from lawvault.artifacts import is_sealed, read_manifest
from lawvault.proof.claims import verify_report
from lawvault.proof.marking import inert, spelled
from lawvault.proof.source import Claim
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.editions import Editions
from lawvault.retrieve.exact import Exact
from lawvault.retrieve.laws import ContentLookup


class PackLaw:
    """The law of one content.db, as a run of the agent asks it."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        """Take a content.db and the lookup over it, which a search shares."""
        self._content, self._lookup = content, lookup
        self._exact, self._editions = Exact(content, lookup), Editions(content)
        self._regions = sorted({str(row["region"]) for row in content.laws()})
        self._corpus = corpus_of(content)

    def asked(self, text: str, today: datetime.date) -> Asked:
        """Return what a question names: provisions, laws, places, the day.

        One that tells no day is asked about the law as the data pack knows it last.
        """
        found = read(text, self._lookup.catalogue, today=today, regions=self._regions)
        if found.as_of < today:
            return found
        return replace(found, as_of=min(today, self._content.as_of))

    def corpus(self) -> Corpus:
        """Return which law this is."""
        return self._corpus

    def regions(self) -> list[str]:
        """Return the places whose law can be searched."""
        return self._regions

    def cited(self, citation: str, as_of: datetime.date) -> list[Found]:
        """Return the articles that a citation names, up to `MAX_CITED`."""
        named = self._exact.find(citation, as_of).found[:MAX_CITED]
        return [found_of(row) for row in self._content.rows([one.article_id for one in named])]

    def links(self, article_ids: Sequence[str], as_of: datetime.date) -> list[Link]:
        """Return what some articles refer to and what refers to them, in law in force on a day.

        Ids that another law gave, which was served until now, lead nowhere.
        """
        versions = frozenset(self._editions.on(as_of).law_ids)
        rows = self._content.found(article_ids)
        known = [one for one in article_ids if one in rows]
        return links(self._content, known, limit=MAX_LINKS, versions=versions)

    def verify(
        self, markdown: str, claims: Sequence[Claim], evidence: Sequence[Evidence], asked: Asked
    ) -> Held:
        """Return a report held against this law, its evidence first read again here.

        What this law has not is cited as it was found, and is evidence of nothing.
        """
        rows = self._content.found([one.article_id for one in evidence])
        here = reread(evidence, {article_id: found_of(row) for article_id, row in rows.items()})
        pairs = list(zip(evidence, here, strict=True))
        gone = tuple(before for before, now in pairs if now is None)
        prose = spelled(inert(markdown), {one.id: one for one in evidence}) if gone else None
        verified = verify_report(
            prose.text if prose else markdown,
            claims,
            [one for one in here if one],
            self._lookup,
            asked.as_of,
            catalogue=self._lookup.catalogue,
            asked=asked.facts,
        )
        if prose:
            verified = replace(verified, removed=(*prose.unknown, *verified.removed))
        changed = tuple(now for before, now in pairs if now and now != before)
        return Held(verified=verified, corpus=self._corpus, changed=changed, gone=gone)


def corpus_of(content: Content) -> Corpus:
    """Return which law a content.db holds.

    A sealed pack's manifest has the hash; another folder's file is read for it.

    Raises:
        IntegrityError: the manifest cannot be read.
    """
    return Corpus(
        pack=content.folder.name,
        as_of=content.as_of,
        articles=content.size,
        sha256=_hash_of(content),
    )


def _hash_of(content: Content) -> str:
    files = read_manifest(content.folder)["files"] if is_sealed(content.folder) else {}
    if isinstance(files, dict) and FILE in files:
        return str(files[FILE])
    with (content.folder / FILE).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
