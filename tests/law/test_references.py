"""References in law and in free text: what is one, of which law, to which address."""

import functools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.law.address import Address, part_of
from lawvault.law.catalogue import Catalogue
from lawvault.law.numerals import article_address
from lawvault.law.reference import BARE, EARLIER, NAMED, OWN, Place, Reference
from lawvault.law.references import find_references
from lawvault.law.text.layout import MAX_NUMBER
from tests.clock import least_seconds

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "reference_cases.jsonl"
MARRIAGE = "最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）"
LAWS = Catalogue(
    [
        *(
            "中华人民共和国民法典",
            "中华人民共和国刑法",
            "中华人民共和国宪法",
            "中华人民共和国公司法",
        ),
        *("中华人民共和国劳动法", "中华人民共和国劳动合同法", "中华人民共和国劳动合同法实施条例"),
        *("中华人民共和国治安管理处罚法", "中华人民共和国民事诉讼法", "中华人民共和国刑事诉讼法"),
        *(
            "中华人民共和国道路交通安全法",
            "中华人民共和国刑法修正案（十一）",
            "工伤保险条例",
            MARRIAGE,
        ),
    ]
)
BOTH = pytest.mark.parametrize("catalogue", [None, LAWS], ids=["without", "with_catalogue"])


def told(references: list[Reference]) -> list[str]:
    """Return each reference as one word, its law and every address."""
    return [f"{r.law}{address}" for r in references for address in r.addresses() or [Address()]]


def in_law(text: str, law: str = "甲法", **fields: object) -> list[str]:
    place = Place(law=law, **({"number": 9} | fields))  # type: ignore[arg-type]
    return told(find_references(text, place, LAWS))


def free(text: str, catalogue: Catalogue | None = LAWS) -> list[str]:
    return told(find_references(text, None, catalogue))


# --- free text

