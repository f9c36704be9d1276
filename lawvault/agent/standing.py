"""The law may change while a run goes on: its evidence, read again in the law that is served now.

A report is held against that law, so it must stand on that law's words, too.  What it has in other
words takes the place of what was found, what it has no more is no evidence any more, and the run
tells both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lawvault.agent.nouns import Corpus, Evidence, Found
from lawvault.proof.claims import Verified
from lawvault.proof.marking import citation_of

MAX_NAMED = 10
"""Articles that are named to people in one warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A report held against the law that is served now, all of it against one and the same.

    corpus: which law that is; None where nobody tells.  changed: the evidence that it has
    otherwise, as it has it.  gone: the evidence that it has no more, as it was found.
    """

    verified: Verified
    corpus: Corpus | None = None
    changed: tuple[Evidence, ...] = ()
    gone: tuple[Evidence, ...] = ()


def reread(evidence: Sequence[Evidence], found: Mapping[str, Found]) -> list[Evidence | None]:
    """Return every piece of evidence as a law has it, None where it has none of that id.

    Args:
        found: the articles of that law, by their ids.
    """
    return [_as_found(one, found.get(one.article_id)) for one in evidence]


def _as_found(one: Evidence, found: Found | None) -> Evidence | None:
    if found is None:
        return None
    return replace(
        one,
        law_id=found.law_id,
        law_name=found.law_name,
        article_number=found.article_number,
        content=found.content,
        status=found.status,
        effective_date=found.effective_date,
    )


def told(before: Corpus | None, held: Held) -> str:
    """Return for people from which day's law to which a run went over, and what that changes."""
    days = [one.as_of.isoformat() if one else "未知" for one in (before, held.corpus)]
    said = [f"数据截止日 {days[0]} → {days[1]}"]
    for words, articles in (("条文有变", held.changed), ("库中已无", held.gone)):
        if articles:
            names = "、".join(map(citation_of, articles[:MAX_NAMED]))
            more = f"等{len(articles)}条" if len(articles) > MAX_NAMED else ""
            said.append(f"{words}：{names}{more}")
    return "；".join(said)
