"""A short answer: one search, a few checked sentences, or the articles themselves."""

import asyncio

import pytest

from lawvault.agent.quick import LIMITS, answer
from lawvault.agent.writing import NOT_ENOUGH
from lawvault.models.llm import OpenAILlm
from tests.agent.scripted_run import ASKED, PROBATION, SHORT, Told, shown, tools_over
from tests.scripted_llm import Fault, Say, Script, scripted


def short(body):
    return Say(f"三个月以上不满一年的，试用期不得超过一个月[{shown(body)[PROBATION]}]。")


def told_by(say, library, lookup) -> Told:
    with scripted(Script(phases={SHORT: say})) as server:
        told = Told(server=server)

        async def work() -> None:
            llm = OpenAILlm(server.config(retries=0)) if say else None
            told.outcome = await answer(ASKED, tools_over(library, lookup, llm), told.emit)
            if llm:
                await llm.close()

        asyncio.run(work())
    told.check()
    return told


def test_a_question_gets_one_search_and_one_checked_answer(library, lookup):
    told = told_by(short, library, lookup)

    assert told.outcome.state == "completed"
    assert told.outcome.report.by == "llm"
    assert told.outcome.report.markdown == (
        "三个月以上不满一年的，试用期不得超过一个月（《中华人民共和国示例劳动法》第九条）。\n"
    )
    assert len(told.outcome.evidence) <= LIMITS.max_evidence
    assert len(told.server.ledger) == 1
    assert told.of("reference.followed") == []


def test_a_wrong_citation_in_a_short_answer_is_flagged(library, lookup):
    def wrong(body):
        return Say(short(body).text + "依《示例劳动法》第九百条可得十倍赔偿。")

    told = told_by(wrong, library, lookup)

    assert "第九百条⚠【该法无此条】" in told.outcome.report.markdown


def test_an_answer_that_cites_nothing_or_fails_gives_the_articles(library, lookup):
    for say in (Say("可以。"), Fault.refusal(), Fault.status(500), Fault.cut(300)):
        told = told_by(say, library, lookup)

        assert (told.outcome.state, told.outcome.stop_reason) == ("failed", "llm_error")
        assert told.outcome.report.by == "rules"
        assert "第九条" in told.outcome.report.markdown


@pytest.mark.parametrize("more", ["", "。", "。建议咨询律师。", "[e9]。"])
def test_an_answer_that_says_there_is_none_is_an_abstention_however_it_ends(library, lookup, more):
    told = told_by(Say(NOT_ENOUGH.rstrip("。") + more), library, lookup)

    assert told.outcome.state == "completed"
    assert told.outcome.report.abstained
    assert "律师" not in told.outcome.report.markdown


def test_without_an_llm_the_articles_are_the_answer(library, lookup):
    told = told_by(None, library, lookup)

    assert (told.outcome.state, told.outcome.stop_reason) == ("completed", "no_llm")
    assert told.outcome.report.by == "rules"
