"""Questions to queries and qrels: twins share their split, samples nest, nothing is asked twice."""

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.generate.build import build_queries, sample_training, split_of
from lawvault.generate.journal import KEY_LENGTH, Question
from lawvault.schema import QRELS, QUERIES, table_of

TONES = ("help", "search", "story", "consult")
HASHES = st.integers(0, 2**64).map(lambda number: hashlib.sha256(str(number).encode()).hexdigest())


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def article(law: str, number: int, text: str) -> dict[str, object]:
    return {"article_id": f"{law}@2020-01-01/{number}", "law_name": law, "sha256": sha(text)}


def asked(text: str, tone: str = "help", law: str = "民法典") -> Question:
    return Question(law=law, tone=tone, text=text, generator="lawvault-shipped")


def build(articles, questions, tones=TONES):
    """Build with questions by the article's text, everything in the training split."""
    keyed = {sha(text)[:KEY_LENGTH]: list(some) for text, some in questions.items()}
    splits = {str(row["sha256"]): "train" for row in articles}
    return build_queries(articles, keyed, tones, splits)


@given(HASHES, st.integers(0, 1000), st.floats(0, 0.5), st.floats(0, 0.4))
def test_the_split_of_an_article_depends_on_its_text_and_the_seed_alone(text, seed, dev, test):
    shares = {"seed": seed, "dev_share": dev, "test_share": test}

    assert split_of(text, **shares) == split_of(text, **shares)
    assert split_of(text, **shares) in {"train", "dev", "test"}


@given(HASHES, st.integers(0, 1000))
def test_a_share_of_nothing_gives_nothing(text, seed):
    assert split_of(text, seed=seed, dev_share=0, test_share=0) == "train"
    assert split_of(text, seed=seed, dev_share=0.5, test_share=0) != "test"
    assert split_of(text, seed=seed, dev_share=0, test_share=0.5) != "dev"


@given(HASHES, st.floats(0, 0.25), st.floats(0, 0.25))
def test_a_larger_dev_share_keeps_the_articles_of_a_smaller_one(text, small, more):
    if split_of(text, seed=17, dev_share=small, test_share=0) == "dev":
        assert split_of(text, seed=17, dev_share=small + more, test_share=0) == "dev"


def test_shares_come_out_as_asked_for():
    splits = [split_of(sha(str(n)), seed=17, dev_share=0.05, test_share=0.1) for n in range(20_000)]

    assert splits.count("dev") / 20_000 == pytest.approx(0.05, abs=0.006)
    assert splits.count("test") / 20_000 == pytest.approx(0.10, abs=0.008)


def test_another_seed_splits_otherwise():
    texts = [sha(str(number)) for number in range(100)]
    shares = {"dev_share": 0.3, "test_share": 0.3}

    one = [split_of(text, seed=1, **shares) for text in texts]

    assert one != [split_of(text, seed=2, **shares) for text in texts]


def test_every_question_becomes_a_query_that_its_article_answers():
    articles = [article("民法典", 1047, "婚龄"), article("民法典", 1048, "近亲")]
    questions = {"婚龄": [asked("多大能结婚"), asked("婚龄", "search")], "近亲": [asked("表妹")]}

    queries, qrels = build(articles, questions)

    assert [(query["query_id"], query["text"]) for query in queries] == [
        ("民法典@2020-01-01/1047#help", "多大能结婚"),
        ("民法典@2020-01-01/1047#search", "婚龄"),
        ("民法典@2020-01-01/1048#help", "表妹"),
    ]
    assert [(row["query_id"], row["article_id"]) for row in qrels] == [
        (query["query_id"], query["article_id"]) for query in queries
    ]
    assert all(query["kept"] and query["generator"] == "lawvault-shipped" for query in queries)
    assert table_of(queries, QUERIES).num_rows == table_of(qrels, QRELS).num_rows == 3


def test_what_nobody_recorded_stays_empty():
    queries, _ = build([article("民法典", 1, "文")], {"文": [asked("问")]})

    (row,) = table_of(queries, QUERIES).to_pylist()

    unknown = ("prompt_sha256", "prompt_tokens", "completion_tokens", "cost", "drop_reason")
    assert {name: row[name] for name in unknown} == dict.fromkeys(unknown)


def test_an_article_without_questions_is_no_query():
    assert build([article("民法典", 1, "文")], {"另": [asked("问")]}) == ([], [])


def test_only_the_tones_that_are_asked_for_are_taken():
    questions = {"文": [asked(f"问{tone}", tone) for tone in TONES]}

    queries, qrels = build([article("民法典", 1, "文")], questions, ["story", "help"])

    assert [query["tone"] for query in queries] == ["help", "story"]
    assert len(qrels) == 2


