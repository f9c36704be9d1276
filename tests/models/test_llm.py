"""The client against a real server that fails in every way a server can."""

import asyncio
import contextlib
import json
import logging
import math
import pickle
import random
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lawvault.config.limits import checked
from lawvault.config.llm import LlmConfig
from lawvault.config.tree import Config
from lawvault.errors import ConfigError
from lawvault.models.json_answer import JsonSchema
from lawvault.models.llm import OpenAILlm, available, build_llm
from lawvault.models.llm_patience import Circuit
from lawvault.models.llm_reply import LlmError, Message, Reply, estimate_tokens
from tests.scripted_llm import MODEL, Fault, Say, Script, scripted, unstreamed

ASK = [Message(role="system", content="简短回答。"), Message(role="user", content="什么是彩礼？")]
WORDS = "婚约财产，<b>可以</b>请求返还😀。"
KEY = "sk-canary-2f6b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    enough: bool


SCHEMA = JsonSchema("verdict", Verdict)


def asked(server, *, schema=None, streamed=False, max_tokens=200, circuit=None, **knobs):
    """Return what one call gives: a reply, or the error, with its pieces where streamed."""

    async def call():
        llm = OpenAILlm(server.config(**knobs), first_pause_s=0.01, circuit=circuit)
        pieces = []
        try:
            if not streamed:
                return await llm.complete(ASK, schema=schema, max_tokens=max_tokens)
            async for piece in llm.stream(ASK, max_tokens=max_tokens):
                pieces.append(piece)
            return pieces
        except LlmError as error:
            return (pieces, error) if streamed else error
        finally:
            await llm.close()

    return asyncio.run(call())


def test_a_whole_answer_comes_with_thinking_apart_and_the_tokens_that_the_server_counts():
    with scripted(Script(Say(WORDS, thinking="想一想"))) as server:
        reply = asked(server)

    assert (reply.text, reply.thinking, reply.finish) == (WORDS, "想一想", "stop")
    assert (reply.completion_tokens, reply.usage_estimated) == (len(WORDS) + 3, False)
    assert reply.prompt_tokens == sum(len(turn.content) for turn in ASK)
    assert reply.model == MODEL
    assert 0 < reply.seconds < 5


def test_a_streamed_answer_ends_with_the_reply_and_its_pieces_are_its_text():
    with scripted(Script(Say(f"<think>想</think>{WORDS}"))) as server:
        pieces = asked(server, streamed=True)

    assert pieces[-1].kind == "end"
    assert pieces[-1].reply.text == WORDS
    assert "".join(piece.text for piece in pieces if piece.kind == "text") == WORDS
    assert "".join(piece.text for piece in pieces if piece.kind == "thinking") == "想"
    assert len(pieces) > 4


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_in_a_field_of_its_own_is_no_answer(field):
    with scripted(Script(Say("好", thinking="想", thinking_field=field))) as server:
        assert asked(server).thinking == "想"


def test_a_server_that_does_not_stream_is_read_too():
    with scripted(Script(unstreamed(Say(WORDS, thinking="想")))) as server:
        reply = asked(server)

    assert (reply.text, reply.thinking, reply.usage_estimated) == (WORDS, "想", True)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_bytes_may_be_split_anywhere(newline):
    with scripted(Script(Say(WORDS, split_every=1, newline=newline))) as server:
        assert asked(server).text == WORDS


def test_comments_a_missing_space_and_unknown_fields_do_no_harm():
    choice = {"index": 0, "delta": {"content": WORDS}, "finish_reason": "stop"}
    body = f": keep-alive\n\nevent: x\nid: 1\ndata:{json.dumps({'choices': [choice]})}\n\n"
    with scripted(Script(Say(body=body.encode()))) as server:
        assert asked(server).text == WORDS


def test_a_stream_cut_at_any_byte_is_the_same_answer_or_a_marked_failure():
    say = Say("<think>想</think>好的", pieces=["<thi", "nk>想</think>", "好的"], usage=None)
    length = 900
    with scripted(
        Script([Say(**{**_fields(say), "cut_after": n}) for n in range(length)])
    ) as server:
        outcomes = asyncio.run(_all(server, length))

    whole = [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, LlmError)]
    assert all(outcomes[n].text == "好的" for n in whole)
    assert all(o.kind == "cut" and o.paid for o in outcomes if isinstance(o, LlmError))
    assert 400 < whole[0] < length
    assert whole == list(range(whole[0], length))


