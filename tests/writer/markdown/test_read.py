"""Reading Markdown: any text gives a document, nothing in it can load or run, losses are said."""

import re
import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.proof.marking import inert
from lawvault.writer.document import (
    Blank,
    Break,
    Document,
    Heading,
    Items,
    Mark,
    NoteRef,
    PageBreak,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.flat import lines_of, words_of
from lawvault.writer.markdown.blocks import MAX_NESTING
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.markdown.spelling import MAX_COLUMNS
from lawvault.writer.markdown.write import to_markdown
from tests.clock import least_seconds


def document(text: str) -> Document:
    return read_markdown(text).document


def content(text: str):
    """Return what the one paragraph of a text holds."""
    (block,) = document(text).blocks
    assert isinstance(block, Paragraph)
    return block.content


def plain(text: str) -> str:
    return "\n".join(map(words_of, lines_of(document(text).blocks)))


def test_the_first_heading_is_the_title_and_the_next_level_is_level_one():
    read = document("# 起诉状\n\n## 一、请求\n\n###### （1）\n\n# 二、事实")

    assert read.title == "起诉状"
    assert [block.level for block in read.blocks if isinstance(block, Heading)] == [1, 5, 1]


def test_headings_deeper_than_markdown_has_stay_text_and_numbers_make_no_heading():
    read = document("####### 甲\n\n一、乙\n\n**二、丙**")

    assert [type(block) for block in read.blocks] == [Paragraph] * 3
    assert read.blocks[2].content == (Text(text="二、丙", bold=True),)


def test_a_title_keeps_its_words_but_no_place_of_a_note():
    assert document("# **起诉**状[^1]\n\n[^1]: 甲").title == "起诉状"


def test_bold_ends_beside_chinese_punctuation_as_llms_write_it():
    assert content("依据**《民法典》**第五条和**“甲”**。") == (
        Text(text="依据"),
        Text(text="《民法典》", bold=True),
        Text(text="第五条和"),
        Text(text="“甲”", bold=True),
        Text(text="。"),
    )


def test_emphasis_that_never_ends_and_signs_of_sums_stay_text():
    assert content("甲**乙 2 * 3 * 4 a_b_c *") == (Text(text="甲**乙 2 * 3 * 4 a_b_c *"),)
    assert content("~~甲~~") == (Text(text="~~甲~~"),)
    assert content("***甲**乙*") == (
        Text(text="甲", bold=True, italic=True),
        Text(text="乙", italic=True),
    )


def test_blanks_are_known_in_every_spelling():
    assert content("【　】【 】【】____【原告姓名：　】【金额：____】") == (
        *[Blank()] * 4,
        Blank(label="原告姓名"),
        Blank(label="金额"),
    )
    assert content("________") == (Blank(),)
    assert content("【原告】__") == (Text(text="【原告】__"),)


def test_a_flag_of_a_checked_text_is_a_mark():
    assert content("《甲法》第九条⚠【该法无此条】规定") == (
        Text(text="《甲法》第九条"),
        Mark(reason="该法无此条"),
        Text(text="规定"),
    )


def test_a_line_break_is_one_in_the_document_and_indents_are_not():
    assert content("甲方：【　】  \n　　乙方\\\n丙") == (
        Text(text="甲方："),
        Blank(),
        Break(),
        Text(text="乙方"),
        Break(),
        Text(text="丙"),
    )
    assert document("    甲\n\n\t乙").blocks[1] == Paragraph(content=(Text(text="乙"),))


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!-- 注 -->",
        '=HYPERLINK("http://x.y","甲")',
        "DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe",
        "{ INCLUDETEXT http://x.y }",
        "<w:p/>]]>",
    ],
)
def test_html_field_codes_and_formulas_are_words(words):
    read = content(words)

    assert words_of(read) == words.replace("\\\\", "\\")
    assert all(isinstance(item, Text) and not item.link for item in read)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "java&#x09;script:alert(1)",
        "file:///etc/passwd",
        r"\\\\server\share",
        "data:text/html;base64,AAAA",
        "mailto:a@b.c",
        "#甲",
        "//x.y",
        "http:x",
        "<javascript:alert(1)>",
    ],
)
def test_a_link_to_elsewhere_than_http_leaves_its_words_and_a_note(address):
    read = read_markdown(f"[看]({address})")

    assert read.document.blocks == (Paragraph(content=(Text(text="看"),)),)
    assert read.notes == ("不是 http(s) 的链接已略，只留文字",)


