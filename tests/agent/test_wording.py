"""The table of everyday words: sound, and used on whole words."""

from importlib import resources

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
    assert all(len(line) >= 2 for line in lines)
    assert len({line[0] for line in lines}) == len(lines)


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