NAMED_CASES = [
    ("《民法典》第一千零七十七条", ["民法典第一千零七十七条"]),
    ("《民法典》第585条", ["民法典第五百八十五条"]),
    ("民法典585条", ["民法典第五百八十五条"]),
    ("民法典第５８５条", ["民法典第五百八十五条"]),
    ("《民法典》第 585 条 第 1 款", ["民法典第五百八十五条第一款"]),
    ("刑法二百六十四条", ["刑法第二百六十四条"]),
    ("违反治安管理处罚法第十二条", ["治安管理处罚法第十二条"]),
    (
        "劳动法第四十四条、第四十五条和劳动合同法第三十条",
        ["劳动法第四十四条", "劳动法第四十五条", "劳动合同法第三十条"],
    ),
    ("《公司法》第二十条第三款", ["公司法第二十条第三款"]),
    ("违反公司法第二十条", ["公司法第二十条"]),
    ("中华人民共和国刑法第三条", ["刑法第三条"]),
    ("《劳动合同法》第三十八条第一款第（二）项", ["劳动合同法第三十八条第一款第二项"]),
    ("《中华人民共和国劳动合同法实施条例》第20条", ["劳动合同法实施条例第二十条"]),
    (
        "刑法第二百八十七条之一、第二百八十七条之二",
        ["刑法第二百八十七条之一", "刑法第二百八十七条之二"],
    ),
    ("刑法第一百二十条之一至之三", [f"刑法第一百二十条之{n}" for n in "一二三"]),
    ("宪法第三十三条第三款", ["宪法第三十三条第三款"]),
    ("《刑事诉讼法》第十五、十六条", ["刑事诉讼法第十五条", "刑事诉讼法第十六条"]),
    ("《刑法》第三条至第五条", [f"刑法第{n}条" for n in "三四五"]),
    (
        "依据《道路交通安全法》第91条第2款、《刑法》第133条之一",
        ["道路交通安全法第九十一条第二款", "刑法第一百三十三条之一"],
    ),
    ("《民法典》合同编第五百条", ["民法典第五百条"]),
    ("民法典合同编第五百条", ["民法典第五百条"]),
    ("刑法第五章第二百六十四条", ["刑法第二百六十四条"]),
    ("《劳动合同法第三十八条》", ["劳动合同法第三十八条"]),
    ("《道路交通安全法》（2021修正）第91条", ["道路交通安全法第九十一条"]),
    ("原合同法第五十二条第五项", ["合同法第五十二条第五项"]),
    ("德国民法典第五百条", ["德国民法典第五百条"]),
    ("德国《民法典》第五百条", ["德国民法典第五百条"]),
    (
        "《中华人民共和国民法典》（以下简称《民法典》）第五百零九条，……依《民法典》第五百七十七条",
        ["民法典第五百零九条", "民法典第五百七十七条"],
    ),
    (
        "《劳动合同法》(下称《劳合法》)，依《劳合法》第三十八条，劳合法第39条",
        ["劳动合同法", "劳动合同法第三十八条", "劳动合同法第三十九条"],
    ),
    (
        "《劳动法》和《工伤保险条例》，该条例第十四条，该法第三条",
        ["劳动法", "工伤保险条例", "工伤保险条例第十四条", "劳动法第三条"],
    ),
    (
        "《劳动法》第三十八条，该条第二款，同法第四十条，同条第三款",
        ["劳动法第三十八条", "劳动法第三十八条第二款", "劳动法第四十条", "劳动法第四十条第三款"],
    ),
    ("《买卖合同》第三条", ["买卖合同第三条"]),
    ("劳动合同法46、47条", ["劳动合同法第四十六条", "劳动合同法第四十七条"]),
    ("民法典577-579条", [f"民法典第五百七十{n}条" for n in "七八九"]),
    ("劳动合同法38条1款2项", ["劳动合同法第三十八条第一款第二项"]),
    ("《劳动合同法》三十八条", ["劳动合同法第三十八条"]),
    ("《劳动合同法》三十八至四十条", [f"劳动合同法第{n}条" for n in ("三十八", "三十九", "四十")]),
    ("刑法三十八至四十条", [f"刑法第{n}条" for n in ("三十八", "三十九", "四十")]),
    ("《劳动合同法》三十条措施", ["劳动合同法"]),
    ("劳动合同法（2012修正）第38条", ["劳动合同法第三十八条"]),
    ("民法典第三编合同第585条", ["民法典第五百八十五条"]),
    ("民法典第585條第一款第二項", ["民法典第五百八十五条第一款第二项"]),
    ("《义勇军进行曲》", []),
    ("依照《刑法》的规定", ["刑法"]),
]


@BOTH
@pytest.mark.parametrize(("text", "expected"), NAMED_CASES)
def test_a_law_is_told_by_its_name(text, expected, catalogue):
    assert free(text, catalogue) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"《{MARRIAGE.replace('《', '〈').replace('》', '〉')}》第二条", f"{MARRIAGE}第二条"),
        (f"{MARRIAGE}第二条", f"{MARRIAGE}第二条"),
        ("…《民法典》婚姻家庭编的解释（一）第二条", f"{MARRIAGE}第二条"),
        ("民法典婚姻家庭编解释一第二条", f"{MARRIAGE}第二条"),
        ("刑法修正案十一第三条", "刑法修正案（十一）第三条"),
        ("民诉法第六十七条", "民事诉讼法第六十七条"),
        ("认定为民法典第五百条", "民法典第五百条"),
    ],
)
def test_a_catalogue_tells_the_official_name(text, expected):
    assert free(text) == [expected]


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "（2020）最高法民终123号民事判决第三条",
        "第一条裤子第二条裙子，第二款手机，第三项目，第三条路",
        "本合同第三条约定，该协议第五条，公司章程第二条，判决书第二条",
        "劳动合同第三条、第四条",
        "上述规定、前述情形、本法",
        "第一条例，第三条款，第二条件",
        "共计二十条",
        "",
    ],
)
def test_what_only_looks_like_a_reference_is_none(text, catalogue):
    assert find_references(text, None, catalogue) == []


