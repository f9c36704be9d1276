"""Following references: which come first, how far it goes, and that it always ends."""

import asyncio
import datetime
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.agent.follow import Bounds, Walk, follow
from lawvault.agent.links import KINDS
from lawvault.agent.nouns import Asked, Evidence, Found, Link, Trace

ASKED = Asked(text="辞退", as_of=datetime.date(2026, 3, 2))
LABOUR = "示例劳动法@2018-10-01"


def found(article_id: str) -> Found:
    return Found(
        article_id=article_id,
        law_id="甲@2020-01-01",
        law_name="甲法",
        article_number="第一条",
        content="内容",
        status="现行有效",
        effective_date="2020-01-01",
    )


def evidence(article_id: str, *questions: str) -> Evidence:
    one = found(article_id)
    traces = [Trace(question_id=q, round=1, how="search", by="辞退") for q in questions]
    return Evidence(
        id=f"e-{article_id}",
        article_id=article_id,
        law_id=one.law_id,
        law_name=one.law_name,
        article_number=one.article_number,
        content=one.content,
        status=one.status,
        effective_date=one.effective_date,
        traces=tuple(traces),
    )


def link(source: str, target: str, kind: str = "exception") -> Link:
    return Link(source_id=source, kind=kind, found=found(target))


def walk(links: Sequence[Link], *starts: Evidence, **bounds: int) -> Walk:
    """Return a walk that went as far as it goes over a fixed graph."""
    one = Walk(starts, round_number=1, bounds=Bounds(**bounds))
    while one.frontier:
        one.step([each for each in links if each.source_id in one.frontier])
    return one


def reached(one: Walk) -> list[str]:
    return [each.found.article_id for each in one.followed]


def test_exceptions_come_before_definitions_penalties_and_mentions():
    links = [link("a", kind, kind) for kind in reversed(KINDS)]

    one = walk(links, evidence("a", "q1"), of_article=9)

    assert reached(one) == list(KINDS)


def test_what_the_best_article_leads_to_comes_before_an_exception_to_a_late_one():
    links = [link("c", "late"), link("a", "best", "application"), link("b", "mention", "refers")]

    one = walk(links, evidence("a", "q1"), evidence("b", "q1"), evidence("c", "q1"))

    assert reached(one) == ["best", "late", "mention"]


def test_an_exception_to_what_has_no_word_of_the_question_is_not_followed(library):
    def kinds(text: str) -> set[str]:
        asked = Asked(text=text, as_of=ASKED.as_of)
        start = asyncio.run(library.cited("示例劳动法第十九条", asked))[0]
        begun = [replace(evidence(start.article_id, "q1"), content=start.content)]
        steps = asyncio.run(follow(library, asked, begun, round_number=1, bounds=Bounds(depth=1)))
        return {each.trace.kind for each in steps}

    assert "exception" in kinds("辞退")
    assert "exception" not in kinds("海上拖航")
    assert "application" in kinds("海上拖航")


def test_a_walk_goes_two_steps_and_a_mention_leads_no_further():
    links = [link("a", "b"), link("b", "c"), link("c", "d"), link("b", "e", "refers")]

    one = walk(links, evidence("a", "q1"))

    assert [(each.found.article_id, each.depth) for each in one.followed] == [("b", 1), ("c", 2)]
    assert one.followed[1].trace.by == "b"
    assert one.followed[1].trace.kind == "exception"


def test_a_circle_ends():
    assert reached(walk([link("a", "b"), link("b", "a"), link("b", "b")], evidence("a", "q1"))) == [
        "b"
    ]


def test_every_sub_question_has_its_share_of_the_budget():
    links = [link("a", f"a{n}") for n in range(9)] + [link("b", f"b{n}") for n in range(9)]

    one = walk(
        links, evidence("a", "q1"), evidence("b", "q2"), articles=6, of_article=9, of_question=9
    )

    assert reached(one) == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_a_sub_question_takes_no_more_than_its_quota_and_an_article_gives_no_more_than_its_own():
    links = [link(source, f"{source}{n}") for source in "abcd" for n in range(5)]

    one = walk(links, *(evidence(source, "q1") for source in "abcd"), of_article=2, of_question=7)

    assert reached(one) == ["a0", "a1", "b0", "b1", "c0", "c1", "d0"]


def test_an_article_that_another_sub_question_has_costs_nothing():
    starts = [evidence("a", "q1"), evidence("b", "q2")]

    one = walk([link("a", "b"), link("a", "c")], *starts, articles=1)

    assert [(e.found.article_id, e.trace.question_id) for e in one.followed] == [
        ("b", "q1"),
        ("c", "q1"),
    ]


def test_nothing_is_followed_without_evidence_or_budget():
    assert walk([link("a", "b")], articles=5).frontier == []
    assert reached(walk([link("a", "b")], evidence("a", "q1"), articles=0)) == []
    assert reached(walk([link("a", "b")], evidence("a", "q1"), depth=0)) == []


@pytest.mark.parametrize("bad", [{"depth": 3}, {"articles": -1}, {"of_article": -1}])
def test_bounds_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="bounds must be"):
        Bounds(**bad)


@given(
    edges=st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdefgh")), max_size=40),
    kinds=st.lists(st.sampled_from(KINDS), min_size=40, max_size=40),
    starts=st.lists(st.sampled_from("abcdef"), unique=True, max_size=4),
    articles=st.integers(0, 6),
    of_question=st.integers(0, 4),
)
def test_any_graph_ends_within_its_bounds(edges, kinds, starts, articles, of_question):
    links = [link(s, t, kind) for (s, t), kind in zip(edges, kinds, strict=False)]
    begun = [evidence(start, f"q{n % 2}") for n, start in enumerate(starts)]

    one = walk(links, *begun, articles=articles, of_question=of_question)

    keys = [(each.trace.question_id, each.found.article_id) for each in one.followed]
    assert len(keys) == len(set(keys))
    assert len({article for _, article in keys} - set(starts)) <= articles
    assert all([q for q, _ in keys].count(q) <= of_question for q in ("q0", "q1"))
    assert all(each.depth <= 2 for each in one.followed)


def test_over_the_toy_corpus_it_finds_exceptions_and_penalties_nobody_searched_for(library):
    start = asyncio.run(library.cited("示例劳动法第十九条", ASKED))[0]
    begun = [replace(evidence(start.article_id, "q1"), content=start.content)]

    followed = asyncio.run(follow(library, ASKED, begun, round_number=1))

    steps = [(each.found.article_id, each.trace.kind, each.depth) for each in followed]
    assert steps[0] == (f"{LABOUR}/21", "exception", 1)
    assert (f"{LABOUR}/23", "application", 1) in steps
    assert (f"{LABOUR}/20", "exception", 2) in steps
    assert {depth for *_, depth in steps} == {1, 2}
