"""References lead to law, version and words, to candidates, or to a reason; never to a guess."""

import datetime
from collections.abc import Sequence

import pytest

from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.relative import Numbers
from lawvault.law.numerals import article_address
from lawvault.law.reference import Place, Reference
from lawvault.law.references import find_references
from lawvault.law.resolve import (
    AMBIGUOUS,
    NO_ADDRESS,
    NO_LAW_NAMED,
    NO_SUCH_ARTICLE,
    NO_SUCH_LAW,
    NO_SUCH_PART,
    NO_TEXT,
    LawVersion,
    Resolution,
    resolve,
)
from lawvault.law.validity import IN_FORCE, REPEALED, Version

TODAY = datetime.date(2026, 10, 4)
OLD, NEW, CITY_A, CITY_B = (
    "甲法@2010-01-01",
    "甲法@2020-01-01",
    "甲市物业条例@2015-01-01",
    "乙市物业条例@2016-01-01",
)
DECISION = "甲决定@2012-01-01"
TEXTS = {
    OLD: {"第一条": "旧一。", "第二条": "旧二。", "第九条": "旧九。"},
    NEW: {
        "第一条": "新一。",
        "第二条": "有下列情形的：\n（一）子；\n（二）丑。\n寅：\n（一）卯。",
        "第二条之一": "辰。",
        "第三条": "巳：\n（一）午；\n（二）未。\n申。",
    },
    CITY_A: {"第一条": "甲市。"},
    CITY_B: {"第一条": "乙市。"},
    DECISION: {"条目一": "子。\n丑。"},
    "旧法@1990-01-01": {"第一条": "戌。"},
}
WORDS = {"旧法@1990-01-01": REPEALED}


class StatuteBook:
    """A small statute book; 乙法 is known by name only."""

    known_on = TODAY

    def __init__(self) -> None:
        self.catalogue = Catalogue(
            [*(law_id.partition("@")[0] for law_id in TEXTS), "乙法", "丙法"]
        )
        for city in "甲乙":
            self.catalogue.add("物业条例", f"{city}市物业条例")

    def laws(self, name: str) -> Sequence[str]:
        return self.catalogue.laws(name)

    def versions(self, law: str) -> Sequence[LawVersion]:
        known = [*TEXTS, "乙法@2020-01-01"]
        return [version(law_id) for law_id in known if law_id.partition("@")[0] == law]

    def articles(self, law_id: str) -> Sequence[Numbers]:
        labels = TEXTS.get(law_id, {})
        return [article_address(label) or (0, 0) for label in labels]

    def content(self, law_id: str, address: Address) -> str | None:
        return TEXTS.get(law_id, {}).get(address.article or "")


def version(law_id: str) -> LawVersion:
    law, _, date = law_id.partition("@")
    day = datetime.date.fromisoformat(date)
    word = WORDS.get(law_id, IN_FORCE if law_id != OLD else "已被修改")
    known = Version(law=law, version_date=day, effective_date=day, word=word)
    return LawVersion(law_id=law_id, version=known)


BOOK = StatuteBook()


def resolved(
    text: str, place: Place | None = None, *, own: str = "", as_of: datetime.date = TODAY
) -> Resolution:
    """Resolve the last reference in a text."""
    reference = find_references(text, place, BOOK.catalogue)[-1]
    return resolve(reference, BOOK, as_of, own_law_id=own)


def words(found: Resolution) -> list[str]:
    return [
        (BOOK.content(target.law_id, target.address) or "")[target.start : target.end]
        for target in found.targets
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲法第一条", ["新一。"]),
        ("甲法第二条之一", ["辰。"]),
        ("甲法第二条第二款", ["寅：\n（一）卯。"]),
        ("甲法第二条第一款第二项", ["（二）丑。"]),
        ("甲法第二条第二项", ["（二）丑。"]),
        ("甲法第三条第一项至第二项", ["（一）午；", "（二）未。"]),
        ("甲法第一条至第二条之一", ["新一。", TEXTS[NEW]["第二条"], "辰。"]),
        ("甲法第二条至第三条", [TEXTS[NEW]["第二条"], "辰。", TEXTS[NEW]["第三条"]]),
    ],
)
def test_a_reference_leads_to_its_words(text, expected):
    found = resolved(text)

    assert (words(found), found.problem, found.candidates) == (expected, "", ())
    assert all(target.law_id == NEW for target in found.targets)
    assert found.standing is not None


def test_a_law_as_a_whole_is_a_target_without_words():
    (target,) = resolved("依照《甲法》的规定").targets

    assert (target.law, target.address, target.start, target.end) == ("甲法", Address(), 0, 0)


def test_the_day_chooses_the_version():
    assert words(resolved("甲法第一条", as_of=datetime.date(2015, 1, 1))) == ["旧一。"]
    assert words(resolved("甲法第一条", as_of=datetime.date(2020, 1, 1))) == ["新一。"]


@pytest.mark.parametrize("text", ["依照本法第一条", "依照第一条"])
def test_a_law_means_its_own_version_whatever_the_day(text):
    assert words(resolved(text, Place(law="甲法", number=9), own=OLD)) == ["旧一。"]


def test_the_last_text_of_a_repealed_law_is_shown_with_its_standing():
    found = resolved("旧法第一条")

    assert words(found) == ["戌。"]
    assert found.standing is not None
    assert found.standing.status == REPEALED