@pytest.mark.parametrize(
    "text",
    ["依“民法典”第585条", "依‹民法典>第585条", "依「民法典」585条", "依中国民法典第585条"],
)
def test_a_known_law_is_told_in_whatever_marks_it_stands(text):
    (found,) = find_references(text, None, LAWS)

    assert told([found]) == ["民法典第五百八十五条"]
    assert text[found.start : found.end] == text[1:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((f"民法典{mark}585", ["民法典第五百八十五条"]) for mark in ("", " ", "§", " § ")),
        ("民法典577-579", [f"民法典第五百七十{n}条" for n in "七八九"]),
        ("民法典577、579是什么", ["民法典第五百七十七条", "民法典第五百七十九条"]),
        ("《民法典》585 违约金", ["民法典第五百八十五条"]),
        ("刑法133之一", ["刑法第一百三十三条之一"]),
        ("民法典@2020-05-28/585", ["民法典第五百八十五条"]),
        ("刑法@2020-12-26/120-1", ["刑法第一百二十条之一"]),
        ("劳动合同法第38条第一款（二）", ["劳动合同法第三十八条第一款第二项"]),
        ("劳动合同法第38条但书", ["劳动合同法第三十八条"]),
        ("民法典第188条第一款第一句", ["民法典第一百八十八条第一款"]),
        ("劳动法和民法典", ["劳动法", "民法典"]),
        ("劳动法 民法典", ["劳动法", "民法典"]),
    ],
)
def test_a_query_may_be_spelled_as_no_brief_is(text, expected):
    found = find_references(text, catalogue=LAWS, is_query=True)

    assert told(found) == expected
    assert (found[0].start, found[-1].end) == (0, len(re.split("是什么| 违约金", text)[0]))
    assert find_references(text, catalogue=LAWS) != found


@pytest.mark.parametrize(
    ("text", "address"),
    [("1254条", "第一千二百五十四条"), ("38条1款是什么", "第三十八条第一款")],
)
def test_a_query_that_is_an_address_alone_has_that_address_and_no_law(text, address):
    (found,) = find_references(text, catalogue=LAWS, is_query=True)

    assert (found.law, str(found.address)) == ("", address)
    assert found.reason == "no law is named"


def test_a_list_of_laws_is_read_with_and_without_titles():
    found = find_references("《劳动法》、民法典", catalogue=LAWS, is_query=True)

    assert told(found) == ["劳动法", "民法典"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "民法典 2020",
            "民法典2020年",
            "劳动法 1994",
            "民法典100问",
            "民法典 100 问",
            "刑法 23 种",
        ),
        *("公司法16亿", "违约金 585", "30条狗", "劳动法规定的加班费是多少", "民法典585.5"),
    ],
)
def test_a_number_that_is_no_article_is_none_in_a_query_either(text):
    assert find_references(text, catalogue=LAWS, is_query=True) == []


@BOTH
@pytest.mark.parametrize(
    "text", ["依据第三十八条，甲", "第三十八条第一款之规定", "请问第三十八条是什么"]
)
def test_an_article_alone_has_no_law(text, catalogue):
    (reference,) = find_references(text, None, catalogue)

    assert (reference.kind, reference.law, reference.addresses()) == (BARE, "", [])
    assert reference.reason == "no law is named"


@BOTH
def test_a_law_named_before_is_never_more_than_a_candidate(catalogue):
    text = "根据《劳动合同法》的规定。依据第三十八条，甲；第二款，乙；该条第三款"

    found = find_references(text, None, catalogue)

    assert [r.kind for r in found] == [NAMED, BARE, BARE, BARE]
    assert {r.law for r in found} == {"劳动合同法"}


def test_a_pointer_to_a_kind_of_law_that_was_not_named_says_so():
    (_, reference) = find_references("《劳动法》，该办法第五条", None, LAWS)

    assert (reference.kind, reference.law) == (EARLIER, "")
    assert reference.reason == "no law is named"


def test_money_is_no_paragraph():
    assert free("《劳动法》第五条第一款，被告支付该款") == ["劳动法第五条第一款"]


