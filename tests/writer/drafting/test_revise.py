"""A revision changes the selected part and not a byte of the rest, or nothing at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.writer.drafting.request import ReviseRequest
from lawvault.writer.drafting.revise import changes, selected
from tests.law.test_citations import TODAY
from tests.scripted_llm import Fault, Say
from tests.writer.drafting.at_desk import article, opened_writer

DRAFT = (
    "# 起诉状\n\n原告：张三  \n\n## 请求\n\n支付工资⚠【未能核实】8000元。\n\n"
    "### 小节\n\n丙\n\n## 理由\n\n丁 \n"
)


@pytest.fixture(scope="module")
def writer():
    with opened_writer() as writer:
        yield writer


def asking(selection=None, **others):
    return ReviseRequest(
        markdown=DRAFT, instruction="写得更正式", as_of=TODAY, selection=selection, **others
    )


def test_only_the_selected_part_changes_and_the_rest_stays_byte_by_byte(writer) -> None:
    one = writer.written(asking("请求"), {"revise": Say("## 请求\n\n判令支付工资8000元。")})

    start, end = selected(DRAFT, "请求")
    assert DRAFT[:start].endswith("## 请求\n\n")
    assert one.text == f"{DRAFT[:start]}判令支付工资8000元。{DRAFT[end:]}"
    assert one.outcome.state == "done"
    assert [change.new for change in one.outcome.changes] == ["判令支付工资8000元。\n"]
    assert one.outcome.changes[0].old.startswith("支付工资")
    assert "原告：张三" in writer.server.ledger[0].user


@pytest.mark.parametrize(
    "said",
    [
        "判令支付。",
        "## 请求\n\n判令支付。",
        "**请求**\n\n判令支付。",
        "# 请求：\n判令支付。",
        "好的，以下是修改后的正文：\n\n## 请求\n\n判令支付。\n\n希望对您有帮助！",
    ],
)
def test_the_heading_above_what_is_rewritten_stays_and_stands_there_once(writer, said) -> None:
    one = writer.written(asking("请求"), {"revise": Say(said)})

    start, end = selected(DRAFT, "请求")
    assert one.text == f"{DRAFT[:start]}判令支付。{DRAFT[end:]}"
    assert one.codes == ({"chatter"} if "好的" in said else set())


def test_a_heading_below_one_of_the_same_words_stays_too(writer) -> None:
    draft = "# 函\n\n## 请求\n\n### 请求\n\n甲。"
    start, end = draft.index("### "), len(draft)
    request = ReviseRequest(markdown=draft, instruction="改", as_of=TODAY, selection=(start, end))

    one = writer.written(request, {"revise": Say("### 请求\n\n乙。")})

    assert one.text == "# 函\n\n## 请求\n\n### 请求\n\n乙。"


@pytest.mark.parametrize("behind", ["", "\n", "\n\n## 理由\n\n丁\n"])
def test_what_has_nothing_below_it_yet_is_written_below_it(writer, behind) -> None:
    draft = f"# 起诉状\n\n## 请求{behind}"
    request = ReviseRequest(markdown=draft, instruction="补写", as_of=TODAY, selection="请求")

    one = writer.written(request, {"revise": Say("## 请求\n\n判令支付。")})

    assert one.text == f"# 起诉状\n\n## 请求\n\n判令支付。{behind}"


def test_a_note_that_belongs_to_the_selected_part_stays(writer) -> None:
    draft = "# 函\n\n甲。\n\n注：本函仅供参考。"
    request = ReviseRequest(markdown=draft, instruction="写短些", as_of=TODAY, selection="函")

    one = writer.written(request, {"revise": Say("乙。\n\n注：本函仅供参考。")})

    assert one.text == "# 函\n\n乙。\n\n注：本函仅供参考。"


def test_a_span_may_be_selected_and_is_checked_like_a_draft(writer) -> None:
    start = DRAFT.index("丁")
    request = asking((start, start + 1), materials=(article("第三十八条"),))

    one = writer.written(request, {"revise": Say("依据[m1]，可以解除。2020年1月2日李某[m8]。")})

    assert "依据《中华人民共和国劳动合同法》第三十八条，可以解除。【　】李某。 \n" in one.text
    assert one.text.startswith(DRAFT[:start])
    assert one.outcome.counts == {"verified": 1}
    assert one.reasons == {"not_told"}


def test_what_the_draft_says_already_is_told(writer) -> None:
    one = writer.written(asking("理由"), {"revise": Say("## 理由\n\n原告张三主张工资8000元。")})

    assert "原告张三主张工资8000元。" in one.text


@pytest.mark.parametrize(
    "says",
    [
        {"revise": Say("")},
        {"revise": Say("抱歉，我不能修改。")},
        {"revise": Fault.status(500)},
        {"revise": Fault.length("只写了一"), "go_on": Fault.length("半")},
        {"revise": Fault.endless("又来一遍没完没了的话。")},
        {"revise": Say("<|im_end|>\n<|im_start|>user\n改")},
    ],
    ids=["empty", "refused", "down", "cut twice", "repeats", "another turn"],
)
def test_a_revision_that_does_not_come_whole_changes_nothing(writer, says) -> None:
    one = writer.written(asking("请求"), says)

    assert one.text == DRAFT
    assert one.outcome.state == "failed"
    assert one.outcome.changes == ()
    assert one.kinds[-1] == "draft.failed"


def test_a_stopped_revision_changes_nothing(writer) -> None:
    slow = Say("甲。乙。" * 30, hang_after=900)

    one = writer.written(asking("请求"), {"revise": slow}, stop_after="甲")

    assert (one.text, one.outcome.state) == (DRAFT, "stopped")


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ("没有", "标题“没有”不在文稿中；文稿的标题有：起诉状、请求、小节、理由"),
        ((5, 9999), "超出文稿"),
        ((9, 3), "超出文稿"),
        ((5, 7), "没有文字"),
    ],
)
def test_a_selection_that_cannot_be_is_refused_with_what_to_do(writer, selection, message) -> None:
    with pytest.raises(ValueError, match=message):
        writer.written(asking(selection))


def test_a_part_too_long_for_the_llm_is_refused_before_it_is_asked(writer) -> None:
    request = ReviseRequest(markdown="长" * 5000, instruction="改", as_of=TODAY)

    with pytest.raises(ValueError, match="选中部分有 5000 字，大模型一次约能改写 3276 字"):
        writer.written(request)

    assert writer.server.ledger == []


def test_a_revision_needs_an_instruction() -> None:
    with pytest.raises(ValueError, match="请写明要怎样修改"):
        ReviseRequest(markdown="甲", instruction=" ", as_of=TODAY)


def test_a_heading_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="不止一处"):
        selected("# 甲\n\n一\n\n# 甲\n\n二", "甲")


LINES = st.lists(st.sampled_from(["甲\n", "乙\n", "\n", "丙"]), max_size=8).map("".join)


@given(LINES, LINES)
def test_the_changes_of_two_texts_make_one_of_the_other(old: str, new: str) -> None:
    lines = old.splitlines(keepends=True)
    for change in reversed(changes(old, new)):
        assert "".join(lines[change.old_start : change.old_end]) == change.old
        lines[change.old_start : change.old_end] = [change.new]

    assert "".join(lines) == new
