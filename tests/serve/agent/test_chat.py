"""The agent as a chat model: OpenAI's own client, the desktop app's reader, and who leaves."""

import json

import openai
import pytest

from tests.agent.scripted_run import GOOD, PLAN, PROBATION, SHORT, as_json, shown
from tests.scripted_llm import Fault, Say, Script, scripted
from tests.serve.agent.conftest import QUESTION, RUNS, leave_early, refused
from tests.serve.wire import HOST, until

CHAT = "/v1/chat/completions"
REWRITE = "# 改写问题"
AGENT, ASK = "lawvault-agent", "lawvault-ask"


def asking(*turns: str, model: str = AGENT, **more):
    roles = ["user", "assistant"]
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
    return {"model": model, "messages": messages, **more}


def short(body):
    return Say(f"期限三个月以上不满一年的，试用期不得超过一个月[{shown(body)[PROBATION]}]。")


@pytest.fixture
def site(serving):
    good = Script(phases={**GOOD, SHORT: short})
    with scripted(good) as server, serving(server.config()) as opened:
        opened.server = server
        yield opened


def client_of(site) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"http://{HOST}:{site.port}/v1", api_key="none", max_retries=0)


def read_as_the_desktop_app(text: str) -> str:
    """Join the contents as the LawVault app does: only lines that begin exactly so."""
    said = ""
    for line in text.split("\n"):
        if line.startswith("data: ") and line != "data: [DONE]":
            choices = json.loads(line.removeprefix("data: "))["choices"]
            said += "".join(choice["delta"].get("content") or "" for choice in choices)
    return said


def test_a_stream_has_the_role_first_then_thinking_then_the_report_then_done(site):
    answer = site.http.post(CHAT, json=asking(QUESTION, stream=True))

    events = [event for event in answer.text.split("\n\n") if event]
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    said = read_as_the_desktop_app(answer.text)
    record = site.http.get(f"{RUNS}/{answer.headers['x-lawvault-run']}").json()
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert all(event.startswith("data: ") for event in events)
    assert events[-1] == "data: [DONE]"
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    assert not any("usage" in chunk for chunk in chunks)
    assert said.startswith("<think>\n问题：")
    assert said.count("<think>") == said.count("</think>") == 1
    assert said.partition("</think>\n\n")[2] == record["report"]["markdown"]


def test_openais_own_client_reads_a_stream_with_thinking_apart_and_the_usage_at_the_end(site):
    with client_of(site) as client:
        chunks = list(
            client.chat.completions.create(
                **asking(QUESTION, model=AGENT + ":reasoning"),
                stream=True,
                stream_options={"include_usage": True},
            )
        )

    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    thinking = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
    said = "".join(delta.content or "" for delta in deltas)
    assert "子问题1：试用期最长多久？" in thinking
    assert said.startswith("## 核心结论")
    assert "<think>" not in said
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_openais_own_client_gets_a_whole_answer(site):
    with client_of(site) as client:
        answer = client.chat.completions.create(**asking("试用期最长多久？", model=ASK))

    words = answer.choices[0].message.content
    assert answer.object == "chat.completion"
    assert answer.choices[0].finish_reason == "stop"
    assert words.partition("</think>\n\n")[2].startswith("期限三个月以上不满一年的")
    assert "《中华人民共和国示例劳动法》第九条" in words
    assert answer.usage.prompt_tokens > answer.usage.completion_tokens > 0


def test_the_request_of_the_desktop_apps_planner_is_answered(site):
    body = {
        "model": ASK,
        "messages": [{"role": "user", "content": "试用期最长多久？"}],
        "temperature": 0.1,
        "stream": False,
    }

    answer = site.http.post(CHAT, json=body)

    assert answer.status_code == 200
    assert isinstance(answer.json()["choices"][0]["message"]["content"], str)


@pytest.mark.parametrize(
    ("how", "field"), [("raw", "content"), ("parsed", "reasoning_content"), ("hidden", None)]
)
def test_thinking_comes_where_it_is_wanted(site, how, field):
    body = asking("试用期最长多久？", model=ASK, reasoning_format=how)

    message = site.http.post(CHAT, json=body).json()["choices"][0]["message"]

    places = [
        name for name in ("content", "reasoning_content") if "时效：" in message.get(name, "")
    ]
    assert places == ([field] if field else [])
    assert ("<think>" in message["content"]) == (how == "raw")


def test_earlier_turns_are_rewritten_into_one_question_that_is_shown(serving):
    rewritten = as_json({"question": "劳动合同期限半年的，试用期最长多久？"})
    script = Script(phases={**GOOD, SHORT: short, REWRITE: rewritten})
    with scripted(script) as server, serving(server.config()) as site:
        body = asking("我签了半年合同", "请问您想了解什么？", "试用期呢？", model=ASK)
        answer = site.http.post(CHAT, json=body)
        run = site.http.get(f"{RUNS}/{answer.headers['x-lawvault-run']}").json()

    words = answer.json()["choices"][0]["message"]["content"]
    assert "问题：劳动合同期限半年的，试用期最长多久？\n" in words
    assert words.partition("</think>")[2].startswith("\n\n> 问题：劳动合同期限半年的，")
    assert [call["phase"] for call in run["usage"]["calls"]] == ["rewrite", "short"]
    assert run["usage"]["llm_calls"] == len(server.ledger) == 2


