"""The condition of a sentence that is another article's than the one it cites."""

from collections.abc import Sequence

from lawvault.law.kept import KeptLookup
from lawvault.law.normal import Span
from lawvault.law.resolve import Target
from lawvault.proof.support import condition


def of_another(
    words: str, cited: Sequence[Target], sources: Sequence[str], lookup: KeptLookup
) -> tuple[Span, Target] | None:
    """Return a condition that exactly one other article of the law has, and that article.

    None where one of the two articles speaks of the other: then it may be told of either.

    Args:
        cited: the provisions the sentence cites, of one law.
        sources: their whole articles.
    """
    span = condition(words, sources)
    if span is None:
        return None
    law_id = cited[0].law_id
    holding = lookup.holding(words[slice(*span)], law_id)
    found = [target for target in holding if target.law_id == law_id]
    if len(found) != 1:
        return None
    other = found[0]
    content = lookup.content(law_id, other.address) or ""
    is_spoken_of = any((other.address.article or "-") in source for source in sources)
    if is_spoken_of or any((one.address.article or "-") in content for one in cited):
        return None
    return span, other
