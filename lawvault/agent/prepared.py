"""A prompt that fits the model: data cut, evidence packed, and a remark on all that had no room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lawvault.agent.nouns import Asked, Evidence
from lawvault.agent.packing import packed
from lawvault.agent.prompts import Phase
from lawvault.models.json_answer import JsonSchema
from lawvault.models.llm_reply import Message, estimate_tokens
from lawvault.models.prompts import Prompts
from lawvault.models.room import KEPT_FOR_AGAIN, cut, size_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that a run tells its reader about a step: what was left out, mended or dropped.

    kind: asked_again (`detail`: why); left_out and cut (of evidence, for which the prompt had no
    room; of other data `detail` names the slot); unknown_ids; trimmed (more was said than asked
    for); corrected (a verdict that its own evidence does not carry); without_evidence (claims).
    """

    phase: str
    kind: Literal[
        "asked_again",
        "left_out",
        "cut",
        "unknown_ids",
        "trimmed",
        "corrected",
        "without_evidence",
    ]
    ids: tuple[str, ...] = ()
    count: int = 1
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A prompt that fits: its turns, the evidence that it shows, tokens for the answer."""

    phase: Phase
    messages: tuple[Message, ...]
    shown: tuple[Evidence, ...]
    max_tokens: int
    cut: frozenset[str] = frozenset()  # slots whose data are not whole

    def is_whole(self, slot: str) -> bool:
        """Say whether all of a slot's data had room."""
        return slot not in self.cut

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that an answer may name."""
        return tuple(one.id for one in self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a model can read at once, and the prompts that are made for it.

    `context_tokens` and `output_tokens` are those of the LLM's config, `fence` is the word of the
    fences around data.
    """

    prompts: Prompts
    context_tokens: int
    output_tokens: int
    fence: str

    def prepared(
        self,
        phase: Phase,
        asked: Asked | None,
        data: Mapping[str, str],
        *,
        answer: int,
        evidence: Sequence[Evidence] = (),
        schema: JsonSchema | None = None,
    ) -> tuple[Prepared, list[Remark]]:
        """Return the prompt of a phase and what had no room in it.

        Args:
            asked: the question and its day.
            data: texts by slot, without the question and the evidence.
            answer: tokens wanted for the answer; it gets no more than a third of the window.
            evidence: the most wanted first; it gets at least half of the room there is.
        """
        texts = dict(data) | ({"question": asked.text} if asked else {})
        day = asked.as_of.isoformat() if asked else ""
        shape = schema.text if schema else ""
        max_tokens = max(1, min(answer, self.output_tokens, self.context_tokens // 3))
        bare = self.prompts.messages(phase, {}, fence=self.fence, day=day, schema=shape)
        room = self.context_tokens - max_tokens - KEPT_FOR_AGAIN - size_of(bare)
        texts, remarks = _cut(phase, texts, room // 2 if evidence else room)
        kept = packed(evidence, room - sum(map(estimate_tokens, texts.values())))
        remarks += [
            Remark(phase=phase, kind=kind, ids=ids, count=len(ids)) for kind, ids in kept.missing
        ]
        messages = self.prompts.messages(
            phase, texts | {"evidence": kept.text}, fence=self.fence, day=day, schema=shape
        )
        prepared = Prepared(
            phase=phase,
            messages=tuple(messages),
            shown=kept.shown,
            max_tokens=max_tokens,
            cut=frozenset(one.detail for one in remarks if one.detail),
        )
        return prepared, remarks


def _cut(
    phase: Phase, texts: Mapping[str, str], tokens: int
) -> tuple[dict[str, str], list[Remark]]:
    kept, short = cut(texts, tokens)
    return kept, [Remark(phase=phase, kind="cut", detail=slot) for slot in short]
