"""A real OpenAI-compatible HTTP server that says what a script says, and fails as it says.

    script = Script(phases={"拆解": Say('{"a": 1}'), "判断": [Say("…"), Fault.cut(40)]})
    with scripted(script) as server:
        llm = OpenAILlm(server.config())
        …
    assert [asked.phase for asked in server.ledger] == ["拆解", "判断"]

A phase is chosen by words of the system prompts; what no phase claims gets the next of `replies`.
One `Say` answers for ever, a list is used up, and then the server answers 500 `script is used up`.
A function of the request's body may stand for a `Say`: an LLM that answers what it was shown.

The ledger keeps every request with its body and sees when its client closes the connection.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import uvicorn

from lawvault.config.llm import LlmConfig

MODEL = "scripted"
FOREVER = 3600.0


@dataclass(frozen=True, kw_only=True)
class _Wire:
    """How an answer goes over the wire."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0  # before the headers
    pause_s: float = 0  # before each write
    cut_after: int | None = None  # bytes of the body, then the connection breaks
    hang_after: int | None = None  # bytes of the body, then nothing more comes
    split_at: Sequence[int] = ()  # byte offsets of the body at which a new write begins
    split_every: int = 0  # bytes of a write


@dataclass(frozen=True)
class Say(_Wire):
    """One answer: its words, and how they come.

    `pieces` (else: three characters each) are the deltas of `text` when the client wants a stream;
    `body` replaces everything by raw bytes; `chunks` replaces the data of the stream's events.
    `usage`: None leaves it out; "real" counts characters.
    """

    text: str = ""
    thinking: str = field(default="", kw_only=True)
    thinking_field: str = field(default="reasoning_content", kw_only=True)
    pieces: Sequence[str] | None = field(default=None, kw_only=True)
    finish: str | None = field(default="stop", kw_only=True)
    usage: Any = field(default="real", kw_only=True)
    model: str = field(default=MODEL, kw_only=True)
    done: bool = field(default=True, kw_only=True)  # whether [DONE] comes
    newline: str = field(default="\n", kw_only=True)
    chunks: Sequence[Any] | None = field(default=None, kw_only=True)
    body: bytes | None = field(default=None, kw_only=True)
    content_type: str = field(default="text/event-stream", kw_only=True)
    endless: bool = field(default=False, kw_only=True)  # the pieces again and again


class Fault:
    """Answers that are wrong, by name."""

    @staticmethod
    def status(code: int, error: Any = None, **headers: str) -> Say:
        """An error of the API: `error` is the object that stands in its body."""
        body = json.dumps({"error": error or {"message": f"fault {code}", "type": "fault"}})
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Say(status=code, headers=named, body=body.encode(), content_type="application/json")

    @staticmethod
    def rate(retry_after: str = "") -> Say:
        headers = {"retry_after": retry_after} if retry_after else {}
        return Fault.status(429, {"message": "slow down", "code": "rate_limit_exceeded"}, **headers)

    @staticmethod
    def quota() -> Say:
        return Fault.status(429, {"message": "pay first", "code": "insufficient_quota"})

    @staticmethod
    def page(code: int = 502) -> Say:
        """A page of a proxy."""
        return Say(status=code, body=b"<html>Bad Gateway</html>", content_type="text/html")

    @staticmethod
    def content(content: Any, *, finish: str = "stop", **delta: Any) -> Say:
        """One chunk with any content: None, a list, or with a refusal=…"""
        choice = {"index": 0, "delta": {"content": content, **delta}, "finish_reason": finish}
        return Say(chunks=[{"model": MODEL, "choices": [choice]}])

    @staticmethod
    def no_choices() -> Say:
        return Say(chunks=[{"model": MODEL, "choices": []}])

    @staticmethod
    def refusal(words: str = "I cannot help with that") -> Say:
        return Fault.content(None, refusal=words)

    @staticmethod
    def filtered() -> Say:
        return Say("…", finish="content_filter")

    @staticmethod
    def length(text: str = "还没有说完") -> Say:
        return Say(text, finish="length")

    @staticmethod
    def silence() -> Say:
        """Not even headers."""
        return Say(wait_s=FOREVER)

    @staticmethod
    def headers_only() -> Say:
        return Say("…", hang_after=0)

    @staticmethod
    def drip(text: str = "慢" * 300, *, pause_s: float = 1.0) -> Say:
        """One byte a second."""
        return Say(text, split_every=1, pause_s=pause_s)

    @staticmethod
    def never_done(text: str = "说完了") -> Say:
        """All of the answer, no [DONE], and the connection stays open."""
        return Say(text, done=False, hang_after=1 << 30)

    @staticmethod
    def cut(after: int, text: str = "说到一半就断了") -> Say:
        return Say(text, cut_after=after)

    @staticmethod
    def endless(text: str = "又来一遍。", *, pause_s: float = 0) -> Say:
        return Say(text, endless=True, pause_s=pause_s)

    @staticmethod
    def huge(size: int = 64 << 20) -> Say:
        """One event that does not end within `size` bytes."""
        return Say(body=b"data: " + b"x" * size)