def test_a_part_of_a_point_of_a_decision_is_found():
    found = resolved("子。\n依照前款", Place(law="甲决定", number=1, unit="条目"), own=DECISION)

    assert words(found) == ["子。"]
    assert [str(target.address) for target in found.targets] == ["条目一第一款"]


@pytest.mark.parametrize(
    ("text", "place", "problem", "candidates"),
    [
        ("依照丁法第一条", None, NO_SUCH_LAW, []),
        ("德国甲法第一条", None, NO_SUCH_LAW, []),
        ("甲法第九条", None, NO_SUCH_ARTICLE, ["甲法第九条"]),
        ("甲法第八条", None, NO_SUCH_ARTICLE, []),
        ("甲法第一条至第八条", None, NO_SUCH_ARTICLE, []),
        ("甲法第一条第二款", None, NO_SUCH_PART, []),
        ("甲法第二条第一款第三项", None, NO_SUCH_PART, []),
        ("甲法第二条第一项", None, AMBIGUOUS, ["甲法第二条第一款第一项", "甲法第二条第二款第一项"]),
        ("物业条例第一条", None, AMBIGUOUS, ["乙市物业条例第一条", "甲市物业条例第一条"]),
        ("根据第三十八条，办理", None, NO_LAW_NAMED, []),
        ("《甲法》。依据第一条，办理", None, NO_LAW_NAMED, ["甲法第一条"]),
        ("《甲法》。依据第八条，办理", None, NO_LAW_NAMED, []),
        ("《甲法》，该条例第一条", None, NO_LAW_NAMED, []),
        ("依照前款规定", None, NO_LAW_NAMED, []),
        ("依照前款规定", Place(law="甲法", number=1), NO_ADDRESS, []),
        ("依照上述规定", Place(law="甲法", number=1), NO_ADDRESS, []),
        ("子。\n依照前款", Place(law="甲法"), NO_ADDRESS, []),
        ("乙法第一条", None, NO_TEXT, []),
        ("丙法第一条", None, NO_TEXT, []),
    ],
)
def test_what_leads_nowhere_has_candidates_or_a_reason(text, place, problem, candidates):
    found = resolved(text, place)

    assert (found.problem, found.targets) == (problem, ())
    assert [f"{target.law}{target.address}" for target in found.candidates] == candidates
    assert found.reason


def test_candidates_of_a_missing_article_are_in_the_version_that_has_it():
    (candidate,) = resolved("甲法第九条").candidates

    assert candidate.law_id == OLD


def test_of_a_range_whose_end_does_not_exist_the_missing_article_is_named_and_the_rest_told():
    (reference,) = find_references("甲法第二条至第九条", None, BOOK.catalogue)
    found = resolve(reference, BOOK, TODAY)

    assert (found.problem, found.targets) == (NO_SUCH_ARTICLE, ())
    assert str(found.failing) == "第四条"
    assert [str(target.address) for target in found.reached] == ["第二条", "第三条"]


def test_every_reference_has_targets_or_a_problem_with_its_reason():
    text = "甲法第一条、第八条，物业条例第一条，丁法第二条，第三十八条，《乙法》，前款"

    for reference in find_references(text, None, BOOK.catalogue):
        found = resolve(reference, BOOK, TODAY)
        assert bool(found.targets) is not bool(found.problem)
        assert bool(found.problem) is bool(found.reason)


class Broken(StatuteBook):
    """A store that is down."""

    def versions(self, law: str) -> Sequence[LawVersion]:
        raise OSError("down")


def test_a_failure_of_the_lookup_is_raised_never_taken_for_none():
    reference = Reference(start=0, end=5, kind="named", law="甲法", address=Address(number=1))

    with pytest.raises(OSError, match="down"):
        resolve(reference, Broken(), TODAY)


def dated(text: str, written_on: str) -> Resolution:
    book = StatuteBook()
    (reference,) = find_references(text, catalogue=book.catalogue)
    day = datetime.date.fromisoformat(written_on)
    return resolve(reference, book, TODAY, written_on=day)


def test_an_old_text_may_mean_what_stood_there_when_it_was_written():
    found = dated("《甲法》第一条", "2015-01-01")

    assert [target.law_id for target in found.targets] == [NEW]
    assert [target.law_id for target in found.candidates] == [OLD]
    assert found.problem == ""
    assert OLD in found.reason


def test_what_only_the_old_text_has_is_a_candidate_and_no_target():
    found = dated("《甲法》第九条", "2015-01-01")

    assert (found.targets, found.problem) == ((), NO_SUCH_ARTICLE)
    assert [target.law_id for target in found.candidates] == [OLD]


@pytest.mark.parametrize("written_on", ["2021-01-01", "2005-01-01"])
def test_a_text_from_the_time_of_the_version_in_force_or_before_any_says_nothing(written_on):
    found = dated("《甲法》第一条", written_on)

    assert [target.law_id for target in found.targets] == [NEW]
    assert (found.candidates, found.reason) == ((), "")


def test_a_point_of_a_decision_is_cited_as_an_article():
    book = StatuteBook()
    (reference,) = find_references("《甲决定》第一条第二款")

    (target,) = resolve(reference, book, TODAY).targets

    assert (target.address.article, target.address.part) == ("条目一", "第二款")
    assert TEXTS[DECISION]["条目一"][target.start : target.end] == "丑。"
