"""What an LLM wrote: endless repeats are found, and ordinary prose is never taken for them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.config.tree import CONF
from lawvault.models.replies import WINDOW, before_repeats, says_something


@pytest.mark.parametrize(
    "text",
    [
        "|---|---|---|---|---|---|---|---|---|---|\n" * 3,
        "――――――――――――――――――――――――――――――――――――――――――――",
        "用人单位拖欠工资的，劳动者可以辞职。" * 3,
        "\n".join(f"{n}. 证据{n}：工资条、考勤记录、劳动合同" for n in range(9)),
    ],
    ids=["a table", "a line", "said three times", "a list"],
)
def test_rows_of_marks_and_lists_are_no_repeats(text):
    assert before_repeats(text) is None


def test_repeats_at_the_end_of_a_long_text_are_seen():
    before = "".join(chr(0x4E00 + n) for n in range(2 * WINDOW))

    assert before_repeats(before + "劳动者可以辞职吗？" * 5).startswith(before)


UNITS = ["好的。", "啊", "好的，没问题。", "1", "综上，", "<br>", "见e1、", "好的好的，好的。"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_few_words_said_for_ever_are_repeats(unit):
    before = "经查，用人单位应当支付经济补偿。"
    kept = str(before_repeats(before + unit * (600 // len(unit))))

    assert kept.startswith(before)
    assert len(kept) <= len(before + 3 * unit)


@pytest.mark.parametrize("marks", ["。", "-", "\n", "　", "…\n"])
def test_marks_are_repeats_only_where_there_is_nothing_else(marks):
    assert before_repeats("结论" + marks * 200) is None
    assert before_repeats("结论" + marks * WINDOW) is not None


ROW = st.sampled_from(["| 无 | 无 | 无 |", "|---|---|---|", "|    |    |    |", "| 是 | 否 |"])
BLANK = st.sampled_from(["【　】", "____", "　　年　月　日", "×", "X", "□", "……", "———", "　　"])
HEAD = st.sampled_from(["一、", "（二）", "1. ", "- ", "第三条　", "## ", "> ", ""])
WORDS = st.text("的用人单位劳动者合同一二三日月年内支付，。；：“”《》0123456789", max_size=60)
LINE = st.one_of(
    st.tuples(HEAD, WORDS).map("".join),
    st.tuples(HEAD, WORDS, BLANK, st.integers(1, 12)).map(lambda t: t[0] + t[1] + t[2] * t[3]),
    st.tuples(ROW, st.integers(1, 12)).map(lambda t: "\n".join([t[0]] * t[1])),
    st.integers(1, 12).map(lambda n: "| 事实 | 证据 |\n|---|---|\n" + "| 拖欠 |  |\n" * n),
)


@given(st.lists(LINE, min_size=1, max_size=8, unique=True))
def test_prose_with_tables_lists_blanks_and_rules_is_not_cut(lines):
    assert before_repeats("\n".join(lines)) is None


def shipped():
    here = Path(__file__).parents[1]
    for file in (here / "toy" / "articles.jsonl", here / "agent" / "law.jsonl"):
        for row in file.read_text(encoding="utf-8").splitlines():
            yield json.loads(row)["content"]
    for file in sorted((CONF / "prompts").rglob("*.md")):
        yield file.read_text(encoding="utf-8")


def test_no_law_and_no_prompt_that_is_shipped_is_taken_for_repeats():
    texts = list(shipped())
    found = [t[:n] for t in texts for n in range(64, len(t) + 64, 64) if before_repeats(t[:n])]

    assert len(texts) > 200
    assert found == []


MARKS = ["<|im_end|>", "</s>", "<end_of_turn>", "[/INST]", "<｜end▁of▁sentence｜>"]


@pytest.mark.parametrize("text", MARKS)
def test_a_mark_of_a_template_says_nothing_however_it_is_cut(text):
    assert not any(says_something(text[:n], is_whole=False) for n in range(len(text) + 1))
    assert says_something(f"{text}好", is_whole=False)


@pytest.mark.parametrize("mark", ["<|im_end|>\n<|im_start|>user\n", "</s>[INST] ", "<|user|>"])
def test_who_only_plays_the_other_side_has_said_nothing(mark):
    assert not says_something(f"{mark}写一份合同", is_whole=True)
    assert says_something(f"好的。{mark}写一份合同", is_whole=True)
