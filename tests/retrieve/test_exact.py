"""Exact search: provisions and laws that a query names are found, and nothing is guessed."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.retrieve.content import Content
from lawvault.retrieve.editions import Editions
from lawvault.retrieve.exact import Exact
from lawvault.retrieve.laws import ContentLookup
from tests.law_pack import AS_OF, law_pack

LAWS_KEPT = (
    "民法典",
    "刑法",
    "劳动法",
    "劳动合同法",
    "公司法",
    "治安管理处罚法",
    "消费者权益保护法",
    "仲裁法",
)
SHARING = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Eight laws with all their versions; of the other national laws only that they exist."""
    return Content(law_pack(tmp_path_factory.mktemp("pack"), LAWS_KEPT))


@pytest.fixture(scope="module")
def exact(content: Content) -> Exact:
    return Exact(content, ContentLookup(content))


NAMED = {
    "民法典585条": ["民法典/585"],
    "《民法典》第585条": ["民法典/585"],
    "《民法典》第一千零七十七条": ["民法典/1077"],
    "违反治安管理处罚法第十二条": ["治安管理处罚法/12"],
    "劳动法第四十四条、第四十五条和劳动合同法第三十条": ["劳动法/44", "劳动法/45", "劳动合同法/30"],
    "刑法第一百三十三条之一": ["刑法/133-1"],
    "劳动合同法第三条至第五条": ["劳动合同法/3", "劳动合同法/4", "劳动合同法/5"],
    "消法 55条": ["消费者权益保护法/55"],
    "中华人民共和国劳动合同法第38条": ["劳动合同法/38"],
    "请问民法典第五百八十五条的内容是什么？": ["民法典/585"],
}


def plain(article_id: str) -> str:
    law, _, place = article_id.partition("@")
    return f"{law}/{place.partition('/')[2]}"


@pytest.mark.parametrize("query", NAMED)
def test_what_a_query_names_is_found_in_its_order(exact, query):
    named = exact.find(query, AS_OF)

    assert [plain(one.article_id) for one in named.found] == NAMED[query]
    assert named.is_all
    assert named.notes == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("劳动合同法第三十八条第一款第二项", "（二）未及时足额支付劳动报酬的；"),
        ("《公司法》第二十条第二款", "国家鼓励公司参与社会公益活动，公布社会责任报告。"),
    ],
)
def test_the_words_of_a_part_are_shown(exact, content, query, words):
    (found,) = exact.find(query, AS_OF).found
    (row,) = content.rows([found.article_id])
    ((start, end),) = found.spans

    assert str(row["content"])[start:end] == words


def test_parts_of_one_article_are_one_hit_with_two_spans(exact):
    (found,) = exact.find("《公司法》第二十条第一款、第二款", AS_OF).found

    assert len(found.spans) == 2


@pytest.mark.parametrize(
    "query", ["劳动合同法", "《劳动合同法》", "查一下劳动合同法全文", " 劳动合同法。"]
)
def test_the_name_of_a_law_lists_its_articles_from_the_first(exact, query):
    named = exact.find(query, AS_OF)

    assert [plain(one.article_id) for one in named.found[:3]] == [
        "劳动合同法/1",
        "劳动合同法/2",
        "劳动合同法/3",
    ]
    assert len(named.found) == 98
    assert named.is_all


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("《公司法》第二十条第三款", "no_such_paragraph"),
        ("民法典第九千条", "no_such_article"),
        ("刑法第十条第百款", "no_such_paragraph"),
        ("第十条之三", "no_law_named"),
        ("依照本法第一百零三条", "no_law_named"),
        ("《不存在法》第三条", "no_such_law"),
        ("合同法第五十二条", "no_text"),
    ],
)
def test_what_is_not_there_is_told_and_never_replaced(exact, query, problem):
    named = exact.find(query, AS_OF)

    assert named.found == []
    assert named.notes[0].problem == problem
    assert any("\u4e00" <= letter <= "\u9fff" for letter in named.notes[0].reason)


def test_a_place_of_an_older_version_is_a_candidate_only(exact):
    (note,) = exact.find("《仲裁法》第十条第三款", AS_OF).notes

    assert note.candidates == ("仲裁法@2017-09-01/10",)
    assert note.words == "《仲裁法》第十条第三款"


def test_the_version_is_that_of_the_day(exact):
    (found,) = exact.find("《仲裁法》第十条第三款", datetime.date(2020, 1, 1)).found

    assert found.article_id == "仲裁法@2017-09-01/10"


def test_a_repealed_law_is_said_to_be_repealed(exact):
    problems = [note.problem for note in exact.find("合同法第五十二条", AS_OF).notes]

    assert "not_in_force" in problems


@pytest.mark.parametrize(
    "query", ["违约金过高，民法典585条能调整吗", "公司拖欠工资", "", "《》", "民法典585", "规定"]
)
def test_a_question_is_more_than_what_it_names(exact, query):
    assert not exact.find(query, AS_OF).is_all


@SHARING
@given(st.text(alphabet="民法典刑第五百八十条款项《》、之一 585的是什么或", max_size=40))
def test_any_words_are_answered_without_an_error_and_with_articles_that_exist(
    exact, content, query
):
    named = exact.find(query, AS_OF)

    ids = [one.article_id for one in named.found]
    assert len(set(ids)) == len(ids)
    assert len(content.rows(ids)) == len(ids)


@pytest.mark.parametrize("query", ["的" * 20_000, "民" * 20_000, "第一条" * 5000, "《" * 20_000])
def test_a_long_text_is_read_in_time(exact, query):
    assert not exact.find(query, AS_OF).is_all


def test_the_versions_in_force_on_a_day_are_those_that_search_can_find(content):
    editions = Editions(content)

    today = editions.on(AS_OF)
    before = editions.on(datetime.date(2020, 1, 1))

    assert {law_id.partition("@")[0] for law_id in today.law_ids} == set(LAWS_KEPT)
    assert "仲裁法@2017-09-01" not in before.law_ids  # search has only the text of today
    assert "劳动合同法@2012-12-28" in before.law_ids
    assert before.missing > 0
    assert editions.on(datetime.date.min).law_ids == ()
