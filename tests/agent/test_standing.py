"""The law is replaced in the middle of a run: all that its report says holds in the new one."""

import dataclasses
import datetime
import itertools
import sqlite3
from contextlib import closing

import pytest

from lawvault.agent import course
from lawvault.agent.nouns import Asked
from lawvault.agent.pool import evidence_of
from lawvault.agent.standing import MAX_NAMED, told
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.agent.law import PackLaw
from tests.agent.conftest import TODAY
from tests.agent.scripted_run import GOOD, LAW, PROBATION, RESIGNING, TRUE_CLAIMS, told_by

LATER = TODAY + datetime.timedelta(days=7)
BEFORE, NOW = "试用期不得超过一个月", "试用期不得超过十五日"
CALLS = 5  # that a good run makes: of the evidence, two sub-questions, claims, prose


def copied(content, folder, *changes):
    """Return the law of a pack as it is after some changes, told to be of a later day."""
    folder.mkdir()
    (folder / FILE).write_bytes((content.folder / FILE).read_bytes())
    with closing(sqlite3.connect(folder / FILE)) as database, database:
        database.execute("UPDATE about SET as_of = ?", [LATER.isoformat()])
        for change in changes:
            database.execute(change, [LAW])
    later = Content(folder)
    return PackLaw(later, ContentLookup(later))


@pytest.fixture(scope="module")
def packs(content, lookup, tmp_path_factory):
    """The toy law; one of other words in 第九条 and without 第二十二条; one that says the same."""
    folder = tmp_path_factory.mktemp("packs")
    reworded = f"UPDATE articles SET content = replace(content, '{BEFORE}', '{NOW}')"
    changed = copied(
        content,
        folder / "changed",
        f"{reworded} WHERE law_name = ? AND article_number = '{PROBATION}'",
        f"DELETE FROM articles WHERE law_name = ? AND article_number = '{RESIGNING}'",
    )
    return PackLaw(content, lookup), changed, copied(content, folder / "same")


@pytest.fixture
def ran(packs, library, lookup, monkeypatch):
    """Return `ran(laws, script)`: a run whose every check asks the next of some laws."""
    monkeypatch.setattr(course, "BEHIND_SECONDS", 0)

    def run_with(laws, script=GOOD):
        laws = iter(laws)

        async def verify(*given):
            return next(laws).verify(*given)

        def change(tools):
            return dataclasses.replace(tools, verify=verify)

        return told_by(script, library, lookup, change=change, corpus=packs[0].corpus())

    return run_with


def words_of(told):
    return {one.article_number: one.content for one in told.outcome.evidence if one.law_name == LAW}


@pytest.mark.parametrize(
    ("script", "calls", "replaced_at"),
    [*((GOOD, CALLS, n) for n in range(CALLS + 1)), (None, 1, 0), (None, 1, 1)],
)
def test_whenever_the_law_is_replaced_the_report_stands_on_one_law_and_says_so(
    ran, packs, script, calls, replaced_at
):
    before, after, _ = packs
    laws = itertools.chain(itertools.repeat(before, replaced_at), itertools.repeat(after))
    told = ran(laws, script)
    report, warnings = told.outcome.report, told.of("warning")

    if told.outcome.corpus == before.corpus():
        assert replaced_at == calls
        assert warnings == []
        return
    assert told.outcome.corpus == after.corpus()
    assert [one["code"] for one in warnings] == ["law_changed"]
    assert f"{TODAY} → {LATER}" in warnings[0]["message"]
    assert f"条文有变：《{LAW}》{PROBATION}" in warnings[0]["message"]
    assert NOW in words_of(told)[PROBATION]
    assert RESIGNING not in words_of(told)
    verified = [one.text for one in report.checked if one.of == "claim" and not one.reason]
    assert not {text for text, *_ in TRUE_CLAIMS} & set(verified)
    assert all("⚠" in row for row in report.markdown.splitlines() if "不得超过一个月" in row)


@pytest.mark.parametrize("replaced_at", range(CALLS))
def test_a_law_that_says_the_same_changes_no_verdict_and_tells_none_twice(ran, packs, replaced_at):
    before, _, same = packs
    told = ran(itertools.chain(itertools.repeat(before, replaced_at), itertools.repeat(same)))

    assert told.outcome.report.by == "llm"
    assert told.outcome.report.counts == {"verified": 5}
    assert told.outcome.corpus == same.corpus()
    assert told.codes == {"law_changed"}


def test_the_same_law_in_another_data_pack_is_no_change(ran, packs):
    class Moved:
        def verify(self, *given):
            held = packs[0].verify(*given)
            return dataclasses.replace(held, corpus=dataclasses.replace(held.corpus, pack="new"))

    assert ran(itertools.repeat(Moved())).codes == set()


def test_replicas_that_go_over_one_after_another_change_the_law_once(ran, packs):
    before, after, _ = packs
    told = ran(itertools.cycle([before, after, before]))

    assert [one["code"] for one in told.of("warning")] == ["law_changed"]
    assert told.outcome.corpus == after.corpus()


def test_what_an_llm_wrote_is_not_shown_while_the_law_never_rests(ran, packs, monkeypatch):
    monkeypatch.setattr(course, "BEHIND_ATTEMPTS", 1)
    told = ran(itertools.cycle([packs[0], packs[2]]))

    assert (told.outcome.state, told.outcome.stop_reason) == ("failed", "search_unavailable")
    assert told.outcome.report.by == "rules"
    assert {"law_changed", "verify_failed"} == told.codes


def test_many_articles_are_named_in_part(packs):
    found = packs[0].verify("", (), (), Asked(text="", as_of=TODAY))
    some = packs[0].cited(f"《{LAW}》{PROBATION}", TODAY)
    gone = [evidence_of(one, f"e{n}") for n, one in enumerate(some * (MAX_NAMED + 1), 1)]

    said = told(None, dataclasses.replace(found, gone=tuple(gone)))

    assert said.startswith(f"数据截止日 未知 → {TODAY}；库中已无：")
    assert said.endswith(f"等{len(gone)}条")
