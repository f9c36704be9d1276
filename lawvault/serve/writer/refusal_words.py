"""What the store's refusals say to people: what is wrong, where, and what to do."""

import re
from collections.abc import Mapping
from typing import Any

from lawvault.store.refusals import StoreRefusal

_TELLS_OF = {
    "folder": "文件夹",
    "material": "材料",
    "template": "模板",
    "draft": "文稿",
    "history entry": "历史记录",
    "folders": "文件夹",
    "materials": "材料",
    "favourites": "收藏",
    "history": "历史记录",
    "templates": "模板",
    "drafts": "文稿",
}
_FIELDS = {
    **_TELLS_OF,
    "versions": "版本",
    "revisions": "修订",
    "name": "名称",
    "title": "标题",
    "text": "正文",
    "source": "模板正文",
    "body": "模板正文",
    "markdown": "文稿正文",
    "instruction": "要求",
    "request": "起草时的要求",
    "data": "修订的数据",
    "kind": "类型",
    "state": "状态",
    "query": "检索词",
    "mode": "导入方式",
    "folder_id": "文件夹",
    "parent_id": "上级文件夹",
    "sha256": "正文的校验值",
    "created": "创建时间",
    "updated": "修改时间",
    "article_id": "法条编号",
    "law_id": "法律编号",
    "law_name": "法律名称",
    "article_number": "条号",
    "template_name": "模板名称",
    "template_version": "模板版本",
}
WORDS: Mapping[str, str] = {
    "unknown": "没有找到这个{what}，可能已被删除，请刷新后重试",
    "unknown_version": "模板没有第 {number} 版，请从版本列表中选择",
    "unknown_revision": "文稿没有第 {number} 次修订，请从修订列表中选择",
    "not_text": "{what}应为文字，请改正",
    "no_database_keeps": "{what}第 {at} 个字之后有无法保存的字符，请删去",
    "length": "{what}应有 {least} 至 {most} 个字，现有 {got} 个，请修改",
    "lines": "{what}只能是一行，第 {at} 个字之后有换行或控制字符，请删去",
    "not_object": "{what}应为 JSON 对象，请改正",
    "not_list": "{what}应为列表，请改正",
    "not_json": "{what}含有 JSON 不能表示的内容（如 NaN），请删去",
    "too_deep": "{what}嵌套太深，请减少层数",
    "not_id": "{what}不是有效的编号（应为 {word}- 加 32 位十六进制数），请核对",
    "not_one_of": "{what}只能是：{choices}",
    "not_number": "{what}应为 {low} 至 {high} 的整数，请改正",
    "not_moment": "{what}应为 1970 年以来的秒数，请改正",
    "bytes": "{what}有 {got} 字节，上限为 {most} 字节，请缩短或者分成几份",
    "cursor": "翻页位置（cursor）无效，请用上一页返回的 next，或从第一页重新读取",
    "in_itself": "文件夹不能移到它自己或者它的下级里面，请另选上级文件夹（parent_id）",
    "folders_deep": "文件夹最多嵌套 {most} 层，请换一个上级文件夹",
    "folder_name": "同名的已经存在：这里已有文件夹“{name}”，请换一个名称",
    "template_name": "同名的已经存在：已有模板“{name}”，请换一个名称",
    "needed": "类型为 {kind} 时，{what}不能空，请补充",
    "article_of_law": "类型为 law 时，{what}应为空，请删去",
    "span_of_other": "{path}span_start、{path}span_end 只用于类型 passage，请删去",
    "span": "{path}span_start 应小于 {path}span_end，现为 {start} 和 {end}，请改正",
    "before_itself": "材料不能排在它自己之前，请另选 before",
    "before_elsewhere": "before 所指的材料在另一个文件夹，请选同一文件夹的材料",
    "at_once": "一次 {got} 项，上限为 {most} 项，请分几次",
    "room": "已保存{table} {kept} 项，再加 {new} 项会超出上限 {most} 项，请先删除一些",
    "stale_draft": "内容已在别处被改动，请先读取最新版本（第 {newest} 次修订），再改一次",
    "stale_template": "内容已在别处被改动，请先读取最新版本（第 {newest} 版），再改一次",
    "being_written": "文稿正在起草，请等它写完，或先停止",
    "not_written": "文稿的第 {number} 次修订已经结束，请读取最新版本",
    "revisions": "一份文稿最多 {most} 次修订，请新建文稿",
    "versions": "一个模板最多 {most} 版，请另存为新模板",
    "mode": "导入方式（mode）只能是 merge（合并）或 replace（替换）",
    "format": "这不是本服务导出的资料文件（format 应为 {format}），请选择导出的文件",
    "other_version": "资料文件的版本（version）应为 {version}，请用同一版本的服务重新导出",
    "entries": "{what}有 {got} 项，上限为 {most} 项，请减少",
    "missing": "缺少{what}，文件不完整，请重新导出",
    "unknown_field": "{path}有不认识的字段，文件可能被改动过，请重新导出",
    "twice": "{what}重复，请删去其中一项",
    "no_folder": "{what}所指的文件夹不在文件中，请改正或重新导出",
    "folder_loop": "{what}在它自己里面，或者超过 {most} 层，请改正或重新导出",
    "changed": "{what}与正文不符，文件被改动过，请重新导出",
    "none": "{what}至少要有一项，请重新导出",
    "writing_before": "{what}有误：只有最新的修订可以是 writing，请改正或重新导出",
    "other_state": "{what}应与最新修订的状态相同，请改正或重新导出",
    "count": "{what}应为 {expected}，现为 {got}，请改正或重新导出",
}
"""What each reason of `lawvault.store.refusals` says to people."""


def words_of(refusal: StoreRefusal) -> str:
    """Return what a refusal says to people.

    >>> from lawvault.store.refusals import LimitError
    >>> words_of(LimitError("bytes", what="text", got=9, most=8))
    '“正文”有 9 字节，上限为 8 字节，请缩短或者分成几份'
    """
    return WORDS[refusal.reason].format(**_shown(refusal.reason, refusal.about))


def _shown(reason: str, about: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(about)
    if "what" in shown:
        shown["what"] = _TELLS_OF[shown["what"]] if reason == "unknown" else _place(shown["what"])
    if "table" in shown:
        shown["table"] = _TELLS_OF[shown["table"]]
    if "choices" in shown:
        shown["choices"] = shown["choices"].replace(", ", "、")
    if reason == "unknown_field":
        shown["path"] = shown["path"].rstrip(".") or "文件开头"
    return shown


def _place(what: str) -> str:
    """Return what people call a field, and its path where it stands in a file."""
    name = re.sub(r"\[\d+\]\Z", "", what).rpartition(".")[2]
    if name not in _FIELDS:
        return f" {what} "
    return f"“{_FIELDS[name]}”" + (f"（{what}）" if name != what else "")
