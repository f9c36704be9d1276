"""A law's text becomes its articles, with headings, dates and origin, and nothing is left out."""

import datetime

import pytest

from lawvault.ingest.law_text import LawFile, articles_of
from lawvault.ingest.sources import Notice, Reject, SourceArticle

LABOUR = """# 中华人民共和国劳动合同法

2007年6月29日 第十届全国人民代表大会常务委员会第二十八次会议通过

2012年12月28日 第十一届全国人民代表大会常务委员会第三十次会议修正

<!-- INFO END -->

## 第一章　总　则

第一条 为了完善劳动合同制度，制定本法。

## 第二章 劳动合同的订立

第二条 建立劳动关系，应当订立书面劳动合同：

（一）甲；

（二）乙。

已建立劳动关系的，应当自用工之日起一个月内订立。

### 第一节 期限

第三条 本法自2008年1月1日起施行。
"""

OFFICIAL = """中华人民共和国某某法
（1994年7月5日第八届全国人民代表大会常务委员会第八次会议通过　根据2018年12月29日
第十三届全国人民代表大会常务委员会第七次会议《关于修改〈某某法〉的决定》第二次修正）
目　　录
第一章　总　　则
第二章　附　　则
第一章　总　　则
第一条　为了保护权益，制定本法。
第二条　本法适用于境内。
境外的，参照本法执行。
第二章　附　　则
第三条　本法自1995年1月1日起施行。
附件一：
种类\t税率
烟\t百分之三十
"""


def read(text: str, source: str = "社会法/劳动合同法(2012-12-28).md") -> list[SourceArticle]:
    items = list(articles_of(LawFile(source=source, text=text)))
    assert all(isinstance(item, SourceArticle) for item in items), items
    return [item for item in items if isinstance(item, SourceArticle)]


def test_a_markdown_law_gives_articles_with_headings_dates_and_origin() -> None:
    articles = read(LABOUR)

    assert [a.article_number for a in articles] == ["第一条", "第二条", "第三条"]
    first, second, third = articles
    assert first.law_name == "中华人民共和国劳动合同法"
    assert (first.category, first.region) == ("法律", "全国")
    assert first.issuer == "全国人民代表大会常务委员会"
    assert first.version_date == datetime.date(2012, 12, 28)
    assert first.effective_date == datetime.date(2008, 1, 1)
    assert (first.chapter, second.chapter) == ("第一章 总则", "第二章 劳动合同的订立")
    assert (second.section, third.section) == (None, "第一节 期限")
    assert second.content.split("\n") == [
        "建立劳动关系，应当订立书面劳动合同：",
        "（一）甲；",
        "（二）乙。",
        "已建立劳动关系的，应当自用工之日起一个月内订立。",
    ]
    assert LABOUR.splitlines()[second.line - 1].startswith("第二条")


def test_the_official_form_with_contents_and_annex_is_read() -> None:
    articles = read(OFFICIAL, "某某法_20181229.docx")

    assert [a.article_number for a in articles] == ["第一条", "第二条", "第三条", "附件一"]
    assert {a.law_name for a in articles} == {"中华人民共和国某某法"}
    assert {a.version_date for a in articles} == {datetime.date(2018, 12, 29)}
    assert [a.chapter for a in articles] == ["第一章 总则", "第一章 总则", "第二章 附则", None]
    assert articles[1].content == "本法适用于境内。\n境外的，参照本法执行。"
    assert "烟\t百分之三十" in articles[3].content


def test_supplementary_provisions_stand_beside_the_parts_of_a_code() -> None:
    first, second = "第一编 总则\n第一章 甲\n第一条 甲。\n", "第二编 分则\n第一章 乙\n第二条 乙。\n"

    articles = read(first + second + "附 则\n第三条 丙。\n", "某法典.txt")

    assert [(a.part, a.chapter) for a in articles] == [
        *(("第一编 总则", "第一章 甲"), ("第二编 分则", "第一章 乙"), ("附则", None))
    ]


def test_no_source_status_is_claimed() -> None:
    assert {a.status for a in read(LABOUR)} == {""}


