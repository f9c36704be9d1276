"""Provisions that a document carries, held against the law of today: does each still say so?

Runs where the law lies.  A provision is known by its version and place, and by the hash of its
article; where the law has another text by now, it is looked for by its words, and what stands in
its place is told.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from lawvault.law.address import Address, part_of
from lawvault.law.diff import Change, Provision, diff_versions, differences
from lawvault.law.digest import digest
from lawvault.law.names import short_name
from lawvault.law.normal import Span, normalise
from lawvault.law.numerals import article_address
from lawvault.law.provisions import find_part, places
from lawvault.law.resolve import Target
from lawvault.law.validity import PENDING, REPEALED, SUPERSEDED, Standing, standing_on
from lawvault.proof.cited import REASONS
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.writer.citations.provision import provenance_of, spoken_name
from lawvault.writer.days import chinese_day
from lawvault.writer.document import Provenance

_Found = tuple[Address, int, int]

HELD_VERDICTS = (
    *("unchanged", "amended", "moved", "removed", "altered"),
    *("repealed", "not_yet_effective", "no_such_law", "inconclusive"),
)
"""What a provision may be by now; only of `unchanged` ones nothing is flagged.

`moved`: the same words, elsewhere; `removed`: nothing stands in its place; `altered`: the document
carries words that the law, by hash the same as then, never had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What became of a provision: a verdict, why in Chinese, and the provision of today, if any.

    `changes` are the spans that differ, in the old words and in the new ones.  An `unchanged` one
    has a reason, too, where the law has a newer version.
    """

    verdict: str
    reason: str = ""
    now: Provenance | None = None
    changes: tuple[tuple[Span, Span], ...] = ()


def held(
    provisions: Iterable[Provenance],
    content: Content,
    *,
    lookup: ContentLookup,
    as_of: datetime.date,
) -> tuple[Held, ...]:
    """Return what became of each provision by the day `as_of`, in their order.

    Raises:
        IntegrityError: content.db cannot be read.
    """
    law = _Law(content=content, lookup=lookup, as_of=as_of)
    return tuple(law.held(provision) for provision in provisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Law:
    content: Content
    lookup: ContentLookup
    as_of: datetime.date
    compared: dict[tuple[str, str], list[Change]] = field(default_factory=dict)

    def held(self, old: Provenance) -> Held:
        versions = self.lookup.versions(short_name(old.law_name))
        if not versions:
            return Held(verdict="no_such_law", reason=REASONS["no_such_law"])
        known = [one.version for one in versions]
        standing = standing_on(known, self.as_of, known_on=self.lookup.known_on)
        if standing.version is None:
            return _not_standing(standing)
        law_id = next(one.law_id for one in versions if one.version == standing.version)
        if not old.address:
            return Held(verdict="unchanged", reason=_newer(old, law_id, standing))
        address = _address(old.address)
        if address is None:
            return Held(verdict="altered", reason="所附存证的条款项无法辨认")
        return self._placed(old, address, law_id, standing)

    def _placed(self, old: Provenance, address: Address, law_id: str, standing: Standing) -> Held:
        """Return what became of a provision of a law that has a text on the day."""
        content = self._content(law_id, address)
        if law_id == old.law_id and content and digest(content) == old.sha256:
            if content[old.start : old.end] == old.text:
                return Held(verdict="unchanged")
            return Held(verdict="altered", reason="所附存证的文字不是该条原文")
        words = normalise(old.text).text
        same = list(_same(content, address, words))
        if any(place == address for place, _, _ in same):
            return Held(verdict="unchanged", reason=_newer(old, law_id, standing))
        moved = self._named(old, law_id, same) or self._elsewhere(old, law_id, words)
        if moved:
            reason = f"内容未变，现为{spoken_name(moved)}"
            return Held(verdict="moved", reason=reason, now=moved)
        return self._changed(old, address, law_id, standing)

    def _elsewhere(self, old: Provenance, law_id: str, words: str) -> Provenance | None:
        """Return the provision of another article that has the same words now."""
        for target in self.lookup.holding(words, law_id):
            if target.law_id == law_id and target.address.number:
                content = self._content(law_id, target.address)
                found = self._named(old, law_id, list(_same(content, target.address, words)))
                if found:
                    return found
        return None

    def _named(self, old: Provenance, law_id: str, found: Sequence[_Found]) -> Provenance | None:
        """Return the first of some places as a provision."""
        for place, start, end in found:
            law = short_name(old.law_name)
            target = Target(law=law, law_id=law_id, address=place, start=start, end=end)
            return provenance_of(target, self.content)
        return None

    def _changed(self, old: Provenance, address: Address, law_id: str, standing: Standing) -> Held:
        """Return what stands in the place of a provision whose words are no more."""
        at = self._number_now(old, address, law_id)
        when = _changed_by(standing) if law_id != old.law_id else "库中文字与存证不同"
        if at is None:
            return Held(verdict="removed", reason=f"{when}，现行文本中已无此内容")
        here = replace(address, number=at[0], sub=at[1])
        content = self._content(law_id, here)
        found = find_part(content, here) or find_part(content, here.whole)
        now = self._named(old, law_id, found)
        assert now is not None  # an article as a whole is always found
        moved = f"，现为{now.address}" if now.address != old.address else ""
        changes = tuple(differences(old.text, now.text))
        return Held(verdict="amended", reason=f"{when}{moved}", now=now, changes=changes)

    def _number_now(self, old: Provenance, address: Address, law_id: str) -> tuple[int, int] | None:
        """Return the number of the article that took the place of the old one, None for none."""
        label = str(address.article)
        if law_id != old.law_id and self.content.labels(old.law_id):
            pair = (old.law_id, law_id)
            if pair not in self.compared:
                self.compared[pair] = diff_versions(*map(self._articles, pair))
            for change in self.compared[pair]:
                if change.old_number == label:
                    return article_address(change.new_number or "")
        return (address.number, address.sub) if self._content(law_id, address) else None

    def _articles(self, law_id: str) -> Sequence[Provision]:
        return [
            Provision(article_number=str(row["article_number"]), content=str(row["content"]))
            for row in self.content.articles(law_id)
        ]

    def _content(self, law_id: str, address: Address) -> str:
        return self.lookup.content(law_id, address) or ""


def _same(content: str, address: Address, words: str) -> Iterator[_Found]:
    """Yield where an article says just some words: as a whole, or in a 款, 项 or 目 of it."""
    if not content:
        return
    whole = (address.whole, 0, len(content))
    for place, start, end in (whole, *places(content, address.number, address.sub)):
        if normalise(content[start:end]).text == words:
            yield replace(place, unit=address.unit), start, end


def _changed_by(standing: Standing) -> str:
    version = standing.version
    day = chinese_day(str((version and version.version_date) or ""))
    since = chinese_day(str(standing.since or ""))
    return f"已被{day or '新'}文本修改" + (f"（{since}起施行）" if since else "")


def _not_standing(standing: Standing) -> Held:
    since = chinese_day(str(standing.since or ""))
    if standing.status == REPEALED:
        reason = f"该法已于{since}废止" if since else REASONS["repealed"]
        return Held(verdict="repealed", reason=reason)
    if standing.status == PENDING:
        return Held(verdict="not_yet_effective", reason=REASONS["not_yet_effective"])
    if standing.status == SUPERSEDED:
        return Held(verdict="inconclusive", reason="该法已修改，库中没有现行文本，无法比对")
    return Held(verdict="inconclusive", reason=REASONS["inconclusive"])


def _newer(old: Provenance, law_id: str, standing: Standing) -> str:
    """Return that the law has a newer version with the same words here, "" if it has none."""
    if law_id == old.law_id or standing.version is None:
        return ""
    day = chinese_day(str(standing.version.version_date or ""))
    return f"该法现行{day}文本，此处文字未变" if day else "该法已有新文本，此处文字未变"


_PLACE = re.compile(
    r"(?:(?P<label>第[^条第]{1,12}条(?:之[零一二三四五六七八九十百]{1,4})?)"
    r"|条目(?P<point>[零一二三四五六七八九十百]{1,6}))(?P<part>.*)"
)


def _address(label: str) -> Address | None:
    """Return the address that 第十七条之一第二款 says, None if it says none.

    >>> str(_address("第十七条之一第二款第三项"))
    '第十七条之一第二款第三项'
    """
    match = _PLACE.fullmatch(label)
    at = article_address(match["label"] or f"第{match['point']}条") if match else None
    if match is None or at is None:
        return None
    try:
        paragraph, item, subitem = part_of(match["part"])
    except ValueError:
        return None
    unit = "条" if match["label"] else "条目"
    return Address(
        number=at[0], sub=at[1], paragraph=paragraph, item=item, subitem=subitem, unit=unit
    )
