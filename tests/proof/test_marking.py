"""What an LLM wrote is made harmless, its markers spelled out, its faults flagged in place."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lawvault.agent.nouns import Evidence
from lawvault.proof.marking import Flag, citation_of, inert, marked, spelled


def evidence(number: str = "第三十八条", law: str = "中华人民共和国劳动合同法") -> Evidence:
    return Evidence(
        id="e1",
        article_id="a",
        law_id="劳动合同法@2012-12-28",
        law_name=law,
        article_number=number,
        content="用人单位有下列情形之一的，劳动者可以解除劳动合同：",
        status="现行有效",
        effective_date="2008-01-01",
        traces=(),
    )


ATTACKS = [
    "<img src=http://evil.example/?q=1>",
    "<script>fetch('//evil.example')</script>",
    "<svg/onload=alert(1)>",
    "<!-- hidden -->",
    "<a href='javascript:alert(1)'>看</a>",
    "![图](http://evil.example/a.png)",
    "[看](javascript:alert(1))",
    "[看](java&#115;cript:alert(1))",
    "[看](<javascript:alert(1)>)",
    "[看](//evil.example)",
    "[看][x]\n\n[x]: http://evil.example",
    "![看][x]\n\n> [x]: //evil.example 'title'",
    "[x]:\n//evil.example",
    "[a](b[c](javascript:alert(1)))",
    '![a](<x> "y"(z))',
    "<http://evil.example>",
    "http://evil.example/?leak=事实",
    "www.evil.example",
    "hthttp://xtp://evil.example",
    "[a]⚠【x】(javascript:alert(1))",
    "[a]\u200b(javascript:alert(1))",
    "<\u202eimg src=x>",
    "[a\n](javascript:alert(1))",
]
LIVE = re.compile(
    r"<|\]\(|\]:|https?://|www\.|javascript:|[\u0000-\u0008\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_an_attack_stays_alive(attack: str) -> None:
    text = inert(f"前文{attack}后文")

    assert not LIVE.search(text), text
    assert text.startswith("前文")


PIECES = st.sampled_from(
    [
        *"<>[]()!:⚠【】\n ",
        "http://",
        "www.",
        "javascript:",
        "img",
        "甲",
        "e1",
        "\u202e",
        "&lt;",
        "a",
    ]
)


@given(st.lists(PIECES | st.text(max_size=2), max_size=30).map("".join))
@example("[[a](b)](c)")
@example("⚠【⚠【a】】")
def test_any_text_is_made_inert_once_and_for_all(text: str) -> None:
    once = inert(text)

    assert inert(once) == once
    assert not LIVE.search(once)


@given(st.text(alphabet="甲乙丙，。；：“”《》（）第十条款、0123456789%\n #*-", max_size=60))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


MARKERS = [
    ("依据[e1]，可以解除。", "依据《中华人民共和国劳动合同法》第三十八条，可以解除。"),
    ("可以解除[e1]。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除【E1】。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除[e1, e9]。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("依据《劳动合同法》第三十八条[e1]，可以。", "依据《劳动合同法》第三十八条，可以。"),
    ("可以解除[e9]。", "可以解除。"),
    ("没有标记。", "没有标记。"),
    ("可以解除（e1）。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除(e1)。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除〔e1〕。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除[e 1]。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除\\[e1\\]。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除[^e1]。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除[证据e1]。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除[**e1**]。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除e1。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除（依据：e1）。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除[e1-e9]。", "可以解除（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除[e1 第一款]。", "可以解除（《中华人民共和国劳动合同法》第三十八条第一款）。"),
    ("依据e1，可以。", "依据《中华人民共和国劳动合同法》第三十八条，可以。"),
    ("见e9、e77。", "见、。"),
    ("应当说明理由[e1]。", "应当说明理由（《中华人民共和国劳动合同法》第三十八条）。"),
    ("参与[e1]。", "参与（《中华人民共和国劳动合同法》第三十八条）。"),
    ("立即[e1]。", "立即（《中华人民共和国劳动合同法》第三十八条）。"),
    ("意见[e1]。", "意见（《中华人民共和国劳动合同法》第三十八条）。"),
    ("可以解除 [e1]。", "可以解除 （《中华人民共和国劳动合同法》第三十八条）。"),
    ("- [e1]规定", "- 《中华人民共和国劳动合同法》第三十八条规定"),
    ("由[e1]规定", "由《中华人民共和国劳动合同法》第三十八条规定"),
    ("以及[e1]", "以及《中华人民共和国劳动合同法》第三十八条"),
    ("a-e1，e1@b.cn，1e1", "a-e1，e1@b.cn，1e1"),
]


@pytest.mark.parametrize(("text", "written"), MARKERS)
def test_markers_become_citations_of_their_evidence(text: str, written: str) -> None:
    assert spelled(text, {"e1": evidence()}).text == written


def test_markers_that_name_no_evidence_are_taken_out_and_told() -> None:
    found = spelled("甲[e1]，乙[e7]，丙[e1、e8]。", {"e1": evidence()})

    assert (found.known, found.unknown) == (2, ("e7", "e8"))
    assert "e7" not in found.text


def test_every_marker_of_a_range_and_without_brackets_is_told_if_it_names_nothing() -> None:
    found = spelled("甲[e1-e3]，乙（e7），丙e8。", {"e1": evidence()})

    assert (found.known, found.unknown) == (1, ("e2", "e3", "e7", "e8"))


def test_where_nothing_was_found_only_square_brackets_hold_markers() -> None:
    assert spelled("三层（E1）[e2]e3。", {}).text == "三层（E1）e3。"


def test_materials_are_named_by_markers_of_their_own() -> None:
    sources = {"m1": replace(evidence(), id="m1")}

    found = spelled("可以解除[m1、M4]。建筑面积九十[e1]。", sources)

    assert found.text == "可以解除（《中华人民共和国劳动合同法》第三十八条）。建筑面积九十[e1]。"
    assert found.unknown == ("m4",)


def test_evidence_that_is_no_article_is_cited_by_its_law() -> None:
    assert citation_of(evidence("附件一")) == "《中华人民共和国劳动合同法》"


def test_flags_stand_right_behind_what_they_are_about() -> None:
    text = "甲乙丙"
    flags = [Flag(start=1, end=2, reason="错"), Flag(start=0, end=1, reason="也】错\n")]

    assert marked(text, flags) == "甲⚠【也］错 】乙⚠【错】丙"


@given(
    st.text(alphabet="甲乙丙，。\n", min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4),
)
def test_a_flagged_text_without_its_flags_is_the_text(
    text: str, spans: list[tuple[int, int]]
) -> None:
    inside = [(min(a, b), max(a, b)) for a, b in spans if max(a, b) <= len(text)]
    flags = [Flag(start=start, end=end, reason="引文与法条不符") for start, end in inside]

    assert inert(marked(text, flags)) == text
