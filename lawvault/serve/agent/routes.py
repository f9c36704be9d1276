"""The HTTP routes of the agent: runs to start, follow, stop and read again, and short answers.

They only translate; `agent(method, …)` calls a method of `Runs`, wherever those are.  A run that
answers with events goes on when its client leaves, and is resumed by its id and Last-Event-ID; one
that answers with JSON, like a short answer, is for the client that waits and stops with it.
"""

import re
from typing import Annotated

from fastapi import FastAPI, Header, Query, Request, Response
from pydantic import BaseModel

from lawvault.config.serve import ServeConfig
from lawvault.serve.agent.contract import (
    SPEAKS,
    AfterParameters,
    AskRequest,
    EvidenceAnswer,
    PageParameters,
    RunPage,
    RunRecord,
    RunRequest,
    Tail,
    Wanted,
    new_run_id,
)
from lawvault.serve.agent.following import Agent, attended_stream, begin, event_stream, waited_for
from lawvault.serve.agent.sse import EVENT_ID, MEDIA_TYPE, EventStream, seq_of
from lawvault.serve.answers import json_answer
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.inputs import check_text
from lawvault.serve.gate.admission import KEY_NAME

RUNS, RUN = "/v1/agent/runs", "/v1/agent/runs/{run_id}"
RUN_HEADER = "X-LawVault-Run"
_EVENT = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
}
EVENTS: dict[int | str, dict[str, object]] = {200: {"content": {MEDIA_TYPE: {"schema": _EVENT}}}}
"""How an answer of events is described."""

LastEventId = Annotated[str, Header(json_schema_extra={"pattern": f"^({EVENT_ID})?$"})]


def add_agent(app: FastAPI, agent: Agent, config: ServeConfig) -> None:
    """Add all routes about runs, and `/v1/ask`."""
    _add_start(app, agent, config)
    _add_records(app, agent)
    _add_events(app, agent)
    _add_ask(app, agent, config)


def owner_of(request: Request) -> str:
    """Return whose runs a request sees: its key's name, "" where no key is asked for."""
    return str(request.scope.get(KEY_NAME, ""))


def check_question(text: str, param: str, config: ServeConfig) -> None:
    """Refuse a question that is too long or says nothing: a run of it would cost, and find nothing.

    Raises:
        ApiError: 400, about the parameter `param`.
    """
    check_text(text, param, config)
    if not re.search(SPEAKS, text):
        raise ApiError(400, "empty_text", f"{param} 里没有文字，请写出要问的问题", param)


def _add_start(app: FastAPI, agent: Agent, config: ServeConfig) -> None:
    @app.post(
        RUNS,
        operation_id="start_run",
        response_model=RunRecord,
        responses={**EVENTS, 202: {"model": RunRecord}},
    )
    async def start(request: RunRequest, http: Request) -> Response:
        """Answer a question by a run: with its events, its record at its end, or its id at once."""
        check_question(request.question, "question", config)
        if request.stream and request.background:
            about = "stream 与 background 只能选一个：边做边看用 stream，事后再看用 background"
            raise ApiError(400, "invalid_value", about, "background")
        owner, run_id, wanted = owner_of(http), new_run_id(), Wanted.of(request)
        await begin(agent, owner, run_id, wanted)
        if not request.background and not _wants_events(request, http):
            return _json(await waited_for(agent, owner, run_id), run_id)
        if request.background:
            return _json(await agent("get", owner, run_id), run_id, status=202)
        return EventStream(event_stream(agent, owner, run_id), _headers(run_id))


def _add_records(app: FastAPI, agent: Agent) -> None:
    @app.get(RUNS, operation_id="list_runs", response_model=RunPage)
    async def page(http: Request, query: Annotated[PageParameters, Query()]) -> Response:
        """List one's runs, newest first, without their reports."""
        return _json(await agent("page", owner_of(http), query.before, query.limit))

    @app.get(RUN, operation_id="get_run", response_model=RunRecord)
    async def get(run_id: str, http: Request) -> Response:
        """Return a run, with its report once it has one."""
        return _json(await agent("get", owner_of(http), run_id))

    @app.get(
        RUN + "/evidence",
        operation_id="get_run_evidence",
        response_model=EvidenceAnswer,
    )
    async def evidence(run_id: str, http: Request) -> Response:
        """Return the articles that a run has found until now."""
        return _json(await agent("evidence", owner_of(http), run_id))

    @app.post(RUN + "/cancel", operation_id="cancel_run", response_model=RunRecord)
    async def cancel(run_id: str, http: Request) -> Response:
        """Stop a run within a second; what it has found is kept.  Again, nothing changes."""
        await agent("cancel", owner_of(http), run_id)
        return _json(await agent("get", owner_of(http), run_id))

    @app.delete(RUN, operation_id="delete_run", status_code=204)
    async def delete(run_id: str, http: Request) -> Response:
        """Remove a run and all that is kept of it; one that goes on is stopped."""
        await agent("delete", owner_of(http), run_id)
        return Response(status_code=204)


def _add_events(app: FastAPI, agent: Agent) -> None:
    @app.get(
        RUN + "/events",
        operation_id="follow_run",
        response_class=Response,
        responses={**EVENTS, 204: {"description": "The run is over, and nothing came after."}},
    )
    async def follow(
        run_id: str,
        http: Request,
        query: Annotated[AfterParameters, Query()],
        last_event_id: LastEventId = "",
    ) -> Response:
        """Follow a run, from its beginning or after the last event that is known, to its end."""
        owner = owner_of(http)
        after = seq_of(last_event_id, run_id) if last_event_id else query.after
        tail: Tail = await agent("follow", owner, run_id, after, 0.0)
        if tail.is_over and not tail.events:  # a browser would come back for ever
            return Response(status_code=204)
        return EventStream(event_stream(agent, owner, run_id, after=after), _headers(run_id))


def _add_ask(app: FastAPI, agent: Agent, config: ServeConfig) -> None:
    @app.post("/v1/ask", operation_id="ask_question", response_model=RunRecord, responses=EVENTS)
    async def ask(request: AskRequest, http: Request) -> Response:
        """Answer a question shortly, from one search; without an LLM, with what was found."""
        check_question(request.question, "question", config)
        owner, run_id = owner_of(http), new_run_id()
        await begin(agent, owner, run_id, Wanted.of(request))
        if not _wants_events(request, http):
            return _json(await waited_for(agent, owner, run_id), run_id)
        return EventStream(attended_stream(agent, owner, run_id), _headers(run_id))


def _wants_events(request: AskRequest, http: Request) -> bool:
    return request.stream or MEDIA_TYPE in http.headers.get("accept", "")


def _headers(run_id: str) -> dict[str, str]:
    return {RUN_HEADER: run_id}


def _json(answer: BaseModel, run_id: str = "", *, status: int = 200) -> Response:
    headers = _headers(run_id) if run_id else {}
    if status == 202:
        headers["Location"] = f"{RUNS}/{run_id}"
    return json_answer(answer, headers, status=status)
