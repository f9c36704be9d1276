"""Normal form of text: equal for equal words, different for different ones, places kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.normal import find, first_difference, normalise, same_text
from lawvault.law.numerals import to_chinese
from tests.clock import least_seconds

ANY = st.text(max_size=60)
LAW = st.text("第一二十条、，。；：:()（）1２.①⒈“”'《》—-…·〇零甲乙 \n\u3000\u200b", max_size=40)
SPACES = ["", " ", "\n", "\u3000", "\u200b", "\r\n", "\t", "\ufeff", "\u00ad", "\x00", "\u2028"]
ARTICLE = (
    "第三十九条　劳动者有下列情形之一的，用人单位可以解除劳动合同：\n"
    "（一）在试用期间被证明不符合录用条件的；\n"
    "（二）严重违反用人单位的规章制度的；\n"
    "（三）严重失职，营私舞弊，给用人单位造成重大损害的。"
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("劳 动\u3000合\n同\u200b法", "劳动合同法"),
        ("处３０％，Ａ（甲）", "处30%,A(甲)"),
        ("称“甲‘乙’”", "称「甲『乙』」"),
        ("称“甲”", "称‘甲’"),
        ('称"甲"', "称“甲”"),
        ("《关于〈甲法〉的决定》", "<关于《甲法》的决定>"),
        ("甲——乙", "甲-乙"),
        ("甲……乙", "甲...乙"),
        ("阿·乙", "阿•乙"),
        ("二〇二五年", "二○二五年"),
        ("二〇二五年", "二零二五年"),
        ("法释〔2020〕17号", "法释［2020］17号"),
        ("第（一）项", "第(1)项"),
        ("（十二）甲", "⑿甲"),
        ("：（一）甲；（二）乙", "：①甲；②乙"),
        ("：（一）甲；（二）乙", "：\n1．甲；\n2．乙"),
        ("：（一）甲；（二）乙", "：1、甲；2、乙"),
        ("：（一）甲；（二）乙", "：1)甲；2)乙"),
        ("：（一）甲；（二）乙", "：⒈甲；⒉乙"),
        ("：（一）甲；（二）乙", "：❶甲；❷乙"),
        ("⼈⺠法院", "人民法院"),  # as PDF files give it
        ("\uf900", "\u8c48"),  # a compatibility ideograph and its own character
    ],
)
def test_two_ways_to_type_one_text_are_the_same(one, other):
    assert same_text(one, other)
    assert normalise(one).text == normalise(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("应当", "可以"),
        ("三年", "五年"),
        ("（一）甲", "（二）甲"),
        ("甲，乙", "甲。乙"),
        ("二十日", "20日"),
        ("1.5倍", "（1）5倍"),
        ("：1.5倍", "：15倍"),
        ("罚款：1、2、3", "罚款：（1）2、3"),
        ("（二三十）", "（23）"),
        ("甲、乙", "甲乙"),
        ("\ud800", ""),  # half a character is not nothing
    ],
)
def test_a_difference_in_words_stays_a_difference(one, other):
    assert not same_text(one, other)


@given(st.integers(1, 20))
def test_every_style_of_a_label_has_one_form(number):
    styles = [
        f"({number})", f"（{number}）", f"（{to_chinese(number)}）", chr(0x245F + number),
        chr(0x2473 + number), chr(0x2487 + number), f"{number}.", f"{number}．", f"{number}、",
    ]  # fmt: skip

    assert {normalise(f"：{style}甲").text for style in styles} == {f":({number})甲"}
    assert {normalise(f"{style}甲").text for style in styles} == {f"({number})甲"}


@given(LAW | ANY)
def test_normal_form_is_its_own_normal_form(text):
    once = normalise(text).text

    assert normalise(once).text == once


@given(LAW, st.data())
def test_white_space_put_anywhere_changes_nothing(text, data):
    place = data.draw(st.integers(0, len(text)))
    space = data.draw(st.sampled_from(SPACES))

    assert normalise(text[:place] + space + text[place:]).text == normalise(text).text


@given(LAW | ANY)
def test_every_normal_character_has_its_place_in_order(text):
    normal = normalise(text)

    assert len(normal.offsets) == len(normal.text)
    assert list(normal.offsets) == sorted(normal.offsets)
    for place, offset in enumerate(normal.offsets):
        start, end = normal.span(place, place + 1)
        assert start == offset < end <= len(text)


@given(st.text("甲乙丙丁（一）；2. \n", min_size=1, max_size=30), st.data())
def test_what_a_span_shows_is_what_stands_there(text, data):
    normal = normalise(text)
    start = data.draw(st.integers(0, len(normal.text)))
    end = data.draw(st.integers(start, len(normal.text)))
    one, other = normal.span(start, end)

    shown = normalise(text[one:other]).text
    assert 0 <= one <= other <= len(text)
    if not set(normal.text[start:end]) & set("()0123456789.") and start < end:
        assert shown == normal.text[start:end]


def test_a_quotation_is_found_where_it_stands_however_it_is_typed():
    span = find("（1）在试用期间 被证明", ARTICLE)

    assert span is not None
    assert ARTICLE[slice(*span)] == "（一）在试用期间被证明"


def test_a_normal_text_is_searched_as_well_as_a_raw_one():
    assert find("严重失职,营私舞弊", normalise(ARTICLE)) == find("严重失职，营私舞弊", ARTICLE)


@pytest.mark.parametrize("needle", ["", " \n", "三十日内"])
def test_nothing_and_what_is_not_there_are_not_found(needle):
    assert find(needle, ARTICLE) is None


def different_words(quote: str, text: str = ARTICLE) -> tuple[str, str] | None:
    difference = first_difference(quote, text)
    if difference is None:
        return None
    (a, b), (c, d) = difference
    return quote[a:b], text[c:d]


@pytest.mark.parametrize(
    "quote", [ARTICLE, ARTICLE.replace("\n", ""), "严重失职，营私舞弊", "②严重违反用人单位"]
)
def test_a_quotation_word_for_word_differs_nowhere(quote):
    assert first_difference(quote, ARTICLE) is None


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("劳动者有下列情形之一的，用人单位应当解除劳动合同", ("应当", "可以")),
        ("严重失职，给用人单位造成重大损害的", ("", "营私舞弊，")),
        ("严重违反用人单位的各项规章制度的", ("各项", "")),
        ("（四）严重失职，营私舞弊", ("四", "三")),
        ("第四十条 劳动者有下列情形之一的", ("四十", "三十九")),
        ("给用人单位造成重大损失", ("失", "害")),
        ("完全不同", ("完全不同", ARTICLE)),
    ],
)
def test_the_words_that_differ_are_shown_in_both_originals(quote, words):
    assert different_words(quote) == words


@pytest.mark.parametrize(
    ("quote", "text", "words"),
    [
        ("处15日拘留", "处10日拘留", ("15", "10")),
        ("处5日拘留", "处15日拘留", ("5", "15")),
        ("（十二）甲", "（十三）甲", ("十二", "十三")),
        ("甲", "", ("甲", "")),
        ("甲乙丙", "乙", ("甲乙丙", "乙")),
    ],
)
def test_a_number_differs_as_a_whole(quote, text, words):
    assert different_words(quote, text) == words


@given(LAW | ANY, LAW | ANY)
def test_texts_differ_nowhere_only_if_one_holds_the_other(quote, text):
    difference = first_difference(quote, text)

    assert (difference is None) == (normalise(quote).text in normalise(text).text)


@given(LAW | ANY, LAW | ANY)
def test_a_difference_is_within_both_originals(quote, text):
    difference = first_difference(quote, text)

    if difference:
        (a, b), (c, d) = difference
        assert 0 <= a <= b <= len(quote)
        assert 0 <= c <= d <= len(text)


def test_twenty_megabytes_take_far_less_than_a_minute():
    text = ARTICLE * 6_000
    limit = 30 * len(text.encode()) / 20e6

    assert least_seconds(lambda: normalise(text), below=limit) < limit
