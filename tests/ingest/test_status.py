"""Which version of a law is in force, from words where sources have them and dates elsewhere."""

import datetime

import pytest

from lawvault.ingest.merge import merge
from lawvault.ingest.sources import SourceArticle
from lawvault.ingest.status import validity_of
from lawvault.law.validity import IN_FORCE, PENDING, REPEALED, SUPERSEDED

TODAY = datetime.date(2026, 10, 4)


def version(year: int | None, status: str, **fields: object) -> SourceArticle:
    known: dict[str, object] = {
        "source": "laws.jsonl",
        "line": 1,
        "law_name": "中华人民共和国立法法",
        "article_number": "第一条",
        "content": f"{year}年的文字",
        "version_date": datetime.date(year, 3, 15) if year else None,
    }
    return SourceArticle(status=status, **(known | fields))


def judged(*articles: SourceArticle) -> list[str]:
    versions = merge([("source", articles)]).versions
    found = validity_of(versions, TODAY).statuses
    return [found[v.law_id][v.head.status] for v in versions]


def test_without_words_the_newest_version_in_effect_is_in_force():
    found = judged(version(2015, ""), version(2023, ""), version(2000, ""), version(2027, ""))

    assert found == [SUPERSEDED, IN_FORCE, SUPERSEDED, PENDING]


def test_a_version_that_is_passed_and_takes_effect_later_waits():
    later = version(2026, "", effective_date=datetime.date(2027, 1, 1))

    assert judged(version(2015, ""), later) == [IN_FORCE, PENDING]


def test_a_text_without_date_is_older_than_any_with_one():
    assert judged(version(None, ""), version(2015, "")) == [SUPERSEDED, IN_FORCE]
    assert judged(version(None, "")) == [IN_FORCE]


def test_laws_are_judged_apart():
    assert judged(version(2015, ""), version(2023, "", law_name="刑法")) == [IN_FORCE, IN_FORCE]


def test_a_law_that_a_later_one_repeals_is_repealed():
    old = version(2015, "", law_name="甲条例"), version(2018, "", law_name="甲条例")
    clause = "本条例自公布之日起施行。《甲条例》同时废止。"

    assert judged(*old, version(2023, "", law_name="乙条例", content=clause)) == [
        SUPERSEDED,
        REPEALED,
        IN_FORCE,
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"effective_date": datetime.date(2027, 1, 1)}, "not in effect"),
        ({"version_date": datetime.date(2015, 1, 1)}, "older than the law it names"),
        ({"version_date": None}, "of no known date"),
    ],
)
def test_a_repealing_clause_that_cannot_be_meant_repeals_nothing(fields, why):
    clause = {"law_name": "乙条例", "content": "《甲条例》同时废止。"}

    assert judged(version(2018, "", law_name="甲条例"), version(2023, "", **clause | fields))[
        0
    ] == (IN_FORCE), why


def test_a_law_that_repeals_its_own_older_text_stays_in_force():
    clause = "2015年发布的《立法法》同时废止。"

    assert judged(version(2015, ""), version(2023, "", content=clause)) == [SUPERSEDED, IN_FORCE]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "现行有效", [SUPERSEDED, IN_FORCE]),
        ("现行有效", "", [SUPERSEDED, IN_FORCE]),
        ("历史版本", "", [SUPERSEDED, IN_FORCE]),
        ("现行有效", "现行有效", [IN_FORCE, IN_FORCE]),
    ],
)
def test_words_and_dates_together_leave_one_version_in_force(old, new, expected):
    assert judged(version(2015, old), version(2023, new)) == expected


def test_a_word_may_differ_between_articles_of_one_version():
    odd = version(2015, "已废止", article_number="第二条")
    (found,) = merge([("source", [version(2015, "现行有效"), odd])]).versions

    assert validity_of([found], TODAY).statuses == {
        "立法法@2015-03-15": {"现行有效": "现行有效", "已废止": "已废止"}
    }


def test_a_law_that_no_source_has_is_known_by_the_clause_that_repeals_it():
    clause = "本条例自2024年1月1日起施行。《甲条例》同时废止。"
    later = version(
        2023,
        "",
        law_name="乙条例",
        content=clause,
        effective_date=datetime.date(2024, 1, 1),
    )

    found = validity_of(merge([("source", [later])]).versions, TODAY)

    assert found.gone == {"甲条例": datetime.date(2024, 1, 1)}
    assert found.repeal_dates == {}


def test_the_day_of_repeal_is_that_on_which_the_repealing_law_takes_effect():
    old = version(2015, "", law_name="甲条例")
    later = version(
        2023,
        "",
        law_name="乙条例",
        content="《甲条例》同时废止。",
        effective_date=datetime.date(2024, 1, 1),
    )
    versions = merge([("source", [old, later])]).versions

    found = validity_of(versions, TODAY)

    assert found.repeal_dates == {versions[0].law_id: datetime.date(2024, 1, 1)}
    assert found.gone == {}
