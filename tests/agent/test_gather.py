"""Searching for one round: everybody has a share, nothing is asked twice, nothing comes twice."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.agent.gather import (
    Answer,
    Search,
    first_searches,
    fresh,
    next_searches,
    normal,
    ranked,
    search_all,
)
from lawvault.agent.nouns import Asked, Hits, SearchUnavailable, SubQuestion, Trace
from lawvault.agent.pool import Hit, Pool, shared_out
from tests.agent.conftest import TODAY, found

ASKED = Asked(text="…", as_of=TODAY, laws=("某法",))


def hit(name: str, question: str = "q1") -> Hit:
    trace = Trace(question_id=question, round=1, how="search", by="x")
    return Hit(found=found(name), trace=trace)


def taken(hits: dict[str, list[Hit]], pool: Pool, room: int) -> list[str]:
    ids = []
    for one in shared_out(hits, pool, room):
        assert pool.take(one)
        ids.append(f"{one.trace.question_id}{one.found.article_id}")
    return ids


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("经济补偿，怎么算？", "经济补偿怎么算"),
        ("ＡＢＣ １２", "abc12"),
        ("《劳动法》第三条", "劳动法第三条"),
    ],
)
def test_queries_that_differ_in_marks_and_widths_are_the_same(one, other):
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("拖欠工资 辞职", "辞职 拖欠工资"),
        ("辞职，经济补偿", "经济补偿；辞职？"),
        ("经济补偿怎么算", "经济补偿 怎么算"),
        ("ＷＴＯ 规则", "规则 wto"),
    ],
)
def test_searches_of_the_same_words_in_another_order_are_made_once(one, other):
    for words in (True, False):
        made, again = (Search(question_id="q1", query=query, words=words) for query in (one, other))
        assert fresh([again], {made.key}) == []


def test_citations_are_compared_in_their_order():
    made, other = (
        Search(question_id="q1", query=query, is_citation=True)
        for query in ("劳动法第二条第三款", "劳动法第三款第二条")
    )

    assert fresh([other], {made.key}) == [other]


def test_a_sub_question_is_searched_for_in_all_its_ways():
    question = SubQuestion(
        id="q1", text="问", queries=("问", "答"), keywords=("甲", "乙"), citations=("某法第一条",)
    )

    searches = first_searches(question, ASKED)

    assert [(s.query, s.laws, s.words, s.is_citation) for s in searches] == [
        ("某法第一条", (), False, True),
        ("问", (), False, False),
        ("答", (), False, False),
        ("问", (), True, False),
        ("问", ("某法",), False, False),
        ("甲 乙", (), True, False),
    ]


def test_nothing_is_asked_again_and_nothing_empty_is_asked():
    first = fresh(next_searches("q1", ["甲 乙", "！！", "丙"], []), set())
    seen = {one.key for one in first}

    assert [one.query for one in first] == ["甲 乙", "丙"]
    assert fresh(next_searches("q2", ["甲，乙。", "丙"], []), seen) == []
    assert [s.words for s in fresh(next_searches("q1", [], ["甲", "乙"]), seen)] == [True]


def test_every_sub_question_has_its_share_and_what_one_leaves_goes_to_the_others():
    hits = {"q1": [hit(n) for n in "abcdef"], "q2": [hit("x", "q2")]}

    assert taken(hits, Pool(30), 4) == ["q1a", "q2x", "q1b", "q1c"]


def test_an_article_of_two_sub_questions_is_one_piece_of_evidence():
    hits = {"q1": [hit("a"), hit("b")], "q2": [hit("a", "q2"), hit("c", "q2")]}
    pool = Pool(30)

    taken(hits, pool, 3)

    assert [one.article_id for one in pool.evidence] == ["a", "b", "c"]
    assert [trace.question_id for trace in pool.evidence[0].traces] == ["q1", "q2"]
    assert [one.id for one in pool.of("q2")] == ["e1", "e3"]


HITS = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3"]), st.lists(st.sampled_from("abcdefghij"), unique=True)
)


@given(HITS, st.integers(1, 8), st.integers(0, 10))
def test_the_room_is_never_exceeded_and_used_if_there_is_enough(hits, limit, room):
    pool = Pool(limit)
    of_question = {name: [hit(a, name) for a in ids] for name, ids in hits.items()}

    taken(of_question, pool, room)

    different = len({a for ids in hits.values() for a in ids})
    assert len(pool) == min(limit, room, different)
    assert [one.id for one in pool.evidence] == [f"e{n}" for n in range(1, len(pool) + 1)]


def test_what_is_cited_comes_before_what_is_found():
    searches = [
        Search(question_id="q1", query="问"),
        Search(question_id="q1", query="某法第九条", is_citation=True),
    ]
    answers = [
        Answer(search=searches[0], found=(found("a", 9.0), found("b", 1.0))),
        Answer(search=searches[1], found=(found("九"),)),
    ]

    hits = ranked(answers, 2)["q1"]

    assert [one.found.article_id for one in hits] == ["九", "a", "b"]
    assert [one.trace.how for one in hits] == ["citation", "search", "search"]
    assert {one.trace.round for one in hits} == {2}


class Slow:
    """A library that counts how many ask it at once."""

    def __init__(self):
        self.now = self.most = 0

    async def search(self, query, asked, *, k, laws=(), words=False):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        if query == "坏":
            raise SearchUnavailable("away")
        return Hits([found(query)], degraded=["dense"])

    async def cited(self, citation, asked):
        return [found(citation)]


def test_searches_go_on_at_once_and_one_that_fails_stops_no_other():
    library = Slow()
    searches = [Search(question_id="q1", query=query) for query in "甲乙丙坏丁戊"]
    searches.append(Search(question_id="q1", query="己", is_citation=True))

    answers = asyncio.run(search_all(library, ASKED, searches, parallel=3))

    assert library.most == 3
    assert [one.failed for one in answers] == ["", "", "", "away", "", "", ""]
    assert [[f.article_id for f in one.found] for one in answers] == [
        ["甲"], ["乙"], ["丙"], [], ["丁"], ["戊"], ["己"],
    ]  # fmt: skip
    assert answers[0].degraded == ("dense",)
