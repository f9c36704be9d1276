"""Articles as JSON Lines: what is read, and what becomes a reject with its place and reason."""

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.ingest.readers.json_lines import day_of, read_json_lines, shown
from lawvault.ingest.sources import Reject, SourceArticle

ROW = {
    "law_name": "中华人民共和国民法典",
    "article_number": "第一千零四十七条",
    "content": "结婚年龄",
}
FIELDS = ["category", "issuer", "region", "status", "part", "chapter", "section"]
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), min_size=1)
WORDS = WORDS.filter(str.strip)


def written(folder: Path, *lines: str | bytes | dict[str, object]) -> Path:
    """Return a JSON Lines file with these lines."""
    path = folder / "laws.jsonl"
    texts = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    path.write_bytes(b"".join(line + b"\n" for line in raw))
    return path


def read(path: Path) -> list[SourceArticle | Reject]:
    return list(read_json_lines(path, "民法/laws.jsonl"))


def rejected(folder: Path, line: str | bytes | dict[str, object]) -> Reject:
    """Return the reject that a line between two good ones becomes."""
    good, broken, after = read(written(folder, ROW, line, ROW))
    assert isinstance(good, SourceArticle)
    assert isinstance(after, SourceArticle)
    assert isinstance(broken, Reject)
    return broken


def test_the_toy_corpus_is_read_in_its_order(toy_corpus):
    items = read(toy_corpus)

    assert len(items) == 40
    assert [item.line for item in items] == list(range(1, 41))
    first = items[0]
    assert first.law_name == "中华人民共和国民法典"
    assert first.article_number == "第一千零四十条"
    assert first.part == "第五编 婚姻家庭"
    assert first.effective_date == datetime.date(2021, 1, 1)
    assert first.source == "民法/laws.jsonl"


def test_only_law_number_and_content_are_needed(tmp_path):
    (item,) = read(written(tmp_path, ROW))

    assert item == SourceArticle(
        source="民法/laws.jsonl",
        line=1,
        law_name="中华人民共和国民法典",
        article_number="第一千零四十七条",
        content="结婚年龄",
    )
    assert (item.category, item.region, item.status) == ("法律", "全国", "现行有效")


@given(
    row=st.fixed_dictionaries(
        dict.fromkeys(["law_name", "article_number", "content"], WORDS),
        optional=dict.fromkeys(FIELDS, WORDS),
    ),
    day=st.dates(),
    is_short=st.booleans(),
)
def test_every_field_is_read_word_for_word(tmp_path_factory, row, day, is_short):
    written_day = day.isoformat().replace("-", "") if is_short else day.isoformat()
    path = written(tmp_path_factory.getbasetemp(), {**row, "publish_date": written_day})

    (item,) = read(path)

    assert {name: getattr(item, name) for name in row} == row
    assert item.publish_date == day


