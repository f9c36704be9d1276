"""Sources to versions: who wins, what is dropped and counted, what is reported, what is filled."""

import datetime
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.ingest.merge import Item, Merged, merge
from lawvault.ingest.sources import Notice, Reject, SourceArticle
from lawvault.law.address import article_label

PASSED, AMENDED = datetime.date(2015, 8, 29), datetime.date(2020, 12, 26)


def article(number: int | str = 1, content: str = "", **fields: object) -> SourceArticle:
    label = article_label(number) if isinstance(number, int) else number
    known: dict[str, object] = {
        "source": "laws.jsonl",
        "line": 1,
        "law_name": "中华人民共和国刑法",
        "article_number": label,
        "content": content or f"{label}的内容",
        "version_date": AMENDED,
    }
    return SourceArticle(**(known | fields))


def law(numbers: range, **fields: object) -> list[SourceArticle]:
    return [article(n, line=n, **fields) for n in numbers]


def texts(merged: Merged) -> list[dict[str, str]]:
    return [
        {place: found.content for place, found in version.articles.items()}
        for version in merged.versions
    ]


def reports(merged: Merged) -> list[tuple[str, str]]:
    return [(conflict.kind, conflict.article_id) for conflict in merged.conflicts]


def of(*sources: list[Item]) -> Merged:
    """Merge sources, which are called a, b, c."""
    return merge(zip("abc", sources, strict=False))


def test_one_version_from_two_sources_is_one_and_the_first_source_wins_as_a_whole():
    merged = of(law(range(1, 4), source="one.db"), law(range(1, 4), source="two.db"))

    (version,) = merged.versions
    assert {found.source for found in version.articles.values()} == {"one.db"}
    assert merged.tallies["b"] == Counter(files=1, articles=3, duplicates=3)
    assert merged.conflicts == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("中华人民共和国刑法", "刑法"),
        ("刑法修正案（七）", "刑法修正案(七)"),
        ("《刑法》", "刑 法"),
    ],
)
def test_a_law_is_recognised_whatever_its_spelling(one, other):
    assert len(of([article(law_name=one)], [article(law_name=other)]).versions) == 1


@pytest.mark.parametrize(
    "other", ["（一）盗窃;\n（二）抢夺。", "（一） 盗窃；（二）抢夺。", "(一)盗窃；(二)抢夺。"]
)
def test_texts_that_differ_only_in_typing_are_no_conflict(other):
    merged = of([article(content="（一）盗窃；\n（二）抢夺。")], [article(content=other)])

    assert merged.conflicts == []
    assert texts(merged) == [{"1": "（一）盗窃；\n（二）抢夺。"}]


def test_a_conflict_names_both_places_and_shows_the_first_difference():
    long = "为了惩罚犯罪，保护人民，" * 20
    one = article(7, f"{long}处三年以下有期徒刑。", source="one.db", line=17)
    other = article(7, f"{long}处五年以下有期徒刑。", source="two/刑法.md", line=27)

    (conflict,) = of([one], [other]).conflicts

    assert (conflict.article_id, conflict.kind) == ("刑法@2020-12-26/7", "text")
    assert (conflict.kept_source, conflict.kept_line) == ("one.db", 17)
    assert (conflict.dropped_source, conflict.dropped_line) == ("two/刑法.md", 27)
    assert "处三年以下" in conflict.kept
    assert "处五年以下" in conflict.dropped
    assert max(len(conflict.kept), len(conflict.dropped)) <= 80


def test_an_article_that_only_one_source_has_is_a_conflict_and_the_first_source_stands():
    merged = of(law(range(1, 4)), [*law(range(1, 3)), article(9)])

    assert reports(merged) == [("missing", "刑法@2020-12-26/3"), ("extra", "刑法@2020-12-26/9")]
    assert list(texts(merged)[0]) == ["1", "2", "3"]
    missing, extra = merged.conflicts
    assert (missing.dropped_line, missing.dropped) == (0, "")
    assert (extra.kept_line, extra.kept) == (0, "")
    assert merged.tallies["b"]["conflicts"] == 2


def test_other_dates_are_other_versions():
    merged = of([article(version_date=PASSED)], [article(version_date=AMENDED)])

    assert [version.law_id for version in merged.versions] == ["刑法@2015-08-29", "刑法@2020-12-26"]
    assert merged.conflicts == []


@pytest.mark.parametrize("order", [1, -1])
def test_an_undated_text_is_the_dated_version_that_it_nearly_equals(order):
    old = law(range(1, 41), version_date=PASSED, content="旧")
    dated = law(range(1, 41))
    undated = [replace(found, version_date=None) for found in dated]
    undated[3] = replace(undated[3], content="有一条不同")

    merged = of(*[old + dated, undated][::order])

    found = sorted(version.law_id for version in merged.versions)
    assert found == ["刑法@2015-08-29", "刑法@2020-12-26"]
    assert reports(merged) == [("text", "刑法@2020-12-26/4")]


