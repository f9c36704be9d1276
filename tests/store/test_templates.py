"""A template keeps its source as typed, and every version of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.store.refusals import (
    LimitError,
    NameTakenError,
    StaleError,
    UnknownItemError,
    WrongItemError,
)
from lawvault.store.shapes import MAX_TEXT_BYTES

SOURCE = "name: 律师函\r\nbody: |\n  致 {{ config }}：\t{search_results}\n"


def test_every_version_stays_readable_as_it_was_typed(user, clock):
    template = user.templates.create("a", " 律师函 ", SOURCE)
    clock.now += 1
    newer = user.templates.update("a", template.template_id, "新", expected=1, name="催款函")

    assert (template.name, template.version) == ("律师函", 1)
    assert (newer.name, newer.version, newer.updated) == ("催款函", 2, 1001.0)
    assert user.templates.get("a", template.template_id) == newer
    assert user.templates.versions("a", template.template_id) == {1: 1000.0, 2: 1001.0}
    assert user.templates.read("a", template.template_id, version=1).body == SOURCE
    assert user.templates.read("a", template.template_id).body == "新"
    for number in (0, 3, -1):
        with pytest.raises(UnknownItemError, match=f"version {number}"):
            user.templates.read("a", template.template_id, version=number)


def test_a_version_that_builds_on_an_old_one_is_refused_and_nothing_is_lost(user):
    template_id = user.templates.create("a", "律师函", "一").template_id
    user.templates.update("a", template_id, "二", expected=1)

    with pytest.raises(StaleError, match="version 2, not 1"):
        user.templates.update("a", template_id, "另一个二", expected=1)
    assert user.templates.read("a", template_id).body == "二"


def test_a_name_is_there_once_an_owner(user):
    user.templates.create("a", "律师函", "x")
    other = user.templates.create("a", "通知", "x")

    with pytest.raises(NameTakenError, match="律师函"):
        user.templates.create("a", "律师函", "x")
    with pytest.raises(NameTakenError, match="律师函"):
        user.templates.update("a", other.template_id, "y", expected=1, name="律师函")
    assert user.templates.get("a", other.template_id) == other
    user.templates.update("a", other.template_id, "y", expected=1, name="通知")
    user.templates.create("b", "律师函", "x")
    assert [template.name for template in user.templates.all("a")] == ["律师函", "通知"]


def test_a_deleted_template_is_gone_with_all_versions_and_its_name_is_free(user):
    template_id = user.templates.create("a", "律师函", "x").template_id

    user.templates.delete("a", template_id)

    for ask in (user.templates.get, user.templates.read, user.templates.delete):
        with pytest.raises(UnknownItemError):
            ask("a", template_id)
    assert user.templates.create("a", "律师函", "y").version == 1


def test_templates_of_others_are_not_found(user):
    theirs = user.templates.create("b", "律师函", "x").template_id

    for template_id in (theirs, "tpl-" + "0" * 32, "\0", "'"):
        for ask in (
            user.templates.get,
            user.templates.read,
            user.templates.versions,
            user.templates.delete,
        ):
            with pytest.raises(UnknownItemError):
                ask("a", template_id)
        with pytest.raises(UnknownItemError):
            user.templates.update("a", template_id, "y", expected=1)
    assert user.templates.read("b", theirs).body == "x"


def test_there_are_only_so_many_and_none_is_too_long(user, monkeypatch):
    monkeypatch.setattr("lawvault.store.templates.MAX_TEMPLATES", 1)
    monkeypatch.setattr("lawvault.store.templates.MAX_VERSIONS", 2)
    with pytest.raises(LimitError, match="source"):
        user.templates.create("a", "律师函", "x" * (MAX_TEXT_BYTES + 1))
    template_id = user.templates.create("a", "律师函", "x" * MAX_TEXT_BYTES).template_id

    with pytest.raises(LimitError, match="at most 1"):
        user.templates.create("a", "通知", "x")
    user.templates.update("a", template_id, "x", expected=1)
    with pytest.raises(LimitError, match="at most 2 versions"):
        user.templates.update("a", template_id, "x", expected=2)
    with pytest.raises(WrongItemError, match="source"):
        user.templates.update("a", template_id, "\ud800", expected=2)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(source=st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_source_comes_back_character_for_character(user, source):
    template_id = user.templates.create("a", "名", source).template_id

    assert user.templates.read("a", template_id).body == source
    user.templates.delete("a", template_id)