# --- inside a law


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("依照本法第一百零三条的规定", ["甲法第一百零三条"]),
        ("本《规定》第三条", ["甲法第三条"]),
        ("依照第十条之三的规定", ["甲法第十条之三"]),
        ("有本法第三十九条和第四十条第一项规定的情形", ["甲法第三十九条", "甲法第四十条第一项"]),
        ("本法第三条至第五条", ["甲法第三条", "甲法第四条", "甲法第五条"]),
        ("子。\n犯前款罪的", ["甲法第九条第一款"]),
        ("子。\n丑。\n依照前两款的规定", ["甲法第九条第一款", "甲法第九条第二款"]),
        ("子：\n（一）甲；\n（二）乙。\n有前款第二项规定的情形", ["甲法第九条第一款第二项"]),
        ("子：\n（一）甲；\n（二）前项以外的", ["甲法第九条第一款第一项"]),
        (
            "子：\n（一）甲；\n（二）乙；\n（三）前两项以外的",
            ["甲法第九条第一款第一项", "甲法第九条第一款第二项"],
        ),
        ("披露以前项手段获取的", ["甲法"]),
        ("子。\n从事前款规定的活动", ["甲法第九条第一款"]),
        ("依照前条第二款", ["甲法第八条之一第二款"]),
        ("依照上一条", ["甲法第八条之一"]),
        ("子。\n依照第一款的规定", ["甲法第九条第一款"]),
        ("子。\n本条第一款和本款规定", ["甲法第九条第一款", "甲法第九条第二款"]),
        (
            "违反本法第二十条第一款，处罚；违反第二款，从重",
            ["甲法第二十条第一款", "甲法第二十条第二款"],
        ),
        ("本法第二十四条第二款前三项", [f"甲法第二十四条第二款第{n}项" for n in "一二三"]),
        ("犯第三条、第五条罪的，依照各该条的规定", ["甲法第三条", "甲法第五条"] * 2),
        ("前款第一项和第五条", ["甲法", "甲法第五条"]),
        ("治安管理处罚法第十二条和本法第三条", ["治安管理处罚法第十二条", "甲法第三条"]),
        ("依照专利合作条约第二条", []),
        ("制定本法。第三条 国家", []),
        ("资本项目、合同条款、前款项、上述款项、以上条件、基本条件", []),
    ],
)
def test_inside_a_law_words_mean_the_law_itself(text, expected):
    assert in_law(text, order=[(7, 0), (8, 0), (8, 1), (9, 0)]) == expected


def test_what_stands_in_no_paragraph_before_says_why():
    place = Place(law="甲法", number=9)

    (reference,) = find_references("依照前款规定", place)

    assert (reference.kind, reference.law, reference.addresses()) == (OWN, "甲法", [])
    assert reference.reason == "0 款 stand before it"


def test_words_without_an_address_say_so():
    (reference,) = find_references("依照上述规定", Place(law="甲法", number=9))

    assert reference.reason == "means words before it, not an address"


def test_a_list_of_penalties_means_the_items_of_the_article_that_heads_it():
    text = (
        "违反本法第二十六条规定的：\n（一）违反第一项、第三项的，罚款；\n（二）违反第二项的，警告。"
    )

    assert in_law(text)[1:] == [f"甲法第二十六条第{n}项" for n in "一三二"]


def test_an_item_may_mean_another_of_its_own_list():
    text = "享受下列待遇：\n（一）甲；\n（二）享受第一项规定的待遇。"

    assert in_law(text) == ["甲法第九条第一款第一项"]


def test_an_item_never_means_itself():
    assert in_law("按照下列规定：\n（一）违反第一项的，甲。") == []


def test_a_short_name_of_another_article_of_the_law_is_known():
    assert in_law("依照劳合法第三条", abbreviations={"劳合法": "中华人民共和国劳动合同法"}) == [
        "劳动合同法第三条"
    ]


