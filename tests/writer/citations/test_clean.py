"""Tests of lawvault.writer.citations.clean: what checks told is taken out, and nothing else."""

import pytest

from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.writer.citations.citing import Style, cite, texts_of, with_citations
from lawvault.writer.citations.clean import plain, unmarked
from lawvault.writer.document import Mark
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.markdown.write import to_markdown
from tests.agent.conftest import TODAY

TEXT = """# 意见

依《示例劳动法》第四条、第二条和第九条第一款处理。仍依《示例劳动法》第四条，见第三条至第十条。

《示例劳动法》第九百条另有规定。依《示例劳动法》。

《示例劳动法》第九条规定：“劳动者同意的，试用期可以随意延长，并且不受劳动合同期限长短的任何限制。”
"""


def exported(markdown: str, content: Content, lookup: ContentLookup, style: Style) -> str:
    document = read_markdown(markdown).document
    cited = [cite(text, content, lookup=lookup, as_of=TODAY) for text in texts_of(document)]
    return to_markdown(with_citations(document, cited, style=style))


@pytest.mark.parametrize("style", ["footnote", "appendix", "inline"])
def test_our_own_markdown_exported_again_stays_as_it_is(content, lookup, style):
    once = exported(TEXT, content, lookup, style)

    assert exported(once, content, lookup, style) == once
    assert to_markdown(plain(read_markdown(once).document)) == to_markdown(
        read_markdown(TEXT).document
    )


@pytest.mark.parametrize(
    "note",
    [
        "[^law1]: 见《示例劳动法》第四条。",
        "[^law1]: 《示例劳动法》第四条，详见教材。",
        "[^law1]: 《示例劳动法》第四条规定名册，实务中有争议。",
        "[^1]: 《示例劳动法》第四条：“用人单位应当建立职工名册备查。”，现行有效。",
    ],
)
def test_a_note_of_somebody_else_is_kept(content, lookup, note):
    name = note.partition(":")[0]

    told = exported(f"# 意见\n\n案情{name}。\n\n{note}\n", content, lookup, "inline")

    assert note in told


def test_a_list_of_somebody_else_below_the_same_heading_is_kept(content, lookup):
    given = "# 意见\n\n甲。\n\n## 附：引用法条\n\n1. 见教材。\n"

    assert exported(given, content, lookup, "inline") == given


def test_without_marks_means_without_anybodys():
    document = read_markdown("甲⚠【该法无此条】乙⚠【请复核】。").document

    bare = unmarked(document)

    assert not [one for one in bare.blocks[0].content if isinstance(one, Mark)]
    assert to_markdown(bare).strip() == "甲乙。"
