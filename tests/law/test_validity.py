"""Validity on a day: from words that may be wrong and dates that prove only one thing."""

import dataclasses
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.starts import STARTS
from lawvault.law.validity import (
    CORRECTIONS,
    IN_FORCE,
    PENDING,
    REPEALED,
    SUPERSEDED,
    UNKNOWN,
    WORDS,
    Version,
    standing_on,
    start_of,
    statuses,
    version_on,
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


ONE_LAW = st.lists(
    st.builds(
        Version,
        law=st.just("商标法"),
        version_date=st.none() | DAYS,
        effective_date=st.none() | DAYS,
        word=st.sampled_from(sorted(WORDS)),
        repeal_date=st.none() | DAYS,
    ),
    max_size=6,
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


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def standing(versions: list[Version], when: str, known_on: str | None = "2026-10-04"):
    """Return (status, since, index of the version in force) on a day."""
    found = standing_on(versions, day(when), known_on=day(known_on) if known_on else None)
    index = versions.index(found.version) if found.version else None
    return found.status, str(found.since) if found.since else None, index


ARBITRATION = [
    version("仲裁法", "1994-08-31", "1995-09-01", "历史版本"),
    version("仲裁法", "2017-09-01", "1995-09-01", "历史版本"),  # the first one's effective date
    version("仲裁法", "2025-09-12", "2026-03-01", "现行有效"),
]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("1994-12-31", (UNKNOWN, None, None)),  # passed; whether an older text was in force?
        ("1995-09-01", (IN_FORCE, "1995-09-01", 0)),
        ("2017-12-31", (IN_FORCE, "1995-09-01", 0)),  # the next is passed, not in effect
        ("2018-01-01", (IN_FORCE, "2018-01-01", 1)),
        ("2026-02-28", (IN_FORCE, "2018-01-01", 1)),
        ("2026-03-01", (IN_FORCE, "2026-03-01", 2)),
        ("2030-01-01", (IN_FORCE, "2026-03-01", 2)),
    ],
)
def test_a_version_lasts_from_its_start_until_the_next_one_starts(when, expected):
    assert standing(ARBITRATION, when) == expected
    assert standing(ARBITRATION[::-1], when)[:2] == expected[:2]


def test_before_the_oldest_text_that_we_have_another_one_was_in_force():
    amended = [version("仲裁法", "2017-09-01", "1995-09-01", "现行有效")]

    assert standing(amended, "1995-08-31") == (PENDING, "1995-09-01", None)
    assert standing(amended, "2010-01-01") == (UNKNOWN, None, None)
    assert standing(amended, "2018-01-01") == (IN_FORCE, "2018-01-01", 0)


def test_a_law_without_an_effective_date_may_have_had_an_older_text():
    amended = [version("仲裁法", "2017-09-01", None, "现行有效")]

    assert standing(amended, "2010-01-01") == (UNKNOWN, None, None)


def test_a_repealed_law_is_repealed_once_the_source_knew_and_before_that_nobody_can_say():
    repealed = [version("收养法", "1998-11-04", "1992-04-01", "已废止")]

    assert standing(repealed, "2026-10-04") == (REPEALED, None, None)
    assert standing(repealed, "2027-01-01") == (REPEALED, None, None)
    assert standing(repealed, "2005-01-01") == (UNKNOWN, None, None)
    assert standing(repealed, "2027-01-01", known_on=None) == (UNKNOWN, None, None)


def test_a_known_day_of_repeal_ends_a_law_on_that_day():
    repealed = [
        Version(
            law="收养法",
            version_date=day("1998-11-04"),
            effective_date=day("1999-04-01"),
            word="已废止",
            repeal_date=day("2021-01-01"),
        )
    ]

    assert standing(repealed, "2020-12-31") == (IN_FORCE, "1999-04-01", 0)
    assert standing(repealed, "2021-01-01") == (REPEALED, "2021-01-01", None)


def test_a_changed_law_whose_new_text_is_missing_is_superseded_once_the_source_knew():
    changed = [version("商标法", "2013-08-30", "1983-03-01", "已被修改")]

    assert standing(changed, "2026-10-04") == (SUPERSEDED, None, None)
    assert standing(changed, "2015-01-01") == (UNKNOWN, None, None)


def test_a_repealed_law_is_not_brought_back_by_a_namesake_that_is_to_come():
    laws = [
        version("环境保护法", "2014-04-24", "2015-01-01", "已废止"),
        version("环境保护法", "2026-06-26", "2027-01-01", "现行有效"),
    ]

    assert standing(laws, "2026-10-04") == (REPEALED, None, None)
    assert standing(laws, "2027-01-01") == (IN_FORCE, "2027-01-01", 1)


def test_a_version_that_waits_without_a_day_leaves_its_predecessor_in_force():
    laws = [
        version("商标法", "2019-04-23", "1983-03-01", "历史版本"),
        version("商标法", "2026-06-26", None, "尚未生效"),
    ]

    assert standing(laws, "2026-10-04") == (IN_FORCE, "2019-11-01", 0)
    assert standing(laws[1:], "2026-10-04") == (PENDING, None, None)


CONSUMERS = [
    version("消费者权益保护法", "1993-10-31", "1994-01-01", "历史版本"),
    version("消费者权益保护法", "2013-10-25", "1994-01-01", "现行有效"),
]