def test_a_decision_without_articles_is_cut_at_its_points() -> None:
    text = "# 关于某事的决定\n\n<!-- INFO END -->\n为了某事，决定如下：\n一、甲。\n丙。\n二、乙。\n"

    articles = read(text, "行政法规/关于某事的决定.md")

    assert [(a.article_number, a.content) for a in articles] == [
        ("全文", "为了某事，决定如下："),
        ("条目一", "甲。\n丙。"),
        ("条目二", "乙。"),
    ]


def test_a_text_without_any_numbers_is_one_article() -> None:
    text = "# 关于某事的批复\n\n<!-- INFO END -->\n你院请示收悉。\n经研究，答复如下。\n"

    (article,) = read(text, "司法解释/关于某事的批复.md")

    assert (article.article_number, article.content) == (
        "全文",
        "你院请示收悉。\n经研究，答复如下。",
    )


def test_the_preamble_is_an_article_of_its_own() -> None:
    text = "# 某解释\n\n<!-- INFO END -->\n为正确审理，制定本解释。\n第一条 甲。\n"

    assert [a.article_number for a in read(text, "司法解释/某解释.md")] == ["序言", "第一条"]


def test_a_code_in_files_of_one_book_names_the_book_as_part() -> None:
    text = (
        "# 中华人民共和国民法典\n\n# 合同编\n\n2020年5月28日 通过\n\n<!-- INFO END -->\n"
        "## 第一章 一般规定\n第四百六十三条 本编调整因合同产生的民事关系。\n"
    )

    (article,) = read(text, "民法典/合同编.md")

    assert article.law_name == "中华人民共和国民法典"
    assert (article.part, article.chapter) == ("合同编", "第一章 一般规定")
    assert article.version_date == datetime.date(2020, 5, 28)


def test_a_title_broken_over_lines_is_joined_as_the_file_name_has_it() -> None:
    text = (
        "# 中华人民共和国农村土地\n承包经营纠纷调解仲裁法\n2009年6月27日 通过\n"
        "<!-- INFO END -->\n第一条 甲。\n"
    )

    (article,) = read(text, "诉讼/农村土地承包经营纠纷调解仲裁法(2009-06-27).md")

    assert article.law_name == "中华人民共和国农村土地承包经营纠纷调解仲裁法"


def test_the_later_of_file_name_and_history_is_the_version_date() -> None:
    (by_name,) = read(
        "# 甲法\n2001年1月1日 通过\n<!-- INFO END -->\n第一条 甲。", "甲法(2020-02-02).md"
    )
    (by_text,) = read(
        "# 甲法\n2021年1月1日 修正\n<!-- INFO END -->\n第一条 甲。", "甲法(2020-02-02).md"
    )

    assert by_name.version_date == datetime.date(2020, 2, 2)
    assert by_text.version_date == datetime.date(2021, 1, 1)


@pytest.mark.parametrize("text", ["", "# 甲法\n", "# 甲法\n2001年1月1日 通过\n<!-- INFO END -->\n"])
def test_a_law_without_articles_is_rejected_with_the_reason(text: str) -> None:
    (reject,) = articles_of(LawFile(source="甲法.md", text=text))

    assert isinstance(reject, Reject)
    assert "no articles" in reject.reason


def test_a_gap_in_the_numbers_is_told_with_its_line() -> None:
    items = list(articles_of(LawFile(source="甲法.md", text="第一条 甲。\n第三条 丙。\n")))

    assert [(i.line, i.kind) for i in items if isinstance(i, Notice)] == [(2, "numbering")]
    assert len([item for item in items if isinstance(item, SourceArticle)]) == 2


def test_text_between_a_heading_and_the_first_article_is_kept() -> None:
    text = "第一条 甲。\n附则\n本办法另有规定的，从其规定。\n第二条 乙。\n"

    articles = read(text, "甲办法.txt")

    assert "本办法另有规定的，从其规定。" in "".join(a.content for a in articles)


def test_notes_of_a_reader_become_notices() -> None:
    file = LawFile(source="甲法.docx", text="第一条 甲。", notes=["2 tracked deletions left out"])

    notice = next(iter(articles_of(file)))

    assert isinstance(notice, Notice)
    assert notice.detail == "2 tracked deletions left out"


def test_ten_megabytes_in_one_paragraph_are_one_article() -> None:
    (article,) = read("第一条 " + "甲" * 3_500_000, "甲法.txt")

    assert len(article.content) == 3_500_000