def _fields(say):
    return {name: getattr(say, name) for name in say.__dataclass_fields__}


async def _all(server, count):
    """Return the outcomes of so many calls, one after the other."""
    llm, outcomes = OpenAILlm(server.config(retries=0)), []
    for _ in range(count):
        try:
            outcomes.append(await llm.complete(ASK, max_tokens=100))
        except LlmError as error:
            outcomes.append(error)
    await llm.close()
    return outcomes


@pytest.mark.parametrize(
    ("say", "kind", "requests"),
    [
        (Fault.status(401), "auth", 1),
        (Fault.status(403), "auth", 1),
        (Fault.status(402), "quota", 1),
        (Fault.quota(), "quota", 1),
        (Fault.rate(), "rate", 3),
        (Fault.rate("0"), "rate", 3),
        (Fault.rate("3600"), "rate", 1),
        (Fault.rate("soon"), "rate", 3),
        (Fault.rate("-1"), "rate", 3),
        (Fault.rate("9" * 400), "rate", 1),
        (Fault.rate("Thu, 01 Jan 1970 00:00:00 GMT"), "rate", 3),
        (Fault.status(500), "server", 3),
        (Fault.status(503), "server", 3),
        (Fault.status(529), "server", 3),
        (Fault.page(), "server", 3),
        (Fault.status(404), "protocol", 1),
        (Fault.status(307, location="http://127.0.0.1:9/v1"), "protocol", 1),
        (Fault.status(400, {"code": "context_length_exceeded", "message": "long"}), "overlong", 1),
        (Fault.status(400, {"type": "exceed_context_size_error"}), "overlong", 1),
        (Fault.status(400, {"code": "content_filter"}), "refused", 1),
        (Say(status=500, body=b"[" * 10_000), "server", 3),
        (Fault.page(200), "protocol", 1),
        (Fault.no_choices(), "cut", 1),
        (Fault.content(None), "empty", 1),
        (Fault.content(" \n"), "empty", 1),
        (Fault.content([{"type": "text", "text": "好"}]), "protocol", 1),
        (Fault.content(7), "protocol", 1),
        (Say(chunks=[{"choices": {"delta": 1}}]), "protocol", 1),
        (Say(chunks=[{"choices": [{"delta": "好"}]}]), "protocol", 1),
        (Say(chunks=["[1, 2]"]), "protocol", 1),
        (Say(chunks=["{"]), "protocol", 1),
        (Say(chunks=["[" * 100_000]), "protocol", 1),
        (Say(body=b"data: \xff\xfe\n\n"), "protocol", 1),
        (Say(chunks=[{"error": {"message": "x", "code": "insufficient_quota"}}]), "quota", 1),
        (Say(chunks=[{"error": "CUDA out of memory"}]), "server", 1),
        (Fault.refusal(), "refused", 1),
        (Fault.filtered(), "refused", 1),
        (Fault.length(), "cut", 1),
        (Say("说到一半", finish=None), "cut", 1),
        (Say("说到一半", finish=None, done=False), "cut", 1),
        (Fault.endless(), "overlong", 1),
        (Fault.huge(), "overlong", 1),
        (Say("<think>想不完"), "empty", 1),
    ],
    ids=lambda value: "",
)
def test_each_failure_has_its_kind_and_only_what_cost_nothing_is_asked_again(say, kind, requests):
    with scripted(Script(say)) as server:
        error = asked(server)

        assert isinstance(error, LlmError)
        assert (error.kind, len(server.ledger)) == (kind, requests)
        assert error.paid is (say.status == 200)


def test_a_server_that_comes_back_is_asked_again_after_the_time_it_names():
    def soon(body):
        return Fault.rate(format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True))

    with scripted(Script([Fault.rate("1"), Fault.page(), Say(WORDS)])) as server:
        assert asked(server).text == WORDS
        assert server.ledger[1].at - server.ledger[0].at >= 1
    with scripted(Script([soon, Say(WORDS)])) as server:
        assert asked(server).text == WORDS
        assert server.ledger[1].at - server.ledger[0].at >= 0.5


