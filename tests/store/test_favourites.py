"""A favourite is one or it is not, however often it is said."""

import pytest

from lawvault.store.refusals import LimitError, WrongItemError


def test_a_favourite_is_added_and_removed_as_often_as_one_likes(user):
    assert user.favourites.add("a", "article", "劳动法@2018-12-29/44")
    assert not user.favourites.add("a", "article", "劳动法@2018-12-29/44")
    assert user.favourites.add("a", "law", "劳动法@2018-12-29")
    assert user.favourites.add("b", "law", "劳动法@2018-12-29")

    assert user.favourites.remove("a", "law", "劳动法@2018-12-29")
    assert not user.favourites.remove("a", "law", "劳动法@2018-12-29")

    assert user.favourites.page("a", "law").items == ()
    assert len(user.favourites.page("b", "law").items) == 1
    assert user.favourites.among("a", "article", ["劳动法@2018-12-29/44", "x"]) == {
        "劳动法@2018-12-29/44"
    }


def test_pages_are_newest_first_and_go_on_where_the_last_one_ended(user, clock):
    for number in range(5):
        clock.now += 1
        user.favourites.add("a", "law", f"法 {number}/@~{number}")

    first = user.favourites.page("a", "law", limit=3)
    second = user.favourites.page("a", "law", cursor=first.next, limit=3)

    seen = [found.ref_id for found in first.items + second.items]
    assert seen == [f"法 {number}/@~{number}" for number in range(4, -1, -1)]
    assert second.next == ""


def test_there_are_only_so_many(user, monkeypatch):
    monkeypatch.setattr("lawvault.store.favourites.MAX_FAVOURITES", 1)
    user.favourites.add("a", "law", "x")

    with pytest.raises(LimitError, match="at most 1"):
        user.favourites.add("a", "law", "y")
    assert not user.favourites.add("a", "law", "x")


@pytest.mark.parametrize(
    ("kind", "ref_id"), [("note", "x"), ("law", ""), ("law", "\ud800"), ("law", "长" * 501)]
)
def test_what_is_neither_article_nor_law_is_refused(user, kind, ref_id):
    with pytest.raises(WrongItemError, match=r"kind|ref_id"):
        user.favourites.add("a", kind, ref_id)