Answering = Say | Callable[[dict[str, Any]], Say]
Lines = Answering | Sequence[Answering]
USED_UP = Fault.status(500, {"message": "script is used up"})


@dataclass(frozen=True)
class Script:
    """What the server says: by words of the system prompt, else in turn."""

    replies: Lines = ()
    phases: Mapping[str, Lines] = field(default_factory=dict)


@dataclass
class Asked:
    """One request as it came, and what became of it; times as of `time.monotonic`."""

    body: dict[str, Any]
    headers: dict[str, str]
    phase: str  # the words that chose it; empty: none did
    at: float
    ended_at: float | None = None  # all was said
    closed_at: float | None = None  # the client closed the connection before that
    is_told: bool = False  # the last words are on their way

    @property
    def system(self) -> str:
        """All system prompts, joined."""
        return "\n".join(t["content"] for t in self.body["messages"] if t["role"] == "system")

    @property
    def user(self) -> str:
        """The last turn of the user."""
        turns = [t["content"] for t in self.body["messages"] if t["role"] == "user"]
        return turns[-1] if turns else ""


class ScriptedServer:
    """The server while it runs."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.url = ""  # ends with /v1
        self.ledger: list[Asked] = []
        self.used_up = 0  # requests for which nothing was left to say
        self.most_at_once = 0
        self._lock = threading.Lock()
        self._turns: dict[str, int] = {}

    @property
    def open(self) -> list[Asked]:
        """Requests that are neither answered nor given up."""
        return [a for a in self.ledger if a.ended_at is None and a.closed_at is None]

    def config(self, **knobs: Any) -> LlmConfig:
        """Return a config that asks this server, with short deadlines unless `knobs` say more."""
        defaults: dict[str, Any] = {"base_url": self.url, "model": MODEL}
        defaults |= {"timeout_s": 10.0, "first_byte_s": 5.0, "idle_s": 5.0}
        return LlmConfig(**(defaults | knobs))

    def wait_closed(self, number: int = -1, seconds: float = 5.0) -> float:
        """Return when the client of a request closed its connection, as soon as it has."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            closed = self.ledger[number].closed_at
            if closed is not None:
                return closed
            time.sleep(0.005)
        raise AssertionError("the client keeps its connection open")

    def wait_asked(self, count: int = 1, seconds: float = 5.0) -> None:
        """Return once so many requests have come."""
        until = time.monotonic() + seconds
        while len(self.ledger) < count:
            assert time.monotonic() < until, f"only {len(self.ledger)} requests came"
            time.sleep(0.005)

    def next(self, body: dict[str, Any], headers: dict[str, str]) -> tuple[Asked, Say]:
        """Note a request and return what is to be said to it."""
        asked = Asked(body=body, headers=headers, phase="", at=time.monotonic())
        asked.phase = next((words for words in self.script.phases if words in asked.system), "")
        lines = self.script.phases.get(asked.phase, self.script.replies)
        with self._lock:
            self.ledger.append(asked)
            untold = [one for one in self.open if not one.is_told]
            self.most_at_once = max(self.most_at_once, len(untold))
            turn = self._turns.get(asked.phase, 0)
            self._turns[asked.phase] = turn + 1
        if isinstance(lines, Sequence):
            if turn >= len(lines):
                self.used_up += 1
                return asked, USED_UP
            lines = lines[turn]
        return asked, lines if isinstance(lines, Say) else lines(body)


@contextlib.contextmanager
def scripted(script: Script) -> Iterator[ScriptedServer]:
    """Run a server on a free port of this machine while the block lasts."""
    server = ScriptedServer(script)
    config = uvicorn.Config(
        _application(server),
        port=0,
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_keep_alive=60,
    )
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run, daemon=True)
    thread.start()
    while not runner.started:
        assert thread.is_alive()
        time.sleep(0.002)
    port = runner.servers[0].sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield server
    finally:
        runner.should_exit = runner.force_exit = True
        thread.join(timeout=10)