def test_two_questions_of_one_tone_have_ids_of_their_own():
    queries, _ = build([article("民法典", 1, "文")], {"文": [asked("甲"), asked("乙")]})

    assert [query["query_id"].partition("#")[2] for query in queries] == ["help", "help-2"]


def test_a_question_belongs_to_the_law_it_was_written_for_and_every_twin_answers_it():
    twins = [article("中华人民共和国妇女权益保障法", 64, "孕"), article("民法典", 1082, "孕")]
    questions = {"孕": [asked("怀孕能离吗"), asked("孕期离婚", law="妇女权益保障法")]}

    queries, qrels = build(twins, questions)

    assert [query["article_id"] for query in queries] == [
        "民法典@2020-01-01/1082",
        "中华人民共和国妇女权益保障法@2020-01-01/64",
    ]
    assert len({query["query_id"] for query in queries}) == 2
    assert {(row["query_id"], row["article_id"]) for row in qrels} == {
        (query["query_id"], twin["article_id"]) for query in queries for twin in twins
    }


def test_a_question_of_a_law_that_is_not_in_the_corpus_goes_to_the_first_twin():
    twins = [article("民法典", 1082, "孕"), article("婚姻法", 34, "孕")]

    queries, _ = build(twins, {"孕": [asked("怀孕能离吗", law="妇女权益保障法")]})

    assert queries[0]["article_id"] == "民法典@2020-01-01/1082"


def test_a_question_that_was_asked_before_is_not_trained_on_but_kept_on_record():
    articles = [article("民法典", 1, "甲"), article("民法典", 2, "乙")]

    queries, qrels = build(articles, {"甲": [asked("能退吗")], "乙": [asked("能退吗")]})

    assert [(query["kept"], query.get("drop_reason")) for query in queries] == [
        (True, None),
        (False, "asked before"),
    ]
    assert len(qrels) == 2


@given(
    st.lists(
        st.tuples(st.sampled_from(["民法典", "刑法", "劳动法"]), st.sampled_from("甲乙丙丁")),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.tuples(st.sampled_from("甲乙丙丁戊"), st.sampled_from(TONES)), max_size=12),
)
def test_whatever_is_asked_keys_are_unique_and_answers_exist(laws, questions):
    articles = [article(law, number, text) for number, (law, text) in enumerate(laws)]
    by_text: dict[str, list[Question]] = {}
    for number, (text, tone) in enumerate(questions):
        by_text.setdefault(text, []).append(asked(f"问{number % 7}", tone))

    queries, qrels = build(articles, by_text)

    assert table_of(queries, QUERIES).num_rows == len(queries)
    assert table_of(qrels, QRELS).num_rows == len(qrels)
    ids = {row["article_id"] for row in articles}
    assert {row["article_id"] for row in qrels} <= ids
    assert {query["query_id"] for query in queries} == {row["query_id"] for row in qrels}
    kept = [query["text"] for query in queries if query["kept"]]
    assert len(kept) == len(set(kept))


def queries_of(count: int) -> list[dict[str, object]]:
    return [
        {"query_id": f"q{n}", "split": "dev" if n % 5 == 0 else "train", "kept": n % 7 != 0}
        for n in range(count)
    ]


def drawn(queries: list[dict[str, object]]) -> set[object]:
    return {query["query_id"] for query in queries if query["kept"] and query["split"] == "train"}


@given(st.integers(0, 80), st.integers(0, 40), st.integers(0, 40), st.integers(0, 99))
def test_a_small_sample_is_contained_in_a_larger_one(count, small, more, seed):
    few, many = queries_of(count), queries_of(count)

    assert sample_training(few, small, seed) == len(drawn(few))
    sample_training(many, small + more, seed)

    assert drawn(few) <= drawn(many)
    assert len(drawn(few)) == min(small, len(drawn(queries_of(count))))


def test_a_sample_does_not_depend_on_the_order_of_queries():
    queries = queries_of(100)
    shuffled = random.Random(3).sample(queries_of(100), 100)

    sample_training(queries, 10, 17)
    sample_training(shuffled, 10, 17)

    assert drawn(queries) == drawn(shuffled)
    assert len(drawn(queries)) == 10


def test_another_seed_draws_another_sample():
    one, other = queries_of(100), queries_of(100)

    sample_training(one, 10, 1)
    sample_training(other, 10, 2)

    assert drawn(one) != drawn(other)


def test_dev_and_test_questions_are_never_sampled_away():
    queries = queries_of(50)

    sample_training(queries, 0, 17)

    assert drawn(queries) == set()
    assert [q["kept"] for q in queries if q["split"] == "dev"] == [
        n % 7 != 0 for n in range(0, 50, 5)
    ]
    assert {q.get("drop_reason") for q in queries if q["kept"]} == {None}