def test_a_figure_of_an_assistants_turn_is_no_fact_that_the_user_told(serving):
    rewritten = as_json({"question": "劳动合同期限半年，试用期五个月，我的试用期合法吗？"})
    said = Say("您的试用期为五个月（《示例劳动法》第九条）。")
    script = Script(phases={SHORT: said, REWRITE: rewritten})
    turns = ("我签了半年合同", "试用期是五个月", "那我的试用期合法吗？")
    with scripted(script) as server, serving(server.config()) as site:
        answer = site.http.post(CHAT, json=asking(*turns, model=ASK))
        run = site.http.get(f"{RUNS}/{answer.headers['x-lawvault-run']}").json()

    assert run["report"]["flagged"] == 1
    assert "五个月⚠" in run["report"]["markdown"]


@pytest.mark.parametrize("with_llm", [True, False])
def test_turns_that_nobody_can_rewrite_are_left_out_and_that_is_said(serving, with_llm):
    script = Script(phases={REWRITE: Fault.status(500), SHORT: short})
    body = asking("我签了半年合同", "好的", "试用期最长多久？", model=ASK)
    with scripted(script) as server:
        llm = server.config(retries=0) if with_llm else None
        with serving(llm) as site:
            answer = site.http.post(CHAT, json=body).json()

    assert "注意：未能结合前文理解提问" in answer["choices"][0]["message"]["content"]


def test_system_turns_change_nothing(site):
    body = asking("试用期最长多久？", model=ASK)
    body["messages"].insert(0, {"role": "system", "content": "只回答“好”"})

    site.http.post(CHAT, json=body)

    assert not any(
        "只回答" in json.dumps(one.body, ensure_ascii=False) for one in site.server.ledger
    )


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 0.1, "top_p": 0.9, "seed": 7, "user": "u", "n": 1},
        {"max_tokens": 64, "max_completion_tokens": 64, "frequency_penalty": 0},
        {"tools": [], "tool_choice": "none", "stop": None, "logprobs": False},
        {"response_format": {"type": "text"}, "modalities": ["text"]},
        {"enable_thinking": True, "metadata": {"a": "b"}, "store": False},
    ],
)
def test_fields_that_change_nothing_are_taken(site, more):
    answer = site.http.post(CHAT, json=asking("试用期最长多久？", model=ASK, **more))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"tools": [{"type": "function"}]}, "tools_unsupported"),
        ({"n": 2}, "n_unsupported"),
        ({"stop": ["。"]}, "stop_unsupported"),
        ({"logprobs": True}, "logprobs_unsupported"),
        ({"response_format": {"type": "json_object"}}, "unknown_parameter"),
        ({"base_url": "http://127.0.0.1"}, "unknown_parameter"),
        ({"api_key": "sk-1"}, "unknown_parameter"),
        ({"max_round": 3}, "unknown_parameter"),
        ({"max_rounds": 101}, "invalid_value"),
        ({"messages": []}, "invalid_value"),
        ({"messages": [{"role": "system", "content": "x"}]}, "no_question"),
        ({"messages": [{"role": "user", "content": " "}]}, "empty_text"),
        ({"messages": [{"role": "user", "content": "\u200b？"}]}, "empty_text"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "tools_unsupported"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, None),
        ({"messages": [{"role": "user", "content": "长" * 5000}]}, None),
    ],
    ids=str,
)
def test_what_would_have_to_change_the_answer_is_refused_with_the_reason(wrong, code):
    answer = refused(CHAT, json={**asking("试用期？", model=ASK), **wrong})

    assert answer.status_code == 400
    assert code is None or answer.json()["error"]["code"] == code


def test_another_model_is_not_found_and_ours_are_named():
    answer = refused(CHAT, json=asking("试用期？", model="gpt-4o"))

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "model_not_found"
    assert ASK in answer.json()["error"]["message"]


def test_parts_of_text_are_read_as_one_text(site):
    body = asking("x", model=ASK)
    body["messages"][0]["content"] = [{"type": "text", "text": "试用期最长多久？"}]

    assert site.http.post(CHAT, json=body).status_code == 200


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_ends_the_call_to_the_llm_within_a_second(serving, stream):
    silent = Script(phases={PLAN: Fault.silence()})
    with scripted(silent) as server, serving(server.config()) as site:
        left = leave_early(site, CHAT, asking(QUESTION, stream=stream), server)
        closed = server.wait_closed() - left
        until(lambda: site.replica.runs.in_work == 0)
        until(lambda: site.gate.in_work == 0)
        record = site.http.get(RUNS).json()["data"][0]

    assert closed < 1
    assert (record["state"], record["stop_reason"]) == ("stopped", "cancelled")


async def fails(wanted, emit):
    raise RuntimeError("boom")


def test_an_error_that_comes_late_ends_a_stream_visibly_without_done(serving, caplog):
    with serving(work=fails) as site:
        answer = site.http.post(CHAT, json=asking(QUESTION, stream=True))

    last = [event for event in answer.text.split("\n\n") if event][-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "internal_error"
    assert "[DONE]" not in answer.text
    assert "boom" not in answer.text
    assert "boom" in caplog.text


def test_an_answer_without_an_llm_says_so(serving):
    with serving() as site:
        words = site.http.post(CHAT, json=asking(QUESTION)).json()["choices"][0]["message"]

    assert "未经大模型" in words["content"]
