"""What was found so far, and what later words may point back to."""

from lawvault.law.address import Address
from lawvault.law.mentions.grammar import Mention
from lawvault.law.mentions.trail import Trail
from lawvault.law.reference import BARE, EARLIER, NAMED, OWN


def mention(start: int, number: int = 1, paragraph: int | None = None) -> Mention:
    return Mention(start=start, end=start + 3, address=Address(number=number, paragraph=paragraph))


def test_the_law_named_last_is_known_and_the_last_of_each_kind():
    trail = Trail()
    for law in ("劳动法", "工伤保险条例", "民法典"):
        trail.name(law)

    assert trail.named == "民法典"
    assert trail.called("该条例") == "工伤保险条例"
    assert trail.called("该法") == "民法典"
    assert trail.called("该办法") == ""


def test_what_follows_is_as_sure_as_what_it_follows():
    trail = Trail()
    for kind in (OWN, BARE, NAMED, EARLIER):
        trail.add([mention(0)], kind, "甲法")
        trail.follow(trail.found[-1], [mention(5)])

    assert [r.kind for r in trail.found[1::2]] == [OWN, BARE, EARLIER, EARLIER]


def test_a_reference_to_no_law_says_so():
    trail = Trail()
    trail.add([mention(0)], BARE, "")

    assert trail.found[0].reason == "no law is named"
    assert trail.last() is None


def test_a_law_as_a_whole_is_no_article_to_go_on_from():
    trail = Trail()
    trail.add([mention(0)], NAMED, "甲法")
    trail.add_law(5, 9, "乙法", NAMED)

    assert trail.last() is None
    assert trail.last_within(0, 9) == trail.found[0]
    assert trail.last_within(4, 9) is None


def test_each_provision_of_one_law_is_named_once():
    trail = Trail()
    trail.add([mention(0, 9)], NAMED, "乙法")
    trail.add([mention(4, 1), mention(8, 2), mention(12, 1)], NAMED, "甲法")

    assert [str(r.address) for r in trail.each(-1, "条")] == ["第二条", "第一条"]
    assert trail.each(12, "条") == []


def test_only_paragraphs_are_meant_where_paragraphs_are_asked_for():
    trail = Trail()
    trail.add([mention(0, 1), mention(4, 2, 3)], OWN, "甲法")

    assert [str(r.address) for r in trail.each(-1, "款")] == ["第二条第三款"]


def test_a_long_text_never_makes_each_of_them_many():
    trail = Trail()
    trail.add([mention(start, start + 1) for start in range(500)], OWN, "甲法")

    assert len(trail.each(-1, "条")) == 50


def test_behind_what_is_no_law_nothing_goes_on_from_the_law_before_it():
    trail = Trail()
    trail.add([mention(0)], NAMED, trail.name("甲法"))

    trail.leave(9)

    assert (trail.named, trail.before, trail.last(), trail.since) == ("", "甲法", None, 3)
    trail.add([mention(12)], NAMED, trail.name("乙法"))
    assert trail.named == "乙法"
    assert trail.last() == trail.found[-1]
