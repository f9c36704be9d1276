"""What an LLM copies of its prompt, or says in turns not its own, is no part of a draft."""

import pytest

from lawvault.writer.drafting.echoes import own_turn, without_copies, without_fences
from lawvault.writer.drafting.prompts import PHASES, load

PROMPT = load().files["section"].system


@pytest.mark.parametrize(
    "mark", ["<|im_end|>", "<|im_start|>user", "<end_of_turn>", "</s>", "[INST]", "<|eot_id|>"]
)
def test_a_turn_ends_where_a_mark_of_a_chat_template_stands(mark) -> None:
    assert own_turn(f"甲方应当付款。{mark}\n再来一份") == "甲方应当付款。"


def test_a_mark_that_comes_in_pieces_is_seen_when_its_last_piece_comes() -> None:
    text = "甲" * 50 + "<|im_end|>"

    assert own_turn(text, since=len(text) - 1) == "甲" * 50
    assert own_turn("甲方<乙方|丙方>", since=3) == "甲方<乙方|丙方>"


def test_lines_of_fences_go_and_others_that_speak_of_materials_stay() -> None:
    text = "<<资料 k7：事实>>\n附资料 3 份\n<<资料 k7 完>>\n＜＜资料 ：事实>>"

    assert without_fences(text, "k7") == "附资料 3 份"


@pytest.mark.parametrize("phase", PHASES)
def test_a_prompt_that_comes_back_word_for_word_or_nearly_leaves_nothing(phase) -> None:
    prompt = load().files[phase]
    ours = f"{prompt.system}\n{prompt.user}"
    nearly = ours.replace("的", "之", 1)

    for said in (ours, nearly):
        left = without_copies(said, prompt=ours, around="").split("\n")
        assert [line for line in left if len(line) > 16 and "{" not in line] == []


def test_what_stands_in_the_document_already_goes_and_rows_and_short_lines_stay() -> None:
    around = "# 律师函\n\n请于七日内付款。\n\n| 序号 | 项目 | 金额 | 备注 |\n\n此致"
    said = (
        "## 律师函\n\n甲方拖欠货款。\n\n请于七日内付款。\n\n\n| 序号 | 项目 | 金额 | 备注 |\n此致"
    )

    left = without_copies(said, prompt=PROMPT, around=around)

    assert left == "甲方拖欠货款。\n\n| 序号 | 项目 | 金额 | 备注 |\n此致"


def test_a_text_without_copies_stays_byte_by_byte() -> None:
    text = "\n甲方拖欠货款，应当依照材料支付。\n\n\n\n没有告知地址，写作【　】。 "

    assert without_copies(text, prompt=PROMPT, around="# 律师函") == text
