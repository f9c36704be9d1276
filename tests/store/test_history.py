"""History is newest first, bounded, and gone when it is cleared."""

import pytest

from lawvault.store.refusals import UnknownItemError, WrongItemError


def test_what_was_done_comes_back_newest_first(user, clock):
    for kind, text in (("ask", "公司不发工资怎么办？"), ("search", "加班"), ("draft", "起诉状")):
        clock.now += 1
        user.history.add("a", kind, text, ref_id=f"run-{text}")

    first = user.history.page("a", limit=2)
    second = user.history.page("a", cursor=first.next, limit=2)

    assert [entry.text for entry in first.items + second.items] == [
        "起诉状",
        "加班",
        "公司不发工资怎么办？",
    ]
    assert first.items[0].ref_id == "run-起诉状"
    assert user.history.page("b").items == ()


def test_the_oldest_is_dropped_and_only_of_this_owner(user, clock, monkeypatch):
    monkeypatch.setattr("lawvault.store.history.MAX_HISTORY", 3)
    user.history.add("b", "ask", "他人")
    for number in range(5):
        clock.now += 1
        user.history.add("a", "search", str(number))

    assert [entry.text for entry in user.history.page("a").items] == ["4", "3", "2"]
    assert len(user.history.page("b").items) == 1


def test_one_entry_or_all_of_it_is_removed(user):
    theirs = user.history.add("b", "ask", "他人")
    entry = user.history.add("a", "ask", "问")
    user.history.add("a", "ask", "又问")

    for missing in (theirs.history_id, "x", "\0"):
        with pytest.raises(UnknownItemError):
            user.history.delete("a", missing)
    user.history.delete("a", entry.history_id)
    assert [found.text for found in user.history.page("a").items] == ["又问"]
    assert user.history.clear("a") == 1
    assert user.history.page("a").items == ()
    assert user.history.page("b").items == (theirs,)


@pytest.mark.parametrize(
    ("kind", "text"), [("other", "x"), ("ask", "\0"), ("ask", "\ud800"), ("ask", "x" * 100_001)]
)
def test_what_cannot_be_kept_is_refused(user, kind, text):
    with pytest.raises(WrongItemError, match=r"kind|text"):
        user.history.add("a", kind, text)
