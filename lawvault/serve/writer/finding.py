"""The agent as the writer uses it: to look for law, and for the reports of its runs."""

import datetime

from lawvault.agent.nouns import Evidence
from lawvault.serve.agent.contract import EvidenceAnswer, RunRecord, Wanted, new_run_id
from lawvault.serve.agent.following import Agent, begin, waited_for
from lawvault.serve.contract import ApiError

MAX_QUESTION = 2000
"""Characters of a question to the agent; a whole statement of facts is more than it asks about."""


class Finding:
    """Asks the agent, for many owners at once."""

    def __init__(self, agent: Agent) -> None:
        """Take what calls a method of `Runs`, wherever they are."""
        self._agent = agent

    async def find(self, owner: str, question: str, as_of: datetime.date | None) -> list[Evidence]:
        """Return what a run of the agent finds; it is stopped if nobody waits for it any more.

        Raises:
            ApiError: there is no agent, or it cannot search.
        """
        run_id = new_run_id()
        wanted = Wanted(question=question[:MAX_QUESTION], as_of=as_of)
        await begin(self._agent, owner, run_id, wanted)
        record = await waited_for(self._agent, owner, run_id)
        if record.state == "failed":
            message = f"智能搜材没有完成（{record.stop_reason}），请稍后重试或自选材料"
            raise ApiError(503, "search_failed", message)
        found: EvidenceAnswer = await self._agent("evidence", owner, run_id)
        return found.data

    async def report(self, owner: str, run_id: str) -> tuple[str, str]:
        """Return the Markdown of a run's report, and the question.

        Raises:
            ApiError: there is no such run (404), or it has no report (409).
        """
        record: RunRecord = await self._agent("get", owner, run_id)
        if not record.report or not record.report.markdown:
            raise ApiError(409, "no_report", "这次检索没有报告", "run")
        return record.report.markdown, record.question