def test_links_to_http_are_kept_with_looks_and_titles_left_out():
    assert content('**[看](https://a.b/c_(d)?e=1&amp;f "题")** <http://甲.cn>') == (
        Text(text="看", bold=True, link="https://a.b/c_(d)?e=1&f"),
        Text(text=" "),
        Text(text="http://甲.cn", link="http://甲.cn"),
    )


def test_images_are_left_out_with_a_note():
    read = read_markdown("甲![图](https://x.y/z.png)乙![](a)")

    assert read.document.blocks == (Paragraph(content=(Text(text="甲乙"),)),)
    assert read.notes == ("图片已略（2 处）",)


def test_characters_that_nobody_sees_are_left_out_however_they_are_written():
    read = read_markdown("甲\x00\x1b\u202e\ud800乙&#x202e;&#0;&#xd800;&zwnj;\r\n丙\u2028丁\ta")

    words = "".join(item.text for item in read.document.blocks[0].content if item != Break())
    assert words == "甲乙丙丁 a"
    assert read.notes == ("看不见的控制字符已略（4 处）",)


def test_footnotes_are_read_with_their_lines_and_unused_ones_kept():
    read = document(
        "甲[^1]乙[^注][^1]\n\n[^1]: 第一\n    第二\n\n    - 第三\n[^注]: *丁*\n[^3]: 戊"
    )

    assert read.blocks[0].content[1::2] == (NoteRef(id="1"), NoteRef(id="注"))
    assert read.notes["1"].content == (
        *(Text(text="第一"), Break(), Text(text="第二"), Break(), Text(text="- 第三")),
    )
    assert list(read.notes) == ["1", "注", "3"]


def test_footnotes_without_words_unclosed_or_in_one_another_are_text():
    read = read_markdown("甲[^x]乙[^y\n\n[^1]: 见[^2]和[^1]\n[^2]: 丁\n[^2]: 戊")

    assert plain("甲[^x]乙[^y") == "甲[^x]乙[^y"
    assert read.document.notes["1"].content == (Text(text="见[^2]和[^1]"),)
    assert set(read.notes) == {
        "脚注“x”没有注文，已作为文字保留",
        "脚注中的脚注无法保留，已作为文字（2 处）",
        "同一脚注有不止一处注文，后面的留在正文",
    }
    assert "戊" in words_of(read.document.blocks[1].content)


def test_a_footnote_inside_a_footnote_becomes_its_own():
    assert set(document("甲[^1]\n\n[^1]: 乙\n\n    [^2]: 丙").notes) == {"1", "2"}


def test_code_is_paragraphs_with_its_line_breaks():
    assert content("```python\na = 1\n\n  <b>\n```") == (
        *(Text(text="a = 1"), Break(), Break(), Text(text="  <b>")),
    )
    assert content("`a*b*`和``c`d``") == (Text(text="a*b*和c`d"),)


def test_a_draft_wrapped_in_a_fence_of_markdown_is_read():
    assert document("```markdown\n# 函\n\n甲\n```\n").title == "函"


def test_lists_keep_their_numbers_and_their_lists():
    (block,) = document("3. 甲\n   - 乙\n4. 丙").blocks

    assert isinstance(block, Items)
    assert block.start == 3
    assert isinstance(block.items[0][1], Items)
    assert block.items[0][1].start is None
    assert document("0. 甲").blocks[0].start == 0


def test_a_table_with_too_many_or_too_few_cells_loses_none():
    read = read_markdown("甲\n| a | b\\|c |\n|---|\n| 1 |\n| 2 | 3 | 4 |\n乙")
    table = read.document.blocks[1]

    assert isinstance(table, Table)
    assert table.columns == 3
    assert [sum(cell.columns for cell in row) for row in table.rows] == [3, 3, 3]
    assert words_of(table.rows[0][1].paragraphs[0]) == "b|c"
    assert plain("| a |\n| 1 |\n\n|---|") == "| a |\n| 1 |\n|---|"
    assert read.notes == ("表格各行的格数不同，已补齐",)


def test_a_table_wider_than_word_allows_is_text():
    assert isinstance(document("|" * (MAX_COLUMNS + 1) + "a\n" + "|-" * 9).blocks[0], Paragraph)


def test_signs_of_our_own_are_read_as_people_and_llms_write_them():
    read = document(
        ":::落款\n具状人：【　】\n2026年\n:::\n::: center\n甲\n\n乙\n:::\n::: 分页\n:::\n"
        "::: 表题 费用\n::: 列宽 1 2.5\n| a | b |\n|:-:|---|\n| {表头 跨2列} c<br>d<p>e |"
    )

    signature, first, second, new_page, table = read.blocks
    assert isinstance(signature, Signature)
    assert signature.lines == ((Text(text="具状人："), Blank()), (Text(text="2026年"),))
    assert (first.align, second.align) == ("center", "center")
    assert new_page == PageBreak()
    assert (table.caption, table.widths) == ("费用", (1.0, 2.5))
    assert table.rows[1][0].is_header
    assert table.rows[1][0].paragraphs == (
        (Text(text="c"), Break(), Text(text="d")),
        (Text(text="e"),),
    )


