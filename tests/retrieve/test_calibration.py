"""Calibration: what dev questions choose is what they show, and no more."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.errors import IntegrityError
from lawvault.retrieve.calibration import (
    FILE,
    LATE_WEIGHTS,
    MAX_FLAGGED,
    MIN_QUESTIONS,
    WEIGHTS,
    Asked,
    Calibration,
    Probe,
    calibrate,
    gains_by_weight,
    read_calibration,
    threshold_of,
)
from lawvault.retrieve.fused import VECTOR_WEIGHT, Leg, fuse, with_late
from lawvault.retrieve.metrics import ndcg
from lawvault.schema import Hit

PROBES = [Probe(query="离婚 孩子归谁", found=("a/1", "b/2"))]


def ranking(right: str, rank: int, *, best: float = 0.9) -> list[Hit]:
    """Twenty hits with the right one at `rank` (0: not found); other legs have other wrong ones."""
    ids = [f"{right}-{best}-{n}" for n in range(20)]
    if rank:
        ids[rank - 1] = right
    return [Hit(article_id=one, score=best - 0.01 * n, rank=n + 1) for n, one in enumerate(ids)]


def question(number: int, vector: list[Hit], keyword: list[Hit]) -> Asked:
    """The questions of four in a row are of one article."""
    article = f"{number // 4:02}/1"
    return Asked(
        query=f"问{number}",
        article_id=article,
        judged={article: 1},
        vector=vector,
        keyword=keyword,
    )


def questions(vector_ranks: list[int], keyword_ranks: list[int], count: int = 120) -> list[Asked]:
    """Questions whose right article each leg has at the ranks given, over and over."""
    return [
        question(
            n,
            ranking(f"{n // 4:02}/1", vector_ranks[n % len(vector_ranks)]),
            ranking(f"{n // 4:02}/1", keyword_ranks[n % len(keyword_ranks)], best=20),
        )
        for n in range(count)
    ]


def chosen(asked: list[Asked], off_topic: list[float] | None = None) -> dict:
    return calibrate(asked, off_topic or [0.5] * 40, PROBES, path="tiny", seed=17)


def test_hybrid_is_the_default_where_it_beats_both_legs():
    found = chosen(questions([1, 3, 0, 2], [3, 1, 1, 2]))["fusion"]

    assert found["default_mode"] == "hybrid"
    assert 0 < found["vector_weight"] < 1
    assert found["ndcg@10"]["hybrid"] > max(found["ndcg@10"]["vector"], found["ndcg@10"]["keyword"])
    assert all(gain["low"] > 0 for gain in found["hybrid_minus"].values())


@pytest.mark.parametrize(
    ("vector", "keyword"),
    [([1], [0]), ([1], [1]), ([0], [1])],
    ids=["words know nothing", "both know all", "vectors know nothing"],
)
def test_hybrid_is_not_the_default_where_one_leg_is_as_good(vector, keyword):
    found = chosen(questions(vector, keyword))["fusion"]

    assert found["default_mode"] == "vector"
    assert found["why"] == "hybrid does not surely beat each of its legs"


def test_of_equal_weights_the_one_that_trusts_vectors_most_is_taken():
    assert chosen(questions([1], [1]))["fusion"]["vector_weight"] == 1


def test_a_gain_that_only_one_fold_has_is_not_claimed():
    """Each fold wants what spoils the other: the best weight of all gains nothing on unseen."""
    asked = []
    for n in range(160):
        article, even = f"{n // 4:02}/1", (n // 4) % 2 == 0
        vector = ranking(article, 1 if even else 9)
        keyword = ranking(article, 9 if even else 1, best=20)
        asked.append(question(n, vector, keyword))

    found = chosen(asked)["fusion"]

    assert found["default_mode"] == "vector"
    assert min(gain["mean"] for gain in found["hybrid_minus"].values()) <= 0


@pytest.mark.parametrize("count", [0, 1, MIN_QUESTIONS - 1])
def test_too_few_questions_choose_nothing(count):
    found = chosen(questions([1], [2], count))

    assert found["fusion"]["default_mode"] == "vector"
    assert found["fusion"]["vector_weight"] == VECTOR_WEIGHT
    assert found["no_confident_match"]["below"] is None
    assert f"{count} dev questions" in found["fusion"]["why"]
    assert found["probes"]


def test_many_questions_of_one_article_are_too_few():
    one = [question(0, ranking("00/1", 1), ranking("00/1", 2)) for _ in range(MIN_QUESTIONS)]

    assert chosen(one)["no_confident_match"]["below"] is None


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=150))
def test_at_most_two_in_a_hundred_are_below_the_threshold(best):
    below = threshold_of(np.array(best))

    assert sum(score < below for score in best) <= MAX_FLAGGED * len(best)
    assert sum(score <= below for score in best) > MAX_FLAGGED * len(best)


HITS = st.lists(
    st.tuples(st.sampled_from("abcdefghijklmnop"), st.floats(-1, 1, width=16)),
    max_size=14,
    unique_by=lambda pair: pair[0],
)


@given(HITS, HITS)
def test_the_gains_of_all_weights_are_those_of_the_fusion_that_search_does(one, other):
    vector, keyword = (
        [
            Hit(article_id=name, score=score, rank=rank)
            for rank, (name, score) in enumerate(sorted(pairs, key=lambda p: -p[1]), start=1)
        ]
        for pairs in (one, other)
    )
    judged = {"a": 1, "e": 2}

    asked = Asked(query="q", article_id="a", judged=judged, vector=vector, keyword=keyword)
    near = {name: place * 7 % 5 / 4 for place, name in enumerate("abcdefghijklmnop")}

    plain, gains = gains_by_weight(asked), gains_by_weight(replace(asked, closeness=near))

    assert np.array_equal(plain, gains[:, :1])
    for place, weight in enumerate(WEIGHTS):
        legs = (
            Leg(name="vector", weight=weight, hits=vector),
            Leg(name="keyword", weight=1 - weight, hits=keyword),
        )
        fused = fuse(legs)
        assert plain[place] == ndcg([found.article_id for found in fused], judged, k=10)
        for late, gain in zip(LATE_WEIGHTS[1:], gains[place, 1:], strict=True):
            found = with_late(fused, [near[one.article_id] for one in fused], late)
            assert gain == ndcg([one.article_id for one in found], judged, k=10)


def close_to(asked: list[Asked], *, right: bool) -> list[Asked]:
    """The questions with late interaction that knows the right article, or any but that."""
    return [
        replace(
            one,
            closeness={
                hit.article_id: float((hit.article_id == one.article_id) == right)
                for hit in (*one.vector, *one.keyword)
            },
        )
        for one in asked
    ]


def test_late_interaction_counts_where_it_helps_and_the_gain_is_told():
    found = chosen(close_to(questions([4, 2], [0, 3]), right=True))["fusion"]

    assert found["late_weight"] > 0
    assert found["default_mode"] == "hybrid"
    assert found["hybrid_minus"]["without_late"]["low"] > 0
    assert found["ndcg@10"]["hybrid"] > found["ndcg@10"]["without_late"]


def test_late_interaction_that_only_harms_does_not_count():
    found = chosen(close_to(questions([1, 3, 0, 2], [3, 1, 1, 2]), right=False))["fusion"]

    assert found["late_weight"] == 0
    assert found["hybrid_minus"]["without_late"]["mean"] == 0


def test_a_calibration_made_before_late_interaction_does_without_it(written):
    folder, content = written
    del content["fusion"]["late_weight"]
    (folder / FILE).write_text(json.dumps(content))

    assert read_calibration(folder).late_weight == 0


def test_a_threshold_that_tells_them_apart_is_taken_and_measured_on_the_other_half():
    asked = questions([1], [2])

    found = chosen(asked, [0.2, 0.95] * 30)["no_confident_match"]

    assert found["below"] == 0.9
    assert found["why"] == "it flags 30 of 30 off-topic questions kept for this choice"
    assert (found["off_topic_flagged"]["count"], found["off_topic_flagged"]["total"]) == (0, 30)


def test_a_threshold_that_misses_most_is_of_no_use_and_not_taken():
    found = chosen(questions([1], [2]), [0.95] * 40)["no_confident_match"]

    assert (found["below"], found["threshold"]) == (None, 0.9)
    assert found["why"] == (
        "it flags 0 of 20 off-topic questions kept for this choice, 50% are needed"
    )


def test_what_is_chosen_does_not_depend_on_the_order_of_questions():
    asked = questions([1, 3, 0, 2], [3, 1, 1, 2])
    order = np.random.default_rng(3).permutation(len(asked))

    assert chosen([asked[row] for row in order]) == chosen(asked)


@pytest.fixture
def written(tmp_path):
    """A folder with calibration.json, and what is in it, to be changed."""
    content = chosen(questions([1, 3, 0, 2], [3, 1, 1, 2]))
    (tmp_path / FILE).write_text(json.dumps(content))
    return tmp_path, content


def test_a_calibration_is_read_as_it_was_written(written):
    folder, content = written

    assert read_calibration(folder) == Calibration(
        default_mode="hybrid",
        vector_weight=content["fusion"]["vector_weight"],
        late_weight=0.0,
        confident_from=content["no_confident_match"]["below"],
        path="tiny",
        probes=tuple(PROBES),
    )


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("fusion", "default_mode", "exact"),
        ("fusion", "vector_weight", 1.5),
        ("fusion", "vector_weight", -0.1),
        ("fusion", "vector_weight", "much"),
        ("fusion", "vector_weight", float("nan")),
        ("fusion", "late_weight", -1),
        ("fusion", "late_weight", float("nan")),
        ("no_confident_match", "below", "some"),
        ("no_confident_match", "below", float("nan")),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(written, part, key, value):
    folder, content = written
    content[part][key] = value
    (folder / FILE).write_text(json.dumps(content))

    with pytest.raises(IntegrityError, match=r"calibration\.json: "):
        read_calibration(folder)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "7", "{}"])
def test_a_calibration_that_cannot_be_read_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / FILE).write_text(text)

    with pytest.raises(IntegrityError, match=r"calibration\.json: cannot be read"):
        read_calibration(tmp_path)