DEADLINE = 0.6


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    "say",
    [
        Fault.silence(),
        Fault.headers_only(),
        Fault.drip(),
        Say(WORDS, hang_after=400),
        Fault.endless(pause_s=0.05),
    ],
    ids=["silence", "headers only", "one byte a second", "hangs inside", "never ends"],
)
def test_a_server_without_end_is_left_within_the_deadline_and_a_second(say, streamed):
    with scripted(Script(say)) as server:
        start = time.monotonic()
        outcome = asked(server, streamed=streamed, timeout_s=DEADLINE, max_tokens=4000)
        seconds = time.monotonic() - start
        error = outcome[1] if streamed else outcome

        assert (error.kind, error.paid) == ("timeout", True)
        assert seconds < DEADLINE + 1
        server.wait_closed(seconds=1)


def test_the_first_byte_and_every_next_one_have_deadlines_of_their_own():
    with scripted(
        Script([Fault.headers_only(), Fault.silence(), Say(WORDS, hang_after=400)])
    ) as server:
        start = time.monotonic()
        errors = [asked(server, first_byte_s=0.2, idle_s=0.3) for _ in range(3)]

    assert [error.kind for error in errors] == ["timeout"] * 3
    assert errors[2].reply.text == WORDS[: len(errors[2].reply.text)] != ""
    assert time.monotonic() - start < 3


def test_an_answer_that_said_why_it_ends_is_whole_although_the_stream_goes_on():
    with scripted(Script(Say(WORDS, done=False, hang_after=1 << 30, usage=None))) as server:
        reply = asked(server)

    assert reply.text == WORDS
    assert reply.usage_estimated
    assert reply.seconds < 3


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": -3, "completion_tokens": 5},
        {"prompt_tokens": 10**12, "completion_tokens": 5},
        {"prompt_tokens": "9", "completion_tokens": True},
        {"prompt_tokens": math.nan, "completion_tokens": 5},
        "many",
    ],
)
def test_counts_that_cannot_be_are_replaced_by_an_estimate_that_says_so(usage):
    with scripted(Script(Say(WORDS, usage=usage))) as server:
        reply = asked(server)

    assert reply.usage_estimated
    assert 0 < reply.prompt_tokens < 100
    assert estimate_tokens(WORDS) / 2 < reply.completion_tokens < 2 * estimate_tokens(WORDS)


def test_another_model_than_the_one_asked_is_told_once_and_recorded(caplog):
    with scripted(Script(Say(WORDS, model="other"))) as server, caplog.at_level(logging.WARNING):
        outcomes = asyncio.run(_all(server, 3))

    assert [outcome.model for outcome in outcomes] == ["other"] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "LLM: other answers where scripted was asked"
    ]


@pytest.mark.parametrize("stage", ["silence", "headers", "text"])
@pytest.mark.parametrize("streamed", [False, True])
def test_cancelling_a_call_closes_its_connection_within_a_second(stage, streamed):
    says = {"silence": Fault.silence(), "headers": Fault.headers_only()}
    say = says.get(stage, Fault.endless(pause_s=0.02))

    async def cancelled(server):
        llm = OpenAILlm(server.config(concurrency=1))
        task = asyncio.create_task(
            _drained(llm) if streamed else llm.complete(ASK, max_tokens=4000)
        )
        await asyncio.to_thread(server.wait_asked)
        await asyncio.sleep(0.1)
        task.cancel()
        start = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        closed = await asyncio.to_thread(server.wait_closed)
        left = [other for other in asyncio.all_tasks() if other is not asyncio.current_task()]
        free = not llm._slots.locked()
        await llm.close()
        return closed - start, left, free

    with scripted(Script(say)) as server:
        seconds, left, free = asyncio.run(cancelled(server))

    assert seconds < 1
    assert left == []
    assert free


async def _drained(llm):
    async with contextlib.aclosing(llm.stream(ASK, max_tokens=4000)) as pieces:
        async for _ in pieces:
            pass


def test_many_clients_that_leave_at_any_moment_leave_nothing_behind():
    chance = random.Random(17)
    says = [Fault.silence(), Fault.headers_only(), Fault.endless(pause_s=0.02), Say(WORDS)]

    async def all_leave(server):
        llm = OpenAILlm(server.config(concurrency=40))
        calls = [asyncio.create_task(llm.complete(ASK, max_tokens=4000)) for _ in range(100)]
        for call in chance.sample(calls, len(calls)):
            await asyncio.sleep(0.01 * chance.random())
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.sleep(1)
        left = len(asyncio.all_tasks()) - 1
        await llm.close()
        return left, llm._slots._value

    with scripted(Script(lambda body: chance.choice(says))) as server:
        assert asyncio.run(all_leave(server)) == (0, 40)
        assert server.open == []
        assert 20 < len(server.ledger) <= 100


