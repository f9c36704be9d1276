"""The parts of a law's text: what is found, what is not mistaken, and that nothing is lost."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.law.structure import HEADINGS, LawText, irregularities, parse_law

LAWREFBOOK = Path(__file__).parents[2].parent / "shared" / "data" / "lawrefbook.tar.gz"
EVERY = 11  # of the collection's 3,400 files, some 310 are read here

FRAGMENTS = st.sampled_from(
    [
        *("第一条　甲。", "第二条 乙：", "第三条", "第3条之1 丙", "第七条规定的", "第十九条为了。"),
        *(
            "第十十条 ",
            "第一编 总则",
            "第一分编 通则",
            "第一章　总　则",
            "## 第二章 罚则",
            "第一节",
        ),
        *(
            "目录",
            "目　录……1",
            "总则",
            "附　则",
            "序言",
            "一、丁。",
            "二、戊；",
            "## 三",
            "（一）己；",
        ),
        *(
            "（二）",
            "附件",
            "附表二：",
            "附件一 名称\t数额",
            "“第四条　庚。",
            "”",
            "“",
            "修改为第五条：",
        ),
        *(
            "增加两条，作为第八条至第九条：",
            "（1994年7月5日通过",
            "修正）",
            "# 某法",
            "#",
            "。",
            " ",
        ),
        *("<!-- INFO END -->", "\n", "\n\n", "\r\n"),
    ]
)


def outline(law: LawText) -> list[str]:
    return [f"{block.kind} {block.label}".strip() for block in law.blocks]


def labels(law: LawText, kind: str) -> list[str]:
    return [block.label for block in law.blocks if block.kind == kind]


def words(law: LawText, label: str) -> str:
    (block,) = [block for block in law.blocks if block.label == label]
    return law.words(block)


def first(law: LawText, kind: str) -> str:
    return next(law.words(block) for block in law.blocks if block.kind == kind)


def collection(*names: str) -> Iterator[tuple[str, str]]:
    """Yield the path and text of files of LawRefBook: those named, or every eleventh."""
    if not LAWREFBOOK.is_file():
        pytest.skip(f"{LAWREFBOOK.name} is not here")
    with tarfile.open(LAWREFBOOK, "r|gz") as archive:
        files = (member for member in archive if member.name.endswith(".md"))
        for index, member in enumerate(files):
            wanted = member.name.endswith(names) if names else index % EVERY == 0
            if wanted and (file := archive.extractfile(member)):
                yield member.name, file.read().decode("utf-8")


# --- nothing is lost


@settings(max_examples=4000, deadline=None)
@given(st.text())
def test_any_text_is_rebuilt_from_its_blocks(text):
    assert_whole(text)


@settings(max_examples=4000, deadline=None)
@given(st.lists(FRAGMENTS, max_size=14))
def test_any_text_out_of_the_pieces_of_laws_is_rebuilt_from_its_blocks(pieces):
    assert_whole("".join(pieces))
    assert_whole("\n".join(pieces))


def assert_whole(text: str) -> None:
    law = parse_law(text)

    assert law.rebuild() == text
    starts = [block.start for block in law.blocks]
    assert starts == sorted(set(starts))
    assert all(block.start <= block.body <= block.end for block in law.blocks)
    assert all(irregularity.line >= 1 for irregularity in irregularities(law))


def test_the_files_of_a_real_collection_are_rebuilt_and_have_text():
    without_text, count = list[str](), 0
    for name, text in collection():
        law = parse_law(text)
        count += 1
        assert law.rebuild() == text, name
        if not {block.kind for block in law.blocks} & {"条", "条目", "文"}:
            without_text.append(name)

    assert count > 250
    assert len(without_text) <= 5, without_text  # a title alone, and the collection's own lists


def test_nearly_all_laws_of_a_real_collection_number_their_articles_without_a_fault():
    laws = [parse_law(text) for _, text in collection()]

    numbered = [law for law in laws if labels(law, "条")]
    faulty = [law for law in numbered if irregularities(law)]
    assert len(numbered) > 250
    assert len(faulty) <= 3


# --- the official form, from a .docx or .txt

OFFICIAL = """全国人民代表大会常务委员会关于
某事的决定
（1994年7月5日第八届全国人民代表大会常务委员会第八次会议通过　根据2009年8月27日第十一届
全国人民代表大会常务委员会第十次会议《关于修改部分法律的决定》第一次修正
根据2018年12月29日第十三届全国人民代表大会常务委员会第七次会议的决定第二次修正）
目　录
第一章　总　则……………1
第二章　促进就业
　第一节　一般规定\t12
　第二节　特别规定……（13）
第三章　附　则
第一章　总　则
第一条　为了甲，制定本法。
第二条　乙。
有下列情形之一的：
（一）丙；
（二）丁。
第二章　促进就业
第一节　一般规定
第三条　戊。
第二节　特别规定
第三条之一　己。
第三章　附　则
第四条　本法自2020年1月1日起施行。
附件一
名称\t数额
甲\t1
附表2：费用
第一条　庚。
"""


def test_the_official_form_is_cut_into_head_contents_headings_articles_and_annexes():
    law = parse_law(OFFICIAL)

    assert outline(law) == [
        "题", "题注", "目录",
        "章 第一章", "条 第一条", "条 第二条", "章 第二章", "节 第一节", "条 第三条",
        "节 第二节", "条 第三条之一", "章 第三章", "条 第四条", "附件", "附件", "条 第一条",
    ]  # fmt: skip
    assert first(law, "题") == "全国人民代表大会常务委员会关于\n某事的决定"
    assert first(law, "题注").startswith("（1994年")
    assert first(law, "题注").endswith("修正）")
    assert first(law, "目录").endswith("第三章　附　则")
    assert words(law, "第二条") == "乙。\n有下列情形之一的：\n（一）丙；\n（二）丁。"
    assert first(law, "附件") == "附件一\n名称\t数额\n甲\t1"
    assert irregularities(law) == []


def test_a_block_begins_at_its_label_and_its_body_behind_it():
    law = parse_law(OFFICIAL)

    (block,) = [block for block in law.blocks if block.label == "第三条之一"]
    assert OFFICIAL[block.start : block.end] == "第三条之一　己。\n"
    assert OFFICIAL[block.body : block.end] == "己。\n"
    assert (block.number, block.sub) == (3, 1)
    assert law.line_of(block.body) == 1 + OFFICIAL[: block.start].count("\n")


def test_headings_are_told_without_the_spaces_that_spread_them():
    law = parse_law(OFFICIAL)

    titles = [law.title(block) for block in law.blocks if block.kind in HEADINGS]
    assert titles == [
        "第一章 总则", "第二章 促进就业", "第一节 一般规定", "第二节 特别规定", "第三章 附则",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "contents",
    [
        "目录\n第一章 总则\n第二章 罚则\n",
        "目　次\n第一章 总则 ..... 1\n第二章 罚则 ..... 7\n",
        "## 第一章 总则\n## 第二章 罚则\n## 第三章 附则\n",
        "第一章 总则 第二章 罚则 第三章 附则\n",
        "目录\n第一章 总则 第二章 罚则 第三章 附则\n",
        "目录\n总则……1\n罚则……3\n附则……9\n",
    ],
)
def test_a_table_of_contents_is_not_the_body(contents):
    heading = "总则" if contents.startswith("目录\n总") else "第一章 总则"

    law = parse_law(f"# 某法\n\n<!-- INFO END -->\n{contents}\n{heading}\n第一条 甲。\n")

    assert [block.kind for block in law.blocks][:3] == ["题", "题注", "目录"]
    assert [law.title(block) for block in law.blocks if block.kind in ("章", "标题")] == [heading]


def test_contents_of_parts_and_chapters_end_where_the_first_part_comes_again():
    text = (
        "目录\n第一编 总则\n第一章 甲\n第二编 物权\n第一章 乙\n第一编 总则\n第一章 甲\n第一条 丙。"
    )

    law = parse_law(text)

    assert outline(law) == ["目录", "编 第一编", "章 第一章", "条 第一条"]


def test_a_preamble_between_contents_and_body_is_kept():
    law = parse_law("目录\n序言\n第一章 总纲\n序　言\n中国是……之一。\n第一章 总纲\n第一条 甲。")

    assert outline(law) == ["目录", "序言", "章 第一章", "条 第一条"]
    assert first(law, "序言") == "中国是……之一。"


@pytest.mark.parametrize(
    "head",
    [
        "某办法\n",
        "# 某办法\n",
        "某办法\n（2020年1月1日公布）\n",
        "某办法\n2020年1月1日 国务院令第1号公布\n",
        "某办法\n（\n2020年1月1日通过\n根据2021年1月1日的决定\n修正）\n",
        "某办法（试行）\n法释〔2020〕1号\n",
    ],
)
def test_a_title_is_found_with_and_without_a_history(head):
    law = parse_law(head + "\n第一条 甲。")

    assert first(law, "题") == head.split("\n")[0].lstrip("# ")
    assert labels(law, "条") == ["第一条"]
    assert "序言" not in outline(law)


def test_a_title_that_stands_again_above_the_text_is_no_preamble():
    head = "# 最高人民法院关于甲案件若干问题的规定\n\n2024年1月1日 施行\n\n<!-- INFO END -->\n"

    law = parse_law(
        head + "最高人民法院\n关于甲案件\n若干问题的规定\n法释〔2024〕1号\n为乙。\n第一条 丙。"
    )

    assert outline(law) == ["题", "题注", "题", "题注", "序言", "条 第一条"]
    assert first(law, "序言") == "为乙。"


# --- numbers and headings


@pytest.mark.parametrize(
    ("line", "label", "content"),
    [
        ("第一百二十条之六　明知。", "第一百二十条之六", "明知。"),
        ("第 12 条 甲。", "第十二条", "甲。"),
        ("第１２条　甲。", "第十二条", "甲。"),
        ("**第十二条** 甲。", "第十二条", "甲。"),
        ("第十二条：甲。", "第十二条", "甲。"),
        ("第十二条【目的】甲。", "第十二条", "【目的】甲。"),
        ("第十二条（目的）甲。", "第十二条", "（目的）甲。"),
        ("笫十二条 甲。", "第十二条", "甲。"),
        ("第三十－条 甲。", "第三十一条", "甲。"),
        ("第一千二百六十条 甲。", "第一千二百六十条", "甲。"),
    ],
)
def test_an_article_is_known_by_its_number_however_it_is_written(line, label, content):
    law = parse_law(line)

    assert labels(law, "条") == [label]
    assert words(law, label) == content


def test_all_kinds_of_headings_are_found_with_their_numbers():
    law = parse_law(
        "第二编 物权\n第一分编 通则\n第一章 一般规定\n第一节 甲\n第二百零五条 乙。\n"
        "第一章之一 丙\n第二百零六条 丁。"
    )

    assert outline(law) == [
        "编 第二编", "分编 第一分编", "章 第一章", "节 第一节", "条 第二百零五条",
        "章 第一章之一", "条 第二百零六条",
    ]  # fmt: skip
    assert [block.number for block in law.blocks] == [2, 1, 1, 1, 205, 1, 206]


@pytest.mark.parametrize(
    "line",
    [
        "第三章的规定，适用于前款。",
        "第二节规定的情形；",
        "第三条、第五条规定的情形。",
        "第三条规定，应当予以处罚。",
        "第三条第二款规定的期限。",
        "第三条 第二款规定的期限。",
        "第十十条 甲。",
        "第三款 甲。",
        "附条件不起诉的考验期为六个月。",
        "附件一所列的物质。",
        "附图中除必需的词语外，不应当含有其他注释。",
        "附带民事诉讼的当事人，可以上诉。",
        "序言中的规定。",
    ],
)
def test_what_only_mentions_a_part_is_text(line):
    law = parse_law(f"第一条 甲。\n{line}\n第二条 乙。")

    assert outline(law) == ["条 第一条", "条 第二条"]
    assert words(law, "第一条") == f"甲。\n{line}"


def test_a_mention_that_a_line_break_puts_first_is_text_even_if_its_number_is_next():
    law = parse_law(
        "第一条 甲。\n第二条 有关部门依照本办法\n第三条规定的乙，\n第四条 和第五条的规定。\n"
        "第三条 丙。"
    )

    assert labels(law, "条") == ["第一条", "第二条", "第三条"]


def test_articles_without_a_space_after_their_number_follow_one_another():
    law = parse_law("第一条为了甲。\n第二条有关部门依照\n第三条规定的乙。\n第三条中国公民。")

    assert labels(law, "条") == ["第一条", "第二条", "第三条"]
    assert words(law, "第二条") == "有关部门依照\n第三条规定的乙。"


def test_articles_that_were_run_together_in_one_line_are_told_apart():
    law = parse_law("第一条 甲，适用第三条的规定。 第二条 乙；第五条 丙。第三条丁。\n第四条 戊。")

    assert labels(law, "条") == ["第一条", "第二条", "第三条", "第四条"]
    assert words(law, "第二条") == "乙；第五条 丙。"
    assert irregularities(law) == []


def test_headings_without_chapter_numbers_stand_above_the_articles_of_interpretations():
    law = parse_law(
        "为丁，制定本解释。\n一、一般规定\n第一条 甲。\n二、特别规定\n（一）保证\n"
        "第二条 乙：\n（一）丙；\n（二）丁。\n（二）抵押\n"
        "第三条 戊：\n一、己；\n二、庚。\n三、附则\n第四条 辛。"
    )

    titles = [
        (law.title(block), block.number, block.sub) for block in law.blocks if block.kind == "标题"
    ]
    assert titles == [
        ("一、一般规定", 1, 0), ("二、特别规定", 2, 0), ("（一）保证", 2, 1), ("（二）抵押", 2, 2),
        ("三、附则", 3, 0),
    ]  # fmt: skip
    assert words(law, "第二条") == "乙：\n（一）丙；\n（二）丁。"
    assert words(law, "第三条") == "戊：\n一、己；\n二、庚。"


def test_a_heading_that_is_broken_into_lines_is_one_heading():
    law = parse_law("## 第四章 重污染天气应对和重点区域\n大气污染联合防治\n第一条 甲。")

    assert law.title(law.blocks[0]) == "第四章 重污染天气应对和重点区域大气污染联合防治"


def test_a_heading_does_not_take_in_the_sentence_below_it():
    law = parse_law("第一条 甲。\n附则\n本办法另有规定的，从其规定。\n第二条 乙。")

    heading = law.blocks[1]
    assert law.title(heading) == "附则"
    assert law.words(heading) == "附则\n本办法另有规定的，从其规定。"


# --- annexes, texts without articles


def test_an_annex_counts_its_own_articles_anew():
    law = parse_law(
        "第一条 甲。\n第二条 乙。\n附件：细则\n第一条丙。\n第二条丁。\n附件2\n第一条 戊。"
    )

    assert outline(law) == [
        "条 第一条", "条 第二条", "附件", "条 第一条", "条 第二条", "附件", "条 第一条",
    ]  # fmt: skip
    assert irregularities(law) == []


@pytest.mark.parametrize(
    "line", ["附件", "附 件：", "附表一", "附录 种类", "附图：", "附：名录", "## 附件二"]
)
def test_an_annex_is_known_by_its_first_words(line):
    law = parse_law(f"第一条 甲。\n{line}\n乙")

    assert outline(law) == ["条 第一条", "附件"]
    assert first(law, "附件") == f"{line}\n乙"


@pytest.mark.parametrize("line", ["附则", "附　则", "## 附 则"])
def test_supplementary_provisions_are_a_heading_and_no_annex(line):
    law = parse_law(f"第一条 甲。\n{line}\n第二条 乙。")

    assert outline(law) == ["条 第一条", "标题", "条 第二条"]


def test_a_decision_without_articles_is_cut_at_its_points():
    law = parse_law(
        "某决定\n\n为了甲，决定如下：\n一、乙。\n丙：\n（一）丁。\n二、一个戊。\n本决定自公布之日起施行。"
    )

    assert outline(law) == ["题", "文", "条目 条目一", "条目 条目二"]
    assert words(law, "条目一") == "乙。\n丙：\n（一）丁。"


def test_a_single_point_does_not_make_a_decision_of_points():
    law = parse_law("决定如下：\n一、甲。\n乙。")

    assert outline(law) == ["文"]
    assert parse_law("").blocks == ()


def test_a_decision_and_the_text_it_publishes_anew_are_both_cut():
    law = parse_law(
        "决定如下：\n一、将第五条修改为：“甲。”\n二、删除第七条。\n某规定\n第一条 乙。\n第二条 丙。"
    )

    assert outline(law) == ["序言", "条目 条目一", "条目 条目二", "条 第一条", "条 第二条"]


# --- amendments


def test_articles_inside_an_open_quotation_belong_to_the_law_that_is_amended():
    law = parse_law(
        "第一条 修改第七条：\n“第七条 甲：\n“（一）乙。\n“第八条 丙。”\n"
        "第二条 增加：“第九条 丁。\n第十条 戊。”\n第三条 己。"
    )

    assert labels(law, "条") == ["第一条", "第二条", "第三条"]
    assert words(law, "第二条") == "增加：“第九条 丁。\n第十条 戊。”"


def test_a_quotation_that_was_never_closed_does_not_swallow_the_next_articles():
    law = parse_law("第一条 称“甲。\n第二条 乙。\n第三条 称“丙”。\n“第九条 丁。\n第四条 戊。")

    assert labels(law, "条") == ["第一条", "第二条", "第三条", "第四条"]


def test_points_after_an_unclosed_quotation_are_found():
    law = parse_law("一、第三条修改为：\n“第三条 甲。\n二、第四条修改为：\n“第四条 乙。”\n三、丙。")

    assert labels(law, "条目") == ["条目一", "条目二", "条目三"]


def test_an_amendment_by_points_may_quote_articles_without_marks():
    law = parse_law(
        "一、第一条修改为：\n第一条 甲。\n乙。\n二、第九条修改为：\n第九条 丙。\n三、丁。"
    )

    assert labels(law, "条") == []
    assert words(law, "条目一") == "第一条修改为：\n第一条 甲。\n乙。"


def test_announced_articles_without_marks_are_not_the_amendments_own():
    """The words of 宪法修正案（2018年）, whose quotation lacks its marks in LawRefBook."""
    law = parse_law(
        "第五十二条 宪法第三章“国家机构”中增加一节，作为第七节“监察委员会”；增加五条，分别作为"
        "第一百二十三条至第一百二十七条。内容如下：\n第七节 监察委员会\n"
        "第一百二十三条 中华人民共和国各级监察委员会是国家的监察机关。\n"
        "第一百二十七条 监察委员会依照法律规定独立行使监察权。\n"
        "第七节相应改为第八节，第一百二十三条至第一百三十八条相应改为第一百二十八条至第一百四十三条。\n"
        "第五十三条 甲。"
    )

    assert outline(law) == ["条 第五十二条", "条 第五十三条"]
    assert irregularities(law) == []


def test_an_announcement_does_not_hide_what_it_does_not_name():
    law = parse_law("第九条 甲，修改为第三条的下列行为：\n（一）乙。\n第二章 罚则\n第十条 丙。")

    assert outline(law) == ["条 第九条", "章 第二章", "条 第十条"]


def test_the_amendments_of_constitution_and_criminal_law_have_their_own_parts_only():
    names = ("宪法修正案（2018年）.md", "刑法修正案（九）.md", "刑法修正案（十一）.md")
    laws = {name.rpartition("/")[2]: parse_law(text) for name, text in collection(*names)}

    constitution, ninth, eleventh = (laws[name] for name in names)
    assert [labels(constitution, "条")[i] for i in (0, -1)] == ["第三十二条", "第五十二条"]
    assert len(labels(constitution, "条")) == 21
    assert [len(labels(ninth, "条目")), len(labels(eleventh, "条目"))] == [52, 48]
    assert labels(ninth, "条") == labels(eleventh, "条") == []
    assert "第一百二十条之六" in words(ninth, "条目七")


# --- irregular numbers


@pytest.mark.parametrize(
    ("numbers", "details"),
    [
        (["四百六十三", "四百六十四"], []),
        (["一", "二", "二之一", "二之二", "三"], []),
        (["三", "五"], ["第五条 follows 第三条: 第四条 is missing"]),
        (["三", "九"], ["第九条 follows 第三条: 第四条 to 第八条 is missing"]),
        (["三", "三之二"], ["第三条之二 follows 第三条: 第三条之一 is missing"]),
        (["三", "四之一"], ["第四条之一 follows 第三条: 第四条 is missing"]),
        (["三", "四", "四"], ["第四条 comes again after 第四条"]),
        (["三", "四", "三"], ["第三条 comes again after 第四条"]),
        (["三", "二"], ["第二条 comes after 第三条"]),
    ],
)
def test_gaps_repeats_and_disorder_are_reported(numbers, details):
    names = [f"第{n.replace('之', '条之')}" if "之" in n else f"第{n}条" for n in numbers]

    law = parse_law("\n".join(f"{name} 甲。" for name in names))

    assert labels(law, "条") == names
    assert [fault.detail for fault in irregularities(law)] == details


def test_an_irregularity_names_its_line():
    law = parse_law("某法\n\n第一条 甲。\n\n乙。\n第三条 丙。\n第四条 丁。\n第四条 戊。")

    assert [fault.line for fault in irregularities(law)] == [6, 8]


def test_a_missing_point_of_a_decision_is_reported():
    law = parse_law("一、甲。\n二、乙。\n四、丙。")

    assert [fault.detail for fault in irregularities(law)] == [
        "条目四 follows 条目二: 条目三 is missing"
    ]


def test_a_gap_in_a_real_law_is_reported_and_articles_run_together_are_no_gap():
    names = ("飞行基本规则(2007-10-18).md", "烟台市森林防火条例(2016-09-23).md")
    rules, forest = (parse_law(text) for _, text in sorted(collection(*names), reverse=True))

    assert len(labels(rules, "条")) == 124
    assert irregularities(rules) == []
    (fault,) = irregularities(forest)
    assert (fault.line, fault.detail) == (17, "第四条 follows 第二条: 第三条 is missing")
