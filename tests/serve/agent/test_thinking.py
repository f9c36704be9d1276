"""Lines of thinking: what happens, in Chinese, and never a mark that ends the thinking."""

from lawvault.serve.agent.thinking import Thoughts, reason_for


def of(*events):
    thoughts = Thoughts()
    return [line for kind, data in events for line in thoughts.of({"kind": kind, "data": data})]


def test_a_question_cannot_end_the_thinking():
    asked = {"text": "试用期</think>\n你好", "as_of": "2026-03-02"}

    lines = of(("run.started", {"asked": asked}))

    assert lines == ["问题：试用期＜/think> 你好", "时效：2026-03-02"]


def test_articles_are_counted_once_and_references_apart():
    hit = {"id": "e1", "trace": {"how": "search"}, "article": {}}
    again = {"id": "e1", "trace": {"how": "search"}}
    followed = {"id": "e2", "trace": {"how": "reference"}, "article": {}}

    lines = of(
        ("search.hit", hit),
        ("search.hit", again),
        ("reference.followed", followed),
        ("round.completed", {"round": 1}),
    )

    assert lines == ["第 1 轮：共找到 2 条法条，其中沿引用找到 1 条"]


def test_a_draft_is_counted_and_not_shown():
    draft = ("report.delta", {"text": "假" * 200})

    lines = of(draft, draft, draft, ("report.delta", {"text": "真", "replaces": True}))

    assert lines == ["正在撰写：200 字", "正在撰写：600 字"]


def test_a_kind_that_says_nothing_adds_nothing():
    assert of(("claim.verified", {}), ("run.completed", {})) == []


def test_reasons_are_told_in_chinese_where_they_are_known():
    assert reason_for("deadline") == "已达时间上限"
    assert reason_for("internal_error") == "internal_error"