def test_who_stops_reading_a_stream_closes_its_connection():
    async def left_early(server):
        llm = OpenAILlm(server.config())
        async with contextlib.aclosing(llm.stream(ASK, max_tokens=4000)) as pieces:
            async for _ in pieces:
                break
        await asyncio.to_thread(server.wait_closed, -1, 1)
        await llm.close()

    with scripted(Script(Fault.endless(pause_s=0.02))) as server:
        asyncio.run(left_early(server))


def test_no_more_calls_are_under_way_than_are_allowed_and_waiting_has_its_deadline():
    async def many(server):
        llm = OpenAILlm(server.config(concurrency=3))
        await asyncio.gather(*(llm.complete(ASK, max_tokens=50) for _ in range(12)))
        await llm.close()
        llm = OpenAILlm(server.config(concurrency=1, timeout_s=0.5))
        async with contextlib.aclosing(llm.stream(ASK, max_tokens=50)) as pieces:
            await anext(pieces)  # whoever reads no further keeps the only place, deadline or not
            with pytest.raises(LlmError) as caught:
                await llm.complete(ASK, max_tokens=50)
        await llm.close()
        return caught.value

    with scripted(Script([Say("好", wait_s=0.05)] * 12 + [Fault.endless(pause_s=0.02)])) as server:
        error = asyncio.run(many(server))

        assert server.most_at_once == 3
        assert len(server.ledger) == 13
    assert (error.kind, error.paid) == ("timeout", False)


def test_a_server_that_is_not_there_is_not_tried_again_and_again():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        config = LlmConfig(
            base_url=f"http://127.0.0.1:{unused.getsockname()[1]}/v1", model="none", retries=0
        )
        now = [0.0]
        circuit = Circuit(limit=3, seconds=10, clock=lambda: now[0])

        async def calls():
            llm, messages = OpenAILlm(config, circuit=circuit), []
            for now[0] in (0, 0, 0, 1, 9, 11, 12):
                with pytest.raises(LlmError) as caught:
                    await llm.complete(ASK, max_tokens=10)
                assert (caught.value.kind, caught.value.paid) == ("server", False)
                messages.append(str(caught.value).endswith("cannot be reached"))
            await llm.close()
            return messages

        tried = asyncio.run(calls())

    assert tried == [True, True, True, False, False, True, False]


def test_a_name_that_does_not_exist_and_a_server_without_tls_cannot_be_reached():
    with scripted(Script(Say(WORDS))) as server:
        for url in ("http://nowhere.invalid/v1", server.url.replace("http:", "https:")):
            error = asked(server, base_url=url, timeout_s=5)

            assert (error.kind, error.paid) == ("server", False)
        assert server.ledger == []


def test_an_error_keeps_all_it_knows_on_the_way_to_another_process():
    error = LlmError("rate", "slow", paid=False, reply=Reply(text="一半"), retry_after=2.0)

    again = pickle.loads(pickle.dumps(error))

    assert (str(again), vars(again)) == (str(error), vars(error))


def test_a_connection_closes_the_circuit():
    circuit = Circuit(limit=2, seconds=10)
    circuit.failed()
    with scripted(Script(Fault.status(500))) as server:
        asked(server, circuit=circuit, retries=0)
    circuit.failed()

    assert circuit.may_try()


@pytest.mark.parametrize(
    ("structured", "sent"),
    [
        ("text", None),
        ("object", {"type": "json_object"}),
        (
            "schema",
            {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA.strict},
            },
        ),
        (
            "bounded",
            {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA.bounded},
            },
        ),
    ],
)
def test_json_is_asked_for_as_the_server_can(structured, sent):
    with scripted(Script(Say('{"enough": true}'))) as server:
        asked(server, schema=SCHEMA, structured=structured)
        asked(server, structured=structured)

        assert server.ledger[0].body.get("response_format") == sent
        assert "response_format" not in server.ledger[1].body


def test_thinking_that_never_ends_makes_a_structured_answer_invalid():
    with scripted(Script(Say('好<think>想{"enough": true}'))) as server:
        error = asked(server, schema=SCHEMA)
        reply = asked(server)

    assert (error.kind, error.reply.text) == ("protocol", "好")
    assert reply.text == "好"


