"""What the tests of drafting share: one scripted server, real law, and the events of a draft."""

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lawvault.errors import UpstreamError
from lawvault.models.llm import OpenAILlm
from lawvault.proof.claims import Verified, verify_report
from lawvault.proof.source import Source
from lawvault.writer.drafting.draft import draft
from lawvault.writer.drafting.prompts import load
from lawvault.writer.drafting.request import (
    DraftOutcome,
    DraftRequest,
    Limits,
    ReviseRequest,
    WriterTools,
)
from lawvault.writer.drafting.revise import revise
from lawvault.writer.grounds.materials import Material
from tests.law.test_citations import LABOUR, TEXTS, TODAY, StatuteBook
from tests.scripted_llm import Lines, Script, ScriptedServer, scripted

BOOK = StatuteBook()
TITLES = {
    "draft": "起草文书",
    "section": "撰写一节",
    "go_on": "接着写完",
    "repair": "改正段落",
    "revise": "修改选中部分",
}


async def verify(markdown: str, sources: Sequence[Source], asked: str) -> Verified:
    """Hold a text against the few laws of `tests.law.test_citations`."""
    return verify_report(markdown, (), sources, BOOK, TODAY, catalogue=BOOK.catalogue, asked=asked)


async def no_law(markdown: str, sources: Sequence[Source], asked: str) -> Verified:
    """Fail as a search does that is not there."""
    raise UpstreamError("the search cannot be reached")


async def slow_law(markdown: str, sources: Sequence[Source], asked: str) -> Verified:
    """Hold nothing against anything for an hour."""
    await asyncio.sleep(3600)
    raise AssertionError


def article(number: str, **others: Any) -> Material:
    """Return an article of the labour contract law as a material."""
    told: dict[str, Any] = {
        "id": f"lib-{number}",
        "kind": "article",
        "content": TEXTS[LABOUR].get(number, ""),
        "article_id": f"{LABOUR}:{number}",
        "law_id": LABOUR,
        "law_name": "中华人民共和国劳动合同法",
        "article_number": number,
        "status": "现行有效",
    }
    return Material(**(told | others))


REQUEST = DraftRequest(
    as_of=TODAY,
    instruction="写一份解除劳动合同通知书",
    facts="我叫张三，2024年3月5日入职明月公司，月工资8000元，公司拖欠三个月工资。",
    materials=(article("第三十八条"),),
)


@dataclass(frozen=True, kw_only=True)
class Written:
    """What came of a draft: its outcome and its events."""

    outcome: DraftOutcome
    events: list[tuple[str, dict[str, Any]]]
    server: ScriptedServer

    @property
    def text(self) -> str:
        """The draft."""
        return self.outcome.markdown

    @property
    def kinds(self) -> list[str]:
        """The kinds of its events."""
        return [kind for kind, _ in self.events]

    @property
    def codes(self) -> set[str]:
        """What it says of itself."""
        return {note.code for note in self.outcome.notes}

    @property
    def reasons(self) -> set[str]:
        """Why something is missing."""
        return {one.reason for one in self.outcome.missing}


class Writer:
    """Has drafts written by one scripted server, for many tests."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self._runner = asyncio.Runner()
        self._llms: dict[str, OpenAILlm] = {}

    def written(
        self,
        request: DraftRequest | ReviseRequest = REQUEST,
        says: Mapping[str, Lines] | None = None,
        *,
        stop_after: str = "",
        limits: Limits | None = None,
        law: Any = verify,
        **knobs: Any,
    ) -> Written:
        """Return what comes of a request.

        Args:
            says: what the server says, by phase.
            stop_after: a text; as soon as it has been told the draft is stopped.
            knobs: of the LLM's config.
        """
        self.server.script = Script(
            phases={TITLES[phase]: lines for phase, lines in (says or {}).items()}
        )
        self.server.ledger.clear()
        self.server._turns.clear()
        return self._runner.run(self._work(request, stop_after, limits or Limits(), law, knobs))

    async def _work(
        self,
        request: DraftRequest | ReviseRequest,
        stop_after: str,
        limits: Limits,
        law: Any,
        knobs: dict[str, Any],
    ) -> Written:
        config = self.server.config(**{"retries": 0, **knobs})
        if repr(config) not in self._llms:
            self._llms[repr(config)] = OpenAILlm(config)
        tools = WriterTools(
            llm=self._llms[repr(config)],
            prompts=load(),
            verify=law,
            context_tokens=config.context_tokens,
            output_tokens=config.output_tokens,
            limits=limits,
        )
        events = list[tuple[str, dict[str, Any]]]()

        async def emit(kind: str, data: dict[str, Any]) -> None:
            events.append((kind, json.loads(json.dumps(data))))
            if stop_after and stop_after in data.get("text", ""):
                asyncio.get_running_loop().call_soon(task.cancel)

        work = draft if isinstance(request, DraftRequest) else revise
        task = asyncio.create_task(work(request, tools, emit))  # type: ignore[operator]
        return Written(outcome=await task, events=events, server=self.server)

    def close(self) -> None:
        """Close every connection."""
        for llm in self._llms.values():
            self._runner.run(llm.close())
        self._runner.close()


@contextlib.contextmanager
def opened_writer() -> Iterator[Writer]:
    """Run a server and a writer while the block lasts."""
    with scripted(Script()) as server:
        writer = Writer(server)
        try:
            yield writer
        finally:
            writer.close()


def with_materials(*materials: Material, **others: Any) -> DraftRequest:
    """Return the request with other materials."""
    return replace(REQUEST, materials=materials, **others)
