"""References -> provisions: law, version, place and words, or candidates, or a reason; no guesses.

What is known of laws comes through a `Lookup`; ingest has one over the corpus it reads, a service
one over content.db.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lawvault.law.address import Address
from lawvault.law.mentions.relative import Numbers
from lawvault.law.normal import normalise
from lawvault.law.provisions import find_part, paragraphs
from lawvault.law.reference import BARE, OWN, Reference, between
from lawvault.law.validity import Standing, Version, standing_on


@dataclass(frozen=True, slots=True, kw_only=True)
class LawVersion:
    """One version of one law that a lookup knows of, by its id; `version.law` is its short name."""

    law_id: str
    version: Version


class Lookup(Protocol):
    """What is known of laws.  A failure of any method is raised, never answered as "none"."""

    @property
    def known_on(self) -> datetime.date | None:
        """The day for which the status words of the versions are true; None if not known."""

    def laws(self, name: str) -> Sequence[str]:
        """Return the short names of the laws that a name means."""

    def versions(self, law: str) -> Sequence[LawVersion]:
        """Return the known versions of a law, by its short name."""

    def articles(self, law_id: str) -> Sequence[Numbers]:
        """Return the articles of a version, in order; empty if its text is not at hand."""

    def content(self, law_id: str, address: Address) -> str | None:
        """Return the text of the article that an address lies in, None if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A provision: `address` of `law_id`; its words are content[start:end] of its article.

    An address of number 0 is the law as a whole; it has no words of its own (0 to 0).
    """

    law: str
    law_id: str
    address: Address
    start: int = 0
    end: int = 0


NO_LAW_NAMED, NO_SUCH_LAW, AMBIGUOUS = "no_law_named", "no_such_law", "ambiguous"
NO_SUCH_ARTICLE, NO_SUCH_PART, NO_ADDRESS = "no_such_article", "no_such_paragraph", "no_address"
NO_TEXT = "no_text"
"""Why a reference has no target: `problem` of a `Resolution`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a reference leads to: targets, or candidates, or neither; then `problem` and `reason`.

    `failing` is the one address that a problem with a place is about: of a range whose end does not
    exist, the first that is missing; `reached` are the provisions of the range before it.
    `standing` says how the law stands on the day; the targets are in the version in force, or in
    the last before it was repealed, or in the one to come.
    """

    reference: Reference
    targets: tuple[Target, ...] = ()
    candidates: tuple[Target, ...] = ()
    problem: str = ""
    reason: str = ""
    standing: Standing | None = None
    failing: Address | None = None
    reached: tuple[Target, ...] = ()


def resolve(
    reference: Reference,
    lookup: Lookup,
    as_of: datetime.date,
    *,
    own_law_id: str = "",
    written_on: datetime.date | None = None,
) -> Resolution:
    """Return where a reference leads on the day `as_of`.

    Args:
        own_law_id: the version that the text itself belongs to: 本法 and 前款 mean that version,
            whatever the day.
        written_on: the day of the text.  If the law had another text then, with other words at
            this address, the provision meant may have moved; then `candidates` holds the old
            place and `reason` says so, beside the target of today.
    """
    if reference.reason and not reference.law:
        return Resolution(reference=reference, problem=NO_LAW_NAMED, reason=reference.reason)
    if reference.reason:
        return Resolution(reference=reference, problem=NO_ADDRESS, reason=reference.reason)
    laws = lookup.laws(reference.law)
    if not laws:
        reason = f"{reference.law} is not among the laws known here"
        return Resolution(reference=reference, problem=NO_SUCH_LAW, reason=reason)
    own = _own(reference, laws, lookup, own_law_id)
    if own:
        return own
    found = [_in_law(reference, law, lookup, as_of) for law in laws]
    if len(found) > 1:
        return _doubtful(found, AMBIGUOUS, f"{reference.law} may be any of {', '.join(laws)}")
    if reference.kind == BARE:
        reason = f"no law is named; {laws[0]} is the one named before"
        return _doubtful(found, NO_LAW_NAMED, reason)
    if written_on and written_on < as_of and reference.address.number:
        return _dated(found[0], laws[0], lookup, written_on)
    return found[0]


def _own(
    reference: Reference, laws: Sequence[str], lookup: Lookup, own_law_id: str
) -> Resolution | None:
    """Return what a reference means in the version it stands in, None if it means another law."""
    if reference.kind != OWN or not own_law_id:
        return None
    for law in laws:
        versions = lookup.versions(law)
        own = next((version for version in versions if version.law_id == own_law_id), None)
        if own:
            return _placed(reference, own, versions, lookup)
    return None


def _in_law(reference: Reference, law: str, lookup: Lookup, as_of: datetime.date) -> Resolution:
    """Return what a reference means in the version of a law that counts on a day."""
    versions = lookup.versions(law)
    standing = standing_on([v.version for v in versions], as_of, known_on=lookup.known_on)
    chosen = next((v for v in versions if v.version == (standing.version or standing.about)), None)
    if chosen is None:
        reason = f"no version of {law} is known"
        return Resolution(reference=reference, problem=NO_TEXT, reason=reason)
    return replace(_placed(reference, chosen, versions, lookup), standing=standing)


def _dated(today: Resolution, law: str, lookup: Lookup, written_on: datetime.date) -> Resolution:
    """Return a resolution with the place that the address named when the text was written."""
    then = _in_law(today.reference, law, lookup, written_on)
    if then.standing is None or then.standing.version is None or not then.targets:
        return today
    if today.targets and _words(today.targets, lookup) == _words(then.targets, lookup):
        return today
    since = f"{then.targets[0].law_id} had other words there when this was written"
    reason = f"{today.reason}; {since}" if today.reason else since
    return replace(today, candidates=then.targets, reason=reason)


def _words(targets: Sequence[Target], lookup: Lookup) -> list[str]:
    contents = [(lookup.content(t.law_id, t.address) or "")[t.start : t.end] for t in targets]
    return [normalise(content).text for content in contents]


def _doubtful(found: Sequence[Resolution], problem: str, reason: str) -> Resolution:
    """Return what was found for laws that may be meant as candidates only."""
    candidates = [target for one in found for target in one.targets or one.candidates]
    return Resolution(
        reference=found[0].reference, candidates=tuple(candidates), problem=problem, reason=reason
    )


def _whole(version: LawVersion) -> Target:
    return Target(law=version.version.law, law_id=version.law_id, address=Address())


def _placed(
    reference: Reference, version: LawVersion, versions: Sequence[LawVersion], lookup: Lookup
) -> Resolution:
    """Find the addresses of a reference in a version."""
    if not reference.address.number and reference.address.part:
        reason = f"{reference.address.part} of a text without articles"
        return Resolution(reference=reference, problem=NO_ADDRESS, reason=reason)
    if not reference.address.number:
        return Resolution(reference=reference, targets=(_whole(version),))
    order = lookup.articles(version.law_id)
    if not order:
        reason = f"the text of {version.law_id} is not at hand"
        return Resolution(reference=reference, problem=NO_TEXT, reason=reason)
    targets = list[Target]()
    for address in _expanded(reference, order):
        found, problem, reason = _find(address, version, lookup)
        if problem:
            others = found or _elsewhere(address, version, versions, lookup)
            return Resolution(
                reference=reference,
                candidates=tuple(others),
                problem=problem,
                reason=reason,
                failing=address,
                reached=tuple(targets),
            )
        targets += found
    return Resolution(reference=reference, targets=tuple(targets))


def _expanded(reference: Reference, order: Sequence[Numbers]) -> list[Address]:
    """Return all addresses of a range, with every 之N that stands inside it."""
    first, last = reference.address, reference.through
    if last is None:
        return [first]
    ends = ((first.number, first.sub), (last.number, last.sub))
    if ends[0] == ends[1] or ends[0] not in order or ends[1] not in order:
        return list(between(first, last))
    low, high = order.index(ends[0]), order.index(ends[1])
    if low >= high:
        return [first, last]
    inner = [Address(number=n, sub=s) for n, s in order[low + 1 : high]]
    return [first, *inner, last]


def _find(address: Address, version: LawVersion, lookup: Lookup) -> tuple[list[Target], str, str]:
    """Return the targets of one address, or candidates with the problem and its reason."""
    content = lookup.content(version.law_id, address)
    if content is None and address.unit == "条" and not address.sub:
        address = replace(address, unit="条目")  # 刑法修正案（八）第三条 is its point 三、
        content = lookup.content(version.law_id, address)
    if content is None:
        address = replace(address, unit="条")
        return [], NO_SUCH_ARTICLE, f"{version.law_id} has no {address.article}"
    law, law_id, unit = version.version.law, version.law_id, address.unit
    targets = [
        Target(law=law, law_id=law_id, address=replace(place, unit=unit), start=start, end=end)
        for place, start, end in find_part(content, address)
    ]
    if not targets:
        has = f"{address.article} has {len(paragraphs(content))} 款"
        return [], NO_SUCH_PART, f"{has} and no {address.part}"
    if len(targets) > 1:
        return targets, AMBIGUOUS, f"{address} stands in more than one 款"
    return targets, "", ""


def _elsewhere(
    address: Address, version: LawVersion, versions: Sequence[LawVersion], lookup: Lookup
) -> list[Target]:
    """Return the same address in the other versions of the law that have it."""
    found = list[Target]()
    for other in versions:
        if other.law_id != version.law_id and lookup.content(other.law_id, address) is not None:
            found += _find(address, other, lookup)[0]
    return found