@pytest.mark.parametrize("name", ["issuer", "part", "chapter", "section", "publish_date"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_a_law_need_not_have_may_be_null_or_empty(tmp_path, name, value):
    assert read(written(tmp_path, {**ROW, name: value})) == read(written(tmp_path, ROW))


def test_blank_lines_are_not_counted_as_broken_but_keep_the_line_numbers_right(tmp_path):
    items = read(written(tmp_path, "", ROW, "   ", "broken"))

    assert [item.line for item in items] == [2, 4]
    assert isinstance(items[1], Reject)


def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it(tmp_path):
    (item,) = read(written(tmp_path, b"\xef\xbb\xbf" + json.dumps(ROW).encode()))

    assert isinstance(item, SourceArticle)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting property name"),
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("NaN", "NaN is no JSON"),
        ('{"law_name": NaN}', "NaN is no JSON"),
        ('{"law_name": -Infinity}', "-Infinity is no JSON"),
        ('{"content": "甲", "content": "乙"}', "field 'content' stands twice"),
        ('{"x": {"a": 1, "a": 2}}', "field 'a' stands twice"),
        ("[" * 100_000, "nested too deep"),
        ('{"law_name": ' + "[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        ("9" * 5000, "Exceeds the limit"),
        (b'{"law_name": "\xff"}', "can't decode byte 0xff at byte 14 of the line"),
        (b"\xef\xbb\xbf{}", "Unexpected UTF-8 BOM"),
        ({**ROW, "law_name": ""}, "field law_name is missing or empty"),
        ({**ROW, "law_name": None}, "field law_name is missing or empty"),
        ({**ROW, "content": "  "}, "field content is missing or empty"),
        ({**ROW, "content": 7}, "field content is not text: 7"),
        ({"law_name": "民法典", "content": "x"}, "field article_number is missing or empty"),
        ({**ROW, "lawname": "民法典"}, "unknown field 'lawname'"),
        ({**ROW, "status": ["现行有效"]}, "field status is not text: ['现行有效']"),
        ({**ROW, "issuer": 0}, "field issuer is not text: 0"),
        ({**ROW, "part": False}, "field part is not text: False"),
        ({**ROW, "category": None}, "field category is missing or empty"),
        ({**ROW, "region": ""}, "field region is missing or empty"),
        ({**ROW, "status": " "}, "field status is missing or empty"),
        ({**ROW, "content": "半个\ud800字"}, "field content holds half a character"),
        ({**ROW, "半\ud800": "x"}, r"unknown field '半\ud800'"),
        ({**ROW, "content": "坏\ufffd字"}, "field content holds U+FFFD"),
        ({**ROW, "publish_date": "2020-02-30"}, "field publish_date: not a day: '2020-02-30'"),
        ({**ROW, "publish_date": 20240230}, "field publish_date: not a day: 20240230"),
        ({**ROW, "publish_date": "20240230"}, "field publish_date: not a day: '20240230'"),
        ({**ROW, "effective_date": "2024年"}, "field effective_date: not a day: '2024年'"),
        ({**ROW, "version_date": 0}, "field version_date: not a day: 0; write YYYY-MM-DD"),
    ],
)
def test_a_broken_line_becomes_a_reject_with_its_place_reason_and_words(tmp_path, line, reason):
    broken = rejected(tmp_path, line)

    assert (broken.source, broken.line) == ("民法/laws.jsonl", 2)
    assert reason in broken.reason
    assert broken.row
    assert broken.reason.encode()
    assert broken.row.encode()


def test_a_long_value_is_shortened_in_the_reason_and_kept_in_the_row(tmp_path):
    broken = rejected(tmp_path, {**ROW, "publish_date": "年" * 500})

    assert len(broken.reason) < 150
    assert "\\u5e74" * 500 in broken.row
    assert len(shown("年" * 500)) == 80


def test_a_torn_last_line_is_said_to_be_torn(tmp_path):
    path = written(tmp_path, ROW, ROW)
    path.write_bytes(path.read_bytes()[:-30])

    good, torn = read(path)

    assert isinstance(good, SourceArticle)
    assert isinstance(torn, Reject)
    assert (torn.line, torn.reason.partition(":")[0]) == (2, "the file ends inside this line")


def test_a_whole_last_line_without_a_line_end_is_read(tmp_path):
    path = written(tmp_path, ROW)
    path.write_bytes(path.read_bytes().rstrip())

    assert isinstance(read(path)[0], SourceArticle)


def test_a_file_in_utf_16_is_told_what_to_do(tmp_path):
    path = tmp_path / "laws.jsonl"
    path.write_bytes(json.dumps(ROW).encode("utf-16"))

    (broken,) = read(path)

    assert isinstance(broken, Reject)
    assert broken.reason.endswith("the file is UTF-16; save it as UTF-8")


def test_an_endless_line_is_one_reject_and_the_line_after_it_is_read(tmp_path):
    path = written(tmp_path, '{"content": "' + "a" * (20 << 20), ROW)

    endless, after = read(path)

    assert isinstance(endless, Reject)
    assert endless.reason == "more than 8388608 bytes in one line"
    assert len(endless.row) == 1000
    assert (after.line, type(after)) == (2, SourceArticle)


@given(st.binary(max_size=60).filter(lambda raw: b"\n" not in raw and b"\r" not in raw))
def test_any_line_whatever_is_an_article_a_reject_or_blank(tmp_path_factory, raw):
    path = written(tmp_path_factory.getbasetemp(), raw, ROW)

    items = read(path)

    assert len(items) == (2 if raw.strip() else 1)
    assert isinstance(items[-1], SourceArticle)


@given(st.dates())
def test_a_day_is_read_in_both_forms_and_as_a_number(day):
    short = day.isoformat().replace("-", "")

    assert day_of(day.isoformat()) == day_of(short) == day
    assert short.startswith("0") or day_of(int(short)) == day


@pytest.mark.parametrize(
    "value",
    [
        *("2024-1-1", "2024-0101", "2024/01/01", "２０２４０１０１", "20240101T00", "2024-W01-1"),
        *("0000-01-01", "九月一日", True, 20240101.0, -20240101, [], {}),
    ],
)
def test_anything_else_is_no_day(value):
    with pytest.raises(ValueError, match="not a day"):
        day_of(value)
