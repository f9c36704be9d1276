"""Evidence as a prompt shows it, and as much of it as a small model can read.

Whole articles, the most wanted first; what does not fit is named, never lost in silence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Literal

from lawvault.agent.nouns import Evidence, Judgement
from lawvault.models.llm_reply import estimate_tokens
from lawvault.models.prompts import harmless
from lawvault.models.room import CUT
from lawvault.proof.marking import citation_of

_MARK = "｜"
_LEAST = 200  # tokens that a part of an article must have to be worth showing
_RELATIONS = {
    "exception": "例外",
    "definition": "定义",
    "penalty": "罚则",
    "application": "准用",
    "interprets": "解释",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """The evidence that a prompt shows, what of it is not whole, and what is left out, by id."""

    text: str
    shown: tuple[Evidence, ...]
    cut: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def missing(self) -> Iterator[tuple[Literal["left_out", "cut"], tuple[str, ...]]]:
        """What the prompt does not show of the evidence, and which ids are meant."""
        if self.left_out:
            yield "left_out", self.left_out
        if self.cut:
            yield "cut", self.cut


def packed(evidence: Sequence[Evidence], tokens: int) -> Packed:
    """Return as many whole articles as fit into so many tokens, in their order.

    Only if not even the first fits, its beginning is shown.
    """
    texts, shown, cut, left_out = list[str](), list[Evidence](), list[str](), list[str]()
    for one in evidence:
        text = entry(one)
        if estimate_tokens(text) > tokens and not shown and tokens >= _LEAST:
            content = one.content[: tokens - estimate_tokens(_heading(one)) - len(CUT) - 1]
            text = entry(replace(one, content=content + CUT))
            cut.append(one.id)
        if estimate_tokens(text) > tokens:
            left_out.append(one.id)
            continue
        tokens -= estimate_tokens(text) + 1
        texts.append(text)
        shown.append(one)
    return Packed(
        text="\n\n".join(texts), shown=tuple(shown), cut=tuple(cut), left_out=tuple(left_out)
    )


def entry(one: Evidence) -> str:
    """Return one article as a prompt shows it, its id first.

    The mark behind the id is ours alone, so that no article can pretend to be another.
    """
    content = harmless(one.content.strip()).replace(_MARK, "|")
    return f"{_heading(one)}\n{content}"


def _heading(one: Evidence) -> str:
    told = [one.status, f"{one.effective_date}起施行" if one.effective_date else ""]
    told += dict.fromkeys(_RELATIONS.get(trace.kind, "") for trace in one.traces)
    return harmless(f"{one.id}{_MARK}{citation_of(one)}（{'，'.join(filter(None, told))}）")


def most_wanted(
    evidence: Sequence[Evidence], judgements: Sequence[Judgement]
) -> tuple[Evidence, ...]:
    """Return the evidence, what supports an answer first, each sub-question in its turn."""
    known = {one.id: one for one in evidence}
    supports = [[i for i in one.supports if i in known] for one in judgements]
    found: dict[str, list[str]] = {}
    for one in evidence:
        for question_id in dict.fromkeys(trace.question_id for trace in one.traces):
            found.setdefault(question_id, []).append(one.id)
    order = dict.fromkeys([*_in_turn(supports), *_in_turn(list(found.values())), *known])
    return tuple(known[name] for name in order)


def _in_turn(groups: Sequence[Sequence[str]]) -> Iterator[str]:
    return (name for name in chain(*zip_longest(*groups)) if name is not None)
