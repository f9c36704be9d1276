"""What a chat shows while a run works: its events as lines of Chinese, harmless in any client.

The draft of a report is counted and not shown: only what was checked is said as the answer.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lawvault.agent.listing import STOPS

STATUSES = {
    "sufficient": "依据充分",
    "partial": "依据部分充分",
    "insufficient": "依据不足",
    "false_premise": "前提与法律不符",
}
EVERY_CHARS = 300
"""Of a draft between two lines that say how long it is."""
_INERT = str.maketrans({"<": "＜", "\n": " ", "\r": " "})


class Thoughts:
    """The lines of one run, event by event."""

    def __init__(self) -> None:
        self._questions: dict[str, str] = {}
        self._hits = self._followed = self._drafted = self._said = 0

    def of(self, event: Mapping[str, Any]) -> list[str]:
        """Return the lines that an event adds, without line ends."""
        kind, data = event["kind"], event["data"]
        reading = {
            "run.started": self._started,
            "plan": self._planned,
            "search.started": self._searching,
            "search.hit": self._hit,
            "reference.followed": self._hit,
            "judge": self._judged,
            "round.completed": self._rounded,
            "report.delta": self._drafting,
            "warning": self._noted,
            "degraded": self._noted,
        }.get(kind)
        return [line.translate(_INERT) for line in reading(data)] if reading else []

    def _started(self, data: Mapping[str, Any]) -> Iterator[str]:
        asked = data["asked"]
        yield f"问题：{asked['text'][:500]}"
        yield f"时效：{asked['as_of']}"

    def _planned(self, data: Mapping[str, Any]) -> Iterator[str]:
        for number, one in enumerate(data["questions"], start=1):
            self._questions[one["id"]] = one["text"]
            yield f"子问题{number}：{one['text']}"

    def _searching(self, data: Mapping[str, Any]) -> Iterator[str]:
        yield f"检索：{data['query']}"

    def _hit(self, data: Mapping[str, Any]) -> Iterator[str]:
        if "article" in data:
            self._hits += 1
            self._followed += data["trace"]["how"] == "reference"
        yield from ()

    def _judged(self, data: Mapping[str, Any]) -> Iterator[str]:
        one = data["judgement"]
        about = self._questions.get(one["question_id"], one["question_id"])
        yield f"判断：{about}——{STATUSES.get(one['status'], one['status'])}"
        if one["missing"]:
            yield f"尚缺：{'；'.join(one['missing'])}"

    def _rounded(self, data: Mapping[str, Any]) -> Iterator[str]:
        followed = f"，其中沿引用找到 {self._followed} 条" if self._followed else ""
        yield f"第 {data['round']} 轮：共找到 {self._hits} 条法条{followed}"

    def _drafting(self, data: Mapping[str, Any]) -> Iterator[str]:
        if data.get("replaces"):
            return
        self._drafted += len(data["text"])
        if self._drafted - self._said >= EVERY_CHARS or not self._said:
            self._said = self._drafted
            yield f"正在撰写：{self._drafted} 字"

    def _noted(self, data: Mapping[str, Any]) -> Iterator[str]:
        yield f"注意：{data['message']}"


def reason_for(stop_reason: str) -> str:
    """Return why a run ended, for people."""
    return next((text for name, text in STOPS.items() if name == stop_reason), stop_reason)
