"""BM25 over words: as its formula says, and nothing for a query that shares no word."""

import itertools
import json
import math
from collections import Counter
from pathlib import Path

import jieba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.models.packed import default_cache
from lawvault.retrieve.lexical import KeywordIndex, LexicalIndex, spans_of, words_of

TEXTS = [
    "用人单位拖欠劳动报酬",
    "劳动合同解除",
    "夫妻共同财产",
    "劳动合同 劳动合同 劳动报酬",
    "子女抚养",
]


def naive_bm25(texts: list[str], query: str) -> list[float]:
    """BM25 in Lucene's variant, k1 = 1.5, b = 0.75, word by word."""
    bags = [Counter(words_of(text)) for text in texts]
    lengths = [bag.total() for bag in bags]
    mean = sum(lengths) / len(lengths)
    scores = [0.0] * len(texts)
    for word in words_of(query):
        having = sum(word in bag for bag in bags)
        if not having:
            continue
        idf = math.log(1 + (len(bags) - having + 0.5) / (having + 0.5))
        for row, (bag, length) in enumerate(zip(bags, lengths, strict=True)):
            times = bag[word]
            scores[row] += idf * times / (times + 1.5 * (0.25 + 0.75 * length / mean))
    return scores


@pytest.mark.parametrize("query", ["劳动报酬", "劳动合同解除", "抚养 财产", "劳动 劳动", "拖欠"])
def test_scores_are_those_of_the_formula(query):
    found = LexicalIndex(TEXTS).scores(query)

    np.testing.assert_allclose(found, naive_bm25(TEXTS, query), rtol=1e-4, atol=1e-5)
    assert found.max() > 0


def test_scores_of_law_and_real_questions_are_those_of_the_formula(toy_corpus, toy_journal):
    texts = [json.loads(line)["content"] for line in toy_corpus.read_text().splitlines()]
    questions = [json.loads(line)["question"] for line in toy_journal.read_text().splitlines()]
    index = LexicalIndex(texts)

    for question in questions[::10]:
        found = index.scores(question)
        np.testing.assert_allclose(found, naive_bm25(texts, question), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "query", ["", "  ", "，。！？", "zebra", "🙂", "\x00", "'; DROP TABLE", "*"]
)
def test_a_query_that_shares_no_word_scores_nothing(query):
    np.testing.assert_array_equal(LexicalIndex(TEXTS).scores(query), np.zeros(5, np.float32))


def test_every_text_has_a_score_in_its_place():
    index = LexicalIndex(TEXTS)

    scores = index.scores("子女抚养")

    assert index.size == len(scores) == 5
    assert scores.dtype == np.float32
    assert scores.argmax() == 4


@given(st.text(max_size=20))
def test_words_hold_a_letter_digit_or_character_and_stand_in_the_text(text):
    words = words_of(text)

    assert all(any(map(str.isalnum, word)) for word in words)
    assert all(word in text for word in words)


def test_a_long_word_is_found_by_the_words_inside_it():
    assert {"劳动", "合同", "劳动合同"} <= set(words_of("劳动合同"))


def test_progress_is_not_shown_for_a_short_list(capfd):
    LexicalIndex(TEXTS).scores("劳动")

    assert "BM25S" not in capfd.readouterr().err


def test_ids_are_found_by_their_words_best_first_and_equal_ones_by_id():
    index = KeywordIndex(["a", "b", "c", "d"], ["劳动合同", "子女抚养", "劳动合同", "劳动"])

    hits = index.search("劳动合同", 10)

    assert [hit.article_id for hit in hits] == ["a", "c", "d"]
    assert [hit.rank for hit in hits] == [1, 2, 3]


@pytest.mark.parametrize("mask", [[False] * 4, [False, True, False, False]])
def test_what_a_mask_leaves_out_is_never_found(mask):
    index = KeywordIndex(["a", "b", "c", "d"], ["劳动合同", "子女抚养", "劳动合同", "劳动"])

    assert index.search("劳动合同", 10, np.array(mask)) == []


@given(st.lists(st.text(alphabet="劳动合同解除。 ", max_size=4), max_size=5), st.text(max_size=40))
def test_spans_cover_just_the_words_that_stand_in_a_text(words, text):
    spans = spans_of(words, text, limit=100)

    inside = {
        place
        for word in words
        for start in range(len(text))
        if word and text.startswith(word, start)
        for place in range(start, start + len(word))
    }
    assert {place for start, end in spans for place in range(start, end)} == inside
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))


def test_spans_are_bounded():
    assert len(spans_of(["法"], "法 " * 500, limit=50)) == 50


def test_the_word_list_is_kept_in_a_folder_of_this_users_own():
    words_of("劳动合同")

    folder = Path(jieba.dt.tmp_dir)
    assert folder.name == default_cache().name == "lawvault"
    assert (folder / "jieba.cache").is_file()
