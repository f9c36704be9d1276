"""Plain text: every word is there, notes are numbered, tables are legible."""

from lawvault.writer.document import Document
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.text import to_text

DRAFT = """# 起诉状

原告：【　】[^b]⚠【缺】[^a][^b]

## 一、请求

1. **判令**
   - 甲

     乙

> 丙
> 丁

::: 表题 费用
| 项目 | 元 |
| --- | --- |
| 律师费 | 5000<br>约 |
| {跨2列} 合计<p>5000 |

::: 分页

::: 落款
具状人：【姓名：　】
:::

[^a]: 注一
[^b]: 注二
    续
[^c]: 无处
"""


def test_a_document_is_written_with_all_its_words():
    assert to_text(read_markdown(DRAFT).document) == (
        "起诉状\n\n原告：【　】[1]⚠【缺】[2][1]\n\n一、请求\n\n"
        "1. 判令\n   · 甲\n     乙\n\n　　丙\n　　丁\n\n"
        "费用\n| 项目   | 元      |\n| 律师费 | 5000 约 |\n| 合计 / 5000      |\n\n"
        "具状人：【姓名：　】\n\n注释：\n[1] 注二 续\n[2] 注一\n"
    )


def test_a_wide_cell_does_not_widen_its_column_without_end():
    table = read_markdown(f"| a | b |\n|---|---|\n| {'甲' * 99} | c |").document

    assert max(map(len, to_text(table).split("\n")[:1])) < 40
    assert "甲" * 99 in to_text(table)


def test_nothing_is_written_of_nothing():
    assert to_text(Document(blocks=())) == ""
