"""The table of everyday words: sound, and used on whole words."""

from importlib import resources

import pytest

from lawvault.agent.wording import (
    IN_COMMON,
    MAX_KEYWORDS,
    MAX_READ,
    in_statute_language,
    keywords,
    statute_words,
    words_in_common,
)


def test_every_line_of_the_table_is_a_pair_and_no_word_stands_twice():
    text = resources.files("lawvault.data").joinpath("everyday.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines()]

    assert len(lines) >= 150
    assert all(lines)
    assert len({line[0] for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("everyday", "statute"),
    [
        ("房东卖房子，租客怎么办", "出租人出卖租赁房屋，承租人怎么办"),
        ("我想卖房子", "我想出卖房屋"),
        ("公司没有加班费", "用人单位没有加班费"),
        ("网店买到假货", "网店买到假冒伪劣商品"),
        ("劳动仲裁时效是多久", "劳动争议申请仲裁的时效期间是多久"),
        ("我在工地打工", "我在工地提供劳务"),
        ("要付违约金吗", "要付违约金吗"),
        ("买到过期食品", "买到超过保质期的食品"),
        ("老公家暴我", "老公对我实施家庭暴力"),
        ("上市公司隐瞒重大事项", "上市公司隐瞒重大事项"),
    ],
)
def test_a_sentence_in_statute_language_still_says_the_same(everyday, statute):
    assert in_statute_language(everyday) == statute


def test_a_word_that_is_left_as_it_is_is_no_word_of_statutes():
    assert statute_words("上市公司和大学生") == ()


def test_the_longest_word_counts():
    assert statute_words("没签劳动合同") == ("未订立书面劳动合同",)
    assert in_statute_language("我要拖欠工资的证据") == "我要未及时足额支付劳动报酬的证据"


def test_keywords_are_bounded_and_ask_nothing():
    found = keywords(
        "老板怎么可以不发工资，房东不退押金，商家卖假货，邻居噪音扰民，车祸没人管怎么办"
    )

    assert len(found) <= MAX_KEYWORDS
    assert "怎么" not in found


def test_words_in_common_are_those_of_several_articles_and_no_numbers():
    one = "用人单位违反本法规定，依照第四十七条支付赔偿金"

    assert words_in_common([one] * (IN_COMMON - 1)) == ()
    found = words_in_common([one] * IN_COMMON)
    assert {"用人单位", "支付", "赔偿金"} <= set(found)
    assert not any("四十七" in word for word in found)


def test_only_the_best_articles_are_read_for_words_in_common():
    others = [f"{char}{char}款项" for char in "甲乙丙丁戊己庚辛壬癸"]

    assert words_in_common([*others[:MAX_READ], *["抵押权人"] * IN_COMMON]) == ("款项",)
    assert len(words_in_common(["、".join(map(chr, range(0x4E00, 0x9000)))] * 3)) <= MAX_KEYWORDS
