"""Articles into which a source ran what stands behind them: their own words, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lawvault.ingest.readers.run_on import FIRST_PART, set_apart
from lawvault.ingest.screen import screen
from lawvault.ingest.sources import Notice, Reject, SourceArticle

Heads = tuple[str | None, str | None, str | None]


def article(number: str, content: str, chapter: str = "", section: str = "") -> SourceArticle:
    return SourceArticle(
        source="laws.db",
        line=len(content),
        law_name="中华人民共和国民法典",
        article_number=number,
        content=content,
        chapter=chapter or None,
        section=section or None,
    )


def apart(*articles: SourceArticle) -> list[SourceArticle]:
    """Return the articles as they come out in the end."""
    items = [screen(item) for item in set_apart(articles) if isinstance(item, SourceArticle)]
    assert not any(isinstance(item, Reject) for item in items)
    return [item for item in items if isinstance(item, SourceArticle)]


def heads_of(articles: Sequence[SourceArticle]) -> list[Heads]:
    return [(one.part, one.chapter, one.section) for one in articles]


def told(*articles: SourceArticle) -> list[tuple[str, str]]:
    return [(item.kind, item.detail) for item in set_apart(articles) if isinstance(item, Notice)]


CODE = (
    article("第二百零四条", "期间依照本法。\n第二编 物 权\n第一分编 通 则", "第十章 期间计算"),
    article("第二百三十九条", "可以合并适用。\n第二分编 所有权", "第一章 一般规定"),
    article("第二百四十条", "所有权人有权。", "第四章 一般规定"),
    article("第二百五十八条", "应当担责。\n甲担责。\n附 则", "第十章 责任", "第二节 甲"),
    article("第二百五十九条", "包括本数。", "第十章 责任", "第二节 甲"),
)


def test_headings_behind_an_article_are_those_of_the_articles_that_follow() -> None:
    found = apart(*CODE)

    assert [one.content for one in found] == [
        *("期间依照本法。", "可以合并适用。", "所有权人有权。", "应当担责。\n甲担责。"),
        "包括本数。",
    ]
    assert heads_of(found) == [
        (FIRST_PART, "第十章 期间计算", None),
        ("第二编 物权 第一分编 通则", "第一章 一般规定", None),
        ("第二编 物权 第二分编 所有权", "第四章 一般规定", None),
        ("第二编 物权 第二分编 所有权", "第十章 责任", "第二节 甲"),
        ("附则", None, None),
    ]


def test_every_line_that_is_taken_is_told() -> None:
    assert told(*CODE) == [
        ("moved", "民法典 第二百零四条: “第二编 物 权” is a heading"),
        ("moved", "民法典 第二百零四条: “第一分编 通 则” is a heading"),
        ("moved", "民法典 第二百三十九条: “第二分编 所有权” is a heading"),
        ("moved", "民法典 第二百五十八条: “附 则” is a heading"),
    ]


def test_a_chapter_ends_with_its_part_though_the_source_goes_on_naming_it() -> None:
    found = apart(
        article("第一条", "甲。\n第四编 执 行", "第五章 监督"),
        article("第二条", "乙。", "第五章 监督"),
        article("第三条", "丙。\n第五编 特别程序", "第五章 监督"),
        article("第四条", "丁。", "第一章 未成年人"),
    )

    assert heads_of(found) == [
        (None, "第五章 监督", None),
        ("第四编 执行", None, None),
        ("第四编 执行", None, None),
        ("第五编 特别程序", "第一章 未成年人", None),
    ]


def test_the_first_part_is_named_only_of_laws_where_it_is_known() -> None:
    one = article("第一条", "甲。\n第二编 乙")

    assert apart(one)[0].part == FIRST_PART
    assert apart(replace(one, law_name="某某法典"))[0].part is None


def test_supplementary_provisions_without_a_number_are_a_chapter_where_a_law_has_no_parts() -> None:
    found = apart(
        article("第一条", "甲。\n附　则", "第九章 罚则"), article("第二条", "乙。", "第九章 罚则")
    )

    assert heads_of(found)[1] == (None, "附则", None)


def test_annexes_are_articles_of_their_own() -> None:
    own, first, second = apart(
        article(
            "第四百五十二条",
            "本法自1997年10月1日起施行。\n附件一\n下列决定：\n1.甲\n附件二\n1.乙",
            "第十章 甲",
        )
    )

    assert own.content == "本法自1997年10月1日起施行。"
    assert (first.article_number, first.content) == ("附件一", "附件一\n下列决定：\n1.甲")
    assert (second.article_number, second.content) == ("附件二", "附件二\n1.乙")
    assert heads_of([own, first]) == [(None, "第十章 甲", None), ("附件一", None, None)]
    assert (first.law_name, first.line) == (own.law_name, own.line)


def test_a_table_of_rates_without_the_word_annex_is_one() -> None:
    own, rates = apart(
        article("第二十二条", "本法施行。\n个人所得税税率表一（综合所得适用）\n----- ----\n1 3%")
    )

    assert own.content == "本法施行。"
    assert (rates.article_number, rates.content.split("\n")[1:]) == ("附表一", ["1 3%"])


def test_remains_of_pictures_and_of_the_lines_of_tables_are_left_out() -> None:
    picture = '!国徽法3{width="3.9in"\nheight="5.6in"}!24310{width="5.1in"\nheight="7.5in"}'
    given = article(
        "第十九条", f"本法施行。\n附件：\n图案\n{picture}\n--+-----+\n|\n甲 | 乙 |\n| |\n丙---丁"
    )

    own, annex = apart(given)

    assert (own.content, annex.content) == ("本法施行。", "附件：\n图案\n甲 | 乙 |\n丙---丁")
    assert [kind for kind, _ in told(given)] == ["moved", "left_out"]


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        (
            "需要证明身份的，有权使用\n居民身份证。\n乙。",
            "需要证明身份的，有权使用居民身份证。\n乙。",
        ),
        (
            "建立健全长效机制，制定公布清单，\n科学制定方案。",
            "建立健全长效机制，制定公布清单，科学制定方案。",
        ),
        ("符合条 件的、 地点，  采用。", "符合条件的、地点，采用。"),
    ],
)
def test_what_a_page_broke_is_joined(given: str, whole: str) -> None:
    one = article("第十三条", given)

    assert [found.content for found in apart(one)] == [whole]
    assert [kind for kind, _ in told(one)] == ["joined"]


@pytest.mark.parametrize(
    "content",
    [
        "组成：\n委员长，\n副委员长若干人，\n委员若干人。",
        "（一）关于人身伤亡的赔偿请求\n1.甲；\n2.乙。",
        "本法所称附件，是指下列文件。\n附件所列的文件同样有效。",
        "本法第二条增加一条：\n“第二编 物权”\n改为他名。",
        "将第三条修改为：“第一条 甲。\n第二章 乙\n第二条 丙。”",
        "依照第三章 第一节的规定。第四条规定的，从其规定。",
        "第二章 仅有标题",
    ],
)
def test_words_of_an_article_stay_as_they_are(content: str) -> None:
    one = article("第三条", content)

    assert list(set_apart([one])) == [one]


def test_articles_that_an_amendment_quotes_are_part_of_the_point_that_quotes_them() -> None:
    found = apart(
        article("第五十一条", "甲。"),
        article("第五十二条", "增加二条，内容如下："),
        article("第一百二十三条", "监察委员会是机关。", section="第七节 监察委员会"),
        article("第一百二十四条", "设立委员会。", section="第七节 监察委员会"),
    )

    assert [one.article_number for one in found] == ["第五十一条", "第五十二条"]
    assert found[1].content == (
        "增加二条，内容如下：\n第七节 监察委员会\n"
        "第一百二十三条 监察委员会是机关。\n第一百二十四条 设立委员会。"
    )


def test_an_article_before_the_first_chapter_stands_under_none() -> None:
    given = (
        article("第一条", "甲。", "第九章 附则"),
        article("第二条", "乙。", "第一章 会议"),
        article("第三条", "丙。", "第九章 附则"),
    )

    assert [one.chapter for one in apart(*given)] == [None, "第一章 会议", "第九章 附则"]
    assert told(*given) == [
        ("moved", "民法典 第一条: “第九章 附则” is not the heading it stands under")
    ]


def test_a_heading_that_the_source_breaks_off_is_whole() -> None:
    (found,) = apart(article("第二条", "甲。", "第四章 犯罪嫌疑人、被告人逃匿、死亡案件"))

    assert found.chapter == "第四章 犯罪嫌疑人、被告人逃匿、死亡案件违法所得的没收程序"
