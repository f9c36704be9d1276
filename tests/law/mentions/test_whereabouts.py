"""Where a text stands: in a law, in an amendment of another, or nowhere."""

from lawvault.law.address import Address
from lawvault.law.mentions.grammar import chain
from lawvault.law.mentions.whereabouts import Whereabouts
from lawvault.law.reference import Place

QUOTING = "第十条修改为：“甲。\n“乙。”丙。"
BEFORE = chain(QUOTING, 0, Address())


def test_free_text_stands_nowhere():
    where = Whereabouts("甲。\n乙。", None)

    assert (where.at(3, []), where.law, where.has_articles) == (None, "", False)


def test_a_text_of_a_law_stands_in_its_article():
    where = Whereabouts("甲。\n乙。", Place(law="甲法", number=9, sub=1, order=[(9, 1)]))

    assert str(where.at(3, [])) == "第九条之一第二款"
    assert (where.law, where.law_at(3, []), where.has_articles) == ("甲法", "甲法", True)
    assert where.order_at(3, []) == [(9, 1)]


def test_an_amendment_stands_in_the_amended_law_where_it_quotes_and_in_itself_elsewhere():
    where = Whereabouts(QUOTING, Place(law="甲决定", number=3, unit="条目", amends="甲法"))
    inside, outside = QUOTING.index("乙"), QUOTING.index("丙")

    assert (str(where.at(inside, BEFORE)), where.law_at(inside, BEFORE)) == ("第十条第二款", "甲法")
    assert where.at(outside, BEFORE) == Address(number=3, paragraph=2, unit="条目")
    assert where.law_at(outside, BEFORE) == "甲决定"
    assert where.law == "甲法"
    assert where.order_at(inside, BEFORE) == ()


def test_this_law_is_the_amended_one_and_this_decision_the_text_itself():
    where = Whereabouts(QUOTING, Place(law="甲决定", amends="甲法"))

    assert where.law_called("本法", 0, BEFORE) == "甲法"
    assert where.law_called("本决定", 0, BEFORE) == "甲决定"
    assert where.law_called("", 0, BEFORE) == "甲法"


def test_a_decision_on_several_laws_turns_from_one_to_the_next():
    where = Whereabouts(QUOTING, Place(law="甲决定", amends="部分法律"))

    where.turn_to("甲法", 0, BEFORE)
    where.turn_to("乙法", QUOTING.index("乙"), BEFORE)

    assert where.law == "甲法"
    assert where.is_amended_at(QUOTING.index("乙"), BEFORE)
