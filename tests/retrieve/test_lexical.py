"""BM25 over words: as its formula says, and nothing for a query that shares no word."""

import datetime
import itertools
import json
import logging
import math
import subprocess
import sys
import textwrap
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jieba
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.errors import IntegrityError
from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.files import read_source
from lawvault.models.packed import default_cache
from lawvault.models.texts import article_texts
from lawvault.retrieve.lexical import (
    ABOUT,
    KeywordIndex,
    LexicalIndex,
    load_words,
    spans_of,
    words_of,
    write_keywords,
)
from lawvault.schema import ARTICLES, table_of

TEXTS = [
    "用人单位拖欠劳动报酬",
    "劳动合同解除",
    "夫妻共同财产",
    "劳动合同 劳动合同 劳动报酬",
    "子女抚养",
]

FOUR = ["劳动合同", "子女抚养", "劳动合同", "劳动"]


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
    index = KeywordIndex(["a", "b", "c", "d"], LexicalIndex(FOUR))

    hits = index.search("劳动合同", 10)

    assert [hit.article_id for hit in hits] == ["a", "c", "d"]
    assert [hit.rank for hit in hits] == [1, 2, 3]


@pytest.mark.parametrize("mask", [[False] * 4, [False, True, False, False]])
def test_what_a_mask_leaves_out_is_never_found(mask):
    index = KeywordIndex(["a", "b", "c", "d"], LexicalIndex(FOUR))

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


ROOT = Path(__file__).parents[2]
FULL_DISK = """
    import resource, signal, sys
    from pathlib import Path
    import pyarrow.parquet as pq
    from lawvault.errors import UpstreamError
    from lawvault.retrieve.lexical import load_words, write_keywords

    articles = pq.read_table(sys.argv[1])
    load_words()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))  # no file grows beyond it
    try:
        write_keywords(articles, Path(sys.argv[2]))
    except UpstreamError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def articles(toy_corpus: Path) -> pa.Table:
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=datetime.date(2026, 10, 4))
    return table_of(corpus.rows[::-1], ARTICLES)  # in no order of ids


@pytest.fixture(scope="module")
def written(articles, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pack") / "keywords"
    write_keywords(articles, folder)
    return folder


@pytest.fixture(scope="module")
def article_ids(articles) -> list[str]:
    return sorted(articles["article_id"].to_pylist())


def test_an_index_on_disk_scores_exactly_as_the_one_in_memory(
    articles, written, article_ids, toy_journal
):
    ordered = articles.sort_by("article_id")
    memory, disk = LexicalIndex(article_texts(ordered, " ")), LexicalIndex.open(written)
    questions = [json.loads(line)["question"] for line in toy_journal.read_text().splitlines()]

    for question in [*questions, "", "🙂", "刑法", "没有这样的词 zebra"]:
        np.testing.assert_array_equal(disk.scores(question), memory.scores(question))
    assert disk.size == memory.size == len(article_ids)


@pytest.mark.parametrize("word", ["家庭暴力", "刑法", "第二百六十条"])
def test_articles_are_found_by_the_words_of_text_and_title_whatever_their_order_was(
    articles, written, article_ids, word
):
    columns = (articles["article_id"].to_pylist(), article_texts(articles, " "))
    texts = dict(zip(*columns, strict=True))

    found = KeywordIndex.open(written, article_ids).search(word, 100)

    having = {one for one, text in texts.items() if set(words_of(word)) & set(words_of(text))}
    assert {hit.article_id for hit in found} == having != set()


def test_an_index_on_disk_answers_many_threads_at_once(written, article_ids):
    index = KeywordIndex.open(written, article_ids)
    questions = ["家庭暴力", "离婚", "子女抚养费", "妇女"] * 8

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda question: index.search(question, 5), questions))

    assert found == [index.search(question, 5) for question in questions]


def test_what_is_on_disk_is_mapped_and_holds_no_pickle(written):
    for path in written.glob("*.npy"):
        assert isinstance(np.load(path, mmap_mode="r", allow_pickle=False), np.memmap)
    about = json.loads((written / ABOUT).read_text())
    assert about["cutter"].startswith("jieba ")
    assert about["articles"] == 40


def test_a_pack_without_words_names_the_job_that_makes_them(tmp_path):
    with pytest.raises(IntegrityError, match=r"no index of words; run `python -m jobs\.index`"):
        KeywordIndex.open(tmp_path / "keywords", [])


def copy_of(written: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "keywords"
    folder.mkdir()
    for path in written.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_an_index_over_other_articles_is_refused(written, article_ids):
    for others in (article_ids[1:], [*article_ids, "z"], article_ids[::-1]):
        with pytest.raises(IntegrityError, match="over other articles"):
            KeywordIndex.open(written, others)


@pytest.mark.parametrize("name", sorted([ABOUT, "params.index.json", "vocab.index.json"]))
@pytest.mark.parametrize("data", [b"", b"{", b"[]", None], ids=["empty", "cut", "list", "none"])
def test_a_damaged_description_is_refused(written, article_ids, tmp_path, name, data):
    folder = copy_of(written, tmp_path)
    (folder / name).unlink()
    if data is not None:
        (folder / name).write_bytes(data)

    with pytest.raises(IntegrityError, match=r"run `python -m jobs\.index` with force=true"):
        KeywordIndex.open(folder, article_ids)


@pytest.mark.parametrize("data", [b"", b"PK", None], ids=["empty", "cut", "none"])
@pytest.mark.parametrize("kind", ["data", "indices", "indptr"])
def test_damaged_arrays_are_refused(written, article_ids, tmp_path, kind, data):
    folder = copy_of(written, tmp_path)
    (folder / f"{kind}.csc.index.npy").unlink()
    if data is not None:
        (folder / f"{kind}.csc.index.npy").write_bytes(data)

    with pytest.raises(IntegrityError, match="cannot be read"):
        KeywordIndex.open(folder, article_ids)


@pytest.mark.parametrize("number", [0, 2, "1", None])
def test_another_format_is_refused(written, article_ids, tmp_path, number):
    folder = copy_of(written, tmp_path)
    about = json.loads((folder / ABOUT).read_text())
    (folder / ABOUT).write_text(json.dumps({**about, "format": number}))

    with pytest.raises(IntegrityError, match="not of format 1"):
        KeywordIndex.open(folder, article_ids)


def test_words_of_another_cutter_are_searched_and_it_is_said(
    written, article_ids, tmp_path, caplog
):
    folder = copy_of(written, tmp_path)
    about = json.loads((folder / ABOUT).read_text())
    (folder / ABOUT).write_text(json.dumps({**about, "cutter": "jieba 0.1"}))

    with caplog.at_level(logging.WARNING):
        found = KeywordIndex.open(folder, article_ids).search("离婚", 3)

    assert "cut by jieba 0.1, questions are cut by jieba 0.4" in caplog.text
    assert found == KeywordIndex.open(written, article_ids).search("离婚", 3)


def test_a_full_disk_is_an_error_for_a_person(articles, tmp_path):
    load_words()  # its cache is on disk before the disk is full
    table, folder = tmp_path / "articles.parquet", tmp_path / "keywords"
    pq.write_table(articles, table)
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(table), str(folder)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{folder}: cannot be written (")
