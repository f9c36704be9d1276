"""Where a reference may begin, and how a text goes on behind one."""

import pytest

from lawvault.law.address import Address
from lawvault.law.mentions.anchors import (
    ANCHOR,
    SAME,
    SELF,
    is_spoken_of,
    kind_of,
    reads_as_reference,
)
from lawvault.law.mentions.outside import is_outside


@pytest.mark.parametrize(
    ("text", "group"),
    [
        *(
            ("《甲》", "book"),
            ("前款", "before"),
            ("前述两项", "before"),
            ("从事前款活动", "before"),
        ),
        *(
            ("以前项手段", "before"),
            ("上一条", "last"),
            ("本条", "own"),
            ("该条", "same"),
            ("同款", "same"),
        ),
        *(("上述规定", "vague"), ("第三条", "chain"), ("第（二）项", "chain"), ("第二款", "chain")),
        *(("585条", "arabic"), ("二百六十四条", "arabic")),
    ],
)
def test_a_reference_may_begin_at_such_words(text, group):
    match = ANCHOR.search(text)

    assert match is not None
    assert match.lastgroup == group


@pytest.mark.parametrize(
    "text",
    [
        *(
            "目前款项",
            "前款项",
            "以上条件",
            "网上条例",
            "本条例",
            "基本条件",
            "资本项目",
            "合同条款",
        ),
        *(
            "不同项目",
            "该条约",
            "该项目",
            "前项目",
            "上述款项",
            "第三人",
            "第二天",
            "5.9条",
            "三十件",
        ),
    ],
)
def test_other_words_begin_none(text):
    assert ANCHOR.search(text) is None


@pytest.mark.parametrize("text", ["依照本法", "违反本《规定》", "本实施条例"])
def test_a_law_speaks_of_itself(text):
    assert SELF.search(text)


@pytest.mark.parametrize("text", ["基本法", "日本法", "根本法", "样本规定"])
def test_words_that_end_alike_are_not_the_law_itself(text):
    assert not SELF.search(text)


def test_a_law_named_before_and_what_is_no_law_are_told_apart():
    assert SAME.search("依照该条例")
    assert not SAME.search("符合该办理")
    assert is_outside("本合同")
    assert not is_outside("合同法")


@pytest.mark.parametrize(
    ("rest", "number", "expected"),
    [
        *(
            ("的规定", 3, True),
            ("规定", 3, True),
            ("，", 3, True),
            ("", 3, True),
            ("、第四条", 3, True),
        ),
        *(("裤子", 3, False), ("路", 3, False), ("裤子", 38, True), ("怎么", 38, True)),
    ],
)
def test_small_numbers_need_words_behind_them_that_go_with_an_address(rest, number, expected):
    assert reads_as_reference(rest, 0, Address(number=number)) is expected


def test_parts_alone_are_no_more_sure_than_small_numbers():
    assert not reads_as_reference("手机", 0, Address(paragraph=30))
    assert reads_as_reference("手机", 0, Address(number=3, paragraph=2))


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("规定", True),
        ("的规定", True),
        ("第二项", True),
        ("，", True),
        ("汇入", False),
        ("河流", False),
    ],
)
def test_a_provision_is_spoken_of_otherwise_than_a_thing(rest, expected):
    assert is_spoken_of(rest, 0) is expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("民法典", "法"),
        ("本《规定》", "规定"),
        ("解释（一）", "解释"),
        ("修正案十一", "修正案"),
        ("合同", ""),
    ],
)
def test_a_law_is_of_the_kind_that_its_last_word_says(name, kind):
    assert kind_of(name) == kind