def _application(server: ScriptedServer) -> Callable[..., Any]:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        raw, more = b"", True
        while more:
            message = await receive()
            raw, more = raw + message.get("body", b""), message.get("more_body", False)
        if scope["path"] != "/v1/chat/completions" or scope["method"] != "POST":
            await _respond(Fault.status(404), {}, send)
            return
        body = json.loads(raw)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        asked, say = server.next(body, headers)
        speaking = asyncio.create_task(_respond(say, body, _watched(send, asked)))
        leaving = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({speaking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if speaking.done() and not speaking.exception():
                asked.ended_at = time.monotonic()
            elif speaking.done():
                raise _Broken  # uvicorn then closes the connection without an end
            else:
                asked.closed_at = time.monotonic()
        finally:
            speaking.cancel()
            leaving.cancel()
            await asyncio.gather(speaking, leaving, return_exceptions=True)

    return application


def _watched(send: Any, asked: Asked) -> Any:
    """Note when the last words go out: a client that has them may ask again before we are done."""

    async def noting(message: dict[str, Any]) -> None:
        body = message.get("body", b"")
        if b"[DONE]" in body or not message.get("more_body", True):
            asked.is_told = True
        await send(message)

    return noting


class _Broken(Exception):
    """The script wants the connection to break."""


async def _disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _respond(say: Say, body: dict[str, Any], send: Any) -> None:
    await asyncio.sleep(say.wait_s)
    kind = say.content_type
    if say.body is None and not body.get("stream"):
        kind = "application/json"
    headers = {"content-type": kind, **say.headers}
    start = {"type": "http.response.start", "status": say.status}
    await send(start | {"headers": [(k.encode(), v.encode()) for k, v in headers.items()]})
    sent = 0
    async for chunk in _writes(say, _parts(say, body)):
        if say.hang_after is not None and sent + len(chunk) > say.hang_after:
            chunk = chunk[: say.hang_after - sent]
        if say.cut_after is not None and sent + len(chunk) >= say.cut_after:
            await send(_body(chunk[: say.cut_after - sent]))
            raise _Broken
        await send(_body(chunk))
        sent += len(chunk)
        if say.hang_after == sent:
            break
    if say.hang_after is not None:
        await asyncio.sleep(FOREVER)
    await send({"type": "http.response.body", "body": b""})


def _body(chunk: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": chunk, "more_body": True}


async def _writes(say: Say, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the parts split as the script wants, with its pauses; else each as it is."""
    cuts, place = sorted(say.split_at), 0
    for part in parts:
        ends = {cut - place for cut in cuts if place < cut < place + len(part)} | {len(part)}
        if say.split_every:
            ends |= set(range(say.split_every, len(part), say.split_every))
        start = 0
        for end in sorted(ends):
            await asyncio.sleep(say.pause_s)
            yield part[start:end]
            start = end
        place += len(part)


def _parts(say: Say, body: dict[str, Any]) -> Iterator[bytes]:
    """Yield what is written: a JSON body in one part, a stream event by event."""
    if say.body is not None:
        yield from (say.body[at : at + 65_536] for at in range(0, len(say.body), 65_536))
        return
    if not body.get("stream"):
        yield json.dumps(_whole(say, body)).encode()
        return
    end = say.newline * 2
    for chunk in _chunks(say, body) if say.chunks is None else say.chunks:
        data = chunk if isinstance(chunk, str) else json.dumps(chunk, ensure_ascii=False)
        yield f"data: {data}{end}".encode()
    if say.done:
        yield f"data: [DONE]{end}".encode()


def _chunks(say: Say, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    common = {"id": "c1", "object": "chat.completion.chunk", "model": say.model}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**common, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": ""})
    for words in _split(say.thinking):
        yield chunk({say.thinking_field: words})
    while True:
        for words in say.pieces if say.pieces is not None else _split(say.text):
            yield chunk({"content": words})
        if not say.endless:
            break
    if say.finish is not None:
        yield chunk({}, say.finish)
    if say.usage is not None and body.get("stream_options", {}).get("include_usage"):
        yield {**common, "choices": [], "usage": _usage(say, body)}


def _split(text: str) -> list[str]:
    return [text[at : at + 3] for at in range(0, len(text), 3)]


def _whole(say: Say, body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a client that does not stream."""
    message = {"role": "assistant", "content": say.text}
    if say.thinking:
        message[say.thinking_field] = say.thinking
    choice = {"index": 0, "message": message, "finish_reason": say.finish}
    whole = {"id": "c1", "object": "chat.completion", "model": say.model, "choices": [choice]}
    return whole if say.usage is None else whole | {"usage": _usage(say, body)}


def _usage(say: Say, body: dict[str, Any]) -> Any:
    if say.usage != "real":
        return say.usage
    prompt = sum(len(turn["content"]) for turn in body["messages"])
    spoken = len(say.text) + len(say.thinking)
    return {"prompt_tokens": prompt, "completion_tokens": spoken, "total_tokens": prompt + spoken}


def unstreamed(say: Say) -> Say:
    """Return the answer of a server that does not stream although it was asked to."""
    body = json.dumps(_whole(replace(say, usage=None), {})).encode()
    return replace(say, body=body, content_type="application/json")
