"""The words that a question is searched with."""

from lawvault.agent.wording import (
    IN_COMMON,
    MAX_KEYWORDS,
    MAX_READ,
    keywords,
    words_in_common,
)


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
