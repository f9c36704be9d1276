"""What is asked of the writer, what it works with, and what comes of it."""

import datetime
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lawvault.errors import LawVaultError
from lawvault.models.door import LlmCall
from lawvault.models.llm import Llm
from lawvault.models.prompts import Prompts
from lawvault.proof.claims import Verified
from lawvault.proof.source import Source
from lawvault.writer.drafting.notes import Note
from lawvault.writer.grounds.materials import Dropped, Material, Used
from lawvault.writer.templates.template import Template

Kind = Literal[
    "draft.started",
    "materials",
    "section.started",
    "draft.delta",
    "citation.verified",
    "warning",
    "degraded",
    "draft.completed",
    "draft.stopped",
    "draft.failed",
]
Emit = Callable[[Kind, dict[str, Any]], Awaitable[None]]
"""Takes one event of a draft, data as JSON has it; called for one event at a time, in order."""

Verify = Callable[[str, Sequence[Source], str], Awaitable[Verified]]
"""Holds Markdown against the law: `lawvault.proof.claims.verify_report`, out of the way.

Takes the Markdown, the provisions it may cite as [m3], and what the user told; raises
`UpstreamError` where the law cannot be looked up.
"""

State = Literal["done", "stopped", "failed"]
StopReason = Literal[
    "written", "cut", "cancelled", "llm_error", "deadline", "max_llm_calls", "max_tokens"
]


class NeedsLlm(LawVaultError):
    """Drafting was asked for, and there is no LLM."""

    def __init__(self) -> None:
        super().__init__(
            "起草和修改文稿需要大模型，而本服务还没有接入，请联系管理员。"
            "不用大模型也可以：按模板填写表单生成文书、管理材料、检索法条、导出 Word、核验引用。"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one draft may spend."""

    max_llm_calls: int = 60
    max_tokens: int = 1_000_000  # of all prompts and answers together
    deadline_s: float = 600.0
    reserve: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterTools:
    """What drafts work with; many share it.

    `context_tokens` and `output_tokens` are those of the LLM's config.
    """

    llm: Llm | None
    prompts: Prompts
    verify: Verify
    context_tokens: int = 32_768
    output_tokens: int = 4096
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRequest:
    """A draft to be written: by a template or freely, from facts and materials.

    `values` are the answers to the template's form, by slot or section id; `facts` are told in
    free words; materials come in the order of their weight.

    Raises:
        ValueError: there is neither a template nor an instruction.
    """

    as_of: datetime.date
    instruction: str = ""
    facts: str = ""
    template: Template | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    materials: tuple[Material, ...] = ()

    def __post_init__(self) -> None:
        if self.template is None and not self.instruction.strip():
            raise ValueError("请选择模板，或写明要起草什么（instruction）")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseRequest:
    """A draft to be changed as the instruction says.

    `selection` is the part that may change: markdown[start:end], the words of a heading (with all
    that stands below it), or None for everything.
    """

    markdown: str
    instruction: str
    as_of: datetime.date
    selection: tuple[int, int] | str | None = None
    facts: str = ""
    materials: tuple[Material, ...] = ()

    def __post_init__(self) -> None:
        if not self.instruction.strip():
            raise ValueError("请写明要怎样修改（instruction）")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something that the draft lacks, and the words around its blank.

    reason: `required`, a slot of the template was not told; `not_told`, the LLM wrote something
    that nobody told; `left_blank`, it left the blank itself; `unwritten`, a section.
    """

    label: str
    reason: Literal["required", "not_told", "left_blank", "unwritten"]
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Lines that are others now: old[old_start:old_end] became new[new_start:new_end]."""

    old_start: int  # lines, from 0
    old_end: int
    new_start: int
    new_end: int
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOutcome:
    """A draft as far as it came.

    `counts` are the verdicts on its citations and faulty sentences; `prompts` the versions of all
    prompts; `changes` are those of a revision.
    """

    markdown: str
    state: State
    stop_reason: StopReason
    missing: tuple[Missing, ...]
    used: tuple[Used, ...]
    dropped: tuple[Dropped, ...]
    counts: Mapping[str, int]
    notes: tuple[Note, ...]
    usage: Mapping[str, float]
    calls: tuple[LlmCall, ...]
    prompts: Mapping[str, str]
    changes: tuple[Change, ...] = ()
