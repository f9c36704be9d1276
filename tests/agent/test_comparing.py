"""Hits of a round are ordered by late interaction, too; what is cited stays first, none is lost."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.agent.comparing import compared
from lawvault.agent.gather import Answer, Search, ranked
from lawvault.agent.merging import CLOSENESS
from lawvault.agent.nouns import SearchUnavailable
from tests.agent.conftest import found


class Compares:
    """A library that knows how near articles are to every query alike, and notes what it is asked.

    It answers nobody before `together` ask it at once; those whose query is in `fails` never.
    """

    def __init__(self, near, *, fails=(), together=1):
        self.near, self.fails = near, fails
        self.asked, self.now, self.most = [], 0, 0
        self._together, self._enough = together, asyncio.Event()

    async def closeness(self, query, article_ids):
        self.asked.append((query, "".join(article_ids)))
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == self._together:
            self._enough.set()
        await self._enough.wait()
        self.now -= 1
        if query in self.fails:
            raise SearchUnavailable("the model is away")
        return [self.near[one] for one in article_ids] if self.near else []


def answer(query: str, names: str, question_id: str = "q1", **more) -> Answer:
    hits = tuple(found(name, len(names) - place) for place, name in enumerate(names))
    return Answer(search=Search(question_id=question_id, query=query, **more), found=hits)


def orders(library, answers, *, parallel=8):
    """Return the articles of each sub-question in their order, and why some were not compared."""
    told = asyncio.run(compared(library, answers, round_number=2, parallel=parallel))
    names = {
        name: "".join(hit.found.article_id for hit in hits) for name, hits in told.hits.items()
    }
    return names, told.failures


def test_an_article_that_is_nearer_rises_and_its_score_and_trace_say_so():
    answers = [answer("问", "abcd"), answer("又问", "bd")]
    library = Compares({"a": 0.1, "b": 0.3, "c": 0.9, "d": 0.2})

    told = asyncio.run(compared(library, answers, round_number=2, parallel=8))
    before = {hit.found.article_id: hit for hit in ranked(answers, 2)["q1"]}
    hits = told.hits["q1"]

    assert [*before] == ["b", "a", "c", "d"]
    assert [hit.found.article_id for hit in hits] == ["c", "b", "a", "d"]
    assert [hit.trace.score for hit in hits] == [hit.found.score for hit in hits]
    best = before["b"].found.score
    assert hits[0].found.score == pytest.approx(
        (before["c"].found.score / best + CLOSENESS) / (1 + CLOSENESS)
    )
    assert {hit.found.article_id: (hit.trace.by, hit.trace.round) for hit in hits} == {
        name: (hit.trace.by, 2) for name, hit in before.items()
    }


def test_a_law_without_token_vectors_changes_nothing():
    answers = [answer("问", "abc"), answer("某法第九条", "z", is_citation=True)]

    told = asyncio.run(compared(Compares({}), answers, round_number=1, parallel=8))

    assert told.hits == ranked(answers, 1)
    assert told.failures == ()


def test_what_is_cited_stays_first_however_far_it_is():
    answers = [answer("问", "abz"), answer("某法第九条", "zy", is_citation=True)]
    library = Compares({"a": 0.1, "b": 0.9, "z": 0.0})

    assert orders(library, answers) == ({"q1": "zybaz"}, ())
    assert library.asked == [("问", "abz")]


def test_each_sub_question_is_compared_with_what_was_first_asked_by_meaning():
    answers = [
        answer("某法第九条", "z", is_citation=True),
        answer("老板把我炒鱿鱼了", "ab"),
        answer("解除劳动合同", "bc"),
        answer("又一问 甲", "d", "q2", words=True),
        answer("又一问", "de", "q2"),
    ]
    library = Compares(dict.fromkeys("abcde", 1.0))

    orders(library, answers)

    assert [query for query, _ in library.asked] == ["老板把我炒鱿鱼了", "又一问"]
    assert [sorted(names) for _, names in library.asked] == [["a", "b", "c"], ["d", "e"]]


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [answer("甲 乙", "ab", words=True)],
        [answer("某法第九条", "z", is_citation=True)],
        [answer("问", "")],
    ],
    ids=["nothing", "words alone", "a citation alone", "nothing found"],
)
def test_where_there_is_nothing_to_compare_nobody_is_asked(answers):
    library = Compares({})

    orders(library, answers)

    assert library.asked == []


def test_a_sub_question_that_cannot_be_compared_keeps_its_order_and_the_others_do_not():
    answers = [answer("坏", "ab"), answer("问", "cd", "q2")]
    library = Compares({"a": 0.1, "b": 0.9, "c": 0.1, "d": 0.9}, fails=["坏"])

    assert orders(library, answers) == ({"q1": "ab", "q2": "dc"}, ("the model is away",))


def test_sub_questions_are_compared_side_by_side_and_no_more_than_may_be():
    answers = [answer(f"问{n}", "ab", f"q{n}") for n in range(6)]
    library = Compares({"a": 0.1, "b": 0.9}, together=3)

    names, _ = orders(library, answers, parallel=3)

    assert library.most == 3
    assert names == {f"q{n}": "ba" for n in range(6)}


NEAR = st.fixed_dictionaries(dict.fromkeys("abcdefgh", st.floats(0, 1.3)))
FOUND = st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True).map("".join), max_size=4)


@given(FOUND, NEAR)
def test_the_same_articles_come_once_with_falling_scores_from_one_to_zero(rankings, near):
    answers = [answer(f"问{n}", names) for n, names in enumerate(rankings)]

    told = asyncio.run(compared(Compares(near), answers, round_number=1, parallel=8))

    hits, before = told.hits.get("q1", []), ranked(answers, 1).get("q1", [])
    scores = [hit.found.score for hit in hits]
    assert sorted(h.found.article_id for h in hits) == sorted(h.found.article_id for h in before)
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 + 1e-9 for score in scores)