def test_a_text_without_articles_has_no_article_of_its_own():
    (reference,) = find_references("放火罪（第114条）", Place(law="甲规定"))

    assert (reference.kind, reference.law) == (BARE, "")


def test_a_point_of_a_decision_is_told_from_an_article():
    assert in_law("子。\n犯前款罪的", unit="条目") == ["甲法条目九第一款"]


# --- amendments


def in_amendment(text: str, amends: str = "刑法") -> list[str]:
    return in_law(text, "刑法修正案（九）", unit="条目", amends=amends)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "在刑法第三十七条后增加一条，作为第三十七条之一",
            ["刑法第三十七条", "刑法第三十七条之一"],
        ),
        ("第十条修改为：“甲。\n“犯前款罪的，乙。”", ["刑法第十条", "刑法第十条第一款"]),
        (
            "第十条第三款修改为：“犯前两款罪的”",
            ["刑法第十条第三款", "刑法第十条第一款", "刑法第十条第二款"],
        ),
        (
            "第十条增加一款，作为第二款：“依照前款”",
            ["刑法第十条", "刑法第十条第二款", "刑法第十条第一款"],
        ),
        ("第十条修改为：“依照本法第九条”", ["刑法第十条", "刑法第九条"]),
        ("将第十条修改为：“甲”。本修正案第三条", ["刑法第十条", "刑法修正案（九）第三条"]),
    ],
)
def test_an_amendment_speaks_of_the_law_it_changes(text, expected):
    assert in_amendment(text) == expected


def test_a_decision_on_several_laws_speaks_of_the_one_it_named_last():
    text = "一、修改《劳动法》\n将第三条修改为：“依照《刑法》第二条、第五条，甲。”\n删除第七条"

    assert in_amendment(text, "部分法律") == [
        *("劳动法", "劳动法第三条", "刑法第二条", "刑法第五条", "劳动法第七条")
    ]


# --- shared cases


def shared_cases() -> list[dict[str, object]]:
    if not SHARED.is_file():
        return []
    return [json.loads(line) for line in SHARED.read_text(encoding="utf-8").splitlines()]


@BOTH
@pytest.mark.skipif(not SHARED.is_file(), reason="shared data is not beside the project")
def test_every_shared_case_is_read_right(catalogue):
    for case in shared_cases():
        text, place = str(case["text"]), None
        if case["inside"]:
            law, _, where = str(case["inside"]).partition("@")
            article, _, part = where.partition(" ")
            text = "款。\n" * ((part_of(part)[0] or 1) - 1) + text
            place = Place(law=law, number=(article_address(article) or (1, 0))[0])

        found = find_references(text, place, catalogue)

        got = {(comparable(r.law), a.article, a.part) for r in found for a in r.addresses()}
        expected = case["references"]
        assert isinstance(expected, list)
        assert got == {(comparable(e["law"]), e["article"], e["part"]) for e in expected}, text


def comparable(law: str) -> str:
    return re.sub("[《》]", lambda m: "〈" if m[0] == "《" else "〉", law)


# --- any text

FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *(
                "第",
                "条",
                "款",
                "项",
                "目",
                "编",
                "《",
                "》",
                "〈",
                "〉",
                "之",
                "（",
                "）",
                "“",
                "”",
                '"',
            ),
            *(
                "、",
                "和",
                "至",
                "的",
                "中",
                "，",
                "。",
                "：",
                "\n",
                " ",
                "\u3000",
                "\x00",
                "前款",
                "前两款",
            ),
            *(
                "前几项",
                "上一条",
                "本法",
                "本条",
                "本款",
                "该条",
                "该法",
                "同款",
                "各该款",
                "上述规定",
            ),
            *(
                "一",
                "二",
                "十",
                "百",
                "千",
                "万",
                "零",
                "两",
                "3",
                "３",
                "99999",
                "（一）",
                "1.",
                "①",
            ),
            *(
                "民法典",
                "刑法",
                "德国",
                "以下简称",
                "规定",
                "关于",
                "解释",
                "最高人民法院",
                "违反",
                "修改为",
            ),
            *("第三条", "第二款", "第（一）项", "第十十条", "585条", "修改《刑法》", "第一条 "),
        ]
    ),
    max_size=25,
).map("".join)
PLACES = st.sampled_from(
    [
        None,
        Place(law="甲法", number=3, order=[(1, 0), (2, 0), (2, 1), (3, 0)]),
        Place(law="甲法", abbreviations={"条例": "乙条例"}),
        Place(law="刑法修正案", number=2, unit="条目", amends="刑法"),
        Place(law="甲决定", amends="部分法律"),
    ]
)


