"""The application `agent`: works on runs, keeps them in the store, asks search and the LLM."""

import asyncio
import functools
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lawvault.agent.run import limits_of
from lawvault.config.agent import AgentConfig
from lawvault.config.llm import LlmConfig
from lawvault.errors import IntegrityError
from lawvault.models.llm import build_llm
from lawvault.serve.agent.contract import EvidenceAnswer, RunPage, RunRecord, Tail, Wanted
from lawvault.serve.agent.library import ServedLibrary
from lawvault.serve.agent.runs import Runs
from lawvault.serve.agent.work import Worker, tools_of
from lawvault.serve.apps.on_ray import App, bound
from lawvault.serve.production import CLASSES
from lawvault.store.database import Database
from lawvault.store.runs import RunStore


class AgentArgs(BaseModel):
    """What a replica of `agent` is given.  Its secrets, if any, are in its environment.

    store: URL of the user store.  max_runs: that a replica works on at once.
    """

    model_config = ConfigDict(extra="forbid")
    store: str
    llm: LlmConfig
    agent: AgentConfig
    max_runs: int = Field(ge=1, default=100)


class Agents:
    """A replica: works on many runs at once."""

    def __init__(self, args: AgentArgs) -> None:
        search = App("search", CLASSES["search"])

        async def law(method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
            return await search.call("law", method, *given)

        library = ServedLibrary(
            lambda request: search.call("search", request),
            law,
            lambda query, article_ids: search.call("closeness", query, article_ids),
        )
        self._llm = build_llm(args.llm)
        tools = tools_of(args.agent, args.llm, self._llm, library=library, law=law)
        self._database = Database.open(args.store)
        limits = limits_of(args.agent)
        self._runs = Runs(
            RunStore(self._database),
            Worker(tools, law, limits),
            max_runs=args.max_runs,
            limits=limits,
            corpus=functools.partial(law, "corpus"),
        )
        # Serve awaits it before it takes the replica away; of the class, Python would call it, too.
        self.__del__ = self.close

    async def start(self, owner: str, run_id: str, wanted: Wanted) -> None:
        """Begin a run; see `Runs`, here and below."""
        await self._runs.start(owner, run_id, wanted)

    async def follow(self, owner: str, run_id: str, after: int, wait_s: float) -> Tail:
        """Return what happens next in a run."""
        return await self._runs.follow(owner, run_id, after, wait_s)

    async def get(self, owner: str, run_id: str) -> RunRecord:
        """Return a run."""
        return await self._runs.get(owner, run_id)

    async def page(self, owner: str, before: str, limit: int) -> RunPage:
        """Return an owner's runs."""
        return await self._runs.page(owner, before, limit)

    async def evidence(self, owner: str, run_id: str) -> EvidenceAnswer:
        """Return what a run has found."""
        return await self._runs.evidence(owner, run_id)

    async def cancel(self, owner: str, run_id: str) -> None:
        """Stop a run."""
        await self._runs.cancel(owner, run_id)

    async def delete(self, owner: str, run_id: str) -> None:
        """Remove a run."""
        await self._runs.delete(owner, run_id)

    async def stats(self) -> dict[str, float]:
        """Return how many runs this replica works on."""
        return {"runs_in_work": float(self._runs.in_work)}

    async def ready(self) -> str:
        """Return `ok`, or why runs cannot be kept."""
        return await self._runs.state()

    async def check_health(self) -> None:
        """Return if heartbeats and cancellations are looked after.

        Raises:
            IntegrityError: they are not; Serve replaces the replica.
        """
        if not self._runs.is_tended:
            raise IntegrityError("the runs are no longer looked after")

    async def close(self) -> None:
        """End all runs, with what they have found, and close what is open."""
        await self._runs.close()
        if self._llm:
            await self._llm.close()
        await asyncio.to_thread(self._database.close)


def build(args: AgentArgs) -> Any:  # noqa: ANN401 - Ray
    """Return the application, as `serve deploy` asks for it."""
    return bound(Agents, args)
