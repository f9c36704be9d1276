"""The articles of one text by their place: numbers that come again, and what is shown of them."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.ingest.edition import excerpts, place_of, placed
from lawvault.ingest.sources import SourceArticle
from lawvault.law.address import article_label


def article(number: int | str, content: str = "", **fields: str) -> SourceArticle:
    label = article_label(number) if isinstance(number, int) else number
    return SourceArticle(
        source="laws.jsonl",
        line=1,
        law_name="中华人民共和国刑法",
        article_number=label,
        content=content or f"{label}的内容",
        **fields,
    )


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("第三十八条", "38"),
        ("第１７条之二", "17-2"),
        ("附件一", "附件一"),
        ("第99999999999条", None),
    ],
)
def test_a_place_is_short_where_a_number_is_and_the_label_elsewhere(label, place):
    assert place_of(article(label)) == (place or label)


@pytest.mark.parametrize(
    ("items", "places", "conflicts", "duplicates"),
    [
        ([article(1), article(1)], ["1"], 0, 1),
        ([article(1), article(2), article(1)], ["1", "2"], 0, 1),
        ([article(1), article(2), article(1, "另一文")], ["1", "2", "1~2"], 0, 0),
        ([article(1), article(2), article(2, "另一文")], ["1", "2", "2~2"], 1, 0),
        (
            [article(2), article(3), article(2, "另"), article(2, "又")],
            ["2", "3", "2~2", "2~3"],
            2,
            0,
        ),
        ([article("全文"), article("全文", "另一文")], ["全文", "全文~2"], 0, 0),
        (
            [article(7, chapter="第一章 甲"), article(7, "另一文", chapter="第二章 乙")],
            *(["7", "7~2"], 0, 0),
        ),
        ([article(7, part="附件一"), article(7, part="附件二")], ["7", "7~2"], 0, 0),
    ],
)
def test_a_number_that_comes_again_is_one_article_another_address_or_a_conflict(
    items, places, conflicts, duplicates
):
    tally = Counter[str]()

    version = placed(items, tally)

    assert list(version.articles) == places
    assert [kind for _, kind, _, _ in version.clashes] == ["repeated"] * conflicts
    assert tally == Counter(duplicates=duplicates, conflicts=conflicts)


def test_a_number_that_comes_ten_thousand_times_costs_no_more_than_ten_thousand_numbers():
    version = placed([article(2, f"第{n}种文字") for n in range(10_000)], Counter())

    assert len(version.articles) == 10_000
    assert len(version.clashes) == 9_999


@given(st.text("甲乙丙丁，。", max_size=300), st.text("甲乙丙丁，。", max_size=300))
def test_excerpts_are_short_pieces_of_their_texts(one, other):
    left, right = excerpts(one, other)

    assert left in one
    assert right in other
    assert max(len(left), len(right)) <= 80
