"""What an LLM says around its document goes; a document that holds no chatter is untouched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.writer.drafting.chatter import without_chatter, without_lead
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.templates.filling import fill
from lawvault.writer.templates.template import Template, shipped_templates

DOCUMENT = "# 律师函\n\n明月公司：\n\n贵司拖欠工资，请于三日内支付。\n\n此致\n\n示例律师事务所"

LEADS = [
    "好的，以下是律师函：",
    "好的！",
    "好的，根据您的要求，我起草了一份律师函，请查收。",
    "当然可以！以下是为您起草的律师函：",
    "没问题，下面是修改后的文书：",
    "收到。",
    "您好！以下是您需要的民事起诉状：",
    "以下是律师函：",
    "**以下是律师函正文：**",
    "以下是根据您提供的事实，为您起草的起诉状：",
    "以下为修改后的选中部分：",
    "这是为您起草的律师函：",
    "根据您的要求，起草律师函如下：",
    "根据您提供的信息，我已将律师函拟写如下：",
    "我已为您起草好律师函。",
    "已为您起草律师函：",
    "Sure, here is the letter:",
    "Here's the revised section:",
    "好的，以下是律师函：\n\n---",
    "（接上文）",
]
TAILS = [
    "希望对您有帮助！",
    "希望这份律师函能够满足您的需求。",
    "以上是律师函全文，希望对您有帮助！如需修改，请随时告诉我。",
    "如有需要，我可以为您进一步修改。",
    "如果您需要调整语气或补充细节，请随时告诉我。",
    "如有其他问题，欢迎随时提问！",
    "注：本函仅供参考。",
    "（注：以上内容仅供参考，具体以实际情况为准。）",
    "**注意：**请根据实际情况修改后使用。",
    "注：【　】处请您补充完整。",
    "说明：本函由AI生成，不构成法律意见。",
    "温馨提示：建议咨询专业律师。",
    "本函仅供参考，不构成正式法律意见，建议咨询专业律师。",
    "以上内容由AI生成，请核对。",
    "请根据实际情况修改使用。",
    "建议您咨询专业律师。",
    "祝您维权顺利！",
    "是否需要我再改一版？",
    "---\n\n希望对您有帮助！",
    "**注意事项：**\n1. 请将【　】处补充完整；\n2. 本函仅供参考，建议咨询专业律师。",
    "### 使用说明\n- 未告知的内容：您提供后可补充\n- 请根据实际情况调整",
    "修改说明：\n- 将“应该”改为“应当”\n- 语气更正式",
    "I hope this helps!",
    "Let me know if you need anything else.",
]
OWN_WORDS = [
    "注：本合同一式两份，甲乙双方各执一份。",
    "注：委托律师的费用由违约方承担。",
    "备注：付款时请注明合同编号。",
    "说明：本附件是合同的组成部分。",
    "说明：上述金额均为含税价。",
    "如有疑问，请随时与本律师联系。",
    "如贵司对本函有任何疑问，请联系本所，联系电话：13800138000。",
    "如有异议，请于收到本函之日起三日内告知我方。",
    "如法庭需要，我可以出庭作证。",
    "希望贵司认真对待，妥善解决本次纠纷。",
    "希望法院查明事实，依法判决。",
    "以上意见，供参考。",
    "以上是我方意见，请您慎重考虑。",
    "如对本函有异议，可随时提出。",
    "如有疑问，欢迎随时沟通。",
    "如需补充材料，请通知我们。",
    "需要我方提供的材料如下：",
    "注：本法律意见书仅依据您提供的材料出具。",
    "如违反约定，请您承担相应责任。",
    "希望对贵司有所帮助。",
    "本法律意见书仅供委托人参考，不得用于其他目的。",
    "以上事实，请仲裁委员会依法裁决。",
    "以上为本合同全部条款。",
    "以下是双方签订的租赁合同的主要内容：",
    "以下为事实经过：",
    "以下事实，有证据证明：",
    "根据您的委托，本所就贵司解除合同一事出具法律意见如下：",
    "根据您提供的材料，本所律师出具法律意见如下：",
    "您好！受张三委托，现就拖欠工资一事函告如下：",
    "您好：",
    "好心人李四将其送至医院。",
    "本协议未尽事宜，由双方另行协商，并根据实际情况调整。",
    "双方可根据实际情况修改本合同。",
    "建议贵司咨询专业机构后再行决定。",
    "注意事项：",
    "1. 请在约定期限内付款。",
    "2. 请根据约定填写。",
    "---",
    "| 项目 | 金额 |",
    "## 事实与理由",
    "此致",
    "【具状人：　】",
    "年　月　日",
    "",
]


@pytest.mark.parametrize("lead", LEADS)
def test_what_is_said_before_the_document_is_cut(lead: str) -> None:
    document, said = without_chatter(f"{lead}\n\n{DOCUMENT}\n")

    assert document == DOCUMENT
    assert said


@pytest.mark.parametrize("tail", TAILS)
def test_what_is_said_behind_the_document_is_cut(tail: str) -> None:
    document, said = without_chatter(f"{DOCUMENT}\n\n{tail}\n")

    assert document == DOCUMENT
    assert said


@pytest.mark.parametrize(
    "text",
    [
        f"```markdown\n{DOCUMENT}\n```",
        f"好的，以下是律师函：\n\n```markdown\n{DOCUMENT}\n```\n\n希望对您有帮助！",
        f"律师函如下\n```\n{DOCUMENT}\n```\n注：本函仅供参考。\n",
        f"好的，以下是律师函：\n\n{DOCUMENT}\n```",
        f"{DOCUMENT}\n```\n\n希望对您有帮助！",
        f"```markdown\n{DOCUMENT}",
        f"```markdown\n好的，以下是律师函：\n\n{DOCUMENT}\n```",
    ],
)
def test_a_fence_goes_with_what_is_said_outside_of_it(text: str) -> None:
    assert without_chatter(text)[0] == DOCUMENT


@pytest.mark.parametrize("line", [one for one in OWN_WORDS if one.strip(" -")])
def test_a_documents_own_words_stay_wherever_they_stand(line: str) -> None:
    for text in (line, f"{line}\n\n{DOCUMENT}", f"{DOCUMENT}\n\n{line}"):
        assert without_chatter(text) == (text, "")


@pytest.mark.parametrize("line", [*LEADS, *TAILS])
def test_inside_a_document_nothing_is_cut(line: str) -> None:
    text = f"# 聊天记录\n\n{line}\n\n以上记录属实。"

    assert without_chatter(text) == (text, "")


@pytest.mark.parametrize("template", shipped_templates().values(), ids=lambda one: one.id)
def test_a_template_filled_with_its_examples_is_untouched(template: Template) -> None:
    values = {slot.id: slot.example for slot in template.slots if slot.example is not None}
    text = to_markdown(fill(template, values).document).strip()

    assert without_chatter(text) == (text, "")


@given(st.lists(st.sampled_from(OWN_WORDS), max_size=8).map("\n".join))
def test_a_document_without_chatter_is_untouched(document: str) -> None:
    assert without_chatter(document) == (document.strip(), "")


@given(
    st.lists(st.sampled_from(LEADS), max_size=2).map("\n".join),
    st.lists(st.sampled_from(OWN_WORDS), max_size=6).map("\n".join),
    st.lists(st.sampled_from(TAILS), max_size=3).map("\n\n".join),
)
def test_of_chatter_around_a_document_the_document_is_left(lead, body, tail) -> None:
    document = f"# 律师函\n\n{body}\n\n此致"

    assert without_chatter(f"{lead}\n{document}\n\n{tail}")[0] == document


@given(st.text(alphabet="好的，以下是律师函：希望对您有帮助！\n#|`-注。（）*甲", max_size=60))
def test_what_is_kept_is_a_part_of_what_came(text: str) -> None:
    document, _ = without_chatter(text)
    kept, came = document.replace("\n", ""), text.replace("\n", "")
    assert kept in came or kept in text.replace("```", "").replace("\n", "")


def test_a_text_gone_on_with_begins_without_what_is_said_before_it() -> None:
    assert without_lead("好的，接着写：\n支付工资。") == "支付工资。"
    assert without_lead("\n\n支付工资。") == "\n\n支付工资。"


def test_what_could_be_read_in_many_ways_is_read_at_once() -> None:
    for line in ("以下是" + "完整的起草的" * 40, "如果您" + "需要我随时修改" * 40, "希望对" * 90):
        without_chatter(f"{line}\n\n{DOCUMENT}\n\n{line}")