def test_the_body_has_what_the_config_adds_and_leaves_out_what_it_takes_away():
    extra = '{"temperature": null, "thinking": {"type": "disabled"}}'
    knobs = {"extra_body": extra, "token_field": "max_completion_tokens", "output_tokens": 64}
    with scripted(Script(Say(WORDS))) as server:
        asked(server, **knobs)

        assert server.ledger[0].body == {
            "model": MODEL,
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_completion_tokens": 64,
            "thinking": {"type": "disabled"},
            "messages": [{"role": turn.role, "content": turn.content} for turn in ASK],
        }


def test_a_prompt_that_does_not_fit_is_not_sent():
    with scripted(Script(Say(WORDS))) as server:
        error = asked(server, context_tokens=256, max_tokens=250)

        assert (error.kind, error.paid, server.ledger) == ("overlong", False, [])


@pytest.mark.parametrize("temperature", [math.nan, -0.1, 2.1, math.inf])
def test_a_temperature_that_is_none_is_refused(temperature):
    llm = OpenAILlm(LlmConfig(base_url="http://127.0.0.1:9/v1", model="none"))

    with pytest.raises(ValueError, match="temperature"):
        asyncio.run(llm.complete(ASK, max_tokens=10, temperature=temperature))


def test_the_key_goes_to_the_server_and_nowhere_else(monkeypatch, caplog):
    monkeypatch.setenv("MY_LLM_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    echo = {"message": f"Incorrect API key provided: {KEY}, Bearer {KEY}", "code": "x"}
    faults = [Fault.status(401, echo), Fault.status(400, echo), Fault.status(500, echo)]
    with scripted(Script([*faults, Say(WORDS)])) as server, caplog.at_level(logging.DEBUG):
        errors = [asked(server, key_env="MY_LLM_KEY", retries=0) for _ in faults]
        asked(server)

        sent = [entry.headers for entry in server.ledger]
    assert [headers["authorization"] for headers in sent] == [f"Bearer {KEY}"] * 3 + ["Bearer none"]
    assert not any("somebody" in value for headers in sent for value in headers.values())
    assert not any(KEY in f"{error!r} {error} {error.__cause__!r}" for error in errors)
    assert KEY not in caplog.text


def test_a_key_that_is_not_there_is_named_and_not_guessed(monkeypatch):
    monkeypatch.delenv("MY_LLM_KEY", raising=False)
    config = LlmConfig(base_url="http://127.0.0.1:9/v1", model="none", key_env="MY_LLM_KEY")

    with pytest.raises(ConfigError, match="MY_LLM_KEY: it is not set"):
        build_llm(config)
    monkeypatch.setenv("MY_LLM_KEY", "two words")
    with pytest.raises(ConfigError, match="does not hold a key") as caught:
        build_llm(config)
    assert "two words" not in str(caught.value)


def test_without_an_address_there_is_no_llm():
    assert not available(LlmConfig())
    assert build_llm(LlmConfig()) is None
    assert available(LlmConfig(base_url="http://127.0.0.1:9/v1", model="none"))


@pytest.mark.parametrize(
    ("knobs", "names"),
    [
        ({"base_url": "127.0.0.1:8080"}, "llm.base_url"),
        ({"base_url": "file:///etc/passwd"}, "llm.base_url"),
        ({"base_url": f"http://me:{KEY}@host/v1"}, "llm.base_url"),
        ({"base_url": f"http://host/v1?key={KEY}"}, "llm.base_url"),
        ({"base_url": "http://host/v1", "model": ""}, "llm.model"),
        ({"key_env": KEY}, "llm.key_env"),
        ({"extra_body": "[]"}, "llm.extra_body"),
        ({"extra_body": "{"}, "llm.extra_body"),
        ({"extra_body": '{"stream": false}'}, "llm.extra_body"),
        ({"structured": "maybe"}, "llm.structured"),
        ({"temperature": math.nan}, "llm.temperature"),
        ({"timeout_s": math.inf}, "llm.timeout_s"),
        ({"retries": -1}, "llm.retries"),
    ],
)
def test_a_config_that_cannot_be_is_refused_without_repeating_a_secret(knobs, names):
    config = Config(llm=LlmConfig(**({"model": "m"} | knobs)))

    with pytest.raises(ConfigError, match=names) as caught:
        checked(config)
    assert KEY not in str(caught.value)
