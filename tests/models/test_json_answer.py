"""What is read out of an LLM's answer: parsed, repaired or rejected, and never something else."""

import json
import time
from dataclasses import dataclass, field
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from lawvault.models.json_answer import (
    JsonSchema,
    RejectedAnswer,
    bounds,
    parse_answer,
    read_answer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    status: Literal["sufficient", "partial"]
    score: float = 0.0
    points: Annotated[list[Point], Field(max_length=3)] = field(default_factory=list)


SCHEMA = JsonSchema("verdict", Verdict)
OK = '{"status": "partial"}'
FULL = '{"status": "partial", "score": 1, "points": [{"text": "赔偿", "evidence": ["e1"]}]}'
THE_END = "the object never ends"

PARSED = [
    OK,
    FULL,
    f"  \n{OK}\n",
    '{"status":"sufficient","points":[]}',
    '{"status": "partial", "score": -2.5e-3}',
    '{"status": "partial", "points": [{"text": "他说：\\"好\\"，{不是对象}"}]}',
    '{"status": "partial", "points": [{"text": "```json 不是围栏"}]}',
    '{"status": "partial", "points": [{"text": "// 不是注释，/* 也不是 */"}]}',
    '{"status": "partial", "points": [{"text": "\\u8d54\\u507f"}]}',
    '{"status": "partial", "points": [{"text": "", "evidence": []}]}',
]
REPAIRED = [
    (f"```json\n{OK}\n```", ["fence"]),
    (f"```\n{OK}\n```", ["fence"]),
    (f"```json {OK} ```", ["fence"]),
    (f"结果如下：\n```json\n{OK}\n```\n请查收。", ["fence", "prose around"]),
    (f"好的，结果是 {OK}", ["prose around"]),
    (f"{OK}\n希望有帮助。", ["prose around"]),
    (f"根据 [1]，答案：\n{OK}。", ["prose around"]),
    (f"\ufeff{OK}", ["byte order mark"]),
    (f"<think>先想想 {{}}</think>{OK}", ["thinking"]),
    (f"先想想</think>\n{OK}", ["thinking"]),
    (f"<think>a<think>b</think>c</think>{OK}", ["thinking"]),
    (f"<think>x</think>```json\n{OK}\n```", ["thinking", "fence"]),
    ('{"status": "partial",}', ["trailing comma"]),
    ('{"status": "partial", "points": [{"text": "a"},],}', ["trailing comma"]),
    ('{"status": "partial", // 部分\n"score": 1}', ["comment"]),
    ('{"status": "partial" /* 部分 */}', ["comment"]),
    ('{"status": "partial", /* 完 */}', ["trailing comma", "comment"]),
    ("{'status': 'partial'}", ["single quotes"]),
    ("{'status': 'partial', 'points': [{'text': '赔偿',}]}", ["single quotes", "trailing comma"]),
    ('{"status": "partial", "points": [{"text": "一\n二"}]}', ["line break in a string"]),
    ('{"status": "partial", "mood": "好"}', ["dropped mood"]),
    ('{"status": "partial", "points": [{"text": "a", "x": 1}]}', ["dropped points[0].x"]),
]
REJECTED = [
    ("", "empty"),
    (" \n", "empty"),
    ("我不能回答这个问题。", "no object"),
    ("null", "not an object"),
    ("[]", "not an object"),
    ('"partial"', "not an object"),
    (f"[{OK}]", "not an object"),
    (f"[{OK},]", "the object is a part of something else"),
    (f"结果：[{OK}]", "the object is a part of something else"),
    (f'{{"a": {OK}', THE_END),
    (f'"a": {OK}', "the object is a part of something else"),
    (f"{OK}{OK}", "more than one object"),
    (f"{OK}\n{OK}", "more than one object"),
    (f"{OK} 或者 {{'status': 'sufficient'}}", "more than one object"),
    (f"```json\n{OK}\n```\n```json\n{OK}\n```", "more than one block or object"),
    (f"```json\n{OK}\n``` 或 {OK}", "more than one block or object"),
    (f"```json\n{OK}", "the fence never ends"),
    ('{"status": "partial"', THE_END),
    ('{"status": "part', "a string never ends, or its quotes are ambiguous"),
    ("{'status': 'it's partial'}", "a string never ends, or its quotes are ambiguous"),
    ("{'status': 'say \"partial\"'}", "a string never ends, or its quotes are ambiguous"),
    (f"<think>还没想完 {OK}", "the thinking never ends"),
    (f"<think><think>一半</think>{OK}", "the thinking never ends"),
    ('{"status": "partial", "status": "sufficient"}', "a name stands twice in one object"),
    ('{"status": "partial", "score": NaN}', "NaN is no number"),
    ('{"status": "partial", "score": -Infinity,}', "-Infinity is no number"),
    ('{"status": "partial", "score": 1e999}', "a number is too large"),
    ('{"status": "partial", "score": ' + "9" * 5000 + "}", "Exceeds the limit"),
    ('{"status": "partial", "points": ' + "[" * 100_000 + "}", "nested too deeply"),
    ('{"status": True}', "not JSON"),
    ('{status: "partial"}', "not JSON"),
    ("{“status”: “partial”}", "not JSON"),
    ('{"status" "partial"}', "not JSON"),
    ('{"status": "partial", "score": 1/**/2}', "not JSON"),
    ("{}", "status: Field required"),
    ('{"status": "maybe"}', "status: Input should be 'sufficient' or 'partial'"),
    ('{"status": null}', "status: Input should be 'sufficient' or 'partial'"),
    ('{"status": "partial", "score": "1"}', "score: Input should be a valid number"),
    ('{"status": "partial", "score": true}', "score: Input should be a valid number"),
    ('{"status": "partial", "points": "赔偿"}', "points: Input should be a valid array"),
    ('{"status": "partial", "points": [{"text": 1}]}', "points[0].text: Input should be a valid"),
    ('{"status": "partial", "points": [{}]}', "points[0].text: Field required"),
    (json.dumps({"status": "partial", "points": [{"text": "a"}] * 4}), "points: List should have"),
    ('{"status": "partial", "points": [{"text": "\\ud800"}]}', "the answer: Invalid JSON"),
    ('{"status": "partial"} <think>', "the thinking never ends"),
]


def test_the_table_has_at_least_sixty_answers():
    assert len(PARSED) + len(REPAIRED) + len(REJECTED) >= 60


@pytest.mark.parametrize("text", PARSED)
def test_what_is_right_is_read_as_it_is(text):
    answer = read_answer(text, SCHEMA)

    assert answer.repairs == ()
    assert holds(answer.value, json.loads(text))


def holds(value, part):
    """Say whether a value has everything that a part of it has."""
    if isinstance(part, dict):
        return all(holds(value[name], inner) for name, inner in part.items())
    if isinstance(part, list):
        return len(value) == len(part) and all(map(holds, value, part))
    return value == part


@pytest.mark.parametrize(("text", "repairs"), REPAIRED)
def test_what_has_one_reading_is_mended_and_each_repair_is_named(text, repairs):
    answer = read_answer(text, SCHEMA)

    assert answer.value["status"] == "partial"
    assert sorted(answer.repairs) == sorted(repairs)


@pytest.mark.parametrize(("text", "reason"), REJECTED, ids=lambda words: words[:30])
def test_everything_else_is_rejected_with_its_reason_and_kept_verbatim(text, reason):
    with pytest.raises(RejectedAnswer) as caught:
        parse_answer(text, SCHEMA)

    assert str(caught.value).startswith(reason)
    assert caught.value.text == text


def test_a_mended_line_break_stays_a_line_break():
    text = "{'status': 'partial', 'points': [{\"text\": \"一\n二\"}]}"

    assert parse_answer(text, SCHEMA)["points"][0]["text"] == "一\n二"


def test_servers_are_told_a_closed_shape_in_which_every_key_is_required():
    point = SCHEMA.strict["$defs"]["Point"]

    assert SCHEMA.strict["required"] == ["status", "score", "points"]
    assert SCHEMA.strict["additionalProperties"] is point["additionalProperties"] is False
    assert point["required"] == ["text", "evidence"]
    assert "title" not in SCHEMA.text
    assert "default" not in SCHEMA.text
    assert "properties" not in SCHEMA.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    pattern: Annotated[str, bounds(maxLength=9)]
    under: Annotated[list["Tree"], bounds(minItems=1, maxItems=2)]


def test_bounds_are_for_servers_that_take_them_and_refuse_no_answer():
    shape = JsonSchema("tree", Tree)
    bounded, strict = (one["$defs"]["Tree"]["properties"] for one in (shape.bounded, shape.strict))
    leaf = {"pattern": "长" * 20, "under": []}

    assert bounded["pattern"] == {"type": "string", "maxLength": 9}
    assert (bounded["under"]["minItems"], bounded["under"]["maxItems"]) == (1, 2)
    assert strict["pattern"] == {"type": "string"}
    assert set(strict["under"]) == {"type", "items"}
    assert parse_answer(json.dumps({"pattern": "", "under": [leaf] * 3}), shape)["under"][2] == leaf


def test_a_prompt_shows_the_shape_as_an_object_with_gaps():
    assert json.loads(SCHEMA.text) == {
        "status": "sufficient|partial",
        "score": 0.5,
        "points": [{"text": "…", "evidence": ["…"]}],
    }
    assert JsonSchema("tree", Tree).text == '{"pattern": "…", "under": ["…"]}'


words = st.text(alphabet="赔偿e1\"'\\{}[]`,:/\n<>", max_size=8)
verdicts = st.fixed_dictionaries(
    {"status": st.sampled_from(["sufficient", "partial"])},
    optional={
        "score": st.integers(-9, 9) | st.floats(-9, 9),
        "points": st.lists(st.fixed_dictionaries({"text": words}), max_size=3),
    },
)


@given(verdicts, st.booleans())
def test_what_json_writes_is_read_back(verdict, spaced):
    text = json.dumps(verdict, ensure_ascii=False, indent=1 if spaced else None)

    answer = read_answer(text, SCHEMA)

    assert answer.repairs == ()
    assert holds(answer.value, verdict)


@given(verdicts, st.sampled_from(["{}", "```json\n{}\n```", "<think>{{</think>{}"]), st.data())
def test_no_proper_prefix_of_a_valid_answer_is_read(verdict, frame, data):
    text = frame.format(json.dumps(verdict, ensure_ascii=False))
    length = data.draw(st.integers(0, len(text) - 1))

    with pytest.raises(RejectedAnswer):
        parse_answer(text[:length], SCHEMA)


@given(st.text(alphabet="{}[]\"':,`/*\\ \na1<think>", max_size=60))
def test_no_answer_whatever_makes_the_reader_fail_otherwise(text):
    try:
        answer = read_answer(text, SCHEMA)
    except RejectedAnswer:
        return
    assert answer.value["status"] in ("sufficient", "partial")


def test_a_large_answer_is_read_or_rejected_in_no_time():
    noise = "{" + '"a": [1, /* x */ 2,], ' * 20_000
    start = time.monotonic()

    with pytest.raises(RejectedAnswer):
        parse_answer(noise, SCHEMA)

    assert time.monotonic() - start < 5  # 0.3 s on an idle machine
