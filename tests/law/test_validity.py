"""Validity on a day: from words that may be wrong and dates that prove only one thing."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.validity import (
    CORRECTIONS,
    IN_FORCE,
    PENDING,
    REPEALED,
    SUPERSEDED,
    WORDS,
    Version,
    statuses,
)

TODAY = datetime.date(2026, 10, 4)
DAYS = st.dates(datetime.date(1980, 1, 1), datetime.date(2030, 12, 31))
VERSIONS = st.lists(
    st.builds(
        Version,
        law=st.sampled_from(["商标法", "农业法", "刑法"]),
        version_date=st.none() | DAYS,
        effective_date=st.none() | DAYS,
        word=st.sampled_from(sorted(WORDS)),
    ),
    unique=True,
    max_size=8,
)


def version(law: str, day: str | None, effective: str | None, word: str) -> Version:
    return Version(
        law=law,
        version_date=datetime.date.fromisoformat(day) if day else None,
        effective_date=datetime.date.fromisoformat(effective) if effective else None,
        word=word,
    )


@pytest.mark.parametrize(("word", "status"), WORDS.items())
def test_a_word_alone_means_what_the_table_says(word, status):
    only = version("律师法", "2017-09-01", "1997-01-01", word)

    assert statuses([only], TODAY) == {only: status}


def test_a_version_that_has_not_taken_effect_is_pending_and_its_predecessor_still_in_force():
    old = version("商标法", "2019-04-23", "1983-03-01", "历史版本")
    new = version("商标法", "2026-06-26", "2027-01-01", "现行有效")

    assert statuses([old, new], TODAY) == {old: IN_FORCE, new: PENDING}


def test_on_the_day_it_takes_effect_a_version_is_in_force_and_its_predecessor_superseded():
    old = version("商标法", "2019-04-23", "1983-03-01", "历史版本")
    new = version("商标法", "2026-06-26", "2027-01-01", "现行有效")

    found = statuses([old, new], datetime.date(2027, 1, 1))

    assert found == {old: SUPERSEDED, new: IN_FORCE}


def test_only_the_newest_of_the_versions_before_a_pending_one_is_in_force():
    oldest = version("商标法", "2013-08-30", "1983-03-01", "历史版本")
    old = version("商标法", "2019-04-23", "1983-03-01", "历史版本")
    new = version("商标法", "2026-06-26", "2027-01-01", "现行有效")

    found = statuses([oldest, old, new], TODAY)

    assert found == {oldest: SUPERSEDED, old: IN_FORCE, new: PENDING}


def test_a_pending_version_does_not_bring_a_repealed_law_back():
    repealed = version("环境保护法", "2014-04-24", "2015-01-01", "已废止")
    new = version("环境保护法", "2026-06-26", "2027-01-01", "现行有效")

    assert statuses([repealed, new], TODAY)[repealed] == REPEALED


def test_a_pending_law_without_predecessor_changes_no_other_law():
    other = version("渔业法", "2013-12-28", "1986-07-01", "历史版本")
    new = version("医疗保障法", "2026-08-28", "2027-01-01", "现行有效")

    assert statuses([other, new], TODAY) == {other: SUPERSEDED, new: PENDING}


@pytest.mark.parametrize("row", CORRECTIONS, ids=lambda row: row.law)
def test_a_wrong_word_of_a_source_is_corrected_for_a_reason(row):
    named = Version(law=row.law, version_date=row.version_date, effective_date=None, word=row.word)

    assert statuses([named], TODAY) == {named: row.status}
    assert WORDS[row.word] != row.status
    assert len(row.reason) > 20


def test_a_correction_holds_for_its_own_version_alone():
    other = version("刑法", "2015-08-29", "1997-10-01", "已被修改")

    assert statuses([other], TODAY) == {other: SUPERSEDED}


def test_a_word_that_nobody_has_explained_is_refused():
    with pytest.raises(ValueError, match="unknown status word '有点有效' of 律师法"):
        statuses([version("律师法", None, None, "有点有效")], TODAY)


def test_without_dates_the_word_decides():
    undated = version("律师法", None, None, "现行有效")

    assert statuses([undated], TODAY) == {undated: IN_FORCE}


@given(VERSIONS, DAYS)
def test_every_version_gets_one_of_the_four_statuses(versions, today):
    found = statuses(versions, today)

    assert found.keys() == set(versions)
    assert set(found.values()) <= {IN_FORCE, SUPERSEDED, REPEALED, PENDING}


@given(VERSIONS, DAYS)
def test_what_takes_effect_later_is_never_in_force(versions, today):
    for found, status in statuses(versions, today).items():
        if found.effective_date and found.effective_date > today:
            assert status == PENDING


@given(VERSIONS, DAYS, st.randoms())
def test_the_order_of_versions_does_not_matter(versions, today, random):
    shuffled = random.sample(versions, len(versions))

    assert statuses(shuffled, today) == statuses(versions, today)
