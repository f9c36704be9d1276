"""What a draft says of itself to people: where it is not as planned, each once."""

from dataclasses import dataclass
from typing import Literal

NOTES = {
    "asked_again": "大模型的回答不合格，已要求重答一次",
    "chatter": "大模型在文书前后说的话不属于文书，已删",
    "budget": "预算已尽，其余部分未写",
    "continued": "输出超过大模型的上限，已接着写",
    "copied": "大模型照抄了提示或者文书已有的行，照抄的已删",
    "cut": "大模型的输出中断，文稿到此为止，可能不完整",
    "llm_error": "大模型不可用，未写的部分留空",
    "left_out": "部分内容过长，只给大模型看了开头",
    "repair_failed": "文稿修订未成功，保留原文并标出问题",
    "repeats": "大模型不断重复，重复部分已删",
    "stale": "材料的条文与现在收录的不一致，请核对",
    "not_told": "您没有告知的内容已改为空白，请补充",
    "unknown_ids": "大模型引用了不存在的材料编号，已删去",
    "value": "填写的内容不能使用，已留空",
    "template": "模板说明",
    "verify_failed": "引用未能核实，已标出",
}
"""What each code says to people."""

_REASONS = {
    "auth": "密钥被拒绝",
    "quota": "额度已用完",
    "rate": "请求太频繁",
    "refused": "拒绝回答",
    "empty": "没有内容",
    "cut": "输出中断",
    "timeout": "超时",
    "server": "无法连接",
    "protocol": "答复无法识别",
    "overlong": "内容过长",
    "invalid": "格式不符",
    "repeats": "不断重复",
    "law_out": "法规库暂不可用，请稍后重新核验",
    "law_slow": "法规库没有及时答复，请稍后重新核验",
    "no better": "改后并不更好",
    "deadline": "时间用完",
    "max_llm_calls": "调用次数用完",
    "max_tokens": "字数用完",
}
"""What codes of reasons say to people; see `lawvault.models.llm_reply` and `budget`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A warning (`warning`) or something that could not be done as it should (`degraded`)."""

    kind: Literal["warning", "degraded"]
    code: str
    message: str


def message_of(code: str, about: str = "") -> str:
    """Return what a note says.

    >>> message_of("value", "入职日期：应写作 2024-03-05")
    '填写的内容不能使用，已留空：入职日期：应写作 2024-03-05'
    """
    return f"{NOTES[code]}：{_REASONS.get(about, about)}" if about else NOTES[code]