def test_an_amended_version_begins_when_its_decision_says_and_not_when_it_was_passed():
    assert standing(CONSUMERS, "2013-12-01") == (IN_FORCE, "1994-01-01", 0)
    assert standing(CONSUMERS, "2014-03-14") == (IN_FORCE, "1994-01-01", 0)
    assert standing(CONSUMERS, "2014-03-15") == (IN_FORCE, "2014-03-15", 1)
    assert standing(CONSUMERS[1:], "2013-12-01") == (UNKNOWN, None, None)
    assert standing(CONSUMERS[1:], "2013-12-01", known_on=None) == (UNKNOWN, None, None)


def test_a_known_start_goes_before_a_day_of_passing_that_a_source_calls_the_start():
    procedure = [version("民事诉讼法", "2023-09-01", "2023-09-01", "现行有效")]

    assert standing(procedure, "2023-12-31") == (UNKNOWN, None, None)
    assert standing(procedure, "2024-01-01") == (IN_FORCE, "2024-01-01", 0)
    assert statuses(procedure, day("2023-12-31")) == {procedure[0]: PENDING}


def test_a_law_whose_amendment_is_still_to_come_is_not_called_new():
    amended = [version("食品安全法", "2025-09-12", "2015-10-01", "现行有效")]

    assert standing(amended, "2025-10-02", known_on="2025-10-01") == (UNKNOWN, None, None)


WATER = [
    version("水法", "2002-08-29", "2002-10-01", "历史版本"),
    version("水法", "2016-07-02", "2002-10-01", "现行有效"),
]


@pytest.mark.parametrize("known_on", [None, "2026-10-04"])
def test_in_the_year_after_an_amendment_of_unknown_start_nothing_is_certain(known_on):
    assert standing(WATER, "2016-07-01", known_on) == (IN_FORCE, "2002-10-01", 0)
    assert standing(WATER, "2016-07-02", known_on) == (UNKNOWN, None, None)
    assert standing(WATER, "2017-07-01", known_on) == (UNKNOWN, None, None)
    assert standing(WATER, "2017-07-02", known_on) == (IN_FORCE, None, 1)
    assert standing_on(WATER, day("2016-07-02")).about == WATER[1]


def test_an_amendment_that_its_source_calls_in_force_on_a_day_is_so_from_that_day_on():
    assert standing(WATER, "2016-12-01", known_on="2016-12-01") == (IN_FORCE, None, 1)
    assert standing(WATER, "2016-11-30", known_on="2016-12-01") == (UNKNOWN, None, None)


def test_a_day_of_repeal_does_not_make_an_uncertain_start_certain():
    gone = [dataclasses.replace(WATER[1], repeal_date=day("2020-01-01"))]

    assert standing(gone, "2017-01-01") == (UNKNOWN, None, None)
    assert standing(gone, "2020-01-01") == (REPEALED, "2020-01-01", None)


def test_no_known_start_is_before_the_day_of_passing_or_a_year_after_it():
    waits = [(start - passed).days for (_, passed), start in STARTS.items()]

    assert min(waits) == 0
    assert max(waits) < 365
    assert len(STARTS) > 150


def test_without_any_date_the_word_holds_from_the_day_of_the_source_on():
    undated = [version("律师法", None, None, "现行有效")]

    assert standing(undated, "2026-10-04") == (IN_FORCE, None, 0)
    assert standing(undated, "2020-01-01") == (UNKNOWN, None, None)


def test_of_no_version_nothing_is_known():
    assert standing([], "2026-10-04") == (UNKNOWN, None, None)


def test_versions_of_several_laws_are_refused():
    laws = [version("律师法", None, None, "有效"), version("公证法", None, None, "有效")]

    with pytest.raises(ValueError, match="versions of several laws"):
        standing_on(laws, TODAY)


def test_a_word_that_nobody_has_explained_is_refused_on_any_day():
    with pytest.raises(ValueError, match="unknown status word"):
        standing_on([version("律师法", "2030-01-01", None, "有点有效")], TODAY)


@given(ONE_LAW, DAYS, st.none() | DAYS)
def test_the_version_in_force_has_started_and_no_later_one_has(versions, today, known_on):
    found = version_on(versions, today, known_on=known_on)

    if found:
        start = start_of(found) or datetime.date.min
        assert start <= today
        assert found.repeal_date is None or found.repeal_date > today
        for other in versions:
            if WORDS[other.word] != PENDING and start_of(other):
                assert not start < start_of(other) <= today


@given(ONE_LAW, DAYS, st.none() | DAYS, st.randoms())
def test_neither_order_nor_repetition_of_versions_matters(versions, today, known_on, random):
    shuffled = random.sample(versions * 2, len(versions) * 2)

    assert standing_on(shuffled, today, known_on=known_on) == standing_on(
        versions, today, known_on=known_on
    )


@given(ONE_LAW, DAYS, st.none() | DAYS)
def test_there_is_a_version_exactly_if_the_status_is_in_force(versions, today, known_on):
    found = standing_on(versions, today, known_on=known_on)

    assert (found.version is not None) == (found.status == IN_FORCE)
    assert found.status in {IN_FORCE, PENDING, REPEALED, SUPERSEDED, UNKNOWN}
    assert (found.about is None) == (not versions)


def test_a_correction_holds_for_the_last_text_of_a_law_only():
    last = Version(
        law="刑法",
        version_date=datetime.date(2020, 12, 26),
        effective_date=datetime.date(1997, 10, 1),
        word="已被修改",
    )
    later = dataclasses.replace(last, version_date=datetime.date(2023, 12, 29), word="现行有效")

    assert statuses([last], TODAY)[last] == IN_FORCE
    assert statuses([last, later], TODAY) == {last: SUPERSEDED, later: IN_FORCE}
