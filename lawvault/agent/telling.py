"""How a run tells what happens: every event is told whole, and its own story is read from them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from lawvault.agent.nouns import Kind
from lawvault.agent.replay import Story, plain

log = logging.getLogger(__name__)
Emit = Callable[[Kind, dict[str, Any]], Awaitable[None]]
"""Takes one event of a run, data as JSON has it; called for one event at a time, in order."""

NOTES = {
    "asked_again": "大模型的回答不合格，已要求重答一次",
    "as_of": "部分法律在所问日期的文本未收录，结果可能不完整",
    "beyond_corpus": "所问日期晚于法律库的数据截止日，其后的立法和修改未收录；截止日",
    "budget": "预算已尽，部分步骤未能完成",
    "citation_not_found": "库中没有所引条文",
    "claims_failed": "大模型未能给出可用的结论，以下仅列出检索到的法条",
    "corrected": "大模型的判断缺少证据支持，已改",
    "cut": "部分内容过长，只给大模型看了开头",
    "dense": "语义检索不可用，仅按关键词检索",
    "judge_failed": "大模型未能判断检索结果是否充分",
    "late": "逐词比对未能完成，部分法条仍按检索得分排列",
    "law_changed": "任务进行中法律库已更新，检索到的法条已按新库重新核对",
    "left_out": "部分法条超出大模型的容量，未给大模型看",
    "llm_error": "大模型不可用，其后各步不再使用大模型",
    "place_without_law": "未收录该地的地方性规定，仅检索全国性法律",
    "plan_failed": "大模型的拆解不可用，改用规则拆解",
    "prose_failed": "大模型未能写出可用的正文，以下由已核实的结论直接组成",
    "references": "条文的引用关系未能查到",
    "reread_failed": "检索到的法条未能重新核对，以检索时的内容为准",
    "repair_failed": "正文修订未成功，保留原文并标出问题",
    "search": "部分检索未能完成",
    "trimmed": "大模型给出的内容超出所需，多余部分已略",
    "unknown_ids": "大模型引用了不存在的证据编号，已删去",
    "verify_failed": "引用未能核实，大模型的文字不予显示",
    "without_evidence": "大模型的部分论点没有证据，已删去",
    "words": "关键词检索不可用，仅按语义检索",
}
"""What each code of a warning or degradation says to people."""


class Telling:
    """Tells the events of one run, and knows what they have told.

    An event that was begun is told to its end, also when the run is cancelled meanwhile, so that
    none is lost and none is told twice; then the run ends.
    """

    def __init__(self, emit: Emit) -> None:
        self.story = Story()
        self._emit = emit
        self._noted: set[tuple[str, str]] = set()

    async def __call__(self, kind: Kind, **data: object) -> None:
        """Tell one event."""
        told = plain(data)
        self.story.take(kind, told)
        await _whole(self._emit(kind, told))

    async def note(
        self, kind: Literal["warning", "degraded"], code: str, about: str = "", **facts: object
    ) -> None:
        """Tell what was not as planned, each once a run; `about` names it for people."""
        if (code, about) in self._noted:
            return
        self._noted.add((code, about))
        said = NOTES.get(code, code)
        message = f"{said}：{about}" if about else said
        await self(kind, code=code, message=message, **facts)


async def _whole(work: Awaitable[None]) -> None:
    """Wait until the work is done, whoever cancels meanwhile; then be cancelled."""
    task = asyncio.ensure_future(work)
    stopped: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            stopped = error
    if stopped is None:
        task.result()
        return
    failure = None if task.cancelled() else task.exception()
    if failure:
        log.error("an event of a cancelled run could not be told: %s", failure)
    raise stopped
