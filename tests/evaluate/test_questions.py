"""The questions that measure: what becomes a judgment, what is left out, what is refused."""

import json
from pathlib import Path

import pytest

from lawvault.errors import SourceError
from lawvault.evaluate.questions import alike, own_questions, stard_questions

SHARED = Path(__file__).parents[3] / "shared" / "data" / "stard" / "queries.json"
TEXT = "结婚年龄，男不得早于二十二周岁，女不得早于二十周岁。"
OTHER = "违反国家规定，以胁迫手段组织他人出卖人体器官的，处五年以下有期徒刑，并处罚金。"


@pytest.fixture(scope="module")
def articles(toy_corpus) -> list[dict]:
    rows = [json.loads(line) for line in toy_corpus.read_text().splitlines()]
    return [{**row, "article_id": row["law_name"] + row["article_number"]} for row in rows]


@pytest.fixture
def stard(tmp_path):
    """Return a function that writes questions in STARD's format: id, text, answers."""

    def write(*rows: tuple) -> Path:
        keys = ("query_id", "问题", "相关法规")
        path = tmp_path / "stard" / "queries.json"
        path.parent.mkdir(exist_ok=True)
        table = [dict(zip(keys, row, strict=True)) for row in rows]
        path.write_text(json.dumps(table, ensure_ascii=False))
        return path

    return write


@pytest.mark.parametrize(
    "name",
    ["民法典第一千零四十七条", "中华人民共和国民法典第一千零四十七条", " 民法典第1047条 "],
)
def test_an_answer_is_found_by_law_and_number_however_the_law_is_named(stard, articles, name):
    questions = stard_questions(stard((7, "多大能结婚", {name: TEXT + "\n"})), articles)

    assert questions.judged == [{"中华人民共和国民法典第一千零四十七条": 1}]
    assert (questions.query_ids, questions.texts) == (["7"], ["多大能结婚"])
    assert questions.groups == ["7"]
    assert questions.name == "stard/queries.json"


def test_a_number_with_a_suffix_is_an_article_of_its_own(stard, articles):
    by_number = {
        row["article_number"]: row["content"] for row in articles if "刑法" in row["law_name"]
    }
    path = stard(
        (1, "打伤人", {"中华人民共和国刑法第二百三十四条": by_number["第二百三十四条"]}),
        (2, "卖器官", {"中华人民共和国刑法第二百三十四条之一": by_number["第二百三十四条之一"]}),
    )

    questions = stard_questions(path, articles)

    assert questions.judged == [
        {"中华人民共和国刑法第二百三十四条": 1},
        {"中华人民共和国刑法第二百三十四条之一": 1},
    ]


def test_a_question_whose_article_was_rewritten_is_left_out_and_counted(stard, articles):
    path = stard(
        (1, "多大能结婚", {"民法典第一千零四十七条": TEXT}),
        (2, "多大能结婚呢", {"民法典第一千零四十七条": OTHER}),
        (3, "公司怎么注册", {"公司法第三条": "公司是企业法人。"}),
        (4, "随便问问", {"不是法条": TEXT}),
    )

    questions = stard_questions(path, articles)

    assert questions.query_ids == ["1"]
    assert questions.left_out == 3


def test_a_question_keeps_the_answers_that_are_left(stard, articles):
    answers = {
        "民法典第一千零四十七条": TEXT,
        "民法典第一千零四十八条": OTHER,
        "婚姻法第六条": TEXT,
    }

    questions = stard_questions(stard((1, "多大能结婚", answers)), articles)

    assert questions.judged == [{"中华人民共和国民法典第一千零四十七条": 1}]
    assert questions.left_out == 0


def test_texts_are_compared_without_white_space_and_by_their_beginning():
    long = "".join(chr(0x4E00 + number) for number in range(300))

    assert alike(TEXT, "\n".join(TEXT) + "　")
    assert alike(TEXT, TEXT.replace("二十二", "二十三"))
    assert not alike(TEXT, OTHER)
    assert alike(long, long + OTHER * 9)
    assert not alike(TEXT, "")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "JSONDecodeError"),
        (b'[{"query_id": 1, ', "JSONDecodeError"),
        (b"\xff\xfe", "UnicodeDecodeError"),
        (b"[" * 100_000, "RecursionError"),
        (b'{"a": 1}', "TypeError"),
        (b"[1]", "TypeError"),
        ('[{"query_id": 1, "问题": "？"}]'.encode(), "KeyError"),
        ('[{"query_id": 1, "问题": null, "相关法规": {}}]'.encode(), "is no text"),
        ('[{"query_id": 1, "问题": " ", "相关法规": {}}]'.encode(), "is no text"),
        ('[{"query_id": 1, "问题": "？", "相关法规": ["民法典"]}]'.encode(), "no object of texts"),
        (
            '[{"query_id": 1, "问题": "？", "相关法规": {"民法典第一条": null}}]'.encode(),
            "no object",
        ),
    ],
)
def test_a_file_of_another_format_is_refused_with_the_knob_that_names_it(
    tmp_path, articles, content, complaint
):
    path = tmp_path / "queries.json"
    path.write_bytes(content)

    with pytest.raises(SourceError, match=complaint) as refusal:
        stard_questions(path, articles)

    assert str(path) in str(refusal.value)
    assert "evaluate.questions names it" in str(refusal.value)
    assert refusal.value.exit_code == 3


def test_a_missing_file_is_refused(tmp_path, articles):
    with pytest.raises(SourceError, match="FileNotFoundError"):
        stard_questions(tmp_path / "nowhere.json", articles)


@pytest.mark.parametrize("rows", [[], [(1, "公司怎么注册", {"公司法第三条": "公司是企业法人。"})]])
def test_a_file_without_an_answer_in_the_corpus_is_refused(stard, articles, rows):
    with pytest.raises(SourceError, match=f"none of {len(rows)} questions has its answer"):
        stard_questions(stard(*rows), articles)


def test_our_own_questions_are_the_kept_ones_of_the_test_split_grouped_by_article():
    def query(query_id: str, article_id: str, split: str, *, kept: bool) -> dict:
        return {
            "query_id": query_id,
            "article_id": article_id,
            "text": query_id.upper(),
            "split": split,
            "kept": kept,
        }

    queries = [
        query("a", "one", "test", kept=True),
        query("b", "one", "test", kept=True),
        query("c", "two", "test", kept=False),
        query("d", "two", "train", kept=True),
        query("e", "two", "dev", kept=True),
    ]
    qrels = [
        {"query_id": query_id, "article_id": article_id, "grade": 1}
        for query_id, article_id in [("a", "one"), ("a", "twin"), ("b", "one"), ("d", "two")]
    ]

    questions = own_questions("generate-0/test", queries, qrels)

    assert questions.query_ids == ["a", "b"]
    assert questions.texts == ["A", "B"]
    assert questions.judged == [{"one": 1, "twin": 1}, {"one": 1}]
    assert questions.groups == ["one", "one"]
    assert questions.left_out == 0


@pytest.mark.skipif(not SHARED.is_file(), reason="STARD's questions are not part of the product")
def test_stards_own_file_can_be_read(articles):
    questions = stard_questions(SHARED, articles)

    assert len(questions.texts) + questions.left_out == 1235
    assert len(questions.texts) == 5
