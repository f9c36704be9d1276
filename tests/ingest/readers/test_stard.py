"""STARD's corpus: names that join law and number, split where they can be split in one way."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.ingest.readers.stard import is_stard, read_stard, split_name
from lawvault.ingest.sources import Reject, SourceArticle
from lawvault.law.numerals import to_chinese

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "stard" / "queries.json"
ROW = {"id": 22648, "name": "农村土地承包经营纠纷调解仲裁法第十八条", "content": "调解仲裁。\n"}


def written(folder: Path, *lines: str | dict[str, object]) -> Path:
    path = folder / "corpus.jsonl"
    texts = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def test_an_article_is_read_without_the_line_end_of_its_content(tmp_path):
    (item,) = read_stard(written(tmp_path, ROW), "stard")

    assert item == SourceArticle(
        source="stard",
        line=1,
        law_name="农村土地承包经营纠纷调解仲裁法",
        article_number="第十八条",
        content="调解仲裁。",
    )


@pytest.mark.parametrize(
    ("name", "law", "number"),
    [
        ("刑法第一百二十条之一", "刑法", "第一百二十条之一"),
        ("宪法第5条", "宪法", "第5条"),
        ("关于适用民法典第三条的解释第一条", "关于适用民法典第三条的解释", "第一条"),
        ("反家庭暴力法 第二条", "反家庭暴力法", "第二条"),
        ("刑法（2020修正）第十条", "刑法（2020修正）", "第十条"),
    ],
)
def test_a_name_is_split_before_its_last_number(name, law, number):
    assert split_name(name) == (law, number)


@given(st.integers(1, 99_999), st.integers(0, 99))
def test_every_number_of_an_article_is_found(number, sub):
    label = f"第{to_chinese(number)}条" + (f"之{to_chinese(sub)}" if sub else "")

    assert split_name(f"刑法{label}") == ("刑法", label)


@pytest.mark.parametrize(
    "name",
    [
        "刑法",
        "第五条",
        "刑法第十十条",
        "刑法第条",
        "刑法第一条第二款",
        "刑法第一条之二之三",
        " 第五条",
        "",
    ],
)
def test_a_name_that_does_not_split_becomes_a_reject(tmp_path, name):
    broken, good = read_stard(written(tmp_path, {**ROW, "name": name}, ROW), "stard")

    assert isinstance(good, SourceArticle)
    assert isinstance(broken, Reject)
    assert (broken.line, broken.reason.split(" ")[0]) == (1, "name" if name else "field")
    assert json.loads(broken.row)["name"] == name


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting property name"),
        ({**ROW, "name": None}, "field name is missing or empty"),
        ({**ROW, "content": "\n"}, "field content is missing or empty"),
        ({**ROW, "content": 1}, "field content is not text"),
        ({**ROW, "law": "x"}, "unknown field 'law'"),
    ],
)
def test_a_broken_line_becomes_a_reject(tmp_path, line, reason):
    broken, good = read_stard(written(tmp_path, line, ROW), "stard")

    assert isinstance(good, SourceArticle)
    assert isinstance(broken, Reject)
    assert reason in broken.reason


def test_its_corpus_is_told_from_other_json_lines_by_its_first_line(tmp_path, toy_corpus):
    assert is_stard(written(tmp_path, ROW))
    assert not is_stard(toy_corpus)


@pytest.mark.parametrize("line", ["", "[", "[]", "[" * 100_000, '{"id": 1}', "\udcff"])
def test_what_cannot_be_read_is_not_taken_for_its_corpus(tmp_path, line):
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(line.encode(errors="surrogateescape"))

    assert not is_stard(path)


@pytest.mark.skipif(not SHARED.is_file(), reason="needs the questions of STARD")
def test_every_name_that_its_questions_use_is_split():
    questions = json.loads(SHARED.read_text(encoding="utf-8"))
    names = {name for question in questions for name in question["match_name"]}
    assert len(names) > 1000

    laws = {split_name(name)[0] for name in names}

    assert "劳动合同法" in laws