def check(
    text: str, place: Place | None, catalogue: Catalogue | None, *, is_query: bool = False
) -> None:
    before = 0
    for reference in find_references(text, place, catalogue, is_query=is_query):
        assert before <= reference.start < reference.end <= len(text)
        assert text[reference.start : reference.end].strip()
        before = reference.start
        for address in reference.addresses():
            levels = (address.paragraph, address.item, address.subitem)
            assert all(0 < level <= MAX_NUMBER for level in levels if level is not None)
            assert 0 <= address.number <= MAX_NUMBER
            assert 0 <= address.sub <= MAX_NUMBER
            assert str(address) == (address.article or "") + (address.part or "")


@settings(max_examples=5_000)
@given(FRAGMENTS, PLACES, st.sampled_from([None, LAWS]))
def test_any_text_of_law_words_is_read_without_a_fault(text, place, catalogue):
    check(text, place, catalogue)


@settings(max_examples=500)
@given(FRAGMENTS, st.sampled_from([None, LAWS]))
def test_any_query_of_law_words_is_read_without_a_fault(text, catalogue):
    check(text, None, catalogue, is_query=True)


@settings(max_examples=5_000)
@given(st.text(), PLACES)
def test_any_text_at_all_is_read_without_a_fault(text, place):
    check(text, place, LAWS)


HOSTILE = [
    *(
        "《",
        "》",
        "第",
        "第一、",
        "第一条、",
        "第一条之一、之",
        "第1条",
        "1条",
        "二十条",
        "前款",
        "前款\n",
    ),
    *(
        "前款第一项、",
        "第一款\n",
        "第二款、\n",
        "（一）前项\n",
        "本条第一款\n",
        "该条",
        "第一条各该条",
        "同款",
    ),
    *(
        "“",
        "“第一条 前款\n",
        "“前款",
        "（",
        "》（",
        "《法》（",
        "《民法典》第一条",
        "关于",
        "最高人民法院关于",
    ),
    *(
        "最高人民法院关于一解释第一条",
        "《民法典》（以下简称",
        "解释（一）",
        "法第一条",
        "违反第一项\n（一）",
    ),
    *(
        "《“（第一条）”》",
        "《民法典》的解释（一）第一条",
        " ",
        "\x00",
        "甲",
        "一",
        "第一条至第九千条、",
    ),
    *("1、", "1-", "十一至", "1条1款", "“法”1条", "“法", "法（2012修正）", "第三编合同", "條"),
]
HOSTILE_QUERIES = [
    *(
        "1、",
        "民法典1、",
        "民法典1 ",
        "§1",
        "民法典@2020-05-28/1",
        "条（一）",
        "条但书",
        "《法》1 ",
        " ",
    ),
]
LENGTH, SECONDS = 20_000, 2.0


@pytest.mark.parametrize(
    "place", [None, Place(law="甲法", number=3), Place(law="乙", amends="甲法")]
)
def test_no_text_makes_the_search_slow(place):
    for piece in HOSTILE:
        text = piece * (LENGTH // len(piece))
        look = functools.partial(find_references, text, place, LAWS)
        assert least_seconds(look, below=SECONDS) < SECONDS, piece


def test_no_query_makes_the_search_slow():
    for piece in HOSTILE_QUERIES:
        text = piece * (LENGTH // len(piece))
        look = functools.partial(find_references, text, None, LAWS, is_query=True)
        assert least_seconds(look, below=SECONDS) < SECONDS, piece