def test_signs_of_our_own_that_are_broken_lose_no_word():
    read = read_markdown(
        "::: 落款\n甲\n\n## 乙\n\n::: 表题 丙\n\n丁\n\n::: warning\n:::\n\n::: 列宽 1"
    )

    assert plain("::: 落款\n甲\n\n## 乙\n\n::: 表题 丙\n\n丁\n\n::: warning") == (
        "甲\n乙\n丙\n丁\n::: warning"
    )
    assert read.notes == (
        "“::: 落款”没有以“:::”结束",
        "“::: 列宽”之后没有表格，已略",
    )


def depth(blocks) -> int:
    inner = [block.blocks for block in blocks if isinstance(block, Quotation)]
    inner += [item for block in blocks if isinstance(block, Items) for item in block.items]
    return 1 + max(map(depth, inner), default=0)


@pytest.mark.parametrize(
    "text",
    [
        "- " * 10_000 + "甲",
        "> " * 10_000 + "甲",
        ">" * 10_000 + "甲",
        "1. " * 10_000 + "甲",
        "> - 1. " * 3_000 + "甲",
        "".join("  " * level + "- 甲\n" for level in range(400)),
        "".join(">" * level + " 甲\n" for level in range(400)),
        "[^1]: " * 10_000 + "甲",
        "\n".join("    " * level + f"[^{level}]: 甲" for level in range(300)),
    ],
)
def test_nesting_without_end_is_flattened_and_said(text):
    read = read_markdown(text)

    assert least_seconds(lambda: read_markdown(text), below=1) < 1
    assert depth(read.document.blocks) <= MAX_NESTING + 2
    everything = to_markdown(read.document)
    assert everything.count("甲") == text.count("甲")
    assert read.notes or "[^" in text
    assert read_markdown(everything).document == read.document


def test_ten_thousand_footnotes_are_read():
    text = "".join(f"甲[^{n}]" for n in range(10_000)) + "\n\n"
    text += "".join(f"[^{n}]: 乙\n" for n in range(10_000))

    assert len(document(text).notes) == 10_000


@pytest.mark.parametrize(
    "unit",
    [
        *("[", "![", "[a](", "[a](<b ", '[a](b "c ', "**a", "*a ", "_a ", "`", "``a`", "<", "&"),
        *(
            "\\",
            "【",
            "【：：",
            "⚠【",
            "[^",
            "<br>",
            "<https://a",
            "(",
            "|",
            "~",
            ":",
            "甲",
            " ",
            "\t",
        ),
        *("\n", "a\n", "|\n", "-\n", ">\n", "|a|\n|-|\n", "::: 落款\n", "::: 居中\na\n", "```\n"),
        *("[^1]: x\n", "1. a\n\n\n", "- a\n* b\n", "a\n---\n", "    a\n", "> - > - a\n", "# a\n"),
    ],
)
def test_time_grows_no_faster_than_the_text(unit):
    def seconds(size: int) -> float:
        began = time.process_time()
        read_markdown(f"甲[a]({unit * (size // len(unit))}")
        read_markdown(f"{unit * (size // len(unit))}x")
        return time.process_time() - began

    short = min(seconds(1_000) for _ in range(2))

    long = min(seconds(8_000) for _ in range(2))  # the better one: garbage may be collected in one

    assert long < 0.2 + 40 * short  # 8 times as long; 64 times if it were quadratic


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.text(),
        st.text(alphabet="#*_[]()!<>&\\|`~:-+=1. \n\t　【】：⚠^甲"),
        st.lists(
            st.sampled_from(
                ["::: 落款\n", ":::\n", "|a|b|\n", "|-|-|\n", "[^1]", "[^1]: ", "- ", "> ", "\n"]
            ),
            max_size=12,
        ).map("".join),
    )
)
def test_any_text_gives_a_document_that_is_clean_and_written_and_read_again(text):
    read = document(text)
    written = to_markdown(read)

    assert document(written) == read
    assert to_markdown(document(written)) == written
    assert not [c for c in written if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]
    assert document(inert(text)).blocks is not None
    assert not re.search(r"\]\((?!https?://)", re.sub(r"\\.", "", written))