def test_an_undated_text_that_equals_no_version_stays_a_version_without_date():
    undated = [article(n, f"别的{n}", version_date=None) for n in range(1, 41)]

    merged = of(law(range(1, 41)), undated)

    assert [version.law_id for version in merged.versions] == ["刑法@2020-12-26", "刑法@undated"]


def test_what_the_first_source_leaves_open_is_filled_and_counted():
    bare = [article(1, status=""), article(2, status="", issuer="全国人大常委会")]
    rich = [
        article(
            n,
            issuer="全国人大",
            status="现行有效",
            publish_date=AMENDED,
            effective_date=datetime.date(2021, 3, 1),
            part=f"第{n}编",
            chapter="第九章 不用",
        )
        for n in (1, 2)
    ]

    merged = of(bare, rich)

    first, second = merged.versions[0].articles.values()
    assert (first.issuer, second.issuer) == ("全国人大", "全国人大常委会")
    assert (first.part, second.part) == ("第1编", "第2编")
    assert {found.status for found in (first, second)} == {"现行有效"}
    assert first.publish_date == AMENDED
    assert first.effective_date == datetime.date(2021, 3, 1)
    assert first.chapter is None
    filled = {name for name in merged.tallies["b"] if name.startswith("filled ")}
    assert filled == {
        f"filled {name}" for name in ("issuer", "part", "status", "publish_date", "effective_date")
    }


def test_files_that_complete_each_other_are_one_version_in_the_order_of_their_numbers():
    later, earlier = (
        law(range(10, 13), source="民法典/乙.md"),
        law(range(1, 4), source="民法典/甲.md"),
    )

    merged = of(later + earlier, law(range(1, 13)))

    assert list(texts(merged)[0]) == ["1", "2", "3", "10", "11", "12"]
    assert {kind for kind, _ in reports(merged)} == {"extra"}
    assert merged.tallies["a"]["files"] == 2


def test_a_second_file_of_the_same_source_with_the_same_articles_is_a_duplicate():
    merged = of(law(range(1, 4), source="甲.md") + law(range(2, 5), source="乙.md"))

    assert list(texts(merged)[0]) == ["1", "2", "3"]
    assert merged.tallies["a"]["duplicates"] == 3
    assert reports(merged) == [("missing", "刑法@2020-12-26/1"), ("extra", "刑法@2020-12-26/4")]


def test_rejects_and_notices_of_readers_and_articles_that_cannot_be_used_are_counted_by_source():
    reject = Reject(source="bad.md", line=0, reason="no article", row="")
    notice = Notice(source="b.md", line=3, kind="numbering", detail="第三条 comes after 第五条")

    merged = of([reject, article(1, "\u200b")], [notice, article(1, "第\u200b一", source="b.md")])

    assert [found.reason for found in merged.rejects] == ["no article", "no text"]
    assert merged.tallies["a"] == {"files": 2, "rejected": 2}
    assert merged.tallies["b"] == {"files": 1, "articles": 1, "numbering": 1, "characters": 1}
    assert [found.kind for found in merged.notices] == ["numbering", "characters"]


def test_an_article_without_text_never_wins_over_one_with_text():
    merged = of([article(1, "\u200b"), article(2)], [article(1), article(2)])

    assert reports(merged) == [("extra", "刑法@2020-12-26/1")]


def test_a_text_that_becomes_dated_is_found_by_its_date_and_still_by_its_text():
    dated = law(range(1, 41))
    undated = [replace(found, version_date=None) for found in dated]

    merged = of(undated, dated, dated)

    assert [version.law_id for version in merged.versions] == ["刑法@2020-12-26"]
    assert merged.tallies["c"]["duplicates"] == 40


def test_another_undated_text_is_never_taken_for_one_that_became_dated():
    dated = law(range(1, 41))
    undated = [replace(found, version_date=None) for found in dated]
    other = [replace(found, content="别的") for found in undated]

    merged = of(undated, dated, other)

    assert [version.law_id for version in merged.versions] == ["刑法@2020-12-26", "刑法@undated"]


SOURCES = st.lists(
    st.lists(
        st.builds(
            article,
            st.integers(1, 4),
            st.sampled_from(["甲", "乙"]),
            source=st.sampled_from(["一.md", "二.md"]),
            version_date=st.sampled_from([None, PASSED, AMENDED]),
        ),
        max_size=8,
    ),
    max_size=3,
)


@given(SOURCES)
def test_every_article_is_kept_or_counted_and_has_a_place_of_its_own(sources):
    merged = of(*sources)

    read = sum(tally["articles"] for tally in merged.tallies.values())
    dropped = sum(tally["duplicates"] for tally in merged.tallies.values())
    assert read == sum(map(len, sources))
    assert sum(len(version.articles) for version in merged.versions) == read - dropped
    ids = [f"{v.law_id}/{place}" for v in merged.versions for place in v.articles]
    assert len(set(ids)) == len(ids)


@given(SOURCES)
def test_a_source_that_is_read_again_adds_nothing_but_duplicates(sources):
    once, twice = of(*sources[:1]), of(*sources[:1] * 2)

    assert texts(twice) == texts(once)
