"""The application `writer`: keeps what people keep, writes drafts, makes and checks files."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lawvault.config.llm import LlmConfig
from lawvault.models.llm import build_llm
from lawvault.serve.apps.on_ray import App, bound
from lawvault.serve.production import CLASSES
from lawvault.serve.writer.replica import Replica
from lawvault.store.database import Database


class WriterArgs(BaseModel):
    """What a replica of `writer` is given.  Its secrets, if any, are in its environment.

    store: URL of the user store.  max_drafts: that a replica writes at once.
    """

    model_config = ConfigDict(extra="forbid")
    store: str
    llm: LlmConfig
    max_drafts: int = Field(ge=1, default=50)


class Writers(Replica):
    """A replica that asks the other applications."""

    def __init__(self, args: WriterArgs) -> None:
        search, agent = App("search", CLASSES["search"]), App("agent", CLASSES["agent"])

        async def law(method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
            return await search.call("write", method, *given)

        super().__init__(
            Database.open(args.store),
            law=law,
            agent=agent.call,
            llm=build_llm(args.llm),
            config=args.llm,
            max_drafts=args.max_drafts,
        )
        # Serve awaits it before it takes the replica away; of the class, Python would call it, too.
        self.__del__ = self.close


def build(args: WriterArgs) -> Any:  # noqa: ANN401 - Ray
    """Return the application, as `serve deploy` asks for it."""
    return bound(Writers, args)
